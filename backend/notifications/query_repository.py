"""Statements that page through feeds and deliveries in either direction."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from backend.notifications.delivery_repository import COLUMNS
from infra.database import Record, TenantTransaction
from infra.ids import least_uuid7

_SET_BACK: Final = timedelta(minutes=1)
_ENTRY = "f.entry_id, f.created_at, f.read_at, n.notice_id, n.topic, n.template, n.urgency, n.subject, n.content, n.alert_id"


async def feed(tx: TenantTransaction, membership_id: UUID, *, unread_only: bool, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """A member's feed, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {_ENTRY} from feed_entry f join notice n on n.tenant_id = $1 and n.notice_id = f.notice_id
            where f.tenant_id = $1 and f.membership_id = $2 and (f.read_at is null or not $3) and ($4::uuid is null or f.entry_id {behind} $4)
            order by f.entry_id {order} limit $5""",
        membership_id,
        unread_only,
        cursor,
        limit,
    )


async def newest(tx: TenantTransaction, membership_id: UUID, since: datetime, behind: UUID | None, limit: int) -> list[Record]:
    """What came into a member's feed since then, oldest first, from behind an entry.

    By its ids: a listener asks each second, and a feed is half a year long.
    """
    return await tx.fetch(
        f"""select {_ENTRY} from feed_entry f join notice n on n.tenant_id = $1 and n.notice_id = f.notice_id
            where f.tenant_id = $1 and f.membership_id = $2 and f.entry_id >= $5 and f.created_at > $3
              and ($6::uuid is null or f.entry_id > $6)
            order by f.entry_id limit $4""",
        membership_id,
        since,
        limit,
        # An id is made after the moment that is written beside it, by a clock that may be set back a little meanwhile.
        least_uuid7(since - _SET_BACK),
        behind,
    )


async def unread(tx: TenantTransaction, membership_id: UUID, most: int) -> int:
    """How many of a member's messages are unread, counted up to `most`."""
    count: int = await tx.fetchval(
        """select count(*) from (
             select 1 from feed_entry f where f.tenant_id = $1 and f.membership_id = $2 and f.read_at is null limit $3) counted""",
        membership_id,
        most,
    )
    return count


async def mark_read(tx: TenantTransaction, membership_id: UUID, entry_ids: Collection[UUID], at: datetime) -> int:
    """Mark messages of a member as read; gives how many were unread."""
    return await tx.execute(
        """update feed_entry set read_at = $4
           where tenant_id = $1 and membership_id = $2 and entry_id = any($3::uuid[]) and read_at is null""",
        membership_id,
        list(entry_ids),
        at,
    )


async def mark_all_read(tx: TenantTransaction, membership_id: UUID, until: datetime) -> int:
    """Mark everything as read that had come until then."""
    return await tx.execute(
        "update feed_entry set read_at = $3 where tenant_id = $1 and membership_id = $2 and read_at is null and created_at <= $3",
        membership_id,
        until,
    )


async def deliveries(
    tx: TenantTransaction, *, state: int | None, alert_id: UUID | None, cursor: UUID | None, backward: bool, limit: int
) -> list[Record]:
    """Deliveries with their notices, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {", ".join(f"d.{name.strip()}" for name in COLUMNS.split(","))}, n.topic, n.template, n.urgency, n.subject, n.content, n.alert_id
            from notification_delivery d join notice n on n.tenant_id = $1 and n.notice_id = d.notice_id
            where d.tenant_id = $1 and ($2::int is null or d.state = $2) and ($3::uuid is null or n.alert_id = $3)
              and ($4::uuid is null or d.delivery_id {behind} $4)
            order by d.delivery_id {order} limit $5""",
        state,
        alert_id,
        cursor,
        limit,
    )


async def states(tx: TenantTransaction, since: datetime) -> list[Record]:
    """(state, count) of the deliveries written since then."""
    return await tx.fetch(
        "select state, count(*) as count from notification_delivery where tenant_id = $1 and created_at > $2 group by state order by state", since
    )
