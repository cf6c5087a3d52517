"""Statements of what-if: what became of goods, and what proves which part of a lot was used."""

from collections.abc import Collection
from datetime import datetime

from backend.catalog.sites import Sites, fenced
from infra.database import Record, TenantTransaction


async def uses(tx: TenantTransaction, things: Collection[int], sites: Sites | None) -> list[Record]:
    """(object, unit of measure, quantity, finished): how much of each went into transformations told at the sites.

    `finished` is false where nothing has come out of the transformation yet.
    """
    fence = fenced(sites, "e.read_point", "e.biz_location", at=3)
    return await tx.fetch(
        f"""select l.parent_id as object_id, coalesce(l.uom, '') as uom, sum(l.quantity) as quantity, count(*) as times,
                   exists (select 1 from lot_link o where o.tenant_id = $1 and o.parent_id = l.child_id and o.kind = 2
                           and o.superseded_by is null) as finished
            from lot_link l join event e on e.tenant_id = $1 and e.event_id = l.event_id{fence.condition}
            where l.tenant_id = $1 and l.parent_id = any($2::bigint[]) and l.kind = 1 and l.superseded_by is null
            group by l.parent_id, coalesce(l.uom, ''), finished""",
        list(things),
        *fence.values,
    )


async def used_inside(tx: TenantTransaction, things: Collection[int], sites: Sites | None) -> list[Record]:
    """(object, unit of measure, quantity, certainty, whole): how much of each went into transformations inside of a container.

    Not `whole` is what lay in a tank or another container that is drawn from: how much of it went isn't told.
    """
    fence = fenced(sites, "e.read_point", "e.biz_location", at=3)
    return await tx.fetch(
        f"""select l.parent_id as object_id, coalesce(l.uom, '') as uom, sum(coalesce(l.quantity, 1)) as quantity, l.certainty, k.kind = 3 as whole
            from lot_link l
            join container_state s on s.tenant_id = $1 and s.state_id = l.child_id and not s.filled
            join traceable_object k on k.tenant_id = $1 and k.object_id = s.container_id
            join event e on e.tenant_id = $1 and e.event_id = s.event_id{fence.condition}
            where l.tenant_id = $1 and l.parent_id = any($2::bigint[]) and l.kind in (4, 8) and l.superseded_by is null
            group by l.parent_id, coalesce(l.uom, ''), l.certainty, k.kind = 3""",
        list(things),
        *fence.values,
    )


# Goods, and the units of lots among them that aren't among them themselves: what moves a unit moves a piece of its lot.
_WITH_UNITS = """
with goods(lot_id, object_id) as (
  select id, id from unnest($2::bigint[]) as asked(id)
  union all
  select m.lot_id, m.unit_id from unit_membership m
  where m.tenant_id = $1 and m.lot_id = any($2::bigint[]) and m.superseded_by is null and m.unit_id <> all($2::bigint[])
  group by m.lot_id, m.unit_id)
"""


async def positions(tx: TenantTransaction, things: Collection[int], at: datetime) -> list[Record]:
    """(object, place, unit of measure, quantity) where the sum of an object's movements and those of its units isn't zero, as of `at`."""
    return await tx.fetch(
        f"""{_WITH_UNITS}
            select g.lot_id as object_id, m.place, m.uom, sum(m.delta) as quantity from goods g
            join movement m on m.tenant_id = $1 and m.object_id = g.object_id and m.superseded_by is null and m.moved_at <= $3
            group by g.lot_id, m.place, m.uom having sum(m.delta) <> 0 order by g.lot_id, m.place, m.uom""",
        list(things),
        at,
    )


async def destroyed(tx: TenantTransaction, things: Collection[int], sites: Sites | None) -> list[Record]:
    """(object, place, unit of measure, quantity, sold): how much of each was sold or destroyed, or otherwise taken out of existence, at the sites."""
    fence = fenced(sites, "m.place", at=3)
    return await tx.fetch(
        f"""{_WITH_UNITS}
            select g.lot_id as object_id, m.place, m.uom, -sum(m.delta) as quantity,
                   coalesce(e.biz_step, '') in ('retail_selling', 'dispensing')
                     or coalesce(e.disposition, '') in ('retail_sold', 'dispensed') as sold
            from goods g
            join movement m on m.tenant_id = $1 and m.object_id = g.object_id and m.superseded_by is null and m.delta < 0{fence.condition}
            join event e on e.tenant_id = $1 and e.event_id = m.event_id and e.event_type = 1 and e.action = 3
              and coalesce(e.biz_step, '') not in ('shipping', 'departing', 'receiving', 'arriving')
            group by g.lot_id, m.place, m.uom, sold""",
        list(things),
        *fence.values,
    )


async def places_of_events(tx: TenantTransaction, event_ids: Collection[int]) -> dict[int, str | None]:
    """Where each event's goods were."""
    rows = await tx.fetch(
        "select event_id, coalesce(biz_location, read_point) as place from event where tenant_id = $1 and event_id = any($2::bigint[])",
        list(event_ids),
    )
    return {row["event_id"]: row["place"] for row in rows}


async def moved(tx: TenantTransaction, lots: Collection[int], limit: int) -> list[Record]:
    """(lot, time, place, came) of the movements of lots that are no use, oldest first, at most `limit`."""
    return await tx.fetch(
        """select m.object_id, m.moved_at, m.place, m.delta > 0 as came from movement m
           join event e on e.tenant_id = $1 and e.event_id = m.event_id and (e.event_type <> 4 or m.delta > 0)
           where m.tenant_id = $1 and m.object_id = any($2::bigint[]) and m.superseded_by is null order by m.moved_at limit $3""",
        list(lots),
        limit,
    )


async def uncounted(tx: TenantTransaction, lots: Collection[int]) -> set[int]:
    """Those of these lots of which an event in force says that some moved, and not how much."""
    rows = await tx.fetch(
        """select distinct eo.object_id from event_object eo
           join event e on e.tenant_id = $1 and e.event_id = eo.event_id and e.superseded_by is null and e.declared_at is null
             and e.event_type in (1, 3, 4) and (e.action is null or e.action <> 2 or e.biz_step in ('shipping', 'departing', 'receiving', 'arriving'))
           where eo.tenant_id = $1 and eo.object_id = any($2::bigint[]) and eo.quantity is null""",
        list(lots),
    )
    return {row["object_id"] for row in rows}


async def shipped_by_name(tx: TenantTransaction, things: Collection[int], shipments: Collection[int], transit: str) -> list[Record]:
    """(object, shipment, unit of measure, quantity) where a shipment names the object itself, and not only what it lies in."""
    return await tx.fetch(
        f"""{_WITH_UNITS}
            select g.lot_id as object_id, m.event_id as shipment_id, m.uom, sum(m.delta) as quantity from goods g
            join movement m on m.tenant_id = $1 and m.object_id = g.object_id and m.event_id = any($3::bigint[]) and m.place = $4
              and m.superseded_by is null
            group by g.lot_id, m.event_id, m.uom""",
        list(things),
        list(shipments),
        transit,
    )
