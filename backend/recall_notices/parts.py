"""What each customer received of a recall's frozen scope, as lines of a notice; and what went to nobody who is named."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backend.catalog import service as catalog
from backend.genealogy.rules import Certainty
from backend.recall_notices.content import MOST_DELIVERIES, Delivered, Lot, plain
from backend.recall_scope import service as scopes
from backend.recall_scope.answer import CustomerLot
from infra.clock import isoformat
from infra.database import TenantTransaction

_NAMES_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Parts:
    """The lines of each customer, by his URI; and the lines that name no customer."""

    by_party: dict[str, list[Lot]]
    nobodys: list[Lot]


async def of_version(tx: TenantTransaction, case_id: UUID, version: int) -> Parts:
    """All customers of a frozen version."""
    told = await scopes.customers(tx, case_id, version)
    gtins = sorted({lot.gtin for part in told for lot in part.lots if lot.gtin})
    names: dict[str, dict[str, str]] = {}
    for start in range(0, len(gtins), _NAMES_AT_ONCE):
        found = await catalog.products_by_gtin(tx, gtins[start : start + _NAMES_AT_ONCE])
        names.update({gtin: dict(product.names) for gtin, product in found.items()})
    by_party: dict[str, list[Lot]] = {}
    nobodys: list[Lot] = []
    for part in told:
        lots = lines_of(part.lots, names)
        if part.party:
            by_party.setdefault(part.party, []).extend(lots)
        else:
            nobodys.extend(lots)
    return Parts(by_party, nobodys)


def lines_of(lots: Sequence[CustomerLot], names: dict[str, dict[str, str]]) -> list[Lot]:
    """The lines, in order of product and number; they are counted when the notice is written."""
    ordered = sorted(lots, key=lambda lot: (lot.gtin or "", lot.code, lot.key, lot.uom))
    return [
        Lot(
            line=0, key=lot.key, code=lot.code, gtin=lot.gtin or "", names=names.get(lot.gtin or "", {}), quantity=plain(lot.quantity), uom=lot.uom,
            certain=lot.certainty is Certainty.CERTAIN, deliveries=_deliveries(lot)[:MOST_DELIVERIES],
            more_deliveries=max(0, len(lot.shipment_ids) - MOST_DELIVERIES),
        )
        for lot in ordered
    ]  # fmt: skip


def _deliveries(lot: CustomerLot) -> tuple[Delivered, ...]:
    single = len(lot.shipment_ids) == 1
    return tuple(
        Delivered(
            reference=str(shipment_id), document=lot.documents[number] if number < len(lot.documents) else "",
            at=isoformat(lot.first_shipped_at if number == 0 else lot.last_shipped_at) if single or number in (0, len(lot.shipment_ids) - 1) else "",
            quantity=plain(lot.quantity) if single else "", uom=lot.uom,
        )
        for number, shipment_id in enumerate(lot.shipment_ids)
    )  # fmt: skip
