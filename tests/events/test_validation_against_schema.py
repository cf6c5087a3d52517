"""The hand-written validation against the published JSON schema: whatever that refuses, we refuse, and name the place."""

import copy
import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import jsonschema
import pytest

from backend.events.faults import below
from tests.events.sample_events import faults_of
from tests.shared_data import shared_json

_FULL = "gs1-epcis/examples/json/WithFullCombinationOfFields"
_DOCUMENTS = {
    "object": f"{_FULL}/object_event_all_possible_fields.jsonld",
    "association": f"{_FULL}/association_event_all_possible_fields.jsonld",
    "transaction": f"{_FULL}/transaction_event_all_possible_fields.jsonld",
    "transformation": f"{_FULL}/transformation_event_all_possible_fields.jsonld",
    "aggregation": "epcis-implementations/openepcis/2.0/JSON/Capture/Documents/AggregationEvent.json",
}
_GONE = object()
_Place = tuple[str | int, ...]


@cache
def _schema() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(shared_json("gs1-epcis", "schemas", "json-schema", "EPCIS-JSON-Schema.json"))


def _places(value: Any, place: _Place = ()) -> Iterator[_Place]:
    """Every member and the first element of every list, without what is inside extensions."""
    members: Iterable[tuple[str | int, Any]] = value.items() if isinstance(value, dict) else list(enumerate(value))[:1]
    for name, child in members:
        yield (*place, name)
        if isinstance(child, dict | list) and (isinstance(name, int) or (":" not in name and not name.startswith("@"))):
            yield from _places(child, (*place, name))


def _changed(value: Any, place: _Place, to: object) -> Any:
    changed = copy.deepcopy(value)
    holder = changed
    for name in place[:-1]:
        holder = holder[name]
    if to is _GONE:
        del holder[place[-1]]
    else:
        holder[place[-1]] = to
    return changed


def _json_path(place: _Place) -> str:
    path = "$"
    for name in place:
        path = below(path, name)
    return path


@pytest.mark.parametrize("kind", _DOCUMENTS)
@pytest.mark.parametrize("to", [_GONE, None, 42, {}], ids=["gone", "null", "number", "object"])
def test_what_the_schema_refuses_is_refused(kind: str, to: object) -> None:
    document = shared_json(*_DOCUMENTS[kind].split("/"))
    passed = []
    for place in _places(document):
        changed = _changed(document, place, to)
        faults = faults_of(json.dumps(changed).encode())
        if faults or _schema().is_valid(changed):
            named = _json_path(place[:-1] if to is _GONE else place)
            # A value of the wrong kind is named itself; one that is gone, or makes a list count as empty, is missed by its holder.
            assert all(fault.path.startswith(named) or to in (_GONE, {}) or len(place) < 2 for fault in faults), (place, faults)
            continue
        passed.append(_json_path(place))

    # An empty list counts as absent, as XML and real systems have it; the schema wants no empty set of dispositions.
    assert [path for path in passed if "persistentDisposition.set[0]" not in path and "persistentDisposition.unset[0]" not in path] == []
