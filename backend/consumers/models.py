"""The tables of consumers' requests and of the mails to them."""

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, SmallInteger, Text, Uuid, text

from infra.schema import Key, tenant_table

# Somebody wants to be told of a recall of a product or a lot. The address is sealed under the row's id; its digest, which nobody without
# the service's key can make, finds it again. What wasn't confirmed in time goes, and so does the rest after `tokens.KEPT`.
consumer_watch = tenant_table(
    "consumer_watch",
    Column("watch_id", Uuid, nullable=False),
    Column("key", Key, nullable=False),
    Column("gtin", Key, nullable=False),
    # Empty for the whole product.
    Column("lot", Key, nullable=False),
    Column("email_digest", Key, nullable=False),
    Column("email", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("asked_times", Integer, nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    key=("watch_id",),
    unique=[("email_digest", "key")],
    purge="(expires_at < now())",
)
_w = consumer_watch.c
Index("ix_consumer_watch_asked", _w.tenant_id, _w.asked_at)
Index("ix_consumer_watch_confirmed", _w.tenant_id, _w.watch_id, postgresql_where=text("confirmed_at is not null"))

# Mails to them. `reference` is a case's id, or "confirm:1" for the first asking: nobody is told the same twice.
consumer_mail = tenant_table(
    "consumer_mail",
    Column("mail_id", Uuid, nullable=False),
    Column("watch_id", Uuid, nullable=False),
    Column("reference", Key, nullable=False),
    # 1 waits, 2 sent, 3 failed for good, 4 not wanted any more.
    Column("state", SmallInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", DateTime(timezone=True), nullable=False),
    Column("lease_id", Uuid),
    Column("failure", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    key=("mail_id",),
    unique=[("watch_id", "reference")],
    purge="(done_at < (now() - '400 days'::interval))",
)
_m = consumer_mail.c
Index("ix_consumer_mail_waiting", _m.tenant_id, _m.next_at, postgresql_where=text("state = 1"))
Index("ix_consumer_mail_reference", _m.tenant_id, _m.reference, _m.state)
