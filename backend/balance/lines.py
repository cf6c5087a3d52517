"""What an account of goods is put together from, and what it tells."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from backend.balance.tanks import Basis
from backend.events.canonical import Action, EventType
from backend.genealogy.rules import Certainty


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
