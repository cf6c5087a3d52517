"""Drills with their steps and findings, a whole batch in one statement."""

from uuid import UUID

from backend.graphql.context import Context
from backend.recall_drills import query_service
from backend.recall_drills.stored import DoneStep, Drill, Finding


async def drills(context: Context, ids: list[UUID]) -> list[Drill | None]:
    """By id."""
    async with context.reading() as tx:
        found = await query_service.drills_by_id(tx, ids)
    return [found.get(one) for one in ids]


async def steps(context: Context, ids: list[UUID]) -> list[list[DoneStep]]:
    """What is done of each."""
    async with context.reading() as tx:
        found = await query_service.steps_of(tx, ids)
    return [found.get(one, []) for one in ids]


async def findings(context: Context, ids: list[UUID]) -> list[list[Finding]]:
    """What each showed."""
    async with context.reading() as tx:
        found = await query_service.findings_of(tx, ids)
    return [found.get(one, []) for one in ids]
