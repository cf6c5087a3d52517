"""The fields of an event that its columns don't hold, each with its values."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from backend.events.canonical import CanonicalEvent
from backend.events.fields.names import Scope, field_code, standard, stored_text
from backend.events.fields.units import base_unit, in_base_unit
from backend.events.fields.values import Value, as_float, read_moment, values_of
from backend.events.vocabulary import DISPOSITION, MEASUREMENT_TYPE, Vocabulary, expanded
from backend.identifiers import IdentifierRole, InvalidIdentifierError, parse_identifier

Field = tuple[int, Value]

# Beyond that an event is found by the first of them.
MOST_FIELDS: Final = 5_000
URI_FIELDS: Final = ("deviceID", "dataProcessingMethod", "bizRules", "microorganism", "chemicalSubstance", "uriValue")
MEASURED: Final = ("value", "minValue", "maxValue", "meanValue", "sDev", "percValue")
_TIMES: Final = ("time", "startTime", "endTime")


def fields_of(event: CanonicalEvent) -> list[Field]:
    """Each field with each of its values, once, and no more than `MOST_FIELDS`."""
    return list(islice(dict.fromkeys(_all(event)), MOST_FIELDS))


def reference(text: str, prefixes: Mapping[str, str]) -> str:
    """A URI in the one form in which it is compared, whether it was written as a URN, a Digital Link or with a prefix."""
    full = expanded(text, prefixes)
    try:
        return parse_identifier(full, role=IdentifierRole.REFERENCE).uri
    except InvalidIdentifierError:
        return full


def _all(event: CanonicalEvent) -> Iterator[Field]:
    body, prefixes = event.body, event.namespaces
    for participation in event.participations:
        if participation.quantity is not None:
            yield standard("quantity"), Value(number=as_float(participation.quantity), unit=participation.uom)
    for kind, uri in event.biz_transactions:
        yield standard("bizTransaction", kind or ""), _text(uri)
    for kind, uri in event.sources:
        yield standard("source", kind), _text(uri)
    for kind, uri in event.destinations:
        yield standard("destination", kind), _text(uri)
    if event.error_declaration is not None:
        if event.error_declaration.reason is not None:
            yield standard("errorReason"), _text(event.error_declaration.reason)
        for event_id in event.error_declaration.corrective_event_ids:
            yield standard("correctiveEventID"), _text(event_id)
        yield from _extensions(Scope.ERROR_DECLARATION, body.get("errorDeclaration"), prefixes)
    for name, words in (body.get("persistentDisposition") or {}).items():
        if name in ("set", "unset"):
            yield from ((standard(f"persistentDisposition.{name}"), _text(_word(text, DISPOSITION, prefixes))) for text in words)
    yield from _extensions(Scope.READ_POINT, body.get("readPoint"), prefixes)
    yield from _extensions(Scope.BIZ_LOCATION, body.get("bizLocation"), prefixes)
    yield from _extensions(Scope.ILMD, body.get("ilmd"), prefixes, everything=True)
    yield from _sensors(body.get("sensorElementList") or (), prefixes)
    yield from _extensions(Scope.TOP, body, prefixes)


def _text(text: str) -> Value:
    return Value(stored_text(text))


def _word(text: str, vocabulary: Vocabulary, prefixes: Mapping[str, str]) -> str:
    return vocabulary.canonical(text, prefixes) or text


def _extensions(scope: Scope, holder: Any, prefixes: Mapping[str, str], *, everything: bool = False) -> Iterator[Field]:
    """The extension fields of an object, and what nests in them at any level. Those of the standard have no colon in their names."""
    if not isinstance(holder, dict):
        return
    for name, value in holder.items():
        if not name.startswith("@") and (everything or ":" in name):
            code = field_code(scope, expanded(name, prefixes))
            yield from ((code, each) for each in values_of(value))
            yield from _inner(scope, value, prefixes)


def _inner(scope: Scope, value: Any, prefixes: Mapping[str, str]) -> Iterator[Field]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending.extend(reversed(item))
        elif isinstance(item, dict):
            for name, child in item.items():
                if not name.startswith("@"):
                    code = field_code(scope, expanded(name, prefixes), inner=True)
                    yield from ((code, each) for each in values_of(child))
                    pending.append(child)


def _sensors(elements: Iterable[Mapping[str, Any]], prefixes: Mapping[str, str]) -> Iterator[Field]:
    for element in elements:
        yield standard("sensorElementList"), Value()
        metadata = element.get("sensorMetadata")
        if isinstance(metadata, dict):
            yield from _common(metadata, prefixes)
            yield from _extensions(Scope.SENSOR_METADATA, metadata, prefixes)
        for report in element.get("sensorReport") or ():
            yield from _common(report, prefixes)
            yield from _report(report, prefixes)
            yield from _extensions(Scope.SENSOR_REPORT, report, prefixes)
        yield from _extensions(Scope.SENSOR_ELEMENT, element, prefixes)


def _common(holder: Mapping[str, Any], prefixes: Mapping[str, str]) -> Iterator[Field]:
    for name in URI_FIELDS:
        if isinstance(value := holder.get(name), str):
            yield standard(f"sensor.{name}"), _text(reference(value, prefixes))
    for name in _TIMES:
        if isinstance(value := holder.get(name), str) and (moment := read_moment(value)) is not None:
            yield standard(f"sensor.{name}"), Value(moment=moment)


def _report(report: Mapping[str, Any], prefixes: Mapping[str, str]) -> Iterator[Field]:
    if isinstance(kind := report.get("type"), str):
        yield standard("sensor.type"), _text(_word(kind, MEASUREMENT_TYPE, prefixes))
    if isinstance(value := report.get("stringValue"), str):
        yield standard("sensor.stringValue"), _text(value)
    if isinstance(value := report.get("hexBinaryValue"), str):
        yield standard("sensor.hexBinaryValue"), _text(value.upper())
    if isinstance(value := report.get("booleanValue"), bool):
        yield standard("sensor.booleanValue"), _text(str(value).lower())
    if isinstance(rank := report.get("percRank"), int | Decimal):
        yield standard("sensor.percRank"), Value(number=as_float(rank))
    unit = report.get("uom")
    if not isinstance(unit, str):
        return
    for name in MEASURED:
        if isinstance(measured := report.get(name), int | Decimal) and not isinstance(measured, bool):
            yield standard(f"sensor.{name}", base_unit(unit)), Value(number=in_base_unit(measured, unit, spread=name == "sDev"))
