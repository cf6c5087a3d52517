"""Statements that page through the catalogue's keys in either direction."""

from backend.catalog.sites import OPEN, Fence, Sites, shown
from infra.database import TenantTransaction


async def product_keys(tx: TenantTransaction, *, cursor: str | None, backward: bool, limit: int) -> list[str]:
    """GTINs from behind the cursor."""
    return await _keys(tx, "product", "gtin", cursor=cursor, backward=backward, limit=limit)


async def location_keys(tx: TenantTransaction, *, cursor: str | None, backward: bool, limit: int, sites: Sites | None) -> list[str]:
    """Places that may be seen, from behind the cursor."""
    return await _keys(
        tx, "location", "place", cursor=cursor, backward=backward, limit=limit, fence=shown(sites, "place", "(own or undetermined)", at=4)
    )


async def partner_keys(tx: TenantTransaction, *, cursor: str | None, backward: bool, limit: int) -> list[str]:
    """Parties from behind the cursor."""
    return await _keys(tx, "partner", "party", cursor=cursor, backward=backward, limit=limit)


async def _keys(tx: TenantTransaction, table: str, key: str, *, cursor: str | None, backward: bool, limit: int, fence: Fence = OPEN) -> list[str]:
    behind, order = ("<", "desc") if backward else (">", "asc")
    rows = await tx.fetch(
        f"""select {key} as key from {table} where tenant_id = $1 and ($2::text is null or {key} {behind} $2){fence.condition}
            order by {key} {order} limit $3""",
        cursor,
        limit,
        *fence.values,
    )
    return [row["key"] for row in rows]
