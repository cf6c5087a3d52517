"""Walk the records of a selection, page by page, and count what they lack."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol, TypeVar
from uuid import UUID

from backend.catalog.sites import Sites
from backend.fsma204 import repository, scoped
from backend.fsma204.completeness import Purpose, missing
from backend.fsma204.context import Context
from backend.fsma204.elements import Cte, Side
from backend.fsma204.mapping import is_covered, records_of
from backend.fsma204.selection import Selection
from backend.fsma204.values import Record
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from infra.database import TenantTransaction
from infra.errors import InvalidInputError, TooLargeError

AT_ONCE: Final = 100
# Of lots and cases: their events are looked up at once.
MOST_EVENTS: Final = 200_000
MOST_OBJECTS: Final = 200_000
# Of one check in a request; the sheet checks them all.
MOST_CHECKED: Final = 5_000
T = TypeVar("T")


class InTenant(Protocol):
    """Runs a use case in a transaction of the tenant."""

    async def __call__(self, use_case: Callable[[TenantTransaction], Awaitable[T]]) -> T:
        """Each page is read in one of its own."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """A selection looked up: `events` (time, id) oldest first where lots or a case are asked for, else None, and the time is walked through."""

    selection: Selection
    sites: Sites | None
    lots: frozenset[int] | None
    events: tuple[tuple[datetime, int], ...] | None


@dataclass(frozen=True, slots=True)
class At:
    """Where a walk goes on: behind the record with this number of this event."""

    event: UUID
    number: int


@dataclass(slots=True)
class Counts:
    """How the records of a kind of event stand; `missing` counts those that lack an element, by its citation."""

    records: int = 0
    complete: int = 0
    missing: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check. With `truncated` it looked at the first events only."""

    by_cte: dict[Cte, Counts]
    events: int
    truncated: bool


async def plan(tx: TenantTransaction, selection: Selection, sites: Sites | None) -> Plan:
    """Look the selection up, as far as the sites meet it. Raises what `objects.find` raises, and `TooLargeError`."""
    if not selection.lots and selection.case_id is None:
        return Plan(selection, sites, None, None)
    if selection.case_id is not None:
        named = await scoped.objects_of_case(tx, selection.case_id)
    else:
        named = [await _lot(tx, text, sites) for text in selection.lots]
    lots = await repository.lots_of_units(tx, named) if named else []
    wanted = frozenset([*named, *lots])
    around = await repository.around(tx, named, MOST_OBJECTS + 1) if named else []
    if max(len(named), len(around)) > MOST_OBJECTS:
        raise TooLargeError(f"More than {MOST_OBJECTS} lots, units and containers are asked for. Ask for less at once.", field="lots")
    rows = await repository.events_naming(
        tx, around, since=selection.since, until=selection.until, limit=MOST_EVENTS + 1, sites=sites
    ) if around else []  # fmt: skip
    if len(rows) > MOST_EVENTS:
        raise TooLargeError(f"More than {MOST_EVENTS} events are asked for. Ask for fewer lots, or for a shorter time.", field="lots")
    return Plan(selection, sites, wanted, tuple((row["event_time"], row["event_id"]) for row in rows))


async def _lot(tx: TenantTransaction, text: str, sites: Sites | None) -> int:
    found = await objects.find(tx, text, sites)
    if found.kind not in (ObjectKind.LOT, ObjectKind.UNIT, ObjectKind.OTHER):
        raise InvalidInputError(f"“{text[:60]}” is no lot. Name a lot, or a unit of one.", field="lots")
    return found.object_id


async def page(tx: TenantTransaction, found: Plan, context: Context, *, after: At | None, backward: bool, limit: int) -> list[tuple[At, Record]]:
    """So many records from behind one, in the order of going. Raises `InvalidInputError` for an event that isn't in the log."""
    rows: list[tuple[At, Record]] = []
    place = await _place(tx, after) if after else None
    if after is not None and place is not None:
        rows += _behind(await _records(tx, found, context, [place[1]]), after, backward=backward)
    while len(rows) < limit:
        ids = await _next(tx, found, place, backward=backward)
        if not ids:
            break
        place = ids[-1]
        fresh = _numbered(await _records(tx, found, context, [event_id for _, event_id in ids]))
        rows += list(reversed(fresh)) if backward else fresh
    return rows[:limit]


