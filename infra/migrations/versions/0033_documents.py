"""Documents made in the background

Revision: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("reference", sa.Text(collation="C"), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_name", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=True),
        sa.Column("limited_to", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("run_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("content_sha256", sa.Text(), nullable=True),
        sa.Column("generator", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "document_id", name=op.f("pk_document")),
    )
    op.secure_table(
        "document",
        tenant_owned=True,
        grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")},
        purge="((storage_key IS NULL) AND (expires_at < (now() - '90 days'::interval)))",
    )
    op.create_index("ix_document_expires", "document", ["tenant_id", "expires_at"], unique=False, postgresql_where=sa.text("storage_key is not null"))
    op.create_index("ix_document_kind", "document", ["tenant_id", "kind", "document_id"], unique=False)
    op.create_index("ix_document_open", "document", ["tenant_id", "state", "run_until"], unique=False, postgresql_where=sa.text("state in (1, 2)"))
    op.create_index("ix_document_reference", "document", ["tenant_id", "reference", "document_id"], unique=False)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
