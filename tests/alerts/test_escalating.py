"""Nobody acknowledges: step by step more people are told, those on duty; acknowledging stops it, and the last step comes again so often only."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from backend.alerts.service import ESCALATED, Severity
from backend.services import Services
from tenants.permissions import Role
from tests.alerts.conftest import DoOutbox, acts, hasten, raised, state
from tests.alerts.test_acting import ACKNOWLEDGE, CLOSE
from tests.firms import Firm
from tests.graphql.conftest import Caller

PUT = """mutation($input: PutEscalationPolicyInput!) { putEscalationPolicy(input: $input) {
  policy { id name position leastSeverity kinds steps { afterMinutes receivers } repeats repeatMinutes } userErrors { field code message } } }"""
ARCHIVE = "mutation($input: ArchiveEscalationPolicyInput!) { archiveEscalationPolicy(input: $input) { policy { id } userErrors { code } } }"
# A role that sees no alerts.
BLIND = Role.PARTNER
Payloads = Callable[[Firm, str], Awaitable[list[dict[str, Any]]]]


async def two_steps(owner: Caller, **more: Any) -> str:
    """A policy: inspectors after 10 minutes, the quality manager after 30, and again twice after an hour."""
    steps = [{"afterMinutes": 10, "receivers": ["role:qc_inspector"]}, {"afterMinutes": 30, "receivers": ["role:quality_manager", "owner"]}]
    made = await owner.command(PUT, {"name": "usual", "steps": steps, "repeats": 2, "repeatMinutes": 60, **more})
    assert made["userErrors"] == []
    return str(made["policy"]["id"])


async def minutes(services: Services, firm: Firm, do_outbox: DoOutbox, passed: int) -> None:
    await hasten(services, firm, timedelta(minutes=passed))
    await do_outbox()


async def test_steps_come_one_after_the_other_and_the_last_again_so_often_only(
    services: Services, firm: Firm, owner: Caller, caller_of: Callable[..., Awaitable[Caller]], do_outbox: DoOutbox, payloads: Payloads
) -> None:
    for role in (Role.QC_INSPECTOR, Role.QUALITY_MANAGER):
        await caller_of(firm, role)
    await two_steps(owner)
    alert = await raised(services, firm)
    await do_outbox()
    told = []
    for passed in (9, 2, 20, 60, 60, 600):
        await minutes(services, firm, do_outbox, passed)
        told.append(len(await payloads(firm, ESCALATED)))
    assert told == [0, 1, 2, 3, 4, 4]
    sent = await payloads(firm, ESCALATED)
    assert [(each["step"], len(each["receivers"]), each["why"]) for each in sent] == [(step, 1, "escalation") for step in (1, 2, 3, 4)]
    assert sent[0]["receivers"] != sent[1]["receivers"] == sent[2]["receivers"]
    assert (await state(owner, alert, "escalatedSteps"))["escalatedSteps"] == 4
    assert await acts(owner, alert) == ["RAISED", *["ESCALATED"] * 4, "ESCALATION_ENDED"]


async def test_acknowledging_stops_it_and_so_does_closing(
    services: Services, firm: Firm, owner: Caller, caller_of: Callable[..., Awaitable[Caller]], do_outbox: DoOutbox, payloads: Payloads
) -> None:
    await caller_of(firm, Role.QC_INSPECTOR)
    await two_steps(owner)
    first, second = await raised(services, firm, "hot:1"), await raised(services, firm, "hot:2")
    await do_outbox()
    await minutes(services, firm, do_outbox, 11)
    await owner.command(ACKNOWLEDGE, {"alertIds": [first]})
    await owner.command(CLOSE, {"alertIds": [second], "resolution": "FIXED", "reason": "door closed"})
    await minutes(services, firm, do_outbox, 600)
    assert len(await payloads(firm, ESCALATED)) == 2


async def test_step_for_which_nobody_is_there_waits_for_nobody(
    services: Services, firm: Firm, owner: Caller, caller_of: Callable[..., Awaitable[Caller]], do_outbox: DoOutbox, payloads: Payloads
) -> None:
    await caller_of(firm, Role.QUALITY_MANAGER)
    await two_steps(owner, repeats=0)
    alert = await raised(services, firm)
    await do_outbox()
    await minutes(services, firm, do_outbox, 11)
    assert [(each["step"], len(each["receivers"])) for each in await payloads(firm, ESCALATED)] == [(2, 1)]
    assert await acts(owner, alert) == ["RAISED", "ESCALATED", "ESCALATED", "ESCALATION_ENDED"]


async def test_step_of_those_who_may_not_see_the_alert_waits_for_nobody_and_says_so(
    services: Services, firm: Firm, owner: Caller, caller_of: Callable[..., Awaitable[Caller]], do_outbox: DoOutbox, payloads: Payloads
) -> None:
    for role in (BLIND, Role.QUALITY_MANAGER):
        await caller_of(firm, role)
    steps = [{"afterMinutes": 10, "receivers": [f"role:{BLIND}"]}, {"afterMinutes": 300, "receivers": ["role:quality_manager"]}]
    await two_steps(owner, steps=steps, repeats=0)
    alert = await raised(services, firm)
    await do_outbox()
    await minutes(services, firm, do_outbox, 11)
    assert [(each["step"], len(each["receivers"])) for each in await payloads(firm, ESCALATED)] == [(2, 1)]
    history = (await state(owner, alert, "history(first: 9) { nodes { act detail } }"))["history"]["nodes"]
    details = [each["detail"] for each in reversed(history) if each["act"] == "ESCALATED"]
    assert [(len(each["receivers"]), len(each.get("mayNotSee", ()))) for each in details] == [(0, 1), (1, 0)]


async def test_first_policy_that_fits_kind_and_severity_counts_and_an_archived_one_ends(
    services: Services, firm: Firm, owner: Caller, caller_of: Callable[..., Awaitable[Caller]], do_outbox: DoOutbox, payloads: Payloads
) -> None:
    for role in (Role.QC_INSPECTOR, Role.QUALITY_MANAGER):
        await caller_of(firm, role)
    general = await two_steps(owner, position=9)
    await two_steps(owner, position=1, kinds=["too_cold"], steps=[{"afterMinutes": 1, "receivers": ["role:owner"]}])
    await two_steps(owner, position=2, leastSeverity="CRITICAL", steps=[{"afterMinutes": 1, "receivers": ["role:quality_manager"]}], repeats=0)
    await raised(services, firm, "hot:1", Severity.CRITICAL)
    slow = await raised(services, firm, "hot:2")
    await do_outbox()
    await minutes(services, firm, do_outbox, 2)
    assert [each["severity"] for each in await payloads(firm, ESCALATED)] == ["critical"]
    assert (await owner.command(ARCHIVE, {"id": general}))["userErrors"] == []
    await minutes(services, firm, do_outbox, 60)
    assert await acts(owner, slow) == ["RAISED"]
    names = [policy["position"] for policy in (await owner.ask("{ escalationPolicies { position } }"))["escalationPolicies"]]
    assert names == [1, 2]
    assert [error["code"] for error in (await owner.command(ARCHIVE, {"id": general}))["userErrors"]] == ["ESCALATION_POLICY_NOT_FOUND"]


async def test_policies_that_cannot_be_followed_are_refused(owner: Caller) -> None:
    step = {"afterMinutes": 5, "receivers": ["role:owner"]}
    for wrong, field in (
        ({"steps": []}, "steps"), ({"steps": [step, step]}, "steps"), ({"steps": [{**step, "receivers": []}]}, "steps"),
        ({"steps": [{**step, "afterMinutes": -1}]}, "steps"), ({"steps": [step] * 11}, "steps"), ({"name": " "}, "name"),
        ({"repeats": 21}, "repeats"), ({"repeats": 1}, "repeatMinutes"), ({"kinds": [""]}, "kinds"), ({"position": -1}, "position"),
        ({"steps": [{**step, "receivers": ["role:nobody"]}]}, "steps"), ({"steps": [{**step, "receivers": ["member:x"]}]}, "steps"),
        ({"steps": [{**step, "receivers": ["everybody"]}]}, "steps"),
    ):  # fmt: skip
        refused = await owner.command(PUT, {"name": "x", "steps": [step], **wrong})
        assert [error["field"] for error in refused["userErrors"]] == [field], wrong
    assert (await owner.ask("{ escalationPolicies { id } }"))["escalationPolicies"] == []
