"""What a recall reaches, part by part, as GraphQL shows it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import strawberry

from backend.catalog.types import Location, Partner, Product, load_location, load_partner, load_product
from backend.genealogy.rules import Certainty
from backend.graphql.context import Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.fields import field
from backend.holds.scope_types import HoldScope
from backend.objects.types import TraceableObject
from backend.recall_scope import answer
from backend.recall_scope.computing import count
from backend.recall_scope.sources import Bounds, Source, SourceKind
from backend.shipments.types import Shipment
from backend.trace.answer import ReachedShipment
from backend.trace.enums import Doubt
from infra.clock import now
from tenants.permissions import Permission

strawberry.enum(SourceKind, name="RecallSourceKind", description="What a source of a recall names.")
strawberry.enum(answer.ScopeState, name="RecalledGoodsState", description="What has become of affected goods.")
strawberry.enum(answer.Role, name="RecallItemRole", description="As what an object stands in a frozen scope.")
strawberry.enum(answer.AdditionKind, name="RecallAdditionKind", description="What has changed since a scope was frozen.")
FEW: Final = ListSize(assumed_size=5)
SOME: Final = ListSize(assumed_size=10)
READ: Final = requires(Permission.RECALLS_READ)


@strawberry.type(description="A quantity; an empty `uom` counts pieces.")
class RecallAmount:
    """As events tell it."""

    quantity: Decimal
    uom: str


def amounts(told: Sequence[answer.Amount]) -> list[RecallAmount]:
    """From the service's."""
    return [RecallAmount(quantity=one.quantity, uom=one.uom) for one in told]


@strawberry.type(description="How much of goods is, or has become, what; at a place, or gone to a party.")
class RecalledWhereabouts:
    """`quantity` is null where no event tells it."""

    state: answer.ScopeState
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


def whereabouts(told: Sequence[answer.Whereabouts]) -> list[RecalledWhereabouts]:
    """From the service's."""
    return [
        RecalledWhereabouts(state=one.state, place=one.place, party=one.party, quantity=one.quantity, uom=one.uom, certainty=one.certainty)
        for one in told
    ]


@strawberry.type(description="A lot, unit or container that a recall reaches.")
class RecalledGoods:
    """`root`: it is suspected itself. `steps` is its distance, `units` how many units lie under a lot, `amounts` what was made or received."""

    object: TraceableObject
    root: bool
    steps: int
    certainty: Certainty
    on_hold: bool
    units: int
    doubts: list[Doubt] = strawberry.field(description="Why it is only possible.", directives=(FEW,))
    amounts: list[RecallAmount] = strawberry.field(directives=(FEW,))
    whereabouts: list[RecalledWhereabouts] = strawberry.field(directives=(FEW,))

    @classmethod
    def of(cls, one: answer.Affected) -> "RecalledGoods":
        """From the service's."""
        return cls(
            object=TraceableObject.of(one.thing), root=one.root, steps=one.steps, certainty=one.certainty, on_hold=one.on_hold, units=one.units,
            doubts=list(one.doubts), amounts=amounts(one.quantities), whereabouts=whereabouts(one.places),
        )  # fmt: skip


@strawberry.type(description="How much a scope holds, whatever is shown of it.")
class RecallScopeCounts:
    """`leftOut` are possible goods that the bounds leave out. `units` lie under the lots; `links` lead from the sources."""

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

    @classmethod
    def of(cls, told: answer.ScopeCounts) -> "RecallScopeCounts":
        """From the service's."""
        return cls(
            affected=told.affected, certain=told.certain, possible=told.possible, left_out=told.left_out, units=told.units,
            suspects=told.suspects, co_packed=told.co_packed, shipments=told.shipments, customers=told.customers, links=told.links,
        )  # fmt: skip


@strawberry.type(description="Something from which the sources came.")
class RecallSuspect:
    """`ofSources`: of how many of the objects among the sources. `raw`: nothing is known from which it came itself."""

    object: TraceableObject
    steps: int
    certainty: Certainty
    of_sources: int
    raw: bool
    doubts: list[Doubt] = strawberry.field(directives=(FEW,))
    suppliers: list[str] = strawberry.field(description="From whom it was received, as URIs.", directives=(FEW,))

    @classmethod
    def of(cls, one: answer.Suspect) -> "RecallSuspect":
        """From the service's."""
        return cls(
            object=TraceableObject.of(one.thing), steps=one.steps, certainty=one.certainty, of_sources=one.of_sources, raw=one.raw,
            doubts=list(one.doubts), suppliers=list(one.suppliers),
        )  # fmt: skip

    @field(description="What a recall of this suspect would reach: by this an investigator picks the roots.", directives=(Cost(weight=20),))
    async def would_reach(self, info: Info) -> RecallScopeCounts:
        """Without what is packed beside it, and without its own suspects."""
        async with info.context.reading() as tx:
            told, _ = await count(tx, [Source.of_object(self.object.key)], Bounds())
        return RecallScopeCounts.of(told)


