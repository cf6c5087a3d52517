"""Keep the catalogue, and turn codes into names in the reader's language."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from backend.catalog import repository
from backend.catalog.errors import OutsideSitesError
from backend.catalog.sites import Sites, sites_of
from backend.identifiers import parse_identifier
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError
from infra.outbox import enqueue
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

LOCATIONS_CHANGED = "catalog.locations_changed"
PRODUCTS_CHANGED = "catalog.products_changed"
LANGUAGES = ("zh", "en")
NAME_LENGTH = 200
Names = Mapping[str, str]


class ProductKind(IntEnum):
    """The numbers are stored and never change."""

    RAW = 1
    INTERMEDIATE = 2
    FINISHED = 3


@dataclass(frozen=True, slots=True)
class Product:
    """A product; `published` lets its lots name it on public pages of what was made from them."""

    gtin: str
    names: Names
    kind: ProductKind
    uom: str = ""
    shelf_life_days: int | None = None
    published: bool = False


@dataclass(frozen=True, slots=True)
class Location:
    """A place; `place` is the URI that events carry, in any form; `own` tells the tenant's own from others'."""

    place: str
    names: Names
    kind: str
    own: bool
    time_zone: str
    parent_place: str | None = None


@dataclass(frozen=True, slots=True)
class Partner:
    """A supplier or customer; `party` is the URI that events carry, in any form."""

    party: str
    names: Names
    supplier: bool
    customer: bool
    address: str = ""


def name_in(names: Names, language: str) -> str:
    """The name in a language ("zh" or "en"), else in any other, else empty."""
    return names.get(language) or next(iter(names.values()), "")


def _encode_names(names: Names, field: str) -> str:
    for language, name in names.items():
        if language not in LANGUAGES or not name.strip() or len(name) > NAME_LENGTH or "\x00" in name:
            raise InvalidInputError(
                f"“{field}”: names are given by language (zh, en), each 1 to {NAME_LENGTH} characters; “{language}” is not.", field=field
            )
    if not names:
        raise InvalidInputError(f"“{field}” is empty: give a name in zh or en.", field=field)
    return msgspec.json.encode(dict(names)).decode()


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise InvalidInputError(f"“{name[:60]}” is no time zone; write one of the IANA names, e.g. Asia/Shanghai.", field="timeZone") from problem
    return name


async def put_products(tx: TenantTransaction, principal: Principal, products: Sequence[Product]) -> None:
    """Add products or change them, by GTIN. They are the whole company's."""
    principal.require_everywhere(Permission.CATALOG_WRITE)
    rows = [
        (
            parse_identifier(f"(01){item.gtin}").gtin, _encode_names(item.names, "names"), int(item.kind), item.uom, item.shelf_life_days,
            item.published,
        )
        for item in {product.gtin: product for product in products}.values()
    ]  # fmt: skip
    if rows:
        await repository.upsert_products(tx, rows)
        await audit.record(tx, principal, "products.put", f"{len(rows)} products", after={"gtins": [row[0] for row in rows]})
        await enqueue(tx, PRODUCTS_CHANGED, [{"gtins": [row[0] for row in rows]}])


async def put_locations(tx: TenantTransaction, principal: Principal, locations: Sequence[Location]) -> None:
    """Add locations or change them, by place; raises `OutsideSitesError` unless each lies in a site where the caller may."""
    sites = await sites_of(tx, principal, Permission.CATALOG_WRITE)
    rows = {}
    for item in locations:
        place = parse_identifier(item.place).uri
        parent = parse_identifier(item.parent_place).uri if item.parent_place else None
        rows[place] = (place, parent, _encode_names(item.names, "names"), item.kind, item.own, _zone(item.time_zone))
    if sites is not None:
        await _require_inside(tx, sites, {place: row[1] for place, row in rows.items()})
    if rows:
        await repository.upsert_locations(tx, list(rows.values()))
        await audit.record(tx, principal, "locations.put", f"{len(rows)} locations", after={"places": list(rows)})
        await enqueue(tx, LOCATIONS_CHANGED, [{"places": list(rows)}])


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


async def put_partners(tx: TenantTransaction, principal: Principal, partners: Sequence[Partner]) -> None:
    """Add partners or change them, by party. They are the whole company's."""
    principal.require_everywhere(Permission.CATALOG_WRITE)
    rows = {}
    for item in partners:
        party = parse_identifier(item.party).uri
        rows[party] = (party, _encode_names(item.names, "names"), item.supplier, item.customer, item.address)
    if rows:
        await repository.upsert_partners(tx, list(rows.values()))
        await audit.record(tx, principal, "partners.put", f"{len(rows)} partners", after={"parties": list(rows)})


def _product(row: Record) -> Product:
    return Product(row["gtin"], msgspec.json.decode(row["names"]), ProductKind(row["kind"]), row["uom"], row["shelf_life_days"], row["published"])


def _location(row: Record) -> Location:
    return Location(row["place"], msgspec.json.decode(row["names"]), row["kind"], row["own"], row["time_zone"], row["parent_place"])


def _partner(row: Record) -> Partner:
    return Partner(row["party"], msgspec.json.decode(row["names"]), row["supplier"], row["customer"], row["address"])


async def products_by_gtin(tx: TenantTransaction, gtins: Collection[str]) -> dict[str, Product]:
    """Known products."""
    return {row["gtin"]: _product(row) for row in await repository.products(tx, gtins)} if gtins else {}


async def locations_by_place(tx: TenantTransaction, places: Collection[str], sites: Sites | None = None) -> dict[str, Location]:
    """Known locations by canonical URI; of the company's own those in `sites` and above them."""
    found = await repository.locations(tx, places) if places else []
    return {row["place"]: _location(row) for row in found if sites is None or sites.show(row["place"], own=row["own"])}


async def partners_by_party(tx: TenantTransaction, parties: Collection[str]) -> dict[str, Partner]:
    """Known partners by canonical URI."""
    return {row["party"]: _partner(row) for row in await repository.partners(tx, parties)} if parties else {}
