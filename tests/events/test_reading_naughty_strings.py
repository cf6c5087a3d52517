"""Hostile texts in every field: read back to the byte where they are legal, else a fault that names the field. Nothing else."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from backend.events.canonical import CanonicalEvent
from backend.events.faults import DocumentFaults, EventFaults
from backend.events.json_text import write_json
from backend.events.reader import read_document
from backend.events.writer import WritableEvent, write_document
from infra import clock
from tests.events.sample_events import FLOUR, PLANT, document, faults_of, object_event, transaction_event, transformation_event
from tests.shared_data import shared_json

Put = Callable[[str], dict[str, Any]]


def _report(**fields: Any) -> dict[str, Any]:
    return object_event(sensorElementList=[{"sensorReport": [{"type": "Temperature", **fields}]}])


_FIELDS: dict[str, Put] = {
    ".type": lambda text: object_event(type=text),
    ".eventTime": lambda text: object_event(eventTime=text),
    ".eventTimeZoneOffset": lambda text: object_event(eventTimeZoneOffset=text),
    ".recordTime": lambda text: object_event(recordTime=text),
    ".eventID": lambda text: object_event(eventID=text),
    ".action": lambda text: object_event(action=text),
    ".bizStep": lambda text: object_event(bizStep=text),
    ".disposition": lambda text: object_event(disposition=text),
    ".persistentDisposition.set[0]": lambda text: object_event(persistentDisposition={"set": [text]}),
    ".certificationInfo": lambda text: object_event(certificationInfo=text),
    ".epcList[0]": lambda text: object_event(epcList=[text]),
    ".epcList[0] behind a serial": lambda text: object_event(epcList=["urn:epc:id:sgtin:0614141.107346." + text]),
    ".epcList[0] behind a Digital Link": lambda text: object_event(epcList=["https://id.gs1.org/01/09506000134352/21/" + text]),
    ".epcList[0] behind a private form": lambda text: object_event(epcList=["https://t.example/obj/P/" + text]),
    ".parentID": lambda text: transaction_event(parentID=text),
    ".transformationID": lambda text: transformation_event(transformationID=text),
    ".quantityList[0].epcClass": lambda text: object_event(quantityList=[{"epcClass": text}]),
    ".quantityList[0].quantity": lambda text: object_event(quantityList=[{"epcClass": FLOUR, "quantity": text}]),
    ".quantityList[0].uom": lambda text: object_event(quantityList=[{"epcClass": FLOUR, "quantity": 1, "uom": text}]),
    ".readPoint.id": lambda text: object_event(readPoint={"id": text}),
    ".readPoint['ex:a']": lambda text: object_event(readPoint={"id": PLANT, "ex:a": text}),
    ".bizLocation.id": lambda text: object_event(bizLocation={"id": text}),
    ".sourceList[0].type": lambda text: object_event(sourceList=[{"type": text, "source": PLANT}]),
    ".sourceList[0].source": lambda text: object_event(sourceList=[{"type": "location", "source": text}]),
    ".bizTransactionList[0].bizTransaction": lambda text: object_event(bizTransactionList=[{"bizTransaction": text}]),
    ".errorDeclaration.reason": lambda text: object_event(errorDeclaration={"declarationTime": "2026-07-23T06:45:00Z", "reason": text}),
    ".sensorElementList[0].sensorReport[0].stringValue": lambda text: _report(stringValue=text),
    ".sensorElementList[0].sensorReport[0].uriValue": lambda text: _report(uriValue=text),
    ".sensorElementList[0].sensorReport[0].hexBinaryValue": lambda text: _report(hexBinaryValue=text),
    ".sensorElementList[0].sensorReport[0].component": lambda text: _report(component=text),
    ".sensorElementList[0].sensorReport[0].uom": lambda text: _report(uom=text),
    ".ilmd['cbvmda:lotNumber']": lambda text: object_event(action="ADD", ilmd={"cbvmda:lotNumber": text}),
    ".ilmd['cbvmda:bestBeforeDate']": lambda text: object_event(action="ADD", ilmd={"cbvmda:bestBeforeDate": text}),
    "['ex:note']": lambda text: object_event(**{"ex:note": text}),
    "['ex:note'].deep": lambda text: object_event(**{"ex:note": [{"deep": [text]}]}),
    " as a name": lambda text: object_event(**{text: 1}),
    " as an extension's name": lambda text: object_event(**{"ex:" + text: text}),
    " as a name within": lambda text: object_event(**{"ex:note": {text: text}}),
}
# Texts that stay as they are whatever stands in them.
_FREE = (
    ".readPoint['ex:a']",
    ".sensorElementList[0].sensorReport[0].stringValue",
    ".sensorElementList[0].sensorReport[0].uom",
    ".ilmd['cbvmda:lotNumber']",
    ".ilmd['cbvmda:bestBeforeDate']",
    "['ex:note']",
    "['ex:note'].deep",
)


def _strings() -> list[str]:
    lists = [shared_json("security-corpora", "lists", f"{name}.json") for name in ("naughty_strings", "sqli", "xss", "crlf")]
    return list(dict.fromkeys(item.get("string", item.get("payload")) for items in lists for item in items))


@pytest.mark.parametrize("field", _FIELDS)
def test_a_hostile_text_is_kept_to_the_byte_or_refused_by_name(field: str) -> None:
    strings = [text for text in _strings() if "\x00" not in text]
    events = [_FIELDS[field](text) for text in strings]
    reading = read_document(json.dumps(document(*events)).encode())

    kept = [event for event in reading.events if isinstance(event, CanonicalEvent)]
    written = write_json(write_document([WritableEvent.of(event) for event in kept], created=clock.now()))
    assert [(event.body, event.event_key, event.content_sha256) for event in read_document(written).canonical] == [
        (event.body, event.event_key, event.content_sha256) for event in kept
    ]
    for found, event in zip(reading.events, events, strict=True):
        if isinstance(found, EventFaults):
            place = f"$.epcisBody.eventList[{found.index}]{field.partition(' ')[0]}"
            assert all(fault.path.startswith(place) and fault.mend for fault in found.faults), found.faults
            assert all(str(fault).isprintable() for fault in found.faults), found.faults
        else:
            assert found.body == {name: value for name, value in event.items() if name != "recordTime"}
    assert field not in _FREE or len(kept) == len(strings) > 500


@pytest.mark.parametrize("field", [field for field in _FIELDS if " as " not in field])
@pytest.mark.parametrize(("text", "mark"), [("a\x00b", "U+0000"), ("a\ud800b", "surrogate")])
def test_what_no_store_can_hold_is_refused_by_name_in_every_field(field: str, text: str, mark: str) -> None:
    with pytest.raises(DocumentFaults) as refusal:
        read_document(json.dumps(document(_FIELDS[field](text))).encode())

    assert [fault.path.partition("eventList[0]")[2].partition("[0].deep")[0] for fault in refusal.value.faults] == [
        field.partition(" ")[0].partition(".deep")[0]
    ]
    assert mark in refusal.value.faults[0].message


@pytest.mark.parametrize("name", ["sender", "receiver", "instanceIdentifier", "id", "schemaVersion", "creationDate", "ex:note", "epcisHeader"])
def test_hostile_texts_in_the_envelope_are_kept_or_refused_by_name(name: str) -> None:
    path = f"$['{name}']" if ":" in name else f"$.{name}"
    for text in _strings():
        found = {fault.path for fault in faults_of(document(**{name: text}))}
        assert found in (set(), {path})
        assert found or name not in ("schemaVersion", "creationDate", "epcisHeader")
