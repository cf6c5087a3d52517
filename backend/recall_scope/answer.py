"""What is told of a scope: suspects, affected goods, co-packed goods, totals, what was frozen, and what came since."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from uuid import UUID

from backend.genealogy.rules import Certainty
from backend.identifiers import ObjectKind
from backend.objects.service import TraceableObject
from backend.recall_scope.sources import Bounds, Source
from backend.trace.answer import ReachedShipment
from backend.trace.rules import Doubt


class Role(IntEnum):
    """As what an object stands in a scope; the numbers are stored and never change."""

    AFFECTED = 1
    CO_PACKED = 2
    INPUT = 3


class ScopeState(StrEnum):
    """What has become of affected goods. ON_HOLD is in stock and held; SHIPPED is at the customer, as far as is known."""

    IN_PRODUCTION = "in_production"
    ON_HOLD = "on_hold"
    IN_STOCK = "in_stock"
    IN_TRANSIT = "in_transit"
    SHIPPED = "shipped"
    SOLD = "sold"
    CONSUMED = "consumed"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity; an empty `uom` counts pieces."""

    quantity: Decimal
    uom: str


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """How much is, or has become, what; at a place, or gone to a party. `quantity` is None where no event tells it."""

    state: ScopeState
    place: str | None
    party: str | None
    quantity: Decimal | None
    uom: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Affected:
    """A lot, unit or container that is affected. `units` counts those under a lot; `quantities` is what was made or received of it."""

    thing: TraceableObject
    certainty: Certainty
    doubts: tuple[Doubt, ...]
    steps: int
    root: bool
    units: int
    on_hold: bool
    quantities: tuple[Amount, ...]
    places: tuple[Whereabouts, ...]


@dataclass(frozen=True, slots=True)
class Suspect:
    """Something from which the sources came, nearest first. `of_sources` says of how many of the objects among the sources.

    `raw`: nothing is known from which it came itself.
    """

    thing: TraceableObject
    certainty: Certainty
    doubts: tuple[Doubt, ...]
    steps: int
    of_sources: int
    raw: bool
    suppliers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CoPacked:
    """What lies beside affected goods in a container now, and is neither affected nor held; units count under their lot."""

    thing: TraceableObject
    quantity: Decimal
    uom: str
    containers: int


@dataclass(frozen=True, slots=True)
class ScopeTotal:
    """Whereabouts of all affected goods of a product together; `objects` counts lots, and units that stand for themselves."""

    state: ScopeState
    gtin: str | None
    place: str | None
    party: str | None
    quantity: Decimal | None
    uom: str
    certainty: Certainty
    objects: int


@dataclass(frozen=True, slots=True)
class Balance:
    """The mass balance of a product's affected goods in one unit of measure: `difference` is what came and of which nothing is known since.

    It is negative where more went than came, as events tell it.
    """

    gtin: str | None
    uom: str
    came: Decimal
    stock: Decimal
    in_transit: Decimal
    used: Decimal
    shipped: Decimal
    sold: Decimal
    destroyed: Decimal

    @property
    def difference(self) -> Decimal:
        """Unaccounted for."""
        return self.came - self.stock - self.in_transit - self.used - self.shipped - self.sold - self.destroyed


@dataclass(frozen=True, slots=True)
class ScopeCounts:
    """How much the whole scope holds, whatever an answer shows of it.

    `affected` are lots, units and containers by themselves, `certain` + `possible` of them; `left_out` are possible ones that the bounds
    leave out. `units` are those under the lots. `links` is how many links lead from the sources.
    """

    affected: int
    certain: int
    possible: int
    left_out: int
    units: int
    suspects: int
    co_packed: int
    shipments: int
    customers: int
    links: int


