"""Statements of the food traceability rule: which events, whose lots they are about, what was told of lots before, foods and places."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from backend.catalog.sites import Sites, shown
from backend.events.query_repository import EVENT_COLUMNS, at_sites
from infra.database import Record, TenantTransaction

# Events of these steps are none of the rule's, whatever they name; others' URIs may be.
_NEVER: Final = """('assembling','collecting','consigning','cycle_counting','decommissioning','destroying','disassembling','dispensing','encoding',
    'entering_exiting','holding','inspecting','installing','killing','loading','other','picking','removing','repairing','replacing','reserving',
    'retail_selling','sampling','sensor_reporting','staging_outbound','stock_taking','stocking','storing','transporting','unloading','unpacking',
    'void_shipping')"""
# In force, of a kind that can be one of the rule's. Type 4 is a transformation, 5 an association.
_CANDIDATE: Final = f"""e.superseded_by is null and e.declared_at is null
    and (e.event_type = 4 or (e.event_type < 4 and e.biz_step is not null and e.biz_step not in {_NEVER}))"""


async def events_between(
    tx: TenantTransaction, since: datetime, until: datetime, *, after: tuple[datetime, int] | None, backward: bool, limit: int, sites: Sites | None
) -> list[Record]:
    """(event, time) of events in force that may be critical tracking events, from `since` until before `until`, in the order of going."""
    fence = at_sites(sites, at=7)
    behind, order = ("<", "desc") if backward else (">", "asc")
    return await tx.fetch(
        f"""select e.event_id, e.event_time from event e
            where e.tenant_id = $1 and e.event_time >= $2 and e.event_time < $3
              and ($4::timestamptz is null or (e.event_time, e.event_id) {behind} ($4::timestamptz, $5::bigint)) and {_CANDIDATE}{fence.condition}
            order by e.event_time {order}, e.event_id {order} limit $6""",
        since,
        until,
        after[0] if after else None,
        after[1] if after else None,
        limit,
        *fence.values,
    )


async def events_naming(
    tx: TenantTransaction, objects: Collection[int], *, since: datetime | None, until: datetime | None, limit: int, sites: Sites | None
) -> list[Record]:
    """(event, time) of events in force that may be critical tracking events and name any of these, oldest first."""
    fence = at_sites(sites, at=6)
    return await tx.fetch(
        f"""select e.event_id, e.event_time from event e
            where e.tenant_id = $1 and ($3::timestamptz is null or e.event_time >= $3) and ($4::timestamptz is null or e.event_time < $4)
              and e.event_id = any(array(select eo.event_id from event_object eo where eo.tenant_id = $1 and eo.object_id = any($2::bigint[])))
              and {_CANDIDATE}{fence.condition}
            order by e.event_time, e.event_id limit $5""",
        list(objects),
        since,
        until,
        limit,
        *fence.values,
    )


async def lots_of_units(tx: TenantTransaction, units: Collection[int]) -> list[int]:
    """The lots to which those of these objects belong that are units."""
    rows = await tx.fetch(
        "select distinct lot_id from unit_membership where tenant_id = $1 and unit_id = any($2::bigint[]) and superseded_by is null", list(units)
    )
    return [row["lot_id"] for row in rows]


async def place_of(tx: TenantTransaction, event: UUID) -> Record | None:
    """(time, id) of an event by its public id."""
    rows = await tx.fetch("select event_time, event_id from event where tenant_id = $1 and public_id = $2", event)
    return rows[0] if rows else None


async def around(tx: TenantTransaction, lots: Collection[int], limit: int) -> list[int]:
    """These lots, the units known to belong to them, and the containers in which any of that ever lay, through every level of packing."""
    rows = await tx.fetch(
        """with recursive part(id) as (
             select lot.id from unnest($2::bigint[]) as lot(id)
             union
             select m.unit_id from unit_membership m where m.tenant_id = $1 and m.lot_id = any($2::bigint[]) and m.superseded_by is null
             union
             select c.container_id from part p join containment c on c.tenant_id = $1 and c.content_id = p.id and c.opened_by > 0)
           select id from part limit $3""",
        list(lots),
        limit,
    )
    return [row["id"] for row in rows]


async def events(tx: TenantTransaction, ids: Collection[int], sites: Sites | None) -> list[Record]:
    """Whole events at the sites, oldest first, with whether each is a shipment of somebody else's to us (`inbound`)."""
    fence = at_sites(sites, at=3)
    return await tx.fetch(
        f"""select f.seq, {EVENT_COLUMNS}, coalesce(s.direction = 2, false) as inbound from event e
            join event_feed f on f.tenant_id = $1 and f.event_id = e.event_id
            left join shipment s on s.tenant_id = $1 and s.shipment_id = e.event_id
            where e.tenant_id = $1 and e.event_id = any($2::bigint[]){fence.condition} order by e.event_time, e.event_id""",
        list(ids),
        *fence.values,
    )


