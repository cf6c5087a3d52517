"""Capture jobs that take long are staged, done in parts and told event by event

Revision: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_RESULTS = {"suyuan_app": ("SELECT", "INSERT", "DELETE")}


def upgrade() -> None:
    op.add_column("capture_job", sa.Column("total", sa.Integer(), nullable=True))
    op.add_column("capture_job", sa.Column("warnings", sa.Text(), server_default="[]", nullable=False))
    op.add_column("capture_job", sa.Column("done", sa.Integer(), server_default="0", nullable=False))
    op.add_column("capture_job", sa.Column("content_type", sa.Text(), nullable=True))
    op.add_column("capture_job", sa.Column("content_encoding", sa.Text(), nullable=True))
    op.add_column("capture_job", sa.Column("size", sa.BigInteger(), nullable=True))
    op.add_column("capture_job", sa.Column("sha256", sa.LargeBinary(), nullable=True))
    op.add_column("capture_job", sa.Column("told_by", sa.Text(), nullable=True))
    op.add_column("capture_job", sa.Column("results", sa.Text(), nullable=True))
    op.create_index("ix_capture_job_open", "capture_job", ["tenant_id", "job_id"], unique=False, postgresql_where=sa.text("finished_at is null"))
    op.create_table(
        "capture_result",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("results", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "job_id", "first", name=op.f("pk_capture_result")),
        info={"tenant_owned": True, "grants": _RESULTS},
    )
    op.secure_table("capture_result", tenant_owned=True, grants=_RESULTS, purge="(recorded_at < (now() - '180 days'::interval))")


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
