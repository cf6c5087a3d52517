"""Statements of the published histories: what the projections know of goods, and the rows that the public pages read."""

from collections.abc import Collection, Sequence

from backend.genealogy.repository import PRODUCT_OF
from infra.database import Record, TenantTransaction
from infra.outbox import Postponed

# Publications of one tenant run one after the other, so that none writes what it had read before another one's.
PUBLICATION_CLASS = 0x535B

_IN_FORCE = "e.superseded_by is null and e.declared_at is null"
# Making (5: came out of a transformation; 1 with ADD: commissioned), inspecting, packing.
_PUBLIC_PART = """(p.role = 5 or (p.role = 1 and e.event_type = 1 and e.action = 1) or (p.role = 1 and e.biz_step = 'inspecting')
  or (p.role = 3 and e.event_type = 2 and e.action = 1 and e.biz_step = 'packing'))"""


async def lock_publication(tx: TenantTransaction) -> None:
    """See to it that no other transaction of this tenant publishes until this one's end; raises `Postponed` while one does."""
    if not await tx.fetchval(f"select pg_try_advisory_xact_lock({PUBLICATION_CLASS}, $1::int)"):
        raise Postponed


async def named_in(tx: TenantTransaction, event_ids: Collection[int]) -> list[Record]:
    """(object, kind, moves): who took part, and whether one of the events packed, unpacked, shipped or corrected it."""
    return await tx.fetch(
        """select eo.object_id, o.kind, bool_or(e.event_type in (2, 5) or e.biz_step in ('shipping', 'departing')
                  or e.declared_at is not null or e.superseded_by is not null) as moves
           from event_object eo
           join event e on e.tenant_id = $1 and e.event_id = eo.event_id
           join traceable_object o on o.tenant_id = $1 and o.object_id = eo.object_id
           where eo.tenant_id = $1 and eo.event_id = any($2::bigint[]) group by eo.object_id, o.kind""",
        list(event_ids),
    )


async def made_differently(tx: TenantTransaction, event_ids: Collection[int], objects: Collection[int]) -> set[int]:
    """The nodes whose making the events tell anew, in force or no longer: where a change of materials begins.

    Besides the events' own links these are the nodes where a product went in without its lot, of which the events moved one, and
    those where a lot went in as a whole, of which the events tell a unit's own making.
    """
    rows = await tx.fetch(
        f"""select child_id from lot_link where tenant_id = $1 and event_id = any($2::bigint[])
           union
           select child_id from lot_link where tenant_id = $1 and parent_id = any($3::bigint[]) and kind = 5
           union
           select c.node_id from (
             select distinct {PRODUCT_OF} as product from movement m
             join traceable_object o on o.tenant_id = $1 and o.object_id = m.object_id and o.kind = 1
             where m.tenant_id = $1 and m.event_id = any($2::bigint[]) offset 0) lot
           join class_input c on c.tenant_id = $1 and c.gtin = lot.product""",
        list(event_ids),
        list(objects),
    )
    return {row["child_id"] for row in rows}


async def ever_inside(tx: TenantTransaction, objects: Collection[int]) -> set[int]:
    """The objects, and everything that ever lay in them, at any level of packing."""
    rows = await tx.fetch(
        """with recursive inside(id) as (
             select o.object_id from traceable_object o where o.tenant_id = $1 and o.object_id = any($2::bigint[])
             union select c.content_id from inside join containment c on c.tenant_id = $1 and c.container_id = inside.id)
           select id from inside""",
        list(objects),
    )
    return {row["id"] for row in rows}


async def lots_ever_told(tx: TenantTransaction, units: Collection[int]) -> set[int]:
    """The lots of these units, those too that a correction took back."""
    rows = await tx.fetch("select distinct lot_id from unit_membership where tenant_id = $1 and unit_id = any($2::bigint[])", list(units))
    return {row["lot_id"] for row in rows}


async def units_with_own_status(tx: TenantTransaction, lots: Collection[int]) -> set[int]:
    """Units of these lots whose page doesn't simply say what their lot's says."""
    rows = await tx.fetch(
        """select m.unit_id from unit_membership m
           join traceable_object o on o.tenant_id = $1 and o.object_id = m.unit_id
           join published_history h on h.tenant_id = $1 and h.key = o.key
           where m.tenant_id = $1 and m.lot_id = any($2::bigint[]) and strpos(h.document, '"status":"') > 0""",
        list(lots),
    )
    return {row["unit_id"] for row in rows}


async def goods(tx: TenantTransaction, ids: Collection[int]) -> list[Record]:
    """(object, kind, published) for the lots and units of GTINs among these objects; only finished products have pages."""
    return await tx.fetch(
        """select o.object_id, o.kind, coalesce(p.published and p.kind = 3, false) as published
           from traceable_object o left join product p on p.tenant_id = $1 and p.gtin = o.gtin
           where o.tenant_id = $1 and o.object_id = any($2::bigint[]) and o.kind in (1, 2) and o.gtin is not null
           order by o.object_id""",
        list(ids),
    )


async def of_products(tx: TenantTransaction, gtins: Collection[str]) -> list[int]:
    """All lots and units of these products."""
    rows = await tx.fetch(
        "select object_id from traceable_object where tenant_id = $1 and gtin = any($2::text[]) and kind in (1, 2) order by object_id", list(gtins)
    )
    return [row["object_id"] for row in rows]


async def lots_of_units(tx: TenantTransaction, units: Collection[int]) -> list[Record]:
    """(unit, lot, the lot's key and number) for memberships in force."""
    return await tx.fetch(
        """select distinct m.unit_id, m.lot_id, o.key, o.code from unit_membership m
           join traceable_object o on o.tenant_id = $1 and o.object_id = m.lot_id
           where m.tenant_id = $1 and m.unit_id = any($2::bigint[]) and m.superseded_by is null order by m.unit_id, o.key""",
        list(units),
    )


