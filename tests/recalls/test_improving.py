"""What follows from a recall: cause, nonconformance, corrective action, and what closing waits for."""

from typing import Any

from tests.capa.operations import OPEN as OPEN_ACTION
from tests.nonconformance.operations import OPEN as OPEN_NC
from tests.recalls.conftest import BAD, Desk
from tests.recalls.operations import ACTION, CAUSE, CLOSE, COMPLETE, LINK, LISTED, MEET, NONCONFORMANCE, TIMELINE


def duties(case: dict[str, Any]) -> set[str]:
    """The kinds of what is still to be done, without the law's."""
    return {duty["kind"] for duty in case["openDuties"]} - {"CLOCK"}


async def test_the_case_opens_a_nonconformance_and_a_corrective_action_and_waits_for_its_effect(desk: Desk) -> None:
    case = await desk.open()
    await desk.decide(case)
    announced = await desk.announce(case)
    assert duties(announced) == {"COMPLETION", "ROOT_CAUSE", "CORRECTIVE_ACTION", "CHECKS"}
    opened = await desk.act(NONCONFORMANCE, {"caseId": case["id"]})
    again = await desk.act(NONCONFORMANCE, {"caseId": case["id"]})
    assert opened["links"] == again["links"]
    linked = await desk.act(ACTION, {"caseId": case["id"]})
    assert [link.partition(":")[0] for link in linked["links"]] == ["nonconformance", "corrective_action"]
    await desk.act(COMPLETE, {"caseId": case["id"], "reason": "all back"})
    await desk.act(MEET, {"caseId": case["id"], "rule": "cn.food.1.report", "evidence": "receipt"})
    written = await desk.act(CAUSE, {"caseId": case["id"], "rootCause": "A leaking roof"})
    assert duties(written) == {"EFFECT", "CHECKS"}
    code, message = await desk.refused(CLOSE, {"caseId": case["id"], "reason": "done"}, "APPROVED")
    assert (code, "isn't verified" in message) == ("RECALL_DUTIES_OPEN", True)
    waived = await desk.act(CAUSE, {"caseId": case["id"], "effectWaiver": "Checked in a year, with the next audit"})
    assert duties(waived) == {"CHECKS"}
    assert (await desk.need_no_checks(case))["openDuties"] == []
    assert (await desk.act(CLOSE, {"caseId": case["id"], "reason": "done"}, "APPROVED"))["state"] == "CLOSED"
    found = await desk.signer.caller.ask(LISTED, {"filter": {"openOnly": False, "reference": linked["links"][0]}})
    assert [one["id"] for one in found["recalls"]["nodes"]] == [case["id"]]


async def test_a_case_is_closed_over_open_duties_only_with_a_reason_that_is_kept_with_them(desk: Desk) -> None:
    case = await desk.open()
    await desk.decide(case)
    announced = await desk.announce(case)
    given = {"caseId": case["id"], "reason": "done"}
    for override in ("", "  "):
        assert (await desk.refused(CLOSE, {**given, "overrideReason": override}, "APPROVED"))[0] == "RECALL_DUTIES_OPEN"
    assert (await desk.act(CLOSE, {**given, "overrideReason": "the insurer goes on"}, "APPROVED"))["state"] == "CLOSED"
    told = (await desk.signer.caller.ask(TIMELINE, {"id": case["id"]}))["recall"]
    [act] = [act for act in told["timeline"]["nodes"] if act["kind"] == "CLOSED"]
    assert (act["reason"], act["signed"]) == ("done", True)
    for kept in ("the insurer goes on", *(duty["en"] for duty in announced["openDuties"])):
        assert kept in str(act["detail"])


async def test_what_exists_is_linked_and_found_by_it(desk: Desk) -> None:
    caller = desk.signer.caller
    made = await caller.command(OPEN_NC, {"title": "Too wet", "severity": "MAJOR", "goods": [{"key": BAD}]})
    assert made["userErrors"] == []
    action = await caller.command(OPEN_ACTION, {"kind": "CORRECTIVE", "title": "Mend the roof"})
    assert action["userErrors"] == []
    case = await desk.open(sources=[{"object": {"key": BAD}}])
    code, _ = await desk.refused(LINK, {"caseId": case["id"], "reference": "nonconformance:01900000-0000-7000-8000-000000000000"})
    assert code == "NONCONFORMANCE_NOT_FOUND"


async def test_lists_are_filtered(desk: Desk) -> None:
    first = await desk.open()
    drill = await desk.open(drill=True, title="Yearly drill")
    await desk.decide(first)
    await desk.announce(first)

    async def found(**wanted: Any) -> list[str]:
        return [one["id"] for one in (await desk.signer.caller.ask(LISTED, {"filter": wanted}))["recalls"]["nodes"]]

    assert await found() == [drill["id"], first["id"]]
    assert await found(drill=True) == await found(text="YEARLY") == await found(states=["SUSPICION"]) == [drill["id"]]
    assert await found(drill=False) == await found(goods=BAD) == await found(product="09506000134307") == [first["id"]]
    assert await found(text="100%_") == await found(grown=True) == []
