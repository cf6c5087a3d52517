"""Products, locations and partners as GraphQL shows them, with names in the reader's language."""

import strawberry
from strawberry import ID

from backend.catalog import loaders, service
from backend.graphql.context import Context, Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id
from backend.graphql.nodes import Node, NodeKind
from tenants.permissions import Permission

strawberry.enum(service.ProductKind, description="What a product is to this company.")


@strawberry.type(description="A name in each language in which it is known.")
class Names:
    """Chinese and English."""

    zh: str | None
    en: str | None

    @classmethod
    def of(cls, names: service.Names) -> "Names":
        """From the catalogue's."""
        return cls(zh=names.get("zh"), en=names.get("en"))


@strawberry.type(description="A product of the catalogue.", directives=requires(Permission.CATALOG_READ))
class Product(Node):
    """`name` is in the language of Accept-Language."""

    id: ID
    gtin: str
    name: str
    names: Names
    kind: service.ProductKind
    uom: str
    shelf_life_days: int | None
    published: bool

    @classmethod
    def of(cls, product: service.Product, language: str) -> "Product":
        """From the catalogue's."""
        return cls(
            id=global_id("Product", product.gtin), gtin=product.gtin, name=service.name_in(product.names, language), names=Names.of(product.names),
            kind=product.kind, uom=product.uom, shelf_life_days=product.shelf_life_days, published=product.published,
        )  # fmt: skip


@strawberry.type(description="A place that events name.", directives=requires(Permission.CATALOG_READ))
class Location(Node):
    """`place` is the URI that events carry."""

    id: ID
    place: str
    name: str
    names: Names
    kind: str
    own: bool
    time_zone: str
    parent_place: str | None

    @classmethod
    def of(cls, location: service.Location, language: str) -> "Location":
        """From the catalogue's."""
        return cls(
            id=global_id("Location", location.place), place=location.place, name=service.name_in(location.names, language),
            names=Names.of(location.names), kind=location.kind, own=location.own, time_zone=location.time_zone, parent_place=location.parent_place,
        )  # fmt: skip

    @field(description="The location that this one lies in.")
    async def parent(self, info: Info) -> "Location | None":
        """One level up."""
        return await load_location(info.context, self.parent_place)


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

    @classmethod
    def of(cls, partner: service.Partner, language: str) -> "Partner":
        """From the catalogue's."""
        return cls(
            id=global_id("Partner", partner.party), party=partner.party, name=service.name_in(partner.names, language),
            names=Names.of(partner.names), supplier=partner.supplier, customer=partner.customer, address=partner.address,
        )  # fmt: skip


async def load_product(context: Context, gtin: str | None) -> Product | None:
    """A product by GTIN, through the batch."""
    found = await context.load(loaders.products, gtin) if gtin else None
    return Product.of(found, context.language) if found else None


async def load_location(context: Context, place: str | None) -> Location | None:
    """A location by URI, through the batch."""
    found = await context.load(loaders.locations, place) if place else None
    return Location.of(found, context.language) if found else None


async def load_partner(context: Context, party: str | None) -> Partner | None:
    """A partner by URI, through the batch."""
    found = await context.load(loaders.partners, party) if party else None
    return Partner.of(found, context.language) if found else None


NODES = (
    NodeKind("Product", Permission.CATALOG_READ, load_product),
    NodeKind("Location", Permission.CATALOG_READ, load_location),
    NodeKind("Partner", Permission.CATALOG_READ, load_partner),
)
