"""The event hash of CBV 2.0: one name for one event, whatever its syntax, the order of its lists and the form of its identifiers.

An implementation of our own of the algorithm "EPCIS Event Hash ID". It leaves out event id, record time and error declaration,
rounds times to milliseconds and keeps only the finest level of an identifier: it finds duplicates, it does not identify content.
Where the algorithm's text and its published vectors differ, the vectors decide: business transactions, sources and destinations
are sorted in among the extensions, and their type stands before their value.
"""

import hashlib
from collections.abc import Callable
from typing import Any, Final

from backend.events.event_hash_extensions import extension_parts
from backend.events.event_hash_sensors import sensor_elements, unordered_sensor_fields
from backend.events.event_hash_values import hash_identifier, hash_number, hash_time, hash_uri, hash_word
from backend.events.vocabulary import (
    BUSINESS_STEP,
    BUSINESS_TRANSACTION_TYPE,
    DISPOSITION,
    SOURCE_DESTINATION_TYPE,
    Vocabulary,
)
from backend.identifiers import IdentifierRole

_Writer = Callable[[str, Any, dict[str, str]], str]


def event_hash(body: dict[str, Any], namespaces: dict[str, str]) -> str:
    """The hash as a named-information URI (RFC 6920). `body` is a validated event, `namespaces` its prefixes."""
    digest = hashlib.sha256(prehash(body, namespaces).encode(errors="surrogatepass")).hexdigest()
    return f"ni:///sha-256;{digest}?ver=CBV2.0"


def prehash(body: dict[str, Any], namespaces: dict[str, str]) -> str:
    """The canonical text that is hashed. Fields that are empty count as absent."""
    parts = [write(name, body[name], namespaces) for name, write in _ORDERED.items() if body.get(name)]
    rest: list[str] = []
    for key, value in body.items():
        if key in _NOT_IN_REST:
            continue
        if key in _SORTED_IN:
            if value:
                rest.append(_SORTED_IN[key](key, value, namespaces))
        else:
            extension_parts(key, value, namespaces, rest)
    if sensors := body.get("sensorElementList"):
        rest += unordered_sensor_fields(sensors, namespaces)
    rest.sort()
    return "".join(parts + rest)


def _event_type(_name: str, value: str, _namespaces: dict[str, str]) -> str:
    return "eventType=" + value


def _text(name: str, value: str, _namespaces: dict[str, str]) -> str:
    return f"{name}={value.strip()}"


def _time(name: str, value: str, _namespaces: dict[str, str]) -> str:
    return f"{name}={hash_time(value)}"


def _uri(name: str, value: str, _namespaces: dict[str, str]) -> str:
    return f"{name}={hash_identifier(value, IdentifierRole.OBJECT)}"


def _uris(name: str, value: str | list[str], _namespaces: dict[str, str]) -> str:
    return "".join(sorted(f"{name}={hash_uri(each)}" for each in ([value] if isinstance(value, str) else value)))


def _word(vocabulary: Vocabulary) -> _Writer:
    return lambda name, value, _namespaces: f"{name}={hash_word(value, vocabulary)}"


def _epcs(name: str, value: list[str], _namespaces: dict[str, str]) -> str:
    return name + "".join(sorted(["epc=" + hash_identifier(epc, IdentifierRole.OBJECT) for epc in value]))


def _quantities(name: str, value: list[dict[str, Any]], _namespaces: dict[str, str]) -> str:
    return name + "".join(sorted([_quantity(element) for element in value]))


def _quantity(element: dict[str, Any]) -> str:
    text = "quantityElementepcClass=" + hash_identifier(element["epcClass"], IdentifierRole.OBJECT)
    if (quantity := element.get("quantity")) is not None:
        text += "quantity=" + hash_number(quantity)
    if uom := element.get("uom"):
        text += "uom=" + uom.strip()
    return text


def _persistent_disposition(name: str, value: dict[str, list[str]], _namespaces: dict[str, str]) -> str:
    return name + "".join(
        part for change in ("set", "unset") for part in sorted(f"{change}={hash_word(word, DISPOSITION)}" for word in value.get(change) or ())
    )


def _place(name: str, value: dict[str, Any], namespaces: dict[str, str]) -> str:
    text = name
    if place := value.get("id"):
        text += "id=" + hash_identifier(place, IdentifierRole.PLACE)
    if len(value) > 1:
        parts: list[str] = []
        for key, extension in value.items():
            if key != "id":
                extension_parts(key, extension, namespaces, parts)
        parts.sort()
        text += "".join(parts)
    return text


def _sensors(name: str, value: list[dict[str, Any]], namespaces: dict[str, str]) -> str:
    return name + sensor_elements(value, namespaces)


def _typed(item: str, vocabulary: Vocabulary) -> _Writer:
    """A list of business transactions, sources or destinations."""

    def write(name: str, value: list[dict[str, str]], _namespaces: dict[str, str]) -> str:
        return name + "".join(sorted([_typed_item(each, item, vocabulary) for each in value]))

    return write


def _typed_item(value: dict[str, str], item: str, vocabulary: Vocabulary) -> str:
    role = IdentifierRole.REFERENCE if item == "bizTransaction" else IdentifierRole.PLACE
    text = f"{item}={hash_identifier(value[item], role)}"
    return f"type={hash_word(value['type'], vocabulary)}{text}" if value.get("type") else text


def _master_data(name: str, value: dict[str, Any], namespaces: dict[str, str]) -> str:
    parts: list[str] = []
    for key, attribute in value.items():
        extension_parts(key, attribute, namespaces, parts)
    parts.sort()
    return name + "".join(parts)


_ORDERED: Final[dict[str, _Writer]] = {
    "type": _event_type,
    "eventTime": _time,
    "eventTimeZoneOffset": _text,
    "certificationInfo": _uris,
    "parentID": _uri,
    "epcList": _epcs,
    "inputEPCList": _epcs,
    "childEPCs": _epcs,
    "quantityList": _quantities,
    "childQuantityList": _quantities,
    "inputQuantityList": _quantities,
    "outputEPCList": _epcs,
    "outputQuantityList": _quantities,
    "action": _text,
    "transformationID": _uri,
    "bizStep": _word(BUSINESS_STEP),
    "disposition": _word(DISPOSITION),
    "persistentDisposition": _persistent_disposition,
    "readPoint": _place,
    "bizLocation": _place,
    "sensorElementList": _sensors,
}
_SORTED_IN: Final[dict[str, _Writer]] = {
    "bizTransactionList": _typed("bizTransaction", BUSINESS_TRANSACTION_TYPE),
    "sourceList": _typed("source", SOURCE_DESTINATION_TYPE),
    "destinationList": _typed("destination", SOURCE_DESTINATION_TYPE),
    "ilmd": _master_data,
}
_NOT_IN_REST: Final = frozenset(_ORDERED) | {"@context", "eventID", "recordTime", "errorDeclaration"}
