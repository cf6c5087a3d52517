"""Frozen scopes and what came since, as GraphQL shows them."""

from datetime import datetime
from decimal import Decimal

import strawberry

from backend.catalog.types import Partner, load_partner
from backend.genealogy.rules import Certainty
from backend.graphql.context import Info
from backend.graphql.directives import Cost, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id
from backend.graphql.pagination import Connection, Page, connect
from backend.objects.types import TraceableObject
from backend.recall_scope import answer, query_service
from backend.recall_scope.customer_types import RecallCustomer
from backend.recall_scope.freezing import digest_of_rows
from backend.recall_scope.types import (
    FEW,
    SOME,
    RecallAmount,
    RecallBounds,
    RecalledWhereabouts,
    RecallScopeCounts,
    RecallSource,
    amounts,
    whereabouts,
)
from backend.trace.enums import Doubt
from tenants.permissions import Permission


@strawberry.type(description="A unit under a lot of a frozen scope.")
class RecalledUnit:
    """It is only possible where another lot was told for it too."""

    object: TraceableObject
    certainty: Certainty


@strawberry.type(description="An object of a frozen scope, as it was then.", directives=requires(Permission.RECALLS_READ))
class FrozenRecallItem:
    """`whereabouts` are those of the freezing; beyond the 20,000 nearest goods they weren't kept."""

    position: int
    object: TraceableObject
    role: answer.Role
    certainty: Certainty
    steps: int
    root: bool
    unit_count: int
    doubts: list[Doubt] = strawberry.field(directives=(FEW,))
    amounts: list[RecallAmount] = strawberry.field(directives=(FEW,))
    whereabouts: list[RecalledWhereabouts] = strawberry.field(directives=(FEW,))
    item: strawberry.Private[answer.Item]
    scope: strawberry.Private[answer.FrozenScope]

    @classmethod
    def of(cls, item: answer.Item, scope: answer.FrozenScope) -> "FrozenRecallItem":
        """From the service's."""
        return cls(
            position=item.position, object=TraceableObject.of(item.thing), role=item.role, certainty=item.certainty, steps=item.steps,
            root=item.root, unit_count=item.units, doubts=list(item.doubts), amounts=amounts(item.quantities),
            whereabouts=whereabouts(item.places), item=item, scope=scope,
        )  # fmt: skip

    @field(description="The units under a lot, as was known then.", directives=(Cost(weight=5),))
    async def units(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[RecalledUnit]:
        """By key."""
        page = Page.of(first, after, last, before)
        async with info.context.reading() as tx:
            rows = await query_service.units_page(tx, self.scope, self.item, cursor=page.cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=lambda row: RecalledUnit(object=TraceableObject.of(row[0]), certainty=row[1]), cursor=lambda row: row[0].key)


@strawberry.type(description="A scope as it was announced or extended; nothing in it can be changed.", directives=requires(Permission.RECALLS_READ))
class FrozenRecallScope:
    """`digest` is SHA-256, in hexadecimal, over the canonical list; what that is stands in the documentation of recalls' scopes."""

    version: int
    frozen_at: datetime
    known_at: datetime
    digest: str
    counts: RecallScopeCounts
    bounds: RecallBounds
    sources: list[RecallSource] = strawberry.field(directives=(SOME,))
    scope: strawberry.Private[answer.FrozenScope]

    @classmethod
    def of(cls, scope: answer.FrozenScope) -> "FrozenRecallScope":
        """From the service's."""
        return cls(
            version=scope.version, frozen_at=scope.frozen_at, known_at=scope.known_at, digest=scope.digest,
            counts=RecallScopeCounts.of(scope.counts), bounds=RecallBounds.of(scope.bounds),
            sources=[RecallSource.of(one) for one in scope.sources], scope=scope,
        )  # fmt: skip

    @field(description="Whether the rows still give the digest; worked out from all of them.", directives=(Cost(weight=50),))
    async def intact(self, info: Info) -> bool:
        """Nobody can change them by the service."""
        async with info.context.reading() as tx:
            return await digest_of_rows(tx, self.scope) == self.digest

    @field(description="Its objects: affected ones by certainty and nearness, then what lay beside them, then the inputs.")
    async def items(
        self,
        info: Info,
        *,
        role: answer.Role | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[FrozenRecallItem]:
        """The cursor is a position."""
        page = Page.of(first, after, last, before)
        cursor = page.number()
        async with info.context.reading() as tx:
            rows = await query_service.items_page(tx, self.scope, role=role, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=lambda row: FrozenRecallItem.of(row, self.scope), cursor=lambda row: str(row.position))

    @field(description="Who received how much of what, by name.", directives=(Cost(weight=5),))
    async def customers(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[RecallCustomer]:
        """Shipments that name nobody come first."""
        page = Page.of(first, after, last, before)
        async with info.context.reading() as tx:
            rows = await query_service.customers_page(tx, self.scope, cursor=page.cursor, backward=page.backward, limit=page.limit)
        # The cursor of shipments that name nobody can't be empty.
        return connect(page, rows, node=RecallCustomer.of, cursor=lambda row: row.party or query_service.NOBODY)


@strawberry.type(description="One difference of the scope as it is now from the last frozen version.", directives=requires(Permission.RECALLS_READ))
class RecallAddition:
    """`party`, `shipmentId`, `quantity` and `uom` belong to SHIPPED. `foundAt` is null until the watcher has told of it."""

    kind: answer.AdditionKind
    object: TraceableObject
    certainty: Certainty
    found_at: datetime | None
    party: str | None
    shipment_id: strawberry.ID | None
    quantity: Decimal | None
    uom: str
    doubts: list[Doubt] = strawberry.field(directives=(FEW,))

    @classmethod
    def of(cls, one: answer.Addition) -> "RecallAddition":
        """From the service's."""
        return cls(
            kind=one.kind, object=TraceableObject.of(one.thing), certainty=one.certainty, found_at=one.found_at, party=one.party,
            shipment_id=global_id("Shipment", one.shipment_id) if one.shipment_id else None, quantity=one.quantity, uom=one.uom,
            doubts=list(one.doubts),
        )  # fmt: skip

    @field(description="The catalogue's entry for whom it went to.")
    async def partner(self, info: Info) -> Partner | None:
        """As it is today."""
        return await load_partner(info.context, self.party)
