"""The acceptance story: a laboratory finds lead in flour long after it was used, and every lot made from it stops by itself."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from tenants.permissions import Role
from tests.factories import CUSTOMER, DOUGH, DUMPLING, FLOUR, PLANT, capture, lot, made, packed, quantity, sscc, transformed
from tests.firms import Firm
from tests.graphql.conftest import Caller, catalogue
from tests.graphql.test_commands import SHIP
from tests.inspections.conftest import CONCLUDE, DAMP, LEAD, LISTED, OPEN, RECORD, REPORT, TASK, released

F1, F2 = lot(FLOUR, "F-1"), lot(FLOUR, "F-2")
DOUGH_LOT, FIRST, SECOND, OTHER = lot(DOUGH, "DO-1"), lot(DUMPLING, "D-1"), lot(DUMPLING, "D-2"), lot(DUMPLING, "D-9")
PALLET = sscc(5)
HELD: Final = "query($key: String!) { traceableObject(key: $key) { holdCauses { reason rootKey hold { id } } } }"
ALERTS: Final = "{ alerts(first: 10) { nodes { kind severity subject detail } } }"
NONCONFORMANCES: Final = "nonconformances"


async def told(services: Any, firm: Firm) -> None:
    """One lot of flour in dough, the dough in two lots of dumplings, one of them on a pallet; another lot of flour in a third."""
    await capture(
        services, firm.tenant_id, made([], [quantity(F1, 100), quantity(F2, 100)]), transformed([F1], [DOUGH_LOT], minutes=5),
        transformed([DOUGH_LOT], [FIRST, SECOND], minutes=10), transformed([F2], [OTHER], minutes=11),
        packed(PALLET, [], [quantity(FIRST, 5)], minutes=20),
    )  # fmt: skip


async def test_late_laboratory_result_locks_every_finished_lot_at_once(
    services: Any, firm: Firm, owner: Caller, caller_of: Callable[..., Awaitable[Caller]], do_outbox: Callable[[], Awaitable[int]]
) -> None:
    await catalogue(owner)
    await told(services, firm)
    await released(owner, "FLOUR-IN", [DAMP, LEAD], onFailure=["HOLD", "ALERT", "NONCONFORMANCE", "REINSPECT"])
    inspector = await caller_of(firm, Role.QC_INSPECTOR)
    # On arrival only the damp was measured: the flour went into production while the laboratory was at work.
    opened = (await inspector.command(OPEN, {"kind": "INCOMING", "key": "F-1"}))["inspection"]
    recorded = await inspector.command(RECORD, {"inspectionId": opened["id"], "results": [{"characteristic": "DAMP", "value": "13.1"}]})
    assert recorded["verdict"] == {"proposed": None, "missing": ["LEAD #1"], "failed": [], "uncertain": [], "flagged": [], "photos": []}
    ship = {"fromPlace": PLANT, "toParty": CUSTOMER, "lines": [{"key": SECOND, "quantity": 1, "uom": "KGM"}]}
    assert (await owner.command(SHIP, ship))["userErrors"] == []

    line = {"key": "F-1", "report": "R-2026-7", "sample": "S1", "characteristic": "铅", "value": "250", "unit": "µg/kg"}
    taken = await inspector.command(REPORT, {"laboratory": "SGS Shanghai", "results": [line]})
    assert taken["userErrors"] == []
    assert taken["lines"] == [
        {"index": 0, "status": "TAKEN", "field": None, "code": None, "message": None,
         "inspection": {"id": opened["id"], "status": "CONCLUDED", "conclusion": "REJECTED"}}
    ]  # fmt: skip

    for key in (F1, DOUGH_LOT, FIRST, SECOND, PALLET):
        [cause] = (await owner.ask(HELD, {"key": key}))["traceableObject"]["holdCauses"]
        assert (cause["rootKey"], cause["reason"]) == (f"01/{FLOUR}/10/F-1", "Failed inspection: 铅 250 µg/kg (> 0.2 mg/kg)"), key
    for key in (F2, OTHER):
        assert (await owner.ask(HELD, {"key": key}))["traceableObject"]["holdCauses"] == []
    for key in (PALLET, SECOND):
        goods = {"key": key} if key == PALLET else {"key": key, "quantity": 1, "uom": "KGM"}
        refused = await owner.command(SHIP, {**ship, "lines": [goods]})
        assert [error["code"] for error in refused["userErrors"]] == ["GOODS_HELD"]
        assert "铅 250" in refused["userErrors"][0]["message"]
    assert (await owner.command(SHIP, {**ship, "lines": [{"key": OTHER, "quantity": 1, "uom": "KGM"}]}))["userErrors"] == []

    [alert] = [one for one in (await owner.ask(ALERTS))["alerts"]["nodes"] if one["kind"] == "inspection_failed"]
    assert (alert["severity"], alert["subject"], alert["detail"]["action"]) == ("CRITICAL", F1, "test again")
    task = (await inspector.ask(TASK, {"key": "F-1"}))["inspectionTask"]
    assert [one["status"] for one in task["inspections"]] == ["AWAITING"]
    assert [one["code"] for one in task["version"]["characteristics"]] == ["DAMP", "LEAD"]
    again, first = (await inspector.ask(LISTED, {"filter": {"key": "F-1"}}))["inspections"]["nodes"]
    assert (again["origin"], again["follows"], again["reason"]) == (
        "FAILED_INSPECTION", {"id": opened["id"]}, "Test again: 铅 250 µg/kg (> 0.2 mg/kg)",
    )  # fmt: skip
    assert first["hold"]["objectKey"] == f"01/{FLOUR}/10/F-1"
    assert await do_outbox() > 0

    # Tested again and good: the hold stays until somebody who may releases it.
    good = [{"characteristic": "DAMP", "value": "13.0"}, {"characteristic": "LEAD", "value": "<0.01"}]
    assert (await inspector.command(RECORD, {"inspectionId": again["id"], "results": good}))["userErrors"] == []
    assert (await inspector.command(CONCLUDE, {"inspectionId": again["id"]}))["inspection"]["conclusion"] == "ACCEPTED"
    assert len((await owner.ask(HELD, {"key": FIRST}))["traceableObject"]["holdCauses"]) == 1
