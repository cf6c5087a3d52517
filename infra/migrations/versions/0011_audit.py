"""The trail is searched, exported and closed to its owner too; what is of no more use may be purged, and nothing else

Revision: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_READ_AND_ADD = {"suyuan_app": ("SELECT", "INSERT")}
_EXPORTS = {"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")}
_EXPIRED = "(expires_at < now())"


def upgrade() -> None:
    op.add_column("audit_entry", sa.Column("entry_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False))
    op.add_column("audit_entry", sa.Column("signature_id", sa.Uuid(), nullable=True))
    op.create_unique_constraint(op.f("uq_audit_entry_tenant_id_entry_id"), "audit_entry", ["tenant_id", "entry_id"])
    for name, column in (("subject", "subject"), ("actor", "actor_id"), ("action", "action")):
        op.drop_index(f"ix_audit_entry_{name}", table_name="audit_entry")
        op.create_index(f"ix_audit_entry_{name}", "audit_entry", ["tenant_id", column, "recorded_at", "audit_id"], unique=False)
    op.create_index("ix_audit_entry_request", "audit_entry", ["tenant_id", "request_id"], unique=False)
    op.create_table(
        "audit_export",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("parts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("entries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("entries_expected", sa.BigInteger(), nullable=True),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_audit_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "export_id", name=op.f("pk_audit_export")),
        info={"tenant_owned": True, "grants": _EXPORTS},
    )
    op.secure_table("audit_export", tenant_owned=True, grants=_EXPORTS, purge=_EXPIRED)
    for table in ("audit_entry", "electronic_signature", "event_feed"):
        op.close_table(table, grants=_READ_AND_ADD)
    op.allow_purge("outbox", "(done_at < (now() - '7 days'::interval))")
    op.allow_purge("effect", "(done_at < (now() - '30 days'::interval))")
    op.allow_purge("idempotent_reply", "(created_at < (now() - '30 days'::interval))")
    for table in ("invitation", "device_enrolment"):
        op.allow_purge(table, "(expires_at < (now() - '90 days'::interval))")
    op.allow_purge("session", "(COALESCE(ended_at, expires_at) < (now() - '90 days'::interval))")


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
