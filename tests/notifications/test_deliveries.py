"""What becomes of deliveries: receivers that hang, fail or lie; workers that die; quiet hours, digests and languages."""

import asyncio
import json
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from backend.alerts.service import Severity
from backend.graphql.ids import global_id
from backend.notifications import dispatch, rules
from backend.notifications.kinds import Urgency
from tests.notifications.conftest import PREFER, PUT_CHANNEL, PUT_ROUTE, TEST, Desk, answer
from tests.notifications.test_telling import SECRET
from tests.subscriptions.receiver import Received, Receiver
from tests.subscriptions.test_kills import working

HOUR = timedelta(hours=1)


async def hooked(desk: Desk, receiver: Receiver, path: str = "/hook") -> str:
    hook = await desk.channel("WEBHOOK", {"url": receiver.url(path)}, {"secret": SECRET})
    await desk.route(channels=[hook])
    return hook


async def test_what_was_not_taken_comes_again_under_the_same_id_until_it_is_dead(desk: Desk, receiver: Receiver) -> None:
    await hooked(desk, receiver)
    receiver.answer = lambda _: 500
    await desk.alert()
    await desk.work()
    [told] = await desk.deliveries()
    assert (told["state"], told["reason"], told["attempts"]) == ("FAILED", "The receiver answered 500.", 1)
    assert told["nextAttemptAt"] is not None
    for _ in rules.RETRIES:
        await desk.later(8 * HOUR)
    [dead] = await desk.deliveries("DEAD")
    assert dead["attempts"] == len(receiver.received) == 1 + len(rules.RETRIES)
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1
    assert [each["number"] for each in dead["attemptLog"]] == list(range(1, dead["attempts"] + 1))
    await desk.later(24 * HOUR)
    assert len(receiver.received) == dead["attempts"]


@pytest.mark.parametrize(
    ("answered", "state", "reason"),
    [
        (301, "DEAD", "The receiver answered 301."), (404, "DEAD", "The receiver answered 404."), (410, "DEAD", "The receiver answered 410."),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", "FAILED", "The connection failed"), (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", "FAILED", "The conn"),
    ],
)  # fmt: skip
async def test_answers_that_help_nobody(desk: Desk, receiver: Receiver, answered: int | bytes, state: str, reason: str) -> None:
    await hooked(desk, receiver)
    receiver.answer = lambda _: answered
    await desk.alert()
    await desk.work()
    [told] = await desk.deliveries()
    assert told["state"] == state
    assert told["reason"].startswith(reason)


async def test_retry_after_is_heeded_for_the_whole_channel_and_is_no_failure(desk: Desk, receiver: Receiver) -> None:
    await hooked(desk, receiver)
    receiver.answer = lambda _: answer(429, b"", Retry_After="600")
    await desk.alert()
    await desk.work()
    receiver.answer = lambda _: 200
    await desk.alert()
    await desk.later(timedelta(minutes=5))
    assert len(receiver.received) == 1
    assert {each["state"] for each in await desk.deliveries()} <= {"FAILED", "QUEUED"}
    rows = [each for each in await desk.rows("notification_delivery") if each["channel_id"]]
    assert [each["failures"] for each in rows] == [0, 0]
    await desk.later(timedelta(minutes=6))
    assert [each["state"] for each in await desk.deliveries()] == ["SENT", "SENT"]


