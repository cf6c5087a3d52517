"""The fields of an event that its columns don't hold, each with its values."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from backend.events.canonical import CanonicalEvent
from backend.events.fields.names import Scope, field_code, standard, stored_text
from backend.events.fields.values import NOTHING, as_float, read_moment, values_of
from backend.events.vocabulary import DISPOSITION, MEASUREMENT_TYPE, Vocabulary, expanded
from backend.identifiers import IdentifierRole, InvalidIdentifierError, parse_identifier
from backend.units.sensors import base_unit, in_base_unit

# The number of the name, then a value: text, number, moment, unit.
Field = tuple[int, str | None, float | None, datetime | None, str | None]

# Beyond that an event is found by the first of them.
MOST_FIELDS: Final = 5_000
URI_FIELDS: Final = ("deviceID", "dataProcessingMethod", "bizRules", "microorganism", "chemicalSubstance", "uriValue")
MEASURED: Final = ("value", "minValue", "maxValue", "meanValue", "sDev", "percValue")
_SENSOR_URIS: Final = {name: standard(f"sensor.{name}") for name in URI_FIELDS}
_SENSOR_TIMES: Final = {name: standard(f"sensor.{name}") for name in ("time", "startTime", "endTime")}
_QUANTITY: Final = standard("quantity")
_SENSOR_ELEMENT: Final = standard("sensorElementList")


def fields_of(event: CanonicalEvent) -> list[Field]:
    """Each field with each of its values, once, and no more than `MOST_FIELDS`."""
    gathered = _Gathering(event.namespaces)
    gathered.stated(event)
    gathered.told(event.body)
    return list(dict.fromkeys(gathered.found))[:MOST_FIELDS]


def reference(text: str, prefixes: Mapping[str, str]) -> str:
    """A URI in the one form in which it is compared, whether it was written as a URN, a Digital Link or with a prefix."""
    full = expanded(text, prefixes)
    try:
        return parse_identifier(full, role=IdentifierRole.REFERENCE).uri
    except InvalidIdentifierError:
        return full


class _Gathering:
    """Appends what it finds: an event has dozens of fields, and capture goes through all of them."""

    __slots__ = ("_add", "_prefixes", "found")

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._prefixes = prefixes
        self.found: list[Field] = []
        self._add = self.found.append

    def stated(self, event: CanonicalEvent) -> None:
        """What the canonical event has read already."""
        for participation in event.participations:
            if participation.quantity is not None:
                self._add((_QUANTITY, None, as_float(participation.quantity), None, participation.uom))
        for name, pairs in (("bizTransaction", event.biz_transactions), ("source", event.sources), ("destination", event.destinations)):
            for kind, uri in pairs:
                self._text(standard(name, kind or ""), uri)
        error = event.error_declaration
        if error is not None:
            if error.reason is not None:
                self._text(standard("errorReason"), error.reason)
            for event_id in error.corrective_event_ids:
                self._text(standard("correctiveEventID"), event_id)

    def told(self, body: Mapping[str, Any]) -> None:
        """What stands in the body alone."""
        self._extensions(Scope.ERROR_DECLARATION, body.get("errorDeclaration"))
        for name, words in (body.get("persistentDisposition") or {}).items():
            if name in ("set", "unset"):
                for word in words:
                    self._text(standard(f"persistentDisposition.{name}"), self._word(word, DISPOSITION))
        self._extensions(Scope.READ_POINT, body.get("readPoint"))
        self._extensions(Scope.BIZ_LOCATION, body.get("bizLocation"))
        self._extensions(Scope.ILMD, body.get("ilmd"), everything=True)
        for element in body.get("sensorElementList") or ():
            self._sensor(element)
        self._extensions(Scope.TOP, body)

    def _text(self, code: int, text: str) -> None:
        self._add((code, stored_text(text), None, None, None))

    def _word(self, text: str, vocabulary: Vocabulary) -> str:
        return vocabulary.canonical(text, self._prefixes) or text

    def _extensions(self, scope: Scope, holder: Any, *, everything: bool = False) -> None:
        """The extension fields of an object, and what nests in them at any level. Those of the standard have no colon in their names."""
        if not isinstance(holder, dict):
            return
        for name, value in holder.items():
            if (everything or ":" in name) and name[:1] != "@":
                self._values(field_code(scope, expanded(name, self._prefixes)), value)
                if isinstance(value, dict | list):
                    self._inner(scope, value)

    def _values(self, code: int, value: Any) -> None:
        for each in values_of(value):
            self._add((code, *each))

    def _inner(self, scope: Scope, value: Any) -> None:
        pending = [value]
        while pending:
            item = pending.pop()
            if isinstance(item, list):
                pending.extend(reversed(item))
            elif isinstance(item, dict):
                for name, child in item.items():
                    if name[:1] != "@":
                        self._values(field_code(scope, expanded(name, self._prefixes), inner=True), child)
                        pending.append(child)

    def _sensor(self, element: Mapping[str, Any]) -> None:
        self._add((_SENSOR_ELEMENT, *NOTHING))
        metadata = element.get("sensorMetadata")
        if isinstance(metadata, dict):
            self._common(metadata)
            self._extensions(Scope.SENSOR_METADATA, metadata)
        for report in element.get("sensorReport") or ():
            self._common(report)
            self._report(report)
            self._extensions(Scope.SENSOR_REPORT, report)
        self._extensions(Scope.SENSOR_ELEMENT, element)

    def _common(self, holder: Mapping[str, Any]) -> None:
        for name, value in holder.items():
            if name in _SENSOR_URIS and isinstance(value, str):
                self._text(_SENSOR_URIS[name], reference(value, self._prefixes))
            elif name in _SENSOR_TIMES and isinstance(value, str) and (moment := read_moment(value)) is not None:
                self._add((_SENSOR_TIMES[name], None, None, moment, None))

    def _report(self, report: Mapping[str, Any]) -> None:
        unit = report.get("uom")
        for name, value in report.items():
            if name == "type" and isinstance(value, str):
                self._text(standard("sensor.type"), self._word(value, MEASUREMENT_TYPE))
            elif name == "stringValue" and isinstance(value, str):
                self._text(standard("sensor.stringValue"), value)
            elif name == "hexBinaryValue" and isinstance(value, str):
                self._text(standard("sensor.hexBinaryValue"), value.upper())
            elif name == "booleanValue" and isinstance(value, bool):
                self._text(standard("sensor.booleanValue"), str(value).lower())
            elif name == "percRank" and isinstance(value, int | Decimal):
                self._add((standard("sensor.percRank"), None, as_float(value), None, None))
            elif name in MEASURED and isinstance(unit, str) and isinstance(value, int | Decimal) and not isinstance(value, bool):
                number = in_base_unit(value, unit, spread=name == "sDev")
                self._add((standard(f"sensor.{name}", base_unit(unit)), None, number, None, None))
