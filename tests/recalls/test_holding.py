"""Holds of a case: by hand, by the decision, on new sources, named at a dismissal, and staying after the end."""

from collections.abc import Awaitable, Callable

from backend.services import Services
from tests.factories import DUMPLING, FLOUR, PLANT, capture, lot, made, quantity, transformed
from tests.firms import Firm
from tests.recalls.conftest import BAD, MADE_OF_IT, OTHER, Desk
from tests.recalls.operations import CLOSE, DECIDE, DISMISS, EXTEND, HOLD, ONE, REOPEN, SOURCES, TIMELINE
from tests.recalls.test_flow import held

DoOutbox = Callable[[], Awaitable[int]]
HOLDS = "{ holds(first: 20, activeOnly: true) { nodes { id origin { kind reference } note } } }"


async def test_by_hand_at_a_suspicion_and_not_twice_by_the_decision(desk: Desk) -> None:
    case = await desk.open()
    first = await desk.act(HOLD, {"caseId": case["id"], "reason": "to be sure"})
    assert (len(first["holds"]), await held(desk, BAD, MADE_OF_IT, OTHER)) == (1, [True, True, False])
    again = await desk.act(HOLD, {"caseId": case["id"], "reason": "to be sure"})
    assert (await desk.decide(case))["holds"] == again["holds"] == first["holds"]


async def test_no_recall_holds_nothing_and_releases_nothing(desk: Desk) -> None:
    case = await desk.open()
    await desk.act(HOLD, {"caseId": case["id"], "reason": "to be sure"})
    decided = await desk.act(DECIDE, {"caseId": case["id"], "decision": "NO_RECALL", "reason": "within the limit"}, "APPROVED")
    assert (decided["state"], len(decided["holds"]), decided["openDuties"]) == ("DECIDED", 1, [])
    closed = await desk.act(CLOSE, {"caseId": case["id"], "reason": "done"}, "APPROVED")
    assert (closed["state"], len(closed["holds"])) == ("CLOSED", 1)


async def test_sources_named_after_the_decision_are_held_at_once(desk: Desk) -> None:
    case = await desk.open()
    await desk.decide(case)
    both = [{"object": {"key": BAD}}, {"object": {"key": OTHER}}]
    await desk.act(SOURCES, {"caseId": case["id"], "sources": both, "reason": "the same silo"})
    assert await held(desk, BAD, OTHER) == [True, True]


async def test_a_window_is_held_with_what_comes(desk: Desk, services: Services, goods: Firm) -> None:
    window = {"window": {"step": {"step": "commissioning", "place": PLANT, "since": "2026-03-02T00:00:00Z"}}}
    case = await desk.open(sources=[window])
    await desk.decide(case)
    late = lot(FLOUR, "F-LATE")
    await capture(services, goods.tenant_id, made([], [quantity(late, 5)], minutes=50))
    assert await held(desk, BAD, late) == [True, True]


async def test_a_dismissal_releases_the_holds_that_it_names(desk: Desk, other_desk: Desk) -> None:
    case = await desk.open()
    held_once = await desk.act(HOLD, {"caseId": case["id"], "reason": "to be sure"})
    foreign = await other_desk.open(key=OTHER)
    other_hold = (await other_desk.act(HOLD, {"caseId": foreign["id"], "reason": "x"}))["holds"][0]["id"]
    given = {"caseId": case["id"], "reason": "the sample was mixed up"}
    assert (await other_desk.refused(DISMISS, {**given, "releaseHoldIds": [other_hold]}, "APPROVED"))[0] == "RECALL_HOLD"
    dismissed = await desk.act(DISMISS, {**given, "releaseHoldIds": [held_once["holds"][0]["id"]]}, "APPROVED")
    assert (dismissed["state"], dismissed["holds"], await held(desk, BAD, OTHER)) == ("DISMISSED", [], [False, True])
    acts = (await desk.signer.caller.ask(TIMELINE, {"id": case["id"]}))["recall"]["timeline"]["nodes"]
    assert [act["kind"] for act in acts][:2] == ["DISMISSED", "HOLDS_RELEASED"]


async def test_a_dismissal_that_names_none_leaves_them_and_says_how_many(desk: Desk) -> None:
    case = await desk.open()
    await desk.act(HOLD, {"caseId": case["id"], "reason": "to be sure"})
    dismissed = await desk.act(DISMISS, {"caseId": case["id"], "reason": "unfounded"}, "APPROVED")
    assert (len(dismissed["holds"]), await held(desk, BAD)) == (1, [True])
    [last, *_] = (await desk.signer.caller.ask(TIMELINE, {"id": case["id"]}))["recall"]["timeline"]["nodes"]
    assert (last["kind"], last["detail"]["holdsThatStay"]) == ("DISMISSED", 1)


async def test_late_events_wait_for_an_extension_and_propose_to_reopen(desk: Desk, services: Services, goods: Firm, do_outbox: DoOutbox) -> None:
    case = await desk.open()
    await desk.decide(case)
    await desk.announce(case)
    await do_outbox()
    late = lot(DUMPLING, "D-LATE")
    await capture(services, goods.tenant_id, transformed([BAD], [late], minutes=15))
    await do_outbox()
    async with services.database.tenant(goods.tenant_id) as tx:
        assert await tx.execute("update outbox set done_at = null where tenant_id = $1 and topic = 'recall.grown'") == 1
    await do_outbox()
    acts = (await desk.signer.caller.ask(TIMELINE, {"id": case["id"]}))["recall"]["timeline"]["nodes"]
    assert [act["kind"] for act in acts].count("GROWN") == 1, "its job was done twice"
    grown = (await desk.signer.caller.ask(ONE, {"id": case["id"]}))["recall"]
    assert (grown["grownAt"] is not None, await held(desk, late)) == (True, [True])
    assert "ADDITIONS" in [duty["kind"] for duty in grown["openDuties"]]
    extended = await desk.act(EXTEND, {"caseId": case["id"], "reason": "came late"}, "RECALLED")
    assert (extended["scopeVersion"], extended["grownAt"]) == (2, None)
    closed = await desk.act(CLOSE, {"caseId": case["id"], "reason": "x", "overrideReason": "the insurer has taken it over"}, "APPROVED")
    assert (closed["state"], {clock["state"] for clock in closed["clocks"]} <= {"MET", "ENDED"}) == ("CLOSED", True)
    later = lot(DUMPLING, "D-LATER")
    await capture(services, goods.tenant_id, transformed([BAD], [later], minutes=16))
    await do_outbox()
    proposed = (await desk.signer.caller.ask(ONE, {"id": case["id"]}))["recall"]
    assert (proposed["state"], proposed["grownAt"] is not None, await held(desk, later)) == ("CLOSED", True, [True])
    reopened = await desk.act(REOPEN, {"caseId": case["id"], "reason": "more came"}, "APPROVED")
    assert (reopened["state"], reopened["grownAt"] is not None) == ("ANNOUNCED", True)
    assert (await desk.act(EXTEND, {"caseId": case["id"], "reason": "all of it"}, "RECALLED"))["scopeVersion"] == 3


async def test_an_extension_may_suspect_more(desk: Desk) -> None:
    case = await desk.open()
    await desk.decide(case)
    await desk.announce(case)
    sources = [{"object": {"key": BAD}}, {"object": {"key": OTHER}}]
    extended = await desk.act(EXTEND, {"caseId": case["id"], "reason": "the same silo", "sources": sources}, "RECALLED")
    assert (extended["scopeVersion"], await held(desk, OTHER)) == (2, [True])
