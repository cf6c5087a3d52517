"""Read drills: pages of them, and their steps and findings, a whole batch at once."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from backend.recall_drills import repository
from backend.recall_drills.rules import DrillState
from backend.recall_drills.stored import DoneStep, Drill, Finding
from infra.database import TenantTransaction


async def page_of_drills(
    tx: TenantTransaction, *, states: Collection[DrillState] | None, cursor: UUID | None, backward: bool, limit: int
) -> list[Drill]:
    """Drills, newest first, from behind the cursor (one's id), in the order of going."""
    wanted = [int(state) for state in states] if states is not None else None
    return [Drill.from_row(row) for row in await repository.page(tx, states=wanted, cursor=cursor, backward=backward, limit=limit)]


async def drills_by_id(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, Drill]:
    """Those of these that exist here."""
    return {row["drill_id"]: Drill.from_row(row) for row in await repository.by_ids(tx, ids)}


async def steps_of(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, list[DoneStep]]:
    """What is done of each, in order."""
    found: dict[UUID, list[DoneStep]] = defaultdict(list)
    for row in await repository.steps_of(tx, ids):
        found[row["drill_id"]].append(DoneStep.from_row(row))
    return found


async def findings_of(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, list[Finding]]:
    """The findings of each, oldest first."""
    found: dict[UUID, list[Finding]] = defaultdict(list)
    for row in await repository.findings_of(tx, ids):
        found[row["drill_id"]].append(Finding.from_row(row))
    return found
