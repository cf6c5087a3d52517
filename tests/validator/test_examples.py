"""What a good event would look like: it is good, it is of the kind that was meant, and what was right in the sender's stays."""

import json
import random
from typing import Any

import pytest

from backend.events.canonical import CanonicalEvent, EventType
from backend.events.contexts import STANDARD_PREFIXES
from backend.events.reader import read
from backend.history.negotiation import Language
from backend.validator.examples import good_event
from backend.validator.reading import JSON, guessed_format, read_all
from backend.validator.samples import SAMPLES
from backend.validator.service import examine
from tests.factories import DUMPLING, FLOUR, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.shared_data import needs_shared_data
from tests.validator.documents import json_report, pretty, shared_texts, xml_document, xml_report


def example_of(event: Any) -> dict[str, Any]:
    body, canonical = good_event(event, STANDARD_PREFIXES)
    assert isinstance(canonical, CanonicalEvent)
    return body


@pytest.mark.parametrize("kind", list(EventType), ids=lambda kind: kind.epcis)
def test_of_a_type_alone_a_whole_event_is_made(kind: EventType) -> None:
    body = example_of({"type": kind.epcis})
    assert body["type"] == kind.epcis
    assert body["eventID"].startswith("urn:uuid:")


def test_what_is_good_stays_and_what_was_plainly_meant_is_put_right() -> None:
    body = example_of(
        {
            "type": "ObjectEvent", "eventID": "urn:uuid:0195a1b0-0000-7000-8000-000000000001", "eventTime": "2026-03-02 08:00:00+08:00",
            "action": "observe", "bizStep": "Shiping", "disposition": "nonsense", "readPoint": {"id": "https://id.gs1.org/414/9506000134000"},
            "epcList": ["https://id.gs1.org/01/09506000134353/21/S1", "no uri", sscc(1), sscc(2)],
            "destinationList": [{"type": "owning_party"}],
        }
    )  # fmt: skip
    assert body == {
        "@context": body["@context"],
        "type": "ObjectEvent",
        "eventID": "urn:uuid:0195a1b0-0000-7000-8000-000000000001",
        "eventTime": "2026-03-02T08:00:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "epcList": ["https://id.gs1.org/01/09506000134352/21/S1", sscc(1)],
        "readPoint": {"id": "https://id.gs1.org/414/9506000134000"},
    }


def test_a_quantity_gets_its_number_and_its_unit_and_keeps_its_class() -> None:
    body = example_of({"type": "ObjectEvent", "quantityList": [{"epcClass": lot(FLOUR, "F1"), "quantity": -12, "uom": "kg"}]})
    assert body["quantityList"] == [{"epcClass": lot(FLOUR, "F1"), "quantity": 12, "uom": "KGM"}]
    assert "epcList" not in body


def test_the_action_follows_the_step_where_none_is_given() -> None:
    assert example_of({"type": "ObjectEvent", "bizStep": "commissioning"})["action"] == "ADD"
    assert example_of({"type": "ObjectEvent", "bizStep": "destroying"})["action"] == "DELETE"


def test_the_type_is_guessed_by_what_the_event_names() -> None:
    assert example_of({"inputEPCList": [sscc(1)]})["type"] == "TransformationEvent"
    assert example_of({"parentID": sscc(1), "childEPCs": [sscc(2)]})["type"] == "AggregationEvent"
    assert example_of(["nothing"])["type"] == "ObjectEvent"


def test_a_prefix_of_the_senders_is_written_out() -> None:
    text = pretty({**made([sscc(1)]), "bizStep": "acme:polishing", "action": "SEEN"})
    body = json.loads(text)
    body["@context"].append({"acme": "https://acme.example/steps/"})
    [event] = json_report(json.dumps(body)).events
    assert json.loads(event.example or "")["bizStep"] == "https://acme.example/steps/polishing"


def test_an_example_for_xml_is_xml_of_the_senders_version() -> None:
    [event] = xml_report(SAMPLES["xml"]).events
    assert 'schemaVersion="1.2"' in (event.example or "")
    [canonical] = read((event.example or "").encode(), "application/xml").canonical
    assert (canonical.biz_step, canonical.type) == ("packing", EventType.AGGREGATION)
    [event] = xml_report(xml_document("<AssociationEvent/>")).events
    assert 'schemaVersion="2.0"' in (event.example or "")


@needs_shared_data
def test_every_example_for_the_shared_documents_is_good() -> None:
    seen = 0
    for name, raw in shared_texts():
        kind = guessed_format(raw)
        for event in examine(raw, kind, Language.EN).events:
            if event.example is not None:
                assert read_all(event.example.encode(), kind).faults == [], name
                seen += 1
    assert seen > 20


def test_whatever_is_broken_in_an_event_the_example_is_good() -> None:
    chance = random.Random(11)
    good = [made([sscc(1)]), packed(sscc(1), [sscc(2)]), shipped([sscc(1)]), transformed([lot(FLOUR, "F1")], [unit(DUMPLING, "S1")])]
    good.append(made([], [quantity(lot(FLOUR, "F1"), 5)]))
    junk: list[Any] = [None, 3, "", "x", "urn:", [], {}, [None], {"id": 3}, [[]], "<script>", "2026-99-99", True, ["a", "a"], {"type": "x"}, 1e9]
    for _ in range(300):
        event = dict(chance.choice(good))
        for name in chance.sample(sorted(event), chance.randrange(1, 5)):
            if chance.random() < 0.3:
                del event[name]
            else:
                event[name] = chance.choice(junk)
        report = json_report(pretty(event))
        for seen in report.events:
            if seen.example is not None:
                assert read_all(seen.example.encode(), JSON).faults == [], event
