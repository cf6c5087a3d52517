"""Statements of timelines: which events an object took part in, for many objects at once."""

from collections.abc import Collection
from uuid import UUID

from backend.catalog.sites import Sites, fenced
from infra.database import Record, TenantTransaction


async def timelines(
    tx: TenantTransaction, objects: Collection[int], *, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None
) -> list[Record]:
    """(object, event) in force at the sites, newest first, from behind the event with this public id; of each object at most `limit`."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    fence, known = (fenced(sites, f"{name}.read_point", f"{name}.biz_location", at=5) for name in ("e", "a"))
    return await tx.fetch(
        f"""select asked.object_id, line.event_id from unnest($2::bigint[]) as asked(object_id)
            cross join lateral (
              select e.event_id, e.event_time from event e
              where e.tenant_id = $1 and e.superseded_by is null and e.declared_at is null{fence.condition}
                and e.event_id in (select eo.event_id from event_object eo where eo.tenant_id = $1 and eo.object_id = asked.object_id)
                and ($3::uuid is null or (e.event_time, e.event_id) {behind} (
                  select a.event_time, a.event_id from event a where a.tenant_id = $1 and a.public_id = $3{known.condition}))
              order by e.event_time {order}, e.event_id {order} limit $4) line
            order by asked.object_id, line.event_time {order}, line.event_id {order}""",
        list(objects),
        cursor,
        limit,
        *fence.values,
    )
