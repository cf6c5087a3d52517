"""Read nonconformances: pages of them, what waits for a decision, and what hangs on each, a whole batch at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.catalog.sites import Sites
from backend.nonconformance import query_repository, repository
from backend.nonconformance.query_repository import Watched
from backend.nonconformance.rules import Concerned, NcSeverity, NcSourceKind, NcStatus
from backend.nonconformance.stored import Decision, Disposition, Nonconformance
from infra.database import TenantTransaction
from infra.grouping import grouped

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


async def opened_within(
    tx: TenantTransaction, sources: Sequence[NcSourceKind], *, since: datetime, until: datetime, limit: int, sites: Sites | None = None
) -> dict[UUID, tuple[NcSourceKind, datetime]]:
    """Source and time of those of some sources that concern `sites` and were opened within a time; the newest so many."""
    rows = await query_repository.opened_within(tx, [int(one) for one in sources], since=since, until=until, limit=limit, sites=sites)
    return {row["nonconformance_id"]: (NcSourceKind(row["source"]), row["opened_at"]) for row in rows}


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
    return grouped(await repository.objects_of(tx, ids), "nonconformance_id", lambda row: Concerned(row["object_id"], row["quantity"], row["uom"]))


async def decisions_of(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, list[Decision]]:
    """The decisions about each, oldest first."""
    return grouped(await repository.decisions_of(tx, ids), "nonconformance_id", Decision.from_row)


async def dispositions_of(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, list[Disposition]]:
    """What was decided about the goods of each, oldest first."""
    return grouped(await repository.dispositions_of(tx, ids), "nonconformance_id", Disposition.from_row)


async def holds_of(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The holds of each."""
    return grouped(await repository.holds_of(tx, ids), "nonconformance_id", lambda row: row["hold_id"])


async def recurrences(tx: TenantTransaction, watched: Sequence[Watched]) -> list[list[Nonconformance]]:
    """For each (product, characteristic, since, until) the first nonconformances of it that were opened within the time."""
    found: list[list[Nonconformance]] = [[] for _ in watched]
    for row in await query_repository.recurrences(tx, watched, MOST_RECURRENCES) if watched else ():
        found[row["which"] - 1].append(Nonconformance.from_row(row))
    return found
