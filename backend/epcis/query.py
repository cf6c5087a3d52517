"""The query parameters of the standard's SimpleEventQuery (EPCIS 2.0 §8.2.7.1), each on one line, turned into the log's filter."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from backend.events.canonical import Action, EventType, Role
from backend.events.errors import QueryParameterError
from backend.events.query_service import EventFilter, ObjectMatch
from backend.events.timestamps import parse_timestamp
from backend.identifiers import Identifier, IdentifierRole, InvalidIdentifierError, parse_identifier

MOST_VALUES: Final = 100
_ALL = (Role.SUBJECT, Role.PARENT, Role.CHILD, Role.INPUT, Role.OUTPUT)
_CBV: Final = re.compile(
    r"(?:urn:epcglobal:cbv:(?:bizstep|disp):|https?://(?:ref\.gs1\.org|ns\.gs1\.org)/cbv/(?:BizStep|Disp)-|cbv:(?:BizStep|Disp)-)(.+)"
)

Setter = Callable[[EventFilter, str, list[str]], EventFilter]


def _time(field: str) -> Setter:
    def put(wanted: EventFilter, name: str, values: list[str]) -> EventFilter:
        moment: datetime | None = parse_timestamp(values[0]) if len(values) == 1 else None
        if moment is None:
            raise QueryParameterError(
                f"{name} takes one time with its zone, like 2026-03-02T08:00:00Z; it was “{','.join(values)[:60]}”.", field=name
            )
        return _with(wanted, field, moment)

    return put


def _with(wanted: EventFilter, field: str, value: Any) -> EventFilter:
    changes: dict[str, Any] = {field: value}
    return replace(wanted, **changes)


def _words(field: str) -> Setter:
    def put(wanted: EventFilter, _name: str, values: list[str]) -> EventFilter:
        return _with(wanted, field, tuple(match.group(1) if (match := _CBV.fullmatch(value)) else value for value in values))

    return put


def _texts(field: str) -> Setter:
    return lambda wanted, _name, values: _with(wanted, field, tuple(values))


def _places(field: str) -> Setter:
    return lambda wanted, name, values: _with(wanted, field, tuple(_canonical(name, value).uri for value in values))


def _match(*roles: Role) -> Setter:
    def put(wanted: EventFilter, name: str, values: list[str]) -> EventFilter:
        keys = tuple(_canonical(name, value).key for value in values)
        return replace(wanted, matches=(*wanted.matches, ObjectMatch(keys, roles)))

    return put


def _canonical(name: str, value: str) -> Identifier:
    try:
        return parse_identifier(value, role=IdentifierRole.REFERENCE)
    except InvalidIdentifierError as problem:
        raise QueryParameterError(f"{name}: {problem.message}", field=name) from problem


def _types(wanted: EventFilter, name: str, values: list[str]) -> EventFilter:
    try:
        return replace(wanted, types=tuple(int(EventType.from_epcis(value)) for value in values))
    except KeyError as unknown:
        names = ", ".join(kind.epcis for kind in EventType)
        raise QueryParameterError(f"{name} takes {names}; {unknown} is none of them.", field=name) from unknown


def _actions(wanted: EventFilter, name: str, values: list[str]) -> EventFilter:
    try:
        return replace(wanted, actions=tuple(int(Action[value]) for value in values))
    except KeyError as unknown:
        raise QueryParameterError(f"{name} takes ADD, OBSERVE, DELETE; {unknown} is none of them.", field=name) from unknown


def _declared(wanted: EventFilter, name: str, values: list[str]) -> EventFilter:
    if values != ["true"]:
        raise QueryParameterError(f"{name} takes only the value true.", field=name)
    return replace(wanted, declared=True)


_PARAMETERS: Final[dict[str, Setter]] = {
    "eventType": _types,
    "GE_eventTime": _time("event_time_from"),
    "LT_eventTime": _time("event_time_to"),
    "GE_recordTime": _time("record_time_from"),
    "LT_recordTime": _time("record_time_to"),
    "EQ_action": _actions,
    "EQ_bizStep": _words("biz_steps"),
    "EQ_disposition": _words("dispositions"),
    "EQ_readPoint": _places("read_points"),
    "EQ_bizLocation": _places("biz_locations"),
    "EQ_transformationID": _texts("transformation_ids"),
    "EQ_eventID": _texts("event_ids"),
    "EXISTS_errorDeclaration": _declared,
    "MATCH_epc": _match(Role.SUBJECT, Role.CHILD),
    "MATCH_parentID": _match(Role.PARENT),
    "MATCH_inputEPC": _match(Role.INPUT),
    "MATCH_outputEPC": _match(Role.OUTPUT),
    "MATCH_anyEPC": _match(*_ALL),
    "MATCH_epcClass": _match(Role.SUBJECT, Role.CHILD),
    "MATCH_inputEPCClass": _match(Role.INPUT),
    "MATCH_outputEPCClass": _match(Role.OUTPUT),
    "MATCH_anyEPCClass": _match(*_ALL),
}
PAGING: Final = ("perPage", "nextPageToken")


def read_filter(parameters: Iterable[tuple[str, str]]) -> EventFilter:
    """The filter that a query string asks for; raises `QueryParameterError` naming the parameter that can't be answered."""
    given: dict[str, list[str]] = {}
    for name, text in parameters:
        if name not in PAGING:
            # A comma separates values; the pipe is what other implementations write.
            given.setdefault(name, []).extend(value.strip() for value in re.split(r"[,|]", text) if value.strip())
    return read_values(given)


def read_values(parameters: Mapping[str, Sequence[str]]) -> EventFilter:
    """The same for parameters whose values are lists already, as a query in JSON has them; each value is taken as it is."""
    wanted = EventFilter()
    for name, values in parameters.items():
        setter = _PARAMETERS.get(name)
        if setter is None:
            raise QueryParameterError(
                f"The parameter {name[:80]} is not answered here. Known are: {', '.join([*_PARAMETERS, *PAGING])}.", field=name[:80]
            )
        if not 1 <= len(values) <= MOST_VALUES:
            raise QueryParameterError(f"{name} takes 1 to {MOST_VALUES} values; it has {len(values)}.", field=name)
        wanted = setter(wanted, name, list(values))
    return wanted
