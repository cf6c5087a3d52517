"""The edge of capture: a document in any supported form becomes canonical events, or faults that say what to mend."""

import asyncio
import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any, Final

from backend.events import extraction
from backend.events.canonical import Action, CanonicalEvent, EventType
from backend.events.contexts import STANDARD_SCOPE, Scope
from backend.events.documents import Document, Envelope, event_scope, read_envelope
from backend.events.event_hash import event_hash
from backend.events.faults import MOST_FAULTS, DocumentFaults, EventFaults, Fault
from backend.events.json_text import copied, read_json
from backend.events.keys import content_sha256, event_key
from backend.events.timestamps import parse_timestamp
from backend.events.validation import event_id, event_type, validate
from backend.events.validation_values import Check
from backend.events.vocabulary import BUSINESS_STEP, DISPOSITION
from backend.events.xml_reader import read_xml
from infra.errors import SuyuanError

TURN_SECONDS: Final = 0.002
_JSON_TYPES: Final = ("application/json", "application/ld+json", "text/json")
_XML_TYPES: Final = ("application/xml", "text/xml", "application/soap+xml")


class UnsupportedContentTypeError(SuyuanError):
    """The body is of a kind that holds no EPCIS document."""

    code = "UNSUPPORTED_CONTENT_TYPE"
    status = 415


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as read. In `events` every event of the document has its place, with its faults instead where it has any."""

    events: list[CanonicalEvent | EventFaults]
    master_data: list[dict[str, Any]]
    document: Document

    @property
    def canonical(self) -> list[CanonicalEvent]:
        return [event for event in self.events if isinstance(event, CanonicalEvent)]

    @property
    def faults(self) -> list[Fault]:
        return [fault for event in self.events if isinstance(event, EventFaults) for fault in event.faults]


def read(raw: bytes, content_type: str) -> Reading:
    """Read a body by its content type: EPCIS 2.0 in JSON or JSON-LD, or XML. Raises as `read_document` does, and 415 for others."""
    return read_document(_parsed(raw, content_type))


async def read_by_turns(raw: bytes, content_type: str) -> Reading:
    """The same, letting other tasks of the loop have their turn every other millisecond."""
    steps, begun = reading_steps(_parsed(raw, content_type)), time.monotonic()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            reading: Reading = end.value
            return reading
        if time.monotonic() - begun > TURN_SECONDS:
            await asyncio.sleep(0)
            begun = time.monotonic()


def _parsed(raw: bytes, content_type: str) -> bytes | dict[str, Any]:
    return read_xml(raw) if is_xml(content_type) else raw


def is_xml(content_type: str) -> bool:
    """Whether a content type is one of XML, or else of JSON. Raises `UnsupportedContentTypeError` for any other."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in _JSON_TYPES or media_type.endswith("+json"):
        return False
    if media_type in _XML_TYPES or media_type.endswith("+xml"):
        return True
    raise UnsupportedContentTypeError(
        f'The content type "{media_type[:60]}" cannot be read. Send application/json, application/ld+json or application/xml.',
        field="Content-Type",
    )


def read_document(raw: bytes | dict[str, Any], *, first: int = 0) -> Reading:
    """Read an EPCIS 2.0 document, query document, bare event or list of bare events, as JSON bytes or as built by another reader.

    Raises DocumentFaults, with all faults of the envelope and of the events, where the document as a whole is defective; an event's
    own faults stand in the reading. The number of events is the caller's to limit. `first` is the place of the first event in its
    document, where this is a part of one.
    """
    steps = reading_steps(raw, first=first)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            reading: Reading = end.value
            return reading


def reading_steps(raw: bytes | dict[str, Any], *, first: int = 0) -> Generator[None, None, Reading]:
    """The same event by event, for who has something else to do in between."""
    text = read_json(raw) if isinstance(raw, bytes) else copied(raw)
    envelope = read_envelope(text.value)
    events = []
    for index, event in enumerate(envelope.events, first):
        path = envelope.path if envelope.bare else f"{envelope.path}[{index}]"
        given: dict[str, Any] = {"path": path, "scope": envelope.scope, "level": envelope.level, "plain_numbers": text.plain_numbers}
        events.append(_read(event, index, sets=isinstance(raw, bytes), **given))
        yield
    if envelope.faults:
        of_events = [fault for event in events if isinstance(event, EventFaults) for fault in event.faults]
        unique = dict.fromkeys([*envelope.faults, *of_events])
        raise DocumentFaults(list(unique)[:MOST_FAULTS])
    return Reading(events, envelope.master_data, envelope.document)


