"""Statements that read what was known at a moment: live rows known by then, those superseded since, and the past (docs/adr/0022).

`$2` is the moment in every one of them. They are of their own, so that the statements for what is known now stay as they are. A recursion
looks up each node's rows by itself: `offset 0` keeps the planner from hashing all that the tenant has instead.
"""

from collections.abc import Collection
from datetime import datetime

from backend.genealogy.repository import PRODUCT_OF
from backend.genealogy.rules import INFINITY
from infra.database import Record, TenantTransaction

# What an event stated, where rows are found by an index of live and superseded ones alike.
STATED_THEN = "known_from <= $2 and (superseded_by is null or superseded_at > $2)"

# An event as `e`: told by then, and by then not declared wrong. What was captured before moments were kept is known since its record time.
EVENT_THEN = """
coalesce((select f.known_at from event_feed f where f.tenant_id = $1 and f.event_id = e.event_id), e.record_time) <= $2
and (e.superseded_by is null or coalesce(
  (select f.known_at from event_feed f where f.tenant_id = $1 and f.event_id = e.superseded_by),
  (select d.record_time from event d where d.tenant_id = $1 and d.event_id = e.superseded_by)) > $2)
"""

_LINK_COLUMNS = "parent_id, child_id, event_id, kind, occurred_at, quantity, uom, certainty"
# The legs are apart because each has indexes of its own.
LINKS_THEN = f"""
(select {_LINK_COLUMNS} from lot_link where tenant_id = $1 and superseded_by is null and known_from <= $2
 union all
 select {_LINK_COLUMNS} from lot_link where tenant_id = $1 and superseded_by is not null and superseded_at > $2 and known_from <= $2
 union all
 select {_LINK_COLUMNS} from lot_link_past where tenant_id = $1 and known_from <= $2 and known_to > $2)
"""

MEMBERS_THEN = """
(select unit_id, lot_id from unit_membership where tenant_id = $1 and superseded_by is null and known_from <= $2
 union all
 select unit_id, lot_id from unit_membership where tenant_id = $1 and superseded_by is not null and superseded_at > $2 and known_from <= $2)
"""

_STAY_COLUMNS = "content_id, container_id, kind, valid_from, valid_to, opened_by, quantity, uom"
STAYS_THEN = f"""
(select {_STAY_COLUMNS} from containment where tenant_id = $1 and known_from <= $2
 union all
 select {_STAY_COLUMNS} from containment_past where tenant_id = $1 and known_from <= $2 and known_to > $2)
"""

ROLLUP_THEN = """
(select lot_id, shipment_id, quantity, uom, certainty from lot_shipment where tenant_id = $1 and known_from <= $2
 union all
 select lot_id, shipment_id, quantity, uom, certainty from lot_shipment_past where tenant_id = $1 and known_from <= $2 and known_to > $2)
"""

UP_THEN = f"""
with recursive up(id) as (
  (select o.object_id from traceable_object o where o.tenant_id = $1 and o.object_id = any($3::bigint[])
   union
   select m.lot_id from unit_membership m where m.tenant_id = $1 and m.unit_id = any($3::bigint[]) and {STATED_THEN})
  union
  select l.parent_id from up cross join lateral (select parent_id from {LINKS_THEN} l where l.child_id = up.id offset 0) l
)
"""

DOWN_THEN = f"""
with recursive down(id) as (
  select o.object_id from traceable_object o where o.tenant_id = $1 and o.object_id = any($3::bigint[])
  union
  select l.child_id from down cross join lateral (select child_id from {LINKS_THEN} l where l.parent_id = down.id offset 0) l
)
"""

_LINKS_UP = f"{UP_THEN} select l.* from {LINKS_THEN} l where l.child_id = any(array(select id from up)) limit $4"
_LINKS_DOWN = f"{DOWN_THEN} select l.* from {LINKS_THEN} l where l.parent_id = any(array(select id from down)) limit $4"
_SHIPPED = f"{DOWN_THEN} select s.* from {ROLLUP_THEN} s where s.lot_id = any(array(select id from down))"


async def events_in_force(tx: TenantTransaction, event_ids: Collection[int], known_at: datetime) -> set[int]:
    """Those of these events that were known then, and not yet declared wrong."""
    rows = await tx.fetch(
        f"select e.event_id from event e where e.tenant_id = $1 and e.event_id = any($3::bigint[]) and {EVENT_THEN}", known_at, list(event_ids)
    )
    return {row["event_id"] for row in rows}


async def links_up(tx: TenantTransaction, objects: Collection[int], limit: int, known_at: datetime) -> list[Record]:
    """Every link then in force that led to these objects, directly or not."""
    return await tx.fetch(_LINKS_UP, known_at, list(objects), limit)


async def links_down(tx: TenantTransaction, objects: Collection[int], limit: int, known_at: datetime) -> list[Record]:
    """Every link then in force that led away from these objects, directly or not."""
    return await tx.fetch(_LINKS_DOWN, known_at, list(objects), limit)


