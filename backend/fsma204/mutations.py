"""Telling of foods and places what the rule asks for."""

from typing import Annotated, Final

import strawberry

from backend.fsma204 import details, foods
from backend.fsma204.types import FoodPlace, FoodProduct
from backend.graphql.commands import Reply, perform
from backend.graphql.context import Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from tenants.permissions import Permission

MAXIMUM_ITEMS: Final = 100
_ITEMS: Final = (ListSize(assumed_size=MAXIMUM_ITEMS),)


@strawberry.input
class FoodProductInput:
    """With `listed` UNDETERMINED the words of the list decide. `packagingSize` such as "10 lb", `packagingStyle` such as "case"."""

    gtin: str
    listed: foods.Listed = foods.Listed.UNDETERMINED
    brand: str = ""
    commodity: str = ""
    variety: str = ""
    packaging_size: str = ""
    packaging_style: str = ""
    species: str = ""
    produce: bool | None = None
    aquaculture: bool | None = None

    def told(self) -> details.FoodProduct:
        """As the service takes it."""
        return details.FoodProduct(**{name: getattr(self, name) for name in details.FoodProduct.__slots__})


@strawberry.input
class FoodPlaceInput:
    """`place` is a place's or party's identifier in any form. `region` is the State; `coordinates` may stand for the address.

    `tlcReference`: how the place is told as a lot code source without being named. `exempt`: the rule doesn't apply to whoever is there.
    """

    place: str
    name: str = ""
    phone: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    coordinates: str = ""
    tlc_reference: str = ""
    exempt: bool = False

    def told(self) -> details.FoodPlace:
        """As the service takes it."""
        return details.FoodPlace(**{name: getattr(self, name) for name in details.FoodPlace.__slots__})


@strawberry.input
class PutFoodProductsInput:
    """At most 100 at a time."""

    products: list[FoodProductInput]


@strawberry.input
class PutFoodPlacesInput:
    """At most 100 at a time."""

    places: list[FoodPlaceInput]


@strawberry.type
class PutFoodProductsPayload:
    """The foods as they are now; none where it was refused."""

    user_errors: list[UserError]
    keys: strawberry.Private[list[str]]

    @field(directives=_ITEMS)
    async def products(self, info: Info) -> list[FoodProduct]:
        """In the order of the given."""
        async with info.context.reading() as tx:
            found = await details.products_by_gtin(tx, self.keys)
        return [FoodProduct.of(found[key]) for key in self.keys if key in found]


@strawberry.type
class PutFoodPlacesPayload:
    """The places as they are now; none where it was refused."""

    user_errors: list[UserError]
    keys: strawberry.Private[list[str]]

    @field(directives=_ITEMS)
    async def places(self, info: Info) -> list[FoodPlace]:
        """In the order of the given."""
        async with info.context.reading() as tx:
            found = await details.places_by_uri(tx, self.keys)
        return [FoodPlace.of(found[key]) for key in self.keys if key in found]


@strawberry.type
class Fsma204Mutations:
    """Put: add what is new, replace what is known."""

    @mutation(
        description="Tell of foods what the food traceability rule asks for, by GTIN: what isn't given is taken away.",
        directives=requires(Permission.CATALOG_WRITE),
    )
    async def put_food_products(
        self, info: Info, given: Annotated[PutFoodProductsInput, strawberry.argument(name="input")]
    ) -> PutFoodProductsPayload | None:
        """All or none."""

        async def use_case(tx: TenantTransaction) -> Reply:
            _require_few(len(given.products), "products")
            return {"keys": await details.put_products(tx, info.context.caller_principal, [item.told() for item in given.products])}

        done = await perform(info, given, use_case)
        return PutFoodProductsPayload(user_errors=done.user_errors, keys=done.reply["keys"] if done.reply else [])

    @mutation(
        description="Tell of places and parties what the food traceability rule asks for: what isn't given is taken away.",
        directives=requires(Permission.CATALOG_WRITE),
    )
    async def put_food_places(
        self, info: Info, given: Annotated[PutFoodPlacesInput, strawberry.argument(name="input")]
    ) -> PutFoodPlacesPayload | None:
        """All or none."""

        async def use_case(tx: TenantTransaction) -> Reply:
            _require_few(len(given.places), "places")
            return {"keys": await details.put_places(tx, info.context.caller_principal, [item.told() for item in given.places])}

        done = await perform(info, given, use_case)
        return PutFoodPlacesPayload(user_errors=done.user_errors, keys=done.reply["keys"] if done.reply else [])


def _require_few(count: int, name: str) -> None:
    if not 1 <= count <= MAXIMUM_ITEMS:
        raise InvalidInputError(f"“{name}” has {count} entries; put 1 to {MAXIMUM_ITEMS} at a time.", field=name)
