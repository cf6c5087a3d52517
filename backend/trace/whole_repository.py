"""Statements on the whole of a trace: what it counts, from whom its goods came, and in which containers they lay."""

from collections.abc import Collection
from datetime import datetime

from backend.genealogy.known import STATED_THEN, STAYS_THEN
from infra.database import Record, TenantTransaction

_STAYS_NOW = """
(select content_id, container_id, valid_from, valid_to, opened_by, quantity, uom from containment where tenant_id = $1 and $2::timestamptz is null)
"""
# From the goods and their units out to every container around them; `packed` are the containers.
_OUTWARD = """
with recursive outward(id, packed) as (
  (select unnest($3::bigint[]), false
   union select m.unit_id, false from unit_membership m where m.tenant_id = $1 and m.lot_id = any($3::bigint[]) and m.superseded_by is null)
  union
  select s.container_id, true from outward join {stays} s on s.content_id = outward.id and s.valid_from <= $4 and s.valid_to > $4)
"""
_PLACES = """
select s.place, count(distinct s.object_id) as number from (
  select m.object_id, m.place from movement m
  where m.tenant_id = $1 and m.superseded_by is null and m.moved_at <= $3 and m.object_id = any({objects})
  group by m.object_id, m.place, m.uom having sum(m.delta) > 0) s
group by s.place
"""
_REACHED = """
with recursive up(id) as (
  (select o.object_id from traceable_object o where o.tenant_id = $1 and o.object_id = any($2::bigint[]) and $4::boolean
   union
   select m.lot_id from unit_membership m where m.tenant_id = $1 and m.unit_id = any($2::bigint[]) and m.superseded_by is null and $4::boolean)
  union
  select l.parent_id from up join lot_link l on l.tenant_id = $1 and l.child_id = up.id and l.superseded_by is null and l.occurred_at <= $3),
down(id) as (
  select o.object_id from traceable_object o where o.tenant_id = $1 and o.object_id = any($2::bigint[]) and $5::boolean
  union
  select l.child_id from down join lot_link l on l.tenant_id = $1 and l.parent_id = down.id and l.superseded_by is null and l.occurred_at <= $3),
reached(id) as (select id from up union select id from down)
"""


async def counts(tx: TenantTransaction, seeds: Collection[int], until: datetime, *, upwards: bool, downwards: bool) -> list[Record]:
    """(kind, GTIN, number) of all that the seeds reach by events up to a moment; counted where the rows are, whatever their number."""
    return await tx.fetch(
        f"""{_REACHED} select o.kind, o.gtin, count(*) as number from traceable_object o
            where o.tenant_id = $1 and o.object_id = any(array(select id from reached)) group by o.kind, o.gtin""",
        list(seeds),
        until,
        upwards,
        downwards,
    )


async def place_counts(tx: TenantTransaction, seeds: Collection[int], until: datetime, *, upwards: bool, downwards: bool) -> list[Record]:
    """(place, number) of where all that the seeds reach is as of a moment, by its movements."""
    return await tx.fetch(f"{_REACHED} {_PLACES.format(objects='array(select id from reached)')}", list(seeds), until, upwards, downwards)


async def places_of(tx: TenantTransaction, things: Collection[int], at: datetime) -> list[Record]:
    """(place, number) of where these are as of a moment."""
    return await tx.fetch(_PLACES.format(objects="$2::bigint[]"), list(things), at)


async def received(tx: TenantTransaction, things: Collection[int], until: datetime, known_at: datetime | None) -> list[Record]:
    """(party, object, place, unit of measure, quantity, first at) of what was received from somebody, up to a moment."""
    then = STATED_THEN if known_at is not None else "superseded_by is null and $2::timestamptz is null"
    return await tx.fetch(
        f"""select counterparty, object_id, place, uom, sum(delta) as quantity, min(moved_at) as first_at from movement
            where tenant_id = $1 and object_id = any($3::bigint[]) and counterparty is not null and delta > 0 and moved_at <= $4 and {then}
            group by counterparty, object_id, place, uom""",
        known_at,
        list(things),
        until,
    )


