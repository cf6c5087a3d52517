"""Read events of before the table of fields again, so that queries find them by all that they say."""

from typing import Final

from backend.events.canonical import CanonicalEvent
from backend.events.contexts import STANDARD_CONTEXT
from backend.events.fields import repository
from backend.events.fields.projection import keep
from backend.events.json_text import read_json
from backend.events.projection import StoredEvent
from backend.events.reader import read_event
from infra.database import TenantTransaction

AT_ONCE: Final = 500


async def fill(tx: TenantTransaction, *, after: int = 0) -> tuple[int, int | None]:
    """Index the next events of a tenant behind an event's internal id: how many, and the id to go on behind; None at the end.

    What is indexed already stays as it is, so it may be repeated and runs beside captures.
    """
    rows = await repository.bodies(tx, after=after, limit=AT_ONCE)
    events = []
    for row in rows:
        body, context = (read_json(row[name].encode()).value for name in ("body", "context"))
        event = read_event({"@context": [STANDARD_CONTEXT, *context], **body})
        if isinstance(event, CanonicalEvent):
            events.append(StoredEvent(row["event_id"], event))
    await keep(tx, events, again=True)
    return len(events), rows[-1]["event_id"] if len(rows) == AT_ONCE else None
