"""Read effectiveness checks: plans, pages of checks, what was recorded, and how far they are."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from backend.recall_checks import levels, repository
from backend.recall_checks.levels import CheckState, Counts
from backend.recall_checks.stored import Check, CheckRecord, Plan
from infra import clock
from infra.database import TenantTransaction

MOST_PLANS = 50


async def plans_of(tx: TenantTransaction, case_id: UUID) -> list[Plan]:
    """The choices of a level, newest first: the first one counts."""
    return [Plan.from_row(row) for row in await repository.plans(tx, case_id, MOST_PLANS)]


async def counts_of(tx: TenantTransaction, case_id: UUID) -> Counts:
    """How far the checks of a case are; all nought where no level was chosen."""
    plans = await repository.plans(tx, case_id, 1)
    rows = await repository.counts(tx, [case_id], clock.now())
    states = {CheckState(row["state"]): row["checks"] for row in rows}
    return levels.counts_of(plans[0]["population"] if plans else 0, states, sum(row["overdue"] for row in rows))


async def page_of_checks(
    tx: TenantTransaction, case_id: UUID, *, states: Collection[CheckState] | None, overdue_only: bool, cursor: UUID | None, backward: bool,
    limit: int,
) -> list[Check]:  # fmt: skip
    """Checks in the order in which they were drawn, from behind the cursor (one's id), in the order of going."""
    wanted = [int(state) for state in states] if states is not None else None
    rows = await repository.page(
        tx, case_id, states=wanted, overdue_at=clock.now() if overdue_only else None, cursor=cursor, backward=backward, limit=limit
    )
    return [Check.from_row(row) for row in rows]


async def checks_by_id(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, Check]:
    """Those of these checks that exist here."""
    return {row["check_id"]: Check.from_row(row) for row in await repository.by_ids(tx, ids)}


async def records_of(tx: TenantTransaction, check_ids: Collection[UUID]) -> dict[UUID, list[CheckRecord]]:
    """What was recorded of each, oldest first."""
    found: dict[UUID, list[CheckRecord]] = defaultdict(list)
    for row in await repository.records_of(tx, check_ids):
        found[row["check_id"]].append(CheckRecord.from_row(row))
    return found