async def goods_of(tx: TenantTransaction, event_ids: Collection[int]) -> list[Record]:
    """(event, role, object, kind, quantity, uom) of what each event names: units under their lots, where these are known, and counted."""
    return await tx.fetch(
        """select eo.event_id, eo.role, coalesce(m.lot_id, eo.object_id) as object_id, case when m.lot_id is null then o.kind else 1 end as kind,
             sum(case when o.kind = 2 then 1 else eo.quantity end) as quantity, case when o.kind = 2 then '' else coalesce(eo.uom, '') end as uom
           from event_object eo
           join traceable_object o on o.tenant_id = $1 and o.object_id = eo.object_id
           left join lateral (
             select u.lot_id from unit_membership u
             where u.tenant_id = $1 and u.unit_id = eo.object_id and u.superseded_by is null order by u.event_id desc limit 1) m on o.kind = 2
           where eo.tenant_id = $1 and eo.event_id = any($2::bigint[])
           group by eo.event_id, eo.role, coalesce(m.lot_id, eo.object_id), case when m.lot_id is null then o.kind else 1 end,
             case when o.kind = 2 then '' else coalesce(eo.uom, '') end
           order by 1, 2, 3""",
        list(event_ids),
    )


async def contents_of(tx: TenantTransaction, pairs: Sequence[tuple[int, int, datetime]], limit: int) -> list[Record]:
    """(event, object, kind, quantity, uom) of what lay in containers, through every level: each pair is an event, a container and a moment."""
    columns = [list(column) for column in zip(*pairs, strict=True)]
    return await tx.fetch(
        """with recursive inside(event_id, at, id) as (
             select given.event_id, given.at, given.id from unnest($2::bigint[], $3::bigint[], $4::timestamptz[]) as given(event_id, id, at)
             union
             select i.event_id, i.at, c.content_id from inside i
             join containment c on c.tenant_id = $1 and c.container_id = i.id and c.valid_from <= i.at and c.valid_to > i.at and c.opened_by > 0),
           held as (
             select i.event_id, c.content_id, o.kind, c.quantity, c.uom from inside i
             join containment c on c.tenant_id = $1 and c.container_id = i.id and c.valid_from <= i.at and c.valid_to > i.at and c.opened_by > 0
             join traceable_object o on o.tenant_id = $1 and o.object_id = c.content_id and o.kind in (1, 2, 8))
           select h.event_id, coalesce(m.lot_id, h.content_id) as object_id, case when m.lot_id is null then h.kind else 1 end as kind,
             sum(case when h.kind = 2 then 1 else h.quantity end) as quantity, case when h.kind = 2 then '' else coalesce(h.uom, '') end as uom
           from held h
           left join lateral (
             select u.lot_id from unit_membership u
             where u.tenant_id = $1 and u.unit_id = h.content_id and u.superseded_by is null order by u.event_id desc limit 1) m on h.kind = 2
           group by 1, 2, 3, 5 order by 1, 2 limit $5""",
        *columns,
        limit,
    )


async def carried(tx: TenantTransaction, shipments: Collection[int], limit: int) -> list[Record]:
    """(event, object, kind, quantity, uom) of each shipment's goods, by the rollup."""
    return await tx.fetch(
        """select l.shipment_id as event_id, l.lot_id as object_id, o.kind, l.quantity, l.uom from lot_shipment l
           join traceable_object o on o.tenant_id = $1 and o.object_id = l.lot_id
           where l.tenant_id = $1 and l.shipment_id = any($2::bigint[]) order by 1, 2 limit $3""",
        list(shipments),
        limit,
    )


async def history_of(tx: TenantTransaction, lots: Collection[int], each: int, sites: Sites | None) -> list[Record]:
    """What was told of each lot where it was made, harvested, cooled, packed, landed or received: `each` events of it, oldest first.

    Where only units tell of a lot, the event counts that said whose they are. Only what happened at the sites is told.
    """
    fence = at_sites(sites, at=4)
    return await tx.fetch(
        f"""select lot.id as lot_id, h.* from unnest($2::bigint[]) as lot(id) cross join lateral (
              select {_TOLD}, part.role, part.quantity, part.uom from (
                select eo.event_id, eo.role, eo.quantity, eo.uom from event_object eo
                where eo.tenant_id = $1 and eo.object_id = lot.id and eo.role in (1, 5)
                union all
                select m.event_id, 1::smallint, null::numeric, null::text from (
                  select event_id from unit_membership
                  where tenant_id = $1 and lot_id = lot.id and superseded_by is null order by unit_id limit 1) m) part
              join event e on e.tenant_id = $1 and e.event_id = part.event_id
              where {_CANDIDATE} and (part.role = 5 or e.action = 1 or e.biz_step not in ('shipping', 'departing')){fence.condition}
              order by e.event_time, e.event_id, part.role desc limit $3) h""",
        list(lots),
        each,
        *fence.values,
    )


