"""Statements that add up what happened to a lot, or to all of a product: in the database, by kind of event, place and unit of measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from backend.catalog.sites import Sites, fenced
from infra.database import Record, TenantTransaction


@dataclass(frozen=True, slots=True)
class Asked:
    """What is added up: lots (which have quantities) and units (pieces), by a moment, told apart by the beginning of a time; at sites.

    Ids are given as arrays, which an index serves whatever the planner believes of the tables.
    """

    lots: Sequence[int]
    units: Sequence[int]
    since: datetime | None
    until: datetime
    sites: Sites | None


# What is named by itself, and what lay in a container that was received, destroyed or used up, unless the same event names it too.
# Shipments are told by their rollup, and what a tank's draws took by a policy. A container is used up as a whole by its first use.
MOVED: Final = """
outward(content_id, is_unit, opened_by, since, container_id, valid_from, valid_to, quantity, uom) as (
  (select c.content_id, false, c.opened_by, c.valid_from, c.container_id, c.valid_from, c.valid_to, c.quantity, coalesce(c.uom, '')
   from containment c where c.tenant_id = $1 and c.content_id = any($2::bigint[])
   union all
   select c.content_id, true, c.opened_by, c.valid_from, c.container_id, c.valid_from, c.valid_to, 1, ''
   from containment c where c.tenant_id = $1 and c.content_id = any($3::bigint[]))
  union
  select w.content_id, w.is_unit, w.opened_by, w.since, c.container_id, greatest(w.valid_from, c.valid_from), least(w.valid_to, c.valid_to),
         w.quantity, w.uom
  from outward w
  join containment c on c.tenant_id = $1 and c.content_id = w.container_id and c.valid_from < w.valid_to and c.valid_to > w.valid_from),
carried as materialized (
  select m.object_id, m.event_id, m.place, m.delta, m.moved_at, m.counterparty, e.event_type, e.biz_step
  from movement m
  join event e on e.tenant_id = $1 and e.event_id = m.event_id
    and (e.biz_step in ('receiving', 'arriving', 'destroying') or (e.event_type = 4 and m.delta < 0))
  join traceable_object k on k.tenant_id = $1 and k.object_id = m.object_id and not (k.kind = 5 and e.event_type = 4)
  where m.tenant_id = $1 and m.object_id = any(array(select distinct container_id from outward)) and m.superseded_by is null),
within as (
  select distinct on (w.content_id, w.opened_by, w.since, case when m.event_type = 4 then 0 else m.event_id end,
                      case when m.event_type = 4 then '' else m.place end)
         w.content_id as object_id, w.is_unit, m.event_id, m.place, sign(m.delta) * w.quantity as delta, w.uom, m.moved_at, m.counterparty,
         true as via
  from outward w
  join carried m on m.object_id = w.container_id and m.moved_at >= w.valid_from
    and (m.moved_at < w.valid_to or (m.moved_at = w.valid_to and m.biz_step = 'destroying'))
  where w.quantity is not null
  order by w.content_id, w.opened_by, w.since, case when m.event_type = 4 then 0 else m.event_id end,
           case when m.event_type = 4 then '' else m.place end, m.moved_at),
named as materialized (
  select m.object_id, false as is_unit, m.event_id, m.place, m.delta, m.uom, m.moved_at, m.counterparty, false as via
  from movement m where m.tenant_id = $1 and m.object_id = any($2::bigint[]) and m.superseded_by is null
  union all
  select m.object_id, true, m.event_id, m.place, m.delta, m.uom, m.moved_at, m.counterparty, false
  from movement m where m.tenant_id = $1 and m.object_id = any($3::bigint[]) and m.superseded_by is null),
moved as (
  select * from named
  union all
  select * from within w where (w.object_id, w.event_id) not in (select n.object_id, n.event_id from named n))
