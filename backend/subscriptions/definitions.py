"""What a named query asks for: its name, and its parameters as JSON (EPCIS 2.0 §8.2.7.1; query-schema.json of the REST binding)."""

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from backend.epcis.query import read_values
from backend.events.errors import QueryParameterError
from backend.events.query_service import EventFilter
from backend.subscriptions.errors import SubscribeNotPermittedError
from infra.errors import InvalidInputError

SIMPLE_EVENT_QUERY: Final = "SimpleEventQuery"
# The standard's own names; nobody else's query is called so.
RESERVED: Final = frozenset({SIMPLE_EVENT_QUERY, "SimpleMasterDataQuery"})
MAX_NAME: Final = 100
MAX_DEFINITION: Final = 64_000
_FORBIDDEN: Final = frozenset("/\\?#%")
# They bound or order one answer. A subscription tells every event once, in the order of commits, whatever its reports are cut into.
_OF_ONE_ANSWER: Final = ("orderBy", "orderDirection", "eventCountLimit", "maxEventCount", "perPage", "nextPageToken")
_NOT_PARAMETERS: Final = ("@context",)


def read_name(name: str) -> str:
    """A name as it is stored and stands in addresses. Raises `InvalidInputError`."""
    text = unicodedata.normalize("NFC", name)
    plain = all(unicodedata.category(sign)[0] not in "CZ" and sign not in _FORBIDDEN for sign in text)
    if not 0 < len(text) <= MAX_NAME or not plain or text in (".", ".."):
        raise InvalidInputError(f"A query's name has 1 to {MAX_NAME} letters, digits and signs, without spaces and / \\ ? # %.", field="name")
    return text


def read_definition(text: str) -> Mapping[str, list[str]]:
    """The parameters of a definition, each with the list of its values. Raises `QueryParameterError` naming the parameter."""
    if len(text) > MAX_DEFINITION:
        raise QueryParameterError(f"A query's definition has at most {MAX_DEFINITION} characters.", field="query")
    try:
        given = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise QueryParameterError("The query isn't readable as JSON.", field="query") from problem
    if not isinstance(given, dict):
        raise QueryParameterError('The query is an object of parameters, such as {"eventType": ["ObjectEvent"]}.', field="query")
    return {name: _values(name, value) for name, value in given.items() if name not in _NOT_PARAMETERS}


def filter_of(text: str, prefixes: Mapping[str, str]) -> EventFilter:
    """What a definition finds, with the prefixes of its `@context` and others. Raises `QueryParameterError` for what can't be answered."""
    return read_values(read_definition(text), prefixes={**prefixes, **_prefixes(msgspec.json.decode(text))})


def require_subscribable(text: str) -> None:
    """Raise `SubscribeNotPermittedError` for a query that bounds or orders its answer."""
    for name in read_definition(text):
        if name in _OF_ONE_ANSWER:
            raise SubscribeNotPermittedError(
                f"A query with {name} can't be subscribed: it would leave events out, or tell them in another order than they came. "
                f"Make a query without it.",
                field=name,
            )


def _prefixes(given: dict[str, Any]) -> dict[str, str]:
    context = given.get("@context", [])
    entries = [entry for entry in (context if isinstance(context, list) else [context]) if isinstance(entry, dict)]
    return {prefix: namespace for entry in entries for prefix, namespace in entry.items() if isinstance(namespace, str)}


def _values(name: str, value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [_text(name, each) for each in listed]


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str) and "\x00" not in value:
        return value
    raise QueryParameterError(f"{name[:80]} takes text, numbers, or a list of them.", field=name[:80])
