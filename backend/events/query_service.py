"""Read the event log: one event, or a page of those that a filter finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.catalog.sites import Sites
from backend.events import query_repository as repository
from backend.events.canonical import Action, EventType
from backend.events.errors import EventNotFoundError
from backend.events.json_text import read_json
from backend.events.query_repository import EventFilter, ObjectMatch
from backend.events.writer import WritableEvent
from infra.database import Record, TenantTransaction

__all__ = ["EventFilter", "EventPage", "ObjectMatch", "RecordedEvent", "find_events", "get_event", "get_event_by_id", "last_seq", "recorded"]


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
    """A page of events; `next_seq` is where the next one goes on, None at the end."""

    events: Sequence[RecordedEvent]
    next_seq: int | None


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
) -> EventPage:
    """A page of the events at `sites` in order of the sequence; a slow transaction's never appear behind a cursor that has passed them."""
    rows = await repository.find_events(tx, wanted, after_seq=after_seq, newest_first=newest_first, limit=limit + 1, sites=sites)
    events = [recorded(row) for row in rows[:limit]]
    return EventPage(events, events[-1].seq if len(rows) > limit else None)


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
