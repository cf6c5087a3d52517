"""What a container held when it was used, and the units of a lot used as a whole

The links of before are brought to this form by `python -m backend.cli derive-links`.

Revision: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_READ_AND_ADD = {"suyuan_app": ("SELECT", "INSERT")}


def upgrade() -> None:
    op.create_table(
        "container_state",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state_id", sa.BigInteger(), nullable=False),
        sa.Column("container_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "state_id", name=op.f("pk_container_state")),
        info={"tenant_owned": True, "grants": _READ_AND_ADD},
    )
    op.create_index("ix_container_state_container", "container_state", ["tenant_id", "container_id", "used_at"], unique=False)
    op.secure_table("container_state", tenant_owned=True, grants=_READ_AND_ADD)
    op.create_index(
        "ix_lot_link_member",
        "lot_link",
        ["tenant_id", "parent_id"],
        unique=False,
        postgresql_where=sa.text("kind = 3 and superseded_by is null"),
    )


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
