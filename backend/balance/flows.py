"""The account of goods: what came in, where it went, what is there, and what of that doesn't add up. Pure rules over summed rows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from backend.balance.tanks import Basis
from backend.balance.units import Amount, Sums, code_of, from_base, to_base, unit_of
from backend.events.canonical import Action, EventType
from backend.genealogy.rules import RECEIVING_STEPS, Certainty

COUNTING_STEPS = frozenset({"stock_taking", "cycle_counting"})


class LineKind(StrEnum):
    """What a line of an account tells. Transferred and serialised change where goods are, or how they are named, and not how much there is."""

    MADE = "made"
    RECEIVED = "received"
    RETURNED = "returned"
    FOUND = "found"
    USED = "used"
    SHIPPED = "shipped"
    DESTROYED = "destroyed"
    MISSED = "missed"
    TRANSFERRED = "transferred"
    SERIALISED = "serialised"


INWARD = frozenset({LineKind.MADE, LineKind.RECEIVED, LineKind.RETURNED, LineKind.FOUND})
OUTWARD = frozenset({LineKind.USED, LineKind.SHIPPED, LineKind.DESTROYED, LineKind.MISSED})


@dataclass(frozen=True, slots=True)
class Moved:
    """Movements of one look, summed; `quantity` is signed. `via`: of goods in a container that moved. `before` the period.

    `internal`: received from a place of one's own, or from nobody who is named.
    """

    type: EventType
    action: Action | None
    step: str | None
    disposition: str | None
    place: str
    uom: str
    counterparty: str | None
    is_unit: bool
    via: bool
    quantity: Decimal
    events: int
    before: bool = False
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Linked:
    """What transformations made or used, summed; `untold` of them without a quantity. `place` only where the movements don't have it."""

    made: bool
    step: str | None
    uom: str
    quantity: Decimal | None
    told: int
    untold: int
    before: bool = False
    basis: Basis = Basis.MEASURED
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Shipped:
    """What shipments to one party from one place carried, summed."""

    place: str | None
    party: str | None
    internal: bool
    uom: str
    quantity: Decimal
    told: int
    untold: int
    certainty: Certainty
    before: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a quantity above nought of one kind. `count` events or shipments tell it."""

    kind: LineKind
    quantity: Decimal
    uom: str
    basis: Basis
    certainty: Certainty
    step: str | None
    place: str | None
    party: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Untold:
    """What happened without a quantity, so often: it is in no sum."""

    kind: LineKind
    step: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Stock:
    """How much is at a place; below nought where more left than is known to have come."""

    place: str
    quantity: Decimal
    uom: str


@dataclass(frozen=True, slots=True)
class Account:
    """One unit of measure's account: opening + incoming − outgoing = in stock + in transit + difference."""

    uom: str
    opening: Decimal
    incoming: Decimal
    outgoing: Decimal
    in_stock: Decimal
    in_transit: Decimal
    difference: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """Accounts by unit of measure, the lines of the period, the stock at its end, and what isn't told."""

    accounts: tuple[Account, ...]
    lines: tuple[Line, ...]
    stock: tuple[Stock, ...]
    untold: tuple[Untold, ...]


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
        Stock(place, from_base(sums.base(account), code), code)
        for place, sums in sorted(books.stock.items())
        for account in sums.accounts
        if sums.base(account) and (code := code_of(account, books.all.codes(account))) is not None
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


@dataclass(frozen=True, slots=True)
class Yield:
    """Out over in of one account of one or more steps; `loss` is in less out. None where one side isn't told, or only in part."""

    uom: str
    put_in: Decimal
    came_out: Decimal
    loss: Decimal
    ratio: Decimal | None


def yields_of(put_in: Iterable[Amount], came_out: Iterable[Amount]) -> list[Yield]:
    """Yields by account, for the accounts in which something came out; nothing is converted between them."""
    ins, outs = Sums(put_in), Sums(came_out)
    found = []
    for account in outs.accounts:
        code = code_of(account, ins.codes(account) | outs.codes(account))
        before, after = ins.base(account), outs.base(account)
        ratio = from_base(after / before, "") if before > 0 else None
        found.append(Yield(code, from_base(before, code), from_base(after, code), from_base(before - after, code), ratio))
    return found


def scaled(quantity: Decimal, uom: str, target: str) -> Decimal:
    """A quantity of an account in the unit in which the account is told."""
    return from_base(to_base(quantity, uom), target)
