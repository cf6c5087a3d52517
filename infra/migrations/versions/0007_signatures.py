"""Electronic signatures, append-only

Revision: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "electronic_signature",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("signature_id", sa.Uuid(), nullable=False),
        sa.Column("signer_id", sa.Uuid(), nullable=False),
        sa.Column("signer_name", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(collation="C"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.Text(collation="C"), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("factors", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "signature_id", name=op.f("pk_electronic_signature")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT")}},
    )
    op.create_index("ix_electronic_signature_subject", "electronic_signature", ["tenant_id", "subject", "signature_id"], unique=False)
    op.secure_table("electronic_signature", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT")})


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
