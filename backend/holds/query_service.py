"""Read holds: pages of them, and many at once."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from backend.catalog.sites import Sites
from backend.holds import query_repository
from backend.holds.service import Hold, page_of_rows
from infra.database import TenantTransaction


@dataclass(frozen=True, slots=True)
class ListedHold:
    """A hold with the tenant's own id of the first object on which it stands."""

    hold: Hold
    object_id: int | None


async def page_of_holds(
    tx: TenantTransaction, *, active_only: bool, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None = None
) -> list[ListedHold]:
    """Holds on what `sites` meet, newest first, from behind the cursor (a hold's id), in the order of going."""
    rows = await page_of_rows(tx, active_only=active_only, cursor=cursor, backward=backward, limit=limit, sites=sites)
    return [ListedHold(Hold.from_row(row), row["object_id"]) for row in rows]


async def holds_by_id(tx: TenantTransaction, hold_ids: Collection[UUID], sites: Sites | None = None) -> dict[UUID, ListedHold]:
    """Those of these holds that exist here, on what `sites` meet."""
    return {row["hold_id"]: ListedHold(Hold.from_row(row), row["object_id"]) for row in await query_repository.by_ids(tx, hold_ids, sites)}
