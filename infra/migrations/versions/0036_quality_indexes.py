"""Indexes and columns that lists of quality work and its reminders need

Revision: 0036
Revises: 0035
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, table, columns in (
        ("ix_hold_placed", "hold", ["placed_at"]),
        ("ix_nonconformance_opened", "nonconformance", ["opened_at"]),
        ("ix_nonconformance_supplier", "nonconformance", ["supplier", "nonconformance_id"]),
        ("ix_corrective_action_owner", "corrective_action", ["owner_id", "corrective_action_id"]),
        ("ix_supplier_request_supplier", "supplier_request", ["supplier", "supplier_request_id"]),
    ):
        op.create_index(name, table, ["tenant_id", *columns], unique=False)
    for name, column in (("ix_corrective_action_due", "due_at"), ("ix_corrective_action_check", "check_at")):
        op.create_index(name, "corrective_action", ["tenant_id", column], unique=False, postgresql_where=sa.text("closed_at is null"))


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
