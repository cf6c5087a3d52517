"""What customers received of a recall's frozen scope, as lines of a notice; and what went to nobody who is named."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from backend.catalog import service as catalog
from backend.genealogy.rules import Certainty
from backend.recall_notices.content import Delivered, Lot, plain
from backend.recall_scope import service as scopes
from backend.recall_scope.deliveries import LotDelivery, deliveries_of
from backend.recall_scope.service import CustomerLot
from infra.clock import isoformat
from infra.database import TenantTransaction

# Shipments that name nobody.
NOBODY: Final = ""


async def of_version(tx: TenantTransaction, case_id: UUID, version: int, *, after: str | None, limit: int) -> list[tuple[str, list[Lot]]]:
    """(customer's URI, lines) in order of the URIs from behind one; NOBODY comes first. Raises `NotFrozenError`."""
    told = await scopes.customers(tx, case_id, version, after=after, limit=limit)
    gtins = {lot.gtin for part in told for lot in part.lots if lot.gtin}
    names = {gtin: dict(product.names) for gtin, product in (await catalog.products_by_gtin(tx, gtins)).items()}
    carried = await deliveries_of(tx, case_id, version, [part.party or NOBODY for part in told])
    return [(part.party or NOBODY, lines_of(part.party or NOBODY, part.lots, names, carried)) for part in told]


def lines_of(
    party: str, lots: Sequence[CustomerLot], names: Mapping[str, dict[str, str]], carried: Mapping[tuple[str, str, str], Sequence[LotDelivery]]
) -> list[Lot]:
    """The lines, in order of product and number; they are counted when the notice is written. All deliveries stand in them, as yet."""
    return [
        Lot(
            line=0, key=lot.key, code=lot.code, gtin=lot.gtin or "", names=names.get(lot.gtin or "", {}), quantity=plain(lot.quantity), uom=lot.uom,
            certain=lot.certainty is Certainty.CERTAIN,
            deliveries=tuple(
                Delivered(str(one.shipment), paper(one.document), isoformat(one.shipped_at), plain(one.quantity), one.uom)
                for one in carried.get((party, lot.key, lot.uom), ())
            ),
        )
        for lot in sorted(lots, key=lambda lot: (lot.gtin or "", lot.code, lot.key, lot.uom))
    ]  # fmt: skip


def paper(document: str) -> str:
    """The number of a delivery's paper, as people know it: of a URI its last part."""
    return document.rstrip("/").rpartition("/")[2].rpartition(":")[2] if "/" in document or document.startswith("urn:") else document
