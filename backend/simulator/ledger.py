"""What truly happened in the simulated factory, noted by its own operations and never read back from the events."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from backend.simulator.gs1_keys import lot_key, sscc_key, unit_key
from backend.simulator.master_data import Partner, Product, ProductKind


@dataclass(slots=True, eq=False)
class Lot:
    """`quantity` is what was received or made; `remaining` is what is left in its store, to be drawn from `available_at`."""

    product: Product
    number: str
    made_at: datetime
    quantity: Decimal
    supplier: Partner | None = None
    expires: date | None = None
    remaining: Decimal = field(init=False)
    available_at: datetime = field(init=False)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.remaining = self.quantity
        self.available_at = self.made_at
        self.key = lot_key(self.product.gtin, self.number)


@dataclass(slots=True, eq=False)
class Unit:
    """A serialised instance. `lot` is None for a unit with a genealogy of its own; `content` counts what a reel still holds."""

    product: Product
    serial: str
    lot: Lot | None
    made_at: datetime
    content: Decimal = Decimal(0)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.key = unit_key(self.product.gtin, self.serial)


class LogisticKind(StrEnum):
    CASE = "case"
    PALLET = "pallet"
    SUPPLIER_PALLET = "supplier_pallet"


@dataclass(slots=True, eq=False)
class LogisticUnit:
    sscc: str
    kind: LogisticKind
    company_prefix: str
    key: str = field(init=False)
    contents: dict[str, "Packed"] = field(default_factory=dict)
    container: "LogisticUnit | None" = None

    def __post_init__(self) -> None:
        self.key = sscc_key(self.sscc)


Packed = Unit | LogisticUnit


@dataclass(frozen=True, slots=True)
class Part:
    """One input or output of a transformation; `at` is the time of the part in which it was named."""

    key: str
    quantity: Decimal | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Transformation:
    """All inputs reach all outputs, whichever part they were named in. `untracked` are GTINs drawn without a lot."""

    transformation_id: str | None
    event_ids: tuple[str, ...]
    inputs: tuple[Part, ...]
    outputs: tuple[Part, ...]
    untracked: tuple[str, ...]


@dataclass(slots=True)
class Stay:
    """`content` was in `container` from `since` up to, but not at, `until` (None: still there)."""

    content: str
    container: str
    since: datetime
    until: datetime | None = None

    def covers(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)

    def overlaps(self, other: "Stay") -> bool:
        return (other.until is None or self.since < other.until) and (self.until is None or other.since < self.until)


@dataclass(frozen=True, slots=True)
class QuantityMove:
    """A part of a lot put into (positive) or taken out of (negative) a container."""

    lot: str
    container: str
    quantity: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Shipment:
    """`named` are the keys on the shipping event; `units` and `logistic_units` are what was in them at that moment."""

    number: str
    event_id: str
    customer: str
    shipped_at: datetime
    named: tuple[str, ...]
    logistic_units: frozenset[str]
    units: frozenset[str]


@dataclass(frozen=True, slots=True)
class CustomerReturn:
    number: str
    event_id: str
    customer: str
    returned_at: datetime
    named: tuple[str, ...]
    units: frozenset[str]
    restocked: bool


class CorrectionKind(StrEnum):
    WRONG_INPUT_LOT = "wrong_input_lot"
    WRONG_CUSTOMER = "wrong_customer"
    DID_NOT_OCCUR = "did_not_occur"


@dataclass(frozen=True, slots=True)
class Correction:
    """`named` was recorded by mistake where `meant` was right (lot keys or customers' GLNs)."""

    kind: CorrectionKind
    event_id: str
    corrective_event_id: str | None
    declared_at: datetime
    named: str | None = None
    meant: str | None = None


@dataclass(slots=True)
class Ledger:
    lots: dict[str, Lot] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    logistic_units: dict[str, LogisticUnit] = field(default_factory=dict)
    transformations: list[Transformation] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    quantity_moves: list[QuantityMove] = field(default_factory=list)
    shipments: list[Shipment] = field(default_factory=list)
    returns: list[CustomerReturn] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    destroyed: dict[str, datetime] = field(default_factory=dict)
    _open_stays: dict[str, Stay] = field(default_factory=dict)

    def add_lot(self, lot: Lot) -> Lot:
        if lot.key in self.lots:
            raise ValueError(f"Lot {lot.key} was made twice.")
        self.lots[lot.key] = lot
        return lot

    def add_units(self, units: Iterable[Unit]) -> None:
        for unit in units:
            self.units[unit.key] = unit

    def is_finished(self, unit_key: str) -> bool:
        return self.units[unit_key].product.kind is ProductKind.FINISHED

    def put(self, container: LogisticUnit, contents: Iterable[Packed], at: datetime) -> None:
        for content in contents:
            stay = Stay(content.key, container.key, at)
            self.stays.append(stay)
            self._open_stays[content.key] = stay
            container.contents[content.key] = content
            if isinstance(content, LogisticUnit):
                content.container = container

    def take(self, container: LogisticUnit, contents: Iterable[Packed], at: datetime) -> None:
        for content in contents:
            self._open_stays.pop(content.key).until = at
            del container.contents[content.key]
            if isinstance(content, LogisticUnit):
                content.container = None

    def destroy(self, keys: Iterable[str], at: datetime) -> None:
        for key in keys:
            self.destroyed[key] = at


def contents_of(packed: Iterable[Packed]) -> tuple[frozenset[str], frozenset[str]]:
    """The logistic units and the units in what is named, itself included, at this moment of the simulation."""
    logistic_units: set[str] = set()
    units: set[str] = set()
    open_items = list(packed)
    while open_items:
        item = open_items.pop()
        if isinstance(item, Unit):
            units.add(item.key)
        else:
            logistic_units.add(item.key)
            open_items.extend(item.contents.values())
    return frozenset(logistic_units), frozenset(units)


def quantity_at(moves: list[QuantityMove], at: datetime) -> Decimal:
    """The sum of moves up to and at a time; `moves` are in time order."""
    end = bisect_right(moves, at, key=lambda move: move.at)
    return sum((move.quantity for move in moves[:end]), Decimal(0))
