"""People act on alerts: take up, give, put off, close, open again; what they did is told for good, and the second of two is told so."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from backend.alerts.service import ACKNOWLEDGED, RESET, Severity
from backend.services import Services
from infra import clock
from tenants.permissions import Role
from tests.alerts.conftest import DoOutbox, acts, hasten, hot, raised, state
from tests.firms import Firm
from tests.graphql.conftest import Caller

ERRORS = "userErrors { field code message }"
ACKNOWLEDGE = f"mutation($input: AcknowledgeAlertsInput!) {{ acknowledgeAlerts(input: $input) {{ alerts {{ status ownerName }} {ERRORS} }} }}"
ASSIGN = f"mutation($input: AssignAlertsInput!) {{ assignAlerts(input: $input) {{ alerts {{ ownerName owner }} {ERRORS} }} }}"
COMMENT = f"mutation($input: CommentAlertsInput!) {{ commentAlerts(input: $input) {{ alerts {{ status }} {ERRORS} }} }}"
SNOOZE = f"mutation($input: SnoozeAlertsInput!) {{ snoozeAlerts(input: $input) {{ alerts {{ status snoozedUntil }} {ERRORS} }} }}"
CLOSE = f"mutation($input: CloseAlertsInput!) {{ closeAlerts(input: $input) {{ alerts {{ status resolution closeReason }} {ERRORS} }} }}"
REOPEN = f"mutation($input: ReopenAlertInput!) {{ reopenAlert(input: $input) {{ alerts {{ status closedAt }} {ERRORS} }} }}"
WORSEN = f"mutation($input: ChangeAlertSeverityInput!) {{ changeAlertSeverity(input: $input) {{ alerts {{ severity status }} {ERRORS} }} }}"
Payloads = Callable[[Firm, str], Awaitable[list[dict[str, Any]]]]


async def test_first_to_acknowledge_owns_it_and_the_second_is_told_who_did(
    services: Services, firm: Firm, owner: Caller, caller_of: Callable[..., Awaitable[Caller]], payloads: Payloads
) -> None:
    alert = await raised(services, firm)
    inspector = await caller_of(firm, Role.QC_INSPECTOR)
    done = await inspector.command(ACKNOWLEDGE, {"alertIds": [alert], "comment": "I look at it"})
    assert (done["userErrors"], done["alerts"][0]["status"]) == ([], "ACKNOWLEDGED")
    [error] = (await owner.command(ACKNOWLEDGE, {"alertIds": [alert]}))["userErrors"]
    assert error["code"] == "ALERT_ACKNOWLEDGED"
    assert done["alerts"][0]["ownerName"] in error["message"]
    told = await state(owner, alert, "acknowledgedBy ownerName history(first: 5) { nodes { act actor comment actorKind } }")
    assert told["history"]["nodes"][0] == {"act": "ACKNOWLEDGED", "actor": told["ownerName"], "comment": "I look at it", "actorKind": "person"}
    assert [entry["act"] for entry in told["history"]["nodes"]] == ["ACKNOWLEDGED", "RAISED"]
    assert [payload["alert_id"] for payload in await payloads(firm, ACKNOWLEDGED)] != []


async def test_alert_is_given_to_a_member_taken_and_left_to_nobody(services: Services, firm: Firm, owner: Caller, payloads: Payloads) -> None:
    alert = await raised(services, firm)
    [taken] = (await owner.command(ASSIGN, {"alertIds": [alert], "toMe": True}))["alerts"]
    assert taken["owner"] is not None
    assert [(await owner.command(ASSIGN, {"alertIds": [alert], "ownerId": taken["owner"]}))["userErrors"]] == [[]]
    assert (await owner.command(ASSIGN, {"alertIds": [alert]}))["alerts"] == [{"owner": None, "ownerName": None}]
    for given in ({"ownerId": "TWVtYmVyOng"}, {"ownerId": taken["owner"], "toMe": True}):
        [error] = (await owner.command(ASSIGN, {"alertIds": [alert], **given}))["userErrors"]
        assert (error["code"], error["field"]) == ("INVALID_INPUT", "ownerId")
    assert await payloads(firm, "alert.escalated") == []


async def test_who_is_given_an_alert_by_another_is_told(
    services: Services, firm: Firm, owner: Caller, caller_of: Callable[..., Awaitable[Caller]], payloads: Payloads
) -> None:
    alert = await raised(services, firm)
    inspector = await caller_of(firm, Role.QC_INSPECTOR)
    [mine] = (await inspector.command(ASSIGN, {"alertIds": [alert], "toMe": True}))["alerts"]
    await owner.command(ASSIGN, {"alertIds": [alert], "ownerId": mine["owner"], "comment": "you know it best"})
    [told] = await payloads(firm, "alert.escalated")
    assert (told["why"], len(told["receivers"]), told["kind"], told["severity"]) == ("assigned", 1, "too_hot", "warning")


async def test_snoozed_alert_comes_back_by_itself_even_though_it_was_acknowledged(
    services: Services, firm: Firm, owner: Caller, do_outbox: DoOutbox
) -> None:
    alert = await raised(services, firm)
    await do_outbox()
    await owner.command(ACKNOWLEDGE, {"alertIds": [alert]})
    until = clock.isoformat(clock.now() + timedelta(days=3))
    [put_off] = (await owner.command(SNOOZE, {"alertIds": [alert], "until": until}))["alerts"]
    assert put_off == {"status": "SNOOZED", "snoozedUntil": until}
    assert (await owner.ask("{ alertCounts { open } }"))["alertCounts"]["open"] == 0
    await hasten(services, firm, timedelta(days=1, minutes=1))
    await do_outbox()
    assert (await state(owner, alert, "status"))["status"] == "SNOOZED"
    await hasten(services, firm, timedelta(days=2))
    await do_outbox()
    assert (await state(owner, alert, "status snoozedUntil")) == {"status": "OPEN", "snoozedUntil": None}
    assert await acts(owner, alert) == ["RAISED", "ACKNOWLEDGED", "SNOOZED", "SNOOZE_ENDED"]
    for wrong in (clock.now() - timedelta(minutes=1), clock.now() + timedelta(days=31)):
        [error] = (await owner.command(SNOOZE, {"alertIds": [alert], "until": clock.isoformat(wrong)}))["userErrors"]
        assert error["field"] == "until"


async def test_alert_is_closed_with_a_reason_and_opened_again_unless_it_came_back(
    services: Services, firm: Firm, owner: Caller, payloads: Payloads
) -> None:
    alert = await raised(services, firm)
    [error] = (await owner.command(CLOSE, {"alertIds": [alert], "resolution": "FIXED", "reason": " "}))["userErrors"]
    assert error["field"] == "reason"
    [error] = (await owner.command(CLOSE, {"alertIds": [alert], "resolution": "RESET", "reason": "x"}))["userErrors"]
    assert error["field"] == "resolution"
    closing = {"alertIds": [alert], "resolution": "FIXED", "reason": "new gasket"}
    [closed] = (await owner.command(CLOSE, closing))["alerts"]
    assert closed == {"status": "CLOSED", "resolution": "FIXED", "closeReason": "new gasket"}
    assert [error["code"] for error in (await owner.command(CLOSE, closing))["userErrors"]] == ["ALERT_CLOSED"]
    assert [payload["why"] for payload in await payloads(firm, RESET)] == ["closed"]
    [again] = (await owner.command(REOPEN, {"alertId": alert, "reason": "still hot"}))["alerts"]
    assert again == {"status": "OPEN", "closedAt": None}
    await owner.command(CLOSE, closing)
    second = await raised(services, firm)
    [error] = (await owner.command(REOPEN, {"alertId": alert, "reason": "still hot"}))["userErrors"]
    assert error["code"] == "ALERT_OPEN"
    assert (await state(owner, second, "recurrenceOf { id }"))["recurrenceOf"] == {"id": alert}


async def test_what_gets_worse_has_to_be_acknowledged_again(services: Services, firm: Firm, owner: Caller, do_outbox: DoOutbox) -> None:
    alert = await raised(services, firm)
    await owner.command(ACKNOWLEDGE, {"alertIds": [alert]})
    [better] = (await owner.command(WORSEN, {"alertIds": [alert], "severity": "NOTICE", "reason": "harmless"}))["alerts"]
    assert better == {"severity": "NOTICE", "status": "ACKNOWLEDGED"}
    [worse] = (await owner.command(WORSEN, {"alertIds": [alert], "severity": "WARNING", "reason": "not so"}))["alerts"]
    assert worse == {"severity": "WARNING", "status": "OPEN"}
    await owner.command(ACKNOWLEDGE, {"alertIds": [alert]})
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await hot(tx, severity=Severity.CRITICAL) is None
    await do_outbox()
    assert (await state(owner, alert, "severity status occurrences")) == {"severity": "CRITICAL", "status": "OPEN", "occurrences": 2}


async def test_acts_on_the_whole_group_reach_all_open_alerts_of_the_cause(services: Services, firm: Firm, owner: Caller) -> None:
    first = await raised(services, firm, "hot:1", cause_key="line 4")
    second = await raised(services, firm, "hot:2", cause_key="line 4")
    other = await raised(services, firm, "hot:3", cause_key="line 5")
    await owner.command(ACKNOWLEDGE, {"alertIds": [first], "wholeGroup": True})
    assert [(await state(owner, alert, "status"))["status"] for alert in (first, second, other)] == ["ACKNOWLEDGED", "ACKNOWLEDGED", "OPEN"]
    await owner.command(CLOSE, {"alertIds": [second], "wholeGroup": True, "resolution": "DUPLICATE", "reason": "one fault"})
    assert [(await state(owner, alert, "status"))["status"] for alert in (first, second, other)] == ["CLOSED", "CLOSED", "OPEN"]


async def test_comment_is_kept_also_when_the_alert_is_over_and_a_repetition_writes_nothing(services: Services, firm: Firm, owner: Caller) -> None:
    alert = await raised(services, firm)
    await owner.command(CLOSE, {"alertIds": [alert], "resolution": "FALSE_ALARM", "reason": "sensor moved"})
    key = str(uuid4())
    for _ in range(2):
        assert (await owner.command(COMMENT, {"alertIds": [alert], "comment": "it was the door"}, key))["userErrors"] == []
    assert await acts(owner, alert) == ["RAISED", "CLOSED", "COMMENTED"]


@pytest.mark.parametrize("ids", [[], ["QWxlcnQ6eA"], ["x"], [str(number) for number in range(101)]])
async def test_unknown_alerts_are_refused_and_nothing_is_written(services: Services, firm: Firm, owner: Caller, ids: list[str]) -> None:
    alert = await raised(services, firm)
    [error] = (await owner.command(ACKNOWLEDGE, {"alertIds": [*ids, *([alert] if ids else [])]}))["userErrors"]
    assert error["field"] == "alertIds"
    assert (await state(owner, alert, "status"))["status"] == "OPEN"


async def test_another_firms_alert_is_not_there(services: Services, firm: Firm, other_firm: Firm, owner: Caller) -> None:
    alert = await raised(services, other_firm)
    [error] = (await owner.command(ACKNOWLEDGE, {"alertIds": [alert]}))["userErrors"]
    assert error["code"] == "ALERT_NOT_FOUND"


async def test_whoever_may_not_act_is_refused(
    services: Services, firm: Firm, caller_of: Callable[..., Awaitable[Caller]]
) -> None:  # fmt: skip
    alert = await raised(services, firm)
    auditor = await caller_of(firm, Role.AUDITOR)
    refusal = await auditor.refusal(ACKNOWLEDGE, {"input": {"alertIds": [alert]}})
    assert refusal["code"] == "PERMISSION_DENIED"