async def walk(in_tenant: InTenant, found: Plan, context: Context) -> AsyncIterator[tuple[int, list[Record]]]:
    """All records, oldest first: (how many events were read so far, the records of some). Each piece is read in a transaction of its own."""
    place: tuple[datetime, int] | None = None
    read = 0
    while True:

        async def piece(tx: TenantTransaction, at: tuple[datetime, int] | None = place) -> tuple[list[tuple[datetime, int]], list[Record]]:
            ids = await _next(tx, found, at, backward=False)
            return ids, await _records(tx, found, context, [event_id for _, event_id in ids])

        ids, records = await in_tenant(piece)
        if not ids:
            return
        place, read = ids[-1], read + len(ids)
        yield read, records


async def check(tx: TenantTransaction, found: Plan, context: Context, purpose: Purpose = Purpose.RECORD) -> Checked:
    """Count what the records lack, over at most 5,000 events."""
    counts: dict[Cte, Counts] = {}
    place: tuple[datetime, int] | None = None
    read = 0
    while ids := await _next(tx, found, place, backward=False):
        if read >= MOST_CHECKED:
            return Checked(counts, read, truncated=True)
        for record in await _records(tx, found, context, [event_id for _, event_id in ids]):
            tally(counts, record, [one.kde.cite for one in missing(record, purpose)])
        place, read = ids[-1], read + len(ids)
    return Checked(counts, read, truncated=False)


def tally(counts: dict[Cte, Counts], record: Record, cites: Sequence[str]) -> None:
    """Count one record in."""
    own = counts.setdefault(record.cte, Counts())
    own.records += 1
    own.complete += not cites
    own.missing.update(cites)


async def _place(tx: TenantTransaction, after: At) -> tuple[datetime, int]:
    row = await repository.place_of(tx, after.event)
    if row is None:
        raise InvalidInputError("The cursor isn't one of this list. Take it from the pageInfo of the page before.", field="after")
    return row["event_time"], row["event_id"]


async def _next(tx: TenantTransaction, found: Plan, place: tuple[datetime, int] | None, *, backward: bool) -> list[tuple[datetime, int]]:
    """The next events from a place on, in the order of going."""
    if found.events is not None:
        if backward:
            end = len(found.events) if place is None else bisect_left(found.events, place)
            return list(reversed(found.events[max(0, end - AT_ONCE) : end]))
        begin = 0 if place is None else bisect_right(found.events, place)
        return list(found.events[begin : begin + AT_ONCE])
    selection = found.selection
    if selection.since is None or selection.until is None:
        return []
    rows = await repository.events_between(
        tx, selection.since, selection.until, after=place, backward=backward, limit=AT_ONCE, sites=found.sites
    )  # fmt: skip
    return [(row["event_time"], row["event_id"]) for row in rows]


async def _records(tx: TenantTransaction, found: Plan, context: Context, ids: Sequence[int]) -> list[Record]:
    if not ids:
        return []
    records: list[Record] = []
    for seen in await context.load(tx, ids):
        records += _wanted(found, records_of(context, seen))
    return records


def _wanted(found: Plan, records: list[Record]) -> list[Record]:
    """Those of an event that are asked for: of a transformation all lines, for a new lot's record has what it was made of."""
    selection = found.selection
    if not selection.every_food:
        made = [record for record in records if record.cte is Cte.TRANSFORMATION and record.side is Side.LOT]
        drop = bool(made) and not any(is_covered(record) for record in made)
        records = [record for record in records if is_covered(record) and not (drop and record.cte is Cte.TRANSFORMATION)]
    if selection.ctes:
        records = [record for record in records if record.cte in selection.ctes]
    if found.lots is None:
        return records
    whole = any(record.lot_id in found.lots for record in records if record.cte is Cte.TRANSFORMATION)
    return [record for record in records if record.lot_id in found.lots or (whole and record.cte is Cte.TRANSFORMATION)]


def _numbered(records: Iterable[Record]) -> list[tuple[At, Record]]:
    numbers: Counter[UUID] = Counter()
    rows = []
    for record in records:
        rows.append((At(record.event, numbers[record.event]), record))
        numbers[record.event] += 1
    return rows


def _behind(records: Iterable[Record], after: At, *, backward: bool) -> list[tuple[At, Record]]:
    rows = _numbered(records)
    if backward:
        return [row for row in reversed(rows) if row[0].number < after.number]
    return [row for row in rows if row[0].number > after.number]
