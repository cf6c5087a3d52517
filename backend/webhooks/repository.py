"""Statements on endpoints of webhooks."""

from dataclasses import astuple, dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from infra.database import Record, TenantTransaction

# First key of the per-tenant advisory lock, beside those in `infra/database.py`.
ADDING_CLASS = 0x5371


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A row of `webhook_endpoint`; what each column means stands there."""

    endpoint_id: UUID
    url: str
    description: str
    kinds: str
    enabled: bool
    secret: bytes = field(repr=False)
    secret_key_id: str
    owner: str
    owner_name: str
    created_at: datetime
    disabled_reason: str | None = None
    disabled_at: datetime | None = None
    former_secret: bytes | None = field(default=None, repr=False)
    former_secret_key_id: str | None = None
    former_until: datetime | None = None
    failing_since: datetime | None = None
    last_failure: str | None = None
    last_delivered_at: datetime | None = None
    guarded_until: datetime | None = None

    @property
    def wanted(self) -> list[str]:
        """The kinds of messages that it wants."""
        return self.kinds.split()


NAMES = [each.name for each in fields(Endpoint)]
COLUMNS = ", ".join(NAMES)


def _endpoint(row: Record | None) -> Endpoint | None:
    return Endpoint(*row) if row else None


async def lock_count(tx: TenantTransaction) -> int:
    """How many endpoints a company has; nobody else adds one before the transaction ends."""
    await tx.execute(f"select pg_advisory_xact_lock({ADDING_CLASS}, $1::int)")
    return int(await tx.fetchval("select count(*) from webhook_endpoint where tenant_id = $1"))


async def insert(tx: TenantTransaction, endpoint: Endpoint) -> None:
    """A new endpoint."""
    places = ", ".join(f"${place + 2}" for place in range(len(NAMES)))
    await tx.execute(f"insert into webhook_endpoint (tenant_id, {COLUMNS}) values ($1, {places})", *astuple(endpoint))


async def by_id(tx: TenantTransaction, endpoint_id: UUID) -> Endpoint | None:
    """One endpoint."""
    return _endpoint(await tx.fetchrow(f"select {COLUMNS} from webhook_endpoint where tenant_id = $1 and endpoint_id = $2", endpoint_id))


async def lock(tx: TenantTransaction, endpoint_id: UUID) -> Endpoint | None:
    """One endpoint, which nobody else changes before the transaction ends."""
    statement = f"select {COLUMNS} from webhook_endpoint where tenant_id = $1 and endpoint_id = $2 for no key update"
    return _endpoint(await tx.fetchrow(statement, endpoint_id))


async def change(tx: TenantTransaction, endpoint_id: UUID, **changes: Any) -> None:
    """Put other values into an endpoint that is locked."""
    names = [name for name in NAMES if name in changes]
    if len(names) != len(changes):
        raise ValueError(f"an endpoint has no {sorted(changes.keys() - set(names))}")
    places = ", ".join(f"{name} = ${place}" for place, name in enumerate(names, 3))
    await tx.execute(
        f"update webhook_endpoint set {places} where tenant_id = $1 and endpoint_id = $2", endpoint_id, *(changes[name] for name in names)
    )


async def delete(tx: TenantTransaction, endpoint_id: UUID) -> None:
    """Delete an endpoint. What is left of its deliveries is reached no more, and goes with its age."""
    await tx.execute("delete from webhook_endpoint where tenant_id = $1 and endpoint_id = $2", endpoint_id)


async def page(tx: TenantTransaction, *, cursor: UUID | None, backward: bool, limit: int) -> list[Endpoint]:
    """Endpoints, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    rows = await tx.fetch(
        f"""select {COLUMNS} from webhook_endpoint
            where tenant_id = $1 and ($2::uuid is null or endpoint_id {behind} $2) order by endpoint_id {order} limit $3""",
        cursor,
        limit,
    )
    return [Endpoint(*row) for row in rows]


async def subscribed(tx: TenantTransaction, kind: str) -> list[tuple[UUID, bool]]:
    """(endpoint, whether it is switched on) for each that wants a kind. A company without endpoints costs one look into an index."""
    rows = await tx.fetch("select endpoint_id, enabled, kinds from webhook_endpoint where tenant_id = $1 order by endpoint_id")
    return [(row["endpoint_id"], row["enabled"]) for row in rows if kind in row["kinds"].split()]


async def guard(tx: TenantTransaction, endpoint_id: UUID, now: datetime, until: datetime) -> bool:
    """Take it upon oneself to have the endpoint looked at again; False where somebody has."""
    statement = """update webhook_endpoint set guarded_until = $4
                   where tenant_id = $1 and endpoint_id = $2 and (guarded_until is null or guarded_until <= $3)"""
    return await tx.execute(statement, endpoint_id, now, until) == 1


async def sealed_otherwise(tx: TenantTransaction, key_id: str) -> list[Endpoint]:
    """Endpoints with a secret that another key has sealed."""
    rows = await tx.fetch(
        f"""select {COLUMNS} from webhook_endpoint
            where tenant_id = $1 and (secret_key_id <> $2 or coalesce(former_secret_key_id, $2) <> $2) for no key update""",
        key_id,
    )
    return [Endpoint(*row) for row in rows]
