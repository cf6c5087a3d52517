"""The whole of a trace in short, as GraphQL shows it: counts, loops, customers, suppliers, containers."""

from datetime import datetime
from decimal import Decimal

import strawberry

from backend.catalog.types import Location, Partner, Product, load_location, load_partner, load_product
from backend.genealogy.rules import Certainty
from backend.graphql.context import Info
from backend.graphql.directives import ListSize
from backend.graphql.fields import field
from backend.identifiers import ObjectKind
from backend.objects.types import TraceableObject
from backend.trace import whole
from backend.trace.answer import ShippedLot

MOST_GROUPS = 100
MOST_GOODS = 100
_GOODS = (ListSize(assumed_size=10),)


@strawberry.type(description="How much of one lot or unit of the trace went, or came.")
class TracedLot:
    """`uom` is empty where the quantity counts pieces."""

    object: TraceableObject
    quantity: Decimal
    uom: str
    certainty: Certainty

    @classmethod
    def of(cls, lot: ShippedLot, at: datetime) -> "TracedLot":
        """From the service's, as it was named then."""
        return cls(object=TraceableObject.of(lot.lot, at), quantity=lot.quantity, uom=lot.uom, certainty=lot.certainty)


@strawberry.type(description="How many objects there are of a kind.")
class KindCount:
    """Transformations, states of containers and pools are nodes too."""

    kind: ObjectKind
    count: int


@strawberry.type(description="How many lots and units there are of a product.")
class ProductCount:
    """By GTIN."""

    gtin: str
    count: int

    @field()
    async def product(self, info: Info) -> Product | None:
        """The catalogue's entry."""
        return await load_product(info.context, self.gtin)


@strawberry.type(description="How many objects are at a place.")
class PlaceCount:
    """By their movements, as of the trace's moment."""

    place: str
    count: int

    @field()
    async def location(self, info: Info) -> Location | None:
        """The catalogue's entry."""
        return await load_location(info.context, self.place)


@strawberry.type(description="What the whole trace counts, also where the answer is a window of it.")
class TraceSummary:
    """Of products and places the 100 with the most; the counts tell how many there are."""

    node_count: int
    by_kind: list[KindCount]
    by_product: list[ProductCount] = strawberry.field(directives=_GOODS)
    product_count: int
    by_place: list[PlaceCount] = strawberry.field(directives=_GOODS)
    place_count: int

    @classmethod
    def of(cls, counts: whole.Counts) -> "TraceSummary":
        """From the service's."""
        return cls(
            node_count=counts.nodes, by_kind=[KindCount(kind=kind, count=count) for kind, count in counts.kinds],
            by_product=[ProductCount(gtin=gtin, count=count) for gtin, count in counts.products[:MOST_GROUPS]],
            product_count=len(counts.products),
            by_place=[PlaceCount(place=place, count=count) for place, count in counts.places[:MOST_GROUPS]], place_count=len(counts.places),
        )  # fmt: skip


@strawberry.type(description="Goods that came, by way of others, from themselves: rework.")
class TraceLoop:
    """`nodes` are keys of the trace's nodes, at most 100 of `size`."""

    size: int
    nodes: list[str] = strawberry.field(directives=_GOODS)


@strawberry.type(description="To whom goods of the trace went.")
class TraceCustomer:
    """`party` is null where shipments name nobody. `goods` are at most 100 of `goodsCount`; a sum is as certain as its least certain part."""

    party: str | None
    shipment_count: int
    first_shipped_at: datetime
    last_shipped_at: datetime
    goods: list[TracedLot] = strawberry.field(directives=_GOODS)
    goods_count: int

    @classmethod
    def of(cls, customer: whole.Customer) -> "TraceCustomer":
        """From the service's."""
        return cls(
            party=customer.party, shipment_count=customer.shipments, first_shipped_at=customer.first_at, last_shipped_at=customer.last_at,
            goods=[TracedLot.of(lot, customer.last_at) for lot in customer.goods[:MOST_GOODS]], goods_count=len(customer.goods),
        )  # fmt: skip

    @field(description="The catalogue's entry.")
    async def partner(self, info: Info) -> Partner | None:
        """As it was at the last shipment."""
        return await load_partner(info.context, self.party, self.last_shipped_at)


@strawberry.type(description="How much of an object was received from a supplier.")
class TraceSupply:
    """`uom` is empty where the quantity counts pieces."""

    object: TraceableObject
    quantity: Decimal
    uom: str
    first_received_at: datetime


@strawberry.type(description="From whom goods of the trace were received, by their receipts.")
class TraceSupplier:
    """`goods` are at most 100 of `goodsCount`."""

    party: str
    goods: list[TraceSupply] = strawberry.field(directives=_GOODS)
    goods_count: int

    @classmethod
    def of(cls, supplier: whole.Supplier) -> "TraceSupplier":
        """From the service's."""
        goods = [
            TraceSupply(object=TraceableObject.of(one.thing, one.first_at), quantity=one.quantity, uom=one.uom, first_received_at=one.first_at)
            for one in supplier.goods[:MOST_GOODS]
        ]
        return cls(party=supplier.party, goods=goods, goods_count=len(supplier.goods))

    @field(description="The catalogue's entry.")
    async def partner(self, info: Info) -> Partner | None:
        """As it is today."""
        return await load_partner(info.context, self.party)


@strawberry.type(description="How much of an object of the trace lies directly in a container.")
class PackedGoods:
    """Units count under their lot, where that is in the trace. `uom` is empty where the quantity counts pieces."""

    object: TraceableObject
    quantity: Decimal
    uom: str
    since: datetime

    @classmethod
    def of(cls, packed: whole.Packed) -> "PackedGoods":
        """From the service's."""
        return cls(object=TraceableObject.of(packed.thing, packed.since), quantity=packed.quantity, uom=packed.uom, since=packed.since)


@strawberry.type(description="A container with goods of the trace in it, as of its moment.")
class TraceContainer:
    """`within` is the container that it lay in itself. `contents` are at most 100 of `contentCount`."""

    object: TraceableObject
    within: TraceableObject | None
    contents: list[PackedGoods] = strawberry.field(directives=_GOODS)
    content_count: int

    @classmethod
    def of(cls, container: whole.Container) -> "TraceContainer":
        """From the service's."""
        return cls(
            object=TraceableObject.of(container.thing), within=TraceableObject.of(container.within) if container.within else None,
            contents=[PackedGoods.of(one) for one in container.contents],
            content_count=container.content_count,
        )  # fmt: skip
