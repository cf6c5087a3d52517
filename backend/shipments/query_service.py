"""Read shipments: pages of them, one by its public id, and what each one carries."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from backend.catalog.sites import Sites
from backend.genealogy.rules import Certainty
from backend.shipments import query_repository
from backend.shipments.service import Shipment, load
from infra.database import TenantTransaction

MAXIMUM_LOTS: Final = 500


@dataclass(frozen=True, slots=True)
class CarriedLot:
    """How much of one lot, or of a unit that stands for itself, a shipment carries."""

    lot_id: int
    quantity: Decimal
    uom: str
    certainty: Certainty


async def page_of_shipments(tx: TenantTransaction, *, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None = None) -> list[Shipment]:
    """Shipments of the tenant's own goods from or to `sites`, newest first, from behind the cursor (a public id), in the order of going."""
    ids = await query_repository.page(tx, cursor=cursor, backward=backward, limit=limit, sites=sites)
    found = await shipments_by_id(tx, ids)
    return [found[shipment_id] for shipment_id in ids if shipment_id in found]


async def shipments_by_id(tx: TenantTransaction, ids: Collection[int], sites: Sites | None = None) -> dict[int, Shipment]:
    """Shipments in force from or to `sites`."""
    return {shipped.shipment_id: shipped for shipped in await load(tx, ids, sites)} if ids else {}


async def shipment_by_public_id(tx: TenantTransaction, public_id: UUID, sites: Sites | None = None) -> Shipment | None:
    """The shipment from or to `sites` that an event made, or None."""
    shipment_id = await query_repository.by_public_id(tx, public_id)
    return (await shipments_by_id(tx, [shipment_id], sites)).get(shipment_id) if shipment_id is not None else None


async def lots_carried(tx: TenantTransaction, ids: Collection[int]) -> dict[int, list[CarriedLot]]:
    """What each shipment carries, by the rollup; at most 500 lots of each."""
    carried: dict[int, list[CarriedLot]] = defaultdict(list)
    for row in await query_repository.lots_in(tx, ids, MAXIMUM_LOTS):
        carried[row["shipment_id"]].append(CarriedLot(row["lot_id"], row["quantity"], row["uom"], Certainty(row["certainty"])))
    return carried
