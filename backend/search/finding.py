"""Answers combined questions from the event log: pages of objects, newest event first, within limits that are told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from backend.catalog.sites import Sites
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.search import finding_repository as repository
from backend.search.finding_repository import ALL_OBJECTS, At
from backend.search.question import Question
from backend.search.resolving import Conditions, resolve
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError

__all__ = ["At", "FoundObject", "FoundPage", "Question", "cursor_of", "find_objects", "place_of", "seeds"]

MOST_ON_A_PAGE: Final = 100
EVENTS_IN_A_STEP: Final = 500
ROWS_IN_A_STEP: Final = 2_000
MOST_STEPS: Final = 8
# So many objects may bear the lot number or serial that is asked for.
MOST_CALLED: Final = 1_000


@dataclass(frozen=True, slots=True)
class FoundObject:
    """An object with the times of the first and the last event that the question asks for; `at` is where a page behind it goes on."""

    thing: TraceableObject
    first_at: datetime
    last_at: datetime
    at: At


@dataclass(frozen=True, slots=True)
class FoundPage:
    """`after` is where the next page goes on, None at the end. `truncated`: this one ends because enough was looked through, not
    because it is full; it may be empty, and there may be more behind `after`, or beyond the limit where there is none.
    """

    objects: list[FoundObject]
    truncated: bool
    after: At | None


async def find_objects(
    tx: TenantTransaction, asked: Question, *, events: Sites | None = None, met: Sites | None = None, after: At | None = None, first: int = 20
) -> FoundPage:
    """Objects that are met at `met` and took part in an event at `events` that the question asks for, the one with the newest first.

    Raises `InvalidInputError` for a question that can't be read, and for another size of a page than 1 to 100.
    """
    if not 1 <= first <= MOST_ON_A_PAGE:
        raise InvalidInputError(f"“first” is {first}; it must be from 1 to {MOST_ON_A_PAGE}.", field="first")
    conditions = await resolve(tx, asked)
    if conditions is None:
        return FoundPage([], truncated=False, after=None)
    if conditions.names_objects:
        return await _among_called(tx, conditions, events, met, after=after, first=first)
    return await _along_events(tx, conditions, events, met, after=after, first=first)


async def cursor_of(tx: TenantTransaction, at: At) -> str:
    """A place as it is told outside: by the event's public id and the object's key."""
    told = await repository.place_told(tx, at)
    return msgspec.json.encode((str(told["public_id"]), told["key"] or "") if told else ()).decode()


async def place_of(tx: TenantTransaction, cursor: str, events: Sites | None) -> At | None:
    """The place that `cursor_of` told; None for what isn't one, or is at other sites."""
    try:
        public_id, key = msgspec.json.decode(cursor, type=tuple[UUID, str])
    except msgspec.MsgspecError:
        return None
    return await repository.place_meant(tx, public_id, key, events) if "\x00" not in key else None


async def seeds(tx: TenantTransaction, asked: Question, sites: Sites | None, limit: int) -> tuple[list[int], bool]:
    """The ids of up to `limit` objects that a question finds, for a trace to begin at, and whether there are, or may be, more."""
    found: list[int] = []
    after: At | None = None
    while True:
        page = await find_objects(tx, asked, events=sites, met=sites, after=after, first=min(MOST_ON_A_PAGE, limit - len(found)))
        found += [each.thing.object_id for each in page.objects]
        after = page.after
        if after is None or page.truncated or len(found) >= limit:
            return found, page.truncated or after is not None


async def _among_called(
    tx: TenantTransaction, asked: Conditions, events: Sites | None, met: Sites | None, *, after: At | None, first: int
) -> FoundPage:
    """All objects of that lot number or serial are looked at together."""
    called = await repository.objects_called(tx, asked, MOST_CALLED + 1)
    found = await _met(tx, await repository.spans(tx, asked, called[:MOST_CALLED], events), met)
    ordered = sorted(found, key=_order)
    behind = [row for row in ordered if after is None or _order(row) > (-after.event_time.timestamp(), -after.event_id, after.object_id)]
    page = await _told(tx, behind[:first])
    return FoundPage(page, len(called) > MOST_CALLED, page[-1].at if len(behind) > first else None)


def _order(row: Record) -> tuple[float, int, int]:
    return (-row["last_at"].timestamp(), -row["event_id"], row["object_id"])


async def _along_events(
    tx: TenantTransaction, asked: Conditions, events: Sites | None, met: Sites | None, *, after: At | None, first: int
) -> FoundPage:
    """Events are gone through from the newest; an object is told at the newest of its own, so on no second page."""
    rows: list[Record] = []
    for _ in range(MOST_STEPS):
        matching = await repository.events_before(tx, asked, after, EVENTS_IN_A_STEP, events)
        named = await repository.objects_in(tx, asked, [row["event_id"] for row in matching], after, ROWS_IN_A_STEP) if matching else []
        for row in await _newest(tx, asked, named, events, met):
            if len(rows) == first:
                page = await _told(tx, rows)
                return FoundPage(page, truncated=False, after=page[-1].at)
            rows.append(row)
        if len(named) == ROWS_IN_A_STEP:
            after = At(named[-1]["event_time"], named[-1]["event_id"], named[-1]["object_id"])
        elif len(matching) == EVENTS_IN_A_STEP:
            after = At(matching[-1]["event_time"], matching[-1]["event_id"], ALL_OBJECTS)
        else:
            return FoundPage(await _told(tx, rows), truncated=False, after=None)
    return FoundPage(await _told(tx, rows), truncated=True, after=after)


async def _newest(tx: TenantTransaction, asked: Conditions, named: list[Record], events: Sites | None, met: Sites | None) -> list[Record]:
    """Of what was met on the way, in its order, what was met at its newest event."""
    seen: dict[int, int] = {}
    for row in named:
        seen.setdefault(row["object_id"], row["event_id"])
    found = await repository.spans(tx, asked, seen, events) if seen else []
    kept = {row["object_id"]: row for row in await _met(tx, [row for row in found if seen[row["object_id"]] == row["event_id"]], met)}
    return [kept[object_id] for object_id in seen if object_id in kept]


async def _met(tx: TenantTransaction, rows: list[Record], sites: Sites | None) -> list[Record]:
    met = await objects.met_at(tx, {row["object_id"] for row in rows}, sites)
    return [row for row in rows if row["object_id"] in met]


async def _told(tx: TenantTransaction, rows: Iterable[Record]) -> list[FoundObject]:
    listed = list(rows)
    things = await objects.load(tx, [row["object_id"] for row in listed])
    return [
        FoundObject(things[row["object_id"]], row["first_at"], row["last_at"], At(row["last_at"], row["event_id"], row["object_id"]))
        for row in listed
    ]
