"""Reads a document as capture does, and keeps beside the faults what the validator needs: the text, the values, the events' places."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from backend.events.canonical import CanonicalEvent, EventType
from backend.events.contexts import STANDARD_PREFIXES, read_context
from backend.events.faults import DocumentFaults, Fault
from backend.events.json_text import read_json
from backend.events.reader import Reading, read_document
from backend.events.xml_reader import read_xml
from infra.errors import SuyuanError

JSON: Final = "JSON"
XML: Final = "XML"
MOST_EVENTS: Final = 5_000
_EVENT_PATH: Final = re.compile(r"\$(?:\.epcisBody(?:\.queryResults\.resultsBody)?\.eventList)?\[([0-9]+)\]")
_ENCODING: Final = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_SCHEMA_VERSION: Final = re.compile(r"""schemaVersion\s*=\s*["']([0-9.]{1,10})["']""")
_EVENT_TYPES: Final = frozenset(kind.epcis for kind in EventType)
_JSON_TYPES: Final = ("application/json", "application/ld+json", "text/json")
_XML_TYPES: Final = ("application/xml", "text/xml", "application/soap+xml")


class UnreadableTypeError(SuyuanError):
    """The body is of a kind that holds no EPCIS document."""

    code = "UNSUPPORTED_CONTENT_TYPE"
    status = 415


@dataclass(slots=True)
class Read:
    """A document as far as it could be read. `events` has None where an event has faults, or its document's envelope."""

    format: str
    text: str
    faults: list[Fault]
    value: Any = None
    reading: Reading | None = None
    raw_events: list[Any] = field(default_factory=list)
    list_path: str | None = None

    def event_path(self, index: int) -> str:
        """Where an event stands."""
        return "$" if self.list_path is None else f"{self.list_path}[{index}]"

    def event_of(self, path: str) -> int | None:
        """The event in which a fault lies; None for the envelope."""
        if self.list_path is None:
            return 0 if self.raw_events else None
        match = _EVENT_PATH.match(path)
        return int(match[1]) if match and path.startswith(self.list_path) and int(match[1]) < len(self.raw_events) else None

    def canonical(self, index: int) -> CanonicalEvent | None:
        """The event as it would be stored."""
        event = self.reading.events[index] if self.reading is not None else None
        return event if isinstance(event, CanonicalEvent) else None

    def prefixes(self) -> Mapping[str, str]:
        """What the document's context declares."""
        if not isinstance(self.value, dict) or "@context" not in self.value:
            return STANDARD_PREFIXES
        return read_context(self.value["@context"], "$", (), []).prefixes


def format_of(content_type: str) -> str:
    """JSON or XML, by the media type. Raises `UnreadableTypeError`."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in _JSON_TYPES or media_type.endswith("+json"):
        return JSON
    if media_type in _XML_TYPES or media_type.endswith("+xml"):
        return XML
    raise UnreadableTypeError(
        f'The content type "{media_type[:60]}" cannot be read. Send application/json, application/ld+json or application/xml.',
        field="Content-Type",
    )


def guessed_format(raw: bytes) -> str:
    """What a text without a media type is meant as."""
    return XML if raw.lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n\x00").startswith(b"<") else JSON


def read_all(raw: bytes, kind: str) -> Read:
    """Read a document. Raises nothing for what is wrong with it: that stands in `faults`."""
    found = Read(kind, _text(raw, kind), [])
    try:
        found.value = read_json(raw).value if kind == JSON else read_xml(raw)
    except DocumentFaults as error:
        found.faults = list(error.faults)
        return found
    found.list_path, found.raw_events = _events(found.value)
    if len(found.raw_events) > MOST_EVENTS:
        problem = f"The document holds {len(found.raw_events)} events, more than the {MOST_EVENTS} that are looked at."
        found.faults = [Fault(found.list_path or "$", "limits of the validator", problem, "Send a part of it; the others will be like them.")]
        found.raw_events = []
        return found
    try:
        found.reading = read_document(raw if kind == JSON else found.value)
    except DocumentFaults as error:
        found.faults = list(error.faults)
    else:
        found.faults = found.reading.faults
    return found


def _events(value: Any) -> tuple[str | None, list[Any]]:
    """The list of events and its path; of a bare event there is none."""
    if isinstance(value, list):
        return "$", value
    if not isinstance(value, dict) or value.get("type") in _EVENT_TYPES:
        return None, [value] if isinstance(value, dict) else []
    holder, path = value.get("epcisBody"), "$.epcisBody"
    for name in ("queryResults", "resultsBody"):
        if isinstance(holder, dict) and isinstance(holder.get(name), dict):
            holder, path = holder[name], f"{path}.{name}"
    events = holder.get("eventList") if isinstance(holder, dict) else None
    return f"{path}.eventList", events if isinstance(events, list) else []


def _text(raw: bytes, kind: str) -> str:
    """The text as its sender saw it, with one kind of line end."""
    text = _decoded(raw, _encoding(raw) if kind == XML else "utf-8")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _encoding(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in raw[:4]:
        return "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"
    declared = _ENCODING.match(raw.removeprefix(b"\xef\xbb\xbf"))
    return declared[1].decode() if declared else "utf-8"


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding, errors="replace")
    except LookupError:
        return raw.decode("utf-8", errors="replace")


def version_of(text: str) -> str:
    """The schemaVersion that an XML document claims; empty where it claims none."""
    match = _SCHEMA_VERSION.search(text[:5_000])
    return match[1] if match else ""
