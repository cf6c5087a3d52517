"""Events written as XML: valid by the published schemas, and the same events when read again."""

from datetime import UTC, datetime
from functools import cache

import pytest
from lxml import etree

from backend.events.canonical import CanonicalEvent
from backend.events.faults import DocumentFaults
from backend.events.reader import Reading, read
from backend.events.writer import EpcFormat, WritableEvent
from backend.events.xml_writer import write_xml_document, write_xml_query_document
from backend.events.xml_writer_events import XmlVersion
from backend.events.xml_writer_names import NotWritableAsXmlError
from tests.events.sample_events import object_event, read_in_document
from tests.shared_data import Expectation, expectations, needs_shared_data, shared_path

NOW = datetime(2026, 7, 22, 6, 50, 0, 123456, UTC)
_TYPES = {".xml": "application/xml", ".json": "application/json", ".jsonld": "application/ld+json"}
_SCHEMAS = {XmlVersion.V2_0: ("xsd-2.0", "EPCglobal-epcis-2_0.xsd"), XmlVersion.V1_2: ("xsd-1.2", "EPCglobal-epcis-1_2.xsd")}


def _read(row: Expectation) -> list[CanonicalEvent]:
    try:
        reading: Reading = read(row.file.read_bytes(), _TYPES[row.file.suffix])
    except DocumentFaults:
        return []
    return [] if reading.faults else list(reading.canonical)


_ROWS = [row for folder in ("gs1-epcis", "epcis-implementations") for row in expectations(folder) if row.file.suffix in _TYPES]


@cache
def _schema(version: XmlVersion) -> etree.XMLSchema:
    folder, name = _SCHEMAS[version]
    return etree.XMLSchema(etree.parse(shared_path("gs1-epcis", "schemas", folder, name)))


def _xml(events: list[CanonicalEvent], version: XmlVersion = XmlVersion.V2_0, epc_format: EpcFormat = EpcFormat.NO_PREFERENCE) -> bytes:
    return write_xml_document([WritableEvent.of(event) for event in events], created=NOW, version=version, epc_format=epc_format)


@needs_shared_data
@pytest.mark.parametrize("version", list(XmlVersion))
@pytest.mark.parametrize("row", _ROWS, ids=str)
def test_every_published_event_keeps_its_hash_through_xml(row: Expectation, version: XmlVersion) -> None:
    events = _read(row)
    if not events:
        return
    written = _xml(events, version)
    again = read(written, "application/xml")

    assert [str(fault) for fault in again.faults] == [], written.decode()
    assert [event.event_hash for event in again.canonical] == [event.event_hash for event in events], written.decode()
    assert [(e.event_key, e.participations, e.sources, e.destinations) for e in again.canonical] == [
        (e.event_key, e.participations, e.sources, e.destinations) for e in events
    ]
    _schema(version).assertValid(etree.fromstring(written))


@needs_shared_data
def test_the_sets_hold_enough_to_judge_by() -> None:
    assert sum(len(_read(row)) for row in _ROWS) == 246


def test_words_are_written_as_urns_that_readers_of_every_version_know() -> None:
    (event,) = read_in_document(object_event(bizStep="shipping", disposition="in_transit"))
    for version in XmlVersion:
        written = etree.fromstring(_xml([event], version))
        assert [written.findtext(f".//{name}") for name in ("bizStep", "disposition")] == [
            "urn:epcglobal:cbv:bizstep:shipping",
            "urn:epcglobal:cbv:disp:in_transit",
        ]


def test_an_extension_keeps_its_namespace_its_lists_and_its_depth() -> None:
    (event,) = read_in_document(object_event(**{"ex:note": {"ex:a": ["1", {"ex:b": "你好 & <b>"}]}, "ex:flag": True}))
    (again,) = read(_xml([event]), "application/xml").canonical
    assert again.body["ex:note"] == {"ex:a": ["1", {"ex:b": "你好 & <b>"}]}
    assert again.body["ex:flag"] == "true"
    assert again.event_hash == event.event_hash


def test_two_events_may_mean_other_things_by_one_prefix() -> None:
    (first,) = read_in_document(object_event(**{"ex:a": "1"}))
    other = object_event(**{"ex:a": "2"}) | {
        "@context": [{"ex": "https://other.example/ns/"}],
        "eventID": "urn:uuid:0195a1b0-0000-7000-8000-00000000000f",
    }
    (second,) = read_in_document(other)
    written = _xml([first, second])
    names = [child.tag for event in etree.fromstring(written).iter("ObjectEvent") for child in event if "}" in child.tag]
    assert names == ["{https://ns.example.com/epcis/}a", "{https://other.example/ns/}a"]
    assert [event.event_hash for event in read(written, "application/xml").canonical] == [first.event_hash, second.event_hash]


@pytest.mark.parametrize("text", ["bell \x07", "nul \x00 in the middle", "half \ud800"])
def test_what_xml_cannot_say_is_refused_and_json_offered(text: str) -> None:
    (event,) = read_in_document(object_event())
    writable = WritableEvent({**event.body, "ex:note": text}, [{"ex": "https://ns.example.com/epcis/"}])
    with pytest.raises(NotWritableAsXmlError, match=r"note.*ld\+json") as refusal:
        write_xml_document([writable], created=NOW)
    assert refusal.value.status == 406


def test_results_of_a_query_name_it_and_the_subscription() -> None:
    (event,) = read_in_document(object_event())
    for version, namespace in ((XmlVersion.V2_0, "urn:epcglobal:epcis-query:xsd:2"), (XmlVersion.V1_2, "urn:epcglobal:epcis-query:xsd:1")):
        writable = [WritableEvent.of(event, NOW)]
        written = write_xml_query_document(writable, created=NOW, query_name="SimpleEventQuery", subscription_id="s-1", version=version)
        root = etree.fromstring(written)
        assert (root.tag, root.get("schemaVersion")) == (f"{{{namespace}}}EPCISQueryDocument", str(version))
        results = root.find(f"EPCISBody/{{{namespace}}}QueryResults")
        assert results is not None
        assert (results.findtext("queryName"), results.findtext("subscriptionID")) == ("SimpleEventQuery", "s-1")
        assert [e.event_hash for e in read(written, "application/xml").canonical] == [event.event_hash]
        assert root.findtext(".//recordTime") == "2026-07-22T06:50:00.123Z"


def test_identifiers_are_written_in_the_form_that_is_asked_for() -> None:
    (event,) = read_in_document(object_event(epcList=["urn:epc:id:sgtin:9506000.013435.S1"]))
    links = etree.fromstring(_xml([event], epc_format=EpcFormat.DIGITAL_LINK))
    assert links.findtext(".//epc") == "https://id.gs1.org/01/09506000134352/21/S1"