"""


async def units_of(tx: TenantTransaction, lot_id: int, limit: int) -> list[int]:
    """The units of a lot."""
    rows = await tx.fetch(
        "select distinct unit_id from unit_membership where tenant_id = $1 and lot_id = $2 and superseded_by is null limit $3", lot_id, limit
    )
    return [row["unit_id"] for row in rows]


async def of_product(tx: TenantTransaction, gtin: str, limit: int) -> list[Record]:
    """(object, kind) of the lots and units of a product."""
    return await tx.fetch("select object_id, kind from traceable_object where tenant_id = $1 and gtin = $2 and kind in (1, 2) limit $3", gtin, limit)


async def moved(tx: TenantTransaction, asked: Asked) -> list[Record]:
    """What moved by anything but shipping, summed: (before, type, action, step, place, uom, counterparty, is_unit, via, quantity, events)."""
    fence = fenced(asked.sites, "e.read_point", "e.biz_location", at=6)
    return await tx.fetch(
        f"""with recursive {MOVED}
            select coalesce(m.moved_at < $4, false) as before, e.event_type, e.action, e.biz_step, e.disposition, m.place, m.uom, m.counterparty,
                   m.is_unit, m.via, m.delta > 0 as inward, sum(m.delta) as quantity, count(distinct m.event_id) as events,
                   m.counterparty is null or exists (
                     select 1 from location p where p.tenant_id = $1 and p.place = m.counterparty and p.own and not p.undetermined) as internal
            from moved m
            join event e on e.tenant_id = $1 and e.event_id = m.event_id
            where m.moved_at <= $5 and m.place <> 'urn:suyuan:in-transit'
              and coalesce(e.biz_step, '') not in ('shipping', 'departing'){fence.condition}
            group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 order by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11""",
        list(asked.lots),
        list(asked.units),
        asked.since,
        asked.until,
        *fence.values,
    )


async def linked(tx: TenantTransaction, asked: Asked) -> list[Record]:
    """What transformations used up and made, summed: (made, before, step, uom, quantity, told, untold). A unit is one piece."""
    fence = fenced(asked.sites, "e.read_point", "e.biz_location", at=6)
    return await tx.fetch(
        f"""with links as (
              select false as made, l.event_id, l.occurred_at, l.quantity, l.uom from lot_link l
              where l.tenant_id = $1 and l.parent_id = any($2::bigint[]) and l.kind = 1 and l.superseded_by is null
              union all
              select false, l.event_id, l.occurred_at, coalesce(l.quantity, 1), l.uom from lot_link l
              where l.tenant_id = $1 and l.parent_id = any($3::bigint[]) and l.kind = 1 and l.superseded_by is null
              union all
              select true, l.event_id, l.occurred_at, l.quantity, l.uom from lot_link l
              where l.tenant_id = $1 and l.child_id = any($2::bigint[]) and l.kind = 2 and l.superseded_by is null
              union all
              select true, l.event_id, l.occurred_at, coalesce(l.quantity, 1), l.uom from lot_link l
              where l.tenant_id = $1 and l.child_id = any($3::bigint[]) and l.kind = 2 and l.superseded_by is null)
            select l.made, coalesce(l.occurred_at < $4, false) as before, e.biz_step, coalesce(l.uom, '') as uom, sum(l.quantity) as quantity,
                   count(l.quantity) as told, count(*) - count(l.quantity) as untold
            from links l
            join event e on e.tenant_id = $1 and e.event_id = l.event_id
            where l.occurred_at <= $5{fence.condition}
            group by 1, 2, 3, 4 order by 1, 2, 3, 4""",
        list(asked.lots),
        list(asked.units),
        asked.since,
        asked.until,
        *fence.values,
    )


async def shipped(tx: TenantTransaction, asked: Asked) -> list[Record]:
    """What shipments of the tenant's own goods carried, by the rollup, summed: a quantity of nought isn't told."""
    fence = fenced(asked.sites, "s.from_place", "s.to_party", at=5)
    return await tx.fetch(
        f"""select coalesce(s.shipped_at < $3, false) as before, s.from_place, s.to_party, r.uom, r.certainty,
                   exists (select 1 from location p where p.tenant_id = $1 and p.place = s.to_party and p.own and not p.undetermined) as internal,
                   sum(r.quantity) as quantity, count(*) filter (where r.quantity <> 0) as told, count(*) filter (where r.quantity = 0) as untold
            from lot_shipment r
            join shipment s on s.tenant_id = $1 and s.shipment_id = r.shipment_id and s.superseded_by is null and s.direction <> 2
            where r.tenant_id = $1 and r.lot_id = any($2::bigint[]) and s.shipped_at <= $4{fence.condition}
            group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6""",
        list(asked.lots),
        asked.since,
        asked.until,
        *fence.values,
    )


async def untold(tx: TenantTransaction, asked: Asked) -> list[Record]:
    """How often a lot was made, received or destroyed without a quantity: (type, action, step, events)."""
    fence = fenced(asked.sites, "e.read_point", "e.biz_location", at=5)
    return await tx.fetch(
        f"""select e.event_type, e.action, e.biz_step, count(*) as events
            from event_object o
            join event e on e.tenant_id = $1 and e.event_id = o.event_id and e.superseded_by is null and e.declared_at is null
            where o.tenant_id = $1 and o.object_id = any($2::bigint[]) and o.role = 1 and o.quantity is null and e.event_time <= $4
              and ($3::timestamptz is null or e.event_time >= $3) and e.event_type in (1, 3)
              and (e.biz_step in ('receiving', 'arriving') or (e.event_type = 1 and e.action in (1, 3))){fence.condition}
            group by 1, 2, 3 order by 1, 2, 3""",
        list(asked.lots),
        asked.since,
        asked.until,
        *fence.values,
    )


async def tanks_of(tx: TenantTransaction, lot_id: int, limit: int) -> list[int]:
    """The tanks into which the lot was ever filled."""
    rows = await tx.fetch(
        """select distinct c.container_id from containment c
           join traceable_object k on k.tenant_id = $1 and k.object_id = c.container_id and k.kind = 5
           where c.tenant_id = $1 and c.content_id = $2 order by 1 limit $3""",
        lot_id,
        limit,
    )
    return [row["container_id"] for row in rows]


async def yields(tx: TenantTransaction, asked: Asked) -> list[Record]:
    """The steps that made a product, summed by business step: (step, steps, made, uom, quantity, untold) of this output and of all inputs."""
    fence = fenced(asked.sites, "e.read_point", "e.biz_location", at=5)
    return await tx.fetch(
        f"""with steps as (
              select distinct l.parent_id as node_id, first_value(e.biz_step) over (partition by l.parent_id order by e.event_time) as biz_step
              from lot_link l
              join event e on e.tenant_id = $1 and e.event_id = l.event_id
              where l.tenant_id = $1 and l.child_id = any($2::bigint[]) and l.kind = 2 and l.superseded_by is null and l.occurred_at <= $4
                and ($3::timestamptz is null or l.occurred_at >= $3){fence.condition}),
            told as (
              select s.biz_step, s.node_id, true as made, l.uom, coalesce(l.quantity, case when o.kind = 2 then 1 end) as quantity
              from steps s
              join lot_link l on l.tenant_id = $1 and l.parent_id = s.node_id and l.kind = 2 and l.superseded_by is null
              join traceable_object o on o.tenant_id = $1 and o.object_id = l.child_id
              union all
              select s.biz_step, s.node_id, false, l.uom, coalesce(l.quantity, case when o.kind = 2 then 1 end)
              from steps s
              join lot_link l on l.tenant_id = $1 and l.child_id = s.node_id and l.kind = 1 and l.superseded_by is null
              join traceable_object o on o.tenant_id = $1 and o.object_id = l.parent_id)
            select biz_step, made, coalesce(uom, '') as uom, sum(quantity) as quantity, count(*) - count(quantity) as untold,
                   (select count(*) from steps n where n.biz_step is not distinct from told.biz_step) as steps
            from told group by biz_step, made, coalesce(uom, '') order by 1, 2, 3""",
        [*asked.lots, *asked.units],
        asked.since,
        asked.until,
        *fence.values,
    )