async def test_who_hangs_holds_up_nobody_else(desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.outward.READ_SECONDS", 2.0)
    await hooked(desk, receiver, "/hangs")
    await hooked(desk, receiver, "/answers")
    receiver.answer = lambda request: None if request.path == "/hangs" else 200
    for _ in range(dispatch.OF_A_CHANNEL * 3):
        await desk.alert()
    working_on = asyncio.create_task(desk.work())
    begun = time.monotonic()
    while sum(each.path == "/answers" for each in receiver.received) < dispatch.OF_A_CHANNEL * 3:
        assert time.monotonic() < begun + 60
        await asyncio.sleep(0.02)
    # All that could be told was, while those in front of the other channel still wait for an answer.
    assert sum(each.path == "/hangs" for each in receiver.received) <= dispatch.OF_A_CHANNEL * 2
    await working_on
    assert {(each["kind"], each["state"]) for each in await desk.deliveries("FAILED")} == {("WEBHOOK", "FAILED")}


async def test_killed_while_the_receiver_answers_it_comes_again_under_its_id(desk: Desk, receiver: Receiver) -> None:
    await hooked(desk, receiver)
    await desk.alert()
    async with working(desk.services) as worker:

        def kill(_: Received) -> int:
            os.kill(worker.pid, signal.SIGKILL)
            return 200

        receiver.answer = kill
        await asyncio.wait_for(worker.wait(), 40)
    receiver.answer = lambda _: 200
    await desk.later(timedelta(minutes=3))
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1
    assert [each["state"] for each in await desk.deliveries()] == ["SENT"]
    await desk.later(HOUR)
    assert len(receiver.received) == 2


async def test_quiet_hours_hold_back_all_but_what_is_critical(desk: Desk, receiver: Receiver) -> None:
    await desk.channel("SMS_GATEWAY", {"url": receiver.url("/sms"), "fields": {"to": "{{phone}}", "text": "{{title}}|{{text}}"}})
    local = datetime.now(UTC)
    quiet: dict[str, Any] = {"quietFrom": (local - HOUR).strftime("%H:%M"), "quietTo": (local + 2 * HOUR).strftime("%H:%M"), "timeZone": "UTC"}
    person = await desk.person(phone="+4915100000000", channels=["SMS_GATEWAY"], language="en", **quiet)
    for number in range(3):
        await desk.alert(severity=Severity.WARNING, kind=f"kind {number}")
    await desk.work()
    assert receiver.received == []
    assert [each["state"] for each in await desk.deliveries()] == ["HELD"] * 3
    assert len(await person.feed()) == 3
    await desk.alert()
    await desk.work()
    assert len(receiver.received) == 1
    await desk.later(3 * HOUR)
    assert len(receiver.received) == 2
    together = receiver.received[1].body.decode()
    assert "text=3+messages%7C" in together
    assert all(f"kind+{number}" in together for number in range(3))
    states = [each["state"] for each in await desk.deliveries()]
    assert sorted(states) == ["SENT", "SENT", *["SUPPRESSED"] * 3]
    await desk.later(24 * HOUR)
    assert len(receiver.received) == 2


async def test_what_is_of_low_urgency_waits_for_the_digest(desk: Desk, receiver: Receiver) -> None:
    await desk.channel("SMS_GATEWAY", {"url": receiver.url("/sms"), "fields": {"text": "{{title}}"}})
    digest = (datetime.now(UTC) + HOUR).strftime("%H:%M")
    await desk.person(phone="+4915100000000", channels=["SMS_GATEWAY"], digestAt=digest, timeZone="UTC")
    await desk.alert(severity=Severity.NOTICE)
    await desk.alert(severity=Severity.WARNING)
    await desk.work()
    assert len(receiver.received) == 1
    await desk.later(2 * HOUR)
    assert len(receiver.received) == 2


async def test_for_what_is_critical_the_next_channel_takes_over_at_once(desk: Desk, receiver: Receiver) -> None:
    wecom = {"corp_id": "ww1", "agent_id": 1, "endpoint": receiver.url("").rstrip("/")}
    await desk.channel("WECOM_APPLICATION", wecom, {"secret": "s"})
    await desk.channel("SMS_GATEWAY", {"url": receiver.url("/sms"), "fields": {"text": "{{title}}"}})
    await desk.person(phone="+4915100000000", wecomUser="li.si")
    receiver.answer = lambda request: 200 if request.path == "/sms" else 503
    await desk.alert()
    await desk.work()
    assert [(each["kind"], each["state"]) for each in await desk.deliveries()] == [("WECOM_APPLICATION", "DEAD"), ("SMS_GATEWAY", "SENT")]


async def test_whoever_leaves_is_told_nothing_that_waited(desk: Desk, receiver: Receiver) -> None:
    await desk.channel("SMS_GATEWAY", {"url": receiver.url("/sms"), "fields": {"text": "{{title}}"}})
    person = await desk.person(phone="+4915100000000")
    receiver.answer = lambda _: 503
    await desk.alert()
    await desk.work()
    leave = "mutation($i: DeactivateMemberInput!) { deactivateMember(input: $i) { userErrors { message } } }"
    await desk.keeper.ask(leave, {"memberId": global_id("Member", person.membership_id), "reason": "left"})
    await desk.later(HOUR)
    assert len(receiver.received) == 1
    assert [each["state"] for each in await desk.deliveries()] == ["SUPPRESSED"]


async def test_a_channel_that_is_archived_ends_what_waits_and_forgets_its_secrets(desk: Desk, receiver: Receiver) -> None:
    archive = "mutation($i: NotificationChannelInput!) { archiveNotificationChannel(input: $i) { id userErrors { code } } }"
    hook = await hooked(desk, receiver)
    receiver.answer = lambda _: 500
    await desk.alert()
    await desk.work()
    await desk.keeper.put(archive, {"id": hook})
    await desk.later(HOUR)
    assert (await desk.deliveries())[0]["reason"] == "The channel was switched off or removed."
    [row] = await desk.rows("notification_channel")
    assert (row["secrets"], row["key_id"]) == (None, None)
    assert (await desk.keeper.refused(archive, {"id": hook}))["code"] == "CHANNEL_NOT_FOUND"


async def test_secrets_are_shown_to_nobody(desk: Desk, receiver: Receiver) -> None:
    secret = f"whsec_{'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo='}"
    await desk.channel("WEBHOOK", {"url": receiver.url()}, {"secret": secret})
    await desk.channel("WEB_PUSH", {"contact": "https://example.com"})
    listed = json.dumps(await desk.keeper.ask("{ notificationChannels { id kind name settings active } }"))
    trail = "".join(str(dict(row)) for row in await desk.rows("audit_entry"))
    stored = "".join(str(dict(row)) for row in await desk.rows("notification_channel"))
    saved = "".join(str(dict(row)) for row in await desk.rows("idempotent_reply"))
    for text in (listed, trail, stored, saved):
        assert "QUJDREVG" not in text
        assert "PRIVATE KEY" not in text
    assert "newSecrets" in trail


BAD_CHANNELS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("IN_APP", {}, {}, "kind"),
    ("WEBHOOK", {"url": "http://169.254.169.254/"}, {"secret": SECRET}, "settings.url"),
    ("WEBHOOK", {"url": "https://hooks.example.com/"}, {"secret": "short"}, "secrets.secret"),
    ("WEBHOOK", {"url": "https://hooks.example.com/"}, {}, "secrets.secret"),
    ("WEBHOOK", {"url": "https://hooks.example.com/", "more": 1}, {"secret": SECRET}, "settings"),
    ("WEBHOOK", {"url": "https://hooks.example.com/"}, {"secret": 7}, "secrets.secret"),
    ("WECOM_ROBOT", {"endpoint": "https://10.0.0.1"}, {"key": "k"}, "settings.endpoint"),
    ("WECOM_ROBOT", {"endpoint": "https://a.example.com/x?y=1"}, {"key": "k"}, "settings.endpoint"),
    ("WECOM_ROBOT", {}, {"other": "k"}, "secrets"),
    ("EMAIL", {"host": "localdomain", "sender": "a@example.com"}, {}, "settings.host"),
    ("EMAIL", {"host": "10.1.2.3", "sender": "a@example.com"}, {}, "settings.host"),
    ("EMAIL", {"host": "mail.example.com", "sender": "a@example.com\r\nBcc: b@example.com"}, {}, "settings.sender"),
    ("EMAIL", {"host": "mail.example.com", "sender": "a@example.com", "security": "none"}, {}, "settings.security"),
    ("EMAIL", {"host": "mail.example.com", "sender": "a@example.com", "port": 22}, {}, "settings.port"),
    ("EMAIL", {"host": "mail.example.com", "sender": "a@example.com", "port": 70_000}, {}, "settings.port"),
    ("APP_PUSH", {}, {"service_account": "{}"}, "secrets.service_account"),
    ("WEB_PUSH", {"contact": "nobody"}, {}, "settings.contact"),
    ("SMS_GATEWAY", {"url": "https://sms.example.com/", "fields": {"to": "{{password}}"}}, {}, "settings.fields.to"),
    ("SMS_GATEWAY", {"url": "https://sms.example.com/", "fields": {}}, {}, "settings.fields"),
]


