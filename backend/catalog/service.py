"""Keep the catalogue, and turn codes into names in the reader's language."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from backend.catalog import repository, telling, versions
from backend.catalog.entries import Entry, Location, Partner, Product, ProductKind
from backend.catalog.errors import OutsideSitesError
from backend.catalog.languages import NAME_LENGTH, Names, encode_names, name_in
from backend.catalog.sites import Sites, sites_of
from backend.identifiers import parse_identifier
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError
from infra.outbox import enqueue
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

__all__ = [
    "LOCATIONS_CHANGED",
    "NAME_LENGTH",
    "PRODUCTS_CHANGED",
    "Location",
    "Names",
    "Partner",
    "Product",
    "ProductKind",
    "locations_by_place",
    "name_in",
    "partners_by_party",
    "products_by_gtin",
    "put_locations",
    "put_partners",
    "put_products",
]

LOCATIONS_CHANGED = "catalog.locations_changed"
PRODUCTS_CHANGED = "catalog.products_changed"


def _named(names: Names) -> Names:
    named: dict[str, str] = msgspec.json.decode(encode_names(names, "names"))
    return named


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise InvalidInputError(f"“{name[:60]}” is no time zone; write one of the IANA names, e.g. Asia/Shanghai.", field="timeZone") from problem
    return name


async def _put(tx: TenantTransaction, principal: Principal, entries: Sequence[Entry], valid_from: datetime) -> None:
    """Whatever a person or a program of the company enters holds from then on, and is told to whoever queries master data."""
    await versions.write(tx, entries, valid_from=valid_from, recorded_by=principal.display_name)
    await telling.tell_entries(tx, entries, valid_from=valid_from, teller=principal.display_name)


async def put_products(tx: TenantTransaction, principal: Principal, products: Sequence[Product], *, valid_from: datetime | None = None) -> None:
    """Add products or change them, by GTIN, from a moment on (now). They are the whole company's."""
    principal.require_everywhere(Permission.CATALOG_WRITE)
    given: dict[str, Product] = {}
    for item in products:
        gtin = parse_identifier(f"(01){item.gtin}").gtin or item.gtin
        given[gtin] = replace(item, gtin=gtin, names=_named(item.names))
    if given:
        since = versions.moment_of(valid_from)
        await _put(tx, principal, list(given.values()), since)
        await audit.record(tx, principal, "products.put", f"{len(given)} products", after={"gtins": list(given), "validFrom": since.isoformat()})
        await enqueue(tx, PRODUCTS_CHANGED, [{"gtins": list(given)}])


async def put_locations(tx: TenantTransaction, principal: Principal, locations: Sequence[Location], *, valid_from: datetime | None = None) -> None:
    """Add locations or change them, by place, from a moment on (now); raises `OutsideSitesError` unless each lies in a site where the caller may."""
    sites = await sites_of(tx, principal, Permission.CATALOG_WRITE)
    given: dict[str, Location] = {}
    for item in locations:
        place = parse_identifier(item.place).uri
        parent = parse_identifier(item.parent_place).uri if item.parent_place else None
        given[place] = replace(item, place=place, parent_place=parent, names=_named(item.names), time_zone=_zone(item.time_zone))
    if sites is not None:
        await _require_inside(tx, sites, {place: item.parent_place for place, item in given.items()})
    if given:
        since = versions.moment_of(valid_from)
        await _put(tx, principal, list(given.values()), since)
        await audit.record(tx, principal, "locations.put", f"{len(given)} locations", after={"places": list(given), "validFrom": since.isoformat()})
        await enqueue(tx, LOCATIONS_CHANGED, [{"places": list(given)}])


async def _require_inside(tx: TenantTransaction, sites: Sites, parents: Mapping[str, str | None]) -> None:
    """Whoever is limited to sites adds extensions of their GLNs and changes what lies there: a GLN or URI of its own, once taken by
    another site, would tell of that one by being refused. Nor does he move a place out of his site, or a site itself."""
    stored = await locations_by_place(tx, parents)
    for place, parent in parents.items():
        if not sites.cover(place):
            raise OutsideSitesError("A place in “locations” doesn't lie in your sites.", field="locations.place")
        before = stored[place].parent_place if place in stored else None
        if parent != before and not sites.cover(parent):
            raise OutsideSitesError("A place in “locations” would be moved out of your sites.", field="locations.parentPlace")


async def put_partners(tx: TenantTransaction, principal: Principal, partners: Sequence[Partner], *, valid_from: datetime | None = None) -> None:
    """Add partners or change them, by party, from a moment on (now). They are the whole company's."""
    principal.require_everywhere(Permission.CATALOG_WRITE)
    given: dict[str, Partner] = {}
    for item in partners:
        party = parse_identifier(item.party).uri
        given[party] = replace(item, party=party, names=_named(item.names))
    if given:
        since = versions.moment_of(valid_from)
        await _put(tx, principal, list(given.values()), since)
        await audit.record(tx, principal, "partners.put", f"{len(given)} partners", after={"parties": list(given), "validFrom": since.isoformat()})


def _names(row: Record) -> Names:
    return msgspec.json.decode(row["names"], type=dict[str, str])


def _product(row: Record) -> Product:
    return Product(row["gtin"], _names(row), ProductKind(row["kind"]), row["uom"], row["shelf_life_days"], row["published"], row["told"])


def _location(row: Record) -> Location:
    return Location(
        row["place"], _names(row), row["kind"], row["own"], row["time_zone"], row["parent_place"], row["undetermined"], row["told"]
    )  # fmt: skip


def _partner(row: Record) -> Partner:
    return Partner(row["party"], _names(row), row["supplier"], row["customer"], row["address"], row["told"])


async def products_by_gtin(tx: TenantTransaction, gtins: Collection[str]) -> dict[str, Product]:
    """Known products."""
    return {row["gtin"]: _product(row) for row in await repository.products(tx, gtins)} if gtins else {}


async def locations_by_place(tx: TenantTransaction, places: Collection[str], sites: Sites | None = None) -> dict[str, Location]:
    """Known locations by canonical URI; of the company's own those in `sites` and above them."""
    found = await repository.locations(tx, places) if places else []
    return {row["place"]: _location(row) for row in found if sites is None or sites.show(row["place"], own=row["own"] or row["undetermined"])}


async def partners_by_party(tx: TenantTransaction, parties: Collection[str]) -> dict[str, Partner]:
    """Known partners by canonical URI."""
    return {row["party"]: _partner(row) for row in await repository.partners(tx, parties)} if parties else {}
