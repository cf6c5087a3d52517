"""One event as an element of EPCIS XML, its fields in the order of the schemas (EPCIS 2.0 §9, EPCIS 1.2 §9.5)."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from lxml.etree import _Element

from backend.events.vocabulary import (
    BUSINESS_STEP,
    BUSINESS_TRANSACTION_TYPE,
    COMPONENT,
    DISPOSITION,
    ERROR_REASON,
    MEASUREMENT_TYPE,
    SENSOR_ALERT_TYPE,
    SOURCE_DESTINATION_TYPE,
    Vocabulary,
)
from backend.events.xml_writer_names import Namespaces, add_extension, child, scalar, set_attribute


class XmlVersion(StrEnum):
    """The versions of EPCIS that are written; 1.2 serves readers of 1.1 too, who skip what stands in its extensions."""

    V1_2 = "1.2"
    V2_0 = "2.0"


class Writing:
    """What the writers of one event's fields need to know."""

    def __init__(self, names: Namespaces, version: XmlVersion, *, web_words: bool = False) -> None:
        self.names = names
        self.version = version
        self._web_words = web_words

    def word(self, vocabulary: Vocabulary, text: str) -> str:
        """A standard word in full: as URN, which readers of all versions know, unless web URIs are asked for.

        GS1's web vocabulary has no URNs.
        """
        if text in vocabulary.words:
            return vocabulary.stems[-1 if vocabulary.stems[-1].startswith("urn:") and not self._web_words else 0] + text
        # A compact URI stays as it is: its prefix is declared at the event.
        return text


_Write = Callable[[_Element, str, Any, Writing], None]
_BASE: Final = ("eventTime", "recordTime", "eventTimeZoneOffset")
_IDENTITY: Final = ("eventID", "errorDeclaration")
_WHERE: Final = ("bizStep", "disposition", "readPoint", "bizLocation")
_PARTIES: Final = ("sourceList", "destinationList")
_LATEST: Final = ("sensorElementList", "persistentDisposition")
# Of each type the fields before and in EPCIS 1.2's extension; version 2.0 writes both on one level.
_FIELDS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "ObjectEvent": (("epcList", "action", *_WHERE, "bizTransactionList"), ("quantityList", *_PARTIES)),
    "AggregationEvent": (("parentID", "childEPCs", "action", *_WHERE, "bizTransactionList"), ("childQuantityList", *_PARTIES)),
    "TransactionEvent": (("bizTransactionList", "parentID", "epcList", "action", *_WHERE), ("quantityList", *_PARTIES)),
    "TransformationEvent": (
        ("inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList", "transformationID", *_WHERE, "bizTransactionList", *_PARTIES),
        (),
    ),
    "AssociationEvent": (("parentID", "childEPCs", "childQuantityList", "action", *_WHERE, "bizTransactionList", *_PARTIES), ()),
}
# EPCIS 1.2 wants these lists even where they are empty.
_REQUIRED_1_2: Final = {"ObjectEvent": "epcList", "AggregationEvent": "childEPCs", "TransactionEvent": "epcList"}
_NO_DATA: Final = frozenset(("type", "@context"))


def add_event(event_list: _Element, body: Mapping[str, Any], names: Namespaces, version: XmlVersion, *, web_words: bool = False) -> None:
    """Append the event; where version 1.2 has no place for it or a part of it, inside of the extension elements it provides."""
    kind = str(body["type"])
    writing = Writing(names, version, web_words=web_words)
    if version is XmlVersion.V2_0:
        _fill_2_0(child(event_list, kind, nsmap=_prefixes(names)), kind, body, writing)
        return
    parent = event_list
    for _ in range({"TransformationEvent": 1, "AssociationEvent": 2}.get(kind, 0)):
        parent = child(parent, "extension")
    _fill_1_2(child(parent, kind, nsmap=_prefixes(names)), kind, body, writing)


def _prefixes(names: Namespaces) -> dict[str, str]:
    return dict(names.declared)


def _fill_2_0(element: _Element, kind: str, body: Mapping[str, Any], writing: Writing) -> None:
    before, after = _FIELDS[kind]
    ordered = (*_BASE, *_IDENTITY, "certificationInfo", *before, *after, *_LATEST, "ilmd")
    _write_fields(element, body, ordered, writing)
    _write_rest(element, body, frozenset(ordered), writing)


def _fill_1_2(element: _Element, kind: str, body: Mapping[str, Any], writing: Writing) -> None:
    before, after = _FIELDS[kind]
    _write_fields(element, body, _BASE, writing)
    _extended(element, "baseExtension", body, _IDENTITY, writing)
    required = _REQUIRED_1_2.get(kind)
    filled = {**body, required: body.get(required, [])} if required else body
    ilmd: tuple[str, ...] = ("ilmd",)
    outer = (*after, *ilmd) if kind == "ObjectEvent" else after
    inline = (*before, *ilmd) if kind == "TransformationEvent" else before
    _write_fields(element, filled, inline, writing)
    newer = (*_LATEST, "certificationInfo", *(() if kind in ("ObjectEvent", "TransformationEvent") else ilmd))
    if any(name in body for name in (*outer, *newer)):
        extension = child(element, "extension")
        _write_fields(extension, body, outer, writing)
        # One level more for each version of the standard that has added to the type.
        _extended(extension, "extension", body, newer, writing)
    _write_rest(element, body, frozenset((*_BASE, *_IDENTITY, *inline, *outer, *newer)), writing)