async def test_a_channel_that_cannot_work_is_refused(desk: Desk) -> None:
    for kind, settings, secrets, field in BAD_CHANNELS:
        given = {"kind": kind, "name": "x", "settings": settings, "secrets": secrets}
        assert (await desk.keeper.refused(PUT_CHANNEL, given))["field"] == field, given
    assert await desk.rows("notification_channel") == []


async def test_bad_routes_and_preferences_are_refused(desk: Desk, receiver: Receiver) -> None:
    push = await desk.channel("WEB_PUSH", {"contact": "https://example.com"})
    nobody = global_id("Member", uuid4())
    routes: list[tuple[dict[str, Any], str]] = [
        ({}, "members"), ({"members": [nobody]}, "members"), ({"members": ["x"]}, "members"), ({"channels": [push]}, "channels"),
        ({"roles": ["owner"], "products": ["123"]}, "products"), ({"roles": ["owner"], "kinds": ["x"] * 201}, "kinds"),
        ({"roles": ["owner"], "by": ["WEBHOOK"]}, "by"), ({"roles": ["owner"], "kinds": [""]}, "kinds"),
    ]  # fmt: skip
    for given, field in routes:
        assert (await desk.keeper.refused(PUT_ROUTE, {"name": "r", **given}))["field"] == field, given
    preferences: list[tuple[dict[str, Any], str]] = [
        ({"language": "fr"}, "language"), ({"timeZone": "../etc/passwd"}, "timeZone"), ({"quietFrom": "25:00"}, "quietFrom"),
        ({"quietFrom": "22:00"}, "quietTo"), ({"quietDays": [8]}, "quietDays"), ({"email": "a@b\r\nc"}, "email"), ({"phone": "+1;drop"}, "phone"),
        ({"wecomUser": "@all"}, "wecomUser"), ({"wecomUser": "a|b"}, "wecomUser"), ({"channels": ["WEBHOOK"]}, "channels"),
        ({"channels": ["EMAIL", "EMAIL"]}, "channels"),
    ]  # fmt: skip
    for given, field in preferences:
        assert (await desk.keeper.refused(PREFER, given))["field"] == field, given
    assert await desk.rows("notification_route") == []
    assert await desk.rows("notification_preference") == []
    assert (await desk.keeper.refused(TEST, {"id": push}))["code"] == "CONFLICT"


