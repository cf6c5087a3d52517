"""Read the event log: one event, or a page of those that a filter finds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from backend.catalog.master_data import elements_below
from backend.catalog.sites import Sites, sites_within
from backend.events import query_repository as repository
from backend.events.attributes import described
from backend.events.canonical import Action, EventType
from backend.events.errors import EventNotFoundError, QueryTooLargeError
from backend.events.json_text import read_json
from backend.events.query_conditions import Within, places_to_resolve
from backend.events.query_filter import (
    AttributeTest,
    Comparison,
    Described,
    EventFilter,
    FieldTest,
    KeyRange,
    ObjectMatch,
    Order,
    OrderBy,
    Position,
)
from backend.events.writer import WritableEvent
from infra.database import Record, TenantTransaction

__all__ = [
    "AttributeTest",
    "Comparison",
    "Described",
    "EventFilter",
    "EventPage",
    "FieldTest",
    "KeyRange",
    "ObjectMatch",
    "Order",
    "OrderBy",
    "Position",
    "RecordedEvent",
    "find_events",
    "get_event",
    "get_event_by_id",
    "last_seq",
    "recorded",
    "with_few_named",
]

FEW: Final = 5_000


def _decode(text: str) -> Any:
    return read_json(text.encode()).value


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as it is stored; `seq` is its place in the tenant's order of commits."""

    seq: int
    event_id: int
    public_id: UUID
    event_key: str
    type: EventType
    action: Action | None
    event_time: datetime
    event_offset: str
    record_time: datetime
    declared_at: datetime | None
    superseded: bool
    biz_step: str | None
    disposition: str | None
    read_point: str | None
    biz_location: str | None
    transformation_id: str | None
    event_hash: str
    anomaly: int | None
    body_json: str
    context_json: str

    @property
    def body(self) -> dict[str, Any]:
        """The event as EPCIS JSON, without its context."""
        return dict(_decode(self.body_json))

    def writable(self) -> WritableEvent:
        """For the writer of documents."""
        return WritableEvent(self.body, list(_decode(self.context_json)), self.record_time)


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of events; `next_seq` is where the next one goes on, None at the end. In an order of its own `next_position` says it."""

    events: Sequence[RecordedEvent]
    next_seq: int | None
    next_position: Position | None = None


def recorded(row: Record) -> RecordedEvent:
    """From a row of the log's columns with its `seq`."""
    return RecordedEvent(
        seq=row["seq"], event_id=row["event_id"], public_id=row["public_id"], event_key=row["event_key"], type=EventType(row["event_type"]),
        action=Action(row["action"]) if row["action"] else None, event_time=row["event_time"], event_offset=row["event_offset"],
        record_time=row["record_time"], declared_at=row["declared_at"], superseded=row["superseded_by"] is not None, biz_step=row["biz_step"],
        disposition=row["disposition"], read_point=row["read_point"], biz_location=row["biz_location"],
        transformation_id=row["transformation_id"], event_hash=row["event_hash"], anomaly=row["anomaly"], body_json=row["body"],
        context_json=row["context"],
    )  # fmt: skip


async def find_events(
    tx: TenantTransaction,
    wanted: EventFilter,
    *,
    after_seq: int = 0,
    newest_first: bool = False,
    limit: int = 100,
    sites: Sites | None = None,
    after: Position | None = None,
) -> EventPage:
    """A page of the events at `sites` in order of the sequence; a slow transaction's never appear behind a cursor that has passed them.

    Where the filter asks for an order of its own, the page is in that, and goes on `after` the position of the page before.
    Raises `QueryTooLargeError` where there are more than the filter's `max_count`; its `count_limit` counts for this page.
    """
    wanted = await with_few_named(tx, await described(tx, wanted))
    within = {places: await sites_within(tx, await elements_below(tx, places)) for places in places_to_resolve(wanted)}
    await _require_few(tx, wanted, after_seq, sites, within)
    size = limit if wanted.count_limit is None else min(limit, wanted.count_limit)
    if wanted.order is None:
        rows = await repository.find_events(tx, wanted, after_seq=after_seq, newest_first=newest_first, limit=size + 1, sites=sites, within=within)
        events = [recorded(row) for row in rows[:size]]
        return EventPage(events, events[-1].seq if len(rows) > size > 0 else None)
    upto = await repository.last_seq(tx) if after is None else after.upto
    rows = await repository.find_ordered(tx, wanted, after=after, after_seq=after_seq, upto=upto, limit=size + 1, sites=sites, within=within)
    events = [recorded(row) for row in rows[:size]]
    more = len(rows) > size > 0 and size != wanted.count_limit
    return EventPage(events, None, _position(rows[size - 1], upto) if more else None)


async def with_few_named(tx: TenantTransaction, wanted: EventFilter) -> EventFilter:
    """The same filter, with the events named where few have a field that is asked for.

    The planner knows how often a value stands in the table, and not how often in one field: it would look through the whole log.
    """
    few: set[int] | None = None
    for tests in (*((test,) for test in wanted.fields), *wanted.any_of):
        found: list[int] = []
        for test in tests:
            found += await repository.having_field(tx, test, limit=FEW + 1 - len(found)) if len(found) <= FEW else []
        if len(found) <= FEW:
            few = set(found) if few is None else few & set(found)
    return wanted if few is None else replace(wanted, among=tuple(sorted(few)))


async def _require_few(tx: TenantTransaction, wanted: EventFilter, after_seq: int, sites: Sites | None, within: Within) -> None:
    if wanted.max_count is None:
        return
    found = await repository.count_events(tx, wanted, after_seq=after_seq, limit=wanted.max_count + 1, sites=sites, within=within)
    if found > wanted.max_count:
        raise QueryTooLargeError(
            f"More than {wanted.max_count} events are found, and maxEventCount allows no more. Ask for less, or raise it.", field="maxEventCount"
        )


def _position(row: Record, upto: int) -> Position:
    names = sorted(name for name in row.keys() if name.startswith("order_"))  # noqa: SIM118 - a record's own iteration gives values
    return Position(tuple(row[name] for name in names), upto)


async def last_seq(tx: TenantTransaction) -> int:
    """The sequence number that was given last, to whichever site's event: up to it everything is committed."""
    return await repository.last_seq(tx)


async def get_event(tx: TenantTransaction, public_id: UUID, sites: Sites | None = None) -> RecordedEvent:
    """One event at `sites` by its public id; raises `EventNotFoundError`."""
    row = await repository.event_by_public_id(tx, public_id, sites)
    if row is None:
        raise EventNotFoundError("There is no such event. Look it up in the list of events.", field="id")
    return recorded(row)


async def get_event_by_id(tx: TenantTransaction, event_id: str, sites: Sites | None = None) -> list[RecordedEvent]:
    """The event at `sites` with an EPCIS event id or hash, then the error declarations about it; raises `EventNotFoundError`."""
    rows = await repository.events_by_event_id(tx, event_id, sites)
    if not rows:
        raise EventNotFoundError("There is no event with this id. Look it up in the list of events.", field="eventID")
    return [recorded(row) for row in rows]
