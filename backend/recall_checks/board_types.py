"""The effectiveness board as GraphQL shows it."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Final
from uuid import UUID

import strawberry

from backend.catalog.types import Partner, Product, load_partner, load_product
from backend.genealogy.rules import Certainty
from backend.graphql.context import Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect, cut
from backend.objects.types import TraceableObject, load_object
from backend.recall_checks import board_service, facts, own_part, points
from tenants.permissions import Permission

strawberry.enum(facts.DiscrepancyKind, name="RecallDiscrepancyKind", description="Why something of a recall doesn't add up.")
_FEW: Final = (ListSize(assumed_size=4),)


@strawberry.enum(description="What the board's rows are added up over.")
class RecallBoardGrouping(Enum):
    """Certain and possible goods always stand apart."""

    CUSTOMER_AND_PRODUCT = "customer_and_product"
    CUSTOMER = "customer"
    PRODUCT = "product"


@strawberry.type(description="What became of a part of what was shipped: shipped = recovered + destroyed + sold + used + held + unknown.")
class RecallBoardRow:
    """`party` or `gtin` is null where rows are added up over it. `proved` is told by our own events, `reported` by the customer beyond that.

    `over` is told beyond what was shipped, and is part of nothing else. Rates are per cent, rounded down; null where nothing was shipped.
    """

    party: str | None
    gtin: str | None
    uom: str
    certainty: Certainty
    lots: int
    shipped: Decimal
    recovered: Decimal
    recovered_proved: Decimal
    recovered_reported: Decimal
    destroyed: Decimal
    destroyed_proved: Decimal
    destroyed_reported: Decimal
    sold: Decimal
    used: Decimal
    held: Decimal
    unknown: Decimal
    over: Decimal
    recovery_rate: Decimal | None
    known_rate: Decimal | None

    @classmethod
    def of(cls, row: facts.Row) -> "RecallBoardRow":
        """From the board's."""
        split = row.split
        return cls(
            party=row.party, gtin=row.gtin, uom=row.uom, certainty=row.certainty, lots=row.lots, shipped=split.shipped, recovered=split.recovered,
            recovered_proved=split.recovered_proved, recovered_reported=split.recovered_reported, destroyed=split.destroyed,
            destroyed_proved=split.destroyed_proved, destroyed_reported=split.destroyed_reported, sold=split.sold, used=split.used,
            held=split.held, unknown=split.unknown, over=split.over, recovery_rate=split.recovery_rate, known_rate=split.known_rate,
        )  # fmt: skip

    @field(description="The catalogue's entry for the customer.")
    async def partner(self, info: Info) -> Partner | None:
        """As it is today."""
        return await load_partner(info.context, self.party)

    @field(description="The catalogue's entry for the product.")
    async def product(self, info: Info) -> Product | None:
        """As it is today."""
        return await load_product(info.context, self.gtin)


@strawberry.type(description="Our own part of a product's goods.")
class RecallOwnRow:
    """produced + returned = inStock + inTransit + inProduction + used + destroyed + missed + shipped + difference; `onHold` is part of `inStock`.

    `reconciliation` is what is accounted for, per cent of produced; above a hundred where more is told than was made.
    """

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
    reconciliation: Decimal | None

    @classmethod
    def of(cls, row: own_part.OwnRow) -> "RecallOwnRow":
        """From the board's."""
        return cls(**{name: getattr(row, name) for name in own_part.OwnRow.__slots__}, reconciliation=row.reconciliation)

    @field(description="The catalogue's entry for the product.")
    async def product(self, info: Info) -> Product | None:
        """As it is today."""
        return await load_product(info.context, self.gtin)


