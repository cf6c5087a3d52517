"""The catalogue by key, a whole batch in one statement."""

from backend.catalog import service
from backend.graphql.context import Context


async def products(context: Context, gtins: list[str]) -> list[service.Product | None]:
    """Products by GTIN."""
    async with context.reading() as tx:
        found = await service.products_by_gtin(tx, gtins)
    return [found.get(gtin) for gtin in gtins]


async def locations(context: Context, places: list[str]) -> list[service.Location | None]:
    """Locations by canonical URI."""
    async with context.reading() as tx:
        found = await service.locations_by_place(tx, places)
    return [found.get(place) for place in places]


async def partners(context: Context, parties: list[str]) -> list[service.Partner | None]:
    """Partners by canonical URI."""
    async with context.reading() as tx:
        found = await service.partners_by_party(tx, parties)
    return [found.get(party) for party in parties]
