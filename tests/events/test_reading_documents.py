"""Envelopes: documents, query documents, bare events, lists of them, contexts, header and master data."""

import json

import pytest

from backend.events.canonical import CanonicalEvent
from backend.events.contexts import EPCIS_NAMESPACE, KNOWN_CONTEXTS
from backend.events.faults import DocumentFaults, EventFaults
from backend.events.reader import UnsupportedContentTypeError, read, read_document
from tests.events.sample_events import CONTEXT, aggregation_event, document, faults_of, object_event, read_in_document


def _paths(value: object) -> list[str]:
    return [fault.path for fault in faults_of(value)]


def test_a_document_gives_its_events_in_order_with_faults_in_their_places() -> None:
    reading = read_document(json.dumps(document(object_event(), object_event(action="MOVE"), aggregation_event())).encode())

    assert [type(event) for event in reading.events] == [CanonicalEvent, EventFaults, CanonicalEvent]
    assert [fault.path for fault in reading.faults] == ["$.epcisBody.eventList[1].action"]
    assert isinstance(reading.events[1], EventFaults)
    assert reading.events[1].index == 1


def test_the_header_is_kept() -> None:
    vocabulary = {
        "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
        "vocabularyElementList": [
            {
                "id": "urn:epc:id:sgln:0614141.07346.0",
                "attributes": [{"id": "cbvmda:city", "attribute": "Köln"}, {"id": "cbvmda:rooms", "attribute": 7.25}],
                "children": ["urn:epc:id:sgln:0614141.07346.1"],
            }
        ],
    }
    changes = {"sender": "a", "receiver": "b", "instanceIdentifier": "1", "id": "_:document1", "ex:note": "x"}
    reading = read_document(json.dumps(document(epcisHeader={"epcisMasterData": {"vocabularyList": [vocabulary]}}, **changes)).encode())

    assert reading.events == []
    assert [item["type"] for item in reading.master_data] == [vocabulary["type"]]
    header = reading.document
    assert (header.type, header.schema_version, header.id) == ("EPCISDocument", "2.0", "_:document1")
    assert (header.sender, header.receiver, header.instance_identifier) == ("a", "b", "1")
    assert header.extensions == {"ex:note": "x"}


def test_a_query_document_is_read() -> None:
    results = {"queryName": "SimpleEventQuery", "subscriptionID": "s1", "resultsBody": {"eventList": [object_event()]}}
    value = {"@context": CONTEXT, "type": "EPCISQueryDocument", "epcisBody": {"queryResults": results}}
    reading = read_document(json.dumps(value).encode())

    assert (len(reading.canonical), reading.document.query_name, reading.document.subscription_id) == (1, "SimpleEventQuery", "s1")
    results["resultsBody"] = {"eventList": [object_event(action="MOVE")]}
    assert _paths(value) == ["$.epcisBody.queryResults.resultsBody.eventList[0].action"]


def test_a_bare_event_needs_its_context() -> None:
    assert len(read_document(json.dumps({"@context": [CONTEXT], **object_event()}).encode()).canonical) == 1
    assert _paths(object_event()) == ["$['@context']"]
    assert _paths({"@context": [CONTEXT], **object_event(action="MOVE")}) == ["$.action"]


def test_a_list_of_bare_events_is_read() -> None:
    events = [{"@context": [CONTEXT, {"ex": "https://ex.example/"}], **object_event(**{"ex:a": 1})}, object_event(action="MOVE")]
    reading = read_document(json.dumps(events).encode())

    assert len(reading.canonical) == 1
    assert [fault.path for fault in reading.faults] == ["$[1].action"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"@context": ...}, "$['@context']"),
        ({"@context": []}, "$['@context']"),
        ({"@context": None}, "$['@context']"),
        ({"@context": [CONTEXT, None]}, "$['@context'][1]"),
        ({"@context": [CONTEXT, "not a uri"]}, "$['@context'][1]"),
        ({"@context": [CONTEXT, {"ex": "not a uri"}]}, "$['@context'][1].ex"),
        ({"@context": [CONTEXT, {"urn": "https://a.example/"}]}, "$['@context'][1].urn"),
        ({"@context": [CONTEXT, {"eventTime": "https://a.example/eventTime"}]}, "$['@context'][1].eventTime"),
        ({"@context": ["https://unknown.example/context.jsonld"]}, "$['@context']"),
        ({"schemaVersion": ...}, "$.schemaVersion"),
        ({"schemaVersion": "1.2"}, "$.schemaVersion"),
        ({"schemaVersion": 2.0}, "$.schemaVersion"),
        ({"creationDate": ...}, "$.creationDate"),
        ({"creationDate": "yesterday"}, "$.creationDate"),
        ({"epcisBody": ...}, "$.epcisBody"),
        ({"epcisBody": []}, "$.epcisBody"),
        ({"epcisBody": {}}, "$.epcisBody.eventList"),
        ({"epcisBody": {"eventList": {}}}, "$.epcisBody.eventList"),
        ({"epcisBody": {"eventList": [], "more": 1}}, "$.epcisBody.more"),
        ({"sender": 1}, "$.sender"),
        ({"id": "no uri"}, "$.id"),
        ({"unknown": 1}, "$.unknown"),
        ({"nix:unknown": 1}, "$['nix:unknown']"),
        ({"type": "example:Document"}, "$.type"),
        ({"type": ...}, "$.type"),
        ({"epcisHeader": []}, "$.epcisHeader"),
        ({"epcisHeader": {"unknown": 1}}, "$.epcisHeader.unknown"),
        ({"epcisHeader": {"epcisMasterData": 1}}, "$.epcisHeader.epcisMasterData"),
        ({"epcisHeader": {"epcisMasterData": {"vocabularyList": {}}}}, "$.epcisHeader.epcisMasterData.vocabularyList"),
        ({"epcisHeader": {"epcisMasterData": {"vocabularyList": [{}]}}}, "$.epcisHeader.epcisMasterData.vocabularyList[0].type"),
    ],
)
def test_a_defective_envelope_refuses_the_document_and_names_the_place(changes: dict[str, object], path: str) -> None:
    raw = json.dumps(document(**changes)).encode()

    if path == "$.epcisHeader.epcisMasterData.vocabularyList":
        assert faults_of(raw) == []  # an empty object is as good as no list
        return
    with pytest.raises(DocumentFaults) as refusal:
        read_document(raw)
    assert [fault.path for fault in refusal.value.faults] == [path]
    assert refusal.value.status == 400
    assert refusal.value.field == path


