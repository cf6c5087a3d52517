"""The catalogue by key, and what lies in somebody's sites: a whole batch in one statement."""

from backend.catalog import service
from backend.catalog.sites import Sites, sites_within
from backend.graphql.context import Context
from tenants.permissions import Permission


async def sites_for(context: Context, permission: Permission) -> Sites | None:
    """Where the caller's permission counts, looked up once in an operation; None for everywhere. Not to be asked for inside `reading()`."""
    limited = context.caller_principal.sites_for(permission)
    return None if limited is None else await context.load(sites, limited)


async def sites(context: Context, limits: list[frozenset[str]]) -> list[Sites]:
    """The places of each set of sites. Whoever is limited is nearly always limited to one."""
    async with context.reading() as tx:
        return [await sites_within(tx, limit) for limit in limits]


async def products(context: Context, gtins: list[str]) -> list[service.Product | None]:
    """Products by GTIN."""
    async with context.reading() as tx:
        found = await service.products_by_gtin(tx, gtins)
    return [found.get(gtin) for gtin in gtins]


async def locations(context: Context, places: list[str]) -> list[service.Location | None]:
    """Locations by canonical URI, as far as the caller may see them."""
    limit = await sites_for(context, Permission.CATALOG_READ)
    async with context.reading() as tx:
        found = await service.locations_by_place(tx, places, limit)
    return [found.get(place) for place in places]


async def partners(context: Context, parties: list[str]) -> list[service.Partner | None]:
    """Partners by canonical URI."""
    async with context.reading() as tx:
        found = await service.partners_by_party(tx, parties)
    return [found.get(party) for party in parties]
