"""Statements on publishing holds: for which objects a hold began or ended at a moment. They say the same whenever they are asked."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from infra.database import TenantTransaction

# A container that may be used again isn't held by itself where an event about it fell into a scope.
_ITSELF = "(r.held_to > r.held_from or o.kind not in (4, 5))"


async def begun(tx: TenantTransaction, hold_id: UUID, object_ids: Collection[int], at: datetime) -> set[int]:
    """Those of the objects on which the hold hadn't stood before `at`, and that it hadn't let go."""
    rows = await tx.fetch(
        f"""select r.object_id from hold_root r
            join traceable_object o on o.tenant_id = $1 and o.object_id = r.object_id
            where r.tenant_id = $1 and r.hold_id = $2 and r.object_id = any($3::bigint[]) and {_ITSELF}
              and not exists (
                select 1 from hold_cut c
                where c.tenant_id = $1 and c.hold_id = $2 and c.object_id = r.object_id and c.released_at <= $4)
            group by r.object_id having min(r.added_at) >= $4""",
        hold_id,
        list(object_ids),
        at,
    )
    return {row["object_id"] for row in rows}


async def ended(tx: TenantTransaction, hold_id: UUID, object_ids: Collection[int], at: datetime, kinds: Collection[int]) -> set[int]:
    """Those of the objects on which the hold stood until `at`, and no other hold of these kinds of causes from then on."""
    rows = await tx.fetch(
        f"""select distinct r.object_id from hold_root r
            join traceable_object o on o.tenant_id = $1 and o.object_id = r.object_id
            where r.tenant_id = $1 and r.hold_id = $2 and r.object_id = any($3::bigint[]) and {_ITSELF} and r.added_at <= $4
              and not exists (
                select 1 from hold_cut c
                where c.tenant_id = $1 and c.hold_id = $2 and c.object_id = r.object_id and c.released_at < $4)
              and not exists (
                select 1 from hold_root x
                join hold h on h.tenant_id = $1 and h.hold_id = x.hold_id and h.origin_kind = any($5::smallint[])
                  and h.placed_at <= $4 and (h.released_at is null or h.released_at > $4)
                where x.tenant_id = $1 and x.object_id = r.object_id and x.hold_id <> $2 and x.added_at <= $4
                  and (x.held_to > x.held_from or o.kind not in (4, 5))
                  and not exists (
                    select 1 from hold_cut c
                    where c.tenant_id = $1 and c.hold_id = x.hold_id and c.object_id = x.object_id and c.released_at <= $4))""",
        hold_id,
        list(object_ids),
        at,
        [int(kind) for kind in kinds],
    )
    return {row["object_id"] for row in rows}
