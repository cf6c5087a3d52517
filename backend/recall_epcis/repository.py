"""Statements of the export: which events a scope's objects took part in."""

from collections.abc import Collection
from typing import Final

from infra.database import Record, TenantTransaction

_IN_FORCE: Final = "e.superseded_by is null and e.declared_at is null"


async def around(tx: TenantTransaction, objects: Collection[int], limit: int) -> list[int]:
    """These objects, the units that belong to lots among them, and the containers in which any of that ever lay, through every level."""
    rows = await tx.fetch(
        """with recursive part(id) as (
             select given.id from unnest($2::bigint[]) as given(id)
             union
             select m.unit_id from unit_membership m where m.tenant_id = $1 and m.lot_id = any($2::bigint[]) and m.superseded_by is null
             union
             select c.container_id from part p join containment c on c.tenant_id = $1 and c.content_id = p.id and c.opened_by > 0)
           select id from part limit $3""",
        list(objects),
        limit,
    )
    return [row["id"] for row in rows]


async def events_naming(tx: TenantTransaction, objects: Collection[int], limit: int) -> list[Record]:
    """(event, time) of every event in force that names any of these, and of the other parts of their transformations, oldest first."""
    return await tx.fetch(
        f"""with direct as (
              select e.event_id, e.event_time, e.transformation_id from event e
              where e.tenant_id = $1 and {_IN_FORCE}
                and e.event_id = any(array(select eo.event_id from event_object eo where eo.tenant_id = $1 and eo.object_id = any($2::bigint[])))),
            named as (
              select distinct o.object_id from direct d
              join traceable_object o on o.tenant_id = $1 and o.kind = 6 and o.key = any(array(select l.key from (
                select t.key from lot_link l join traceable_object t on t.tenant_id = $1 and t.object_id = l.parent_id and t.kind = 6
                where l.tenant_id = $1 and l.event_id = d.event_id and d.transformation_id is not null
                union select t.key from lot_link l join traceable_object t on t.tenant_id = $1 and t.object_id = l.child_id and t.kind = 6
                where l.tenant_id = $1 and l.event_id = d.event_id and d.transformation_id is not null) l))),
            parts as (
              select l.event_id from named n join lot_link l on l.tenant_id = $1 and l.superseded_by is null
                and (l.parent_id = n.object_id or l.child_id = n.object_id))
            select e.event_id, e.event_time from event e
            where e.tenant_id = $1 and {_IN_FORCE}
              and e.event_id = any(array(select event_id from direct union select event_id from parts))
            order by e.event_time, e.event_id limit $3""",
        list(objects),
        limit,
    )
