"""Statements that read holds without locking them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.holds.repository import HOLD_COLUMNS, HOLDS
from infra.database import Record, TenantTransaction


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which holds a list is of: in force only, of some kinds of causes, of one cause, standing on one object."""

    active_only: bool = True
    kinds: list[int] | None = None
    reference: str | None = None
    object_id: int | None = None


async def page(tx: TenantTransaction, wanted: Wanted, *, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Holds, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {HOLD_COLUMNS}, h.hold_id as cursor from {HOLDS}
            where h.tenant_id = $1 and (h.status = 1 or not $2) and ($3::uuid is null or h.hold_id {behind} $3)
              and ($4::smallint[] is null or h.origin_kind = any($4)) and ($5::text is null or h.origin_reference = $5)
              and ($6::bigint is null or exists (
                select 1 from hold_root r where r.tenant_id = $1 and r.hold_id = h.hold_id and r.object_id = $6))
            order by h.hold_id {order} limit $7""",
        wanted.active_only,
        cursor,
        wanted.kinds,
        wanted.reference,
        wanted.object_id,
        limit,
    )


async def placed_within(tx: TenantTransaction, *, since: datetime, until: datetime, limit: int) -> list[Record]:
    """(hold, its first object or null, placed at) of holds placed within a time, newest first."""
    return await tx.fetch(
        """select h.hold_id, h.object_id, h.placed_at from hold h
           where h.tenant_id = $1 and h.placed_at >= $2 and h.placed_at < $3 order by h.placed_at desc limit $4""",
        since,
        until,
        limit,
    )


async def some_roots(tx: TenantTransaction, hold_ids: Collection[UUID], most: int) -> list[Record]:
    """(hold, object) of the first objects on which each of these holds stands."""
    return await tx.fetch(
        """select h.hold_id, r.object_id from unnest($2::uuid[]) as h(hold_id) cross join lateral (
             select distinct r.object_id from hold_root r where r.tenant_id = $1 and r.hold_id = h.hold_id order by r.object_id limit $3) r""",
        list(hold_ids),
        most,
    )


async def by_ids(tx: TenantTransaction, hold_ids: Collection[UUID]) -> list[Record]:
    """Holds by id."""
    return await tx.fetch(f"select {HOLD_COLUMNS} from {HOLDS} where h.tenant_id = $1 and h.hold_id = any($2::uuid[])", list(hold_ids))


async def newest_roots(tx: TenantTransaction, limit: int) -> list[Record]:
    """(hold, object, its key and kind, reason, placed at) of the objects on which holds in force stand, newest holds first."""
    return await tx.fetch(
        """select distinct h.hold_id, r.object_id, o.key, o.kind, h.reason, h.placed_at from hold h
           join hold_root r on r.tenant_id = $1 and r.hold_id = h.hold_id
           join traceable_object o on o.tenant_id = $1 and o.object_id = r.object_id and o.kind <> 6
           where h.tenant_id = $1 and h.status = 1 order by h.hold_id desc, r.object_id limit $2""",
        limit,
    )
