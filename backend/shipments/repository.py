"""Statements on shipments and the rollup from lot to shipment."""

from collections.abc import Collection, Sequence
from typing import Any

from backend.events.moments import MOMENT
from backend.genealogy.repository import TOLERANCE
from infra.database import Record, TenantTransaction


async def own_places(tx: TenantTransaction, places: Collection[str]) -> dict[str, bool]:
    """Of these places, those that the catalogue knows: own (True) or somebody else's."""
    rows = await tx.fetch("select place, own from location where tenant_id = $1 and place = any($2::text[]) and not undetermined", list(places))
    return {row["place"]: row["own"] for row in rows}


async def leaving_from(tx: TenantTransaction, places: Collection[str]) -> list[Record]:
    """Shipments in force that name one of these places as where they left."""
    return await tx.fetch(
        """select s.shipment_id, s.direction, s.from_place, e.read_point, e.biz_location
           from shipment s join event e on e.tenant_id = $1 and e.event_id = s.shipment_id
           where s.tenant_id = $1 and s.superseded_by is null
             and (s.from_place = any($2::text[]) or e.read_point = any($2::text[]) or e.biz_location = any($2::text[]))""",
        list(places),
    )


async def set_directions(tx: TenantTransaction, shipments: Sequence[int], directions: Sequence[int]) -> None:
    """Whose each shipment is; whose it was believed to be goes into the past."""
    await tx.execute(
        f"""insert into shipment_past (tenant_id, shipment_id, direction, known_from)
            select $1, s.shipment_id, s.direction, greatest(s.known_from, (
              select max(p.known_to) from shipment_past p where p.tenant_id = $1 and p.shipment_id = s.shipment_id))
            from shipment s where s.tenant_id = $1 and s.shipment_id = any($2::bigint[]) and s.known_from < {MOMENT}
              and not exists (select 1 from shipment_past p where p.tenant_id = $1 and p.shipment_id = s.shipment_id and p.known_to = {MOMENT})
            returning tenant_id""",
        shipments,
    )
    await tx.execute(
        """update shipment t set direction = n.direction from unnest($2::bigint[], $3::smallint[]) as n(shipment_id, direction)
           where t.tenant_id = $1 and t.shipment_id = n.shipment_id""",
        shipments,
        directions,
    )


