"""Events are found by their fields, extensions, ILMD and sensor readings

Revision: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_READ_AND_ADD = {"suyuan_app": ("SELECT", "INSERT")}


def upgrade() -> None:
    op.create_table(
        "event_field",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("field", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("text_value", sa.Text(collation="C"), nullable=True),
        sa.Column("number_value", sa.Double(), nullable=True),
        sa.Column("time_value", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unit", sa.Text(collation="C"), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "field", "event_id", "line", name=op.f("pk_event_field")),
        info={"tenant_owned": True, "grants": _READ_AND_ADD},
    )
    for name in ("text", "number", "time"):
        op.create_index(
            f"ix_event_field_{name}",
            "event_field",
            ["tenant_id", "field", f"{name}_value", "event_id"],
            unique=False,
            postgresql_where=sa.text(f"{name}_value is not null"),
        )
    op.create_table(
        "event_vocabulary",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("dimension", sa.SmallInteger(), nullable=False),
        sa.Column("value", sa.Text(collation="C"), nullable=False),
        sa.Column("place", sa.Text(collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "dimension", "value", "place", name=op.f("pk_event_vocabulary")),
        info={"tenant_owned": True, "grants": _READ_AND_ADD},
    )
    op.secure_table("event_field", tenant_owned=True, grants=_READ_AND_ADD)
    op.secure_table("event_vocabulary", tenant_owned=True, grants=_READ_AND_ADD)
    op.create_index("ix_event_disposition", "event", ["tenant_id", "disposition", "event_time"], unique=False)
    op.create_index("ix_event_record_time", "event", ["tenant_id", "record_time", "event_id"], unique=False)
    op.create_index("ix_event_declared", "event", ["tenant_id", "declared_at"], unique=False, postgresql_where=sa.text("declared_at is not null"))


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
