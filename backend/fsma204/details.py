"""What the company tells of its foods and of places for the rule: put and read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from backend.catalog.errors import OutsideSitesError
from backend.catalog.sites import Sites, sites_of
from backend.fsma204 import repository
from backend.fsma204.foods import Listed
from backend.identifiers import parse_identifier
from infra import clock
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class FoodProduct:
    """A food. With `listed` UNDETERMINED the list's words decide; `produce` and `aquaculture` are None where nobody says."""

    gtin: str
    listed: Listed = Listed.UNDETERMINED
    brand: str = ""
    commodity: str = ""
    variety: str = ""
    packaging_size: str = ""
    packaging_style: str = ""
    species: str = ""
    produce: bool | None = None
    aquaculture: bool | None = None


@dataclass(frozen=True, slots=True)
class FoodPlace:
    """A location description (1.1310) of a place or party. `exempt`: a person to whom the rule doesn't apply (1.1305)."""

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


async def put_products(tx: TenantTransaction, principal: Principal, given: Sequence[FoodProduct]) -> list[str]:
    """Add them or change them, by GTIN; they are the whole company's. Gives the GTINs."""
    principal.require_everywhere(Permission.CATALOG_WRITE)
    products: dict[str, FoodProduct] = {}
    for item in given:
        gtin = parse_identifier(f"(01){item.gtin}").gtin or item.gtin
        products[gtin] = replace(item, gtin=gtin)
        _check(item, "products")
    if products:
        rows = [
            (
                item.gtin, int(item.listed), item.brand.strip(), item.commodity.strip(), item.variety.strip(), item.packaging_size.strip(),
                item.packaging_style.strip(), item.species.strip(), item.produce, item.aquaculture,
            )
            for item in products.values()
        ]  # fmt: skip
        await repository.put_products(tx, rows, clock.now())
        await audit.record(tx, principal, "food_products.put", f"{len(products)} products", after={"gtins": list(products)})
    return list(products)


async def put_places(tx: TenantTransaction, principal: Principal, given: Sequence[FoodPlace]) -> list[str]:
    """Add them or change them, by URI; raises `OutsideSitesError` unless each lies in a site where the caller may. Gives the URIs."""
    sites = await sites_of(tx, principal, Permission.CATALOG_WRITE)
    places: dict[str, FoodPlace] = {}
    for item in given:
        uri = parse_identifier(item.place).uri
        places[uri] = replace(item, place=uri)
        _check(item, "places")
    if sites is not None and not all(sites.cover(uri) for uri in places):
        raise OutsideSitesError("A place in “places” doesn't lie in your sites.", field="places.place")
    if places:
        rows = [
            (
                item.place, item.name.strip(), item.phone.strip(), item.street.strip(), item.city.strip(), item.region.strip(),
                item.postal_code.strip(), item.country.strip(), item.coordinates.strip(), item.tlc_reference.strip(), item.exempt,
            )
            for item in places.values()
        ]  # fmt: skip
        await repository.put_places(tx, rows, clock.now())
        await audit.record(tx, principal, "food_places.put", f"{len(places)} places", after={"places": list(places)})
    return list(places)


def _check(item: FoodProduct | FoodPlace, field: str) -> None:
    for name in item.__slots__:
        value: Any = getattr(item, name)
        if isinstance(value, str) and name not in ("gtin", "place") and (len(value) > LONGEST or "\x00" in value):
            raise InvalidInputError(f"“{name}” has more than {LONGEST} characters, or one that can't be kept.", field=f"{field}.{name}")


async def page_of_products(tx: TenantTransaction, *, cursor: str | None, backward: bool, limit: int) -> list[FoodProduct]:
    """In order of the GTIN, from behind one, in the order of going."""
    rows = await repository.page_of_products(tx, cursor=cursor, backward=backward, limit=limit)
    return [_product(row) for row in rows]


async def page_of_places(tx: TenantTransaction, *, cursor: str | None, backward: bool, limit: int, sites: Sites | None = None) -> list[FoodPlace]:
    """In order of the URI, from behind one, in the order of going; of the company's own those that `sites` may see."""
    return [_place(row) for row in await repository.page_of_places(tx, cursor=cursor, backward=backward, limit=limit, sites=sites)]


async def products_by_gtin(tx: TenantTransaction, gtins: Sequence[str]) -> dict[str, FoodProduct]:
    """Those that were told."""
    return {row["gtin"]: _product(row) for row in await repository.products(tx, gtins)} if gtins else {}


async def places_by_uri(tx: TenantTransaction, uris: Sequence[str]) -> dict[str, FoodPlace]:
    """Those that were told."""
    return {row["place"]: _place(row) for row in await repository.places(tx, uris)} if uris else {}


def _product(row: Record) -> FoodProduct:
    told = {name: row[name] for name in FoodProduct.__slots__}
    return FoodProduct(**{**told, "listed": Listed(row["listed"])})


def _place(row: Record) -> FoodPlace:
    return FoodPlace(**{name: row[name] for name in FoodPlace.__slots__})
