"""Effectiveness checks through GraphQL: a level is chosen, customers are drawn, asked and followed up; and what is refused."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from backend.recall_checks import checking, duties, looking
from backend.services import Services
from infra.clock import isoformat, now
from tests.factories import CUSTOMER, capture, quantity, shipped
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.graphql.test_batches import statements
from tests.recall_checks.telling import announced, opened
from tests.recall_checks.test_live_board import uuid_in
from tests.recall_scope.story import OTHER, P1

__all__ = ["statements"]
CHOOSE: Final = """mutation($input: ChooseRecallCheckLevelInput!) { chooseRecallCheckLevel(input: $input) {
  plan { level percentage seed version population reason chosenByName } counts { population sample open effective overdue }
  userErrors { field code message } } }"""
RECORD: Final = """mutation($input: RecordRecallCheckInput!) { recordRecallCheck(input: $input) { check { id party state attempts late
  records { person result followUp stock stockQuantity } } userErrors { field code message } } }"""
LIST: Final = """query($case: ID!, $filter: RecallCheckFilter) { recallChecks(caseId: $case, filter: $filter, first: 20) {
  nodes { id party position state late } } recallCheckOverview(caseId: $case) { plan { level } plans { level reason }
  counts { population sample open unreached ineffective effective overdue effectiveness performed } script { field zh en } } }"""
ALERTS: Final = "{ alerts(first: 20) { nodes { kind closedAt } } }"
WORKS: Final = {"reached": True, "person": "Wang", "receivedNotice": True, "acted": True, "stock": "SET_APART"}


async def chosen(owner: Caller, case: str, level: str = "A", **more: Any) -> dict[str, Any]:
    payload = await owner.command(CHOOSE, {"caseId": case, "level": level, "reason": "class I", **more})
    assert payload["userErrors"] == []
    return dict(payload)


async def refused(owner: Caller, query: str, given: dict[str, Any]) -> tuple[str, str | None]:
    [error] = (await owner.command(query, given))["userErrors"]
    return error["code"], error["field"]


async def checks(owner: Caller, case: str, **wanted: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await owner.ask(LIST, {"case": case, "filter": wanted or None}))["recallChecks"]["nodes"]
    return found


async def test_every_customer_is_asked_and_what_he_says_decides(owner: Caller, case: str) -> None:
    told = await chosen(owner, case)
    assert (told["plan"]["level"], told["plan"]["population"], told["counts"]["sample"], len(told["plan"]["seed"])) == ("A", 2, 2, 16)
    first, second = await checks(owner, case)
    assert ({first["party"], second["party"]}, [first["position"], second["position"]]) == ({CUSTOMER, OTHER}, [1, 2])
    done = (await owner.command(RECORD, {"checkId": first["id"], **WORKS}))["check"]
    assert (done["state"], done["records"][0]["result"], done["records"][0]["person"]) == ("EFFECTIVE", "EFFECTIVE", "Wang")
    assert (await owner.command(RECORD, {"checkId": second["id"], "reached": False}))["check"]["state"] == "UNREACHED"
    bad = {"checkId": second["id"], **WORKS, "acted": False, "stock": "STILL_ON_SALE", "stockQuantity": "3", "stockUom": "KGM"}
    assert await refused(owner, RECORD, bad) == ("INVALID_INPUT", "followUp")
    followed = (await owner.command(RECORD, {**bad, "followUp": "visit him tomorrow"}))["check"]
    assert (followed["state"], followed["attempts"], [one["result"] for one in followed["records"]]) == (
        "INEFFECTIVE",
        2,
        ["UNREACHED", "INEFFECTIVE"],
    )
    counts = (await owner.ask(LIST, {"case": case}))["recallCheckOverview"]["counts"]
    assert (counts["effectiveness"], counts["performed"], counts["effective"], counts["ineffective"]) == ("50", "100", 1, 1)
    assert (await owner.command(RECORD, {"checkId": second["id"], **WORKS}))["check"]["state"] == "EFFECTIVE"


async def test_a_check_is_recorded_as_effective_once(owner: Caller, case: str) -> None:
    await chosen(owner, case)
    [first, _] = await checks(owner, case)
    assert (await owner.command(RECORD, {"checkId": first["id"], **WORKS}, key="0b0b0b0b-0000-4000-8000-000000000001"))["userErrors"] == []
    again = await owner.command(RECORD, {"checkId": first["id"], **WORKS}, key="0b0b0b0b-0000-4000-8000-000000000001")
    assert (again["userErrors"], again["check"]["attempts"]) == ([], 1)
    assert await refused(owner, RECORD, {"checkId": first["id"], **WORKS}) == ("RECALL_CHECK_RECORDED", "checkId")


async def test_a_level_is_changed_with_a_reason_and_keeps_what_was_asked(owner: Caller, case: str) -> None:
    seed = (await chosen(owner, case, "D"))["plan"]["seed"]
    [only] = await checks(owner, case)
    await owner.command(RECORD, {"checkId": only["id"], **WORKS})
    more = await chosen(owner, case, "A")
    assert (more["plan"]["seed"], more["counts"]["sample"], more["counts"]["effective"]) == (seed, 2, 1)
    less = await chosen(owner, case, "E")
    assert (less["counts"]["sample"], less["counts"]["effective"], less["counts"]["open"]) == (1, 1, 0)
    [dropped] = await checks(owner, case, states=["DROPPED"])
    assert await refused(owner, RECORD, {"checkId": dropped["id"], **WORKS}) == ("RECALL_CHECK_DROPPED", "checkId")
    assert [one["level"] for one in (await owner.ask(LIST, {"case": case}))["recallCheckOverview"]["plans"]] == ["E", "A", "D"]


async def test_bad_choices_are_refused_and_write_nothing(services: Services, baker: Firm, owner: Caller, case: str) -> None:
    given = {"caseId": case, "level": "B", "reason": "x"}
    for more, field in (
        ({}, "percentage"), ({"percentage": "10"}, "percentage"), ({"percentage": "-3"}, "percentage"), ({"percentage": "100"}, "percentage"),
        ({"level": "A", "percentage": "50"}, "percentage"), ({"percentage": "50", "reason": " "}, "reason"),
        ({"percentage": "50", "dueAt": isoformat(now() - timedelta(days=1))}, "dueAt"),
        ({"percentage": "50", "dueAt": isoformat(now() + timedelta(days=999))}, "dueAt"),
    ):  # fmt: skip
        assert await refused(owner, CHOOSE, {**given, **more}) == ("INVALID_INPUT", field)
    assert await refused(owner, CHOOSE, {**given, "percentage": "50", "caseId": "nothing"}) == ("RECALL_NOT_FOUND", "caseId")
    assert await refused(owner, RECORD, {"checkId": "nothing", **WORKS}) == ("RECALL_CHECK_NOT_FOUND", "checkId")
    async with services.database.tenant(baker.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from recall_check_plan where tenant_id = $1") == 0
    assert (await chosen(owner, case, "B", percentage="50"))["counts"]["sample"] == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"receivedNotice": None}, "receivedNotice"), ({"acted": None}, "acted"), ({"person": ""}, "person"), ({"person": "x" * 201}, "person"),
        ({"stockQuantity": "-1"}, "stockQuantity"), ({"stockQuantity": "1", "stockUom": "FURLONG"}, "stockUom"),
        ({"stock": "NONE", "stockQuantity": "1"}, "stockQuantity"), ({"note": "x" * 4_001}, "note"),
    ],
)  # fmt: skip
async def test_bad_records_are_refused(owner: Caller, case: str, more: dict[str, Any], field: str) -> None:
    await chosen(owner, case)
    [first, _] = await checks(owner, case)
    assert await refused(owner, RECORD, {"checkId": first["id"], **WORKS, **more}) == ("INVALID_INPUT", field)
    assert (await checks(owner, case))[0]["state"] == "OPEN"


async def test_nobody_is_asked_before_the_announcement_nor_in_a_drill(services: Services, baker: Firm, owner: Caller) -> None:
    from backend.graphql.ids import global_id

    early, drill = await opened(services, baker), await opened(services, baker, drill=True)
    given = {"level": "A", "reason": "x"}
    assert await refused(owner, CHOOSE, {**given, "caseId": global_id("RecallCase", early)}) == ("RECALL_NOT_ANNOUNCED", "caseId")
    await announced(services, baker, drill)
    assert await refused(owner, CHOOSE, {**given, "caseId": global_id("RecallCase", drill)}) == ("RECALL_IS_DRILL", "caseId")


async def test_customers_who_come_with_an_extension_are_drawn_by_the_same_seed(services: Services, baker: Firm, owner: Caller, case: str) -> None:
    seed = (await chosen(owner, case))["plan"]["seed"]
    third = "https://example.com/party/third"
    late = shipped([], [quantity(P1, 1)], minutes=70, destinationList=[{"type": "owning_party", "destination": third}])
    await capture(services, baker.tenant_id, late)
    await announced(services, baker, uuid_in(case))
    payload = {"case_id": str(uuid_in(case)), "drill": False, "version": 2}
    for _ in range(2):
        await services.in_tenant(baker.tenant_id, lambda tx: checking.draw_again(tx, payload))
    assert {one["party"] for one in await checks(owner, case)} == {CUSTOMER, OTHER, third}
    overview = (await owner.ask(LIST, {"case": case}))["recallCheckOverview"]
    assert (len(overview["plans"]), overview["plans"][0]["reason"], overview["counts"]["population"]) == (2, checking.DRAWN_AGAIN, 3)
    assert (await chosen(owner, case))["plan"]["seed"] == seed


async def test_late_checks_raise_one_alert_that_ends_when_they_are_done(services: Services, baker: Firm, owner: Caller, case: str) -> None:
    await chosen(owner, case)

    async def look() -> list[bool]:
        await services.in_tenant(baker.tenant_id, lambda tx: looking.look(tx, {}))
        nodes = (await owner.ask(ALERTS.replace("first: 20", "first: 20, openOnly: false")))["alerts"]["nodes"]
        return [one["closedAt"] is not None for one in nodes if one["kind"] == looking.KIND]

    assert await look() == []
    async with services.database.tenant(baker.tenant_id) as tx:
        await tx.execute("update recall_check set due_at = now() - interval '1 hour' where tenant_id = $1")
    assert (await look(), await look()) == ([False], [False])
    late = await checks(owner, case, overdueOnly=True)
    assert [one["late"] for one in late] == [True, True]
    for one in late:
        await owner.command(RECORD, {"checkId": one["id"], **WORKS})
    assert await look() == [True]


async def test_checks_stand_against_closing_until_they_are_done(services: Services, baker: Firm, owner: Caller, case: str) -> None:
    async def open_kinds() -> list[str]:
        async with services.database.tenant(baker.tenant_id) as tx:
            return [duty.en for duty in await duties.open_duties(tx, uuid_in(case))]

    assert await open_kinds() == []
    async with services.database.tenant(baker.tenant_id) as tx:
        # As after a decision and an announcement.
        await tx.execute("update recall_case set state = 4, decision = 1, announced_at = now() where tenant_id = $1")
    assert await open_kinds() == ["no level of effectiveness checks is chosen (E if none is needed)"]
    await chosen(owner, case, "D")
    assert await open_kinds() == ["1 effectiveness checks aren't done, or weren't effective"]
    [only] = await checks(owner, case)
    await owner.command(RECORD, {"checkId": only["id"], **WORKS})
    assert await open_kinds() == []
    assert UUID(int=0) != uuid_in(case)
