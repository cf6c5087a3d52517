"""How the CBV 2.0 event hash writes sensor elements."""

from collections.abc import Callable, Set
from typing import Any, Final

from backend.events.event_hash_extensions import extension_parts
from backend.events.event_hash_values import hash_measured_text, hash_number, hash_time, hash_uri, hash_word
from backend.events.vocabulary import COMPONENT, MEASUREMENT_TYPE, SENSOR_ALERT_TYPE, Vocabulary

_Write = Callable[[Any], str]


def sensor_elements(elements: list[dict[str, Any]], namespaces: dict[str, str]) -> str:
    return "".join(sorted([_sensor_element(element, namespaces) for element in elements]))


def unordered_sensor_fields(elements: list[dict[str, Any]], namespaces: dict[str, str]) -> list[str]:
    """What the published order of fields does not name, such as the business rules of a single report.

    It is not lost: it stands among the extensions of the event, under the names of the elements that hold it.
    """
    parts = sorted(filter(None, (_unordered_of_element(element, namespaces) for element in elements)))
    return ["sensorElementList" + "".join(parts)] if parts else []


def _sensor_element(element: dict[str, Any], namespaces: dict[str, str]) -> str:
    text = "sensorElement"
    if metadata := element.get("sensorMetadata"):
        text += "sensorMetadata" + _fields(metadata, _METADATA, namespaces)
    text += "".join(sorted(["sensorReport" + _fields(report, _REPORT, namespaces) for report in element.get("sensorReport") or ()]))
    return text + _extensions(element, namespaces)


def _fields(holder: dict[str, Any], order: dict[str, _Write], namespaces: dict[str, str]) -> str:
    text = "".join([f"{name}={write(holder[name])}" for name, write in order.items() if holder.get(name) not in (None, "")])
    return text if holder.keys() <= order.keys() else text + _extensions(holder, namespaces)


def _extensions(holder: dict[str, Any], namespaces: dict[str, str]) -> str:
    parts: list[str] = []
    for key, value in holder.items():
        if ":" in key:
            extension_parts(key, value, namespaces, parts)
    parts.sort()
    return "".join(parts)


def _unordered_of_element(element: dict[str, Any], namespaces: dict[str, str]) -> str:
    parts = _unordered(element, _ELEMENT, namespaces)
    if inner := _unordered(element.get("sensorMetadata") or {}, _METADATA.keys(), namespaces):
        parts.append("sensorMetadata" + "".join(sorted(inner)))
    for report in element.get("sensorReport") or ():
        if inner := _unordered(report, _REPORT.keys(), namespaces):
            parts.append("sensorReport" + "".join(sorted(inner)))
    return "sensorElement" + "".join(sorted(parts)) if parts else ""


def _unordered(holder: dict[str, Any], known: Set[str], namespaces: dict[str, str]) -> list[str]:
    parts: list[str] = []
    if not holder.keys() <= known:
        for key, value in holder.items():
            if key not in known and ":" not in key:
                extension_parts(key, value, namespaces, parts)
    return parts


def _text(value: Any) -> str:
    return str(value).strip()


def _word(vocabulary: Vocabulary) -> _Write:
    return lambda value: hash_word(value, vocabulary)


_METADATA: Final[dict[str, _Write]] = {
    "time": hash_time,
    "startTime": hash_time,
    "endTime": hash_time,
    "deviceID": hash_uri,
    "deviceMetadata": hash_uri,
    "rawData": hash_uri,
    "dataProcessingMethod": hash_uri,
    "bizRules": hash_uri,
}
_REPORT: Final[dict[str, _Write]] = {
    "type": _word(MEASUREMENT_TYPE),
    "exception": _word(SENSOR_ALERT_TYPE),
    "deviceID": hash_uri,
    "deviceMetadata": hash_uri,
    "rawData": hash_uri,
    "dataProcessingMethod": hash_uri,
    "time": hash_time,
    "microorganism": hash_uri,
    "chemicalSubstance": hash_uri,
    "value": hash_number,
    "component": _word(COMPONENT),
    "stringValue": hash_measured_text,
    "booleanValue": hash_number,
    "hexBinaryValue": _text,
    "uriValue": hash_uri,
    "minValue": hash_number,
    "maxValue": hash_number,
    "meanValue": hash_number,
    "sDev": hash_number,
    "percRank": hash_number,
    "percValue": hash_number,
    "uom": _text,
    "coordinateReferenceSystem": hash_uri,
}
# "type" is written in JSON-LD only and says that a sensor element is one.
_ELEMENT: Final = frozenset({"sensorMetadata", "sensorReport", "type"})
