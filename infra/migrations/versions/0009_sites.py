"""Events are found by their read point, and places by what they lie in: for permissions limited to sites

Revision: 0009
Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_location_parent", "location", ["tenant_id", "parent_place"], unique=False)
    op.create_index("ix_event_read_point", "event", ["tenant_id", "read_point"], unique=False)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
