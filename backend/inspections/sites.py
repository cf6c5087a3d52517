"""Which inspections somebody sees who is limited to sites: those of objects met there, and without an object those at their places."""

from collections.abc import Awaitable, Callable, Collection
from typing import Final
from uuid import UUID

from backend.catalog.sites import Sites
from backend.inspections.errors import InspectionNotFoundError
from backend.inspections.inspections import Inspection
from backend.objects import service as objects
from infra.database import Record, TenantTransaction

FIRST_STEP: Final = 500
MOST_IN_A_STEP: Final = 2_000
# So far is looked for those few that concern somebody's sites among many that don't.
STEPS: Final = 50


async def seen(tx: TenantTransaction, rows: Collection[Record], sites: Sites | None) -> list[Record]:
    """Those of these rows (with `object_id` and `place`) that concern the sites."""
    if sites is None:
        return list(rows)
    met = await objects.met_at(tx, {row["object_id"] for row in rows if row["object_id"] is not None}, sites)
    return [row for row in rows if (row["object_id"] in met if row["object_id"] is not None else sites.cover(row["place"] or None))]


async def first_seen(
    tx: TenantTransaction, read: Callable[[UUID | None, int], Awaitable[list[Record]]], *, cursor: UUID | None, limit: int, sites: Sites | None
) -> list[Record]:
    """The first rows that concern the sites, of the next hundred thousand at most.

    `read` gives so many behind a cursor, which is each row's `inspection_id`.
    """
    if sites is None:
        return await read(cursor, limit)
    found: list[Record] = []
    step = max(limit, FIRST_STEP)
    for _ in range(STEPS):
        rows = await read(cursor, step)
        found += await seen(tx, rows, sites)
        if len(found) >= limit or len(rows) < step:
            break
        cursor, step = rows[-1]["inspection_id"], min(4 * step, MOST_IN_A_STEP)
    return found[:limit]


async def require_seen(tx: TenantTransaction, inspection: Inspection, sites: Sites | None, field: str = "inspectionId") -> None:
    """Raise `InspectionNotFoundError` unless it concerns the sites."""
    if sites is None:
        return
    if inspection.object_id is None:
        if not sites.cover(inspection.place or None):
            raise InspectionNotFoundError(field)
    elif not await objects.met_at(tx, {inspection.object_id}, sites):
        raise InspectionNotFoundError(field)
