"""Webhooks of partners

Revision: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook_attempt",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "attempt_id", name=op.f("pk_webhook_attempt")),
    )
    op.secure_table(
        "webhook_attempt",
        tenant_owned=True,
        grants={"suyuan_app": ("SELECT", "INSERT", "DELETE")},
        purge="(created_at < (now() - '30 days'::interval))",
    )
    op.create_index("ix_webhook_attempt_delivery", "webhook_attempt", ["tenant_id", "delivery_id", "attempt_id"], unique=False)
    op.create_table(
        "webhook_delivery",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_id", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_failure", sa.Text(), nullable=True),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "delivery_id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("tenant_id", "endpoint_id", "message_id", name=op.f("uq_webhook_delivery_tenant_id_endpoint_id_message_id")),
    )
    op.secure_table(
        "webhook_delivery",
        tenant_owned=True,
        grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")},
        purge="(created_at < (now() - '30 days'::interval))",
    )
    op.create_index("ix_webhook_delivery_endpoint", "webhook_delivery", ["tenant_id", "endpoint_id", "delivery_id"], unique=False)
    op.create_index(
        "ix_webhook_delivery_failed",
        "webhook_delivery",
        ["tenant_id", "endpoint_id", "delivery_id"],
        unique=False,
        postgresql_where=sa.text("state = 3"),
    )
    op.create_index(
        "ix_webhook_delivery_waiting",
        "webhook_delivery",
        ["tenant_id", "endpoint_id", "next_at"],
        unique=False,
        postgresql_where=sa.text("state = 1"),
    )
    op.create_table(
        "webhook_endpoint",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("secret_key_id", sa.Text(), nullable=False),
        sa.Column("former_secret", sa.LargeBinary(), nullable=True),
        sa.Column("former_secret_key_id", sa.Text(), nullable=True),
        sa.Column("former_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("owner_name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_failure", sa.Text(), nullable=True),
        sa.Column("last_delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("guarded_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "endpoint_id", name=op.f("pk_webhook_endpoint")),
    )
    op.secure_table("webhook_endpoint", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")})
    op.create_table(
        "webhook_message",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "message_id", name=op.f("pk_webhook_message")),
    )
    op.secure_table(
        "webhook_message",
        tenant_owned=True,
        grants={"suyuan_app": ("SELECT", "INSERT", "DELETE")},
        purge="(created_at < (now() - '30 days'::interval))",
    )


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
