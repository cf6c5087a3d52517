"""A drill from the draw of a lot to its signed conclusion, through GraphQL; and that it touches no customer and no goods."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import pytest

from backend.graphql.ids import global_id
from backend.housekeeping.service import Housekeeping
from backend.recall_drills import schedule
from backend.recall_drills.rules import Policy
from backend.services import Services
from infra.clock import isoformat, now
from infra.schema import metadata
from tests.capa.operations import OPEN as OPEN_ACTION
from tests.factories import CUSTOMER, DUMPLING, FLOUR, capture, lot, shipped, transformed
from tests.firms import Firm
from tests.graphql.conftest import PUT, Caller
from tests.nonconformance.conftest import Signer
from tests.recall_checks.telling import came_back, destroyed, opened
from tests.recall_scope.story import D1, F1, OTHER, P1

_DRILL: Final = """drill { id number title state recallCaseId seed participants targetSeconds targetPercent finishedAt seconds forwardPercent
  backwardPercent completenessPercent passed conclusion concludedByName steps { step seconds machineSeconds doneByName detail }
  findings { id severity text correctiveAction { number } } signatures(first: 5) { nodes { meaning intact } } }
  userErrors { field code message }"""


def _mutation(name: str) -> str:
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ {_DRILL} }} }}"


START, STEP, FINISH, CANCEL, CONCLUDE, FIND, LINK, PEOPLE = (
    _mutation(name)
    for name in (
        "startRecallDrill", "takeRecallDrillStep", "finishRecallDrill", "cancelRecallDrill", "concludeRecallDrill", "addRecallDrillFinding",
        "linkRecallDrillFinding", "setRecallDrillParticipants",
    )
)  # fmt: skip
POLICY: Final = """mutation($input: SetRecallDrillPolicyInput!) { setRecallDrillPolicy(input: $input) {
  schedule { targetSeconds targetPercent everyDays warnDays lastAt dueAt overdue } userErrors { field code } } }"""
HISTORY: Final = """{ recallDrills(first: 20) { nodes { number state passed seconds forwardPercent } }
  recallDrillSchedule { targetSeconds everyDays lastAt dueAt overdue } }"""
CANDIDATES: Final = """query($seed: String, $until: DateTime, $count: Int!, $months: Int!) {
  recallDrillCandidates(seed: $seed, until: $until, count: $count, months: $months) { seed until candidates { key gtin code shipments } } }"""
STEPS: Final = ("SCOPE", "CUSTOMERS", "RECONCILIATION")
# What a drill may write: its own rows and its case's, the trail, and what keeps a request from being done twice.
MAY_CHANGE: Final = frozenset(
    {"recall_drill", "recall_drill_step", "recall_drill_finding", "recall_case", "recall_act", "recall_question", "recall_watch", "quality_number"}
    | {"audit_entry", "audit_chain", "outbox", "effect", "idempotent_reply", "signature", "electronic_signature"}
)


async def begun(owner: Caller, *lots: str, **more: Any) -> dict[str, Any]:
    payload = await owner.command(START, {"title": "Yearly", "reason": "BRCGS 3.9", "lots": list(lots or (P1,)), **more})
    assert payload["userErrors"] == []
    return dict(payload["drill"])


async def taken(owner: Caller, drill: dict[str, Any]) -> dict[str, Any]:
    """All steps, and the score."""
    for step in STEPS:
        assert (await owner.command(STEP, {"drillId": drill["id"], "step": step}))["userErrors"] == []
    payload = await owner.command(FINISH, {"drillId": drill["id"]})
    assert payload["userErrors"] == []
    return dict(payload["drill"])


async def refused(owner: Caller, query: str, given: dict[str, Any]) -> tuple[str, str | None]:
    [error] = (await owner.command(query, given))["userErrors"]
    return error["code"], error["field"]


async def rows(services: Services, firm: Firm) -> dict[str, int]:
    """How many rows the firm has in each table."""
    tables = [table.name for table in metadata.sorted_tables if table.info["tenant_owned"] and "SELECT" in table.info["grants"].get("suyuan_app", ())]
    async with services.database.tenant(firm.tenant_id) as tx:
        return {name: await tx.fetchval(f"select count(*) from {name} where tenant_id = $1") for name in tables}


async def test_a_drill_is_timed_scored_and_signed(services: Services, boss: Signer, baker: Firm) -> None:
    owner = boss.caller
    drill = await begun(owner, participants=["Li Lei, quality"], seed="abc")
    assert (drill["state"], drill["targetSeconds"], drill["targetPercent"], drill["seed"]) == ("RUNNING", 14_400, "99.5", "abc")
    assert await refused(owner, STEP, {"drillId": drill["id"], "step": "CUSTOMERS"}) == ("RECALL_DRILL_STATE", "step")
    assert await refused(owner, FINISH, {"drillId": drill["id"]}) == ("RECALL_DRILL_STATE", "drillId")
    done = await taken(owner, drill)
    assert [one["step"] for one in done["steps"]] == list(STEPS)
    seconds = [float(one["seconds"]) for one in done["steps"]]
    assert seconds == sorted(seconds)
    assert (done["state"], done["passed"], done["forwardPercent"], done["backwardPercent"], float(done["seconds"])) == (
        "FINISHED", True, "100", "100", seconds[-1],
    )  # fmt: skip
    scope, customers, balance = (one["detail"] for one in done["steps"])
    assert (scope["affected"], scope["inputs"] > 0, len(scope["sha256"])) == (1, True, 64)
    assert (customers["customers"], customers["lots"], customers["notInCatalogue"]) == (1, 1, [CUSTOMER])
    assert [(one["gtin"], one["produced"], one["accounted"]) for one in balance["forward"]["rows"]] == [(DUMPLING, "35", "35")]
    assert {"kind": "customer_not_in_catalogue", "subject": CUSTOMER, "count": 1} in balance["missing"]
    action = (await owner.command(OPEN_ACTION, {"kind": "CORRECTIVE", "title": "Put customers in"}))["correctiveAction"]
    found = (await owner.command(FIND, {"drillId": drill["id"], "severity": "MAJOR", "text": "a customer is unknown"}))["drill"]["findings"]
    linked = (await owner.command(LINK, {"findingId": found[0]["id"], "correctiveActionId": action["id"]}))["drill"]["findings"]
    assert [(one["severity"], one["correctiveAction"]["number"]) for one in linked] == [("MAJOR", action["number"])]
    given = {"drillId": drill["id"], "conclusion": "It works; one finding"}
    signed = (await owner.command(CONCLUDE, {**given, "signature": boss.sign("APPROVED")}))["drill"]
    assert (signed["state"], signed["conclusion"], signed["concludedByName"] != "") == ("CONCLUDED", "It works; one finding", True)
    assert signed["signatures"]["nodes"] == [{"meaning": "APPROVED", "intact": True}]
    cases = await owner.ask(
        "{ recalls(first: 5, filter: {openOnly: false}) { nodes { number state timeline(first: 1) { nodes { kind signed } } } } }"
    )
    assert cases["recalls"]["nodes"] == [{"number": drill["number"], "state": "CLOSED", "timeline": {"nodes": [{"kind": "CLOSED", "signed": True}]}}]
    assert await refused(owner, CONCLUDE, {**given, "signature": boss.sign("APPROVED")}) == ("RECALL_DRILL_STATE", "drillId")


async def test_a_drill_touches_no_customer_and_no_goods(
    services: Services, boss: Signer, baker: Firm, do_outbox: Callable[[], Awaitable[int]]
) -> None:
    owner = boss.caller
    await do_outbox()
    before = await rows(services, baker)
    drill = await taken(owner, await begun(owner, F1))
    await owner.command(FIND, {"drillId": drill["id"], "severity": "MINOR", "text": "slow"})
    assert (await owner.command(CONCLUDE, {"drillId": drill["id"], "conclusion": "ok", "signature": boss.sign("APPROVED")}))["userErrors"] == []
    await do_outbox()
    after = await rows(services, baker)
    changed = {name for name in after if after[name] != before[name]}
    assert "recall_drill" in changed
    assert changed - MAY_CHANGE == set()
    for name in ("hold", "hold_root", "recall_notice", "recall_notice_delivery", "recall_version", "recall_check", "webhook_delivery", "event"):
        assert after[name] == before[name], name


async def test_goods_that_vanished_make_a_drill_fail(services: Services, owner: Caller, baker: Firm) -> None:
    # 35 kg were made and 20 shipped: of 25 that were destroyed, ten came from nowhere.
    await capture(services, baker.tenant_id, destroyed(P1, 25, 61))
    done = await taken(owner, await begun(owner, P1))
    assert (done["forwardPercent"], done["backwardPercent"], done["passed"]) == ("71.42", "100", False)
    [forward] = done["steps"][2]["detail"]["forward"]["rows"]
    assert (forward["produced"], forward["accounted"], forward["difference"]) == ("35", "45", "-10")


async def test_a_step_that_tells_no_quantity_and_a_return_are_looked_at(services: Services, owner: Caller, baker: Firm) -> None:
    silent = transformed([F1], [lot(DUMPLING, "P9")], 70)
    silent["inputQuantityList"] = [{"epcClass": F1}]
    unnamed = transformed([f"https://id.gs1.org/01/{FLOUR}"], [lot(DUMPLING, "P9")], 71)
    await capture(services, baker.tenant_id, silent, unnamed, came_back(P1, 3, CUSTOMER))
    done = await taken(owner, await begun(owner, F1))
    missing = {(one["kind"], one["subject"]) for one in done["steps"][2]["detail"]["missing"]}
    assert {kind for kind, _ in missing} >= {"quantity_not_told", "lot_not_told", "customer_not_in_catalogue"}
    assert 0 < float(done["completenessPercent"]) < 100


async def test_a_case_that_was_opened_as_a_drill_is_drilled_on_once(services: Services, owner: Caller, baker: Firm) -> None:
    real, drill = await opened(services, baker), await opened(services, baker, D1, drill=True)
    given = {"title": "x", "reason": "y"}
    assert await refused(owner, START, {**given, "caseId": global_id("RecallCase", real)}) == ("RECALL_NO_DRILL", "caseId")
    on = {**given, "caseId": global_id("RecallCase", drill)}
    assert (await owner.command(START, on))["drill"]["recallCaseId"] == on["caseId"]
    assert await refused(owner, START, on) == ("RECALL_DRILL_STATE", "caseId")
    assert await refused(owner, START, {**given, "caseId": "nothing"}) == ("RECALL_NOT_FOUND", "caseId")
    assert await refused(owner, START, given) == ("INVALID_INPUT", "sources")
    assert await refused(owner, START, {**on, "lots": [P1]}) == ("INVALID_INPUT", "sources")
    assert await refused(owner, START, {**given, "lots": [P1] * 51}) == ("INVALID_INPUT", "sources")
    assert (await refused(owner, START, {**given, "lots": ["no such lot"]}))[0] == "OBJECT_NOT_FOUND"


async def test_an_empty_scope_is_said_and_the_drill_can_be_given_up(services: Services, owner: Caller, baker: Firm) -> None:
    from backend.holds.scopes import Scope, ScopeKind
    from backend.recall_scope.service import Source
    from backend.recalls import service as recalls

    window = Source.of_window(Scope(ScopeKind.SUPPLIER, party=OTHER, since=now() - timedelta(days=900), until=now() - timedelta(days=899)))
    case_id = await services.in_tenant(
        baker.tenant_id, lambda tx: recalls.open_case(tx, baker.principal, title="x", reason="y", sources=[window], drill=True)
    )
    drill = (await owner.command(START, {"title": "x", "reason": "y", "caseId": global_id("RecallCase", case_id)}))["drill"]
    assert await refused(owner, STEP, {"drillId": drill["id"], "step": "SCOPE"}) == ("RECALL_DRILL_EMPTY", "drillId")
    assert (await owner.command(CANCEL, {"drillId": drill["id"], "reason": "nothing there"}))["drill"]["state"] == "CANCELLED"
    assert await refused(owner, STEP, {"drillId": drill["id"], "step": "SCOPE"}) == ("RECALL_DRILL_STATE", "drillId")
    told = await owner.ask(HISTORY)
    assert (told["recallDrillSchedule"]["lastAt"], [one["passed"] for one in told["recallDrills"]["nodes"]]) == (None, [None])


async def test_lots_are_drawn_again_by_their_seed(services: Services, owner: Caller, baker: Firm) -> None:
    products = [{"gtin": DUMPLING, "names": {"zh": "饺子", "en": "Dumplings"}, "kind": "FINISHED", "uom": "KGM"}]
    assert (await owner.command(PUT["products"], {"products": products}))["userErrors"] == []
    many = [shipped([], [{"epcClass": lot(DUMPLING, f"X{n}"), "quantity": 1, "uom": "KGM"}], minutes=80 + n) for n in range(12)]
    await capture(services, baker.tenant_id, *many, shipped([], [{"epcClass": F1, "quantity": 1, "uom": "KGM"}], minutes=99))
    flour = [{"gtin": FLOUR, "names": {"zh": "面粉", "en": "Flour"}, "kind": "RAW", "uom": "KGM"}]
    assert (await owner.command(PUT["products"], {"products": flour}))["userErrors"] == []
    asked = {"seed": "s1", "until": isoformat(now()), "count": 5, "months": 24}
    first = (await owner.ask(CANDIDATES, asked))["recallDrillCandidates"]
    assert first == (await owner.ask(CANDIDATES, asked))["recallDrillCandidates"]
    assert ({one["gtin"] for one in first["candidates"]}, len({one["key"] for one in first["candidates"]})) == ({DUMPLING}, 5)
    other = (await owner.ask(CANDIDATES, {**asked, "seed": "s2"}))["recallDrillCandidates"]
    assert [one["key"] for one in other["candidates"]] != [one["key"] for one in first["candidates"]]
    assert len((await owner.ask(CANDIDATES, {**asked, "seed": None}))["recallDrillCandidates"]["seed"]) == 16
    for wrong in ({"count": 0}, {"count": 21}, {"months": 0}, {"months": 25}, {"seed": ""}, {"until": "0001-01-02T00:00:00Z"}):
        assert (await owner.refusal(CANDIDATES, {**asked, **wrong}))["code"] == "INVALID_INPUT", wrong


async def aged(services: Services, firm: Firm, days: int) -> None:
    """The firm has been here for so many days."""
    async with services.auth_database.connection() as connection:
        aging = "update tenant set created_at = now() - make_interval(days => $2) where tenant_id = $1"
        await connection.execute(aging, firm.tenant_id, days)


async def test_who_has_never_drilled_is_reminded_before_a_year_is_over_and_when_it_is(
    services: Services, owner: Caller, baker: Firm, do_outbox: Callable[[], Awaitable[int]]
) -> None:
    async def told() -> list[str]:
        for _ in range(2):
            await Housekeeping(services).of_tenant(baker.tenant_id, baker.tenant.public_id)
            await do_outbox()
        nodes = (await owner.ask("{ alerts(first: 20) { nodes { kind severity } } }"))["alerts"]["nodes"]
        return [one["severity"] for one in nodes if one["kind"] == schedule.KIND]

    assert await told() == []
    await aged(services, baker, 365 - Policy().warn_days - 1)
    assert await told() == []
    await aged(services, baker, 365 - Policy().warn_days + 1)
    assert await told() == ["NOTICE"]
    await aged(services, baker, 366)
    assert await told() == ["WARNING"]
    async with services.database.tenant(baker.tenant_id) as tx:
        looks = "select count(*) from outbox where tenant_id = $1 and topic = $2"
        assert await tx.fetchval(looks, schedule.TOPIC) == 2, "each is told once, however often the house is kept"
    # A finished drill ends it, and the next one is due a year from then.
    await taken(owner, await begun(owner, P1))
    assert await told() == []


async def test_the_next_drill_is_due_once_a_year_and_somebody_is_told(services: Services, owner: Caller, baker: Firm) -> None:
    async def alerts() -> list[bool]:
        await services.in_tenant(baker.tenant_id, lambda tx: schedule.look(tx, {}))
        nodes = (await owner.ask("{ alerts(first: 20, openOnly: false) { nodes { kind closedAt } } }"))["alerts"]["nodes"]
        return [one["closedAt"] is not None for one in nodes if one["kind"] == schedule.KIND]

    never = (await owner.ask(HISTORY))["recallDrillSchedule"]
    assert (never["overdue"], never["lastAt"], never["everyDays"]) == (False, None, 365)
    assert await alerts() == []
    await aged(services, baker, 366)
    assert (await owner.ask(HISTORY))["recallDrillSchedule"]["overdue"] is True
    assert await alerts() == [False]
    policy = {"targetSeconds": 7_200, "targetPercent": "99.9", "everyDays": 180, "warnDays": 10}
    told = (await owner.command(POLICY, policy))["schedule"]
    assert (told["targetSeconds"], told["targetPercent"], told["overdue"]) == (7_200, "99.9", True)
    for wrong, field in (({"everyDays": 400}, "everyDays"), ({"targetPercent": "-1"}, "targetPercent"), ({"warnDays": 181}, "warnDays")):
        assert await refused(owner, POLICY, {**policy, **wrong}) == ("INVALID_INPUT", field)
    done = await taken(owner, await begun(owner, P1))
    assert (done["targetSeconds"], done["targetPercent"]) == (7_200, "99.9")
    after = (await owner.ask(HISTORY))["recallDrillSchedule"]
    assert (after["overdue"], after["lastAt"]) == (False, done["finishedAt"])
    assert await alerts() == [True]
    async with services.database.tenant(baker.tenant_id) as tx:
        await tx.execute("update recall_drill set finished_at = now() - interval '175 days' where tenant_id = $1")
    assert sorted(await alerts()) == [False, True]


@pytest.mark.parametrize("query", [STEP, FINISH, CANCEL, FIND, PEOPLE])
async def test_a_drill_that_is_not_there(owner: Caller, baker: Firm, query: str) -> None:
    more: dict[str, Any] = {STEP: {"step": "SCOPE"}, CANCEL: {"reason": "x"}, FIND: {"severity": "MINOR", "text": "x"}, PEOPLE: {"participants": []}}
    assert await refused(owner, query, {"drillId": "nothing", **more.get(query, {})}) == ("RECALL_DRILL_NOT_FOUND", "drillId")
