"""JSON texts: what may go wrong in them becomes a fault with its place, and numbers stay exact."""

import json
from decimal import Decimal

import pytest

from backend.events.canonical import EventType
from backend.events.faults import DocumentFaults
from backend.events.json_text import read_json
from backend.events.reader import read_document
from tests.events.sample_events import canonical, document, faults_of, object_event, refused


def _only_fault(raw: bytes) -> tuple[str, str]:
    (fault,) = faults_of(raw)
    assert fault.rule
    assert fault.mend
    return fault.path, fault.message


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "The document is empty."),
        (b" \n ", "The document is empty."),
        (b'{"a" 1}', "The text is not JSON at line 1, column 6: expecting ':' delimiter."),
        (b'{"a":\n  01}', "The text is not JSON at line 2, column 4: expecting ',' delimiter."),
        (b'{"a": "\x01"}', "The text is not JSON at line 1, column 8: invalid control character at."),
        (b'{"a": "\xff"}', "Byte 0xFF at line 1, byte 8 is not UTF-8."),
        ('{"a": 1}'.encode("utf-16"), "Byte 0xFF at line 1, byte 1 is not UTF-8."),
        (b'{"a": 1} x', "The text is not JSON at line 1, column 10: extra data."),
        (b"[" * 100_000, "Objects and lists nest deeper than 64 levels."),
        (b'{"a":' * 100_000, "Objects and lists nest deeper than 64 levels."),
    ],
)
def test_a_malformed_text_has_one_fault_that_says_where(raw: bytes, message: str) -> None:
    assert _only_fault(raw) == ("$", message)


def test_xml_sent_as_json_is_told_how_to_send_it() -> None:
    (fault,) = faults_of(b"<epcis:EPCISDocument/>")

    assert fault.mend == "Send XML with Content-Type: application/xml."


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read_document(b"\xef\xbb\xbf" + json.dumps(document(object_event())).encode()).canonical[0].type is EventType.OBJECT


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("NaN", "NaN is not a JSON number."),
        ("-Infinity", "-Infinity is not a JSON number."),
        ("1e400", 'The number "1E+400" is beyond the range or the 64 digits that can be kept.'),
        ("1e-400", 'The number "1E-400" is beyond the range or the 64 digits that can be kept.'),
        ("9" * 5000, f'The number "{"9" * 80}…" is beyond the range or the 64 digits that can be kept.'),
        ("0." + "1" * 5000, f'The number "0.{"1" * 78}…" is beyond the range or the 64 digits that can be kept.'),
        (r'"a\u0000b"', "The text holds the character U+0000, which cannot be stored."),
        (r'"\ud800"', r"The text holds an unpaired surrogate, \ud800."),
        (r'"\ude00\ud83d"', r"The text holds an unpaired surrogate, \ude00."),
    ],
)
def test_a_value_that_cannot_be_kept_is_named_by_its_path(value: str, message: str) -> None:
    raw = json.dumps(document(object_event(**{"ex:a": [0, "HERE"]}))).replace('"HERE"', value).encode()

    assert _only_fault(raw) == ("$.epcisBody.eventList[0]['ex:a'][1]", message)


def test_a_surrogate_pair_is_one_character() -> None:
    raw = json.dumps(document(object_event(**{"ex:a": "😀"}))).encode()

    assert b"\\ud83d\\ude00" in raw
    assert read_document(raw).canonical[0].body["ex:a"] == "😀"


def test_a_name_that_stands_twice_is_a_fault_and_all_are_told() -> None:
    raw = b'{"a": {"b": 1, "b": 1}, "c": [{"d": 1, "d": 2}]}'

    with pytest.raises(DocumentFaults) as refusal:
        read_json(raw)

    assert [fault.path for fault in refusal.value.faults] == ["$.a.b", "$.c[0].d"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10.50", Decimal("10.5")),
        ("10.0", 10),
        ("-0.0", 0),
        ("1E2", 100),
        ("0.1", Decimal("0.1")),
        ("12345678901234567890.125", Decimal("12345678901234567890.125")),
    ],
)
def test_a_quantity_is_exact(text: str, number: Decimal | int) -> None:
    element = {"epcClass": "https://id.gs1.org/01/09506000134352/10/F1", "quantity": "HERE"}
    raw = json.dumps(document(object_event(quantityList=[element]))).replace('"HERE"', text).encode()
    (event,) = read_document(raw).canonical

    assert event.participations[-1].quantity == number
    assert repr(event.body["quantityList"][0]["quantity"]) == repr(number)


def test_nesting_is_counted_from_the_document_and_ends_at_64() -> None:
    def nested(levels: int) -> dict[str, object]:
        value: object = 1
        for _ in range(levels):
            value = [value]
        return document(object_event(**{"ex:deep": value}))

    assert faults_of(nested(60)) == []
    assert [(fault.path, fault.message) for fault in faults_of(nested(61))] == [
        ("$.epcisBody.eventList[0]['ex:deep']", "Objects and lists nest deeper than 64 levels.")
    ]


def test_a_dict_from_another_reader_is_held_to_the_same() -> None:
    assert [fault.path for fault in refused(object_event(**{"gs1:a": {"b": "\x00", "c": float("nan"), "d": object()}})).faults] == [
        "$['gs1:a'].b",
        "$['gs1:a'].c",
        "$['gs1:a'].d",
    ]
    assert [fault.path for fault in refused(object_event(**{"gs1:a": {1: "x"}})).faults] == ["$['gs1:a']"]


def test_floats_from_our_own_code_become_exact() -> None:
    event = canonical(object_event(quantityList=[{"epcClass": "https://id.gs1.org/01/09506000134352/10/F1", "quantity": 0.1}]))

    assert event.participations[-1].quantity == Decimal("0.1")


@pytest.mark.parametrize("value", [b"null", b"42", b'"x"', b"true", b"[1]", b"[null]", b"{}", b'{"type": 1}', b'{"type": []}', b'{"type": {}}'])
def test_json_that_is_no_document_is_a_fault(value: bytes) -> None:
    assert len(faults_of(value)) == 1