def person(**choice: Any) -> rules.Receiver:
    from uuid import UUID
    from zoneinfo import ZoneInfo

    return rules.Receiver(UUID(int=1), rules.Preference(**choice), "en", ZoneInfo("Europe/Berlin"), frozenset())


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-01-10T21:59:00+01:00", None), ("2026-01-10T22:00:00+01:00", "2026-01-11T06:30:00+01:00"),
        ("2026-01-11T06:29:59+01:00", "2026-01-11T06:30:00+01:00"), ("2026-01-11T06:30:00+01:00", None),
        # The night in which clocks go forward is an hour shorter.
        ("2026-03-28T23:00:00+01:00", "2026-03-29T06:30:00+02:00"),
    ],
)  # fmt: skip
def test_quiet_hours_end_by_the_persons_own_clock(moment: str, until: str | None) -> None:
    found = rules.release_at(person(quiet_from=1_320, quiet_to=390), Urgency.NORMAL, datetime.fromisoformat(moment).astimezone(UTC))
    assert found == (datetime.fromisoformat(until) if until else None)


def test_quiet_hours_of_some_days_and_digests() -> None:
    saturday_night = datetime.fromisoformat("2026-01-11T01:00:00+01:00")
    nights = {"quiet_from": 1_320, "quiet_to": 390}
    assert rules.release_at(person(**nights, quiet_days=(6,)), Urgency.NORMAL, saturday_night) is not None
    assert rules.release_at(person(**nights, quiet_days=(7,)), Urgency.NORMAL, saturday_night) is None
    assert rules.release_at(person(**nights), Urgency.CRITICAL, saturday_night) is None
    digest = rules.release_at(person(**nights, digest_at=60), Urgency.LOW, saturday_night)
    assert digest == datetime.fromisoformat("2026-01-12T06:30:00+01:00")