async def lots_and_shipments(tx: TenantTransaction, objects: Collection[int], known_at: datetime) -> list[Record]:
    """Everything that was known then to be made from the objects and shipped: (lot, shipment, quantity, uom, certainty)."""
    return await tx.fetch(_SHIPPED, known_at, list(objects))


async def lots_of(tx: TenantTransaction, units: Collection[int], known_at: datetime) -> list[tuple[int, int]]:
    """(unit, lot) for every membership known then."""
    rows = await tx.fetch(
        f"select unit_id, lot_id from unit_membership where tenant_id = $1 and unit_id = any($3::bigint[]) and {STATED_THEN}", known_at, list(units)
    )
    return [(row["unit_id"], row["lot_id"]) for row in rows]


async def unit_counts(tx: TenantTransaction, lots: Collection[int], known_at: datetime) -> list[Record]:
    """(lot, how many units were known to belong to it)."""
    return await tx.fetch(
        f"select lot_id, count(distinct unit_id) as units from {MEMBERS_THEN} m where lot_id = any($3::bigint[]) group by lot_id",
        known_at,
        list(lots),
    )


async def made_at(tx: TenantTransaction, things: Collection[int], until: datetime | None, known_at: datetime) -> dict[int, datetime]:
    """When each of these was first made, by the links then known of events up to `until`."""
    rows = await tx.fetch(
        f"""select l.child_id, min(l.occurred_at) as made_at from {LINKS_THEN} l
            where l.child_id = any($3::bigint[]) and l.kind = 2 and ($4::timestamptz is null or l.occurred_at <= $4) group by l.child_id""",
        known_at,
        list(things),
        until,
    )
    return {row["child_id"]: row["made_at"] for row in rows}


async def gaps(tx: TenantTransaction, nodes: Collection[int], known_at: datetime) -> list[Record]:
    """(node, product, event, occurred at) of inputs told without their lot for which no lot was known to be present either."""
    return await tx.fetch(
        f"""select c.node_id, c.product_id, c.event_id, c.occurred_at from class_input c
            where c.tenant_id = $1 and c.node_id = any($3::bigint[]) and c.known_from <= $2 and (c.superseded_by is null or c.superseded_at > $2)
              and not exists (select 1 from {LINKS_THEN} l
                              join traceable_object o on o.tenant_id = $1 and o.object_id = l.parent_id and {PRODUCT_OF} = c.gtin
                              where l.child_id = c.node_id and l.event_id = c.event_id and l.kind = 6)""",
        known_at,
        list(nodes),
    )


async def positions(tx: TenantTransaction, objects: Collection[int], at: datetime, known_at: datetime) -> list[Record]:
    """(object, place, unit of measure, quantity) as of `at`, where the sum of what was known wasn't zero."""
    return await tx.fetch(
        f"""select object_id, place, uom, sum(delta) as quantity from movement
            where tenant_id = $1 and object_id = any($3::bigint[]) and moved_at <= $4 and {STATED_THEN}
            group by object_id, place, uom having sum(delta) <> 0 order by object_id, place, uom""",
        known_at,
        list(objects),
        at,
    )


async def received_from(tx: TenantTransaction, objects: Collection[int], known_at: datetime) -> list[Record]:
    """(object, party) for what was received from somebody, as the receipts known then said."""
    return await tx.fetch(
        f"""select distinct object_id, counterparty from movement
            where tenant_id = $1 and object_id = any($3::bigint[]) and counterparty is not null and delta > 0 and {STATED_THEN}""",
        known_at,
        list(objects),
    )


async def contents(tx: TenantTransaction, container_id: int, at: datetime, limit: int, known_at: datetime) -> list[Record]:
    """What was known to be in a container as of `at`, through every level of packing."""
    return await tx.fetch(
        f"""with recursive inside(container_id, content_id, opened_by, quantity, uom, valid_from, valid_to, kind) as (
              select c.container_id, c.content_id, c.opened_by, c.quantity, c.uom, c.valid_from, c.valid_to, c.kind from {STAYS_THEN} c
              where c.container_id = $3 and c.valid_from <= $4 and c.valid_to > $4 and c.kind <> 3
              union
              select c.container_id, c.content_id, c.opened_by, c.quantity, c.uom, c.valid_from, c.valid_to, c.kind from inside i
              cross join lateral (
                select * from {STAYS_THEN} c
                where c.container_id = i.content_id and c.valid_from <= $4 and c.valid_to > $4 and c.kind <> 3 offset 0) c)
            select container_id, content_id, quantity, uom, valid_from, nullif(valid_to, $5) as valid_to from inside where kind <> 4
            order by container_id, content_id limit $6""",
        known_at,
        container_id,
        at,
        INFINITY,
        limit,
    )
