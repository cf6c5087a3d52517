"""A lot's life as a Gantt chart: itself, its containers, places, steps, waits, transports and holds, with what sensors told under it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from backend.catalog.sites import Sites
from backend.events.lookup_service import events_at, events_by_ids
from backend.events.query_service import RecordedEvent
from backend.genealogy import reach
from backend.genealogy.rules import INFINITY
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.shapes import repository
from backend.shapes.names import Names, Reader, look_up
from backend.shapes.series import FEWEST, MOST, Reading, Series, readings_in, series_of
from backend.shapes.stays import Happening, Period, RowKind, lanes, periods
from backend.shapes.words import pick, step_word
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError

EVENTS: Final = 1_000
CONTAINERS: Final = 200
HOLDS: Final = 100
DEFAULT_POINTS: Final = 120


@dataclass(frozen=True, slots=True)
class LifeRow:
    """A bar of the chart. Rows of one kind and `lane` never overlap; `until` is None while it lasts."""

    kind: RowKind
    lane: int
    title: str
    since: datetime
    until: datetime | None
    step: str | None = None
    place: str | None = None
    to_place: str | None = None
    thing: TraceableObject | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """An event of the life; `via` is the container that it was told of, where it didn't name the object itself."""

    event_id: int
    at: datetime
    title: str
    step: str | None
    place: str | None
    via: TraceableObject | None


@dataclass(frozen=True, slots=True)
class Life:
    """`is_cut` says that there are more events, containers or holds than are shown: the oldest are."""

    thing: TraceableObject
    product: str | None
    since: datetime | None
    until: datetime | None
    rows: tuple[LifeRow, ...]
    series: tuple[Series, ...]
    marks: tuple[Mark, ...]
    is_cut: bool


async def life_of(
    tx: TenantTransaction,
    reader: Reader,
    key: str,
    *,
    points: int = DEFAULT_POINTS,
    holds: bool = False,
    hold_sites: Sites | None = None,
    as_of: datetime | None = None,
) -> Life:
    """The life of what is met at the reader's sites, of which events there tell. With `holds` those on it and on what it came from, as far
    as `hold_sites` meet them. With `as_of` it is the life until then: what lasted beyond lasts (`until` is None).
    Raises `ObjectNotFoundError`, and `InvalidInputError` for a number of points that nobody can see.
    """
    if not FEWEST <= points <= MOST:
        raise InvalidInputError(f"“points” is {points}; it must be from {FEWEST} to {MOST}.", field="points")
    thing = await objects.find(tx, key, reader.sites)
    await tx.plan_for_any_tenant()
    stays = [row for row in await _containers(tx, thing, reader.sites) if as_of is None or row["valid_from"] <= as_of]
    around = {row["container_id"] for row in stays}
    rows = await repository.events_of(tx, [thing.object_id, *sorted(around)], reader.sites, EVENTS + 1, as_of=as_of)
    own = _inside(rows[:EVENTS], thing, stays)
    found = await events_by_ids(tx, own, reader.sites)
    things = await objects.load(tx, around)
    held = [row for row in await _holds(tx, thing, hold_sites) if as_of is None or row["placed_at"] <= as_of] if holds else []
    happenings = [_happening(found[event_id]) for event_id in own if event_id in found]
    spans = periods(happenings)
    names = await look_up(
        tx, reader, gtins={thing.gtin} if thing.gtin else (), places={place for span in spans for place in (span.place, span.to_place) if place}
    )
    bars = [*_spans(spans, names), *_containers_rows(stays, things, as_of), *_holds_rows(held, names, as_of)]
    since, until = min((one.since for one in happenings), default=None), max((one.until for one in happenings), default=None)
    if since is not None:
        bars.insert(0, LifeRow(RowKind.OBJECT, 0, thing.code, since, until, thing=thing))
    readings = [reading for event in found.values() for reading in _readings(event)]
    return Life(
        thing, names.product(thing.gtin, since), since, until, tuple(_in_lanes(bars)), tuple(series_of(readings, points)),
        tuple(_marks(happenings, own, things, names)), len(rows) > EVENTS or len(stays) >= CONTAINERS or len(held) >= HOLDS,
    )  # fmt: skip


