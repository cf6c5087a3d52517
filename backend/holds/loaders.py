"""Holds by id, a whole batch in one statement."""

from uuid import UUID

from backend.graphql.context import Context
from backend.holds.query_service import ListedHold, holds_by_id


async def holds(context: Context, hold_ids: list[UUID]) -> list[ListedHold | None]:
    """Holds by id."""
    async with context.reading() as tx:
        found = await holds_by_id(tx, hold_ids)
    return [found.get(hold_id) for hold_id in hold_ids]
