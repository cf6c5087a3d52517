"""Any JSON at any place of a document: an event or faults, never another error; what is accepted survives being written."""

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.events.canonical import CanonicalEvent
from backend.events.faults import DocumentFaults
from backend.events.json_text import write_json
from backend.events.reader import read_document
from backend.events.writer import EpcFormat, WritableEvent, write_document
from infra import clock
from tests.events.sample_events import (
    CONTEXT,
    PLANT,
    UNIT,
    aggregation_event,
    association_event,
    document,
    faults_of,
    object_event,
    transaction_event,
    transformation_event,
)

_FULL = document(
    object_event(
        action="ADD",
        eventID="urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
        errorDeclaration={"declarationTime": "2026-07-23T06:45:00Z", "reason": "incorrect_data", "correctiveEventIDs": ["urn:x:1"]},
        persistentDisposition={"set": ["active"]},
        readPoint={"id": PLANT},
        bizLocation={"id": PLANT, "ex:door": 1},
        sourceList=[{"type": "location", "source": PLANT}],
        destinationList=[{"type": "location", "destination": PLANT}],
        certificationInfo=["https://example.com/1"],
        ilmd={"cbvmda:lotNumber": "L1"},
        sensorElementList=[
            {"sensorMetadata": {"time": "2026-07-22T06:45:00Z"}, "sensorReport": [{"type": "Temperature", "value": 4.5, "component": "x"}]}
        ],
        **{"ex:note": {"ex:a": [1]}, "@context": {"own": "https://own.example/"}},
    ),
    aggregation_event(),
    association_event(),
    transaction_event(),
    transformation_event(),
    sender="s",
    epcisHeader={"epcisMasterData": {"vocabularyList": [{"type": "urn:x:y", "vocabularyElementList": [{"id": PLANT, "attributes": []}]}]}},
)
_QUERY = {
    "@context": CONTEXT,
    "type": "EPCISQueryDocument",
    "epcisBody": {"queryResults": {"queryName": "q", "resultsBody": {"eventList": [object_event()], "vocabularyList": []}}},
}
_WORDS = ["", "type", "@context", "@vocab", "id", "epcList", "ex", "ex:a", "urn", "urn:x:y", "ADD", "shipping", UNIT, PLANT, CONTEXT, "é", "a:b:c"]
_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(_WORDS) | st.text(max_size=6)
_anything = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_WORDS) | st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(base=st.sampled_from([_FULL, _QUERY]), data=st.data())
def test_any_json_at_any_place_is_read_or_refused(base: dict[str, Any], data: st.DataObject) -> None:
    changed = copy.deepcopy(base)
    for _ in range(data.draw(st.integers(1, 3))):
        holder: Any = changed
        while True:
            name = data.draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
            if isinstance(holder[name], dict | list) and holder[name] and data.draw(st.integers(0, 4)):
                holder = holder[name]
            else:
                break
        if isinstance(holder, dict) and data.draw(st.booleans()):
            name = data.draw(st.sampled_from(_WORDS) | st.text(max_size=3))
        holder[name] = data.draw(_anything)
        if not changed:
            break

    raw = json.dumps(changed).encode()
    assert all(fault.path.startswith("$") and fault.message and fault.mend for fault in faults_of(raw))
    events = _accepted(raw)
    written = write_document([WritableEvent.of(event) for event in events], created=clock.now(), epc_format=EpcFormat.DIGITAL_LINK)
    again = read_document(write_json(written)).canonical
    assert [event.event_hash for event in again] == [event.event_hash for event in events]


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=40).filter(lambda raw: raw.strip() != b"[]")
    | _anything.filter(lambda value: value != []).map(lambda value: json.dumps(value).encode())
)
def test_any_bytes_that_are_no_document_have_a_fault(raw: bytes) -> None:
    assert faults_of(raw)


def _accepted(raw: bytes) -> list[CanonicalEvent]:
    try:
        return read_document(raw).canonical
    except DocumentFaults:
        return []