async def _containers(tx: TenantTransaction, thing: TraceableObject, sites: Sites | None) -> list[Record]:
    """In which containers it lay, as far as the events at the sites tell."""
    rows = await repository.containers_of(tx, [thing.object_id], CONTAINERS)
    seen = await events_at(tx, {row["opened_by"] for row in rows}, sites)
    return [row for row in rows if row["opened_by"] in seen]


def _inside(rows: Iterable[Record], thing: TraceableObject, stays: Sequence[Record]) -> dict[int, int | None]:
    """The events of the life in order of time: those that name it, and those of its containers while it lay in them, with the container."""
    found: dict[int, int | None] = {}
    for row in rows:
        if row["object_id"] == thing.object_id:
            found[row["event_id"]] = None
        elif any(stay["container_id"] == row["object_id"] and stay["valid_from"] <= row["event_time"] <= stay["valid_to"] for stay in stays):
            found.setdefault(row["event_id"], row["object_id"])
    return found


async def _holds(tx: TenantTransaction, thing: TraceableObject, sites: Sites | None) -> list[Record]:
    above = await reach.ancestors(tx, [thing.object_id])
    rows = await repository.holds_on(tx, above, HOLDS)
    met = await objects.met_at(tx, {row["object_id"] for row in rows}, sites)
    return [row for row in rows if row["object_id"] in met]


def _readings(event: RecordedEvent) -> list[Reading]:
    # Most events hold none, and aren't read for it.
    return list(readings_in(event.body, event.event_time)) if "sensorElementList" in event.body_json else []


def _happening(event: RecordedEvent) -> Happening:
    since, until = event.event_time, event.event_time
    for reading in _readings(event):
        since, until = min(since, reading.since), max(until, reading.until)
    return Happening(event.event_id, event.biz_step, event.biz_location or event.read_point, event.event_time, since, until, event.disposition)


def _spans(spans: Iterable[Period], names: Names) -> Iterable[LifeRow]:
    for span in spans:
        yield LifeRow(
            span.kind, 0, _title(span, names), span.since, span.until, span.step, names.place(span.place), names.place(span.to_place)
        )  # fmt: skip


def _title(span: Period, names: Names) -> str:
    language = names.reader.language
    if span.kind is RowKind.WAIT:
        return pick(language, "等待", "Waiting")
    if span.kind is RowKind.TRANSPORT:
        return pick(language, "运输", "In transit")
    if span.kind is RowKind.STAY:
        return names.place(span.place) or ""
    return step_word(span.step, language, span.disposition)


def _containers_rows(stays: Iterable[Record], things: Mapping[int, TraceableObject], as_of: datetime | None) -> Iterable[LifeRow]:
    for stay in stays:
        thing = things[stay["container_id"]]
        until = None if stay["valid_to"] >= INFINITY else _ended(stay["valid_to"], as_of)
        yield LifeRow(RowKind.CONTAINER, 0, thing.code.rsplit("/", 1)[-1], stay["valid_from"], until, thing=thing)


def _holds_rows(held: Iterable[Record], names: Names, as_of: datetime | None) -> Iterable[LifeRow]:
    for row in held:
        word = pick(names.reader.language, "扣留", "Hold")
        yield LifeRow(RowKind.HOLD, 0, f"{word}: {row['reason']}", row["placed_at"], _ended(row["released_at"], as_of))


def _ended(until: datetime | None, as_of: datetime | None) -> datetime | None:
    """When something ended, as far as it had by then."""
    return None if until is None or (as_of is not None and until > as_of) else until


def _in_lanes(bars: Sequence[LifeRow]) -> Iterable[LifeRow]:
    """By kind, in order of time, each in its lane."""
    for kind in RowKind:
        rows = sorted((bar for bar in bars if bar.kind is kind), key=lambda bar: (bar.since, bar.title))
        for row, lane in zip(rows, lanes([(row.since, row.until) for row in rows]), strict=True):
            yield LifeRow(row.kind, lane, row.title, row.since, row.until, row.step, row.place, row.to_place, row.thing)


def _marks(happenings: Iterable[Happening], via: Mapping[int, int | None], things: Mapping[int, TraceableObject], names: Names) -> Iterable[Mark]:
    for one in happenings:
        container = via[one.event_id]
        title = step_word(one.step, names.reader.language, one.disposition)
        yield Mark(one.event_id, one.at, title, one.step, names.place(one.place), things[container] if container else None)
