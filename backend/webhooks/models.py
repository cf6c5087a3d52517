"""The tables of webhooks: who is told, what is told, how far each telling is, and every attempt at it."""

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, LargeBinary, SmallInteger, Text, Uuid, text

from infra.schema import Key, tenant_table

_KEPT = "(created_at < (now() - '30 days'::interval))"

webhook_endpoint = tenant_table(
    "webhook_endpoint",
    Column("endpoint_id", Uuid, nullable=False),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    # The kinds of messages that it wants, joined by spaces.
    Column("kinds", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("disabled_reason", Text),
    Column("disabled_at", DateTime(timezone=True)),
    # Sealed under the endpoint's id; the former one signs besides until its time is over.
    Column("secret", LargeBinary, nullable=False),
    Column("secret_key_id", Text, nullable=False),
    Column("former_secret", LargeBinary),
    Column("former_secret_key_id", Text),
    Column("former_until", DateTime(timezone=True)),
    # `Principal.subject` of who keeps it, and his name then.
    Column("owner", Text, nullable=False),
    Column("owner_name", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    # Since when every attempt has failed; none since one was answered with 2xx.
    Column("failing_since", DateTime(timezone=True)),
    Column("last_failure", Text),
    Column("last_delivered_at", DateTime(timezone=True)),
    # Until then an outbox row is open that has it looked at again.
    Column("guarded_until", DateTime(timezone=True)),
    key=("endpoint_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")},
)

# What is told, once for all endpoints: an attempt sends `body` as it stands here.
webhook_message = tenant_table(
    "webhook_message",
    Column("message_id", Uuid, nullable=False),
    Column("kind", Key, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    key=("message_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "DELETE")},
    purge=_KEPT,
)

webhook_delivery = tenant_table(
    "webhook_delivery",
    Column("delivery_id", Uuid, nullable=False),
    Column("endpoint_id", Uuid, nullable=False),
    Column("message_id", Uuid, nullable=False),
    Column("kind", Key, nullable=False),
    Column("subject", Text, nullable=False),
    # 1 waits, 2 delivered, 3 failed for good.
    Column("state", SmallInteger, nullable=False),
    # Attempts ever, and in this round; a replay begins a new round.
    Column("attempts", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("next_at", DateTime(timezone=True), nullable=False),
    Column("lease_id", Uuid),
    Column("lease_until", DateTime(timezone=True)),
    Column("last_status", Integer),
    Column("last_failure", Text),
    Column("concluded_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    key=("delivery_id",),
    unique=[("endpoint_id", "message_id")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")},
    purge=_KEPT,
)
_d = webhook_delivery.c
Index("ix_webhook_delivery_waiting", _d.tenant_id, _d.endpoint_id, _d.next_at, postgresql_where=text("state = 1"))
Index("ix_webhook_delivery_failed", _d.tenant_id, _d.endpoint_id, _d.delivery_id, postgresql_where=text("state = 3"))
Index("ix_webhook_delivery_endpoint", _d.tenant_id, _d.endpoint_id, _d.delivery_id)

webhook_attempt = tenant_table(
    "webhook_attempt",
    Column("attempt_id", Uuid, nullable=False),
    Column("delivery_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    # None where no answer came; then `failure` says why.
    Column("status", Integer),
    # The first bytes of the answer, what isn't text in them written out.
    Column("answer", Text, nullable=False),
    Column("failure", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    key=("attempt_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "DELETE")},
    purge=_KEPT,
)
Index("ix_webhook_attempt_delivery", webhook_attempt.c.tenant_id, webhook_attempt.c.delivery_id, webhook_attempt.c.attempt_id)
