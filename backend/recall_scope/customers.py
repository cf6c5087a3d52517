"""What each customer received of a scope: from the frozen rows, or of the scope as it is now."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from backend.genealogy.rules import Certainty
from backend.identifiers import ObjectKind
from backend.recall_scope import freezing_repository
from backend.recall_scope.answer import CustomerLot, CustomerPart
from backend.recall_scope.freezing import frozen
from backend.trace.answer import ReachedShipment, ShippedLot
from infra.database import Record, TenantTransaction


async def of_version(
    tx: TenantTransaction, case_id: UUID, version: int | None, *, after: str | None = None, backward: bool = False, limit: int | None = None
) -> list[CustomerPart]:
    """By name, from behind one ("" is of shipments that name nobody), in the order of going. Raises `NotFrozenError`."""
    scope = await frozen(tx, case_id, version)
    parties = await freezing_repository.parties(tx, case_id, scope.version, after=after, backward=backward, limit=limit or 1_000_000)
    lots: dict[str, list[CustomerLot]] = defaultdict(list)
    for start in range(0, len(parties), 200):
        for row in await freezing_repository.lots_of(tx, case_id, scope.version, parties[start : start + 200]):
            lots[row["party"]].append(_lot(row))
    return [CustomerPart(party or None, tuple(lots[party])) for party in parties]


def _lot(row: Record) -> CustomerLot:
    return CustomerLot(
        row["object_id"], row["key"], ObjectKind(row["kind"]), row["gtin"], row["code"], row["quantity"], row["uom"], Certainty(row["certainty"]),
        tuple(sorted(row["shipments"])), tuple(sorted(row["documents"] or ())), row["first_at"], row["last_at"],
    )  # fmt: skip


def of_shipments(shipments: Iterable[ReachedShipment]) -> list[CustomerPart]:
    """The same of shipments, by name."""
    parts: dict[str, dict[tuple[int, str], list[tuple[ReachedShipment, ShippedLot]]]] = defaultdict(lambda: defaultdict(list))
    for one in shipments:
        for lot in one.lots:
            parts[one.shipment.to_party or ""][lot.lot.object_id, lot.uom].append((one, lot))
    return [CustomerPart(party or None, tuple(sorted(map(_added, lots.values()), key=_name))) for party, lots in sorted(parts.items())]


def _name(lot: CustomerLot) -> tuple[str, str]:
    return lot.key, lot.uom


def _added(carried: Sequence[tuple[ReachedShipment, ShippedLot]]) -> CustomerLot:
    thing, moments = carried[0][1].lot, [one.shipment.shipped_at for one, _ in carried]
    return CustomerLot(
        thing.object_id, thing.key, thing.kind, thing.gtin, thing.code, sum((lot.quantity for _, lot in carried), start=carried[0][1].quantity * 0),
        carried[0][1].uom, max(lot.certainty for _, lot in carried), tuple(sorted({one.shipment.public_id for one, _ in carried})),
        tuple(sorted({one.shipment.document for one, _ in carried if one.shipment.document})), min(moments), max(moments),
    )  # fmt: skip
