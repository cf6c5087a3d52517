"""The query parameters of the standard's SimpleEventQuery (EPCIS 2.0 §8.2.7.1), each on one line, turned into the log's filter."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from backend.epcis.query_families import FAMILIES, extension_field, read_family, takes_text
from backend.epcis.query_patterns import classes, instances, is_pattern
from backend.epcis.query_values import Asked
from backend.events.canonical import Action, EventType, Role
from backend.events.contexts import STANDARD_PREFIXES
from backend.events.errors import QueryParameterError, QueryTooComplexError
from backend.events.fields.names import standard, stored_text
from backend.events.query_service import Comparison, EventFilter, FieldTest, ObjectMatch, Order, OrderBy
from backend.events.vocabulary import BUSINESS_STEP, DISPOSITION, ERROR_REASON, MEASUREMENT_TYPE, Vocabulary
from backend.identifiers import ObjectKind

MOST_VALUES: Final = 100
MOST_PARAMETERS: Final = 40
_ALL: Final = (Role.SUBJECT, Role.PARENT, Role.CHILD, Role.INPUT, Role.OUTPUT)
_CLASSES: Final = (ObjectKind.LOT, ObjectKind.PRODUCT_CLASS, ObjectKind.OTHER)
_INSTANCES: Final = tuple(kind for kind in ObjectKind if kind not in (ObjectKind.LOT, ObjectKind.PRODUCT_CLASS))
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")

Setter = Callable[[EventFilter, Asked], EventFilter]


def _put(wanted: EventFilter, **changes: Any) -> EventFilter:
    return replace(wanted, **changes)


def _time(field: str) -> Setter:
    return lambda wanted, asked: _put(wanted, **{field: asked.time()})


def _words(field: str, vocabulary: Vocabulary) -> Setter:
    return lambda wanted, asked: _put(wanted, **{field: asked.words(vocabulary)})


def _texts(field: str) -> Setter:
    return lambda wanted, asked: _put(wanted, **{field: asked.values})


def _places(field: str) -> Setter:
    return lambda wanted, asked: _put(wanted, **{field: asked.places()})


def _transformations(wanted: EventFilter, asked: Asked) -> EventFilter:
    return _put(wanted, transformation_ids=asked.places())


def _fields(read: Callable[[Asked], FieldTest]) -> Setter:
    return lambda wanted, asked: _put(wanted, fields=(*wanted.fields, read(asked)))


def _words_in(field: str, vocabulary: Vocabulary) -> Setter:
    return _fields(lambda asked: FieldTest(standard(field), Comparison.EQ, texts=tuple(stored_text(word) for word in asked.words(vocabulary))))


def _references_in(field: str) -> Setter:
    return _fields(lambda asked: FieldTest(standard(field), Comparison.EQ, texts=asked.references()))


def _texts_in(field: str, form: Callable[[str], str] = str) -> Setter:
    return _fields(lambda asked: FieldTest(standard(field), Comparison.EQ, texts=tuple(stored_text(form(value)) for value in asked.values)))


def _time_in(field: str, comparison: Comparison) -> Setter:
    return _fields(lambda asked: FieldTest(standard(field), comparison, times=(asked.time(),)))


def _boolean(wanted: EventFilter, asked: Asked) -> EventFilter:
    if len(asked.values) != 1 or asked.values[0].lower() not in ("true", "false"):
        asked.refuse("takes true or false.")
    return _put(wanted, fields=(*wanted.fields, FieldTest(standard("sensor.booleanValue"), Comparison.EQ, texts=(asked.values[0].lower(),))))


def _match(*roles: Role, of_classes: bool = False) -> Setter:
    ranges, kinds = (classes, _CLASSES) if of_classes else (instances, _INSTANCES)

    def put(wanted: EventFilter, asked: Asked) -> EventFilter:
        plain = [value for value in asked.values if not (is_pattern(value) and not (of_classes and _is_class(asked, value)))]
        keys = tuple(asked.identifier(value).key for value in plain)
        named = tuple(keys for value in asked.values if value not in plain for keys in ranges(asked.name, value))
        return _put(wanted, matches=(*wanted.matches, ObjectMatch(keys, roles, named, kinds)))

    return put


def _is_class(asked: Asked, value: str) -> bool:
    """Whether a pattern is the name of one class, as urn:epc:idpat:sgtin:0614141.112345.* is."""
    return asked.identifier(value).kind is ObjectKind.PRODUCT_CLASS


def _types(wanted: EventFilter, asked: Asked) -> EventFilter:
    try:
        return _put(wanted, types=tuple(int(EventType.from_epcis(value.removeprefix("epcis:"))) for value in asked.values))
    except KeyError as unknown:
        asked.refuse(f"takes {', '.join(kind.epcis for kind in EventType)}; {unknown} is none of them.")


def _actions(wanted: EventFilter, asked: Asked) -> EventFilter:
    try:
        return _put(wanted, actions=tuple(int(Action[value]) for value in asked.values))
    except KeyError as unknown:
        asked.refuse(f"takes ADD, OBSERVE, DELETE; {unknown} is none of them.")


def _declared(wanted: EventFilter, asked: Asked) -> EventFilter:
    return _put(wanted, declared=True) if asked.flag() else wanted


def _sensed(wanted: EventFilter, asked: Asked) -> EventFilter:
    test = FieldTest(standard("sensorElementList"), Comparison.EXISTS)
    return _put(wanted, fields=(*wanted.fields, test)) if asked.flag() else wanted


def _order_by(wanted: EventFilter, asked: Asked) -> EventFilter:
    if len(asked.values) != 1:
        asked.refuse("takes one name: eventTime, recordTime, or an extension field.")
    descending = wanted.order is None or wanted.order.descending
    name = asked.values[0]
    if name in (OrderBy.EVENT_TIME, OrderBy.RECORD_TIME):
        return _put(wanted, order=Order(OrderBy(name), descending))
    return _put(wanted, order=Order(OrderBy.FIELD, descending, extension_field(asked, name)))


_DIRECTIONS: Final[dict[tuple[str, ...], bool]] = {("ASC",): False, ("DESC",): True}


def _direction(wanted: EventFilter, asked: Asked) -> EventFilter:
    descending = _DIRECTIONS.get(asked.values)
    if descending is None:
        asked.refuse("takes ASC or DESC.")
    return wanted if wanted.order is None else _put(wanted, order=replace(wanted.order, descending=descending))


_PARAMETERS: Final[dict[str, Setter]] = {
    "eventType": _types,
    "GE_eventTime": _time("event_time_from"),
    "LT_eventTime": _time("event_time_to"),
    "GE_recordTime": _time("record_time_from"),
    "LT_recordTime": _time("record_time_to"),
    "EQ_action": _actions,
    "EQ_bizStep": _words("biz_steps", BUSINESS_STEP),
    "EQ_disposition": _words("dispositions", DISPOSITION),
    "EQ_persistentDisposition_set": _words_in("persistentDisposition.set", DISPOSITION),
    "EQ_persistentDisposition_unset": _words_in("persistentDisposition.unset", DISPOSITION),
    "EQ_readPoint": _places("read_points"),
    "WD_readPoint": _places("read_points_within"),
    "EQ_bizLocation": _places("biz_locations"),
    "WD_bizLocation": _places("biz_locations_within"),
    "EQ_transformationID": _transformations,
    "MATCH_epc": _match(Role.SUBJECT, Role.CHILD),
    "MATCH_parentID": _match(Role.PARENT),
    "MATCH_inputEPC": _match(Role.INPUT),
    "MATCH_outputEPC": _match(Role.OUTPUT),
    "MATCH_anyEPC": _match(*_ALL),
    "MATCH_epcClass": _match(Role.SUBJECT, Role.CHILD, of_classes=True),
    "MATCH_inputEPCClass": _match(Role.INPUT, of_classes=True),
    "MATCH_outputEPCClass": _match(Role.OUTPUT, of_classes=True),
    "MATCH_anyEPCClass": _match(*_ALL, of_classes=True),
    "EQ_eventID": _texts("event_ids"),
    "EXISTS_errorDeclaration": _declared,
    "GE_errorDeclarationTime": _time("declared_from"),
    "LT_errorDeclarationTime": _time("declared_to"),
    # As the standard's JSON Schema of queries writes them.
    "GE_errorDeclaration_Time": _time("declared_from"),
    "LT_errorDeclaration_Time": _time("declared_to"),
    "EQ_errorReason": _words_in("errorReason", ERROR_REASON),
    "EQ_correctiveEventID": _texts_in("correctiveEventID"),
    "EXISTS_sensorElementList": _sensed,
    **{f"{comparison}_{name}": _time_in(f"sensor.{name}", comparison)
       for name in ("time", "startTime", "endTime") for comparison in (Comparison.GE, Comparison.LT)},
    "EQ_type": _words_in("sensor.type", MEASUREMENT_TYPE),
    "EQ_deviceID": _references_in("sensor.deviceID"),
    "EQ_dataProcessingMethod": _references_in("sensor.dataProcessingMethod"),
    "EQ_microorganism": _references_in("sensor.microorganism"),
    "EQ_chemicalSubstance": _references_in("sensor.chemicalSubstance"),
    "EQ_bizRules": _references_in("sensor.bizRules"),
    "EQ_uriValue": _references_in("sensor.uriValue"),
    "EQ_stringValue": _texts_in("sensor.stringValue"),
    "EQ_hexBinaryValue": _texts_in("sensor.hexBinaryValue", str.upper),
    "EQ_booleanValue": _boolean,
    "orderBy": _order_by,
    "orderDirection": _direction,
    "eventCountLimit": lambda wanted, asked: _put(wanted, count_limit=asked.count()),
    "maxEventCount": lambda wanted, asked: _put(wanted, max_count=asked.count()),
}  # fmt: skip
PAGING: Final = ("perPage", "nextPageToken")
_TEXTS: Final = frozenset(("EQ_stringValue", "EQ_eventID", "EQ_correctiveEventID"))
_FLAGS: Final = frozenset(("EXISTS_errorDeclaration", "EXISTS_sensorElementList"))
NO_PREFIXES: Final[Mapping[str, str]] = MappingProxyType({})


def read_filter(parameters: Iterable[tuple[str, str]], *, prefixes: Mapping[str, str] = NO_PREFIXES) -> EventFilter:
    """The filter that a query string asks for; raises `QueryParameterError` naming the parameter that can't be answered.

    `prefixes` are namespaces besides the standard ones. The standard separates values by a pipe; where a value can't hold a comma,
    commas do as well.
    """
    given: dict[str, list[str]] = {}
    for name, text in parameters:
        if name not in PAGING:
            separators = r"\|" if name in _TEXTS or takes_text(name) else r"[,|]"
            given.setdefault(name, []).extend(value.strip() for value in re.split(separators, text) if value.strip())
    return read_values(given, prefixes=prefixes)


def read_values(parameters: Mapping[str, Sequence[str]], *, prefixes: Mapping[str, str] = NO_PREFIXES) -> EventFilter:
    """The same for parameters whose values are lists already, as a query in JSON has them; each value is taken as it is."""
    if len(parameters) > MOST_PARAMETERS:
        raise QueryTooComplexError(f"A query has {MOST_PARAMETERS} parameters at most; this one has {len(parameters)}. Ask in parts.")
    known = {**STANDARD_PREFIXES, **prefixes}
    wanted = EventFilter()
    # The direction belongs to an order that must be known before.
    for name in sorted(parameters, key=lambda name: name == "orderDirection"):
        asked = Asked(name, tuple(parameters[name]), known)
        if any(_UNSTORABLE.search(text) for text in (name, *asked.values)):
            asked.refuse("holds a character that no event can hold.")
        wanted = _read(wanted, asked)
    if wanted.count_limit is not None and wanted.max_count is not None:
        raise QueryParameterError("eventCountLimit and maxEventCount exclude each other. Leave one of them out.", field="eventCountLimit")
    if wanted.count_limit is not None and wanted.order is None:
        raise QueryParameterError("eventCountLimit asks for the first events, so it needs orderBy. Add orderBy=eventTime.", field="eventCountLimit")
    return wanted


def _read(wanted: EventFilter, asked: Asked) -> EventFilter:
    fewest = 0 if asked.name in _FLAGS or asked.name.startswith("EXISTS_") else 1
    setter = _PARAMETERS.get(asked.name)
    if not fewest <= len(asked.values) <= MOST_VALUES and (setter is not None or ":" in asked.name or "_" in asked.name):
        asked.refuse(f"takes {fewest} to {MOST_VALUES} values; it has {len(asked.values)}.")
    found = setter(wanted, asked) if setter is not None else read_family(wanted, asked)
    if found is None:
        known = ", ".join([*_PARAMETERS, *FAMILIES, *PAGING])
        raise QueryParameterError(f"The parameter {asked.name[:80]} is not answered here. Known are: {known}.", field=asked.name[:80])
    return found
