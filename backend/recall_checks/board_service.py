"""The effectiveness board of a recall: frozen shipments against what our own events prove and what customers report, and our own part."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec

from backend.balance.lot_service import accounts_of
from backend.identifiers import ObjectKind
from backend.recall_checks import board, own_part, reach, reach_repository
from backend.recall_checks.board import totals_of
from backend.recall_checks.facts import Discrepancy, DiscrepancyKind, Fact, Fate, Row, Split
from backend.recall_checks.own_part import OwnRow
from backend.recall_checks.reach import Reached
from backend.recall_notices import service as notices
from backend.recalls.service import case_by_id
from infra import clock
from infra.database import TenantTransaction

# So many discrepancies are named; how many there are is told besides.
MOST_NAMED: Final = 500


@dataclass(frozen=True, slots=True)
class Board:
    """What became of a recall's goods as of `at`, against the frozen `version` (None before the announcement: as computed at this moment).

    `rows` by customer, product, unit of measure and certainty; `own` is our own part of affected goods, `inputs` of what they came from.
    `discrepancies` are the first of `discrepancy_count`. `partial`: there is more than was looked through.
    """

    case_id: UUID
    version: int | None
    at: datetime
    rows: tuple[Row, ...]
    own: tuple[OwnRow, ...]
    inputs: tuple[OwnRow, ...]
    discrepancies: tuple[Discrepancy, ...]
    discrepancy_count: int
    partial: bool

    def by_customer(self) -> list[Row]:
        """Added up over products, by unit of measure; certain and possible apart."""
        return totals_of(self.rows, by_party=True)

    def by_product(self) -> list[Row]:
        """Added up over customers."""
        return totals_of(self.rows, by_product=True)

    def totals(self) -> list[Row]:
        """Added up over all, certain and possible apart; what can't be added stays apart."""
        return totals_of(self.rows)

    def overall(self) -> list[Row]:
        """Certain and possible together, a row for each dimension."""
        return totals_of(self.rows, by_certainty=False)

    @property
    def fingerprint(self) -> str:
        """The same as long as no number of the board has changed."""
        told = [self.version, [_plain(row) for row in self.rows], [_own_plain(row) for row in self.own], self.discrepancy_count]
        return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


async def board_of(tx: TenantTransaction, case_id: UUID) -> Board:
    """The board of a case as it stands. Raises `UnknownRecallError`."""
    await case_by_id(tx, case_id)
    found = await reach.reached(tx, case_id)
    accounts = await accounts_of(tx, found.ids(ObjectKind.LOT), found.ids(ObjectKind.UNIT))
    held = await reach_repository.held(tx, list(found.kinds))
    facts = [*own_part.proved(found.affected, accounts.balances), *await _reported(tx, case_id, found)]
    rows, wrong = board.rows_of(found.shipped, facts)
    own, unexplained = own_part.own_rows(found.affected, accounts.balances, accounts.unfinished, held)
    inputs, lost = own_part.own_rows(found.inputs, accounts.balances, accounts.unfinished, held)
    every = [*wrong, *unexplained, *lost, *await _late(tx, found, case_id)]
    return Board(
        case_id, found.version, clock.now(), tuple(rows), tuple(own), tuple(inputs), tuple(every[:MOST_NAMED]), len(every),
        accounts.partial or found.truncated,
    )  # fmt: skip


async def _late(tx: TenantTransaction, found: Reached, case_id: UUID) -> list[Discrepancy]:
    """Shipments that are known today and weren't when the scope was frozen, or the other way round."""
    if found.version is None:
        return []
    rows = await reach_repository.shipped_otherwise(tx, case_id, found.version)
    kind = DiscrepancyKind.SHIPPED_OTHERWISE
    return [Discrepancy(kind, row["party"], row["gtin"], row["object_id"], row["quantity"], row["uom"]) for row in rows]


async def _reported(tx: TenantTransaction, case_id: UUID, found: Reached) -> list[Fact]:
    """What customers say of their lots. Goods that aren't of the scope any more are left out: nothing of them is asked for."""
    gtins = {thing.object_id: thing.gtin for thing in found.affected}
    facts = []
    for answer in await notices.answers_of(tx, case_id):
        object_id = found.keys.get(answer.key)
        if object_id is None:
            continue
        told: dict[Fate, Decimal] = {
            Fate.RECOVERED: answer.returned, Fate.DESTROYED: answer.destroyed, Fate.SOLD: answer.forwarded, Fate.HELD: answer.found,
        }  # fmt: skip
        facts += [
            Fact(answer.party, object_id, gtins[object_id], fate, quantity, answer.uom, proved=False)
            for fate, quantity in told.items()
            if quantity > 0
        ]
    return facts


def _plain(row: Row) -> list[str]:
    split: Split = row.split
    return [row.party or "", row.gtin or "", row.uom, str(int(row.certainty)), *(str(getattr(split, name)) for name in Split.__slots__)]


def _own_plain(row: OwnRow) -> list[str]:
    return [str(getattr(row, name)) for name in OwnRow.__slots__]
