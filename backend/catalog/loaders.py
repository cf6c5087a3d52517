"""The catalogue by key and moment, and what lies in somebody's sites: a whole batch in one statement."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from backend.catalog import master_data, service, versions
from backend.catalog.entries import Kind, Location, Partner, Product
from backend.catalog.master_data import Told
from backend.catalog.sites import Sites, sites_within
from backend.catalog.versions import Asked, Version
from backend.graphql.context import Context
from tenants.permissions import Permission

_TYPES: dict[Kind, Any] = {Kind.PRODUCT: Product, Kind.LOCATION: Location, Kind.PARTNER: Partner}
# (kind, key, the cursor, backward, how many)
VersionsAsked = tuple[Kind, str, tuple[datetime, int] | None, bool, int]


async def sites_for(context: Context, permission: Permission) -> Sites | None:
    """Where the caller's permission counts, looked up once in an operation; None for everywhere. Not to be asked for inside `reading()`."""
    limited = context.caller_principal.sites_for(permission)
    return None if limited is None else await context.load(sites, limited)


async def sites(context: Context, limits: list[frozenset[str]]) -> list[Sites]:
    """The places of each set of sites. Whoever is limited is nearly always limited to one."""
    async with context.reading() as tx:
        return [await sites_within(tx, limit) for limit in limits]


async def products(context: Context, gtins: list[str]) -> list[Product | None]:
    """Products by GTIN, as they are today."""
    async with context.reading() as tx:
        found = await service.products_by_gtin(tx, gtins)
    return [found.get(gtin) for gtin in gtins]


async def products_then(context: Context, asked: list[Asked]) -> list[Product | None]:
    """Products by GTIN, each as it was at a moment."""
    async with context.reading() as tx:
        found = await versions.products_at(tx, asked)
    return [found.get(one) for one in asked]


async def locations(context: Context, places: list[str]) -> list[Location | None]:
    """Locations by canonical URI, as far as the caller may see them."""
    limit = await sites_for(context, Permission.CATALOG_READ)
    async with context.reading() as tx:
        found = await service.locations_by_place(tx, places, limit)
    return [found.get(place) for place in places]


async def locations_then(context: Context, asked: list[Asked]) -> list[Location | None]:
    """The same, each as it was at a moment."""
    limit = await sites_for(context, Permission.CATALOG_READ)
    async with context.reading() as tx:
        found = await versions.locations_at(tx, asked, limit)
    return [found.get(one) for one in asked]


async def partners(context: Context, parties: list[str]) -> list[Partner | None]:
    """Partners by canonical URI."""
    async with context.reading() as tx:
        found = await service.partners_by_party(tx, parties)
    return [found.get(party) for party in parties]


async def partners_then(context: Context, asked: list[Asked]) -> list[Partner | None]:
    """The same, each as it was at a moment."""
    async with context.reading() as tx:
        found = await versions.partners_at(tx, asked)
    return [found.get(one) for one in asked]


async def pages_of_versions(context: Context, asked: list[VersionsAsked]) -> list[list[Version]]:
    """A page of each one's states."""
    by_page: dict[tuple[Kind, tuple[datetime, int] | None, bool, int], list[str]] = defaultdict(list)
    for kind, key, cursor, backward, limit in asked:
        by_page[(kind, cursor, backward, limit)].append(key)
    found: dict[VersionsAsked, list[Version]] = {}
    async with context.reading() as tx:
        for (kind, cursor, backward, limit), keys in by_page.items():
            of_each = await versions.pages_of_versions(tx, _TYPES[kind], keys, cursor=cursor, backward=backward, limit=limit)
            found |= {(kind, key, cursor, backward, limit): of_each.get(key, []) for key in keys}
    return [found[one] for one in asked]


async def told(context: Context, elements: list[str]) -> list[list[Told]]:
    """What each source tells of these elements."""
    async with context.reading() as tx:
        found = await master_data.told_of(tx, elements)
    return [found.get(element, []) for element in elements]
