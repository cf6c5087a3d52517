"""The envelope of captured events: documents, query documents, bare events and lists of them, with header and master data."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from backend.events.canonical import EventType
from backend.events.contexts import STANDARD_CONTEXT, STANDARD_SCOPE, Scope, read_context
from backend.events.faults import DocumentFaults, Fault
from backend.events.timestamps import is_date_time
from backend.events.validation import ALL_FIELDS
from backend.events.validation_values import Check, missing, wrong_type
from backend.identifiers import is_uri
from backend.identifiers.describe import shown

DOCUMENT: Final = "EPCISDocument"
QUERY_DOCUMENT: Final = "EPCISQueryDocument"

_RULE: Final = "EPCIS 2.0 JSON schema EPCISDocument"
_QUERY_RULE: Final = "EPCIS 2.0 JSON schema EPCISQueryDocument"
_CONTEXT_RULE: Final = "EPCIS 2.0 JSON-LD @context"
_MASTER_DATA_RULE: Final = "EPCIS 2.0 §9 epcisMasterData"
_VERSION: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*", re.ASCII)
_TEXT_FIELDS: Final = {
    "instanceIdentifier": "instance_identifier",
    "sender": "sender",
    "receiver": "receiver",
    "queryName": "query_name",
    "subscriptionID": "subscription_id",
}
_DOCUMENT_FIELDS: Final = ("id", "schemaVersion", "creationDate", "instanceIdentifier", "sender", "receiver", "epcisHeader", "epcisBody")
_QUERY_FIELDS: Final = ("id", "schemaVersion", "creationDate", "epcisBody")
_TERMS: Final = ALL_FIELDS | frozenset((*_DOCUMENT_FIELDS, "eventList", "id", "epcClass", "quantity", "uom", "epcisMasterData"))
_EVENT_TYPES: Final = frozenset(kind.epcis for kind in EventType)


@dataclass(slots=True)
class Document:
    """What the envelope says about itself; all is None for a bare event. `creation_date` is as written."""

    type: str
    id: str | None = None
    schema_version: str | None = None
    creation_date: str | None = None
    sender: str | None = None
    receiver: str | None = None
    instance_identifier: str | None = None
    query_name: str | None = None
    subscription_id: str | None = None
    extensions: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Envelope:
    """The events with where they stand: `path` is the list's, or the event's own for a bare one; `level` counts nesting from 1."""

    document: Document
    scope: Scope
    events: list[Any]
    path: str
    level: int
    master_data: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    bare: bool = False


def read_envelope(value: Any) -> Envelope:
    """The envelope with its faults; raises DocumentFaults where there is nothing that could hold events."""
    if isinstance(value, list):
        return Envelope(Document("list"), STANDARD_SCOPE, value, "$", 2)
    if not isinstance(value, dict):
        raise DocumentFaults([Fault("$", _RULE, "The document is not an object.", "Send an EPCISDocument or an event.")])
    kind = value.get("type")
    if isinstance(kind, str) and kind in (DOCUMENT, QUERY_DOCUMENT):
        return _read_document(value, kind)
    if isinstance(kind, str) and kind in _EVENT_TYPES:
        return _read_bare_event(value, kind)
    seen = f"{shown(kind)} is no type of document or event that can be captured." if isinstance(kind, str) else "There is no type."
    names = ", ".join(sorted(_EVENT_TYPES))
    raise DocumentFaults([Fault("$.type", _RULE, seen, f'Give "type": {DOCUMENT}, {QUERY_DOCUMENT}, or one of {names}.')])


def event_scope(event: dict[str, Any], path: str, outer: Scope, faults: list[Fault]) -> Scope:
    """The scope inside an event, which may have a context of its own."""
    if "@context" not in event:
        return outer
    return read_context(event["@context"], f"{path}['@context']", _TERMS, faults, outer)


def _read_bare_event(value: dict[str, Any], kind: str) -> Envelope:
    faults: list[Fault] = []
    _standard_scope(value, faults)
    return Envelope(Document(kind), STANDARD_SCOPE, [value], "$", 1, faults=faults, bare=True)


def _standard_scope(value: dict[str, Any], faults: list[Fault]) -> Scope:
    path = "$['@context']"
    mend = f'Add "@context": ["{STANDARD_CONTEXT}"].'
    if "@context" not in value:
        faults.append(Fault(path, _CONTEXT_RULE, 'The field "@context" is missing.', mend))
        return STANDARD_SCOPE
    scope = read_context(value["@context"], path, _TERMS, faults)
    if not scope.standard and not faults:
        faults.append(Fault(path, _CONTEXT_RULE, "The context of EPCIS 2.0 is not among the contexts.", mend))
    return scope


def _read_document(value: dict[str, Any], kind: str) -> Envelope:
    faults: list[Fault] = []
    scope = _standard_scope(value, faults)
    check = Check("$", scope, 1)
    document = Document(kind)
    queried = kind == QUERY_DOCUMENT
    allowed = _QUERY_FIELDS if queried else _DOCUMENT_FIELDS
    for name, item in value.items():
        if name in allowed:
            _read_field(check, document, name, item)
        elif name not in ("@context", "type"):
            check.extension("", name, item, 1)
            document.extensions[name] = item
    if not queried:
        for name, mend in (("schemaVersion", 'Add "schemaVersion": "2.0".'), ("creationDate", "Add the document's date and time.")):
            if name not in value:
                missing(check, name, _RULE, mend)
    master_data = _read_header(check, value.get("epcisHeader")) if not queried else []
    body = value.get("epcisBody")
    if not isinstance(body, dict):
        if body is None:
            missing(check, "epcisBody", _RULE, 'Add "epcisBody": {"eventList": […]}.')
        else:
            wrong_type(check, ".epcisBody", _RULE, body, "an object")
        raise DocumentFaults([*faults, *check.faults])
    if queried:
        events, path, level = _read_results(check, document, body, master_data)
    else:
        events, path, level = _event_list(check, body, ".epcisBody", ("eventList",)), ".epcisBody.eventList", 4
    return Envelope(document, scope, events, f"${path}", level, master_data, [*faults, *check.faults])


def _read_field(check: Check, document: Document, name: str, value: Any) -> None:
    if name in ("epcisHeader", "epcisBody"):
        return
    path = f".{name}"
    if not isinstance(value, str):
        wrong_type(check, path, _RULE, value, "a text")
    elif name == "schemaVersion":
        document.schema_version = value
        if not _VERSION.fullmatch(value) or value.partition(".")[0] != "2":
            check.fail(path, _RULE, f"{shown(value)} is no version that is read in JSON.", 'Write "2.0".')
    elif name == "creationDate":
        document.creation_date = value
        if not is_date_time(value):
            check.fail(path, _RULE, f"{shown(value)} is not a date and time.", 'Write it like "2026-07-22T06:45:00.000+08:00".')
    elif name == "id":
        document.id = value
        if not is_uri(value) and not value.startswith("_:"):
            check.fail(path, _RULE, f"{shown(value)} is not a URI.", "Write a URI like urn:uuid:…, or leave it out.")
    else:
        setattr(document, _TEXT_FIELDS[name], value)


def _read_results(check: Check, document: Document, body: dict[str, Any], master_data: list[dict[str, Any]]) -> tuple[list[Any], str, int]:
    path = ".epcisBody.queryResults"
    results = _object(check, body.get("queryResults"), path, _QUERY_RULE)
    for name, item in results.items():
        if name in ("queryName", "subscriptionID"):
            if isinstance(item, str):
                setattr(document, _TEXT_FIELDS[name], item)
            else:
                wrong_type(check, f"{path}.{name}", _QUERY_RULE, item, "a text")
        elif name != "resultsBody":
            check.extension(path, name, item, 3)
    if "queryName" not in results:
        missing(check, "epcisBody.queryResults.queryName", _QUERY_RULE, 'Add "queryName": "SimpleEventQuery".')
    path += ".resultsBody"
    contents = _object(check, results.get("resultsBody"), path, _QUERY_RULE)
    if "vocabularyList" in contents:
        master_data.extend(_vocabularies(check, contents["vocabularyList"], f"{path}.vocabularyList"))
    return _event_list(check, contents, path, ("eventList", "vocabularyList")), f"{path}.eventList", 6


def _object(check: Check, value: Any, path: str, rule: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    if value is None:
        missing(check, path[1:], rule, "Add it.")
    else:
        wrong_type(check, path, rule, value, "an object")
    raise DocumentFaults(check.faults)


def _event_list(check: Check, holder: dict[str, Any], path: str, known: tuple[str, ...]) -> list[Any]:
    for name, item in holder.items():
        if name not in known:
            check.extension(path, name, item, 2)
    events = holder.get("eventList")
    if isinstance(events, list):
        return events
    if events is None:
        missing(check, f"{path[1:]}.eventList", _RULE, "Add the list of events; it may be empty.")
    else:
        wrong_type(check, f"{path}.eventList", _RULE, events, "a list")
    return []


def _read_header(check: Check, value: Any) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, dict):
        wrong_type(check, ".epcisHeader", _RULE, value, "an object")
        return []
    for name, item in value.items():
        if name != "epcisMasterData":
            check.extension(".epcisHeader", name, item, 2)
    data = value.get("epcisMasterData")
    path = ".epcisHeader.epcisMasterData"
    if data is None:
        return []
    if not isinstance(data, dict):
        wrong_type(check, path, _MASTER_DATA_RULE, data, "an object")
        return []
    return _vocabularies(check, data.get("vocabularyList") or [], f"{path}.vocabularyList")


def _vocabularies(check: Check, value: Any, path: str) -> list[dict[str, Any]]:
    """Master data is checked for its shape and kept as it is."""
    for vocabulary, place in _objects(check, value, path):
        _require_uri(check, vocabulary, "type", place)
        for element, element_place in _objects(check, vocabulary.get("vocabularyElementList") or [], f"{place}.vocabularyElementList"):
            _require_uri(check, element, "id", element_place)
            for attribute, attribute_place in _objects(check, element.get("attributes") or [], f"{element_place}.attributes"):
                _require_uri(check, attribute, "id", attribute_place)
            children = element.get("children") or []
            if not isinstance(children, list) or not all(isinstance(child, str) and is_uri(child) for child in children):
                check.fail(f"{element_place}.children", _MASTER_DATA_RULE, "The children are not a list of URIs.", "List their URIs.")
    return value if isinstance(value, list) else []


def _objects(check: Check, value: Any, path: str) -> list[tuple[dict[str, Any], str]]:
    if not isinstance(value, list):
        wrong_type(check, path, _MASTER_DATA_RULE, value, "a list")
        return []
    found = []
    for index, item in enumerate(value):
        if isinstance(item, dict):
            found.append((item, f"{path}[{index}]"))
        else:
            wrong_type(check, f"{path}[{index}]", _MASTER_DATA_RULE, item, "an object")
    return found


def _require_uri(check: Check, item: dict[str, Any], name: str, path: str) -> None:
    value = item.get(name)
    if not isinstance(value, str) or not is_uri(value):
        check.fail(f"{path}.{name}", _MASTER_DATA_RULE, f'The field "{name}" must be a URI.', "Write it in full.")
