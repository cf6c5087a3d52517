"""The clocks of a case: which run from when, what meets and ends them, and who is warned when."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from infra.clock import isoformat, now
from tests.recalls.conftest import RECALL, Desk
from tests.recalls.operations import ANNOUNCE, BEGIN, CHANGE, COMPLETE, DECIDE, DISMISS, MEET, ONE, POLICY, REOPEN, WAIVE

ALERTS = "{ alerts(first: 10) { nodes { kind severity subject detail } } }"
FEED = "{ myNotifications(first: 20) { nodes { title text } } }"
DoOutbox = Callable[[], Awaitable[int]]


def by_rule(case: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The last occurrence of each clock."""
    return {clock["rule"]: clock for clock in sorted(case["clocks"], key=lambda clock: clock["occurrence"])}


async def alerts(desk: Desk) -> list[dict[str, Any]]:
    """Those of clocks."""
    found = await desk.signer.caller.ask(ALERTS)
    return [alert for alert in found["alerts"]["nodes"] if alert["kind"] == "recall_clock"]


async def test_known_sector_and_countries_start_the_gravest_clocks_and_the_decision_the_right_ones(desk: Desk) -> None:
    known = now() - timedelta(hours=2)
    case = await desk.open(sector="FOOD", countries=["cn"], knownAt=isoformat(known))
    assert set(by_rule(case)) == {"cn.food.1.start", "cn.food.1.report"}
    decided = by_rule(await desk.decide(case, recallClass="II"))
    assert {rule: clock["state"] for rule, clock in decided.items()} == {
        "cn.food.1.start": "ENDED", "cn.food.1.report": "ENDED", "cn.food.2.start": "RUNNING", "cn.food.2.report": "RUNNING",
    }  # fmt: skip
    assert decided["cn.food.2.start"]["beginsAt"] == decided["cn.food.1.start"]["beginsAt"]
    assert 45 * 3_600 < decided["cn.food.2.start"]["remainingSeconds"] <= 46 * 3_600


async def test_what_the_company_knew_is_corrected_and_a_later_decision_gives_no_more_time(desk: Desk) -> None:
    case = await desk.open(sector="MEDICAL_DEVICE", countries=["CN", "US"])
    decided = await desk.decide(case, sector="MEDICAL_DEVICE", countries=["CN", "US"])
    earlier = now() - timedelta(hours=5)
    changed = await desk.act(CHANGE, {"caseId": case["id"], "knownAt": isoformat(earlier)})
    assert by_rule(changed)["us.device.urgent"]["beginsAt"][:16] == isoformat(earlier)[:16]
    again = await desk.act(DECIDE, {"caseId": case["id"], **RECALL, "sector": "MEDICAL_DEVICE", "countries": ["CN"], "recallClass": "II",
                                    "revises": decided["decidedAt"]}, "APPROVED")  # fmt: skip
    assert by_rule(again)["cn.device.plan"]["beginsAt"] == by_rule(decided)["cn.device.plan"]["beginsAt"]
    assert (by_rule(again)["us.device.urgent"]["state"], by_rule(again)["cn.device.1.notice"]["state"]) == ("ENDED", "ENDED")
    assert by_rule(again)["cn.device.2.notice"]["state"] == "RUNNING"


async def test_a_duty_that_recurs_begins_again_until_the_recall_is_completed(desk: Desk) -> None:
    case = await desk.open()
    await desk.decide(case, sector="DRUG")
    first = by_rule(await desk.announce(case))["cn.drug.1.progress"]
    met = by_rule(await desk.act(MEET, {"caseId": case["id"], "rule": "cn.drug.1.progress", "evidence": "report 1"}))["cn.drug.1.progress"]
    assert (met["occurrence"], met["beginsAt"], met["state"]) == (2, first["dueAt"], "RUNNING")
    completed = by_rule(await desk.act(COMPLETE, {"caseId": case["id"], "reason": "all back"}))
    assert (completed["cn.drug.1.progress"]["state"], completed["cn.drug.final"]["state"]) == ("ENDED", "RUNNING")


async def test_an_authority_asks_and_the_24_hours_of_the_records_run(desk: Desk) -> None:
    case = await desk.open()
    await desk.decide(case, countries=["US", "GB"])
    found = (await desk.signer.caller.ask(ONE, {"id": case["id"]}))["recall"]
    assert (found["countriesWithoutLaw"], "us.food.fsma204" in by_rule(found)) == (["GB"], False)
    asked = now() - timedelta(hours=20)
    given = {"caseId": case["id"], "rule": "us.food.fsma204", "evidence": "FDA letter", "at": isoformat(asked)}
    begun = by_rule(await desk.act(BEGIN, given))["us.food.fsma204"]
    assert (begun["state"], begun["fixed"], begun["citation"]["en"]) == ("SOON", True, "21 CFR 1.1455(c)")
    assert (await desk.refused(BEGIN, given))[0] == "RECALL_STATE"
    met = await desk.act(MEET, {"caseId": case["id"], "rule": "us.food.fsma204", "evidence": "sheet 7"})
    assert by_rule(met)["us.food.fsma204"]["state"] == "MET"
    assert (await desk.refused(BEGIN, given | {"rule": "us.food.inform"}))[0] == "RECALL_CLOCK_NOT_FOUND"


