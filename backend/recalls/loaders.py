"""Recall cases and what hangs on them, a whole batch in one statement."""

from uuid import UUID

from backend.graphql.context import Context
from backend.recalls import query_service
from backend.recalls.clocks import Clock
from backend.recalls.stored import RecallCase


async def cases(context: Context, ids: list[UUID]) -> list[RecallCase | None]:
    """By id."""
    async with context.reading() as tx:
        found = await query_service.cases_by_ids(tx, ids)
    return [found.get(one) for one in ids]


async def clocks(context: Context, ids: list[UUID]) -> list[list[Clock]]:
    """The law's clocks of cases."""
    async with context.reading() as tx:
        found = await query_service.clocks_of_cases(tx, ids)
    return [found[one] for one in ids]


async def links(context: Context, ids: list[UUID]) -> list[list[str]]:
    """What belongs to cases."""
    async with context.reading() as tx:
        found = await query_service.links_of(tx, ids)
    return [found[one] for one in ids]
