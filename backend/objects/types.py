"""A traceable object as GraphQL shows it: what it is, where it is, why it is held, what happened to it."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID

from backend.catalog import loaders as catalog_loaders
from backend.catalog.types import Location, Product, load_location, load_product
from backend.graphql.context import Context, Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page
from backend.identifiers import ObjectKind
from backend.objects import loaders, service
from tenants.permissions import Permission

if TYPE_CHECKING:
    from backend.events.types import Event
    from backend.holds.types import HoldCause

strawberry.enum(ObjectKind, description="What an identifier names.")


@strawberry.type(description="How much of an object is where.")
class Position:
    """`place` is a location's or a holder's URI."""

    place: str
    quantity: Decimal
    uom: str
    at: strawberry.Private[datetime | None] = None

    @field(description="The catalogue's entry for the place.")
    async def location(self, info: Info) -> Location | None:
        """Null for holders and for places that the catalogue doesn't know."""
        return await load_location(info.context, self.place, self.at)


@strawberry.type(
    description="A lot, a unit, a logistic unit, an asset, a tank, or the transformation between inputs and outputs.",
    directives=requires(Permission.TRACE_READ),
)
class TraceableObject(Node):
    """`code` is its lot number, serial or other variable part. Reached through an event, a trace or a shipment, its product is named as
    it was then; by itself, as it is today.
    """

    id: ID
    key: str
    uri: str
    kind: ObjectKind
    gtin: str | None
    code: str
    object_id: strawberry.Private[int]
    at: strawberry.Private[datetime | None] = None

    @classmethod
    def of(cls, found: service.TraceableObject, at: datetime | None = None) -> "TraceableObject":
        """From the stored one, seen at a moment."""
        return cls(
            id=global_id("TraceableObject", found.key), key=found.key, uri=found.uri, kind=found.kind, gtin=found.gtin, code=found.code,
            object_id=found.object_id, at=at,
        )  # fmt: skip

    @field(description="The product's name in the language of Accept-Language.")
    async def product_name(self, info: Info) -> str | None:
        """Null where there is no product, or the catalogue doesn't know it."""
        product = await load_product(info.context, self.gtin, self.at)
        return product.name or None if product else None

    @field()
    async def product(self, info: Info) -> Product | None:
        """The catalogue's entry."""
        return await load_product(info.context, self.gtin, self.at)

    @field(description="Where how much of it is, by its movements, at the places that you may see; now, or as of a moment.")
    async def positions(self, info: Info, as_of: datetime | None = None) -> list[Position]:
        """One moment for the whole operation, so that a page is one statement."""
        at = as_of or info.context.started_at
        found = await info.context.load(loaders.positions, (self.object_id, at))
        return [Position(place=position.place, quantity=position.quantity, uom=position.uom, at=as_of) for position in found]

    @field(description="How many units are known to belong to the lot; null for anything but a lot.")
    async def units_count(self, info: Info) -> int | None:
        """By membership; none of a lot that isn't met at the caller's sites."""
        return await info.context.load(loaders.unit_counts, self.object_id) if self.kind is ObjectKind.LOT else None

    @field(
        description="Why it, or something that lies in it now, is held; empty where it is free. At most 20 causes are told.",
        directives=(ListSize(assumed_size=3), Cost(weight=5)),
    )
    async def hold_causes(self, info: Info) -> list[Annotated["HoldCause", strawberry.lazy("backend.holds.types")]]:
        """Recomputed from the holds' roots."""
        from backend.holds.types import HoldCause as Told  # noqa: PLC0415 - it needs this module

        return [Told.of(cause) for cause in await info.context.load(loaders.hold_causes, self.object_id)]

    @field(description="What it is declared the same as (`aliases`), at most 50, oldest declaration first.", directives=(ListSize(assumed_size=3),))
    async def same_as(self, info: Info) -> list["TraceableObject"]:
        """Directly; each may be the same as others again."""
        return [TraceableObject.of(other, self.at) for other in await info.context.load(loaders.same_as, self.object_id)]

    @field(description="Events in force in which it took part, newest first.")
    async def timeline(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[Annotated["Event", strawberry.lazy("backend.events.types")]]:
        """In order of event time."""
        from backend.trace.timelines import timeline  # noqa: PLC0415 - it needs this module

        return await timeline(info.context, self.object_id, Page.of(first, after, last, before))


async def load_object(context: Context, object_id: int, at: datetime | None = None) -> TraceableObject | None:
    """An object by the tenant's own id, seen at a moment, through the batch."""
    found = await context.load(loaders.objects, object_id)
    return TraceableObject.of(found, at) if found else None


async def find_object(context: Context, key: str) -> TraceableObject | None:
    """An object by exactly its key."""
    sites = await catalog_loaders.sites_for(context, Permission.TRACE_READ)
    async with context.reading() as tx:
        found = await service.find_key(tx, key, sites)
    return TraceableObject.of(found) if found else None


NODES = (NodeKind("TraceableObject", Permission.TRACE_READ, find_object),)
