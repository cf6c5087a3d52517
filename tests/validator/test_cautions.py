"""What is legal and usually a mistake is said, once each, at its place, in both languages."""

from datetime import timedelta
from typing import Any

import pytest

from backend.history.negotiation import Language
from backend.validator.advice import ADVICE
from infra import clock
from tests.factories import CUSTOMER, DUMPLING, FLOUR, PLANT, lot, made, quantity, shipped, sscc, transformed, unit
from tests.validator.documents import json_report, pretty

GOOD, OTHER = shipped([sscc(1)]), shipped([sscc(2)])
ZONED = "2026-03-02T08:00:00+08:00"


def without(event: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in names}


def codes(*events: dict[str, Any]) -> list[tuple[str | None, str]]:
    report = json_report(pretty(*events))
    assert report.faults == []
    return [(warning.code, warning.path.removeprefix("$.epcisBody.eventList")) for warning in report.warnings]


@pytest.mark.parametrize("event", [GOOD, made([], [quantity(lot(FLOUR, "F1"), 1.5)]), made([sscc(1)]), transformed([lot(FLOUR, "F1")], [sscc(1)])])
def test_of_a_good_event_there_is_nothing_to_say(event: dict[str, Any]) -> None:
    assert codes(event) == []


@pytest.mark.parametrize(
    ("event", "code", "path"),
    [
        (without(GOOD, "eventID"), "NO_EVENT_ID", ""),
        ({**GOOD, "eventTime": (clock.now() + timedelta(days=2)).isoformat()}, "FUTURE_TIME", ".eventTime"),
        ({**GOOD, "eventTime": "1999-12-31T00:00:00Z"}, "LONG_AGO", ".eventTime"),
        ({**GOOD, "eventTime": ZONED, "eventTimeZoneOffset": "+01:00"}, "OFFSET_MISMATCH", ".eventTimeZoneOffset"),
        (without(GOOD, "bizStep"), "NO_BIZ_STEP", ""),
        ({**GOOD, "bizStep": "https://acme.example/polishing"}, "UNKNOWN_BIZ_STEP", ".bizStep"),
        ({**GOOD, "bizStep": "acme:polishing"}, "STEP_WITHOUT_NAMESPACE", ".bizStep"),
        ({**GOOD, "disposition": "https://acme.example/shiny"}, "UNKNOWN_DISPOSITION", ".disposition"),
        (without(GOOD, "readPoint"), "NO_PLACE", ""),
        (without(GOOD, "destinationList"), "NO_DESTINATION", ""),
        (made([], [quantity(lot(FLOUR, "F1"), 1.5, None)]), "FRACTION_WITHOUT_UOM", ".quantityList[0].quantity"),
        (shipped([sscc(1), lot(FLOUR, "F1")]), "CLASS_IN_EPC_LIST", ".epcList[1]"),
        (shipped([], [quantity(unit(DUMPLING, "S1"), 1, None)]), "SERIAL_UNDER_CLASS", ".quantityList[0].epcClass"),
        (shipped(["https://acme.example/thing/7"]), "NOT_A_GS1_KEY", ".epcList[0]"),
        (
            {**GOOD, "bizTransactionList": [{"type": "po", "bizTransaction": "https://id.gs1.org/253/9506000134001"}]},
            "MALFORMED_REFERENCE",
            ".bizTransactionList[0].bizTransaction",
        ),
        (made(["urn:epc:id:sgtin:9506000.013433.S1", "urn:epc:id:sgtin:0614141.107346.2017"]), "SEVERAL_PREFIXES", ""),
    ],
)
def test_each_of_them_is_said_at_its_place(event: dict[str, Any], code: str, path: str) -> None:
    assert codes(OTHER, event) == [(code, f"[1]{path}")]


def test_the_same_event_twice_is_said_with_the_line_of_the_first() -> None:
    report = json_report(pretty(GOOD, {**GOOD, "readPoint": {"id": PLANT}}))
    [warning] = report.warnings
    assert warning.code == "TWICE_IN_DOCUMENT"
    first = next(number for number, line in enumerate(report.lines, 1) if line == "      {")
    assert f"at line {first}:" in warning.message


def test_utc_beside_a_local_offset_is_usual() -> None:
    assert codes({**GOOD, "eventTime": "2026-03-02T00:00:00Z", "eventTimeZoneOffset": "+08:00"}) == []


def test_warnings_are_told_in_chinese() -> None:
    event = {**GOOD, "bizTransactionList": [{"type": "po", "bizTransaction": "https://id.gs1.org/253/9506000134001"}]}
    [warning] = json_report(pretty(event), Language.ZH).warnings
    assert "看起来是 GS1 编码，其实不是：" in warning.message
    assert "校验位" in warning.message
    assert warning.mend == ADVICE["MALFORMED_REFERENCE"].mend_zh


def test_an_event_with_faults_has_no_warnings() -> None:
    report = json_report(pretty({**without(GOOD, "eventID"), "action": "SHIP"}))
    assert (report.fault_count, report.warning_count) == (1, 0)
    assert CUSTOMER in (report.events[0].example or "")