@dataclass(frozen=True, slots=True)
class RecallScope:
    """What a recall reaches, as of `known_at`. With `truncated` the lists hold the first of more; `counts` and `totals` are complete.

    `affected`: certain ones first, then nearest. `shipments` carried some of it, oldest first.
    """

    sources: tuple[Source, ...]
    bounds: Bounds
    suspect_inputs: tuple[Suspect, ...]
    affected: tuple[Affected, ...]
    co_packed: tuple[CoPacked, ...]
    totals: tuple[ScopeTotal, ...]
    balances: tuple[Balance, ...]
    shipments: tuple[ReachedShipment, ...]
    counts: ScopeCounts
    truncated: bool
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Compared:
    """A scope in numbers within some bounds. `came` is what of the affected goods was made or received, `shipped` what went to customers."""

    bounds: Bounds
    counts: ScopeCounts
    came: tuple[Amount, ...]
    shipped: tuple[Amount, ...]
    customers: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class FrozenScope:
    """A scope as it was announced; never changed. `digest` is SHA-256, hexadecimal, over the canonical list (see `freezing.py`)."""

    case_id: UUID
    version: int
    frozen_at: datetime
    frozen_by: UUID | None
    signature_id: UUID | None
    known_at: datetime
    digest: str
    sources: tuple[Source, ...]
    bounds: Bounds
    counts: ScopeCounts


@dataclass(frozen=True, slots=True)
class Item:
    """One object of a frozen scope, as it was then. `position` is its place in the list, and the cursor."""

    position: int
    object_id: int
    key: str
    kind: ObjectKind
    gtin: str | None
    code: str
    role: Role
    certainty: Certainty
    doubts: tuple[Doubt, ...]
    steps: int
    root: bool
    units: int
    quantities: tuple[Amount, ...]
    places: tuple[Whereabouts, ...]

    @property
    def thing(self) -> TraceableObject:
        """The object."""
        return TraceableObject(self.object_id, self.kind, self.key, self.gtin, self.code)


@dataclass(frozen=True, slots=True)
class CustomerLot:
    """What a customer received of one object, in one unit of measure; `shipment_ids` are the shipments' public ids."""

    object_id: int
    key: str
    kind: ObjectKind
    gtin: str | None
    code: str
    quantity: Decimal
    uom: str
    certainty: Certainty
    shipment_ids: tuple[UUID, ...]
    documents: tuple[str, ...]
    first_shipped_at: datetime
    last_shipped_at: datetime

    @property
    def shipped_at(self) -> datetime:
        """When the first of it left."""
        return self.first_shipped_at


@dataclass(frozen=True, slots=True)
class CustomerPart:
    """All that one customer received; `party` is None for shipments that name nobody."""

    party: str | None
    lots: tuple[CustomerLot, ...]

    @property
    def shipments(self) -> int:
        """How many."""
        return len({shipment for lot in self.lots for shipment in lot.shipment_ids})


class AdditionKind(IntEnum):
    """What has changed since the scope was frozen.

    ADDED: goods that are reached now. SHIPPED: affected goods went to a customer in a shipment that wasn't known. SURER: what was possible
    is certain now. NO_LONGER_REACHED: a correction took the path away; the goods stay held.
    """

    ADDED = 1
    SHIPPED = 2
    SURER = 3
    NO_LONGER_REACHED = 4


@dataclass(frozen=True, slots=True)
class Addition:
    """One difference of the scope as it is now from the last frozen version. `party` and `shipment_id` belong to SHIPPED.

    `found_at` is None until the watcher has told of it. `shipment_number` is the tenant's own, never shown.
    """

    kind: AdditionKind
    object_id: int
    key: str
    object_kind: ObjectKind
    gtin: str | None
    code: str
    certainty: Certainty
    doubts: tuple[Doubt, ...]
    found_at: datetime | None
    party: str | None = None
    shipment_id: UUID | None = None
    quantity: Decimal | None = None
    uom: str = ""
    shipment_number: int = 0

    @property
    def thing(self) -> TraceableObject:
        """The object."""
        return TraceableObject(self.object_id, self.object_kind, self.key, self.gtin, self.code)