@strawberry.type(description="What lies beside affected goods in a container now; it is neither affected nor held.")
class CoPackedGoods:
    """Units count under their lot; `containers` is in how many."""

    object: TraceableObject
    quantity: Decimal
    uom: str
    containers: int


@strawberry.type(description="How much of all affected goods of a product is, or has become, what.")
class RecallTotal:
    """Certain and possible apart. `objects` counts lots, and units that stand for themselves."""

    state: answer.ScopeState
    gtin: str | None
    place: str | None
    party: str | None
    quantity: Decimal | None
    uom: str
    certainty: Certainty
    objects: int

    @classmethod
    def of(cls, one: answer.ScopeTotal) -> "RecallTotal":
        """From the service's."""
        return cls(
            state=one.state, gtin=one.gtin, place=one.place, party=one.party, quantity=one.quantity, uom=one.uom, certainty=one.certainty,
            objects=one.objects,
        )  # fmt: skip

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


@strawberry.type(description="The mass balance of a product's affected goods in one unit of measure.")
class RecallBalance:
    """`came` is what was made or received; `difference` is of what nothing is known since, negative where more went than came."""

    gtin: str | None
    uom: str
    came: Decimal
    stock: Decimal
    in_transit: Decimal
    used: Decimal
    shipped: Decimal
    sold: Decimal
    destroyed: Decimal
    difference: Decimal

    @classmethod
    def of(cls, one: answer.Balance) -> "RecallBalance":
        """From the service's."""
        return cls(
            gtin=one.gtin, uom=one.uom, came=one.came, stock=one.stock, in_transit=one.in_transit, used=one.used, shipped=one.shipped,
            sold=one.sold, destroyed=one.destroyed, difference=one.difference,
        )  # fmt: skip

    @field()
    async def product(self, info: Info) -> Product | None:
        """The catalogue's entry."""
        return await load_product(info.context, self.gtin)


@strawberry.type(description="How much of one affected object a shipment carried.")
class RecallShippedGoods:
    """`certainty`: that it is affected, and that it was in the shipment."""

    object: TraceableObject
    quantity: Decimal
    uom: str
    certainty: Certainty


@strawberry.type(description="A shipment that carried affected goods.")
class RecallShipment:
    """Only what is affected of it is told."""

    shipment: Shipment
    goods: list[RecallShippedGoods] = strawberry.field(directives=(SOME,))

    @classmethod
    def of(cls, one: ReachedShipment) -> "RecallShipment":
        """From the service's."""
        at = one.shipment.shipped_at
        goods = [
            RecallShippedGoods(object=TraceableObject.of(lot.lot, at), quantity=lot.quantity, uom=lot.uom, certainty=lot.certainty)
            for lot in one.lots
        ]
        return cls(shipment=Shipment.of(one.shipment), goods=goods)


@strawberry.type(description="What a recall suspects: an object or a part of it, a window, or goods complained about.")
class RecallSource:
    """`reference` is what told of it: a public id like “inspection:0190…”, or the words of a complaint."""

    kind: SourceKind
    key: str | None
    reference: str
    place: str | None
    since: datetime | None
    until: datetime | None
    window: HoldScope | None

    @classmethod
    def of(cls, one: Source) -> "RecallSource":
        """From the service's."""
        part = one.part
        return cls(
            kind=one.kind, key=one.key or None, reference=one.reference, place=part.place if part else None, since=part.since if part else None,
            until=part.until if part else None, window=HoldScope.of(one.scope, now()) if one.scope else None,
        )  # fmt: skip


@strawberry.type(description="Within what a scope was asked for.")
class RecallBounds:
    """Without `includePossible` only what is certain counts as affected."""

    since: datetime | None
    until: datetime | None
    place: str | None
    include_possible: bool

    @classmethod
    def of(cls, one: Bounds) -> "RecallBounds":
        """From the service's."""
        return cls(since=one.since, until=one.until, place=one.place, include_possible=one.include_possible)
