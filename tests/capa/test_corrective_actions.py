"""An 8D report from its opening to its closing: what it needs, who judges it, what comes back, what is late."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.capa import looking
from backend.capa.errors import CorrectiveActionStateError
from backend.capa.rules import WRITTEN, Cause, CauseCategory, Detail, Discipline, check_detail, is_late, require_ready_for_check
from backend.services import Services
from infra.clock import isoformat, now
from infra.errors import InvalidInputError
from tenants.permissions import Role
from tests.capa.operations import ADD_ITEM, ALERTS, APPROVALS, COMPLETE, ONE, OPEN, PLAN, REOPEN, SUBMIT, VERIFY, WRITE
from tests.factories import FLOUR
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.nonconformance.conftest import BAD, Signer

Opened = Callable[..., Awaitable[dict[str, Any]]]


async def begun(signer: Signer, **more: Any) -> dict[str, Any]:
    """An open corrective action."""
    payload = await signer.caller.command(OPEN, {"kind": "CORRECTIVE", "title": "Flour too wet", **more})
    assert payload["userErrors"] == []
    return dict(payload["correctiveAction"])


async def written(signer: Signer, found: dict[str, Any], *, but: str = "") -> None:
    """D1 to D7, done."""
    for one in WRITTEN:
        if one.name != but:
            given = {"correctiveActionId": found["id"], "discipline": one.name, "text": f"what D{int(one)} says", "done": True}
            assert (await signer.caller.command(WRITE, given))["userErrors"] == []


async def bring_forward(services: Services, firm: Firm) -> None:
    """The check is due by now."""
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update corrective_action set check_at = now() where tenant_id = $1")


async def test_eight_disciplines_from_opening_to_closing(services: Services, boss: Signer, manager: Signer, opened: Opened, goods: Firm) -> None:
    found = await begun(boss, nonconformanceIds=[(await opened(characteristic="moisture"))["id"]])
    assert (found["number"][-5:], found["status"], found["ownerName"] != "") == ("-0001", "OPEN", True)
    assert [one["number"][-5:] for one in found["nonconformances"]] == ["-0001"]
    action = {"correctiveActionId": found["id"]}
    await written(boss, found, but="ROOT_CAUSE")
    causes = [{"category": "MATERIAL", "text": "stored in the rain", "root": True}, {"category": "METHOD", "text": "not covered"}]
    whys = ["the flour is wet", "the sacks were wet", "they stood in the rain"]
    fourth = {**action, "discipline": "ROOT_CAUSE", "text": "rain", "whys": whys, "causes": causes, "done": True}
    told = (await boss.caller.command(WRITE, fourth))["correctiveAction"]
    [root] = [one for one in told["disciplines"] if one["discipline"] == "ROOT_CAUSE"]
    assert (root["whys"], [one["root"] for one in root["causes"]], root["doneAt"] is not None) == (whys, [True, False], True)
    item = (await boss.caller.command(ADD_ITEM, {**action, "discipline": "IMPLEMENTED_ACTIONS", "text": "build a roof"}))["correctiveAction"]
    [error] = (await boss.caller.command(SUBMIT, action))["userErrors"]
    assert (error["code"], "1 of its actions" in error["message"]) == ("CORRECTIVE_ACTION_STATE", True)
    done = {"actionItemId": item["items"][0]["id"], "evidence": "photo of the roof"}
    assert (await boss.caller.command(COMPLETE, done))["correctiveAction"]["items"][0]["evidence"] == "photo of the roof"
    [error] = (await boss.caller.command(COMPLETE, done))["userErrors"]
    assert error["code"] == "ACTION_ITEM_NOT_FOUND"
    plan = {**action, "at": isoformat(now() + timedelta(days=30)), "criterion": "no wet flour", "gtin": FLOUR, "characteristic": "moisture"}
    assert (await boss.caller.command(PLAN, plan))["userErrors"] == []
    assert (await boss.caller.command(SUBMIT, action))["correctiveAction"]["status"] == "CHECKING"
    judged = {**action, "effective": True, "reason": "none came back"}
    [error] = (await manager.caller.command(VERIFY, {**judged, "signature": {"meaning": "APPROVED"}}))["userErrors"]
    assert "checked from" in error["message"]
    await bring_forward(services, goods)
    [error] = (await boss.caller.command(VERIFY, {**judged, "signature": {"meaning": "APPROVED"}}))["userErrors"]
    assert "somebody else judges" in error["message"]
    # A nonconformance of the same product and characteristic is told by itself.
    await opened(characteristic="moisture", hold=False)
    await opened(characteristic="colour", hold=False)
    assert [one["number"][-5:] for one in (await boss.caller.ask(ONE, {"id": found["id"]}))["correctiveAction"]["recurrences"]] == ["-0002"]
    failed = {**judged, "effective": False, "reason": "came back", "signature": manager.sign("REJECTED")}
    assert (await manager.caller.command(VERIFY, failed))["correctiveAction"]["status"] == "OPEN"
    assert (await boss.caller.command(SUBMIT, action))["userErrors"] == []
    closed = (await manager.caller.command(VERIFY, {**judged, "signature": manager.sign()}))["correctiveAction"]
    assert (closed["status"], closed["disciplines"][-1]["discipline"], closed["closedAt"] is not None) == ("CLOSED", "CLOSURE", True)
    [error] = (await boss.caller.command(WRITE, {**action, "discipline": "TEAM", "text": "x"}))["userErrors"]
    assert error["code"] == "CORRECTIVE_ACTION_STATE"
    assert (await boss.caller.command(REOPEN, {**action, "reason": "rain again"}))["correctiveAction"]["status"] == "OPEN"


async def test_what_waits_for_somebody_is_told_to_whom_it_waits_for(
    services: Services, boss: Signer, manager: Signer, opened: Opened, goods: Firm, caller_of: Callable[..., Awaitable[Caller]]
) -> None:
    found = await begun(boss)
    await written(boss, found)
    plan = {"correctiveActionId": found["id"], "at": isoformat(now() + timedelta(days=1)), "criterion": "none comes back"}
    await boss.caller.command(PLAN, plan)
    await boss.caller.command(SUBMIT, {"correctiveActionId": found["id"]})
    await bring_forward(services, goods)
    critical = await opened(severity="CRITICAL")
    from tests.nonconformance.operations import DECIDE, REVIEW

    waiting = await opened(hold=False, title="To be decided")
    await boss.caller.command(REVIEW, {"nonconformanceId": waiting["id"]})
    line = {"key": BAD, "kind": "SCRAP"}
    await boss.caller.command(DECIDE, {"nonconformanceId": critical["id"], "lines": [line], "reason": "x", "signature": boss.sign()})

    async def asked(caller: Caller) -> list[tuple[str, str]]:
        nodes = (await caller.ask(APPROVALS))["approvals"]["nodes"]
        return sorted((node["kind"], node["title"]) for node in nodes)

    both = [("COUNTERSIGN", "Too wet"), ("DECIDE", "To be decided"), ("VERIFY", "Flour too wet")]
    assert await asked(manager.caller) == both
    assert await asked(boss.caller) == [("DECIDE", "To be decided")]
    assert await asked(await caller_of(goods, Role.QC_INSPECTOR)) == []


async def test_what_is_late_raises_an_alert_once_which_ends_when_it_is_done(services: Services, boss: Signer, goods: Firm) -> None:
    found = await begun(boss, dueAt=isoformat(now() + timedelta(days=9)))
    late = {"correctiveActionId": found["id"], "discipline": "CONTAINMENT", "text": "block the stock", "dueAt": isoformat(now() - timedelta(hours=1))}
    item = (await boss.caller.command(ADD_ITEM, late))["correctiveAction"]["items"][0]
    assert item["late"]
    for _ in range(2):
        await services.in_tenant(goods.tenant_id, lambda tx: looking.look(tx, {}))
    [alert] = [one for one in (await boss.caller.ask(ALERTS))["alerts"]["nodes"] if one["kind"] == "improvement_overdue"]
    assert (alert["subject"], alert["detail"]["what"], alert["closedAt"]) == (found["number"], "block the stock", None)
    await boss.caller.command(COMPLETE, {"actionItemId": item["id"], "evidence": "blocked"})
    assert (await boss.caller.ask(ALERTS))["alerts"]["nodes"] == []


async def test_however_much_is_late_all_of_it_is_told(
    services: Services, boss: Signer, goods: Firm, do_outbox: Callable[[], Awaitable[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "MOST_LATE", 2)
    found = await begun(boss, dueAt=isoformat(now() + timedelta(days=9)))
    for number in range(5):
        due = isoformat(now() - timedelta(hours=1))
        await boss.caller.command(
            ADD_ITEM, {"correctiveActionId": found["id"], "discipline": "CONTAINMENT", "text": f"block stock {number}", "dueAt": due}
        )
    await services.in_tenant(goods.tenant_id, lambda tx: looking.look(tx, {}))
    await do_outbox()
    told = [one["detail"]["what"] for one in (await boss.caller.ask(ALERTS))["alerts"]["nodes"] if one["kind"] == "improvement_overdue"]
    assert sorted(told) == [f"block stock {number}" for number in range(5)]


async def test_a_look_is_planned_once_for_what_falls_due_on_a_day(services: Services, goods: Firm) -> None:
    due = now() + timedelta(days=3)
    await services.in_tenant(goods.tenant_id, lambda tx: looking.look_at(tx, due))
    await services.in_tenant(goods.tenant_id, lambda tx: looking.look_at(tx, due + timedelta(seconds=1)))
    async with services.database.tenant(goods.tenant_id) as tx:
        rows = await tx.fetch("select due_at from outbox where tenant_id = $1 and topic = $2", looking.TOPIC)
    assert len(rows) == 1 or due.date() != (due + timedelta(seconds=1)).date()
    assert rows[0]["due_at"] > due


async def test_what_does_not_fit_is_refused(boss: Signer, goods: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    found = await begun(boss)
    action = {"correctiveActionId": found["id"]}
    for given, field in (
        ({"discipline": "CLOSURE", "text": "x"}, "discipline"), ({"discipline": "TEAM", "text": " ", "done": True}, "text"),
        ({"discipline": "PROBLEM", "text": "x", "team": ["a"]}, "team"), ({"discipline": "TEAM", "text": "x", "whys": ["a"]}, "whys"),
        ({"discipline": "ROOT_CAUSE", "text": "x", "whys": ["y"] * 11}, "whys"),
    ):  # fmt: skip
        errors = (await boss.caller.command(WRITE, {**action, **given}))["userErrors"]
        assert [error["field"] for error in errors] == [field], given
    [error] = (await boss.caller.command(OPEN, {"kind": "PREVENTIVE", "title": "x", "ownerId": "nobody"}))["userErrors"]
    assert error["field"] == "ownerId"
    [error] = (await boss.caller.command(SUBMIT, action))["userErrors"]
    assert "D1, D2, D3, D4, D5, D6, D7" in error["message"]
    inspector = await caller_of(goods, Role.QC_INSPECTOR)
    assert (await inspector.refusal(WRITE, {"input": {**action, "discipline": "TEAM", "text": "x"}}))["code"] == "PERMISSION_DENIED"


def test_rules_of_disciplines() -> None:
    check_detail(Discipline.ROOT_CAUSE, Detail((), ("a",), (Cause(CauseCategory.PEOPLE, "b"),)))
    with pytest.raises(InvalidInputError):
        check_detail(Discipline.ROOT_CAUSE, Detail((), ("a" * 501,)))
    with pytest.raises(CorrectiveActionStateError):
        require_ready_for_check(set(WRITTEN), 0, has_check=False)
    require_ready_for_check(set(WRITTEN), 0, has_check=True)
    assert is_late(now(), None, now() + timedelta(seconds=1))
    assert not is_late(now(), now(), now() + timedelta(seconds=1))
    assert not is_late(None, None, now())
