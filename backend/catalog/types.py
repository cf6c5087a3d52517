"""Products, locations and partners as GraphQL shows them, with names in the reader's language, today or as they were at a moment."""

from datetime import datetime

import strawberry
from strawberry import ID

from backend.catalog import loaders, service
from backend.catalog.entries import Kind
from backend.catalog.languages import name_in
from backend.catalog.version_types import CatalogVersion, Names, ToldMasterData, told_about, versions_of
from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page
from backend.identifiers import DIGITAL_LINK_ROOT
from tenants.permissions import Permission

strawberry.enum(service.ProductKind, description="What a product is to this company.")
_TOLD = (ListSize(assumed_size=3),)
_VERSIONS = "What held when, the last first."
_SOURCES = "What each source tells of it, the company's own word first; at most 20."


@strawberry.type(description="A product of the catalogue.", directives=requires(Permission.CATALOG_READ))
class Product(Node):
    """`name` is in the language of Accept-Language, as it was at the time of the event through which the product is reached."""

    id: ID
    gtin: str
    name: str
    names: Names
    kind: service.ProductKind
    uom: str
    shelf_life_days: int | None
    published: bool
    told: bool = strawberry.field(description="Known from others' documents only.")

    @classmethod
    def of(cls, product: service.Product, languages: tuple[str, ...]) -> "Product":
        """From the catalogue's."""
        return cls(
            id=global_id("Product", product.gtin), gtin=product.gtin, name=name_in(product.names, languages), names=Names.of(product.names),
            kind=product.kind, uom=product.uom, shelf_life_days=product.shelf_life_days, published=product.published, told=product.told,
        )  # fmt: skip

    @field(description=_VERSIONS)
    async def versions(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[CatalogVersion]:
        """In order of the moment from which on each held."""
        return await versions_of(info.context, Kind.PRODUCT, self.gtin, Page.of(first, after, last, before))

    @field(description=_SOURCES, directives=_TOLD)
    async def master_data(self, info: Info) -> list[ToldMasterData]:
        """Through the batch."""
        return await told_about(info.context, f"{DIGITAL_LINK_ROOT}01/{self.gtin}")


@strawberry.type(description="A place that events name.", directives=requires(Permission.CATALOG_READ))
class Location(Node):
    """`place` is the URI that events carry. Whose it is isn't known where it is `undetermined`."""

    id: ID
    place: str
    name: str
    names: Names
    kind: str
    own: bool
    time_zone: str
    parent_place: str | None
    undetermined: bool = strawberry.field(description="Only documents tell of it, and not whose it is.")
    told: bool = strawberry.field(description="Known from others' documents only.")
    at: strawberry.Private[datetime | None] = None

    @classmethod
    def of(cls, location: service.Location, languages: tuple[str, ...], at: datetime | None = None) -> "Location":
        """From the catalogue's, as it was at a moment."""
        return cls(
            id=global_id("Location", location.place), place=location.place, name=name_in(location.names, languages),
            names=Names.of(location.names), kind=location.kind, own=location.own, time_zone=location.time_zone, parent_place=location.parent_place,
            undetermined=location.undetermined, told=location.told, at=at,
        )  # fmt: skip

    @field(description="The location that this one lies in.")
    async def parent(self, info: Info) -> "Location | None":
        """One level up."""
        return await load_location(info.context, self.parent_place, self.at)

    @field(description=_VERSIONS)
    async def versions(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[CatalogVersion]:
        """In order of the moment from which on each held."""
        return await versions_of(info.context, Kind.LOCATION, self.place, Page.of(first, after, last, before))

    @field(description=_SOURCES, directives=_TOLD)
    async def master_data(self, info: Info) -> list[ToldMasterData]:
        """Through the batch."""
        return await told_about(info.context, self.place)


@strawberry.type(description="A supplier or customer.", directives=requires(Permission.CATALOG_READ))
class Partner(Node):
    """`party` is the URI that events carry."""

    id: ID
    party: str
    name: str
    names: Names
    supplier: bool
    customer: bool
    address: str
    told: bool = strawberry.field(description="Known from others' documents only.")

    @classmethod
    def of(cls, partner: service.Partner, languages: tuple[str, ...]) -> "Partner":
        """From the catalogue's."""
        return cls(
            id=global_id("Partner", partner.party), party=partner.party, name=name_in(partner.names, languages),
            names=Names.of(partner.names), supplier=partner.supplier, customer=partner.customer, address=partner.address, told=partner.told,
        )  # fmt: skip

    @field(description=_VERSIONS)
    async def versions(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[CatalogVersion]:
        """In order of the moment from which on each held."""
        return await versions_of(info.context, Kind.PARTNER, self.party, Page.of(first, after, last, before))

    @field(description=_SOURCES, directives=_TOLD)
    async def master_data(self, info: Info) -> list[ToldMasterData]:
        """Through the batch."""
        return await told_about(info.context, self.party)


async def load_product(context: Context, gtin: str | None, at: datetime | None = None) -> Product | None:
    """A product by GTIN, today or as it was at a moment, through the batch."""
    if not gtin:
        return None
    found = await (context.load(loaders.products, gtin) if at is None else context.load(loaders.products_then, (gtin, at)))
    return Product.of(found, context.languages) if found else None


async def load_location(context: Context, place: str | None, at: datetime | None = None) -> Location | None:
    """A location by URI, today or as it was at a moment, through the batch."""
    if not place:
        return None
    found = await (context.load(loaders.locations, place) if at is None else context.load(loaders.locations_then, (place, at)))
    return Location.of(found, context.languages, at) if found else None


async def load_partner(context: Context, party: str | None, at: datetime | None = None) -> Partner | None:
    """A partner by URI, today or as it was at a moment, through the batch."""
    if not party:
        return None
    found = await (context.load(loaders.partners, party) if at is None else context.load(loaders.partners_then, (party, at)))
    return Partner.of(found, context.languages) if found else None


NODES = (
    NodeKind("Product", Permission.CATALOG_READ, load_product),
    NodeKind("Location", Permission.CATALOG_READ, load_location),
    NodeKind("Partner", Permission.CATALOG_READ, load_partner),
)
