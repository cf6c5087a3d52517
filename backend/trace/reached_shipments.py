"""Where goods of a trace went, and from whom they came: shipments, customers, suppliers."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from backend.catalog.sites import Sites
from backend.genealogy import reach
from backend.genealogy.rules import Certainty
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.shipments import service as shipments
from backend.trace.answer import ReachedShipment, ShippedLot
from infra.database import TenantTransaction


async def shipments_of(
    tx: TenantTransaction,
    starts: Sequence[TraceableObject],
    seeds: Sequence[int],
    sites: Sites | None = None,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> list[ReachedShipment]:
    """Every shipment, from or to `sites`, that carried one of the objects or anything made from them, oldest first; by `as_of`, if given."""
    await tx.plan_for_any_tenant()
    rows = [row for row in await reach.lots_and_shipments(tx, seeds, known_at=known_at) if row["shipment_id"] is not None]
    things = await objects.load(tx, {row["lot_id"] for row in rows} | set(seeds))
    carried: dict[int, dict[tuple[int, str], ShippedLot]] = defaultdict(dict)
    for row in rows:
        lot = ShippedLot(things[row["lot_id"]], row["quantity"], row["uom"], Certainty(row["certainty"]))
        carried[row["shipment_id"]][(row["lot_id"], row["uom"])] = lot
    themselves = {start.object_id for start in starts if start.kind is not ObjectKind.LOT}
    singles = [seed for seed in seeds if seed in things and (things[seed].kind is ObjectKind.UNIT or seed in themselves)]
    for object_id, shipment_id in await shipments.carrying(tx, singles, known_at=known_at):
        carried[shipment_id].setdefault((object_id, ""), ShippedLot(things[object_id], Decimal(1), "", Certainty.CERTAIN))
    for object_id, shipment_id in await shipments.perhaps_carrying(tx, singles, known_at=known_at):
        carried[shipment_id].setdefault((object_id, ""), ShippedLot(things[object_id], Decimal(1), "", Certainty.POSSIBLE))
    left = await shipments.load(tx, carried, sites, known_at=known_at)
    found = [ReachedShipment(shipped, tuple(carried[shipped.shipment_id].values())) for shipped in left]
    return [one for one in found if as_of is None or one.shipment.shipped_at <= as_of]
