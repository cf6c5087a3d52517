"""Shipments and what they carry as GraphQL shows them."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID

from backend.catalog import loaders as catalog_loaders
from backend.catalog.types import Location, Partner, load_location, load_partner
from backend.genealogy.rules import Certainty
from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.objects.types import TraceableObject, load_object
from backend.shipments import loaders, service
from backend.shipments.projection import Direction
from backend.shipments.query_service import CarriedLot, shipment_by_public_id
from tenants.permissions import Permission

if TYPE_CHECKING:
    from backend.events.types import Event

strawberry.enum(Certainty, description="Proven by the events, or merely not excluded by them.")
strawberry.enum(Direction, name="ShipmentDirection", description="Whose shipment it is.")


@strawberry.type(description="How much of one lot, or of a unit that stands for itself, a shipment carries.")
class ShippedLot:
    """`uom` is empty where the quantity counts pieces."""

    quantity: Decimal
    uom: str
    certainty: Certainty
    lot_id: strawberry.Private[int]
    at: strawberry.Private[datetime]

    @classmethod
    def of(cls, lot: CarriedLot, at: datetime) -> "ShippedLot":
        """From the rollup's, as it was shipped at a moment."""
        return cls(quantity=lot.quantity, uom=lot.uom, certainty=lot.certainty, lot_id=lot.lot_id, at=at)

    @field()
    async def object(self, info: Info) -> TraceableObject | None:
        """The lot or unit."""
        return await load_object(info.context, self.lot_id, self.at)


@strawberry.type(description="Goods that left for somebody.", directives=requires(Permission.TRACE_READ))
class Shipment(Node):
    """One shipping event; `toParty` and `fromPlace` are URIs."""

    id: ID
    shipped_at: datetime
    direction: Direction
    from_place: str | None
    to_party: str | None
    document: str | None
    shipment_id: strawberry.Private[int]

    @classmethod
    def of(cls, shipped: service.Shipment) -> "Shipment":
        """From the stored one."""
        return cls(
            id=global_id("Shipment", shipped.public_id), shipped_at=shipped.shipped_at, direction=Direction(shipped.direction),
            from_place=shipped.from_place, to_party=shipped.to_party, document=shipped.document, shipment_id=shipped.shipment_id,
        )  # fmt: skip

    @field(description="The customer's name in the language of Accept-Language.")
    async def customer_name(self, info: Info) -> str | None:
        """As it was then. Null where the catalogue knows the URI neither as a partner's nor as a place's."""
        partner = await load_partner(info.context, self.to_party, self.shipped_at)
        readable = Permission.CATALOG_READ in info.context.caller_principal.permissions
        place = await load_location(info.context, self.to_party, self.shipped_at) if readable and not partner else None
        return (partner.name if partner else place.name if place else "") or None

    @field()
    async def customer(self, info: Info) -> Partner | None:
        """The catalogue's entry for whom it went to."""
        return await load_partner(info.context, self.to_party, self.shipped_at)

    @field()
    async def origin(self, info: Info) -> Location | None:
        """The catalogue's entry for where it left from."""
        return await load_location(info.context, self.from_place, self.shipped_at)

    @field(description="What it carries, by the contents as it left; at most 500 lots.", directives=(ListSize(assumed_size=20),))
    async def lots(self, info: Info) -> list[ShippedLot]:
        """Through the batch."""
        return [ShippedLot.of(lot, self.shipped_at) for lot in await info.context.load(loaders.lots, self.shipment_id)]

    @field(description="The event that it is.")
    async def event(self, info: Info) -> Annotated["Event", strawberry.lazy("backend.events.types")] | None:
        """A shipment's id is its event's."""
        from backend.events.types import load_event  # noqa: PLC0415 - what captures events needs this module

        return await load_event(info.context, self.shipment_id)


async def find_shipment(context: Context, public_id: str | None) -> Shipment | None:
    """A shipment by its public id."""
    identifier = parse_uuid(public_id) if public_id else None
    if identifier is None:
        return None
    sites = await catalog_loaders.sites_for(context, Permission.TRACE_READ)
    async with context.reading() as tx:
        found = await shipment_by_public_id(tx, identifier, sites)
    return Shipment.of(found) if found else None


NODES = (NodeKind("Shipment", Permission.TRACE_READ, find_shipment),)
