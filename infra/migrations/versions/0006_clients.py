"""API clients and their keys, stored as digests

Revision: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_GRANTS = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}


def upgrade() -> None:
    op.create_table(
        "client",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("sites", sa.Text(), nullable=False),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "client_id", name=op.f("pk_client")),
        info={"tenant_owned": True, "grants": _GRANTS},
    )
    op.secure_table("client", tenant_owned=True, grants=_GRANTS)
    op.create_table(
        "client_secret",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("secret_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("key_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_address", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "client_id"], ["client.tenant_id", "client.client_id"], name=op.f("fk_client_secret_tenant_id_client_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "secret_id", name=op.f("pk_client_secret")),
        info={"tenant_owned": True, "grants": _GRANTS},
    )
    op.create_index(
        "ix_client_secret_client", "client_secret", ["tenant_id", "client_id"], unique=False, postgresql_where=sa.text("revoked_at is null")
    )
    op.secure_table("client_secret", tenant_owned=True, grants=_GRANTS)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
