"""Look up many events at once, and the objects that took part in them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from backend.catalog.sites import Sites
from backend.events import lookup_repository
from backend.events.canonical import Role
from backend.events.query_service import RecordedEvent, recorded
from infra.database import TenantTransaction


@dataclass(frozen=True, slots=True)
class Line:
    """One object's part in an event; `place` counts the event's lines from 1."""

    place: int
    role: Role
    object_id: int
    quantity: Decimal | None
    uom: str | None


async def events_by_ids(tx: TenantTransaction, event_ids: Collection[int], sites: Sites | None = None) -> dict[int, RecordedEvent]:
    """Events at `sites` by the log's own ids."""
    return {row["event_id"]: recorded(row) for row in await lookup_repository.by_event_ids(tx, event_ids, sites)} if event_ids else {}


async def events_at(tx: TenantTransaction, event_ids: Collection[int], sites: Sites | None) -> set[int]:
    """Those of these events that are at `sites`; all for None."""
    return await lookup_repository.at_the_sites(tx, event_ids, sites) if sites is not None and event_ids else set(event_ids)


async def lines_of(tx: TenantTransaction, event_ids: Collection[int], *, offset: int = 0, limit: int) -> dict[int, list[Line]]:
    """Each event's lines from behind the first `offset` ones."""
    lines: dict[int, list[Line]] = defaultdict(list)
    for row in await lookup_repository.participations(tx, event_ids, offset=offset, limit=limit):
        lines[row["event_id"]].append(Line(row["place"], Role(row["role"]), row["object_id"], row["quantity"], row["uom"]))
    return lines


async def count_lines(tx: TenantTransaction, event_ids: Collection[int]) -> dict[int, int]:
    """How many lines each event has."""
    return {row["event_id"]: row["lines"] for row in await lookup_repository.count_participations(tx, event_ids)}
