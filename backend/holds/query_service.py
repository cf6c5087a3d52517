"""Read holds: pages of them, and many at once."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from backend.catalog.sites import Sites
from backend.holds import query_repository
from backend.holds.known import Hold
from backend.holds.query_repository import Wanted
from backend.holds.scopes import HoldCauseKind
from backend.objects import service as objects
from backend.objects.errors import AmbiguousCodeError, ObjectNotFoundError
from infra.database import Record, TenantTransaction

# Of a hold so many objects are looked up for whoever is limited to sites; he sees a hold that stands on one of them that he meets.
ROOTS_LOOKED_AT: Final = 50
STEP: Final = 200
STEPS: Final = 50


@dataclass(frozen=True, slots=True)
class ListedHold:
    """A hold with the tenant's own id of the first object on which it stands."""

    hold: Hold
    object_id: int | None


async def wanted_holds(
    tx: TenantTransaction,
    *,
    active_only: bool,
    kinds: Sequence[HoldCauseKind] | None = None,
    reference: str | None = None,
    key: str | None = None,
    sites: Sites | None = None,
) -> Wanted | None:
    """What a list is asked for; None where it names an object that isn't there, of which there is no hold."""
    object_id = None
    if key is not None:
        try:
            object_id = (await objects.find(tx, key, sites)).object_id
        except (ObjectNotFoundError, AmbiguousCodeError):
            return None
    return Wanted(active_only, [int(kind) for kind in kinds] if kinds is not None else None, reference, object_id)


async def page_of_holds(
    tx: TenantTransaction, wanted: Wanted, *, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None = None
) -> list[ListedHold]:
    """Holds on what `sites` meet, newest first, from behind the cursor (a hold's id), in the order of going."""
    if sites is None:
        return [_listed(row) for row in await query_repository.page(tx, wanted, cursor=cursor, backward=backward, limit=limit)]
    found: list[ListedHold] = []
    for _ in range(STEPS):
        rows = await query_repository.page(tx, wanted, cursor=cursor, backward=backward, limit=STEP)
        met = await _met(tx, [row["hold_id"] for row in rows], sites)
        found += [_listed(row) for row in rows if row["hold_id"] in met]
        if len(found) >= limit or len(rows) < STEP:
            break
        cursor = rows[-1]["cursor"]
    return found[:limit]


async def holds_by_id(tx: TenantTransaction, hold_ids: Collection[UUID], sites: Sites | None = None) -> dict[UUID, ListedHold]:
    """Those of these holds that exist here, on what `sites` meet."""
    met = set(hold_ids) if sites is None else await _met(tx, hold_ids, sites)
    return {row["hold_id"]: _listed(row) for row in await query_repository.by_ids(tx, met)}


async def placed_within(
    tx: TenantTransaction, *, since: datetime, until: datetime, limit: int, sites: Sites | None = None
) -> list[tuple[datetime, int | None]]:
    """When holds on what `sites` meet were placed within a time, and the first object on which each stands; the newest so many."""
    rows = await query_repository.placed_within(tx, since=since, until=until, limit=limit)
    met = None if sites is None else await _met(tx, [row["hold_id"] for row in rows], sites)
    return [(row["placed_at"], row["object_id"]) for row in rows if met is None or row["hold_id"] in met]


async def _met(tx: TenantTransaction, hold_ids: Collection[UUID], sites: Sites) -> set[UUID]:
    standing: dict[UUID, set[int]] = defaultdict(set)
    for row in await query_repository.some_roots(tx, hold_ids, ROOTS_LOOKED_AT):
        standing[row["hold_id"]].add(row["object_id"])
    met = await objects.met_at(tx, {object_id for ids in standing.values() for object_id in ids}, sites)
    return {hold_id for hold_id, ids in standing.items() if ids & met}


def _listed(row: Record) -> ListedHold:
    return ListedHold(Hold.from_row(row), row["object_id"])
