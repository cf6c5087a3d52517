"""What a recall's documents tell, gathered from the features that know it, with names in the document's language. Data only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

# By unit of measure; an empty one counts pieces.
Amounts = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Firm:
    """Whose recall it is, as authorities ask for it; empty where nobody has told it. `name` is never empty."""

    name: str
    address: str = ""
    representative: str = ""
    number: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature with who signed, when and what it means (21 CFR 11.50(a))."""

    name: str
    meaning: str
    reason: str
    at: datetime
    content_sha256: str


@dataclass(frozen=True, slots=True)
class Case:
    """The case in the house's words; enumerations by their names, empty where nothing was decided yet. `products` and `instructions` are texts."""

    number: str
    title: str
    drill: bool
    state: str
    decision: str
    recall_class: str
    depth: str
    sector: str
    countries: tuple[str, ...]
    reason: str
    hazard: str
    products: str
    instructions: str
    decision_reason: str
    phone: str
    email: str
    owner: str
    known_at: datetime
    opened_at: datetime
    decided_at: datetime | None
    decided_by: str
    announced_at: datetime | None
    completed_at: datetime | None
    closed_at: datetime | None
    root_cause: str
    waivers: tuple[str, ...]
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A duty of the law. `state`: RUNNING, SOON, OVERDUE, MET, MET_LATE or ENDED; `fixed` is false for the company's own target."""

    authority: str
    duty: str
    citation: str
    begins_at: datetime
    due_at: datetime
    met_at: datetime | None
    met_by: str
    state: str
    fixed: bool
    note: str


@dataclass(frozen=True, slots=True)
class ActLine:
    """One act of the timeline; `kind` is its name."""

    at: datetime
    kind: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class GoodsLine:
    """A lot, unit or container. `why` says why it is only possible; `where` what has become of it."""

    key: str
    code: str
    gtin: str
    product: str
    kind: str
    certain: bool
    why: str
    units: int
    root: bool
    amounts: Amounts
    where: str
    suppliers: str = ""


@dataclass(frozen=True, slots=True)
class CoPackedLine:
    """What lies beside affected goods and isn't affected."""

    code: str
    product: str
    quantity: Decimal
    uom: str
    containers: int


@dataclass(frozen=True, slots=True)
class TotalLine:
    """Whereabouts of affected goods together; `state` is its name. `quantity` is None where no event tells it."""

    state: str
    product: str
    place: str
    quantity: Decimal | None
    uom: str
    certain: bool
    objects: int


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """The mass balance of a product's affected goods in one unit of measure."""

    product: str
    uom: str
    came: Decimal
    stock: Decimal
    in_transit: Decimal
    used: Decimal
    shipped: Decimal
    sold: Decimal
    destroyed: Decimal
    difference: Decimal


@dataclass(frozen=True, slots=True)
class FateLine:
    """What became of what was shipped, in one unit of measure: shipped = recovered + destroyed + sold + used + held + unknown."""

    customer: str
    product: str
    uom: str
    lots: int
    shipped: Decimal
    recovered: Decimal
    destroyed: Decimal
    sold: Decimal
    used: Decimal
    held: Decimal
    unknown: Decimal
    over: Decimal
    proved: Decimal
    recovery: Decimal | None = None
    known: Decimal | None = None


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One notice to a customer; `kind` and `state` are names."""

    customer: str
    kind: str
    state: str
    lots: int
    sent_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    reported_at: datetime | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Checks:
    """How far the effectiveness checks are (21 CFR 7.42(b)(3)); `level` is A to E, empty where none was chosen."""

    level: str = ""
    population: int = 0
    sample: int = 0
    open: int = 0
    unreached: int = 0
    ineffective: int = 0
    effective: int = 0
    overdue: int = 0
    effectiveness: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AdditionLine:
    """What has changed since the scope was frozen; `kind` is its name."""

    kind: str
    code: str
    product: str
    certain: bool
    why: str
    found_at: datetime | None
    customer: str
    quantity: Decimal | None
    uom: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How much the whole scope holds."""

    affected: int = 0
    certain: int = 0
    possible: int = 0
    left_out: int = 0
    units: int = 0
    suspects: int = 0
    co_packed: int = 0
    shipments: int = 0
    customers: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything. `version` is that of the frozen scope, 0 before the announcement (the scope as computed at `known_at` then).

    `goods` are the first of `counts.affected`; `rest` names those beyond what is printed, for the table that is attached.
    """

    firm: Firm
    case: Case
    version: int
    frozen_at: datetime | None
    known_at: datetime
    scope_digest: str
    sources: tuple[str, ...]
    bounds: tuple[str, ...]
    counts: Counts
    signatures: tuple[Signed, ...] = ()
    clocks: tuple[ClockLine, ...] = ()
    acts: tuple[ActLine, ...] = ()
    acts_left_out: int = 0
    suspects: tuple[GoodsLine, ...] = ()
    goods: tuple[GoodsLine, ...] = ()
    co_packed: tuple[CoPackedLine, ...] = ()
    totals: tuple[TotalLine, ...] = ()
    balances: tuple[BalanceLine, ...] = ()
    fates: tuple[FateLine, ...] = ()
    overall: tuple[FateLine, ...] = ()
    discrepancies: int = 0
    board_partial: bool = False
    notices: tuple[NoticeLine, ...] = ()
    checks: Checks = field(default=Checks())
    additions: tuple[AdditionLine, ...] = ()

    @property
    def company(self) -> str:
        """Its name."""
        return self.firm.name
