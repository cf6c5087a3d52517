"""What is refused, and that it is said clearly: empty scopes, wrong steps, missing rights, decisions without what they need."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from infra.clock import isoformat, now
from tenants.permissions import Role
from tests.factories import FLOUR, PLANT, lot
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.recalls.conftest import BAD, OTHER, RECALL, WORDS, Desk
from tests.recalls.operations import (
    ANNOUNCE,
    CHANGE,
    CLOSE,
    COMPLETE,
    DECIDE,
    DISMISS,
    EXTEND,
    HOLD,
    INVESTIGATE,
    LINK,
    LISTED,
    MEET,
    OPEN,
    POLICY,
    REOPEN,
    SOURCES,
)

NOTHING = {"window": {"step": {"step": "inspecting", "place": PLANT, "since": "2020-01-01T00:00:00Z", "until": "2020-01-02T00:00:00Z"}}}
SIGNED = {
    DECIDE: RECALL,
    ANNOUNCE: {"reason": "x"},
    EXTEND: {"reason": "x"},
    CLOSE: {"reason": "x"},
    REOPEN: {"reason": "x"},
    DISMISS: {"reason": "x"},
}


async def test_an_empty_scope_is_announced_with_a_reason_only(desk: Desk) -> None:
    case = await desk.open(sources=[NOTHING])
    assert (await desk.decide(case))["state"] == "DECIDED"
    code, message = await desk.refused(ANNOUNCE, {"caseId": case["id"], "reason": "x"}, "RECALLED")
    assert (code, "emptyScopeReason" in message) == ("RECALL_SCOPE_EMPTY", True)
    announced = await desk.announce(case, emptyScopeReason="They left before we began to trace")
    assert (announced["state"], announced["scopeVersion"]) == ("ANNOUNCED", 1)


async def test_who_announces_says_first_what_to_do_and_whom_to_call(desk: Desk) -> None:
    case = await desk.open(instructions=None)
    await desk.decide(case)
    code, message = await desk.refused(ANNOUNCE, {"caseId": case["id"], "reason": "x"}, "RECALLED")
    assert (code, "instructions" in message) == ("RECALL_STATE", True)
    await desk.act(CHANGE, {"caseId": case["id"], "instructions": WORDS["instructions"]})
    assert (await desk.announce(case))["state"] == "ANNOUNCED"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"recallClass": None}, "recallClass"), ({"depth": None}, "depth"), ({"sector": None}, "sector"), ({"countries": []}, "countries"),
        ({"countries": ["China"]}, "countries"), ({"decision": "WITHDRAWAL"}, "depth"), ({"decision": "NO_RECALL"}, "recallClass"),
        ({"reason": "  "}, "reason"),
    ],
)  # fmt: skip
async def test_a_decision_says_what_it_has_to(desk: Desk, more: dict[str, Any], field: str) -> None:
    case = await desk.open()
    payload = await desk.ask(DECIDE, {"caseId": case["id"], **RECALL, **more}, "APPROVED")
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("INVALID_INPUT", field)]


async def test_steps_out_of_order_are_refused(desk: Desk) -> None:
    # Whoever has signed once goes on with the password alone.
    await desk.act(DISMISS, {"caseId": (await desk.open())["id"], "reason": "x"}, "APPROVED")
    case = await desk.open()
    for operation, meaning in ((ANNOUNCE, "RECALLED"), (EXTEND, "RECALLED"), (CLOSE, "APPROVED"), (REOPEN, "APPROVED")):
        assert (await desk.refused(operation, {"caseId": case["id"], "reason": "x"}, meaning))[0] == "RECALL_STATE"
    assert (await desk.refused(COMPLETE, {"caseId": case["id"], "reason": "x"}))[0] == "RECALL_STATE"
    await desk.act(INVESTIGATE, {"caseId": case["id"]})
    assert (await desk.refused(INVESTIGATE, {"caseId": case["id"]}))[0] == "RECALL_STATE"
    await desk.decide(case)
    assert (await desk.refused(DISMISS, {"caseId": case["id"], "reason": "x"}, "APPROVED"))[0] == "RECALL_STATE"
    await desk.announce(case)
    source = {"object": {"key": OTHER}}
    assert (await desk.refused(SOURCES, {"caseId": case["id"], "sources": [source]}))[0] == "RECALL_STATE"
    code, message = await desk.refused(EXTEND, {"caseId": case["id"], "reason": "x"}, "RECALLED")
    assert (code, "Nothing has been added" in message) == ("RECALL_STATE", True)


async def test_a_signature_means_what_the_act_is(desk: Desk) -> None:
    case = await desk.open()
    payload = await desk.ask(DECIDE, {"caseId": case["id"], **RECALL}, "RELEASED")
    assert [error["field"] for error in payload["userErrors"]] == ["signature.meaning"]


async def test_only_those_who_may_act(desk: Desk, goods: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    case = await desk.open()
    inspector, keeper = await caller_of(goods, Role.QC_INSPECTOR), await caller_of(goods, Role.WAREHOUSE_KEEPER)
    assert [one["id"] for one in (await inspector.ask(LISTED, {}))["recalls"]["nodes"]] == [case["id"]]
    assert (await keeper.refusal(LISTED, {}))["code"] == "PERMISSION_DENIED"
    given = {"caseId": case["id"], "reason": "x", "signature": {"meaning": "APPROVED", "password": "x", "code": "1"}}
    for operation, more in SIGNED.items():
        refused = await inspector.refusal(operation, {"input": {**given, **more}}, Idempotency_Key="one")
        assert refused["code"] == "PERMISSION_DENIED"
    for operation, given in ((HOLD, {"caseId": case["id"], "reason": "x"}), (INVESTIGATE, {"caseId": case["id"]})):
        assert (await inspector.refusal(operation, {"input": given}, Idempotency_Key="two"))["code"] == "PERMISSION_DENIED"


async def test_bad_input_writes_nothing(desk: Desk) -> None:
    given = {"title": "Salmonella", "reason": "x", "sources": [{"object": {"key": BAD}}]}
    later = isoformat(now() + timedelta(hours=1))
    for more, field in (
        ({"title": " "}, "title"), ({"reason": "x" * 5_000}, "reason"), ({"knownAt": later}, "knownAt"), ({"countries": ["C"]}, "countries"),
        ({"sources": [{"window": {"supplier": {"party": "x" * 9_000}}}]}, None), ({"sources": [{"reference": "nonconformance:77"}]}, "sources"),
    ):  # fmt: skip
        payload = await desk.ask(OPEN, {**given, **more})
        [error] = payload["userErrors"]
        assert field is None or error["field"] == field
    assert (await desk.signer.caller.ask(LISTED, {"filter": {"openOnly": False}}))["recalls"]["nodes"] == []
    assert (await desk.refused(INVESTIGATE, {"caseId": "nonsense"}))[0] == "RECALL_NOT_FOUND"
    case = await desk.open()
    assert (await desk.refused(MEET, {"caseId": case["id"], "rule": "cn.food.1.start", "evidence": "x"}))[0] == "RECALL_CLOCK_NOT_FOUND"
    assert (await desk.refused(LINK, {"caseId": case["id"], "reference": "hold:77"}))[0] == "INVALID_INPUT"
    answer = await desk.signer.caller.command(POLICY, {"targetHours": 0})
    assert [error["field"] for error in answer["userErrors"]] == ["targetHours"]


async def test_what_is_suspected_may_not_have_been_met(desk: Desk) -> None:
    given = {"title": "Salmonella", "reason": "x", "sources": [{"object": {"key": lot(FLOUR, "NEVER")}}]}
    assert (await desk.refused(OPEN, given))[0] == "OBJECT_NOT_FOUND"
