"""The statements that bring a subscription from one report to the next. Whoever changes one has locked it in the same transaction."""

from datetime import datetime
from typing import Any
from uuid import UUID

from backend.subscriptions.repository import COLUMNS, NAMES, Subscription
from infra.database import TenantTransaction

# What a delivery may change; the subscriber's own words and cursor are changed by name below.
_CHANGED = frozenset(
    {
        "cursor_seq", "batch", "report_id", "report_until", "tick_at", "due_at", "retry_at", "lease_id", "lease_until", "again", "failures",
        "last_failure", "last_run_at", "last_notified_at", "state", "paused_reason", "paused_at",
        "subscriber", "subscriber_kind", "subscriber_id", "subscriber_name", "membership_id", "secret_id",
    }
)  # fmt: skip


async def lock(tx: TenantTransaction, subscription_id: UUID) -> Subscription | None:
    """A subscription, which nobody else changes before the transaction ends; waits for whoever is at it."""
    statement = f"select {COLUMNS} from query_subscription where tenant_id = $1 and subscription_id = $2 for no key update"
    row = await tx.fetchrow(statement, subscription_id)
    return Subscription(*row) if row else None


async def change(tx: TenantTransaction, subscription_id: UUID, **changes: Any) -> None:
    """Put other values into a subscription that is locked."""
    names = [name for name in NAMES if name in changes]
    if len(names) != len(changes) or not _CHANGED.issuperset(names):
        raise ValueError(f"a delivery doesn't change {sorted(changes.keys() - _CHANGED)}")
    places = ", ".join(f"{name} = ${place}" for place, name in enumerate(names, 3))
    await tx.execute(
        f"update query_subscription set {places} where tenant_id = $1 and subscription_id = $2",
        subscription_id, *(changes[name] for name in names),
    )  # fmt: skip


async def streams(tx: TenantTransaction, seq: int) -> list[UUID]:
    """Active streams that haven't told everything up to a place of the feed."""
    rows = await tx.fetch(
        """select subscription_id from query_subscription
           where tenant_id = $1 and schedule is null and state = 'active' and cursor_seq < $2 order by subscription_id""",
        seq,
    )
    return [row["subscription_id"] for row in rows]


async def record_time_at(tx: TenantTransaction, seq: int) -> datetime | None:
    """The record time of the event at a place of the feed, or of the first one behind it."""
    moment: datetime | None = await tx.fetchval(
        """select e.record_time from event_feed f join event e on e.tenant_id = $1 and e.event_id = f.event_id
           where f.tenant_id = $1 and f.seq >= $2 order by f.seq limit 1""",
        seq,
    )
    return moment
