"""An object's timeline as a page of events."""

import asyncio

from backend.events import loaders as event_loaders
from backend.events.query_service import RecordedEvent
from backend.events.types import Event
from backend.graphql.context import Context
from backend.graphql.pagination import Connection, Page, connect
from backend.trace import loaders


async def timeline(context: Context, object_id: int, page: Page) -> Connection[Event]:
    """Events in force, newest first; the cursor is an event's public id."""
    ids = await context.load(loaders.timelines, (object_id, page.uuid(), page.backward, page.limit))
    loaded = await asyncio.gather(*(context.load(event_loaders.events, event_id) for event_id in ids))
    rows: list[RecordedEvent] = [record for record in loaded if record is not None]
    return connect(page, rows, node=Event.of, cursor=lambda record: str(record.public_id))
