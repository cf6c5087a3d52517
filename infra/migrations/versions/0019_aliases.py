"""Aliases between objects

Revision: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alias",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("alias_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("second_id", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asserted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asserted_by", sa.Uuid(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("revoke_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "first_id"], ["traceable_object.tenant_id", "traceable_object.object_id"], name=op.f("fk_alias_tenant_id_first_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "second_id"], ["traceable_object.tenant_id", "traceable_object.object_id"], name=op.f("fk_alias_tenant_id_second_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "alias_id", name=op.f("pk_alias")),
    )
    op.create_index("uq_alias_pair", "alias", ["tenant_id", "first_id", "second_id"], unique=True, postgresql_where=sa.text("revoked_at is null"))
    op.create_index("ix_alias_first", "alias", ["tenant_id", "first_id"], unique=False)
    op.create_index("ix_alias_second", "alias", ["tenant_id", "second_id"], unique=False)
    op.secure_table("alias", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
