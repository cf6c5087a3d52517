"""How far goods reach: ancestors and descendants over the links in force, exact and without a depth limit (MODEL: Reachability).

With `known_at` it is what was known at that moment, by statements of their own (`known.py`).
"""

from collections.abc import Collection
from datetime import datetime

from backend.genealogy import known
from infra.database import Record, TenantTransaction

# `union` (never `union all`) is the visited set: rework cycles end, diamonds are walked once.
_UP = """
with recursive up(id) as (
  (select o.object_id from traceable_object o
   where o.tenant_id = $1 and o.object_id = any($2::bigint[]) and o.object_id <> all($3::bigint[])
   union
   select m.lot_id from unit_membership m
   where m.tenant_id = $1 and m.unit_id = any($2::bigint[]) and m.unit_id <> all($3::bigint[]) and m.lot_id <> all($3::bigint[])
     and m.superseded_by is null)
  union
  select l.parent_id from up join lot_link l on l.tenant_id = $1 and l.child_id = up.id
  where l.superseded_by is null and l.parent_id <> all($3::bigint[])
)
"""

_DOWN = """
with recursive down(id) as (
  select o.object_id from traceable_object o
  where o.tenant_id = $1 and o.object_id = any($2::bigint[]) and o.object_id <> all($3::bigint[])
  union
  select l.child_id from down join lot_link l on l.tenant_id = $1 and l.parent_id = down.id
  where l.superseded_by is null and l.child_id <> all($3::bigint[])
)
"""


# What hangs on the nodes is fetched by an array of their ids, in one ordered walk of the index: a join would turn to hashing all of a
# tenant's links wherever the planner's statistics are a little off.
_LINK_COLUMNS = "l.parent_id, l.child_id, l.event_id, l.kind, l.occurred_at, l.quantity, l.uom, l.certainty"
_LINKS_UP = f"""{_UP}
select {_LINK_COLUMNS} from lot_link l
where l.tenant_id = $1 and l.child_id = any(array(select id from up)) and l.superseded_by is null limit $4
"""
_LINKS_DOWN = f"""{_DOWN}
select {_LINK_COLUMNS} from lot_link l
where l.tenant_id = $1 and l.parent_id = any(array(select id from down)) and l.superseded_by is null limit $4
"""
_SHIPPED = f"""{_DOWN}
select s.lot_id, s.shipment_id, s.quantity, s.uom, s.certainty from lot_shipment s
where s.tenant_id = $1 and s.lot_id = any(array(select id from down))
"""


async def ancestors(tx: TenantTransaction, objects: Collection[int], *, stop_at: Collection[int] = ()) -> set[int]:
    """The objects themselves, the lots of units among them, and everything that they came from; nothing through `stop_at`."""
    rows = await tx.fetch(_UP + "select id from up", list(objects), list(stop_at))
    return {row["id"] for row in rows}


async def descendants(tx: TenantTransaction, objects: Collection[int], *, stop_at: Collection[int] = ()) -> set[int]:
    """The objects themselves and everything made from them; units without links of their own stay under their lot."""
    rows = await tx.fetch(_DOWN + "select id from down", list(objects), list(stop_at))
    return {row["id"] for row in rows}


async def links_up(tx: TenantTransaction, objects: Collection[int], limit: int, *, known_at: datetime | None = None) -> list[Record]:
    """Every link in force that leads to these objects, directly or not: parent, child, event, kind, time, quantity, certainty."""
    if known_at is not None:
        return await known.links_up(tx, objects, limit, known_at)
    return await tx.fetch(_LINKS_UP, list(objects), [], limit)


async def links_down(tx: TenantTransaction, objects: Collection[int], limit: int, *, known_at: datetime | None = None) -> list[Record]:
    """Every link in force that leads away from these objects, directly or not."""
    if known_at is not None:
        return await known.links_down(tx, objects, limit, known_at)
    return await tx.fetch(_LINKS_DOWN, list(objects), [], limit)


async def lots_and_shipments(tx: TenantTransaction, objects: Collection[int], *, known_at: datetime | None = None) -> list[Record]:
    """Everything made from the objects that was shipped, with each shipment that carried it: (lot, shipment, quantity, uom, certainty)."""
    if known_at is not None:
        return await known.lots_and_shipments(tx, objects, known_at)
    return await tx.fetch(_SHIPPED, list(objects), [])


async def inside(tx: TenantTransaction, objects: Collection[int]) -> dict[int, int]:
    """The objects and everything that lies in them now, each with the one of `objects` that holds it."""
    rows = await tx.fetch(
        """with recursive inside(id, outermost) as (
             select o.object_id, o.object_id from traceable_object o where o.tenant_id = $1 and o.object_id = any($2::bigint[])
             union
             select c.content_id, inside.outermost from inside
             join containment c on c.tenant_id = $1 and c.container_id = inside.id and c.valid_to > now())
           select id, outermost from inside""",
        list(objects),
    )
    return {row["id"]: row["outermost"] for row in rows}


async def ever_inside(tx: TenantTransaction, containers: Collection[int]) -> set[int]:
    """These containers and everything that ever lay in them, through every level of packing."""
    rows = await tx.fetch(
        """with recursive inward(id) as (
             select unnest($2::bigint[])
             union select c.content_id from inward join containment c on c.tenant_id = $1 and c.container_id = inward.id)
           select id from inward""",
        list(containers),
    )
    return {row["id"] for row in rows}


async def lots_of(tx: TenantTransaction, units: Collection[int], *, known_at: datetime | None = None) -> list[tuple[int, int]]:
    """(unit, lot) for every membership in force."""
    if known_at is not None:
        return await known.lots_of(tx, units, known_at)
    rows = await tx.fetch(
        "select unit_id, lot_id from unit_membership where tenant_id = $1 and unit_id = any($2::bigint[]) and superseded_by is null", list(units)
    )
    return [(row["unit_id"], row["lot_id"]) for row in rows]


async def members_taught_by(tx: TenantTransaction, event_ids: Collection[int]) -> list[tuple[int, int]]:
    """(unit, lot) for the memberships in force that these events taught."""
    rows = await tx.fetch(
        """select unit_id, lot_id from unit_membership
           where tenant_id = $1 and event_id = any($2::bigint[]) and superseded_by is null""",
        list(event_ids),
    )
    return [(row["unit_id"], row["lot_id"]) for row in rows]


async def linked(tx: TenantTransaction, objects: Collection[int]) -> set[int]:
    """Those of these objects that have links of their own."""
    rows = await tx.fetch(
        """select parent_id as object_id from lot_link where tenant_id = $1 and parent_id = any($2::bigint[]) and superseded_by is null
           union
           select child_id from lot_link where tenant_id = $1 and child_id = any($2::bigint[]) and superseded_by is null""",
        list(objects),
    )
    return {row["object_id"] for row in rows}
