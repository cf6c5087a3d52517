"""Faults stand at the line and column of the sender's own text, in JSON and in XML."""

import json
import random

import pytest

from backend.events.faults import DocumentFaults
from backend.events.json_text import read_json
from backend.history.negotiation import Language
from backend.validator.json_places import JsonPlaces
from backend.validator.places import Lines, steps, with_ancestors
from backend.validator.reading import guessed_format
from backend.validator.service import examine
from tests.factories import FLOUR, lot, made, quantity, sscc
from tests.shared_data import needs_shared_data
from tests.validator.documents import json_report, pointed_at, pretty, shared_texts, xml_document, xml_report

GOOD = made([sscc(1)])


def test_a_wrong_value_is_pointed_at() -> None:
    report = json_report(pretty(GOOD, {**GOOD, "action": "SHIP", "epcList": [sscc(1), "no uri"]}))
    assert pointed_at(report) == [
        ("$.epcisBody.eventList[1].epcList[1]", '"no uri"'),
        ("$.epcisBody.eventList[1].action", '"SHIP",'),
    ]
    assert [fault.event for fault in report.faults] == [1, 1]


def test_what_is_missing_is_pointed_at_by_what_lacks_it() -> None:
    event = {name: value for name, value in GOOD.items() if name != "action"}
    report = json_report(pretty(GOOD, event))
    [(path, text)] = pointed_at(report)
    assert (path, text) == ("$.epcisBody.eventList[1].action", "{")
    [fault] = report.faults
    assert report.lines[fault.place.line].strip().startswith('"type": "ObjectEvent"')


def test_of_a_name_that_stands_twice_the_last_is_pointed_at() -> None:
    text = pretty(GOOD).replace('"action": "ADD"', '"action": "ADD",\n        "action": "OBSERVE"')
    assert pointed_at(json_report(text)) == [("$.epcisBody.eventList[0].action", '"OBSERVE",')]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_kinds_count_alike(ending: str) -> None:
    text = pretty({**GOOD, "bizStep": "寄送"}).replace("\n", ending)
    [fault] = json_report(text).faults
    assert pointed_at(json_report(text)) == [("$.epcisBody.eventList[0].bizStep", '"寄送",')]
    assert fault.place.line == pretty({**GOOD, "bizStep": "寄送"}).split("寄送")[0].count("\n") + 1


def test_columns_count_characters() -> None:
    [fault] = json_report('{"@context": [], "备注": "😀", "type": "Nothing"}').faults
    assert (fault.place.line, fault.place.column) == (1, 37)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [('{\n  "a": 1,\n  "b" 2}', 3, 7), ('{\n"a": [1,,2]}', 2, 9), ("", 1, 1), ("not json", 1, 1), ('{"a": "b\n"}', 1, 9)],
)
def test_what_is_no_json_is_pointed_at_where_it_stops_being_any(text: str, line: int, column: int) -> None:
    [fault] = json_report(text).faults
    assert (fault.place.line, fault.place.column) == (line, column)


def test_an_element_is_pointed_at_with_its_xpath() -> None:
    report = xml_report(
        xml_document(
            "<ObjectEvent>\n  <eventTime>yesterday</eventTime><!-- 中文 --><eventTimeZoneOffset>+08:00</eventTimeZoneOffset>\n"
            "  <epcList><epc>urn:epc:id:sgtin:0614141.107346.2017</epc><epc>no uri</epc></epcList><action>OBSERVE</action>\n"
            '  <bizTransactionList><bizTransaction\n     type="foo">urn:x:y</bizTransaction></bizTransactionList>\n'
            "  <quantityList><quantityElement><epcClass>urn:epc:class:lgtin:0614141.107346.A</epcClass><quantity>x</quantity></quantityElement>"
            "</quantityList>\n</ObjectEvent>\n"
        )
    )
    event = "/EPCISDocument/EPCISBody/EventList/ObjectEvent"
    assert [(fault.place.line, fault.place.column, fault.place.xpath) for fault in report.faults] == [
        (3, 3, f"{event}/eventTime"),
        (4, 59, f"{event}/epcList/epc[2]"),
        (6, 6, f"{event}/bizTransactionList/bizTransaction/@type"),
        (7, 91, f"{event}/quantityList/quantityElement/quantity"),
    ]


