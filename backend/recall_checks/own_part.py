"""Our own part of a recall's goods: what of all that was made or received is in stock, in production, destroyed, used or shipped. No I/O.

Of each row: produced + returned = in stock + in transit + in production + used + destroyed + missed + shipped + difference.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from backend.balance.lines import Balance, LineKind
from backend.genealogy.rules import Certainty
from backend.recall_checks.facts import Discrepancy, DiscrepancyKind, Fact, Fate, percent
from backend.units.amounts import Amount, Sums, code_of, from_base, unit_of

_PRODUCED: Final = (LineKind.MADE, LineKind.RECEIVED, LineKind.FOUND)


@dataclass(frozen=True, slots=True)
class Thing:
    """A lot, or a unit by itself, that a recall reaches."""

    object_id: int
    gtin: str | None
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A product's account, certain or possible, in one unit of measure. `on_hold` is part of `in_stock`; `missed` is what a count missed."""

    gtin: str | None
    uom: str
    certainty: Certainty
    lots: int
    produced: Decimal
    returned: Decimal
    in_stock: Decimal
    on_hold: Decimal
    in_transit: Decimal
    in_production: Decimal
    used: Decimal
    destroyed: Decimal
    missed: Decimal
    shipped: Decimal
    difference: Decimal

    @property
    def accounted(self) -> Decimal:
        """Where it is, or what became of it, is known; what came back is counted where it is now."""
        return self.in_stock + self.in_transit + self.in_production + self.used + self.destroyed + self.shipped - self.returned

    @property
    def reconciliation(self) -> Decimal | None:
        """Accounted for, per cent of produced; above a hundred where more is told than was made. None where nothing was."""
        return percent(self.accounted, self.produced)

    @property
    def reconciled(self) -> Decimal | None:
        """A hundred less what doesn't add up in either direction, per cent of produced; never below nought."""
        away = abs(self.produced - self.accounted)
        return percent(max(Decimal(0), self.produced - away), self.produced)


_Key = tuple[str | None, str, Certainty]
_NAMES: Final = ("produced", "returned", "in_stock", "on_hold", "in_transit", "in_production", "used", "destroyed", "missed", "shipped", "difference")


def own_rows(
    things: Iterable[Thing], balances: Mapping[int, Balance], unfinished: Mapping[int, Sequence[Amount]], held: Collection[int]
) -> tuple[list[OwnRow], list[Discrepancy]]:
    """The own part's rows by product, unit of measure and certainty, and each lot whose account doesn't close."""
    sums: dict[_Key, dict[str, Sums]] = {}
    codes: dict[_Key, set[str]] = defaultdict(set)
    lots: dict[_Key, set[int]] = defaultdict(set)
    wrong: list[Discrepancy] = []
    for thing in things:
        balance = balances.get(thing.object_id)
        if balance is None:
            continue
        for account in balance.accounts:
            if account.difference:
                kind = DiscrepancyKind.OWN_STOCK_UNEXPLAINED
                wrong.append(Discrepancy(kind, None, thing.gtin, thing.object_id, account.difference, account.uom))
            key = (thing.gtin, unit_of(account.uom).account, thing.certainty)
            codes[key].add(account.uom)
            lots[key].add(thing.object_id)
        for name, amount in _amounts(balance, unfinished.get(thing.object_id, ()), on_hold=thing.object_id in held):
            key = (thing.gtin, unit_of(amount.uom).account, thing.certainty)
            codes[key].add(amount.uom)
            sums.setdefault(key, {each: Sums() for each in _NAMES})[name].add(amount.quantity, amount.uom)
    rows = [_row(key, parts, codes[key], len(lots[key])) for key, parts in sums.items()]
    return sorted(rows, key=lambda row: (row.gtin or "", row.uom, int(row.certainty))), wrong


def _amounts(balance: Balance, unfinished: Sequence[Amount], *, on_hold: bool) -> Iterable[tuple[str, Amount]]:
    kinds = {LineKind.RETURNED: "returned", LineKind.USED: "used", LineKind.DESTROYED: "destroyed", LineKind.MISSED: "missed",
             LineKind.SHIPPED: "shipped"} | dict.fromkeys(_PRODUCED, "produced")  # fmt: skip
    for line in balance.lines:
        if line.kind in kinds:
            yield kinds[line.kind], Amount(line.quantity, line.uom)
    for account in balance.accounts:
        yield "in_stock", Amount(account.in_stock, account.uom)
        yield "in_transit", Amount(account.in_transit, account.uom)
        yield "difference", Amount(account.difference, account.uom)
        if on_hold:
            yield "on_hold", Amount(max(Decimal(0), account.in_stock), account.uom)
    for amount in unfinished:
        yield "in_production", amount
        yield "used", Amount(-amount.quantity, amount.uom)


def _row(key: _Key, parts: Mapping[str, Sums], codes: set[str], lots: int) -> OwnRow:
    gtin, account, sure = key
    code = code_of(account, codes)
    return OwnRow(gtin, code, sure, lots, **{name: from_base(parts[name].base(account), code) for name in _NAMES})


def proved(things: Iterable[Thing], balances: Mapping[int, Balance]) -> list[Fact]:
    """What our own events prove of goods that were shipped: returns received, and what was destroyed at a customer's place."""
    found = []
    for thing in things:
        balance = balances.get(thing.object_id)
        if balance is None:
            continue
        customers = {line.party for line in balance.lines if line.kind is LineKind.SHIPPED and line.party}
        for line in balance.lines:
            if line.kind is LineKind.RETURNED:
                found.append(Fact(line.party, thing.object_id, thing.gtin, Fate.RECOVERED, line.quantity, line.uom, proved=True))
            elif line.kind is LineKind.DESTROYED and line.place in customers:
                found.append(Fact(line.place, thing.object_id, thing.gtin, Fate.DESTROYED, line.quantity, line.uom, proved=True))
    return found
