"""The account of goods: what came in, where it went, what is there, and what of that doesn't add up. Pure rules over summed rows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from backend.balance.lines import INWARD, OUTWARD, Account, Balance, Line, LineKind, Linked, Moved, Shipped, Stock, Untold
from backend.balance.tanks import Basis
from backend.events.canonical import EventType
from backend.genealogy.rules import RECEIVING_STEPS, Certainty
from backend.units.amounts import Sums, code_of, from_base, unit_of

COUNTING_STEPS = frozenset({"stock_taking", "cycle_counting"})


@dataclass(slots=True)
class _Books:
    """Sums by account in its base, and the codes in which their parts were told."""

    opening: Sums
    incoming: Sums
    outgoing: Sums
    transit: Sums
    stock: dict[str, Sums]
    all: Sums


def balance_of(moved: Sequence[Moved], linked: Sequence[Linked], shipped: Sequence[Shipped], untold: Sequence[Untold]) -> Balance:
    """The account of goods of which these are all the sums."""
    books = _Books(Sums(), Sums(), Sums(), Sums(), defaultdict(Sums), Sums())
    lines: list[Line] = []
    for row in linked:
        _enter_link(books, lines, row)
    counted = any(row.uom == "" or unit_of(row.uom).account == "count" for row in linked if row.made and row.quantity) or any(
        unit_of(row.uom).account == "count" and not row.is_unit and row.quantity > 0 for row in moved if row.type is not EventType.TRANSFORMATION
    )
    parties = {row.party for row in shipped if not row.internal and row.party}
    transfers = any(row.internal for row in shipped)
    for moving in moved:
        _enter_move(books, lines, moving, _kind(moving, parties, transfers=transfers, counted=counted))
    for shipment in shipped:
        _enter_shipment(books, lines, shipment)
    silent = [Untold(LineKind.MADE if row.made else LineKind.USED, row.step, row.untold) for row in linked if row.untold and not row.before]
    silent += [Untold(LineKind.SHIPPED, None, row.untold) for row in shipped if row.untold and not row.before]
    accounts = tuple(_account(books, account) for account in books.all.accounts)
    stock = tuple(
        _stock(place, sums.base(account), code_of(account, books.all.codes(account)))
        for place, sums in sorted(books.stock.items())
        for account in sums.accounts
        if sums.base(account)
    )
    merged = sorted(_merged(lines), key=lambda line: (list(LineKind).index(line.kind), line.uom, line.step or "", line.place or "", line.party or ""))
    return Balance(accounts, tuple(merged), stock, tuple(_untold_merged([*silent, *untold])))


def _kind(row: Moved, parties: set[str], *, transfers: bool, counted: bool) -> LineKind | None:
    """None for what a transformation did to goods that it names, which its links tell."""
    if row.type is EventType.TRANSFORMATION:
        return None if not row.via else LineKind.MADE if row.quantity > 0 else LineKind.USED
    if row.step in RECEIVING_STEPS:
        if row.counterparty in parties or (row.counterparty is None and row.disposition == "returned"):
            return LineKind.RETURNED
        return LineKind.TRANSFERRED if transfers and row.internal else LineKind.RECEIVED
    if row.step in COUNTING_STEPS:
        return LineKind.FOUND if row.quantity > 0 else LineKind.MISSED
    if row.quantity > 0:
        # Serials given to pieces that were counted as a quantity of their lot before make no more of them.
        return LineKind.SERIALISED if row.is_unit and counted else LineKind.MADE
    return LineKind.DESTROYED


def _enter_link(books: _Books, lines: list[Line], row: Linked) -> None:
    if row.quantity is None:
        return
    books.all.add(Decimal(0), row.uom)
    if row.place is not None:
        # A tank's draw: the movements don't know of it.
        books.stock[row.place].add(-row.quantity, row.uom)
        if row.before:
            books.opening.add(-row.quantity, row.uom)
    if not row.before:
        (books.incoming if row.made else books.outgoing).add(row.quantity, row.uom)
        kind = LineKind.MADE if row.made else LineKind.USED
        lines.append(Line(kind, row.quantity, row.uom, row.basis, Certainty.CERTAIN, row.step, row.place, None, row.told))


def _enter_move(books: _Books, lines: list[Line], row: Moved, kind: LineKind | None) -> None:
    books.all.add(Decimal(0), row.uom)
    if kind is not LineKind.SERIALISED:
        books.stock[row.place].add(row.quantity, row.uom)
        if kind is LineKind.TRANSFERRED:
            books.transit.add(-row.quantity, row.uom)
        if row.before and kind is not LineKind.TRANSFERRED:
            books.opening.add(row.quantity, row.uom)
    if row.before or kind is None:
        return
    if kind in INWARD or kind in OUTWARD:
        (books.incoming if kind in INWARD else books.outgoing).add(abs(row.quantity), row.uom)
    party = row.counterparty if row.step in RECEIVING_STEPS else None
    lines.append(Line(kind, abs(row.quantity), row.uom, Basis.MEASURED, Certainty.CERTAIN, row.step, row.place, party, row.events))


def _enter_shipment(books: _Books, lines: list[Line], row: Shipped) -> None:
    if not row.told:
        return
    books.all.add(Decimal(0), row.uom)
    if row.place is not None:
        books.stock[row.place].add(-row.quantity, row.uom)
    if row.internal:
        books.transit.add(row.quantity, row.uom)
    elif row.before:
        books.opening.add(-row.quantity, row.uom)
    else:
        books.outgoing.add(row.quantity, row.uom)
    if not row.before:
        kind = LineKind.TRANSFERRED if row.internal else LineKind.SHIPPED
        lines.append(Line(kind, row.quantity, row.uom, Basis.MEASURED, row.certainty, "shipping", row.place, row.party, row.told))


def _stock(place: str, base: Fraction, code: str) -> Stock:
    return Stock(place, from_base(base, code), code)


def _account(books: _Books, account: str) -> Account:
    code = code_of(account, books.all.codes(account))
    stock = sum((sums.base(account) for sums in books.stock.values()), Fraction(0))
    opening, transit = books.opening.base(account), books.transit.base(account)
    incoming, outgoing = books.incoming.base(account), books.outgoing.base(account)
    difference = opening + incoming - outgoing - stock - transit
    return Account(code, *(from_base(value, code) for value in (opening, incoming, outgoing, stock, transit, difference)))


def _merged(lines: Iterable[Line]) -> list[Line]:
    """Lines of one look as one, in the unit in which each was told."""
    sums: dict[tuple[object, ...], Line] = {}
    for line in lines:
        key = (line.kind, line.uom, line.basis, line.certainty, line.step, line.place, line.party)
        known = sums.get(key)
        quantity, count = (known.quantity, known.count) if known else (Decimal(0), 0)
        sums[key] = Line(
            line.kind, quantity + line.quantity, line.uom, line.basis, line.certainty, line.step, line.place, line.party, count + line.count
        )
    return list(sums.values())


def _untold_merged(silent: Iterable[Untold]) -> list[Untold]:
    counts: dict[tuple[LineKind, str], int] = defaultdict(int)
    for one in silent:
        counts[one.kind, one.step or ""] += one.count
    return [Untold(kind, step or None, count) for (kind, step), count in sorted(counts.items())]
