"""Events of EPCIS XML, versions 1.1 to 2.0, as EPCIS 2.0 JSON. Whether they are right is judged afterwards, as for any JSON."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from lxml.etree import _Element

from backend.events.contexts import STANDARD_PREFIXES
from backend.events.faults import MOST_FAULTS, Fault
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
    expanded,
)
from backend.events.xml_reader_extensions import add_extension, add_repeatable, fields, plain_text, text_or_tree
from backend.events.xml_reader_names import WHITE_SPACE, Names, standard_name

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}


@dataclass(slots=True)
class Reading:
    """What is gathered while one document is read; `path` is where in the JSON document the reader stands."""

    names: Names = field(default_factory=Names)
    faults: list[Fault] = field(default_factory=list)
    path: str = "$"

    def fault(self, element: _Element, message: str, mend: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(self.path, "EPCIS 2.0 §9", f"{message} (line {element.sourceline})", mend))


_Read = Callable[[_Element, Reading], Any]


def read_event(element: _Element, reading: Reading) -> dict[str, Any]:
    event: dict[str, Any] = {"type": standard_name(element) or reading.names.of_element(element)}
    event |= {key: value for key, value in reading.names.attributes(element) if ":" in key or key == "id"}
    _read_fields(element, _EVENT, reading, event)
    return event


def _read_fields(element: _Element, known: dict[str, _Read], reading: Reading, holder: dict[str, Any]) -> None:
    """Unknown elements of the standard are kept under their names, so that the checks of the event can name them.

    But in the extension wrappers of EPCIS 1.x they are allowed, for what later versions of the standard may add; in JSON these
    need its prefix. Fields written as an empty element say nothing and are left out.
    """
    for child in fields(element):
        name = standard_name(child)
        if name is None:
            add_extension(holder, child, reading.names)
        elif name in _REPEATABLE:
            add_repeatable(holder, name, plain_text(child))
        elif name not in known and child.getparent() is not element:
            add_repeatable(holder, f"epcis:{name}", text_or_tree(child, reading.names))
        elif name in holder:
            reading.fault(child, f"{name} stands twice in one {standard_name(element)}.", f"Keep one {name}.")
        else:
            read = known.get(name)
            value = read(child, reading) if read is not None else text_or_tree(child, reading.names)
            if value not in ("", {}):
                holder[name] = value


def _text(element: _Element, reading: Reading) -> Any:
    return text_or_tree(element, reading.names)


def _number(element: _Element, reading: Reading) -> Any:
    value = text_or_tree(element, reading.names)
    return number_of(value) if isinstance(value, str) else value


def number_of(text: str) -> Decimal | str:
    """What is no number stays text; the checks of the event refuse it by name."""
    return Decimal(text) if _NUMBER.fullmatch(text) else text


def _word(vocabulary: Vocabulary) -> _Read:
    return lambda element, reading: _spelled(vocabulary, plain_text(element), element, reading)


def _spelled(vocabulary: Vocabulary, text: str, element: _Element, reading: Reading) -> str:
    word = bare_word(vocabulary, text)
    if word not in vocabulary.words:
        reading.names.declare_for_value(word, element)
    return word


def bare_word(vocabulary: Vocabulary, text: str) -> str:
    """The word that JSON writes where `text` is its URN, its web URI or its compact URI, else `text`."""
    full = expanded(text, STANDARD_PREFIXES)
    for stem in (vocabulary.stems[0], vocabulary.stems[-1]):
        word = full.removeprefix(stem)
        if word in vocabulary.words:
            return word
    return text


def _items(item: str, read: _Read) -> _Read:
    """A list element whose children are all named `item`."""

    def read_list(element: _Element, reading: Reading) -> list[Any]:
        values = []
        for child in fields(element):
            if standard_name(child) == item:
                values.append(read(child, reading))
            else:
                reading.fault(child, f"{child.tag!s} cannot stand in {standard_name(element)}.", f"Only {item} may stand there.")
        return values

    return read_list


def _object(known: dict[str, _Read]) -> _Read:
    def read_object(element: _Element, reading: Reading) -> dict[str, Any]:
        value: dict[str, Any] = {}
        _read_fields(element, known, reading, value)
        return value

    return read_object


def _typed(item: str, vocabulary: Vocabulary) -> _Read:
    """A business transaction, source or destination, whose type is an attribute."""

    def read_typed(element: _Element, reading: Reading) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key, attribute in reading.names.attributes(element):
            text = attribute.strip(WHITE_SPACE)
            value[key] = _spelled(vocabulary, text, element, reading) if key == "type" else text
        value[item] = text_or_tree(element, reading.names) if len(element) else plain_text(element)
        return value

    return read_typed


def _persistent_disposition(element: _Element, reading: Reading) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for child in fields(element):
        name = standard_name(child)
        if name in ("set", "unset"):
            value.setdefault(name, []).append(_spelled(DISPOSITION, plain_text(child), child, reading))
        else:
            reading.fault(child, f"{child.tag!s} cannot stand in persistentDisposition.", "Only set and unset may stand there.")
    return value


def _sensor_element(element: _Element, reading: Reading) -> dict[str, Any]:
    value: dict[str, Any] = {}
    reports: list[dict[str, Any]] = []
    for child in fields(element):
        name = standard_name(child)
        if name == "sensorReport":
            reports.append(_attributes(child, reading))
        elif name in _SENSOR_METADATA:
            value["sensorMetadata"] = _attributes(child, reading)
        elif name is None:
            add_extension(value, child, reading.names)
        else:
            value[name] = text_or_tree(child, reading.names)
    value["sensorReport"] = reports
    return value


def _attributes(element: _Element, reading: Reading) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for key, attribute in reading.names.attributes(element):
        text = attribute.strip(WHITE_SPACE)
        if key in _ATTRIBUTE_WORDS:
            value[key] = _spelled(_ATTRIBUTE_WORDS[key], text, element, reading)
        else:
            value[key] = _ATTRIBUTES[key](text) if key in _ATTRIBUTES else text
    for child in fields(element):
        add_extension(value, child, reading.names)
    return value


def _boolean(text: str) -> bool | str:
    return _BOOLEANS.get(text, text)


_ATTRIBUTE_WORDS: Final = {"type": MEASUREMENT_TYPE, "exception": SENSOR_ALERT_TYPE, "component": COMPONENT}
_ATTRIBUTES: Final[dict[str, Callable[[str], Any]]] = {
    "booleanValue": _boolean,
    **dict.fromkeys(("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"), number_of),
}
# The second spelling is that of the drafts, which documents of version 1.2 use.
_SENSOR_METADATA: Final = ("sensorMetadata", "sensorMetaData")
_REPEATABLE: Final = frozenset({"certificationInfo"})
_QUANTITY: Final[dict[str, _Read]] = {"epcClass": _text, "quantity": _number, "uom": _text}
_EPCS: Final = _items("epc", _text)
_QUANTITIES: Final = _items("quantityElement", _object(_QUANTITY))
_EVENT: Final[dict[str, _Read]] = {
    **dict.fromkeys(("eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "action", "parentID", "transformationID"), _text),
    "bizStep": _word(BUSINESS_STEP),
    "disposition": _word(DISPOSITION),
    "persistentDisposition": _persistent_disposition,
    "epcList": _EPCS,
    "childEPCs": _EPCS,
    "inputEPCList": _EPCS,
    "outputEPCList": _EPCS,
    "quantityList": _QUANTITIES,
    "childQuantityList": _QUANTITIES,
    "inputQuantityList": _QUANTITIES,
    "outputQuantityList": _QUANTITIES,
    "readPoint": _object({"id": _text}),
    "bizLocation": _object({"id": _text}),
    "bizTransactionList": _items("bizTransaction", _typed("bizTransaction", BUSINESS_TRANSACTION_TYPE)),
    "sourceList": _items("source", _typed("source", SOURCE_DESTINATION_TYPE)),
    "destinationList": _items("destination", _typed("destination", SOURCE_DESTINATION_TYPE)),
    "ilmd": _object({}),
    "sensorElementList": _items("sensorElement", _sensor_element),
    "errorDeclaration": _object(
        {
            "declarationTime": _text,
            "reason": _word(ERROR_REASON),
            "correctiveEventIDs": _items("correctiveEventID", _text),
        }
    ),
}