async def containers(
    tx: TenantTransaction, goods: Collection[int], at: datetime, *, known_at: datetime | None, cursor: str | None, backward: bool, limit: int
) -> list[Record]:
    """(container, key) of those in which some of the goods, or units of them, lay as of a moment, at any level, by key from behind the cursor."""
    behind, order = ("<", "desc") if backward else (">", "asc")
    return await tx.fetch(
        f"""{_OUTWARD.format(stays=STAYS_THEN if known_at is not None else _STAYS_NOW)}
            select k.object_id, k.key from traceable_object k
            where k.tenant_id = $1 and ($5::text is null or k.key {behind} $5) and k.object_id = any(array(select id from outward where packed))
            order by k.key {order} limit $6""",
        known_at,
        list(goods),
        at,
        cursor,
        limit,
    )


async def neighbours(tx: TenantTransaction, boxes: Collection[int], goods: Collection[int], at: datetime, limit: int) -> list[Record]:
    """(container, object, unit of measure, quantity, since, total): what lies directly in these containers beside the goods and their boxes.

    Units count under their lot. Of each container at most `limit`; `total` counts all.
    """
    return await tx.fetch(
        f"""{_OUTWARD.format(stays=_STAYS_NOW)},
            beside as (
              select s.container_id, coalesce(m.lot_id, s.content_id) as object_id, coalesce(s.uom, '') as uom,
                     sum(coalesce(s.quantity, 1)) as quantity, min(s.valid_from) as since
              from {_STAYS_NOW} s
              left join unit_membership m on m.tenant_id = $1 and m.unit_id = s.content_id and m.superseded_by is null
              where s.container_id = any($5::bigint[]) and s.valid_from <= $4 and s.valid_to > $4
                and not s.content_id = any(array(select id from outward))
              group by s.container_id, coalesce(m.lot_id, s.content_id), coalesce(s.uom, '')),
            placed as (
              select beside.*, row_number() over (partition by container_id order by object_id, uom) as place,
                     count(*) over (partition by container_id) as total from beside)
            select container_id, object_id, uom, quantity, since, total from placed where place <= $6 order by container_id, place""",
        None,
        list(goods),
        at,
        list(boxes),
        limit,
    )


async def contents_of(
    tx: TenantTransaction, boxes: Collection[int], goods: Collection[int], at: datetime, *, known_at: datetime | None, limit: int
) -> list[Record]:
    """(container, object, unit of measure, quantity, since, total): the goods directly in these containers, units by their lot among the goods.

    Of each container at most `limit`; `total` counts all.
    """
    return await tx.fetch(
        f"""with inside as (
              select s.container_id, coalesce(m.lot_id, s.content_id) as object_id, coalesce(s.uom, '') as uom,
                     sum(coalesce(s.quantity, 1)) as quantity, min(s.valid_from) as since
              from {STAYS_THEN if known_at is not None else _STAYS_NOW} s
              left join unit_membership m on m.tenant_id = $1 and m.unit_id = s.content_id and m.superseded_by is null
                and m.lot_id = any($4::bigint[]) and not s.content_id = any($4::bigint[])
              where s.container_id = any($3::bigint[]) and s.valid_from <= $5 and s.valid_to > $5
                and (s.content_id = any($4::bigint[]) or m.lot_id is not null)
              group by s.container_id, coalesce(m.lot_id, s.content_id), coalesce(s.uom, '')),
            placed as (
              select inside.*, row_number() over (partition by container_id order by object_id, uom) as place,
                     count(*) over (partition by container_id) as total from inside)
            select container_id, object_id, uom, quantity, since, total from placed where place <= $6 order by container_id, place""",
        known_at,
        list(boxes),
        list(goods),
        at,
        limit,
    )


async def outer_of(tx: TenantTransaction, boxes: Collection[int], at: datetime, known_at: datetime | None) -> dict[int, int]:
    """The container in which each of these containers lay as of a moment; one that is declared to be the same (`opened_by` < 0) isn't around it."""
    rows = await tx.fetch(
        f"""select s.content_id, max(s.container_id) as container_id from {STAYS_THEN if known_at is not None else _STAYS_NOW} s
            where s.content_id = any($3::bigint[]) and s.valid_from <= $4 and s.valid_to > $4 and s.opened_by > 0 group by s.content_id""",
        known_at,
        list(boxes),
        at,
    )
    return {row["content_id"]: row["container_id"] for row in rows}
