"""Channels, routes and deliveries of messages

Revision: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feed_entry",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "entry_id", name=op.f("pk_feed_entry")),
        sa.UniqueConstraint("tenant_id", "membership_id", "notice_id", name=op.f("uq_feed_entry_tenant_id_membership_id_notice_id")),
        info={
            "tenant_owned": True,
            "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")},
            "append_only": False,
            "purge": "(created_at < (now() - '180 days'::interval))",
        },
    )
    op.secure_table(
        "feed_entry",
        tenant_owned=True,
        grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")},
        purge="(created_at < (now() - '180 days'::interval))",
    )
    op.create_index("ix_feed_entry_member", "feed_entry", ["tenant_id", "membership_id", "entry_id"], unique=False)
    op.create_index("ix_feed_entry_notice", "feed_entry", ["tenant_id", "notice_id"], unique=False)
    op.create_index(
        "ix_feed_entry_unread", "feed_entry", ["tenant_id", "membership_id", "entry_id"], unique=False, postgresql_where=sa.text("read_at is null")
    )
    op.create_table(
        "notice",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("dedupe_key", sa.Text(collation="C"), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("urgency", sa.SmallInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "notice_id", name=op.f("pk_notice")),
        sa.UniqueConstraint("tenant_id", "dedupe_key", name=op.f("uq_notice_tenant_id_dedupe_key")),
        info={
            "tenant_owned": True,
            "grants": {"suyuan_app": ("SELECT", "INSERT", "DELETE")},
            "append_only": False,
            "purge": "(created_at < (now() - '180 days'::interval))",
        },
    )
    op.secure_table(
        "notice", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "DELETE")}, purge="(created_at < (now() - '180 days'::interval))"
    )
    op.create_index("ix_notice_alert", "notice", ["tenant_id", "alert_id"], unique=False)
    op.create_table(
        "notification_attempt",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "delivery_id", "number", name=op.f("pk_notification_attempt")),
        info={
            "tenant_owned": True,
            "grants": {"suyuan_app": ("SELECT", "INSERT", "DELETE")},
            "append_only": False,
            "purge": "(at < (now() - '90 days'::interval))",
        },
    )
    op.secure_table(
        "notification_attempt", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "DELETE")}, purge="(at < (now() - '90 days'::interval))"
    )
    op.create_index("ix_notification_attempt_channel", "notification_attempt", ["tenant_id", "channel_id", "at"], unique=False)
    op.create_table(
        "notification_channel",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "channel_id", name=op.f("pk_notification_channel")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("notification_channel", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_table(
        "notification_delivery",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("receiver", sa.Text(collation="C"), nullable=False),
        sa.Column("channel_kind", sa.SmallInteger(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        sa.Column("channel_id", sa.Uuid(), nullable=True),
        sa.Column("fallbacks", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_id", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "delivery_id", name=op.f("pk_notification_delivery")),
        sa.UniqueConstraint(
            "tenant_id", "notice_id", "receiver", "channel_kind", name=op.f("uq_notification_delivery_tenant_id_notice_id_receiver_channel_kind")
        ),
        info={
            "tenant_owned": True,
            "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")},
            "append_only": False,
            "purge": "(done_at < (now() - '90 days'::interval))",
        },
    )
    op.secure_table(
        "notification_delivery",
        tenant_owned=True,
        grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")},
        purge="(done_at < (now() - '90 days'::interval))",
    )
    op.create_index(
        "ix_notification_delivery_held",
        "notification_delivery",
        ["tenant_id", "membership_id", "next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("state = 8"),
    )
    op.create_index("ix_notification_delivery_state", "notification_delivery", ["tenant_id", "state", "delivery_id"], unique=False)
    op.create_table(
        "notification_route",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("route_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "route_id", name=op.f("pk_notification_route")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")}, "append_only": False, "purge": None},
    )
    op.secure_table("notification_route", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")})
    op.create_table(
        "notification_template",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("template", sa.Text(collation="C"), nullable=False),
        sa.Column("language", sa.Text(collation="C"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "template", "language", name=op.f("pk_notification_template")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")}, "append_only": False, "purge": None},
    )
    op.secure_table("notification_template", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")})
    op.create_table(
        "notification_preference",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("wecom_user", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "membership_id"],
            ["membership.tenant_id", "membership.membership_id"],
            name=op.f("fk_notification_preference_tenant_id_membership_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "membership_id", name=op.f("pk_notification_preference")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, "append_only": False, "purge": None},
    )
    op.secure_table("notification_preference", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_table(
        "push_subscription",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("push_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("address_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "membership_id"],
            ["membership.tenant_id", "membership.membership_id"],
            name=op.f("fk_push_subscription_tenant_id_membership_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "push_id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("tenant_id", "address_sha256", name=op.f("uq_push_subscription_tenant_id_address_sha256")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")}, "append_only": False, "purge": None},
    )
    op.secure_table("push_subscription", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")})
    op.create_index("ix_push_subscription_member", "push_subscription", ["tenant_id", "membership_id", "kind"], unique=False)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
