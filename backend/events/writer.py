"""Events written back as EPCIS 2.0 JSON-LD, equal to what was captured, in the identifier form that the reader asks for."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from backend.events.canonical import CanonicalEvent
from backend.events.contexts import STANDARD_CONTEXT, STANDARD_PREFIXES
from backend.events.documents import DOCUMENT, QUERY_DOCUMENT
from backend.events.timestamps import write_timestamp
from backend.identifiers import Identifier, IdentifierRole, InvalidIdentifierError, as_digital_link, as_urn, parse_identifier

PrefixLength = Callable[[Identifier], int | None]
"""Knows the length of a GS1 company prefix, without which no URN can be written; None where it doesn't."""


class EpcFormat(StrEnum):
    """The values of the header GS1-EPC-Format (EPCIS 2.0 §12, REST binding)."""

    NO_PREFERENCE = "No_Preference"
    NEVER_TRANSLATES = "Never_Translates"
    DIGITAL_LINK = "Always_GS1_Digital_Link"
    URN = "Always_EPC_URN"


@dataclass(frozen=True, slots=True)
class WritableEvent:
    """A stored event: its body, the context that its extensions need, and when it was recorded."""

    body: dict[str, Any]
    context: list[Any]
    record_time: datetime | None = None

    @classmethod
    def of(cls, event: CanonicalEvent, record_time: datetime | None = None) -> "WritableEvent":
        return cls(event.body, event.context, record_time)


def write_event(
    event: WritableEvent, *, epc_format: EpcFormat = EpcFormat.NO_PREFERENCE, prefix_length: PrefixLength | None = None
) -> dict[str, Any]:
    """A bare event with its whole context. An identifier whose URN can't be made keeps its Digital Link form."""
    return {"@context": [STANDARD_CONTEXT, *event.context], **body_of(event, epc_format, prefix_length)}


def write_document(
    events: Iterable[WritableEvent],
    *,
    created: datetime,
    epc_format: EpcFormat = EpcFormat.NO_PREFERENCE,
    prefix_length: PrefixLength | None = None,
) -> dict[str, Any]:
    """An EPCISDocument. Contexts on which all events agree stand at its head, others at their events."""
    context, written = _events(events, epc_format, prefix_length)
    return _envelope(DOCUMENT, context, created, {"eventList": written})


def write_query_document(
    events: Iterable[WritableEvent],
    *,
    created: datetime,
    query_name: str,
    subscription_id: str | None = None,
    epc_format: EpcFormat = EpcFormat.NO_PREFERENCE,
    prefix_length: PrefixLength | None = None,
) -> dict[str, Any]:
    """An EPCISQueryDocument with the results of a query, or of a subscription's run of it."""
    context, written = _events(events, epc_format, prefix_length)
    results: dict[str, Any] = {"queryName": query_name, "resultsBody": {"eventList": written}}
    if subscription_id is not None:
        results["subscriptionID"] = subscription_id
    return _envelope(QUERY_DOCUMENT, context, created, {"queryResults": results})


def _envelope(kind: str, context: list[Any], created: datetime, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "@context": [STANDARD_CONTEXT, *context],
        "type": kind,
        "schemaVersion": "2.0",
        "creationDate": write_timestamp(created),
        "epcisBody": body,
    }


def _events(events: Iterable[WritableEvent], epc_format: EpcFormat, prefix_length: PrefixLength | None) -> tuple[list[Any], list[dict[str, Any]]]:
    shared: dict[str, Any] = {}
    written = []
    for event in events:
        body = body_of(event, epc_format, prefix_length)
        if _joins(event.context, shared):
            for entry in event.context:
                shared |= entry
        else:
            body = {"@context": event.context, **body}
        written.append(body)
    return [shared] if shared else [], written


def _joins(context: list[Any], shared: dict[str, Any]) -> bool:
    """Whether the context contradicts nothing at the head. What refers to an address stays with its event."""
    if any(isinstance(entry, str) for entry in context):
        return False
    names = [(name, value) for entry in context for name, value in entry.items()]
    own: dict[str, Any] = {}
    return all(shared.get(name, value) == value and own.setdefault(name, value) == value and name not in STANDARD_PREFIXES for name, value in names)


def body_of(event: WritableEvent, epc_format: EpcFormat, prefix_length: PrefixLength | None) -> dict[str, Any]:
    """The event without its context, in the identifier form asked for, with its record time."""
    body = event.body
    if epc_format in (EpcFormat.DIGITAL_LINK, EpcFormat.URN):
        body = {name: _translated(name, value, epc_format, prefix_length) for name, value in body.items()}
    for name in _IDENTIFIER_LISTS & body.keys():
        if len(set(body[name])) < len(body[name]) and epc_format not in (EpcFormat.DIGITAL_LINK, EpcFormat.URN):
            body = {**body, name: _as_set(body[name])}
    if event.record_time is not None:
        body = {**body, "recordTime": write_timestamp(event.record_time)}
    return body


def _as_set(identifiers: list[str]) -> list[str]:
    """XML may name an object twice, JSON must not (uniqueItems): the second time it is written in its other form, which keeps the event's hash."""
    written: list[str] = []
    for text in identifiers:
        forms = [text, *(_identifier(text, other, None) for other in (EpcFormat.DIGITAL_LINK, EpcFormat.URN))]
        form = next((form for form in forms if form not in written), None)
        if form is not None:
            written.append(form)
    return written


def _translated(name: str, value: Any, epc_format: EpcFormat, prefix_length: PrefixLength | None) -> Any:
    if name in _IDENTIFIERS:
        return _identifier(value, epc_format, prefix_length)
    if name in _IDENTIFIER_LISTS:
        return [_identifier(item, epc_format, prefix_length) for item in value]
    member = _MEMBERS.get(name)
    if member is None:
        return value
    if isinstance(value, dict):
        return {**value, member: _identifier(value[member], epc_format, prefix_length)}
    return [{**item, member: _identifier(item[member], epc_format, prefix_length)} for item in value]


def _identifier(text: str, epc_format: EpcFormat, prefix_length: PrefixLength | None) -> str:
    try:
        identifier = parse_identifier(text, role=IdentifierRole.REFERENCE)
    except InvalidIdentifierError:
        return text
    if not identifier.is_gs1:
        return text
    if epc_format is EpcFormat.DIGITAL_LINK:
        return as_digital_link(identifier)
    return as_urn(identifier, prefix_length(identifier) if prefix_length else None) or text


_IDENTIFIERS: Final = frozenset(("parentID", "transformationID"))
_IDENTIFIER_LISTS: Final = frozenset(("epcList", "childEPCs", "inputEPCList", "outputEPCList"))
_MEMBERS: Final = {
    "quantityList": "epcClass",
    "childQuantityList": "epcClass",
    "inputQuantityList": "epcClass",
    "outputQuantityList": "epcClass",
    "readPoint": "id",
    "bizLocation": "id",
    "bizTransactionList": "bizTransaction",
    "sourceList": "source",
    "destinationList": "destination",
}
