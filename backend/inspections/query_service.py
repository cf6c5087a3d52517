"""Read inspections: pages of them, many at once, their results, and what is due on a code that was scanned."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from backend.catalog.sites import Sites
from backend.inspections import laboratory_repository, query_repository, repository
from backend.inspections.inspections import Inspection, Kind, Result
from backend.inspections.opening import Wanted, goods_of
from backend.inspections.query_repository import Filter
from backend.inspections.sites import first_seen, seen
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.specifications import service as specifications
from backend.specifications.service import Version
from infra.database import Record, TenantTransaction

__all__ = ["Filter", "Task", "inspections_by_id", "laboratories_of", "page_of_inspections", "page_of_results", "task_for"]
MOST_REPORTS = 500


async def page_of_inspections(
    tx: TenantTransaction, wanted: Filter, *, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None
) -> list[Inspection]:
    """Inspections that concern the sites, newest first, from behind the cursor (an inspection's id), in the order of going."""

    async def read(behind: UUID | None, most: int) -> list[Record]:
        return await query_repository.page(tx, wanted, cursor=behind, backward=backward, limit=most)

    return [Inspection.from_row(row) for row in await first_seen(tx, read, cursor=cursor, limit=limit, sites=sites)]


async def inspections_by_id(tx: TenantTransaction, inspection_ids: Collection[UUID], sites: Sites | None) -> dict[UUID, Inspection]:
    """Those of these inspections that exist here and concern the sites."""
    rows = await seen(tx, await query_repository.by_ids(tx, inspection_ids), sites) if inspection_ids else []
    return {row["inspection_id"]: Inspection.from_row(row) for row in rows}


async def page_of_results(
    tx: TenantTransaction, inspection_id: UUID, *, replaced: bool, cursor: UUID | None, backward: bool, limit: int
) -> list[Result]:
    """An inspection's results in the order in which they were recorded; with `replaced` those that were entered anew too."""
    rows = await repository.page_of_results(tx, inspection_id, replaced=replaced, cursor=cursor, backward=backward, limit=limit)
    return [Result.from_row(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be inspected on goods: what is open, else the version that a new inspection would be judged by."""

    goods: TraceableObject
    open: list[Inspection]
    version: Version | None


async def task_for(tx: TenantTransaction, key: str, *, wanted: Wanted, kind: Kind | None, sites: Sites | None) -> Task:
    """From a code to its open inspections, those that are begun first, then what is due first; raises `ObjectNotFoundError`."""
    found = await objects.find(tx, key, sites)
    opened = [Inspection.from_row(row) for row in await repository.open_of(tx, found.object_id)]
    fitting = [one for one in opened if kind is None or one.kind is kind]
    if fitting:
        first = fitting[0]
        return Task(found, fitting, await specifications.get_version(tx, first.specification_id, first.version))
    return Task(found, [], await specifications.in_force_for(tx, goods_of(wanted, found)))


async def laboratories_of(tx: TenantTransaction, inspection_ids: Collection[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """(laboratory, report) of what laboratories reported for each."""
    found: dict[UUID, list[tuple[str, str]]] = {}
    for row in await laboratory_repository.reports_of(tx, inspection_ids, MOST_REPORTS) if inspection_ids else ():
        found.setdefault(row["inspection_id"], []).append((row["laboratory"], row["report"]))
    return found
