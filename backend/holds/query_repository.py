"""Statements that read holds without locking them."""

from collections.abc import Collection
from uuid import UUID

from backend.catalog.sites import Sites
from backend.holds.repository import HOLD_COLUMNS, HOLDS
from backend.objects.visibility import visible
from infra.database import Record, TenantTransaction


async def page(tx: TenantTransaction, *, active_only: bool, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Holds, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {HOLD_COLUMNS}, h.hold_id as cursor from {HOLDS}
            where h.tenant_id = $1 and (h.status = 1 or not $2) and ($3::uuid is null or h.hold_id {behind} $3)
            order by h.hold_id {order} limit $4""",
        active_only,
        cursor,
        limit,
    )


async def by_ids(tx: TenantTransaction, hold_ids: Collection[UUID], sites: Sites | None) -> list[Record]:
    """Holds by id, on what the sites meet."""
    fence = visible(sites, "h.object_id", at=3)
    return await tx.fetch(
        f"""select {HOLD_COLUMNS} from {HOLDS}
            where h.tenant_id = $1 and h.hold_id = any($2::uuid[]){fence.condition}""",
        list(hold_ids),
        *fence.values,
    )


async def newest_roots(tx: TenantTransaction, limit: int) -> list[Record]:
    """(hold, object, its key and kind, reason, placed at) of the objects on which holds in force stand, newest holds first."""
    return await tx.fetch(
        """select distinct h.hold_id, r.object_id, o.key, o.kind, h.reason, h.placed_at from hold h
           join hold_root r on r.tenant_id = $1 and r.hold_id = h.hold_id
           join traceable_object o on o.tenant_id = $1 and o.object_id = r.object_id and o.kind <> 6
           where h.tenant_id = $1 and h.status = 1 order by h.hold_id desc, r.object_id limit $2""",
        limit,
    )
