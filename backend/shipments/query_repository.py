"""Statements that read shipments: pages of them, and what each one carries."""

from collections.abc import Collection
from uuid import UUID

from backend.catalog.sites import Sites, fenced
from infra.database import Record, TenantTransaction


async def page(tx: TenantTransaction, *, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None) -> list[int]:
    """Outbound and undetermined shipments in force from or to the sites, newest first, from behind the one with this public id."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    fence, known = (fenced(sites, f"{name}.from_place", f"{name}.to_party", at=4) for name in ("s", "a"))
    rows = await tx.fetch(
        f"""select s.shipment_id from shipment s
            where s.tenant_id = $1 and s.superseded_by is null and s.direction <> 2{fence.condition}
              and ($2::uuid is null or (s.shipped_at, s.shipment_id) {behind} (
                select a.shipped_at, a.shipment_id from shipment a
                join event e on e.tenant_id = $1 and e.event_id = a.shipment_id
                where a.tenant_id = $1 and e.public_id = $2{known.condition}))
            order by s.shipped_at {order}, s.shipment_id {order} limit $3""",
        cursor,
        limit,
        *fence.values,
    )
    return [row["shipment_id"] for row in rows]


async def by_public_id(tx: TenantTransaction, public_id: UUID) -> int | None:
    """The shipment in force that this event made."""
    shipment_id: int | None = await tx.fetchval(
        """select s.shipment_id from event e
           join shipment s on s.tenant_id = $1 and s.shipment_id = e.event_id and s.superseded_by is null
           where e.tenant_id = $1 and e.public_id = $2""",
        public_id,
    )
    return shipment_id


async def lots_in(tx: TenantTransaction, shipments: Collection[int], limit: int) -> list[Record]:
    """(shipment, lot, quantity, uom, certainty), of each shipment at most `limit`, the largest ids last."""
    return await tx.fetch(
        """select asked.shipment_id, carried.lot_id, carried.quantity, carried.uom, carried.certainty
           from unnest($2::bigint[]) as asked(shipment_id)
           cross join lateral (
             select l.lot_id, l.quantity, l.uom, l.certainty from lot_shipment l
             where l.tenant_id = $1 and l.shipment_id = asked.shipment_id order by l.lot_id, l.uom limit $3) carried""",
        list(shipments),
        limit,
    )


async def named_in(tx: TenantTransaction, event_ids: Collection[int]) -> list[int]:
    """What those of these events name that are shipments of the tenant's own goods: lots, units, pallets, cases."""
    rows = await tx.fetch(
        """select distinct eo.object_id from shipment s
           join event_object eo on eo.tenant_id = $1 and eo.event_id = s.shipment_id and eo.role in (1, 2)
           where s.tenant_id = $1 and s.shipment_id = any($2::bigint[]) and s.superseded_by is null and s.direction <> 2""",
        list(event_ids),
    )
    return [row["object_id"] for row in rows]
