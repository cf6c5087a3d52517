"""Events written back: equal, with the context that they need, in the identifier form that is asked for."""

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jsonschema
import pytest

from backend.events.canonical import CanonicalEvent
from backend.events.json_text import write_json
from backend.events.reader import read_document, read_event
from backend.events.writer import EpcFormat, WritableEvent, write_document, write_event, write_query_document
from tests.events.sample_events import (
    BREAD,
    CONTEXT,
    FLOUR,
    PALLET,
    PLANT,
    UNIT,
    aggregation_event,
    canonical,
    object_event,
    read_in_document,
    transaction_event,
    transformation_event,
)
from tests.shared_data import Expectation, expectations, needs_shared_data, shared_json

NOW = datetime(2026, 7, 22, 6, 50, 0, 123456, UTC)
_VALID = [
    row
    for folder in ("gs1-epcis", "epcis-implementations")
    for row in expectations(folder)
    if row.is_json and row.row.get("product_expectation", "MUST_ACCEPT") == "MUST_ACCEPT" and row.row["schema_verdict"] == "valid"
    # JSON-LD 1.1 §9 forbids the two event ids of AssociationEvent-h, and an extension type of event isn't captured.
    if "AssociationEvent-h" not in row.path and "Extended-Event" not in row.path
]


@cache
def _schema() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(shared_json("gs1-epcis", "schemas", "json-schema", "EPCIS-JSON-Schema.json"))


def _again(document: dict[str, Any]) -> list[CanonicalEvent]:
    return read_document(write_json(document)).canonical


def test_a_bare_event_is_written_with_its_context_and_reads_back_the_same() -> None:
    (event,) = read_in_document(object_event(**{"ex:note": {"ex:a": [1, 0.5, None]}}))
    written = write_event(WritableEvent.of(event))

    assert written == {
        "@context": [CONTEXT, {"ex": "https://ns.example.com/epcis/"}],
        **object_event(**{"ex:note": {"ex:a": [1, 0.5, None]}}),
    }
    assert _again(written) == [event]


def test_the_record_time_is_added_where_it_is_known() -> None:
    event = canonical(object_event())

    assert write_event(WritableEvent.of(event, NOW))["recordTime"] == "2026-07-22T06:50:00.123Z"
    assert "recordTime" not in write_event(WritableEvent.of(event))


def test_a_document_has_the_contexts_of_its_events_at_its_head() -> None:
    events = read_in_document(object_event(**{"ex:a": 1}), object_event(), object_event(**{"@context": {"b": "https://b.example/"}, "b:c": 1}))
    document = write_document([WritableEvent.of(event) for event in events], created=NOW)

    assert document["@context"] == [CONTEXT, {"ex": "https://ns.example.com/epcis/", "b": "https://b.example/"}]
    assert document["creationDate"] == "2026-07-22T06:50:00.123Z"
    assert all("@context" not in event for event in document["epcisBody"]["eventList"])
    assert _again(document) == events


def test_prefixes_that_contradict_each_other_stand_at_their_events() -> None:
    events = [
        canonical(object_event(**{"@context": [{"a": f"https://{host}.example/"}], "a:x": 1, "eventID": f"urn:x:{host}"})) for host in ("one", "two")
    ]
    document = write_document([WritableEvent.of(event) for event in events], created=NOW)

    assert document["@context"] == [CONTEXT, {"a": "https://one.example/"}]
    assert [event.get("@context") for event in document["epcisBody"]["eventList"]] == [None, [{"a": "https://two.example/"}]]
    assert [event.content_sha256 for event in _again(document)] == [event.content_sha256 for event in events]


def test_a_standard_prefix_with_another_meaning_stays_with_its_event() -> None:
    events = read_in_document(
        object_event(action="ADD", ilmd={"cbvmda:lotNumber": "L"}),
        object_event(**{"@context": {"cbvmda": "https://own.example/"}, "cbvmda:x": 1}),
    )
    document = write_document([WritableEvent.of(event) for event in events], created=NOW)

    assert document["@context"] == [CONTEXT]
    assert [event.content_sha256 for event in _again(document)] == [event.content_sha256 for event in events]


def test_a_foreign_context_stays_with_its_event() -> None:
    foreign = "https://unknown.example/context.jsonld"
    event = canonical(object_event(**{"@context": [foreign], "foreign:a": 1}))
    document = write_document([WritableEvent.of(event), WritableEvent.of(canonical(object_event()))], created=NOW)

    assert [item.get("@context") for item in document["epcisBody"]["eventList"]] == [[foreign], None]
    assert _again(document)[0] == event