def read_listed(envelope: Envelope, raw: bytes, index: int) -> CanonicalEvent | EventFaults:
    """Read one event of a document's list by its own bytes, as it would be read inside of its document; `index` is its place there."""
    path = f"{envelope.path}[{index}]"
    try:
        text = read_json(raw)
    except DocumentFaults as error:
        return EventFaults(index, tuple(replace(fault, path=path + fault.path[1:]) for fault in error.faults))
    return _read(text.value, index, path=path, scope=envelope.scope, level=envelope.level, plain_numbers=text.plain_numbers, sets=True)


def read_event(body: dict[str, Any]) -> CanonicalEvent | EventFaults:
    """Read one event that our own code has built; without a "@context" only the standard prefixes are known."""
    try:
        text = copied(body)
    except DocumentFaults as error:
        return EventFaults(0, error.faults)
    return _read(text.value, 0, path="$", scope=STANDARD_SCOPE, level=1, plain_numbers=text.plain_numbers, sets=False)


def _read(value: Any, index: int, *, path: str, scope: Scope, level: int, plain_numbers: bool, sets: bool) -> CanonicalEvent | EventFaults:
    if not isinstance(value, dict):
        fault = Fault(path, "EPCIS 2.0 §7.4 event types", "The event is not an object.", 'Write {"type": "ObjectEvent", …}.')
        return EventFaults(index, (fault,))
    check = Check(path, scope, level, sets=sets)
    check.scope = event_scope(value, path, scope, check.faults)
    kind = event_type(check, value)
    if kind is not None:
        validate(check, kind, value)
        if not check.faults:
            return _canonical(kind, value, check, plain_numbers=plain_numbers)
    own_id = event_id(value)
    return EventFaults(index, tuple(check.faults), own_id if isinstance(own_id, str) else None)


def _canonical(kind: EventType, value: dict[str, Any], check: Check, *, plain_numbers: bool) -> CanonicalEvent:
    """The canonical form of an event in which `validate` found no fault."""
    body = {name: item for name, item in value.items() if name not in ("@context", "recordTime")}
    prefixes = check.scope.prefixes
    namespaces = {prefix: prefixes[prefix] for prefix in sorted(check.used) if prefix in prefixes}
    context = check.scope.needed(check.used)
    hashed = event_hash(body, namespaces)
    declaration = extraction.error_declaration(body, prefixes)
    own_id: str | None = event_id(body)
    event_time = parse_timestamp(body["eventTime"])
    if event_time is None:
        raise ValueError("the event has not been validated")
    return CanonicalEvent(
        type=kind,
        action=Action[body["action"]] if "action" in body else None,
        event_time=event_time,
        event_offset=body["eventTimeZoneOffset"],
        event_id=own_id,
        event_hash=hashed,
        event_key=event_key(own_id, hashed, declaration, body.get("errorDeclaration")),
        content_sha256=content_sha256(body, namespaces, context, plain_numbers=plain_numbers),
        biz_step=extraction.word(body, "bizStep", BUSINESS_STEP, prefixes),
        disposition=extraction.word(body, "disposition", DISPOSITION, prefixes),
        read_point=extraction.place(body, "readPoint", prefixes),
        biz_location=extraction.place(body, "bizLocation", prefixes),
        transformation_id=extraction.transformation_id(body, prefixes),
        error_declaration=declaration,
        participations=extraction.participations(kind, body, prefixes),
        sources=extraction.sources(body, prefixes),
        destinations=extraction.destinations(body, prefixes),
        biz_transactions=extraction.biz_transactions(body, prefixes),
        body=body,
        context=context,
        namespaces=namespaces,
    )
