"""What inspections ask of their neighbours: how many to look at, whether an instrument was fit."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.inspections.rules import Plan
from backend.specifications.rules import Scope
from backend.specifications.service import Version
from infra.database import TenantTransaction
from tenants.principal import Principal

# Without a plan one unit is looked at, and the first failure rejects.
UNPLANNED = Plan(1, 0, 1)


@dataclass(frozen=True, slots=True)
class Fitness:
    """Whether an instrument was calibrated when it measured, and if not, why."""

    valid: bool
    note: str = ""


async def plan_for(tx: TenantTransaction, version: Version, goods: Scope, lot_size: int | None) -> tuple[Plan, str]:
    """The sample of an inspection and what is to be said of it."""
    return UNPLANNED, ""


async def fitness_of(tx: TenantTransaction, wanted: Collection[tuple[UUID, datetime]]) -> dict[tuple[UUID, datetime], Fitness]:
    """Each instrument's state at the moment at which it measured; one that nobody knows wasn't fit."""
    return {one: Fitness(False, "unknown instrument") for one in wanted}


async def attach_photos(tx: TenantTransaction, principal: Principal, photos: Mapping[UUID, Sequence[UUID]]) -> None:
    """Tie photos to the results that they show."""


async def lot_concluded(tx: TenantTransaction, plan_id: UUID, goods: Scope, *, accepted: bool) -> None:
    """Tell the sampling plan, which switches between normal, tightened and reduced inspection."""