def test_a_query_document_is_written_by_the_standard() -> None:
    events = [canonical(build()) for build in (object_event, aggregation_event, transaction_event, transformation_event)]
    written = write_query_document(
        [WritableEvent.of(event, NOW) for event in events], created=NOW, query_name="SimpleEventQuery", subscription_id="s1"
    )
    reading = read_document(write_json(written))

    assert reading.canonical == events
    assert (reading.document.query_name, reading.document.subscription_id) == ("SimpleEventQuery", "s1")
    assert list(_schema().iter_errors(json.loads(write_json(written)))) == []


def test_digital_links_are_written_where_they_are_asked_for() -> None:
    event = canonical(
        aggregation_event(
            readPoint={"id": PLANT},
            childQuantityList=[{"epcClass": "urn:epc:class:lgtin:4012345.012345.Lot987", "quantity": 7}],
            sourceList=[{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00225"}],
            bizTransactionList=[{"type": "po", "bizTransaction": "urn:epc:id:gdti:0614141.00001.1618034"}],
        )
    )
    written = write_event(WritableEvent.of(event), epc_format=EpcFormat.DIGITAL_LINK)

    assert written["parentID"] == "https://id.gs1.org/00/106141412345678908"
    assert written["childEPCs"] == ["https://id.gs1.org/01/10614141073464/21/2017"]
    assert written["childQuantityList"] == [{"epcClass": "https://id.gs1.org/01/04012345123456/10/Lot987", "quantity": 7}]
    assert written["readPoint"] == {"id": "https://id.gs1.org/414/0614141073467"}
    assert written["sourceList"] == [{"type": "owning_party", "source": "https://id.gs1.org/417/4012345002256"}]
    assert written["bizTransactionList"] == [{"type": "po", "bizTransaction": "https://id.gs1.org/253/06141410000121618034"}]
    assert event.body["parentID"] == PALLET


def test_urns_are_written_where_they_can_be_made_and_the_rest_stays() -> None:
    event = WritableEvent.of(canonical(object_event(epcList=[UNIT], quantityList=[{"epcClass": FLOUR}, {"epcClass": BREAD}])))

    def known_for_flour(identifier: Any) -> int | None:
        return 7 if identifier.key.startswith("01/09506000134352") else None

    written = write_event(event, epc_format=EpcFormat.URN, prefix_length=known_for_flour)
    assert written["quantityList"] == [{"epcClass": "urn:epc:class:lgtin:9506000.013435.F1"}, {"epcClass": BREAD}]
    assert write_event(event, epc_format=EpcFormat.URN)["quantityList"] == [{"epcClass": FLOUR}, {"epcClass": BREAD}]


@pytest.mark.parametrize("epc_format", [EpcFormat.NO_PREFERENCE, EpcFormat.NEVER_TRANSLATES])
def test_identifiers_stay_as_captured_without_a_wish(epc_format: EpcFormat) -> None:
    event = canonical(object_event(quantityList=[{"epcClass": FLOUR}]))

    assert write_event(WritableEvent.of(event), epc_format=epc_format) == {"@context": [CONTEXT], **event.body}


def test_an_identifier_that_is_no_gs1_key_stays_in_every_form() -> None:
    event = canonical(object_event(epcList=["https://t.example/obj/P/1", "urn:epc:id:bic:CSQU3054383"]))

    for epc_format in EpcFormat:
        assert write_event(WritableEvent.of(event), epc_format=epc_format)["epcList"] == event.body["epcList"]


@needs_shared_data
@pytest.mark.parametrize("row", _VALID, ids=str)
def test_what_is_written_is_valid_by_the_schema_and_the_same_event_in_every_form(row: Expectation) -> None:
    events = read_document(row.file.read_bytes()).canonical
    document = write_document([WritableEvent.of(event, NOW) for event in events], created=NOW)

    assert [error.message for error in _schema().iter_errors(json.loads(write_json(document)))] == []
    for event in events:
        for epc_format in (EpcFormat.URN, EpcFormat.DIGITAL_LINK):
            found = read_event(write_event(WritableEvent.of(event), epc_format=epc_format, prefix_length=lambda _: 7))
            assert isinstance(found, CanonicalEvent)
            assert found.event_hash == event.event_hash
            assert [each.identifier.key for each in found.participations] == [each.identifier.key for each in event.participations]


def test_an_object_that_xml_names_twice_is_named_in_two_forms() -> None:
    twice = "urn:epc:id:sscc:4012345.0000000333"
    (event,) = read_in_document(object_event(epcList=[twice]))
    writable = WritableEvent({**event.body, "epcList": [twice, twice]}, event.context)
    assert write_event(writable)["epcList"] == [twice, "https://id.gs1.org/00/040123450000003338"]
    # In one form there is no other way to keep the event's hash than to say it twice.
    assert write_event(writable, epc_format=EpcFormat.DIGITAL_LINK)["epcList"] == ["https://id.gs1.org/00/040123450000003338"] * 2
