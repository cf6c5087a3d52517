"""Statements of the shapes: what steps were, where and when; events of objects; stays in containers."""

from collections.abc import Collection
from datetime import datetime

from backend.catalog.sites import Sites, fenced
from infra.database import Record, TenantTransaction


async def steps_told(tx: TenantTransaction, event_ids: Collection[int], sites: Sites | None) -> list[Record]:
    """(event, public id, business step, disposition, place, time, offset) of those of these events that are at the sites."""
    fence = fenced(sites, "e.read_point", "e.biz_location", at=3)
    return await tx.fetch(
        f"""select e.event_id, e.public_id, e.biz_step, e.disposition, coalesce(e.biz_location, e.read_point) as place, e.event_time, e.event_offset
            from event e where e.tenant_id = $1 and e.event_id = any($2::bigint[]){fence.condition}""",
        list(event_ids),
        *fence.values,
    )


async def events_of(
    tx: TenantTransaction, objects: Collection[int], sites: Sites | None, limit: int, *, as_of: datetime | None = None
) -> list[Record]:
    """(event, object) in force at the sites in which any of these objects took part, until `as_of`, oldest first."""
    fence = fenced(sites, "e.read_point", "e.biz_location", at=5)
    return await tx.fetch(
        f"""select distinct e.event_time, e.event_id, eo.object_id from event_object eo
            join event e on e.tenant_id = $1 and e.event_id = eo.event_id
            where eo.tenant_id = $1 and eo.object_id = any($2::bigint[]) and e.superseded_by is null and e.declared_at is null
              and ($4::timestamptz is null or e.event_time <= $4){fence.condition}
            order by e.event_time, e.event_id, eo.object_id limit $3""",
        list(objects),
        limit,
        as_of,
        *fence.values,
    )


async def containers_of(tx: TenantTransaction, contents: Collection[int], limit: int) -> list[Record]:
    """(content, container, from, to, opened by, closed by) of all in which these objects ever lay, through every level of packing, oldest first."""
    return await tx.fetch(
        """with recursive around(content_id, container_id, valid_from, valid_to, opened_by, closed_by) as (
             select c.content_id, c.container_id, c.valid_from, c.valid_to, c.opened_by, c.closed_by from containment c
             where c.tenant_id = $1 and c.content_id = any($2::bigint[])
             union
             select c.content_id, c.container_id, greatest(c.valid_from, a.valid_from), least(c.valid_to, a.valid_to), c.opened_by, c.closed_by
             from around a join containment c on c.tenant_id = $1 and c.content_id = a.container_id
             where c.valid_from < a.valid_to and c.valid_to > a.valid_from)
           select content_id, container_id, valid_from, valid_to, opened_by, closed_by from around where opened_by > 0
           order by valid_from, container_id limit $3""",
        list(contents),
        limit,
    )


async def holds_on(tx: TenantTransaction, objects: Collection[int], limit: int) -> list[Record]:
    """(object, reason, from, to) of every hold that was ever placed on these, oldest first."""
    return await tx.fetch(
        """select distinct r.object_id, h.reason, h.placed_at, h.released_at, h.hold_id from hold_root r
           join hold h on h.tenant_id = $1 and h.hold_id = r.hold_id
           where r.tenant_id = $1 and r.object_id = any($2::bigint[]) order by h.placed_at, h.hold_id limit $3""",
        list(objects),
        limit,
    )


async def receipts_of(tx: TenantTransaction, objects: Collection[int], sites: Sites | None) -> list[Record]:
    """(object, from whom, place, quantity, uom, first, last) of what was received at the sites from somebody."""
    fence = fenced(sites, "m.place", at=3)
    return await tx.fetch(
        f"""select m.object_id, m.counterparty, m.place, sum(m.delta) as quantity, m.uom, min(m.moved_at) as since, max(m.moved_at) as until
            from movement m where m.tenant_id = $1 and m.object_id = any($2::bigint[]) and m.superseded_by is null
              and m.counterparty is not null and m.delta > 0{fence.condition}
            group by m.object_id, m.counterparty, m.place, m.uom order by 6, 1, 2""",
        list(objects),
        *fence.values,
    )


async def events_naming(tx: TenantTransaction, objects: Collection[int], sites: Sites | None, as_of: datetime | None, limit: int) -> list[Record]:
    """(event, time) of every event in force at the sites that names any of these, oldest first."""
    fence = fenced(sites, "e.read_point", "e.biz_location", at=5)
    return await tx.fetch(
        f"""select e.event_id, e.event_time from event e
            where e.tenant_id = $1 and e.superseded_by is null and e.declared_at is null and ($3::timestamptz is null or e.event_time <= $3)
              and e.event_id = any(array(select eo.event_id from event_object eo where eo.tenant_id = $1 and eo.object_id = any($2::bigint[])))
              {fence.condition}
            order by e.event_time, e.event_id limit $4""",
        list(objects),
        as_of,
        limit,
        *fence.values,
    )


async def units_of(tx: TenantTransaction, lots: Collection[int], limit: int) -> list[Record]:
    """The units that are known to belong to these lots."""
    return await tx.fetch(
        """select distinct m.unit_id from unit_membership m
           where m.tenant_id = $1 and m.lot_id = any($2::bigint[]) and m.superseded_by is null limit $3""",
        list(lots),
        limit,
    )
