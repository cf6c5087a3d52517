"""A recall's scope as it is now, as GraphQL shows it: worked out once for all fields of an answer, its lists paged."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import strawberry

from backend.genealogy.rules import Certainty
from backend.graphql.context import Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect, cut
from backend.objects.types import TraceableObject
from backend.recall_scope import answer
from backend.recall_scope.computing import shipments_within
from backend.recall_scope.customer_types import RecallCustomer
from backend.recall_scope.customers import of_shipments
from backend.recall_scope.types import (
    FEW,
    SOME,
    CoPackedGoods,
    RecallAmount,
    RecallBalance,
    RecallBounds,
    RecalledGoods,
    RecallScopeCounts,
    RecallShipment,
    RecallSource,
    RecallSuspect,
    RecallTotal,
    amounts,
)
from tenants.permissions import Permission

R = TypeVar("R")
N = TypeVar("N")


def listed(page: Page, rows: Sequence[R], node: Callable[[R], N]) -> Connection[N]:
    """A page of a list that is worked out as a whole; the cursor is a place in it."""
    ordered = list(enumerate(rows, start=1))
    found = cut(page, ordered, key=lambda row: row[0], cursor_key=int)
    return connect(page, found, node=lambda row: node(row[1]), cursor=lambda row: str(row[0]))


@strawberry.type(
    description="What a recall reaches now, both ways at once: suspect inputs, and affected goods with where they are.",
    directives=requires(Permission.RECALLS_READ),
)
class RecallScope:
    """With `truncated` the lists hold the first of more, by nearness, and totals are of those; `counts` tell all."""

    known_at: datetime
    truncated: bool
    counts: RecallScopeCounts
    bounds: RecallBounds
    sources: list[RecallSource] = strawberry.field(directives=(SOME,))
    found: strawberry.Private[answer.RecallScope]

    @classmethod
    def of(cls, found: answer.RecallScope) -> "RecallScope":
        """From the service's."""
        return cls(
            known_at=found.known_at, truncated=found.truncated, counts=RecallScopeCounts.of(found.counts), bounds=RecallBounds.of(found.bounds),
            sources=[RecallSource.of(one) for one in found.sources], found=found,
        )  # fmt: skip

    @field(description="From what the sources came: what most of them have in common first, then the nearest.")
    def suspects(
        self, *, raw_only: bool = False, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[RecallSuspect]:
        """With `rawOnly` those of which nothing is known from which they came."""
        rows = [one for one in self.found.suspect_inputs if one.raw or not raw_only]
        return listed(Page.of(first, after, last, before), rows, RecallSuspect.of)

    @field(description="What is affected: certain ones first, then the nearest.")
    def affected(
        self,
        *,
        certainty: Certainty | None = None,
        state: answer.ScopeState | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[RecalledGoods]:
        """Only of a certainty, or only what some of is in a state."""
        rows = [
            one
            for one in self.found.affected
            if (certainty is None or one.certainty is certainty) and (state is None or any(place.state is state for place in one.places))
        ]
        return listed(Page.of(first, after, last, before), rows, RecalledGoods.of)

    @field(description="What lies beside affected goods now, and is never held.")
    def co_packed(
        self, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[CoPackedGoods]:
        """By key."""

        def told(one: answer.CoPacked) -> CoPackedGoods:
            return CoPackedGoods(object=TraceableObject.of(one.thing), quantity=one.quantity, uom=one.uom, containers=one.containers)

        return listed(Page.of(first, after, last, before), self.found.co_packed, told)

    @field(description="How much of each product is what, where; certain and possible apart.")
    def totals(
        self, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[RecallTotal]:
        """In order of states, products and places."""
        return listed(Page.of(first, after, last, before), self.found.totals, RecallTotal.of)

    @field(description="The mass balance of each product and unit of measure.")
    def balances(
        self, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[RecallBalance]:
        """In order of products."""
        return listed(Page.of(first, after, last, before), self.found.balances, RecallBalance.of)

    @field(description="Shipments that carried affected goods, oldest first.")
    def shipments(
        self, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[RecallShipment]:
        """From and to whom, `shipment` tells."""
        return listed(Page.of(first, after, last, before), self.found.shipments, RecallShipment.of)

    @field(description="Who received affected goods, by name, and how much of what.", directives=(Cost(weight=10),))
    async def customers(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[RecallCustomer]:
        """All of them, also where the list of shipments is cut."""
        page = Page.of(first, after, last, before)
        if len(self.found.shipments) == self.found.counts.shipments:
            return listed(page, of_shipments(self.found.shipments), RecallCustomer.of)
        async with info.context.reading() as tx:
            every = await shipments_within(tx, self.found.sources, self.found.bounds)
        return listed(page, of_shipments(every), RecallCustomer.of)


@strawberry.type(description="A scope in numbers within some bounds: to be held beside others.", directives=requires(Permission.RECALLS_READ))
class RecallBoundsComparison:
    """`came` is how much of the affected goods was made or received, `shipped` how much went to customers: sums over all products."""

    bounds: RecallBounds
    counts: RecallScopeCounts
    came: list[RecallAmount] = strawberry.field(directives=(FEW,))
    shipped: list[RecallAmount] = strawberry.field(directives=(FEW,))
    customers: list[str] = strawberry.field(
        description="The first 100 by name, as URIs; the counts tell all.", directives=(ListSize(assumed_size=20),)
    )

    @classmethod
    def of(cls, found: answer.Compared) -> "RecallBoundsComparison":
        """From the service's."""
        return cls(
            bounds=RecallBounds.of(found.bounds), counts=RecallScopeCounts.of(found.counts), came=amounts(found.came), shipped=amounts(found.shipped),
            customers=[party for party in found.customers if party][:100],
        )  # fmt: skip
