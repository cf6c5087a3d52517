"""Page through the catalogue, in order of the keys, in either direction."""

from backend.catalog import query_repository
from backend.catalog.service import Location, Partner, Product, locations_by_place, partners_by_party, products_by_gtin
from backend.catalog.sites import Sites
from infra.database import TenantTransaction


async def page_of_products(tx: TenantTransaction, *, cursor: str | None, backward: bool, limit: int) -> list[Product]:
    """Products from behind the cursor (a GTIN), in the order of going."""
    keys = await query_repository.product_keys(tx, cursor=cursor, backward=backward, limit=limit)
    found = await products_by_gtin(tx, keys)
    return [found[key] for key in keys if key in found]


async def page_of_locations(tx: TenantTransaction, *, cursor: str | None, backward: bool, limit: int, sites: Sites | None = None) -> list[Location]:
    """Locations from behind the cursor (a place), in the order of going; of the company's own those in `sites` and above them."""
    keys = await query_repository.location_keys(tx, cursor=cursor, backward=backward, limit=limit, sites=sites)
    found = await locations_by_place(tx, keys)
    return [found[key] for key in keys if key in found]


async def page_of_partners(tx: TenantTransaction, *, cursor: str | None, backward: bool, limit: int) -> list[Partner]:
    """Partners from behind the cursor (a party), in the order of going."""
    keys = await query_repository.partner_keys(tx, cursor=cursor, backward=backward, limit=limit)
    found = await partners_by_party(tx, keys)
    return [found[key] for key in keys if key in found]