_TOLD: Final = "e.event_id, e.event_type, e.action, e.event_time, e.event_offset, e.biz_step, e.read_point, e.biz_location, e.body"


async def inputs_of(tx: TenantTransaction, event_ids: Collection[int]) -> list[Record]:
    """(event, object) of the lots that each transformation used."""
    return await tx.fetch(
        """select distinct eo.event_id, eo.object_id from event_object eo
           join traceable_object o on o.tenant_id = $1 and o.object_id = eo.object_id and o.kind in (1, 8)
           where eo.tenant_id = $1 and eo.event_id = any($2::bigint[]) and eo.role = 4 order by 1, 2""",
        list(event_ids),
    )


async def products(tx: TenantTransaction, gtins: Collection[str]) -> list[Record]:
    """What the company told of these foods."""
    return await tx.fetch("select * from food_product where tenant_id = $1 and gtin = any($2::text[]) order by gtin", list(gtins))


async def places(tx: TenantTransaction, uris: Collection[str]) -> list[Record]:
    """What the company told of these places and parties."""
    return await tx.fetch("select * from food_place where tenant_id = $1 and place = any($2::text[]) order by place", list(uris))


async def page_of_products(tx: TenantTransaction, *, cursor: str | None, backward: bool, limit: int) -> list[Record]:
    """In order of the GTIN, in the order of going."""
    behind, order = ("<", "desc") if backward else (">", "asc")
    return await tx.fetch(
        f"select * from food_product where tenant_id = $1 and ($2::text is null or gtin {behind} $2) order by gtin {order} limit $3", cursor, limit
    )


async def page_of_places(tx: TenantTransaction, *, cursor: str | None, backward: bool, limit: int, sites: Sites | None) -> list[Record]:
    """In order of the URI, in the order of going: for who is limited to sites, of the company's own places those that he may see."""
    behind, order = ("<", "desc") if backward else (">", "asc")
    fence = shown(sites, "l.place", "(l.own or l.undetermined)", at=4)
    known = f""" and (exists (select 1 from partner b where b.tenant_id = $1 and b.party = p.place)
                  or exists (select 1 from location l where l.tenant_id = $1 and l.place = p.place{fence.condition}))"""
    return await tx.fetch(
        f"""select p.* from food_place p where p.tenant_id = $1 and ($2::text is null or p.place {behind} $2){known if sites is not None else ""}
            order by p.place {order} limit $3""",
        cursor,
        limit,
        *fence.values,
    )


async def put_products(tx: TenantTransaction, rows: Sequence[tuple[Any, ...]], at: datetime) -> None:
    """(gtin, listed, brand, commodity, variety, size, style, species, produce, aquaculture)."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    await tx.execute(
        """insert into food_product as p (tenant_id, gtin, listed, brand, commodity, variety, packaging_size, packaging_style, species, produce,
             aquaculture, changed_at)
           select $1, n.*, $12 from unnest($2::text[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
             $10::bool[], $11::bool[]) as n
           on conflict (tenant_id, gtin) do update set listed = excluded.listed, brand = excluded.brand, commodity = excluded.commodity,
             variety = excluded.variety, packaging_size = excluded.packaging_size, packaging_style = excluded.packaging_style,
             species = excluded.species, produce = excluded.produce, aquaculture = excluded.aquaculture, changed_at = excluded.changed_at""",
        *columns,
        at,
    )


async def put_places(tx: TenantTransaction, rows: Sequence[tuple[Any, ...]], at: datetime) -> None:
    """(place, name, phone, street, city, region, postal code, country, coordinates, lot code source reference, exempt)."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    await tx.execute(
        """insert into food_place as p (tenant_id, place, name, phone, street, city, region, postal_code, country, coordinates, tlc_reference,
             exempt, changed_at)
           select $1, n.*, $13 from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
             $10::text[], $11::text[], $12::bool[]) as n
           on conflict (tenant_id, place) do update set name = excluded.name, phone = excluded.phone, street = excluded.street,
             city = excluded.city, region = excluded.region, postal_code = excluded.postal_code, country = excluded.country,
             coordinates = excluded.coordinates, tlc_reference = excluded.tlc_reference, exempt = excluded.exempt,
             changed_at = excluded.changed_at""",
        *columns,
        at,
    )
