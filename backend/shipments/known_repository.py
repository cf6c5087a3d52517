"""Statements on what was known of shipments at a moment, `$2` in every one of them (docs/adr/0022)."""

from collections.abc import Collection
from datetime import datetime

from backend.genealogy.known import STAYS_THEN
from backend.genealogy.repository import TOLERANCE
from infra.database import Record, TenantTransaction

# The direction of a past that holds then goes before the one that was told since.
_SHIPMENTS_THEN = """
(select shipment_id, shipped_at, from_place, to_party, document,
        coalesce((select p.direction from shipment_past p
                  where p.tenant_id = $1 and p.shipment_id = n.shipment_id and p.known_from <= $2 and p.known_to > $2), direction) as direction
 from shipment n where n.tenant_id = $1 and n.known_from <= $2 and (n.superseded_by is null or n.superseded_at > $2))
"""
_OUTWARD_THEN = f"""
with recursive outward(object_id, id, valid_from, valid_to) as (
  select o.object_id, o.object_id, '-infinity'::timestamptz, 'infinity'::timestamptz
  from traceable_object o where o.tenant_id = $1 and o.object_id = any($3::bigint[])
  union
  select w.object_id, c.container_id, greatest(w.valid_from, c.valid_from), least(w.valid_to, c.valid_to) from outward w
  cross join lateral (
    select * from {STAYS_THEN} c where c.content_id = w.id and c.valid_from < w.valid_to and c.valid_to > w.valid_from offset 0) c)
"""


async def by_ids(tx: TenantTransaction, ids: Collection[int], known_at: datetime) -> list[Record]:
    """Shipments then in force, with the public id of their event."""
    return await tx.fetch(
        f"""select s.shipment_id, e.public_id, s.shipped_at, s.direction, s.from_place, s.to_party, s.document
            from {_SHIPMENTS_THEN} s join event e on e.tenant_id = $1 and e.event_id = s.shipment_id
            where s.shipment_id = any($3::bigint[]) order by s.shipped_at, s.shipment_id""",
        known_at,
        list(ids),
    )


async def carried_in(tx: TenantTransaction, objects: Collection[int], known_at: datetime) -> list[Record]:
    """(object, shipment) for shipments that named the object, or a container in which it was known to lie when the shipment left."""
    return await tx.fetch(
        f"""{_OUTWARD_THEN}
            select distinct w.object_id, s.shipment_id from outward w
            join event_object eo on eo.tenant_id = $1 and eo.object_id = w.id and eo.role in (1, 2)
            cross join lateral (select * from {_SHIPMENTS_THEN} s where s.shipment_id = eo.event_id offset 0) s
            where s.direction <> 2 and s.shipped_at >= w.valid_from and s.shipped_at < w.valid_to""",
        known_at,
        list(objects),
    )


async def perhaps_carried_in(tx: TenantTransaction, objects: Collection[int], known_at: datetime) -> list[Record]:
    """(object, shipment) for shipments that left before the object was packed into what they named, as was known; see `repository`."""
    return await tx.fetch(
        f"""with recursive outward(object_id, id, left_from, left_before, packed) as (
              select o.object_id, o.object_id, '-infinity'::timestamptz, 'infinity'::timestamptz, '-infinity'::timestamptz
              from traceable_object o where o.tenant_id = $1 and o.object_id = any($3::bigint[])
              union
              select w.object_id, c.container_id, greatest(w.left_from, m.left_from), least(w.left_before, c.valid_to),
                     greatest(w.packed, c.valid_from)
              from outward w
              cross join lateral (select * from {STAYS_THEN} c where c.content_id = w.id and c.valid_to > w.left_from offset 0) c
              join traceable_object k on k.tenant_id = $1 and k.object_id = c.container_id
              cross join lateral (select case when k.kind = 3 then '-infinity'::timestamptz else c.valid_from - {TOLERANCE} end as left_from) m
              where m.left_from < w.left_before)
            select distinct w.object_id, s.shipment_id from outward w
            join event_object eo on eo.tenant_id = $1 and eo.object_id = w.id and eo.role in (1, 2)
            cross join lateral (select * from {_SHIPMENTS_THEN} s where s.shipment_id = eo.event_id offset 0) s
            where s.direction <> 2 and s.shipped_at >= w.left_from and s.shipped_at < w.left_before and s.shipped_at < w.packed""",
        known_at,
        list(objects),
    )


async def goods_in(tx: TenantTransaction, shipments: Collection[int], known_at: datetime) -> list[Record]:
    """(shipment, object) of everything that these shipments were known to carry, through every packing; see `repository`."""
    return await tx.fetch(
        f"""with recursive inside(shipment_id, shipped_at, object_id) as (
              select s.shipment_id, s.shipped_at, eo.object_id from {_SHIPMENTS_THEN} s
              join event_object eo on eo.tenant_id = $1 and eo.event_id = s.shipment_id and eo.role in (1, 2)
              where s.shipment_id = any($3::bigint[]) and s.direction <> 2
              union
              select i.shipment_id, i.shipped_at, c.content_id from inside i
              cross join lateral (select * from {STAYS_THEN} c where c.container_id = i.object_id and c.valid_to > i.shipped_at offset 0) c
              where (c.valid_from <= i.shipped_at
                 or (not exists (select 1 from {STAYS_THEN} n where n.container_id = c.container_id
                                 and n.valid_from <= i.shipped_at and n.valid_to > i.shipped_at and n.kind not in (3, 4))
                     and c.valid_from <= {TOLERANCE} + greatest(i.shipped_at, (
                       select min(n.valid_from) from traceable_object k
                       join {STAYS_THEN} n on n.container_id = k.object_id and n.valid_from > i.shipped_at
                       where k.tenant_id = $1 and k.object_id = c.container_id and k.kind = 3)))))
            select shipment_id, object_id from inside""",
        known_at,
        sorted(shipments),
    )
