"""The tables of named queries and of those subscriptions that report to a web address."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Integer, LargeBinary, Text, Uuid, func

from infra.schema import Key, tenant_table

named_query = tenant_table(
    "named_query",
    Column("name", Key, nullable=False),
    # The parameters as they were given, JSON.
    Column("definition", Text, nullable=False),
    # Prefixes of extensions that the request declared besides (JSON, prefix to namespace).
    Column("prefixes", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # `Principal.subject` of who made it.
    Column("created_by", Text, nullable=False),
    key=("name",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")},
)

query_subscription = tenant_table(
    "query_subscription",
    Column("subscription_id", Uuid, nullable=False),
    # A named query, or the predefined one, which has no row: hence no foreign key. Deleting a query deletes its subscriptions.
    Column("query_name", Key, nullable=False),
    Column("dest", Text, nullable=False),
    # The subscriber's secret, sealed under the subscription's id, and the name of the key that sealed it.
    Column("signature_token", LargeBinary),
    Column("signature_key_id", Text),
    # JSON as it was given; without one it is a stream.
    Column("schedule", Text),
    Column("report_if_empty", Boolean, nullable=False),
    Column("initial_record_time", DateTime(timezone=True)),
    Column("media_type", Text, nullable=False),
    Column("epc_format", Text, nullable=False),
    # In XML: words of the CBV as web URIs.
    Column("web_words", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    # In whose name it reports: his rights are looked up at each report (`tenants/mandates.py`).
    Column("subscriber", Text, nullable=False),
    Column("subscriber_kind", Key, nullable=False),
    Column("subscriber_id", Uuid, nullable=False),
    Column("subscriber_name", Text, nullable=False),
    Column("membership_id", Uuid),
    Column("secret_id", Uuid),
    # "active" or "paused".
    Column("state", Key, nullable=False),
    Column("paused_reason", Text),
    Column("paused_at", DateTime(timezone=True)),
    # Up to this place of the feed everything was reported; moved in the transaction that records a delivery.
    Column("cursor_seq", BigInteger, nullable=False),
    # Events in a report at most; fewer where the receiver finds them too many.
    Column("batch", Integer, nullable=False),
    # The report that is under way: its id, and how far it goes. Both stay until it is delivered, however often that is tried.
    Column("report_id", Uuid),
    Column("report_until", BigInteger),
    # When the schedule has its next turn; none for a stream.
    Column("tick_at", DateTime(timezone=True)),
    # For when an outbox row is open that has it looked at.
    Column("due_at", DateTime(timezone=True), nullable=False),
    # Nothing is sent before, because the last attempts failed.
    Column("retry_at", DateTime(timezone=True)),
    # Which attempt is under way, and until when it may be; whoever comes meanwhile leaves a word.
    Column("lease_id", Uuid),
    Column("lease_until", DateTime(timezone=True)),
    Column("again", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("last_failure", Text),
    Column("last_run_at", DateTime(timezone=True)),
    Column("last_notified_at", DateTime(timezone=True)),
    key=("subscription_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")},
)
Index("ix_query_subscription_query", query_subscription.c.tenant_id, query_subscription.c.query_name, query_subscription.c.subscription_id)