@strawberry.type(description="Something of a recall that doesn't add up, and by how much.")
class RecallDiscrepancy:
    """`quantity` is below nought where less is known than was told before."""

    kind: facts.DiscrepancyKind
    party: str | None
    gtin: str | None
    quantity: Decimal
    uom: str
    object_id: strawberry.Private[int | None]

    @classmethod
    def of(cls, one: facts.Discrepancy) -> "RecallDiscrepancy":
        """From the board's."""
        return cls(kind=one.kind, party=one.party, gtin=one.gtin, quantity=one.quantity, uom=one.uom, object_id=one.object_id)

    @field(description="The lot that it concerns.")
    async def object(self, info: Info) -> TraceableObject | None:
        """Null where it concerns none alone."""
        return await load_object(info.context, self.object_id) if self.object_id is not None else None

    @field(description="The catalogue's entry for the customer.")
    async def partner(self, info: Info) -> Partner | None:
        """As it is today."""
        return await load_partner(info.context, self.party)


@strawberry.type(description="How the whole board of a recall stood from a moment on, in one unit of measure, certain and possible together.")
class RecallBoardPoint:
    """A row of the curve."""

    at: datetime
    uom: str
    shipped: Decimal
    recovered: Decimal
    destroyed: Decimal
    sold: Decimal
    used: Decimal
    held: Decimal
    unknown: Decimal
    over: Decimal
    recovery_rate: Decimal | None

    @classmethod
    def of(cls, point: points.Point) -> "RecallBoardPoint":
        """From the stored one."""
        rate = facts.percent(point.recovered + point.destroyed, point.shipped)
        return cls(**{name: getattr(point, name) for name in points.Point.__slots__}, recovery_rate=rate)


@strawberry.type(description="How effective a recall is, as of a moment.", directives=requires(Permission.RECALLS_READ))
class RecallBoard:
    """Against the frozen `version`; null before the announcement, where the scope is computed at this moment. `partial`: not all was looked
    through. `discrepancyCount` may be more than are listed (500).
    """

    version: int | None
    at: datetime
    partial: bool
    discrepancy_count: int
    fingerprint: str
    case_id: strawberry.Private[UUID]
    found: strawberry.Private[board_service.Board]

    @classmethod
    def of(cls, found: board_service.Board) -> "RecallBoard":
        """From the service's."""
        return cls(
            version=found.version, at=found.at, partial=found.partial, discrepancy_count=found.discrepancy_count,
            fingerprint=found.fingerprint, case_id=found.case_id, found=found,
        )  # fmt: skip

    @field(description="Everything together, by unit of measure; certain and possible apart.", directives=_FEW)
    def totals(self) -> list[RecallBoardRow]:
        """What can't be added stays apart."""
        return [RecallBoardRow.of(row) for row in self.found.totals()]

    @field(description="By customer and product, or added up over one of them; certain and possible apart.")
    def rows(
        self,
        *,
        by: RecallBoardGrouping = RecallBoardGrouping.CUSTOMER_AND_PRODUCT,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[RecallBoardRow]:
        """In order of customers and products; the cursor is a place among them."""
        page = Page.of(first, after, last, before)
        grouped = {RecallBoardGrouping.CUSTOMER: self.found.by_customer, RecallBoardGrouping.PRODUCT: self.found.by_product}
        rows = grouped[by]() if by in grouped else self.found.rows
        part = cut(page, list(enumerate(rows, 1)), key=lambda row: row[0], cursor_key=int)
        return connect(page, part, node=lambda row: RecallBoardRow.of(row[1]), cursor=lambda row: str(row[0]))

    @field(description="Our own part of the affected goods, by product, or of what they came from (`inputs`).")
    def own(
        self, *, inputs: bool = False, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[RecallOwnRow]:
        """In order of products; the cursor is a place among them."""
        page = Page.of(first, after, last, before)
        part = cut(page, list(enumerate(self.found.inputs if inputs else self.found.own, 1)), key=lambda row: row[0], cursor_key=int)
        return connect(page, part, node=lambda row: RecallOwnRow.of(row[1]), cursor=lambda row: str(row[0]))

    @field(description="What doesn't add up.")
    def discrepancies(
        self, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[RecallDiscrepancy]:
        """In order of kinds; the cursor is a place among them."""
        page = Page.of(first, after, last, before)
        part = cut(page, list(enumerate(self.found.discrepancies, 1)), key=lambda row: row[0], cursor_key=int)
        return connect(page, part, node=lambda row: RecallDiscrepancy.of(row[1]), cursor=lambda row: str(row[0]))
