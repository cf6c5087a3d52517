"""What-if as GraphQL shows it: what is hit, how surely, and where it is now."""

from datetime import datetime
from decimal import Decimal

import msgspec
import strawberry

from backend.catalog.loaders import sites_for
from backend.catalog.types import Location, Partner, Product, load_location, load_partner, load_product
from backend.genealogy.rules import Certainty
from backend.graphql.context import Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect, cut, encode_cursor
from backend.objects.types import TraceableObject
from backend.trace import impact, whereabouts, whole
from backend.trace.answer import UNCOUNTED, TraceNode
from backend.trace.enums import Doubt
from backend.trace.found import Found
from backend.trace.types import Trace
from backend.trace.whole_types import PackedGoods, TraceContainer
from tenants.permissions import Permission

strawberry.enum(whereabouts.GoodsState, description="What became of goods.")
_FEW = (ListSize(assumed_size=5),)
_GOODS = (ListSize(assumed_size=10),)
_Key = tuple[int, int, int, str]


@strawberry.input(description="What of a lot was at a place at any time from `since` to `until`; each of them may be left out.")
class ImpactPart:
    """`place` is a location's URI."""

    place: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@strawberry.type(description="How much of goods is, or has become, what; at a place, or gone to a party.")
class Whereabouts:
    """`quantity` is null where no event tells it; an empty `uom` counts pieces."""

    state: whereabouts.GoodsState
    place: str | None
    party: str | None
    quantity: Decimal | None
    uom: str
    certainty: Certainty

    @field(description="The catalogue's entry for the place.")
    async def location(self, info: Info) -> Location | None:
        """As it is today."""
        return await load_location(info.context, self.place)

    @field(description="The catalogue's entry for whom it went to.")
    async def partner(self, info: Info) -> Partner | None:
        """As it is today."""
        return await load_partner(info.context, self.party)


@strawberry.type(description="A lot, unit or container that is hit.")
class ImpactedGoods:
    """`object { holdCauses }` tells whether it is held already. Of a lot, `unitsCount` tells how many units it has."""

    object: TraceableObject
    steps: int | None
    certainty: Certainty
    doubts: list[Doubt]
    whereabouts: list[Whereabouts] = strawberry.field(directives=_FEW)


@strawberry.type(description="How much of all goods of a product that are hit is, or has become, what.")
class ImpactTotal:
    """Certain and possible apart. `objects` counts lots and units."""

    state: whereabouts.GoodsState
    gtin: str | None
    place: str | None
    party: str | None
    quantity: Decimal | None
    uom: str
    certainty: Certainty
    objects: int

    @field()
    async def product(self, info: Info) -> Product | None:
        """The catalogue's entry."""
        return await load_product(info.context, self.gtin)

    @field(description="The catalogue's entry for the place.")
    async def location(self, info: Info) -> Location | None:
        """As it is today."""
        return await load_location(info.context, self.place)

    @field(description="The catalogue's entry for whom it went to.")
    async def partner(self, info: Info) -> Partner | None:
        """As it is today."""
        return await load_partner(info.context, self.party)


@strawberry.type(description="A container that would be blocked, because goods that are hit lie in it.")
class ImpactedContainer:
    """`coPacked` are the neighbours, which a hold doesn't reach; at most 100 of `coPackedCount`."""

    container: TraceContainer
    co_packed: list[PackedGoods] = strawberry.field(directives=_GOODS)
    co_packed_count: int


@strawberry.type(description="What is hit if goods, or a part of them, are bad.", directives=requires(Permission.TRACE_READ))
class Impact:
    """`trace` is the way to it, with shipments, customers and counts. Where that is `truncated`, what is here is of one window."""

    truncated: bool
    continue_after: str | None
    goods_count: int
    trace: Trace
    hit: strawberry.Private[impact.Impact]

    @classmethod
    def of(cls, hit: impact.Impact) -> "Impact":
        """From the service's."""
        after = hit.trace.continue_after
        return cls(
            truncated=hit.trace.truncated, continue_after=encode_cursor(after) if after is not None else None, goods_count=len(hit.goods()),
            trace=Trace.of(hit.trace, hit.shipments), hit=hit,
        )  # fmt: skip

    @field(description="What is hit: certain ones first, then nearest.", directives=(Cost(weight=20),))
    async def goods(
        self,
        info: Info,
        *,
        certainty: Certainty | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[ImpactedGoods]:
        """With `certainty`, only certain ones or only possible ones."""
        page = Page.of(first, after, last, before)
        ordered = [node for node in self.hit.goods() if certainty is None or node.certainty is certainty]
        rows = cut(page, ordered, key=impact.order_of, cursor_key=lambda cursor: msgspec.json.decode(cursor, type=_Key))
        sites = await sites_for(info.context, Permission.TRACE_READ)
        async with info.context.reading() as tx:
            told = await whereabouts.whereabouts(tx, self.hit, rows, sites)
        found = Found(self.hit.trace)

        def goods(node: TraceNode) -> ImpactedGoods:
            object_id = node.thing.object_id
            return ImpactedGoods(
                object=TraceableObject.of(node.thing, found.moment(object_id)), steps=None if node.steps == UNCOUNTED else node.steps,
                certainty=node.certainty, doubts=list(node.doubts), whereabouts=[_whereabouts(one) for one in told.get(object_id, ())],
            )  # fmt: skip

        return connect(page, rows, node=goods, cursor=lambda node: msgspec.json.encode(impact.order_of(node)).decode())

    @field(description="How much of each product is what, where; certain and possible apart.", directives=(Cost(weight=50),))
    async def totals(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[ImpactTotal]:
        """In order of states, products and places; the cursor is a place among them."""
        page = Page.of(first, after, last, before)
        sites = await sites_for(info.context, Permission.TRACE_READ)
        goods = self.hit.goods()
        async with info.context.reading() as tx:
            told = await whereabouts.whereabouts(tx, self.hit, goods, sites)
        ordered = list(enumerate(whereabouts.totals(goods, told), start=1))
        rows = cut(page, ordered, key=lambda row: row[0], cursor_key=int)
        return connect(page, rows, node=lambda row: _total(row[1]), cursor=lambda row: str(row[0]))

    @field(description="Containers that would be blocked now, and who lies beside in them.", directives=(Cost(weight=20),))
    async def containers(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[ImpactedContainer]:
        """In order of keys, at every level of packing."""
        page = Page.of(first, after, last, before)
        async with info.context.reading() as tx:
            rows = await whole.containers(tx, self.hit.trace, cursor=page.cursor, backward=page.backward, limit=page.limit)
            beside = await whole.neighbours(tx, self.hit.trace, rows)

        def told(box: whole.Container) -> ImpactedContainer:
            packed, count = beside.get(box.thing.object_id, ((), 0))
            return ImpactedContainer(container=TraceContainer.of(box), co_packed=[PackedGoods.of(one) for one in packed], co_packed_count=count)

        return connect(page, rows, node=told, cursor=lambda box: box.thing.key)


def _whereabouts(one: whereabouts.Whereabouts) -> Whereabouts:
    return Whereabouts(
        state=one.state, place=one.place, party=one.party, quantity=one.quantity, uom=one.uom, certainty=one.certainty
    )  # fmt: skip


def _total(one: whereabouts.Total) -> ImpactTotal:
    return ImpactTotal(
        state=one.state, gtin=one.gtin, place=one.place, party=one.party, quantity=one.quantity, uom=one.uom, certainty=one.certainty,
        objects=one.objects,
    )  # fmt: skip