async def with_own_making(tx: TenantTransaction, units: Collection[int]) -> set[int]:
    """Units that came out of a transformation by themselves (MODEL: lots of one)."""
    rows = await tx.fetch(
        "select distinct child_id from lot_link where tenant_id = $1 and child_id = any($2::bigint[]) and kind = 2 and superseded_by is null",
        list(units),
    )
    return {row["child_id"] for row in rows}


async def events_of(tx: TenantTransaction, objects: Collection[int]) -> list[Record]:
    """The events in force that made, inspected or packed these lots and units themselves."""
    return await tx.fetch(
        f"""select p.object_id, p.role, e.event_id, e.event_key, e.event_time, e.event_offset, e.biz_step, e.disposition,
                   coalesce(e.biz_location, e.read_point) as place
            from (select object_id, event_id, role from event_object
                  where tenant_id = $1 and object_id = any($2::bigint[]) and role in (1, 3, 5)
                  union
                  select child_id, event_id, 5::smallint from lot_link
                  where tenant_id = $1 and child_id = any($2::bigint[]) and kind = 2 and superseded_by is null) p
            join event e on e.tenant_id = $1 and e.event_id = p.event_id and {_IN_FORCE}
            where {_PUBLIC_PART} order by e.event_time, e.event_key""",
        list(objects),
    )


async def events_of_units(tx: TenantTransaction, lots: Collection[int]) -> list[Record]:
    """(lot, packing or not, place, first, last, offset, first event) of the making and packing of the lots' units, summed up."""
    return await tx.fetch(
        f"""select lot_id, packing, place, min(event_time) as first_at, max(event_time) as last_at, min(event_offset) as event_offset,
                   (array_agg(event_id order by event_time, event_key))[1] as event_id
            from (select distinct m.lot_id, p.role = 3 as packing, coalesce(e.biz_location, e.read_point) as place, e.event_id, e.event_key,
                         e.event_time, e.event_offset
                  from unit_membership m
                  join event_object p on p.tenant_id = $1 and p.object_id = m.unit_id and p.role in (1, 3, 5)
                  join event e on e.tenant_id = $1 and e.event_id = p.event_id and {_IN_FORCE}
                  where m.tenant_id = $1 and m.lot_id = any($2::bigint[]) and m.superseded_by is null
                    and e.biz_step is distinct from 'inspecting' and {_PUBLIC_PART}) told
            group by lot_id, packing, place order by lot_id, packing, place""",
        list(lots),
    )


async def shipments_of(tx: TenantTransaction, lots: Collection[int]) -> list[Record]:
    """(lot, place, first, last, offset) of the tenant's own shipments that certainly carried these lots."""
    return await tx.fetch(
        """select r.lot_id, s.from_place as place, min(s.shipped_at) as first_at, max(s.shipped_at) as last_at, min(e.event_offset) as event_offset
           from lot_shipment r
           join shipment s on s.tenant_id = $1 and s.shipment_id = r.shipment_id and s.direction = 1 and s.superseded_by is null
           join event e on e.tenant_id = $1 and e.event_id = s.shipment_id
           where r.tenant_id = $1 and r.lot_id = any($2::bigint[]) and r.certainty = 1 group by r.lot_id, s.from_place""",
        list(lots),
    )


async def offsets(tx: TenantTransaction, event_ids: Collection[int]) -> dict[int, str]:
    """The time offset of each event."""
    rows = await tx.fetch("select event_id, event_offset from event where tenant_id = $1 and event_id = any($2::bigint[])", list(event_ids))
    return {row["event_id"]: row["event_offset"] for row in rows}


async def bodies(tx: TenantTransaction, event_ids: Collection[int]) -> dict[int, str]:
    """The bodies of events."""
    rows = await tx.fetch("select event_id, body from event where tenant_id = $1 and event_id = any($2::bigint[])", list(event_ids))
    return {row["event_id"]: row["body"] for row in rows}


async def put(tx: TenantTransaction, rows: Sequence[tuple[str, str | None, str]]) -> None:
    """Write (key, the lot's key, document); a row that says the same already is left alone, with its time."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    await tx.execute(
        """insert into published_history as h (tenant_id, key, lot_key, document)
           select $1, * from unnest($2::text[], $3::text[], $4::text[])
           on conflict (tenant_id, key) do update set lot_key = excluded.lot_key, document = excluded.document, published_at = now()
           where (h.lot_key, h.document) is distinct from (excluded.lot_key, excluded.document)""",
        *columns,
    )


async def withdraw(tx: TenantTransaction, keys: Collection[str]) -> None:
    """Take pages away."""
    await tx.execute("delete from published_history where tenant_id = $1 and key = any($2::text[])", list(keys))


async def published(tx: TenantTransaction, key: str) -> Record | None:
    """The row under a key, with the document of the lot that it belongs to."""
    return await tx.fetchrow(
        """select h.document, h.lot_key, l.document as lot_document, greatest(h.published_at, l.published_at) as published_at
           from published_history h left join published_history l on l.tenant_id = $1 and l.key = h.lot_key
           where h.tenant_id = $1 and h.key = $2""",
        key,
    )


async def notices(tx: TenantTransaction, keys: Sequence[str]) -> list[Record]:
    """(key, document, published_at) of recalls' notices. With `published` all that the public role runs here."""
    return await tx.fetch("select key, document, published_at from published_history where tenant_id = $1 and key = any($2::text[])", list(keys))


async def company(tx: TenantTransaction) -> Record | None:
    """The company's time zone, in which its days are told."""
    return await tx.fetchrow("select time_zone from tenant where tenant_id = $1")
