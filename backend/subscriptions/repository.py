"""Every statement on named queries, and on subscriptions as their owners see them."""

from dataclasses import astuple, dataclass, field, fields
from datetime import datetime
from uuid import UUID

from infra.database import Record, TenantTransaction

# First key of the per-tenant advisory lock, beside those in `infra/database.py`.
SUBSCRIBING_CLASS = 0x5370


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query as it is stored: definition and prefixes are JSON. The predefined one has no row, and was made by nobody."""

    name: str
    definition: str
    prefixes: str = "{}"
    created_at: datetime | None = None
    created_by: str | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A row of `query_subscription`; what each column means stands there."""

    subscription_id: UUID
    query_name: str
    dest: str
    signature_token: bytes | None = field(repr=False)
    signature_key_id: str | None
    schedule: str | None
    report_if_empty: bool
    initial_record_time: datetime | None
    media_type: str
    epc_format: str
    web_words: bool
    created_at: datetime
    subscriber: str
    subscriber_kind: str
    subscriber_id: UUID
    subscriber_name: str
    membership_id: UUID | None
    secret_id: UUID | None
    cursor_seq: int
    batch: int
    tick_at: datetime | None
    due_at: datetime
    state: str = "active"
    paused_reason: str | None = None
    paused_at: datetime | None = None
    report_id: UUID | None = None
    report_until: int | None = None
    retry_at: datetime | None = None
    lease_id: UUID | None = None
    lease_until: datetime | None = None
    again: bool = False
    failures: int = 0
    last_failure: str | None = None
    last_run_at: datetime | None = None
    last_notified_at: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether it reports; else somebody has to resume it."""
        return self.state == "active"


NAMES = [each.name for each in fields(Subscription)]
COLUMNS = ", ".join(NAMES)


def _subscription(row: Record | None) -> Subscription | None:
    return Subscription(*row) if row else None


async def query(tx: TenantTransaction, name: str) -> NamedQuery | None:
    """One query."""
    row = await tx.fetchrow("select name, definition, prefixes, created_at, created_by from named_query where tenant_id = $1 and name = $2", name)
    return NamedQuery(*row) if row else None


async def hold_query(tx: TenantTransaction, name: str) -> NamedQuery | None:
    """The same; it stays until the transaction ends."""
    row = await tx.fetchrow(
        "select name, definition, prefixes, created_at, created_by from named_query where tenant_id = $1 and name = $2 for share", name
    )
    return NamedQuery(*row) if row else None


async def queries(tx: TenantTransaction, *, after: str, limit: int) -> list[NamedQuery]:
    """A page of queries, by name."""
    rows = await tx.fetch(
        "select name, definition, prefixes, created_at, created_by from named_query where tenant_id = $1 and name > $2 order by name limit $3",
        after,
        limit,
    )
    return [NamedQuery(*row) for row in rows]


async def count_queries(tx: TenantTransaction) -> int:
    """How many a company has."""
    return int(await tx.fetchval("select count(*) from named_query where tenant_id = $1"))


async def insert_query(tx: TenantTransaction, query: NamedQuery) -> bool:
    """A new query; False where the name is taken."""
    statement = "insert into named_query (tenant_id, name, definition, prefixes, created_by) values ($1, $2, $3, $4, $5) on conflict do nothing"
    return await tx.execute(statement, query.name, query.definition, query.prefixes, query.created_by) == 1


async def delete_query(tx: TenantTransaction, name: str) -> NamedQuery | None:
    """Delete a query; gives what it was."""
    row = await tx.fetchrow(
        "delete from named_query where tenant_id = $1 and name = $2 returning name, definition, prefixes, created_at, created_by", name
    )
    return NamedQuery(*row) if row else None


async def delete_subscriptions_of(tx: TenantTransaction, query_name: str) -> int:
    """All subscriptions of a query; gives how many there were."""
    return await tx.execute("delete from query_subscription where tenant_id = $1 and query_name = $2", query_name)


async def lock_count(tx: TenantTransaction) -> int:
    """How many subscriptions a company has; nobody else adds one before the transaction ends."""
    await tx.execute(f"select pg_advisory_xact_lock({SUBSCRIBING_CLASS}, $1::int)")
    return int(await tx.fetchval("select count(*) from query_subscription where tenant_id = $1"))


async def insert(tx: TenantTransaction, subscription: Subscription) -> None:
    """A new subscription."""
    places = ", ".join(f"${place + 2}" for place in range(len(NAMES)))
    await tx.execute(f"insert into query_subscription (tenant_id, {COLUMNS}) values ($1, {places})", *astuple(subscription))


async def subscription(tx: TenantTransaction, query_name: str, subscription_id: UUID) -> Subscription | None:
    """One subscription of a query."""
    statement = f"select {COLUMNS} from query_subscription where tenant_id = $1 and query_name = $2 and subscription_id = $3"
    return _subscription(await tx.fetchrow(statement, query_name, subscription_id))


async def subscriptions(tx: TenantTransaction, query_name: str, *, subscriber: str | None, after: UUID | None, limit: int) -> list[Subscription]:
    """A page of a query's subscriptions, the oldest first: one subscriber's, or all."""
    rows = await tx.fetch(
        f"""select {COLUMNS} from query_subscription where tenant_id = $1 and query_name = $2
            and ($3::text is null or subscriber = $3) and ($4::uuid is null or subscription_id > $4) order by subscription_id limit $5""",
        query_name, subscriber, after, limit,
    )  # fmt: skip
    return [Subscription(*row) for row in rows]


async def delete(tx: TenantTransaction, subscription_id: UUID) -> bool:
    """Delete a subscription; False where somebody else has."""
    return await tx.execute("delete from query_subscription where tenant_id = $1 and subscription_id = $2", subscription_id) == 1


async def sealed_otherwise(tx: TenantTransaction, key_id: str) -> list[Subscription]:
    """Subscriptions with a token that another key has sealed."""
    rows = await tx.fetch(
        f"select {COLUMNS} from query_subscription where tenant_id = $1 and signature_token is not null and signature_key_id <> $2 for update", key_id
    )
    return [Subscription(*row) for row in rows]


async def seal(tx: TenantTransaction, subscription_id: UUID, token: bytes, key_id: str) -> None:
    """The same token, sealed anew."""
    await tx.execute(
        "update query_subscription set signature_token = $3, signature_key_id = $4 where tenant_id = $1 and subscription_id = $2",
        subscription_id, token, key_id,
    )  # fmt: skip
