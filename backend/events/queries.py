"""Reading the event log."""

from datetime import datetime
from typing import Annotated

import strawberry

from backend.catalog.loaders import sites_for
from backend.catalog.sites import Sites
from backend.events.canonical import EventType, Role
from backend.events.query_service import EventFilter, ObjectMatch, RecordedEvent, find_events
from backend.events.types import Event, find_event
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import parse_global_id
from backend.graphql.pagination import Connection, Page, connect
from backend.objects import service as objects
from backend.objects.errors import ObjectNotFoundError
from infra.database import TenantTransaction
from tenants.permissions import Permission


@strawberry.input(name="EventFilter", description="Values of one field are alternatives, fields all hold; times are from (inclusive) to (exclusive).")
class EventFilterInput:
    """What to find."""

    types: list[EventType] | None = None
    biz_steps: list[str] | None = None
    dispositions: list[str] | None = None
    biz_locations: list[str] | None = None
    read_points: list[str] | None = None
    event_ids: list[str] | None = strawberry.field(name="eventIDs", default=None)
    object_key: str | None = strawberry.field(default=None, description="Any form of the identifier, or a bare lot number or serial that is unique.")
    event_time_from: datetime | None = None
    event_time_to: datetime | None = None
    record_time_from: datetime | None = None
    record_time_to: datetime | None = None


@strawberry.type
class EventQueries:
    """Events."""

    @field(description="Events in the order in which they were committed.", directives=requires(Permission.EVENTS_READ))
    async def events(
        self,
        info: Info,
        *,
        wanted: Annotated[EventFilterInput | None, strawberry.argument(name="filter")] = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Event]:
        """A page of them; an object that isn't known here has no events."""
        page = Page.of(first, after, last, before)
        seq, sites = page.number(), await sites_for(info.context, Permission.EVENTS_READ)
        async with info.context.reading() as tx:
            rows = await _find(tx, wanted or EventFilterInput(), page, seq, sites)
        return connect(page, rows, node=Event.of, cursor=lambda row: str(row.seq))

    @field(description="An event by its id; null where there is none.", directives=requires(Permission.EVENTS_READ))
    async def event(self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> Event | None:
        """The same as `node`."""
        kind, identifier = parse_global_id(public_id) or ("", "")
        return await find_event(info.context, identifier) if kind == "Event" else None


async def _find(tx: TenantTransaction, wanted: EventFilterInput, page: Page, seq: int, sites: Sites | None) -> list[RecordedEvent]:
    matches: tuple[ObjectMatch, ...] = ()
    if wanted.object_key is not None:
        try:
            found = await objects.find(tx, wanted.object_key, sites)
        except ObjectNotFoundError:
            return []
        matches = (ObjectMatch((found.key,), tuple(Role)),)
    condition = EventFilter(
        event_time_from=wanted.event_time_from,
        event_time_to=wanted.event_time_to,
        record_time_from=wanted.record_time_from,
        record_time_to=wanted.record_time_to,
        types=tuple(int(kind) for kind in wanted.types or ()),
        biz_steps=tuple(wanted.biz_steps or ()),
        dispositions=tuple(wanted.dispositions or ()),
        read_points=tuple(wanted.read_points or ()),
        biz_locations=tuple(wanted.biz_locations or ()),
        event_ids=tuple(wanted.event_ids or ()),
        matches=matches,
    )
    # Before the first number there is nothing, and without a cursor 0 means "from the end" to the service.
    if page.backward and page.cursor is not None and seq == 0:
        return []
    found_page = await find_events(tx, condition, after_seq=seq, newest_first=page.backward, limit=page.limit, sites=sites)
    return list(found_page.events)
