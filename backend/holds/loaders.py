"""Holds by id, a whole batch in one statement."""

from uuid import UUID

from backend.catalog.loaders import sites_for
from backend.graphql.context import Context
from backend.holds.query_service import ListedHold, holds_by_id
from tenants.permissions import Permission


async def holds(context: Context, hold_ids: list[UUID]) -> list[ListedHold | None]:
    """Holds by id, on what the caller meets."""
    sites = await sites_for(context, Permission.HOLDS_READ)
    async with context.reading() as tx:
        found = await holds_by_id(tx, hold_ids, sites)
    return [found.get(hold_id) for hold_id in hold_ids]
