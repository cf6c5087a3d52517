"""Keeping the catalogue."""

import asyncio
from datetime import datetime
from typing import Annotated, Final

import strawberry

from backend.catalog import service
from backend.catalog.types import Location, Partner, Product, load_location, load_partner, load_product
from backend.graphql.commands import Reply, perform
from backend.graphql.context import Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.identifiers import parse_identifier
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from tenants.permissions import Permission

MAXIMUM_ITEMS: Final = 100
_ITEMS: Final = (ListSize(assumed_size=MAXIMUM_ITEMS),)


@strawberry.input(description="A name in one language.")
class TranslationInput:
    """`language` is a tag of BCP 47, such as zh-TW or ja."""

    language: str
    name: str


@strawberry.input(description="A name in at least one language.")
class NamesInput:
    """Chinese and English, and any others."""

    zh: str | None = None
    en: str | None = None
    others: list[TranslationInput] = strawberry.field(default_factory=list, description="In further languages; at most 40 together.")

    def given(self) -> dict[str, str]:
        """The languages that have a name; raises `InvalidInputError` where one has two."""
        names = {language: name for language, name in (("zh", self.zh), ("en", self.en)) if name is not None}
        for other in self.others:
            if other.language in names:
                raise InvalidInputError(f"“names” has two names in {other.language[:40]}; give one.", field="names")
            names[other.language] = other.name
        return names


@strawberry.input
class ProductInput:
    """`published` lets public pages name the product as a material of others."""

    gtin: str
    names: NamesInput
    kind: service.ProductKind
    uom: str = ""
    shelf_life_days: int | None = None
    published: bool = False


@strawberry.input
class LocationInput:
    """`place` in any form of an SGLN or GLN, or a URI of your own; `own` decides whether what leaves from here is your shipment."""

    place: str
    names: NamesInput
    kind: str
    own: bool
    time_zone: str
    parent_place: str | None = None


@strawberry.input
class PartnerInput:
    """`party` in any form of a PGLN or GLN, or a URI."""

    party: str
    names: NamesInput
    supplier: bool = False
    customer: bool = False
    address: str = ""


@strawberry.input
class PutProductsInput:
    """At most 100 at a time, from `validFrom` on: now, or a moment that has passed."""

    products: list[ProductInput]
    valid_from: datetime | None = None


@strawberry.input
class PutLocationsInput:
    """At most 100 at a time, from `validFrom` on: now, or a moment that has passed."""

    locations: list[LocationInput]
    valid_from: datetime | None = None


@strawberry.input
class PutPartnersInput:
    """At most 100 at a time, from `validFrom` on: now, or a moment that has passed."""

    partners: list[PartnerInput]
    valid_from: datetime | None = None


@strawberry.type
class PutProductsPayload:
    """The products as they are now; none where it was refused."""

    user_errors: list[UserError]
    keys: strawberry.Private[list[str]]

    @field(directives=_ITEMS)
    async def products(self, info: Info) -> list[Product]:
        """In the order of the given."""
        found = await asyncio.gather(*(load_product(info.context, key) for key in self.keys))
        return [item for item in found if item is not None]


@strawberry.type
class PutLocationsPayload:
    """The locations as they are now; none where it was refused."""

    user_errors: list[UserError]
    keys: strawberry.Private[list[str]]

    @field(directives=_ITEMS)
    async def locations(self, info: Info) -> list[Location]:
        """In the order of the given."""
        found = await asyncio.gather(*(load_location(info.context, key) for key in self.keys))
        return [item for item in found if item is not None]


@strawberry.type
class PutPartnersPayload:
    """The partners as they are now; none where it was refused."""

    user_errors: list[UserError]
    keys: strawberry.Private[list[str]]

    @field(directives=_ITEMS)
    async def partners(self, info: Info) -> list[Partner]:
        """In the order of the given."""
        found = await asyncio.gather(*(load_partner(info.context, key) for key in self.keys))
        return [item for item in found if item is not None]


@strawberry.type
class CatalogMutations:
    """Put: add what is new, change what is known."""

    @mutation(description="Add products or change them, by GTIN.", directives=requires(Permission.CATALOG_WRITE))
    async def put_products(self, info: Info, given: Annotated[PutProductsInput, strawberry.argument(name="input")]) -> PutProductsPayload | None:
        """All or none."""

        async def use_case(tx: TenantTransaction) -> Reply:
            _require_few(len(given.products), "products")
            wanted = [
                service.Product(item.gtin, item.names.given(), item.kind, item.uom, item.shelf_life_days, item.published) for item in given.products
            ]
            await service.put_products(tx, info.context.caller_principal, wanted, valid_from=given.valid_from)
            return {"keys": [parse_identifier(f"(01){item.gtin}").gtin for item in wanted]}

        done = await perform(info, given, use_case)
        return PutProductsPayload(user_errors=done.user_errors, keys=done.reply["keys"] if done.reply else [])

    @mutation(description="Add locations or change them, by place.", directives=requires(Permission.CATALOG_WRITE))
    async def put_locations(self, info: Info, given: Annotated[PutLocationsInput, strawberry.argument(name="input")]) -> PutLocationsPayload | None:
        """All or none."""

        async def use_case(tx: TenantTransaction) -> Reply:
            _require_few(len(given.locations), "locations")
            wanted = [
                service.Location(item.place, item.names.given(), item.kind, item.own, item.time_zone, item.parent_place) for item in given.locations
            ]
            await service.put_locations(tx, info.context.caller_principal, wanted, valid_from=given.valid_from)
            return {"keys": [parse_identifier(item.place).uri for item in wanted]}

        done = await perform(info, given, use_case)
        return PutLocationsPayload(user_errors=done.user_errors, keys=done.reply["keys"] if done.reply else [])

    @mutation(description="Add partners or change them, by party.", directives=requires(Permission.CATALOG_WRITE))
    async def put_partners(self, info: Info, given: Annotated[PutPartnersInput, strawberry.argument(name="input")]) -> PutPartnersPayload | None:
        """All or none."""

        async def use_case(tx: TenantTransaction) -> Reply:
            _require_few(len(given.partners), "partners")
            wanted = [service.Partner(item.party, item.names.given(), item.supplier, item.customer, item.address) for item in given.partners]
            await service.put_partners(tx, info.context.caller_principal, wanted, valid_from=given.valid_from)
            return {"keys": [parse_identifier(item.party).uri for item in wanted]}

        done = await perform(info, given, use_case)
        return PutPartnersPayload(user_errors=done.user_errors, keys=done.reply["keys"] if done.reply else [])


def _require_few(count: int, field: str) -> None:
    if not 1 <= count <= MAXIMUM_ITEMS:
        raise InvalidInputError(f"“{field}” has {count} entries; put 1 to {MAXIMUM_ITEMS} at a time.", field=field)