def _extended(element: _Element, wrapper: str, body: Mapping[str, Any], fields: tuple[str, ...], writing: Writing) -> None:
    if any(name in body for name in fields):
        _write_fields(child(element, wrapper), body, fields, writing)


def _write_fields(element: _Element, body: Mapping[str, Any], fields: tuple[str, ...], writing: Writing) -> None:
    for name in fields:
        if name in body:
            _WRITERS.get(name, _text)(element, name, body[name], writing)


def _write_rest(element: _Element, body: Mapping[str, Any], written: frozenset[str], writing: Writing) -> None:
    for name, value in body.items():
        if name in written or name in _NO_DATA:
            continue
        if ":" in name or isinstance(value, dict | list):
            add_extension(element, name, value, writing.names)
        else:
            # JSON-LD's own name of the node; the schemas allow attributes everywhere.
            set_attribute(element, name, scalar(value))


def _text(element: _Element, name: str, value: Any, _writing: Writing) -> None:
    for item in value if isinstance(value, list) else [value]:
        child(element, name, scalar(item))


def _word(vocabulary: Vocabulary) -> _Write:
    return lambda element, name, value, writing: _text(element, name, writing.word(vocabulary, value), writing)


def _list(item: str) -> _Write:
    def write(element: _Element, name: str, value: Any, writing: Writing) -> None:
        _text(child(element, name), item, list(value), writing)

    return write


def _quantities(element: _Element, name: str, value: Any, writing: Writing) -> None:
    listed = child(element, name)
    for line in value:
        _ordered(child(listed, "quantityElement"), line, ("epcClass", "quantity", "uom"), writing)


def _place(element: _Element, name: str, value: Any, writing: Writing) -> None:
    _ordered(child(element, name), value, ("id",), writing)


def _extensions(element: _Element, name: str, value: Any, writing: Writing) -> None:
    _ordered(child(element, name), value, (), writing)


def _ordered(element: _Element, value: Mapping[str, Any], first: tuple[str, ...], writing: Writing) -> None:
    _write_fields(element, value, first, writing)
    _write_rest(element, value, frozenset(first), writing)


def _typed(item: str, vocabulary: Vocabulary) -> _Write:
    def write(element: _Element, name: str, value: Any, writing: Writing) -> None:
        listed = child(element, name)
        for entry in value:
            one = child(listed, item, scalar(entry[item]))
            if "type" in entry:
                set_attribute(one, "type", writing.word(vocabulary, entry["type"]))

    return write


def _persistent_disposition(element: _Element, name: str, value: Any, writing: Writing) -> None:
    both = child(element, name)
    for which in ("unset", "set"):
        for word in value.get(which, []):
            child(both, which, writing.word(DISPOSITION, word))


def _sensors(element: _Element, name: str, value: Any, writing: Writing) -> None:
    listed = child(element, name)
    for sensor in value:
        one = child(listed, "sensorElement")
        if "sensorMetadata" in sensor:
            _attributes(child(one, "sensorMetadata"), sensor["sensorMetadata"], writing)
        for report in sensor.get("sensorReport", []):
            _attributes(child(one, "sensorReport"), report, writing)
        _write_rest(one, sensor, frozenset(("sensorMetadata", "sensorReport")), writing)


_ATTRIBUTE_WORDS: Final = {"type": MEASUREMENT_TYPE, "exception": SENSOR_ALERT_TYPE, "component": COMPONENT}


def _attributes(element: _Element, value: Mapping[str, Any], writing: Writing) -> None:
    for name, item in value.items():
        if isinstance(item, dict | list):
            add_extension(element, name, item, writing.names)
        else:
            text = writing.word(_ATTRIBUTE_WORDS[name], item) if name in _ATTRIBUTE_WORDS else scalar(item)
            set_attribute(element, writing.names.qualified(name), text)


def _error_declaration(element: _Element, name: str, value: Any, writing: Writing) -> None:
    _ordered(child(element, name), value, ("declarationTime", "reason", "correctiveEventIDs"), writing)


_EPCS: Final = _list("epc")
_WRITERS: Final[Mapping[str, _Write]] = {
    "bizStep": _word(BUSINESS_STEP),
    "disposition": _word(DISPOSITION),
    "reason": _word(ERROR_REASON),
    "correctiveEventIDs": _list("correctiveEventID"),
    "errorDeclaration": _error_declaration,
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), _EPCS),
    **dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), _quantities),
    **dict.fromkeys(("readPoint", "bizLocation"), _place),
    "bizTransactionList": _typed("bizTransaction", BUSINESS_TRANSACTION_TYPE),
    "sourceList": _typed("source", SOURCE_DESTINATION_TYPE),
    "destinationList": _typed("destination", SOURCE_DESTINATION_TYPE),
    "persistentDisposition": _persistent_disposition,
    "sensorElementList": _sensors,
    "ilmd": _extensions,
}