async def test_without_delay_is_shown_with_the_companys_target_and_days_off_count(desk: Desk) -> None:
    days = [{"country": "cn", "days": [str((now() + timedelta(days=number)).date()) for number in range(60)]}]
    answer = await desk.signer.caller.command(POLICY, {"targetHours": 6, "holidays": days})
    assert (answer["policy"]["targetHours"], answer["policy"]["timeZone"], answer["policy"]["holidays"][0]["country"]) == (6, "Asia/Shanghai", "CN")
    case = await desk.open(sector="FOOD", countries=["DE", "CN"])
    clock = by_rule(case)["eu.food.inform"]
    assert (clock["fixed"], clock["country"]) == (False, "EU")
    assert 5 * 3_600 < clock["remainingSeconds"] <= 6 * 3_600
    await desk.decide(case, countries=["DE", "CN"])
    finish = by_rule(await desk.announce(case))["cn.food.1.finish"]
    assert finish["remainingSeconds"] > 60 * 86_400


async def test_a_duty_that_does_not_apply_is_waived_with_a_reason(desk: Desk) -> None:
    case = await desk.open(sector="OTHER", countries=["CN"])
    given = {"caseId": case["id"], "rule": "cn.product.injury"}
    assert (await desk.refused(WAIVE, {**given, "reason": " "}))[0] == "INVALID_INPUT"
    waived = by_rule(await desk.act(WAIVE, {**given, "reason": "nobody can be hurt"}))["cn.product.injury"]
    assert (waived["state"], waived["waived"], waived["endedReason"]) == ("ENDED", True, "nobody can be hurt")
    assert (await desk.refused(MEET, {**given, "evidence": "x"}))[0] == "RECALL_CLOCK_NOT_FOUND"
    decided = by_rule(await desk.decide(case, sector="OTHER"))["cn.product.injury"]
    assert (decided["state"], decided["waived"]) == ("ENDED", True)


async def test_warnings_come_before_a_clock_runs_out_and_end_when_it_is_met(desk: Desk, do_outbox: DoOutbox) -> None:
    # 20 of 24 hours are over: four fifths.
    case = await desk.open(sector="FOOD", countries=["CN"], knownAt=isoformat(now() - timedelta(hours=20)))
    await do_outbox()
    raised = await alerts(desk)
    assert [(alert["severity"], alert["subject"].startswith("recall:")) for alert in raised] == [("WARNING", True)] * 2
    told = [one["title"] for one in (await desk.signer.caller.ask(FEED))["myNotifications"]["nodes"]]
    assert sum(case["number"] in title and "Start the recall" in title for title in told) >= 1
    texts = [one["text"] for one in (await desk.signer.caller.ask(FEED))["myNotifications"]["nodes"]]
    assert any("Asia/Shanghai" in text for text in texts)
    await desk.act(MEET, {"caseId": case["id"], "rule": "cn.food.1.report", "evidence": "receipt"})
    assert len(await alerts(desk)) == 1
    await do_outbox()
    await desk.decide(case)
    await desk.announce(case)
    assert await alerts(desk) == []


async def test_overdue_is_critical_and_met_late_is_said(desk: Desk, do_outbox: DoOutbox) -> None:
    case = await desk.open(sector="FOOD", countries=["CN"], knownAt=isoformat(now() - timedelta(hours=30)))
    await do_outbox()
    assert {alert["severity"] for alert in await alerts(desk)} == {"CRITICAL"}
    assert by_rule(case)["cn.food.1.start"]["state"] == "OVERDUE"
    await desk.decide(case)
    assert by_rule(await desk.announce(case))["cn.food.1.start"]["state"] == "MET_LATE"


async def test_what_was_dismissed_has_no_clocks_until_it_is_reopened(desk: Desk, do_outbox: DoOutbox) -> None:
    case = await desk.open(sector="FOOD", countries=["CN"], knownAt=isoformat(now() - timedelta(hours=13)))
    dismissed = await desk.act(DISMISS, {"caseId": case["id"], "reason": "unfounded"}, "APPROVED")
    assert {clock["state"] for clock in dismissed["clocks"]} == {"ENDED"}
    await do_outbox()
    assert await alerts(desk) == []
    reopened = await desk.act(REOPEN, {"caseId": case["id"], "reason": "founded after all"}, "APPROVED")
    assert (reopened["state"], {clock["state"] for clock in reopened["clocks"]}) == ("INVESTIGATION", {"RUNNING"})
    assert (await desk.refused(ANNOUNCE, {"caseId": case["id"], "reason": "x"}, "RECALLED"))[0] == "RECALL_STATE"