def test_faults_of_envelope_and_events_come_together() -> None:
    assert _paths(document(object_event(action="MOVE", nix=1), schemaVersion=...)) == [
        "$.schemaVersion",
        "$.epcisBody.eventList[0].action",
        "$.epcisBody.eventList[0].nix",
    ]


@pytest.mark.parametrize(
    "context",
    [
        CONTEXT,
        [CONTEXT],
        ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"],
        ["https://ref.gs1.org/standards/epcis/2.0.1/epcis-context.jsonld"],
        ["https://gs1.github.io/EPCIS/epcis-context.jsonld"],
        ["https://gs1.github.io/EPCIS/epcis-context-simple.jsonld"],
        [{"@vocab": EPCIS_NAMESPACE}],
    ],
)
def test_every_published_context_is_known(context: object) -> None:
    assert faults_of(document(object_event(), **{"@context": context})) == []


def test_an_event_has_prefixes_of_its_own_beside_those_of_the_document() -> None:
    event = object_event(**{"@context": [{"own": "https://own.example/"}], "own:a": 1, "ex:b": {"own:c": "ex:d"}, "gs1:e": 2})
    (found,) = read_in_document(event)

    assert found.namespaces == {"ex": "https://ns.example.com/epcis/", "gs1": "https://gs1.org/voc/", "own": "https://own.example/"}
    assert found.context == [{"ex": "https://ns.example.com/epcis/"}, {"own": "https://own.example/"}]
    assert "@context" not in found.body


def test_a_prefix_that_an_event_does_not_use_leaves_no_trace() -> None:
    (found,) = read_in_document(object_event())

    assert (found.namespaces, found.context) == ({}, [])


def test_descriptions_of_terms_stay_with_their_prefix() -> None:
    entry = {"rail": "urn:gs1:epcisapp:rail:", "rail:axles": {"@type": "xsd:integer"}, "other": "https://other.example/"}
    reading = read_document(json.dumps(document(object_event(**{"rail:axles": "4"}), **{"@context": [CONTEXT, entry]})).encode())

    assert reading.canonical[0].context == [{"rail": "urn:gs1:epcisapp:rail:", "rail:axles": {"@type": "xsd:integer"}}]


def test_a_context_that_is_not_known_may_declare_any_prefix_and_is_not_fetched() -> None:
    foreign = "https://unknown.example/context.jsonld"
    raw = json.dumps(document(object_event(**{"foreign:a": 1}), **{"@context": [CONTEXT, foreign]})).encode()

    assert read_document(raw).canonical[0].context == [foreign]
    assert _paths(document(object_event(a=1), **{"@context": [CONTEXT, foreign]})) == ["$.epcisBody.eventList[0].a"]


def test_a_known_industry_context_declares_its_prefixes() -> None:
    (address,) = KNOWN_CONTEXTS
    raw = json.dumps(document(object_event(**{"gs1egypthc:a": 1}), **{"@context": [CONTEXT, address]})).encode()

    assert read_document(raw).canonical[0].namespaces == {"gs1egypthc": "https://ref.gs1eg.org/extensions/epcis/hc/voc/"}


@pytest.mark.parametrize("content_type", ["application/json", "application/ld+json; charset=utf-8", "Application/Vnd.Acme+JSON"])
def test_json_is_read_by_its_content_type(content_type: str) -> None:
    assert len(read(json.dumps(document(object_event())).encode(), content_type).canonical) == 1


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data", "image/png"])
def test_another_content_type_is_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedContentTypeError) as refusal:
        read(b"{}", content_type)

    assert refusal.value.status == 415


def test_xml_is_read_by_its_content_type() -> None:
    raw = b"""<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0" creationDate="2026-07-22T06:50:00Z">
      <EPCISBody><EventList><ObjectEvent><eventTime>2026-07-22T06:45:00Z</eventTime>
      <eventTimeZoneOffset>+00:00</eventTimeZoneOffset><epcList><epc>urn:epc:id:sgtin:0614141.107346.2017</epc></epcList>
      <action>OBSERVE</action></ObjectEvent></EventList></EPCISBody></epcis:EPCISDocument>"""

    assert [event.participations[0].identifier.key for event in read(raw, "text/xml").canonical] == ["01/10614141073464/21/2017"]


def test_a_document_of_nothing_but_faults_is_told_the_first_ones() -> None:
    with pytest.raises(DocumentFaults) as refusal:
        read_document(json.dumps(document(*[{"type": "ObjectEvent"}] * 300, schemaVersion=...)).encode())

    assert len(refusal.value.faults) == 200
