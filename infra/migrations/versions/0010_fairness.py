"""Open jobs are found by tenant and topic, so that tenants and topics take turns

Revision: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_outbox_open", table_name="outbox")
    op.create_index("ix_outbox_open", "outbox", ["tenant_id", "topic", "outbox_id"], unique=False, postgresql_where=sa.text("done_at is null"))


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
