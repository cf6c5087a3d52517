"""The statements that bring a delivery to its end. Whoever changes one has locked it in the same transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from infra.database import Record, TenantTransaction

COLUMNS: Final = """delivery_id, notice_id, receiver, channel_kind, membership_id, channel_id, fallbacks, state, reason, attempts, failures,
    next_attempt_at, due_at, lease_id, lease_until, provider_id, created_at, done_at"""
_CHANGED: Final = frozenset(
    {"state", "reason", "attempts", "failures", "next_attempt_at", "due_at", "lease_id", "lease_until", "provider_id", "done_at", "fallbacks"}
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one receiver by one channel, as it stands."""

    delivery_id: UUID
    notice_id: UUID
    receiver: str
    channel_kind: int
    membership_id: UUID | None
    channel_id: UUID | None
    fallbacks: str
    state: int
    reason: str | None
    attempts: int
    failures: int
    next_attempt_at: datetime | None
    due_at: datetime | None
    lease_id: UUID | None
    lease_until: datetime | None
    provider_id: str | None
    created_at: datetime
    done_at: datetime | None


async def lock(tx: TenantTransaction, delivery_id: UUID) -> Delivery | None:
    """A delivery that nobody else changes before the transaction ends; waits for whoever is at it."""
    row = await tx.fetchrow(f"select {COLUMNS} from notification_delivery where tenant_id = $1 and delivery_id = $2 for no key update", delivery_id)
    return Delivery(*row) if row else None


async def by_id(tx: TenantTransaction, delivery_id: UUID) -> Delivery | None:
    """A delivery as it stands."""
    row = await tx.fetchrow(f"select {COLUMNS} from notification_delivery where tenant_id = $1 and delivery_id = $2", delivery_id)
    return Delivery(*row) if row else None


async def change(tx: TenantTransaction, delivery_id: UUID, **changes: Any) -> None:
    """Put other values into a delivery that is locked."""
    if not _CHANGED.issuperset(changes):
        raise ValueError(f"a delivery doesn't change {sorted(changes.keys() - _CHANGED)}")
    places = ", ".join(f"{name} = ${place}" for place, name in enumerate(changes, 3))
    await tx.execute(f"update notification_delivery set {places} where tenant_id = $1 and delivery_id = $2", delivery_id, *changes.values())


async def add_attempt(
    tx: TenantTransaction, delivery_id: UUID, *, number: int, channel_id: UUID, at: datetime, taken: bool, status: int | None, reason: str | None
) -> None:
    """Write down how an attempt ended."""
    await tx.execute(
        """insert into notification_attempt (tenant_id, delivery_id, number, channel_id, at, taken, status, reason)
           values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing""",
        delivery_id,
        number,
        channel_id,
        at,
        taken,
        status,
        reason,
    )


async def sent_since(tx: TenantTransaction, channel_id: UUID, since: datetime) -> int:
    """How many attempts a channel has made since then."""
    count: int = await tx.fetchval(
        "select count(*) from notification_attempt where tenant_id = $1 and channel_id = $2 and at > $3", channel_id, since
    )
    return count


async def held(tx: TenantTransaction, membership_id: UUID, until: datetime, limit: int) -> list[Delivery]:
    """What waits for a member's quiet hours to end, or for his digest, locked, oldest first."""
    rows = await tx.fetch(
        f"""select {COLUMNS} from notification_delivery
            where tenant_id = $1 and membership_id = $2 and state = 8 and next_attempt_at <= $3
            order by delivery_id limit $4 for no key update""",
        membership_id,
        until,
        limit,
    )
    return [Delivery(*row) for row in rows]


async def first_held(tx: TenantTransaction, membership_id: UUID) -> datetime | None:
    """When the first of what waits for a member is to be told."""
    found: datetime | None = await tx.fetchval(
        "select min(next_attempt_at) from notification_delivery where tenant_id = $1 and membership_id = $2 and state = 8", membership_id
    )
    return found


async def suppress(tx: TenantTransaction, delivery_ids: Collection[UUID], *, reason: str, at: datetime) -> None:
    """They won't be sent by themselves."""
    await tx.execute(
        """update notification_delivery set state = 7, reason = $3, done_at = $4, next_attempt_at = null
           where tenant_id = $1 and delivery_id = any($2::uuid[])""",
        list(delivery_ids),
        reason,
        at,
    )


async def attempts(tx: TenantTransaction, delivery_ids: Collection[UUID]) -> list[Record]:
    """How the attempts of these deliveries ended, in order."""
    return await tx.fetch(
        """select delivery_id, number, channel_id, at, taken, status, reason from notification_attempt
           where tenant_id = $1 and delivery_id = any($2::uuid[]) order by delivery_id, number""",
        list(delivery_ids),
    )
