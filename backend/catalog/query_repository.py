"""Statements that page through the catalogue's keys in either direction."""

from infra.database import TenantTransaction


async def product_keys(tx: TenantTransaction, *, cursor: str | None, backward: bool, limit: int) -> list[str]:
    """GTINs from behind the cursor."""
    return await _keys(tx, "product", "gtin", cursor=cursor, backward=backward, limit=limit)


async def location_keys(tx: TenantTransaction, *, cursor: str | None, backward: bool, limit: int) -> list[str]:
    """Places from behind the cursor."""
    return await _keys(tx, "location", "place", cursor=cursor, backward=backward, limit=limit)


async def partner_keys(tx: TenantTransaction, *, cursor: str | None, backward: bool, limit: int) -> list[str]:
    """Parties from behind the cursor."""
    return await _keys(tx, "partner", "party", cursor=cursor, backward=backward, limit=limit)


async def _keys(tx: TenantTransaction, table: str, key: str, *, cursor: str | None, backward: bool, limit: int) -> list[str]:
    behind, order = ("<", "desc") if backward else (">", "asc")
    rows = await tx.fetch(
        f"select {key} as key from {table} where tenant_id = $1 and ($2::text is null or {key} {behind} $2) order by {key} {order} limit $3",
        cursor,
        limit,
    )
    return [row["key"] for row in rows]
