"""What a hold would reach, as GraphQL shows it."""

import strawberry

from backend.catalog.types import Location, Partner, load_location, load_partner
from backend.graphql.context import Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.fields import field
from backend.holds import preview
from backend.holds.goods_types import HoldGoodsCount
from backend.holds.scope_types import HoldScope
from backend.holds.types import HoldCause
from backend.identifiers import ObjectKind
from backend.objects.types import TraceableObject, load_object
from backend.shipments.types import Shipment
from infra.clock import now
from tenants.permissions import Permission

_FEW = ListSize(assumed_size=10)


@strawberry.type(description="How many of the goods are at a place now.")
class HoldPreviewPlace:
    """`place` is a location's or a holder's URI."""

    place: str
    count: int

    @field(description="The catalogue's entry for the place.")
    async def location(self, info: Info) -> Location | None:
        """As it is today."""
        return await load_location(info.context, self.place)


@strawberry.type(description="Who has got some of the goods already.")
class HoldPreviewCustomer:
    """`party` is null where the shipments don't say."""

    party: str | None
    shipment_count: int

    @field(description="The catalogue's entry for the party.")
    async def partner(self, info: Info) -> Partner | None:
        """As it is today."""
        return await load_partner(info.context, self.party)


@strawberry.type(
    description="What a hold would stop if it were placed now. Lists have the first 100; the counts tell all.",
    directives=requires(Permission.HOLDS_PLACE),
)
class HoldPreview:
    """With `truncated` there is more than was looked at, and counts are lower bounds."""

    scope: HoldScope
    truncated: bool
    root_count: int
    blocked_count: int
    co_packed_count: int
    shipment_count: int
    expected_count: int
    counts: list[HoldGoodsCount] = strawberry.field(directives=(ListSize(assumed_size=6),))
    places: list[HoldPreviewPlace] = strawberry.field(description="Where the goods are now, most first.", directives=(_FEW,))
    customers: list[HoldPreviewCustomer] = strawberry.field(description="To whom some of it has gone, most shipments first.", directives=(_FEW,))
    shipments: list[Shipment] = strawberry.field(description="What has left with some of it, newest first.", directives=(_FEW,))
    expected_receipts: list[Shipment] = strawberry.field(
        description="Suppliers' shipments of it that somebody waits for: nothing of them was received so far.", directives=(_FEW,)
    )
    held: list[HoldCause] = strawberry.field(description="Why some of what it would stand on is held already.", directives=(_FEW,))
    found: strawberry.Private[preview.Preview]

    @classmethod
    def of(cls, found: preview.Preview) -> "HoldPreview":
        """From the service's."""
        return cls(
            scope=HoldScope.of(found.scope, now()), truncated=found.truncated, root_count=found.roots.count, blocked_count=found.blocked.count,
            co_packed_count=found.co_packed.count, shipment_count=found.left_count, expected_count=found.expected_count,
            counts=[HoldGoodsCount(kind=kind, count=count) for kind, count in found.counts.items()],
            places=[HoldPreviewPlace(place=place, count=count) for place, count in found.places],
            customers=[HoldPreviewCustomer(party=party, shipment_count=count) for party, count in found.customers],
            shipments=[Shipment.of(shipment) for shipment in found.left],
            expected_receipts=[Shipment.of(shipment) for shipment in found.expected],
            held=[HoldCause.of(cause) for cause in found.held], found=found,
        )  # fmt: skip

    @field(description="On what it would stand.", directives=(_FEW,))
    async def roots(self, info: Info) -> list[TraceableObject]:
        """By kind and key."""
        return await _objects(info, self.found.roots.ids)

    @field(description="What it would stop, of one kind.", directives=(_FEW, Cost(weight=5)))
    async def goods(self, info: Info, kind: ObjectKind) -> list[TraceableObject]:
        """By key."""
        return await _objects(info, self.found.goods.get(kind, []))

    @field(description="Containers that would be blocked while some of it lies in them.", directives=(_FEW,))
    async def blocked_containers(self, info: Info) -> list[TraceableObject]:
        """By kind and key."""
        return await _objects(info, self.found.blocked.ids)

    @field(description="What is merely packed beside it: free, once it is taken out.", directives=(_FEW,))
    async def co_packed(self, info: Info) -> list[TraceableObject]:
        """By kind and key."""
        return await _objects(info, self.found.co_packed.ids)


async def _objects(info: Info, ids: list[int]) -> list[TraceableObject]:
    found = [await load_object(info.context, object_id) for object_id in ids]
    return [one for one in found if one is not None]
