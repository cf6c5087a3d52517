"""Specifications and inspections as people meet them: frozen, judged, concluded, superseded, refused with a reason."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from backend.inspections import service as inspections
from infra import clock
from tenants.permissions import Role
from tests.factories import FLOUR, capture, lot, made, quantity
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.inspections.conftest import (
    CANCEL,
    CONCLUDE,
    DAMP,
    END,
    LEAD,
    LISTED,
    LOOK,
    OPEN,
    PUT,
    RECORD,
    RELEASE,
    REPORT,
    SCHEDULE,
    TASK,
    WITHDRAW,
    released,
)

F1 = lot(FLOUR, "F-1")
GIVEN: dict[str, Any] = {"code": "FLOUR", "names": {"zh": "面粉"}, "characteristics": [DAMP], "scope": {"product": FLOUR}}


def codes(payload: dict[str, Any]) -> list[tuple[str, str]]:
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


@pytest.fixture
async def flour(services: Any, firm: Firm) -> Firm:
    """A firm with lots of flour."""
    await capture(services, firm.tenant_id, made([], [quantity(lot(FLOUR, f"F-{number}"), 100) for number in range(1, 4)]))
    return firm


async def opened(caller: Caller, key: str = "F-1", **more: Any) -> dict[str, Any]:
    payload = await caller.command(OPEN, {"kind": "INCOMING", "key": key, **more})
    assert payload["userErrors"] == [], payload
    return dict(payload["inspection"])


async def record(caller: Caller, inspection: dict[str, Any], **values: str) -> dict[str, Any]:
    results = [{"characteristic": code, "value": value} for code, value in values.items()]
    return await caller.command(RECORD, {"inspectionId": inspection["id"], "results": results})


async def test_a_released_version_never_changes_and_a_new_one_takes_its_place_from_its_date(flour: Firm, owner: Caller) -> None:
    public_id = await released(owner, "FLOUR", [DAMP])
    by_first = await opened(owner)
    again = await owner.command(RELEASE, {"specificationId": public_id, "version": 1})
    assert codes(again) == [("SPECIFICATION_RELEASED", "version")]
    strict = {**DAMP, "upper": {"value": "0.13", "unit": "P1"}, "lower": None}
    second = await owner.command(PUT, {**GIVEN, "characteristics": [strict]})
    assert (second["version"]["version"], second["version"]["status"]) == (2, "DRAFT")
    past = (clock.now() - timedelta(days=1)).isoformat()
    assert codes(await owner.command(RELEASE, {"specificationId": public_id, "version": 2, "validFrom": past})) == [("INVALID_INPUT", "validFrom")]
    later = (clock.now() + timedelta(days=1)).isoformat()
    await owner.command(RELEASE, {"specificationId": public_id, "version": 2, "validFrom": later})
    task = (await owner.ask(TASK, {"key": "F-2"}))["inspectionTask"]
    assert (task["version"]["version"], task["inspections"]) == (1, [])
    await owner.command(PUT, {**GIVEN, "characteristics": [strict]})
    assert (await owner.command(RELEASE, {"specificationId": public_id, "version": 3}))["version"]["status"] == "RELEASED"
    assert (await opened(owner, "F-2"))["specificationVersion"]["version"] == 3
    # What was begun by the first is judged by the first.
    await record(owner, by_first, DAMP="14")
    assert (await owner.command(CONCLUDE, {"inspectionId": by_first["id"]}))["inspection"]["conclusion"] == "ACCEPTED"
    withdrawn = await owner.command(WITHDRAW, {"specificationId": public_id, "version": 3, "reason": "wrong limit"})
    assert withdrawn["version"]["withdrawnReason"] == "wrong limit"
    assert codes(await owner.command(OPEN, {"kind": "INCOMING", "key": "F-3"})) == [("NO_SPECIFICATION", "specification")]


async def test_impossible_specifications_are_refused_by_field(firm: Firm, owner: Caller, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    for wrong, field in (
        ({"lower": {"value": "15"}}, "lower"), ({"target": "20"}, "target"), ({"upper": {"value": "1", "unit": "KGM"}}, "upper.unit"),
        ({"kind": "PASS_FAIL"}, "unit"), ({"measurements": 0}, "measurements"),
    ):  # fmt: skip
        refused = await owner.command(PUT, {**GIVEN, "characteristics": [{**DAMP, **wrong}]})
        assert codes(refused) == [("SPECIFICATION_IMPOSSIBLE", f"characteristics[0].{field}")], wrong
    await owner.command(PUT, GIVEN)
    assert codes(await owner.command(PUT, {**GIVEN, "code": "OTHER"})) == [("SPECIFICATION_EXISTS", "scope")]
    assert codes(await owner.command(PUT, {**GIVEN, "scope": {}})) == [("SPECIFICATION_IMPOSSIBLE", "scope")]
    worker = await caller_of(firm, Role.QC_INSPECTOR)
    assert (await worker.refusal(PUT, {"input": GIVEN}))["code"] == "PERMISSION_DENIED"


async def test_results_are_replaced_and_kept_and_a_concluded_inspection_is_superseded_with_a_reason(flour: Firm, owner: Caller) -> None:
    await released(owner, "FLOUR", [DAMP, LOOK], onFailure=["HOLD", "ALERT"])
    first = await opened(owner)
    assert codes(await owner.command(OPEN, {"kind": "INCOMING", "key": F1})) == [("INSPECTION_OPEN", "key")]
    wrong = {"inspectionId": first["id"], "results": [{"characteristic": "DAMP", "value": "13"}, {"characteristic": "LOOK", "value": "green"}]}
    assert codes(await owner.command(RECORD, wrong)) == [("INVALID_INPUT", "results[1].value")]
    twice = {"inspectionId": first["id"], "results": [{"characteristic": "DAMP", "value": "13"}] * 2}
    assert codes(await owner.command(RECORD, twice)) == [("INVALID_INPUT", "results[1].measurement")]
    await record(owner, first, DAMP="131")
    verdict = (await record(owner, first, DAMP="13.1", LOOK="NG"))["verdict"]
    assert (verdict["proposed"], verdict["failed"]) == ("CONDITIONAL", ["LOOK"])
    assert codes(await owner.command(CONCLUDE, {"inspectionId": first["id"], "conclusion": "ACCEPTED"})) == [("INSPECTION_NOT_READY", "conclusion")]
    conditional = {"inspectionId": first["id"], "conclusion": "CONDITIONAL", "note": "for sauces"}
    assert (await owner.command(CONCLUDE, conditional))["inspection"]["conclusion"] == "CONDITIONAL"
    assert codes(await record(owner, first, DAMP="12")) == [("INSPECTION_CONCLUDED", "inspectionId")]
    assert codes(await owner.command(CONCLUDE, {"inspectionId": first["id"]})) == [("INSPECTION_CONCLUDED", "inspectionId")]

    supersede = {"kind": "INCOMING", "key": "F-1", "supersedes": first["id"]}
    assert codes(await owner.command(OPEN, supersede)) == [("INVALID_INPUT", "reason")]
    second = await opened(owner, supersedes=first["id"], reason="the wrong sack was opened")
    await record(owner, second, DAMP="4", LOOK="OK")
    done = (await owner.command(CONCLUDE, {"inspectionId": second["id"]}))["inspection"]
    assert (done["conclusion"], done["supersedes"], done["hold"]["active"]) == ("REJECTED", {"id": first["id"]}, True)
    listed = (await owner.ask(LISTED, {"filter": {"conclusion": "CONDITIONAL"}}))["inspections"]["nodes"]
    assert [(one["id"], one["supersededBy"]["id"]) for one in listed] == [(first["id"], second["id"])]
    assert sorted((one["characteristic"], one["value"]) for one in listed[0]["results"]["nodes"]) == [("DAMP", "13.1"), ("LOOK", "NG")]
    assert codes(await owner.command(OPEN, {**supersede, "reason": "again"})) == [("INVALID_INPUT", "supersedes")]


async def test_rejecting_what_passes_needs_a_note_and_an_untouched_one_is_cancelled(flour: Firm, owner: Caller) -> None:
    await released(owner, "FLOUR", [DAMP], onFailure=[])
    first, second = await opened(owner), await opened(owner, "F-2")
    await record(owner, first, DAMP="13")
    reject = {"inspectionId": first["id"], "conclusion": "REJECTED"}
    assert codes(await owner.command(CONCLUDE, reject)) == [("INSPECTION_NOT_READY", "conclusion")]
    done = (await owner.command(CONCLUDE, {**reject, "note": "smells of diesel"}))["inspection"]
    assert (done["conclusion"], done["hold"]) == ("REJECTED", None)
    assert codes(await owner.command(CANCEL, {"inspectionId": second["id"], "reason": ""})) == [("INVALID_INPUT", "reason")]
    assert (await owner.command(CANCEL, {"inspectionId": second["id"], "reason": "sent back"}))["inspection"]["status"] == "CANCELLED"
    awaiting = {"filter": {"statuses": ["AWAITING", "BEGUN"]}}
    assert (await owner.ask(LISTED, awaiting))["inspections"]["nodes"] == []


async def test_laboratory_lines_are_taken_once_and_what_is_wrong_with_one_keeps_no_other_out(flour: Firm, owner: Caller) -> None:
    await released(owner, "FLOUR", [DAMP, LEAD])
    line = {"key": "F-1", "report": "R-1", "sample": "S-1", "characteristic": "LEAD", "value": "<0.01", "unit": "mg/kg"}
    lines = [
        line, {**line, "value": "lots"}, {**line, "key": "F-99"}, {**line, "characteristic": "GOLD"}, {**line, "unit": "kg", "sample": "S-2"},
        {**line, "characteristic": "水分", "value": "13.2", "unit": "%"}, {**line, "key": "F-2", "report": ""},
    ]  # fmt: skip
    taken = await owner.command(REPORT, {"laboratory": "SGS", "results": lines})
    told = [(one["status"], one["field"], one["code"]) for one in taken["lines"]]
    assert told == [
        ("TAKEN", None, None), ("REFUSED", "report", "REPORT_CONFLICT"), ("REFUSED", "key", "OBJECT_NOT_FOUND"),
        ("REFUSED", "characteristic", "CHARACTERISTIC_UNKNOWN"), ("REFUSED", "unit", "INVALID_INPUT"), ("TAKEN", None, None),
        ("REFUSED", "report", "INVALID_INPUT"),
    ]  # fmt: skip
    [inspection] = {one["inspection"]["id"] for one in taken["lines"] if one["inspection"]}
    assert taken["lines"][0]["inspection"]["conclusion"] == "ACCEPTED"
    again = await owner.command(REPORT, {"laboratory": "SGS", "results": [line, lines[5]]})
    assert [(one["status"], one["inspection"]["id"]) for one in again["lines"]] == [("DUPLICATE", inspection)] * 2
    changed = await owner.command(REPORT, {"laboratory": "SGS", "results": [{**line, "value": "0.5"}]})
    assert [one["code"] for one in changed["lines"]] == ["REPORT_CONFLICT"]
    assert len((await owner.ask(LISTED, {}))["inspections"]["nodes"]) == 1
    other = await owner.command(REPORT, {"laboratory": "Eurofins", "results": [{**line, "value": "0.5"}]})
    assert [(one["status"], one["inspection"]["conclusion"]) for one in other["lines"]] == [("TAKEN", "REJECTED")]


async def test_measurements_are_told_in_order_without_what_was_replaced_or_superseded(flour: Firm, services: Any, owner: Caller) -> None:
    await released(owner, "FLOUR", [DAMP], onFailure=[])
    for key, values in (("F-1", ("14", "13.1")), ("F-2", ("13.3",)), ("F-3", ("<5",))):
        inspection = await opened(owner, key)
        for value in values:
            await record(owner, inspection, DAMP=value)
    async with services.database.tenant(flour.tenant_id) as tx:
        since = clock.now() - timedelta(hours=1)
        found = await inspections.measurements(tx, product=FLOUR, characteristic="DAMP", step=None, since=since, limit=10)
        rest = await inspections.measurements(tx, product=FLOUR, characteristic="DAMP", step=None, since=found[0].measured_at, limit=1)
    assert [(one.number, one.bounded) for one in found] == [(Decimal("13.1"), False), (Decimal("13.3"), False), (Decimal(5), True)]
    assert [one.number for one in rest] == [Decimal("13.3")]


async def test_periodic_inspections_come_due_by_days_and_by_lots(
    flour: Firm, services: Any, owner: Caller, do_outbox: Callable[[], Awaitable[int]]
) -> None:
    public_id = await released(owner, "FLOUR", [DAMP])
    due = (clock.now() - timedelta(days=10)).isoformat()
    weekly = {"name": "weekly", "specificationId": public_id, "everyDays": 7, "firstDueAt": due, "equipment": "mill 2"}
    for wrong, field in (({"everyLots": 2}, "everyDays"), ({"everyDays": 0}, "everyDays"), ({"everyDays": None, "everyLots": 2}, "product")):
        assert codes(await owner.command(SCHEDULE, {**weekly, **wrong})) == [("INVALID_INPUT", field)]
    first = (await owner.command(SCHEDULE, weekly))["schedule"]
    counted = {"name": "every second", "specificationId": public_id, "everyLots": 2, "product": FLOUR}
    await owner.command(SCHEDULE, counted)
    await do_outbox()
    overdue = (await owner.ask(LISTED, {"filter": {"overdue": True}}))["inspections"]["nodes"]
    assert [(one["kind"], one["origin"], one["overdue"], one["reason"]) for one in overdue] == [("PERIODIC", "SCHEDULE", True, "weekly")]
    await capture(services, flour.tenant_id, made([], [quantity(lot(FLOUR, f"G-{number}"), 1) for number in range(1, 6)], minutes=5))
    await do_outbox()
    await do_outbox()
    nodes = (await owner.ask(LISTED, {"filter": {"kinds": ["PERIODIC"], "product": FLOUR}}))["inspections"]["nodes"]
    assert sorted(one["object"]["code"] for one in nodes if one["object"]) == ["G-2", "G-4"]
    ended = await owner.command(END, {"scheduleId": first["id"], "reason": "mill sold"})
    assert ended["schedule"]["endedAt"] is not None
    assert codes(await owner.command(END, {"scheduleId": first["id"], "reason": "again"})) == [("SCHEDULE_NOT_FOUND", "scheduleId")]
