"""Reading sampling plans, their versions, states and switches, for pages and batches."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from backend.sampling import plans, repository
from backend.sampling.attributes import Severity
from backend.sampling.plans import Definition
from backend.sampling.service import SamplingPlan, StoredState
from backend.sampling.switching import Rule, Skipping
from infra.database import TenantTransaction

VERSIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Version:
    """What a plan said from then on."""

    version: int
    name: str
    made_at: datetime
    definition: Definition


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch; `lots` are the inspections that caused it, as JSON text."""

    switch_id: UUID
    rule: Rule
    from_severity: Severity
    to_severity: Severity
    skipping: Skipping
    frequency: int
    lots: str
    switched_at: datetime
    reason: str | None


async def page_of_plans(tx: TenantTransaction, *, archived: bool, cursor: UUID | None, backward: bool, limit: int) -> list[SamplingPlan]:
    """Plans, newest first, from behind the cursor."""
    rows = await repository.plans(tx, archived=archived, cursor=cursor, backward=backward, limit=limit)
    return [SamplingPlan.from_row(row) for row in rows]


async def plans_by_ids(tx: TenantTransaction, plan_ids: Collection[UUID]) -> dict[UUID, SamplingPlan]:
    """Plans by id; what isn't there is left out."""
    return {row["plan_id"]: SamplingPlan.from_row(row) for row in await repository.plans_by_ids(tx, plan_ids)}


async def versions_of(tx: TenantTransaction, plan_ids: Collection[UUID]) -> dict[UUID, list[Version]]:
    """The last versions of each plan, newest first."""
    found: dict[UUID, list[Version]] = defaultdict(list)
    for row in await repository.versions(tx, list(plan_ids), VERSIONS):
        found[row["plan_id"]].append(Version(row["version"], row["name"], row["made_at"], plans.decode(row["definition"])))
    return found


async def page_of_states(
    tx: TenantTransaction, *, plan_id: UUID | None, severity: Severity | None, cursor: UUID | None, backward: bool, limit: int
) -> list[StoredState]:
    """States, newest first, from behind the cursor."""
    rows = await repository.states(tx, plan_id=plan_id, severity=severity, cursor=cursor, backward=backward, limit=limit)
    return [StoredState.from_row(row) for row in rows]


async def page_of_switches(tx: TenantTransaction, state_id: UUID, *, cursor: UUID | None, backward: bool, limit: int) -> list[Switch]:
    """A state's history, newest first, from behind the cursor."""
    return [
        Switch(
            row["switch_id"], Rule(row["rule"]), Severity(row["from_severity"]), Severity(row["to_severity"]), Skipping(row["skipping"]),
            row["frequency"], row["lots"], row["switched_at"], row["reason"],
        )
        for row in await repository.switches(tx, state_id, cursor=cursor, backward=backward, limit=limit)
    ]  # fmt: skip
