"""Effectiveness checks and what was recorded of them, a whole batch in one statement."""

from uuid import UUID

from backend.graphql.context import Context
from backend.recall_checks import query_service
from backend.recall_checks.stored import Check, CheckRecord


async def checks(context: Context, ids: list[UUID]) -> list[Check | None]:
    """By id."""
    async with context.reading() as tx:
        found = await query_service.checks_by_id(tx, ids)
    return [found.get(one) for one in ids]


async def records(context: Context, ids: list[UUID]) -> list[list[CheckRecord]]:
    """What was recorded of each."""
    async with context.reading() as tx:
        found = await query_service.records_of(tx, ids)
    return [found.get(one, []) for one in ids]
