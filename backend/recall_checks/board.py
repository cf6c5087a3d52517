"""The effectiveness board: what became of what was shipped, by customer, product and unit of measure. Exact arithmetic, no I/O.

Of each row: shipped = recovered + destroyed + sold + used + held + unknown. What is told beyond what was shipped stands apart as `over`,
and is named among the discrepancies; so nothing is ever told as better than it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Final

from backend.genealogy.rules import Certainty
from backend.recall_checks.facts import Discrepancy, DiscrepancyKind, Fact, Fate, Row, Shipped, Split
from backend.units.amounts import code_of, from_base, to_base, unit_of

_ZERO: Final = Fraction(0)
# Goods are filled into what was shipped in this order: what is proved before what is said, what is back before what is lost.
_ORDER: Final = ("recovered_proved", "destroyed_proved", "recovered_reported", "destroyed_reported", "held", "used", "sold")
_CERTAINTIES: Final = (Certainty.CERTAIN, Certainty.POSSIBLE)
_Parts = dict[str, Fraction]


@dataclass(slots=True)
class _Lot:
    """One lot at one customer in one account."""

    gtin: str | None
    shipped: dict[Certainty, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    told: dict[tuple[Fate, bool], Fraction] = field(default_factory=lambda: defaultdict(Fraction))

    def wanted(self) -> _Parts:
        """What is told, each piece once: what is proved is part of what is reported, and came out of what was reported as held before."""
        proved, reported = ({fate: self.told.get((fate, told), _ZERO) for fate in Fate} for told in (True, False))
        early = _ZERO
        beyond: dict[Fate, Fraction] = {}
        for fate in (Fate.RECOVERED, Fate.DESTROYED):
            beyond[fate] = max(_ZERO, reported[fate] - proved[fate])
            early += max(_ZERO, proved[fate] - reported[fate])
        return {
            "recovered_proved": proved[Fate.RECOVERED], "recovered_reported": beyond[Fate.RECOVERED],
            "destroyed_proved": proved[Fate.DESTROYED], "destroyed_reported": beyond[Fate.DESTROYED],
            "held": max(_ZERO, reported[Fate.HELD] - early), "used": reported[Fate.USED], "sold": reported[Fate.SOLD],
        }  # fmt: skip

    def split(self) -> tuple[dict[Certainty, _Parts], Fraction, bool]:
        """What was shipped, certain first, filled with what is told; what is over, and whether what is proved alone is."""
        wanted = self.wanted()
        proved = wanted["recovered_proved"] + wanted["destroyed_proved"]
        parts: dict[Certainty, _Parts] = {}
        for sure in _CERTAINTIES:
            room = shipped = self.shipped.get(sure, _ZERO)
            filled: _Parts = {"shipped": shipped}
            for name in _ORDER:
                filled[name] = min(room, wanted[name])
                room -= filled[name]
                wanted[name] -= filled[name]
            filled["unknown"] = room
            parts[sure] = filled
        return parts, sum(wanted.values(), _ZERO), proved > sum(self.shipped.values(), _ZERO)


_LotKey = tuple[str | None, int, str]


def rows_of(shipped: Iterable[Shipped], facts: Iterable[Fact]) -> tuple[list[Row], list[Discrepancy]]:
    """The board's rows, by customer, product, unit of measure and certainty, and what doesn't add up."""
    lots, codes, wrong = _sent(shipped)
    receivers: dict[int, set[str | None]] = defaultdict(set)
    for party, object_id, _ in lots:
        receivers[object_id].add(party)
    for fact in facts:
        wrong += _enter(lots, codes, receivers, fact)
    rows: dict[tuple[str | None, str | None, str, Certainty], tuple[_Parts, int]] = {}
    for (party, object_id, account), lot in lots.items():
        parts, over, proved_over = lot.split()
        code = code_of(account, codes[party, lot.gtin, account])
        if over and lot.shipped:
            kind = DiscrepancyKind.RETURNED_MORE_THAN_SHIPPED if proved_over else DiscrepancyKind.OVER_REPORTED
            wrong.append(Discrepancy(kind, party, lot.gtin, object_id, from_base(over, code), code))
        # What is over is told with the less sure part, where there is one.
        last = max((sure for sure in _CERTAINTIES if parts[sure]["shipped"]), default=Certainty.CERTAIN)
        parts[last]["over"] = over
        for sure, told in parts.items():
            if told["shipped"] or told.get("over"):
                known, count = rows.get((party, lot.gtin, account, sure), ({}, 0))
                rows[party, lot.gtin, account, sure] = ({name: known.get(name, _ZERO) + told.get(name, _ZERO) for name in _NAMES}, count + 1)
    found = [
        Row(party, gtin, code, sure, _split(parts, code), count)
        for (party, gtin, account, sure), (parts, count) in rows.items()
        for code in (code_of(account, codes[party, gtin, account]),)
    ]
    return sorted(found, key=_row_order), sorted(wrong, key=_wrong_order)


_NAMES: Final = tuple(each.name for each in fields(Split))


def _sent(shipped: Iterable[Shipped]) -> tuple[dict[_LotKey, _Lot], dict[tuple[str | None, str | None, str], set[str]], list[Discrepancy]]:
    lots: dict[_LotKey, _Lot] = {}
    codes: dict[tuple[str | None, str | None, str], set[str]] = defaultdict(set)
    wrong: list[Discrepancy] = []
    for one in shipped:
        account = unit_of(one.uom).account
        if one.quantity <= 0:
            wrong.append(Discrepancy(DiscrepancyKind.QUANTITY_NOT_TOLD, one.party, one.gtin, one.object_id, one.quantity, one.uom))
        if one.party is None:
            wrong.append(Discrepancy(DiscrepancyKind.SHIPPED_WITHOUT_CUSTOMER, None, one.gtin, one.object_id, one.quantity, one.uom))
        codes[one.party, one.gtin, account].add(unit_of(one.uom).code)
        lot = lots.setdefault((one.party, one.object_id, account), _Lot(one.gtin))
        lot.shipped[one.certainty] += max(_ZERO, to_base(one.quantity, one.uom))
    return lots, codes, wrong


def _enter(
    lots: dict[_LotKey, _Lot], codes: dict[tuple[str | None, str | None, str], set[str]], receivers: Mapping[int, set[str | None]], fact: Fact
) -> list[Discrepancy]:
    """Enter a fact where the goods were shipped; elsewhere it is a row of its own to which nothing was shipped, and named."""
    if fact.quantity <= 0:
        return []
    account, party, wrong = unit_of(fact.uom).account, fact.party, []
    if party is None and len(receivers.get(fact.object_id, ())) == 1:
        # It went to nobody else.
        party = next(iter(receivers[fact.object_id]))
    key = (party, fact.object_id, account)
    if key not in lots or not lots[key].shipped:
        kind = DiscrepancyKind.NOT_SHIPPED_TO
        if party is None:
            kind = DiscrepancyKind.RETURN_WITHOUT_SENDER
        elif party in receivers.get(fact.object_id, ()):
            kind = DiscrepancyKind.UNITS_DO_NOT_COMPARE
        wrong.append(Discrepancy(kind, party, fact.gtin, fact.object_id, fact.quantity, fact.uom))
        codes[party, fact.gtin, account].add(unit_of(fact.uom).code)
        lots.setdefault(key, _Lot(fact.gtin))
    lots[key].told[fact.fate, fact.proved] += to_base(fact.quantity, fact.uom)
    return wrong


def _split(parts: _Parts, code: str) -> Split:
    return Split(**{name: from_base(parts.get(name, _ZERO), code) for name in _NAMES})


def totals_of(rows: Iterable[Row], *, by_party: bool = False, by_product: bool = False, by_certainty: bool = True) -> list[Row]:
    """Rows added up over customers, products or certainties, in one unit of measure for each dimension; what can't be added stays apart."""
    sums: dict[tuple[str | None, str | None, str, Certainty], tuple[dict[str, Fraction], set[str], int]] = {}
    for row in rows:
        sure = row.certainty if by_certainty else Certainty.CERTAIN
        key = (row.party if by_party else None, row.gtin if by_product else None, unit_of(row.uom).account, sure)
        known, codes, lots = sums.get(key, ({}, set(), 0))
        added = {name: known.get(name, _ZERO) + to_base(getattr(row.split, name), row.uom) for name in _NAMES}
        sums[key] = added, codes | {row.uom}, lots + row.lots
    found = []
    for (party, gtin, account, sure), (parts, codes, lots) in sums.items():
        code = code_of(account, codes)
        found.append(Row(party, gtin, code, sure, _split(parts, code), lots))
    return sorted(found, key=_row_order)


def _row_order(row: Row) -> tuple[bool, str, str, str, int]:
    return row.party is None, row.party or "", row.gtin or "", row.uom, int(row.certainty)


def _wrong_order(one: Discrepancy) -> tuple[str, str, str, int, str]:
    return one.kind, one.party or "", one.gtin or "", one.object_id or 0, one.uom
