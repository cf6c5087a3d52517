"""Sandboxes: a tenant names the company that it belongs to and whether it was retired; how far its filling has come

Revision: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_GRANTS = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}


def upgrade() -> None:
    op.add_column("tenant", sa.Column("sandbox_of", sa.Integer(), nullable=True))
    op.add_column("tenant", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(op.f("fk_tenant_sandbox_of"), "tenant", "tenant", ["sandbox_of"], ["tenant_id"])
    op.create_index("ix_tenant_sandbox_of", "tenant", ["sandbox_of"], unique=True, postgresql_where=sa.text("retired_at is null"))
    op.create_check_constraint(op.f("ck_tenant_sandbox"), "tenant", "sandbox or (sandbox_of is null and retired_at is null)")
    # A reset passes slug and public id on to the next generation. Grants on single columns don't exist on Citus.
    op.execute("grant update on tenant to suyuan_auth")
    op.create_table(
        "sandbox_fill",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("industry", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total_events", sa.Integer(), nullable=False),
        sa.Column("filled_events", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_sandbox_fill")),
        info={"tenant_owned": True, "grants": _GRANTS},
    )
    op.secure_table("sandbox_fill", tenant_owned=True, grants=_GRANTS)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