def test_events_in_the_extensions_of_version_1_are_found() -> None:
    kind = "<TransformationEvent><eventTime>2026-03-02T08:00:00Z</eventTime>\n<eventTimeZoneOffset>8</eventTimeZoneOffset></TransformationEvent>"
    inner = (
        "<ObjectEvent><eventTime>2026-03-02T08:00:00Z</eventTime><eventTimeZoneOffset>+00:00</eventTimeZoneOffset><epcList>"
        f"<epc>{sscc(1)}</epc></epcList><action>ADD</action></ObjectEvent>\n<extension>{kind}</extension>"
    )
    report = xml_report(xml_document(inner))
    places = {fault.path: (fault.place.line, fault.place.xpath) for fault in report.faults}
    holder = "/EPCISDocument/EPCISBody/EventList/extension/TransformationEvent"
    assert places["$.epcisBody.eventList[1].eventTimeZoneOffset"] == (4, f"{holder}/eventTimeZoneOffset")
    assert places["$.epcisBody.eventList[1].inputEPCList"] == (3, holder)


def test_broken_xml_is_pointed_at_where_it_breaks() -> None:
    [fault] = xml_report("<a>\n  <b>\n</a>").faults
    assert fault.place.line == 3


def test_a_doctype_is_refused_and_nothing_of_it_is_read() -> None:
    [fault] = xml_report('<!DOCTYPE x [<!ENTITY a "b">]>\n<x>&a;</x>').faults
    assert (fault.rule, fault.place.line) == ("no document type", 1)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030", "iso-8859-1"])
def test_text_in_other_encodings_is_shown_as_it_was_written(encoding: str) -> None:
    word = "naïve" if encoding == "iso-8859-1" else "寄送"
    inner = f"<ObjectEvent><bizStep>{word}</bizStep></ObjectEvent>"
    name = encoding.removesuffix("-sig")
    report = examine(f'<?xml version="1.0" encoding="{name}"?>\n{xml_document(inner)}'.encode(encoding), "XML", Language.EN)
    [text] = [text for path, text in pointed_at(report) if path == "$.epcisBody.eventList[0].bizStep"]
    assert text.startswith(f"<bizStep>{word}</bizStep>")


def test_every_value_of_any_json_is_found() -> None:
    chance = random.Random(7)
    for _ in range(60):
        value = any_json(chance, 4)
        text = json.dumps(value, indent=chance.choice([None, 1, 3]), ensure_ascii=chance.random() < 0.5)
        found = paths("$", value)
        places, lines = JsonPlaces(text, Lines(text), [path for path, _ in found]), Lines(text)
        for path, expected in found:
            place = places.find(path)
            rest = "\n".join(lines.all[place.line - 1 :])[place.column - 1 :]
            assert json.JSONDecoder().raw_decode(rest)[0] == expected, path


def any_json(chance: random.Random, depth: int) -> object:
    kinds = ["text", "number", "null", "object", "object", "list"] if depth else ["text", "number", "null"]
    match chance.choice(kinds):
        case "object":
            names = ["a", "b c", "中", 'q"\\', "x:y", "it's", "@context", "e.f"]
            return {name: any_json(chance, depth - 1) for name in chance.sample(names, 3)}
        case "list":
            return [any_json(chance, depth - 1) for _ in range(chance.randrange(4))]
        case "text":
            return chance.choice(["", "中文", 'with "quotes", {brackets} and \\', "a\nb", "[1]: x"])
        case "number":
            return chance.choice([0, -1.5, 1e30])
    return None


def paths(path: str, value: object) -> list[tuple[str, object]]:
    """Every value with its path, as the readers name it."""
    from backend.events.faults import below

    found = [(path, value)]
    if isinstance(value, dict):
        for name, item in value.items():
            found += paths(below(path, name), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += paths(below(path, index), item)
    return found


def test_paths_are_taken_apart_as_they_are_put_together() -> None:
    assert steps("$.a[3]['x:y'].b['it\\'s']") == ["a", 3, "x:y", "b", "it's"]
    assert with_ancestors(["$.a[3]['x:y']"]) == {"$", "$.a", "$.a[3]", "$.a[3]['x:y']"}


@needs_shared_data
def test_every_fault_of_the_shared_documents_has_a_place_inside_of_them() -> None:
    seen = 0
    for name, raw in shared_texts():
        report = examine(raw, guessed_format(raw), Language.EN)
        for finding in (*report.faults, *report.warnings):
            assert 1 <= finding.place.line <= len(report.lines), name
            assert 1 <= finding.place.column <= len(report.lines[finding.place.line - 1]) + 1, name
            seen += 1
    assert seen > 500


def test_the_validator_finds_the_faults_that_capture_finds() -> None:
    text = pretty({**GOOD, "action": 3}, {"type": "ObjectEvent"}, {**GOOD, "quantityList": [quantity(lot(FLOUR, "F1"), -1)]})
    from backend.events.reader import read

    assert [(fault.path, fault.message, fault.mend) for fault in json_report(text).faults] == [
        (fault.path, fault.message, fault.mend) for fault in read(text.encode(), "application/json").faults
    ]
    with pytest.raises(DocumentFaults):
        read_json(b"{")
