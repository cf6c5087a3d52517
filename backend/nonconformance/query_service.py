"""Read nonconformances: pages of them, what waits for a decision, and what hangs on each, a whole batch at once."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.catalog.sites import Sites
from backend.nonconformance import query_repository, repository
from backend.nonconformance.rules import Concerned, NcSeverity, NcStatus
from backend.nonconformance.stored import Decision, Disposition, Nonconformance
from infra.database import TenantTransaction

MOST_RECURRENCES = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which nonconformances are asked for."""

    open_only: bool = True
    statuses: Sequence[NcStatus] | None = None
    severities: Sequence[NcSeverity] | None = None
    supplier: str | None = None
    characteristic: str | None = None
    object_id: int | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a decider; with a decision, for its second signature. `approval_id` is either's id."""

    approval_id: UUID
    decision_id: UUID | None
    since: datetime
    nonconformance: Nonconformance


async def page_of(
    tx: TenantTransaction, wanted: Wanted, *, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None = None
) -> list[Nonconformance]:
    """Nonconformances that concern `sites`, newest first, from behind the cursor (one's id), in the order of going."""
    rows = await query_repository.page(
        tx, open_only=wanted.open_only, statuses=_numbers(wanted.statuses), severities=_numbers(wanted.severities), supplier=wanted.supplier,
        characteristic=wanted.characteristic, object_id=wanted.object_id, cursor=cursor, backward=backward, limit=limit, sites=sites,
    )  # fmt: skip
    return [Nonconformance.from_row(row) for row in rows]


def _numbers(wanted: Sequence[int] | None) -> list[int] | None:
    return None if wanted is None else [int(one) for one in wanted]


async def by_id(tx: TenantTransaction, ids: Collection[UUID], sites: Sites | None = None) -> dict[UUID, Nonconformance]:
    """Those of these that exist here and concern `sites`."""
    return {row["nonconformance_id"]: Nonconformance.from_row(row) for row in await repository.by_ids(tx, ids, sites)}


async def waiting_for(
    tx: TenantTransaction, person_id: UUID, *, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None = None
) -> list[Waiting]:
    """What waits for a decision of this person's: not what he has signed first himself."""
    rows = await query_repository.waiting(tx, not_by=person_id, cursor=cursor, backward=backward, limit=limit, sites=sites)
    return [Waiting(row["approval_id"], row["decision_id"], row["decided_at"] or row["opened_at"], Nonconformance.from_row(row)) for row in rows]


async def goods_of(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, list[Concerned]]:
    """The goods of each."""
    found: dict[UUID, list[Concerned]] = defaultdict(list)
    for row in await repository.objects_of(tx, ids):
        found[row["nonconformance_id"]].append(Concerned(row["object_id"], row["quantity"], row["uom"]))
    return found


async def decisions_of(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, list[Decision]]:
    """The decisions about each, oldest first."""
    found: dict[UUID, list[Decision]] = defaultdict(list)
    for row in await repository.decisions_of(tx, ids):
        found[row["nonconformance_id"]].append(Decision.from_row(row))
    return found


async def dispositions_of(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, list[Disposition]]:
    """What was decided about the goods of each, oldest first."""
    found: dict[UUID, list[Disposition]] = defaultdict(list)
    for row in await repository.dispositions_of(tx, ids):
        found[row["nonconformance_id"]].append(Disposition.from_row(row))
    return found


async def holds_of(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The holds of each."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for row in await repository.holds_of(tx, ids):
        found[row["nonconformance_id"]].append(row["hold_id"])
    return found


async def recurrences(
    tx: TenantTransaction, *, gtin: str | None, characteristic: str | None, since: datetime, until: datetime
) -> list[Nonconformance]:
    """The first nonconformances of a product and characteristic that were opened within a time."""
    rows = await query_repository.recurrences(tx, gtin=gtin, characteristic=characteristic, since=since, until=until, limit=MOST_RECURRENCES)
    return [Nonconformance.from_row(row) for row in rows]
