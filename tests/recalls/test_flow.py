"""A recall from the first suspicion to its closing, as somebody at a screen does it."""

from tests.recalls.conftest import BAD, MADE_OF_IT, Desk
from tests.recalls.operations import CAUSE, CLOSE, COMMENT, COMPLETE, INVESTIGATE, LISTED, MEET, ONE, TIMELINE

HELD = "query($key: String!) { traceableObject(key: $key) { holdCauses { reason } } }"


async def held(desk: Desk, *keys: str) -> list[bool]:
    """Whether each is on hold."""
    return [bool((await desk.signer.caller.ask(HELD, {"key": key}))["traceableObject"]["holdCauses"]) for key in keys]


async def test_the_whole_flow(desk: Desk) -> None:
    case = await desk.open()
    assert (case["state"], case["number"].startswith("R-"), case["number"].endswith("-0001"), case["holds"]) == ("SUSPICION", True, True, [])
    assert await held(desk, BAD, MADE_OF_IT) == [False, False]
    assert (await desk.act(INVESTIGATE, {"caseId": case["id"]}))["state"] == "INVESTIGATION"
    await desk.act(COMMENT, {"caseId": case["id"], "text": "The mill was asked"})

    decided = await desk.decide(case)
    assert (decided["state"], decided["decision"], decided["recallClass"], len(decided["holds"])) == ("DECIDED", "RECALL", "I", 1)
    assert await held(desk, BAD, MADE_OF_IT) == [True, True]

    announced = await desk.announce(case)
    assert (announced["state"], announced["scopeVersion"]) == ("ANNOUNCED", 1)
    clocks = {clock["rule"]: clock for clock in announced["clocks"]}
    assert (clocks["cn.food.1.start"]["state"], clocks["cn.food.1.report"]["state"], clocks["cn.food.1.finish"]["state"]) == (
        "MET",
        "RUNNING",
        "RUNNING",
    )

    code, message = await desk.refused(CLOSE, {"caseId": case["id"], "reason": "done"}, "APPROVED")
    assert code == "RECALL_DUTIES_OPEN"
    assert "root cause" in message
    assert "art. 13" in message
    assert "effectiveness checks" in message

    await desk.act(MEET, {"caseId": case["id"], "rule": "cn.food.1.report", "evidence": "receipt 77"})
    completed = await desk.act(COMPLETE, {"caseId": case["id"], "reason": "all back"})
    assert next(clock for clock in completed["clocks"] if clock["rule"] == "cn.food.1.finish")["state"] == "MET"
    await desk.act(CAUSE, {"caseId": case["id"], "rootCause": "A leaking roof", "capaWaiver": "The silo is given up"})
    assert (await desk.need_no_checks(case))["openDuties"] == []
    closed = await desk.act(CLOSE, {"caseId": case["id"], "reason": "done"}, "APPROVED")
    assert (closed["state"], closed["openDuties"], len(closed["holds"])) == ("CLOSED", [], 1)
    assert await held(desk, BAD, MADE_OF_IT) == [True, True]

    told = (await desk.signer.caller.ask(TIMELINE, {"id": case["id"]}))["recall"]
    kinds = [act["kind"] for act in told["timeline"]["nodes"]]
    assert (kinds[0] == "CLOSED" and kinds[-2:] == ["CLOCK_STARTED", "OPENED"]) or kinds[-1] == "OPENED"
    assert [act["kind"] for act in told["timeline"]["nodes"] if act["signed"]] == ["CLOSED", "ANNOUNCED", "DECIDED"]
    assert [(one["meaning"], one["intact"]) for one in told["signatures"]["nodes"]] == [("APPROVED", True), ("RECALLED", True), ("APPROVED", True)]
    assert (await desk.signer.caller.ask(LISTED, {"filter": {"text": "salmonella", "openOnly": False}}))["recalls"]["nodes"][0]["id"] == case["id"]
    assert (await desk.signer.caller.ask(LISTED, {}))["recalls"]["nodes"] == []
    assert (await desk.signer.caller.ask(ONE, {"id": case["id"]}))["recall"]["state"] == "CLOSED"
