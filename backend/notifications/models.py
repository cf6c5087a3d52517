"""The tables of notifications: how and whom to tell, what was told, and what became of each delivery."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, LargeBinary, SmallInteger, Text, Uuid, text

from infra.schema import Grants, Key, tenant_table

_KEPT: Grants = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}
_MEMBER = (("membership_id",), "membership.membership_id")

notification_channel = tenant_table(
    "notification_channel",
    Column("channel_id", Uuid, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("name", Text, nullable=False),
    # What anybody who keeps channels may read, JSON; and the secrets, sealed under the channel's id, with the name of the sealing key.
    Column("settings", Text, nullable=False),
    Column("secrets", LargeBinary),
    Column("key_id", Text),
    Column("active", Boolean, nullable=False),
    # The provider has asked to wait until then.
    Column("not_before", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("archived_at", DateTime(timezone=True)),
    key=("channel_id",),
    grants=_KEPT,
)

notification_route = tenant_table(
    "notification_route",
    Column("route_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    # What it is for, and who is told by what: JSON of `rules.Route`.
    Column("definition", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    key=("route_id",),
)

notification_template = tenant_table(
    "notification_template",
    Column("template", Key, nullable=False),
    Column("language", Key, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    key=("template", "language"),
)

notification_preference = tenant_table(
    "notification_preference",
    Column("membership_id", Uuid, nullable=False),
    # JSON of `rules.Preference`.
    Column("choice", Text, nullable=False),
    Column("email", Text),
    Column("phone", Text),
    Column("wecom_user", Text),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    key=("membership_id",),
    references=[_MEMBER],
    grants=_KEPT,
)

# A browser or an app that has asked to be told. Its address is a secret: whoever knows it can write to it.
push_subscription = tenant_table(
    "push_subscription",
    Column("push_id", Uuid, nullable=False),
    Column("membership_id", Uuid, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("address_sha256", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    key=("push_id",),
    unique=[("address_sha256",)],
    references=[_MEMBER],
)
Index("ix_push_subscription_member", push_subscription.c.tenant_id, push_subscription.c.membership_id, push_subscription.c.kind)

# What is told. The same thing is told once: the key says what it is.
notice = tenant_table(
    "notice",
    Column("notice_id", Uuid, nullable=False),
    Column("dedupe_key", Key, nullable=False),
    Column("topic", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("urgency", SmallInteger, nullable=False),
    # What it is about, such as "capa:0190…" or an object's URI; the values for the template, JSON.
    Column("subject", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("alert_id", Uuid),
    Column("created_at", DateTime(timezone=True), nullable=False),
    key=("notice_id",),
    unique=[("dedupe_key",)],
    grants={"suyuan_app": ("SELECT", "INSERT", "DELETE")},
    purge="(created_at < (now() - '180 days'::interval))",
)
Index("ix_notice_alert", notice.c.tenant_id, notice.c.alert_id)

feed_entry = tenant_table(
    "feed_entry",
    Column("entry_id", Uuid, nullable=False),
    Column("membership_id", Uuid, nullable=False),
    Column("notice_id", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("read_at", DateTime(timezone=True)),
    key=("entry_id",),
    unique=[("membership_id", "notice_id")],
    purge="(created_at < (now() - '180 days'::interval))",
)
Index("ix_feed_entry_member", feed_entry.c.tenant_id, feed_entry.c.membership_id, feed_entry.c.entry_id)
Index(
    "ix_feed_entry_unread", feed_entry.c.tenant_id, feed_entry.c.membership_id, feed_entry.c.entry_id, postgresql_where=text("read_at is null")
)  # fmt: skip
Index("ix_feed_entry_notice", feed_entry.c.tenant_id, feed_entry.c.notice_id)

notification_delivery = tenant_table(
    "notification_delivery",
    Column("delivery_id", Uuid, nullable=False),
    Column("notice_id", Uuid, nullable=False),
    # "member:…" or "channel:…": of one notice nobody gets two messages by channels of one kind.
    Column("receiver", Key, nullable=False),
    Column("channel_kind", SmallInteger, nullable=False),
    Column("membership_id", Uuid),
    # None for the feed, which needs no channel.
    Column("channel_id", Uuid),
    # What is tried when this one fails: channels in order, JSON.
    Column("fallbacks", Text, nullable=False),
    Column("state", SmallInteger, nullable=False),
    # Why it failed, died, waits or was suppressed.
    Column("reason", Text),
    # Every attempt, and those of them that failed; what a provider has put off counts as no failure.
    Column("attempts", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    # Nothing is sent before.
    Column("next_attempt_at", DateTime(timezone=True)),
    # For when an outbox row is open that has it looked at.
    Column("due_at", DateTime(timezone=True)),
    Column("lease_id", Uuid),
    Column("lease_until", DateTime(timezone=True)),
    # What the provider calls the message.
    Column("provider_id", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    key=("delivery_id",),
    unique=[("notice_id", "receiver", "channel_kind")],
    purge="(done_at < (now() - '90 days'::interval))",
)
Index("ix_notification_delivery_state", notification_delivery.c.tenant_id, notification_delivery.c.state, notification_delivery.c.delivery_id)
Index(
    "ix_notification_delivery_held", notification_delivery.c.tenant_id, notification_delivery.c.membership_id,
    notification_delivery.c.next_attempt_at, postgresql_where=text("state = 8"),
)  # fmt: skip

notification_attempt = tenant_table(
    "notification_attempt",
    Column("delivery_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("channel_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    # Whether the other side took it, what it answered with, and why it didn't.
    Column("taken", Boolean, nullable=False),
    Column("status", Integer),
    Column("reason", Text),
    key=("delivery_id", "number"),
    grants={"suyuan_app": ("SELECT", "INSERT", "DELETE")},
    purge="(at < (now() - '90 days'::interval))",
)
Index("ix_notification_attempt_channel", notification_attempt.c.tenant_id, notification_attempt.c.channel_id, notification_attempt.c.at)
