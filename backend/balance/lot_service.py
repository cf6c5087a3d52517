"""The accounts of many lots at once, each by itself: what a recall's board and a drill's reconciliation are added up from."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from backend.balance import lot_repository
from backend.balance.flows import balance_of
from backend.balance.lines import Balance, LineKind, Linked, Moved, Shipped, Untold
from backend.balance.lot_repository import Members
from backend.events.canonical import Action, EventType
from backend.genealogy.rules import RECEIVING_STEPS, Certainty
from backend.units.amounts import Amount
from infra.database import TenantTransaction

# Units that are followed one by one. What units beyond it did shows under their lots only where an event names the lot.
MAXIMUM_UNITS: Final = 200_000


@dataclass(frozen=True, slots=True)
class LotAccounts:
    """Each lot's account as of now; `unfinished` went into steps out of which nothing has come. `partial`: not every unit was followed."""

    balances: dict[int, Balance]
    unfinished: dict[int, list[Amount]]
    partial: bool


@dataclass(slots=True)
class _Rows:
    moved: dict[int, list[Moved]] = field(default_factory=lambda: defaultdict(list))
    linked: dict[int, list[Linked]] = field(default_factory=lambda: defaultdict(list))
    shipped: dict[int, list[Shipped]] = field(default_factory=lambda: defaultdict(list))
    untold: dict[int, list[Untold]] = field(default_factory=lambda: defaultdict(list))
    unfinished: dict[int, list[Amount]] = field(default_factory=lambda: defaultdict(list))


async def accounts_of(tx: TenantTransaction, lots: Collection[int], alone: Collection[int] = ()) -> LotAccounts:
    """The accounts of lots with their units, and of units `alone`, in five statements however many they are.

    What was drawn from tanks is not in them: no event tells whose it was, and a policy would only allocate it.
    """
    ids = sorted(set(lots))
    pairs = await lot_repository.units_of(tx, ids, MAXIMUM_UNITS + 1) if ids else []
    owners = {row["unit_id"]: row["lot_id"] for row in pairs[:MAXIMUM_UNITS]}
    singles = sorted(set(alone) - owners.keys())
    of = Members(ids, [*owners, *singles], [*owners.values(), *singles])
    rows = await _rows(tx, of)
    balances = {
        each: balance_of(rows.moved.get(each, []), rows.linked.get(each, []), rows.shipped.get(each, []), rows.untold.get(each, []))
        for each in (*ids, *singles)
    }
    return LotAccounts(balances, dict(rows.unfinished), len(pairs) > MAXIMUM_UNITS)


async def _rows(tx: TenantTransaction, of: Members) -> _Rows:
    found = _Rows()
    await tx.plan_for_any_tenant()
    for row in await lot_repository.moved(tx, of):
        action = Action(row["action"]) if row["action"] else None
        moved = Moved(
            EventType(row["event_type"]), action, row["biz_step"], row["disposition"], row["place"], row["uom"], row["counterparty"],
            row["is_unit"], row["via"], row["quantity"], row["events"], internal=row["internal"],
        )  # fmt: skip
        found.moved[row["lot_id"]].append(moved)
    for row in await lot_repository.linked(tx, of):
        found.linked[row["lot_id"]].append(Linked(row["made"], row["biz_step"], row["uom"], row["quantity"], row["told"], row["untold"]))
        if not row["finished"]:
            found.unfinished[row["lot_id"]].append(Amount(row["quantity"] or Decimal(0), row["uom"]))
    for row in await lot_repository.shipped(tx, of.lots):
        shipped = Shipped(
            row["from_place"], row["to_party"], row["internal"], row["uom"], row["quantity"], row["told"], row["untold"],
            Certainty(row["certainty"]),
        )  # fmt: skip
        found.shipped[row["lot_id"]].append(shipped)
    for row in await lot_repository.untold(tx, of.lots):
        received = LineKind.RECEIVED if row["biz_step"] in RECEIVING_STEPS else None
        kind = received or (LineKind.MADE if row["action"] == Action.ADD else LineKind.DESTROYED)
        found.untold[row["lot_id"]].append(Untold(kind, row["biz_step"], row["events"]))
    return found