MAIL = {"host": "mail.example.com", "sender": "a@example.com", "user": "a@example.com"}
ELSEWHERE: list[tuple[str, dict[str, Any], dict[str, str], dict[str, Any]]] = [
    ("WECOM_ROBOT", {}, {"key": "k"}, {"endpoint": "https://wecom.example.net"}),
    ("DINGTALK_ROBOT", {}, {"access_token": "t", "secret": "s"}, {"endpoint": "https://ding.example.net"}),
    ("EMAIL", MAIL, {"password": "p"}, {**MAIL, "host": "mail.example.net"}),
    ("SMS_GATEWAY", {"url": "https://sms.example.com/", "fields": {"a": "{{secret}}"}}, {"secret": "s"},
     {"url": "https://sms.example.net/", "fields": {"a": "{{secret}}"}}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "at_first", "secrets", "elsewhere"), ELSEWHERE, ids=[each[0] for each in ELSEWHERE])
async def test_secrets_do_not_go_along_to_another_server(
    desk: Desk, kind: str, at_first: dict[str, Any], secrets: dict[str, str], elsewhere: dict[str, Any]
) -> None:
    channel = await desk.channel(kind, at_first, secrets)
    given = {"id": channel, "kind": kind, "name": "x", "settings": elsewhere}
    assert (await desk.keeper.refused(PUT_CHANNEL, given))["field"] == f"secrets.{next(iter(secrets))}"
    await desk.keeper.put(PUT_CHANNEL, {**given, "settings": at_first})
    await desk.keeper.put(PUT_CHANNEL, {**given, "secrets": secrets})


async def test_the_trail_keeps_no_keys_that_stand_in_an_address_or_a_form(desk: Desk) -> None:
    settings = {"url": "https://sms.example.com/send?apikey=K3Y", "fields": {"token": "T0K3N", "text": "{{text}}"}}
    await desk.channel("SMS_GATEWAY", settings)
    trail = "".join(str(dict(row)) for row in await desk.rows("audit_entry"))
    assert "sms.example.com" in trail
    assert "K3Y" not in trail
    assert "T0K3N" not in trail


@pytest.mark.parametrize("held", [1, 2, 0], ids=["one that waits", "several that wait", "one that is tried again"])
async def test_whoever_may_see_it_no_more_is_not_told_what_waited(desk: Desk, receiver: Receiver, held: int) -> None:
    await desk.channel("SMS_GATEWAY", {"url": receiver.url("/sms"), "fields": {"text": "{{title}}|{{text}}"}})
    local = datetime.now(UTC)
    quiet: dict[str, Any] = {"quietFrom": (local - HOUR).strftime("%H:%M"), "quietTo": (local + 2 * HOUR).strftime("%H:%M"), "timeZone": "UTC"}
    person = await desk.person(phone="+4915100000000", channels=["SMS_GATEWAY"], **quiet)
    receiver.answer = lambda _: 503
    for _ in range(held or 1):
        await desk.alert(severity=Severity.WARNING if held else Severity.CRITICAL)
    await desk.work()
    tried = len(receiver.received)
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        await tx.execute("update membership_grant set role = 'partner' where tenant_id = $1 and membership_id = $2", person.membership_id)
    await desk.later(3 * HOUR)
    assert len(receiver.received) == tried
    assert {each["state"] for each in await desk.deliveries()} == {"SUPPRESSED"}


async def test_a_bell_that_rings_a_little_early_is_rung_again(desk: Desk, receiver: Receiver) -> None:
    await desk.channel("SMS_GATEWAY", {"url": receiver.url("/sms"), "fields": {"text": "{{title}}"}})
    local = datetime.now(UTC)
    quiet: dict[str, Any] = {"quietFrom": (local - HOUR).strftime("%H:%M"), "quietTo": (local + 2 * HOUR).strftime("%H:%M"), "timeZone": "UTC"}
    person = await desk.person(phone="+4915100000000", channels=["SMS_GATEWAY"], **quiet)
    await desk.alert(severity=Severity.WARNING)
    await desk.work()
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        await tx.execute("update notification_delivery set next_attempt_at = now() + interval '20 seconds' where tenant_id = $1 and state = 8")
        await tx.execute("update outbox set due_at = now() where tenant_id = $1 and topic = 'notification.release'")
    await desk.work()
    assert receiver.received == []
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        waiting = "select count(*) from outbox where tenant_id = $1 and topic = 'notification.release' and done_at is null"
        assert await tx.fetchval(waiting) == 1
    await desk.later(timedelta(seconds=30))
    assert len(receiver.received) == 1
    assert person.membership_id is not None
