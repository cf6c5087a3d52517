"""Single deliveries of a frozen scope's goods: which shipment took how much to which customer, and when."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from backend.recall_scope import deliveries_repository
from infra.database import TenantTransaction


@dataclass(frozen=True, slots=True)
class LotDelivery:
    """One shipment's part of a lot. `shipment` is its public id, `document` the paper that it names, empty where it names none."""

    shipment: UUID
    quantity: Decimal
    uom: str
    shipped_at: datetime
    document: str


async def deliveries_of(tx: TenantTransaction, case_id: UUID, version: int, parties: Sequence[str]) -> dict[tuple[str, str, str], list[LotDelivery]]:
    """By (party, key, uom), oldest first; an empty party is of shipments that name nobody."""
    found: dict[tuple[str, str, str], list[LotDelivery]] = defaultdict(list)
    for row in await deliveries_repository.of_parties(tx, case_id, version, parties):
        found[row["party"], row["key"], row["uom"]].append(
            LotDelivery(row["shipment"], row["quantity"], row["uom"], row["shipped_at"], row["document"] or "")
        )
    return found