async def insert_shipments(tx: TenantTransaction, rows: Sequence[tuple[Any, ...]]) -> None:
    """(event, shipped at, direction, from place, to party, document)."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    await tx.execute(
        """insert into shipment (tenant_id, shipment_id, shipped_at, direction, from_place, to_party, document)
           select $1, * from unnest($2::bigint[], $3::timestamptz[], $4::smallint[], $5::text[], $6::text[], $7::text[])
           on conflict do nothing""",
        *columns,
    )


async def supersede(tx: TenantTransaction, event_ids: Sequence[int], by: Sequence[int]) -> set[int]:
    """Take shipments out of force whose event was declared wrong; returns their ids."""
    rows = await tx.fetch(
        f"""update shipment t set superseded_by = s.by, superseded_at = {MOMENT} from unnest($2::bigint[], $3::bigint[]) as s(event_id, by)
           where t.tenant_id = $1 and t.shipment_id = s.event_id and t.superseded_by is null returning t.shipment_id""",
        event_ids,
        by,
    )
    return {row["shipment_id"] for row in rows}


async def carrying(tx: TenantTransaction, objects: Collection[int]) -> set[int]:
    """Shipments in force that name one of these objects, or a container in which one of them ever lay."""
    rows = await tx.fetch(
        """with recursive outward(id) as (
             select o.object_id from traceable_object o where o.tenant_id = $1 and o.object_id = any($2::bigint[])
             union select c.container_id from outward join containment c on c.tenant_id = $1 and c.content_id = outward.id)
           select distinct s.shipment_id from outward
           join event_object eo on eo.tenant_id = $1 and eo.object_id = outward.id and eo.role in (1, 2)
           join shipment s on s.tenant_id = $1 and s.shipment_id = eo.event_id and s.superseded_by is null""",
        list(objects),
    )
    return {row["shipment_id"] for row in rows}


async def carrying_lots(tx: TenantTransaction, lots: Collection[int]) -> set[int]:
    """Shipments that carry some of these lots, by the rollup."""
    rows = await tx.fetch("select distinct shipment_id from lot_shipment where tenant_id = $1 and lot_id = any($2::bigint[])", list(lots))
    return {row["shipment_id"] for row in rows}


async def carried_in(tx: TenantTransaction, objects: Collection[int]) -> list[Record]:
    """(object, shipment) for shipments that named the object, or a container in which it lay when the shipment left."""
    return await tx.fetch(
        """with recursive outward(object_id, id, valid_from, valid_to) as (
             select o.object_id, o.object_id, '-infinity'::timestamptz, 'infinity'::timestamptz
             from traceable_object o where o.tenant_id = $1 and o.object_id = any($2::bigint[])
             union
             select w.object_id, c.container_id, greatest(w.valid_from, c.valid_from), least(w.valid_to, c.valid_to) from outward w
             join containment c on c.tenant_id = $1 and c.content_id = w.id and c.valid_from < w.valid_to and c.valid_to > w.valid_from)
           select distinct w.object_id, s.shipment_id from outward w
           join event_object eo on eo.tenant_id = $1 and eo.object_id = w.id and eo.role in (1, 2)
           join shipment s on s.tenant_id = $1 and s.shipment_id = eo.event_id and s.superseded_by is null and s.direction <> 2
             and s.shipped_at >= w.valid_from and s.shipped_at < w.valid_to""",
        list(objects),
    )


async def shipments_of_events(tx: TenantTransaction, event_ids: Collection[int]) -> set[int]:
    """Those of these events that are shipments in force."""
    rows = await tx.fetch(
        "select shipment_id from shipment where tenant_id = $1 and shipment_id = any($2::bigint[]) and superseded_by is null", list(event_ids)
    )
    return {row["shipment_id"] for row in rows}


async def perhaps_carried_in(tx: TenantTransaction, objects: Collection[int]) -> list[Record]:
    """(object, shipment) for shipments that left before the object was packed, by its events, into what they named, at any level of packing.

    Whether the containers were empty then, so that the clocks may be wrong, is to be seen in `goods_in`. A logistic unit isn't shipped
    before anything is in it; an asset goes back and forth empty, and counts within the tolerance only. The stays of a chain needn't
    overlap: each container is taken as it was filled next after it had left.
    """
    return await tx.fetch(
        f"""with recursive outward(object_id, id, left_from, left_before, packed) as (
             select o.object_id, o.object_id, '-infinity'::timestamptz, 'infinity'::timestamptz, '-infinity'::timestamptz
             from traceable_object o where o.tenant_id = $1 and o.object_id = any($2::bigint[])
             union
             select w.object_id, c.container_id, greatest(w.left_from, m.left_from), least(w.left_before, c.valid_to),
                    greatest(w.packed, c.valid_from)
             from outward w
             join containment c on c.tenant_id = $1 and c.content_id = w.id and c.valid_to > w.left_from
             join traceable_object k on k.tenant_id = $1 and k.object_id = c.container_id
             cross join lateral (select case when k.kind = 3 then '-infinity'::timestamptz else c.valid_from - {TOLERANCE} end as left_from) m
             where m.left_from < w.left_before)
           select distinct w.object_id, s.shipment_id from outward w
           join event_object eo on eo.tenant_id = $1 and eo.object_id = w.id and eo.role in (1, 2)
           join shipment s on s.tenant_id = $1 and s.shipment_id = eo.event_id and s.superseded_by is null and s.direction <> 2
             and s.shipped_at >= w.left_from and s.shipped_at < w.left_before and s.shipped_at < w.packed""",
        list(objects),
    )


async def goods_in(tx: TenantTransaction, shipments: Collection[int]) -> list[Record]:
    """(shipment, object, kind, quantity, uom, certainty) of everything in these shipments, through every packing as each one left.

    A container in which nothing was by then, by its events, carried what was put into it next, as possible: of what is packed and what
    leaves, one clock may be wrong (MODEL: Time). Within a day for an asset; whatever the time for a logistic unit. Possible too is what was
    taken out of a tank by name before.
    """
    return await tx.fetch(
        f"""with recursive inside(shipment_id, shipped_at, object_id, quantity, uom, certainty, told_by, since) as (
             select s.shipment_id, s.shipped_at, eo.object_id, eo.quantity, eo.uom, 1, eo.line::bigint, s.shipped_at from shipment s
             join event_object eo on eo.tenant_id = $1 and eo.event_id = s.shipment_id and eo.role in (1, 2)
             where s.tenant_id = $1 and s.shipment_id = any($2::bigint[]) and s.superseded_by is null and s.direction <> 2
             union
             select i.shipment_id, i.shipped_at, c.content_id, c.quantity, c.uom,
                    case when c.valid_from <= i.shipped_at and c.kind <> 3 then i.certainty else 2 end, c.opened_by, c.valid_from
             from inside i
             join containment c on c.tenant_id = $1 and c.container_id = i.object_id and c.valid_to > i.shipped_at
               and (c.valid_from <= i.shipped_at
                or (not exists (select 1 from containment n where n.tenant_id = $1 and n.container_id = c.container_id
                                and n.valid_from <= i.shipped_at and n.valid_to > i.shipped_at and n.kind not in (3, 4))
                    and c.valid_from <= {TOLERANCE} + greatest(i.shipped_at, (
                      select min(n.valid_from) from traceable_object k
                      join containment n on n.tenant_id = $1 and n.container_id = k.object_id and n.valid_from > i.shipped_at
                      where k.tenant_id = $1 and k.object_id = c.container_id and k.kind = 3)))))
           select i.shipment_id, i.object_id, o.kind, i.quantity, coalesce(i.uom, '') as uom, i.certainty from inside i
           join traceable_object o on o.tenant_id = $1 and o.object_id = i.object_id""",
        sorted(shipments),
    )


async def rollup_of(tx: TenantTransaction, shipments: Collection[int]) -> list[Record]:
    """(lot, shipment, uom, quantity, certainty) of these shipments as they stand."""
    return await tx.fetch(
        "select lot_id, shipment_id, uom, quantity, certainty from lot_shipment where tenant_id = $1 and shipment_id = any($2::bigint[])",
        sorted(shipments),
    )


async def add_to_rollup(tx: TenantTransaction, rows: Sequence[tuple[Any, ...]]) -> None:
    """(lot, shipment, uom, quantity, certainty), each key once and in order."""
    await tx.execute(
        f"""insert into lot_shipment (tenant_id, lot_id, shipment_id, uom, quantity, certainty, known_from)
           select $1, *, (select {MOMENT}) from unnest($2::bigint[], $3::bigint[], $4::text[], $5::numeric[], $6::smallint[])
           returning tenant_id""",
        *(list(column) for column in zip(*rows, strict=True)),
    )


async def take_from_rollup(tx: TenantTransaction, keys: Sequence[tuple[int, int, str]]) -> None:
    """(lot, shipment, uom) that are not so any more: kept in the past, unless this transaction put them itself."""
    await tx.execute(
        f"""with gone as (
             delete from lot_shipment s using unnest($2::bigint[], $3::bigint[], $4::text[]) as g(lot_id, shipment_id, uom)
             where s.tenant_id = $1 and s.lot_id = g.lot_id and s.shipment_id = g.shipment_id and s.uom = g.uom
             returning s.*)
           insert into lot_shipment_past (tenant_id, lot_id, shipment_id, uom, quantity, certainty, known_from)
           select $1, lot_id, shipment_id, uom, quantity, certainty, known_from from gone where known_from < {MOMENT} returning tenant_id""",
        *(list(column) for column in zip(*keys, strict=True)),
    )


async def by_ids(tx: TenantTransaction, ids: Collection[int]) -> list[Record]:
    """Shipments with the public id of their event."""
    return await tx.fetch(
        """select s.shipment_id, e.public_id, s.shipped_at, s.direction, s.from_place, s.to_party, s.document
           from shipment s join event e on e.tenant_id = $1 and e.event_id = s.shipment_id
           where s.tenant_id = $1 and s.shipment_id = any($2::bigint[]) and s.superseded_by is null
           order by s.shipped_at, s.shipment_id""",
        list(ids),
    )
