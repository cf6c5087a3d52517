"""Results of captures, those of a whole operation in one transaction."""

from typing import Any
from uuid import UUID

from backend.bulk.results import page_of_results
from backend.graphql.context import Context

# (job, the first place, how many)
ResultsAsked = tuple[UUID, int, int]


async def results(context: Context, asked: list[ResultsAsked]) -> list[list[dict[str, Any]]]:
    """A stretch of each job's results. The jobs are those that the caller was shown."""
    async with context.reading() as tx:
        return [await page_of_results(tx, job_id, place=place, limit=limit) for job_id, place, limit in asked]
