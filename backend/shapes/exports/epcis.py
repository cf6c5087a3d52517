"""The events of a trace as an EPCIS 2.0 document, as they were captured, in pieces: captured elsewhere, it gives the same trace."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final

from backend.events.contexts import STANDARD_CONTEXT
from backend.events.json_text import write_json
from backend.events.query_service import RecordedEvent
from backend.events.timestamps import write_timestamp
from backend.events.writer import EpcFormat, body_of
from infra import clock

AT_ONCE: Final = 200
Loaded = Callable[[Sequence[int]], Awaitable[dict[int, RecordedEvent]]]
"""Reads a page of events in a transaction of its own."""


async def epcis_parts(event_ids: Sequence[int], loaded: Loaded) -> AsyncIterator[bytes]:
    """The file, in the order of `event_ids`. An event with extensions has its own context, which adds to the document's."""
    head = {
        "@context": [STANDARD_CONTEXT], "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": write_timestamp(clock.now()),
    }  # fmt: skip
    yield write_json(head)[:-1] + b',"epcisBody":{"eventList":['
    begun = False
    for at in range(0, len(event_ids), AT_ONCE):
        ids = event_ids[at : at + AT_ONCE]
        found = await loaded(ids)
        parts = [_written(found[event_id]) for event_id in ids if event_id in found]
        if parts:
            yield (b"," if begun else b"") + b",\n".join(parts)
            begun = True
    yield b"]}}\n"


def _written(event: RecordedEvent) -> bytes:
    told = event.writable()
    body = body_of(told, EpcFormat.NO_PREFERENCE, None)
    body.pop("recordTime", None)
    return write_json({"@context": told.context, **body} if told.context else body)
