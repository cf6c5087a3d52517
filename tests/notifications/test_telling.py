"""Who is told of an alert: by which routes, once, in the feed, by the best channel; and of its end those who were told."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import pytest

from backend.alerts import escalation
from backend.alerts import service as alerts
from backend.graphql.ids import global_id
from backend.holds.stakes import Act
from backend.inspections import consequences
from backend.nonconformance import concessions
from backend.notifications import query_repository, query_service, service, words
from backend.notifications.kinds import Urgency
from backend.rules import forms
from infra import clock
from infra.ids import least_uuid7
from tenants.permissions import Permission, Role
from tests.factories import SHOP
from tests.notifications.conftest import Desk, answer
from tests.subscriptions.receiver import Receiver

SECRET = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


async def test_without_a_route_owners_and_quality_managers_find_it_in_their_feeds(desk: Desk) -> None:
    manager, worker = await desk.person(), await desk.person(Role.WORKER)
    alert_id = await desk.alert(kind="held_goods_shipped", detail={"reason": "glass", "nested": {"x": 1}})
    await desk.work()
    assert await worker.feed() == []
    [told] = await manager.feed()
    assert told["title"] == "【严重】扣留货物已发出：urn:x:thing"
    assert told["text"].startswith("urn:x:thing\n原因：glass\n发生时间：")
    assert (told["topic"], told["urgency"], told["alertId"]) == ("alert.raised", "CRITICAL", global_id("Alert", alert_id))
    assert await desk.deliveries() == []
    shown = await manager.post("{ myNotifications(first: 1) { nodes { title } } myUnreadNotificationCount }", {}, **{"Accept-Language": "en"})
    assert shown["data"] == {
        "myNotifications": {"nodes": [{"title": "Critical: held goods were shipped, urn:x:thing"}]}, "myUnreadNotificationCount": 1,
    }  # fmt: skip
    [row] = await desk.rows("alert")
    assert row["notified_at"] is not None


async def test_five_routes_to_one_person_are_one_message(desk: Desk, receiver: Receiver) -> None:
    hook = await desk.channel("WEBHOOK", {"url": receiver.url()}, {"secret": SECRET})
    manager = await desk.person(email="qm@example.com")
    member = global_id("Member", manager.membership_id)
    for _ in range(3):
        await desk.route(members=[member], roles=["quality_manager"], channels=[hook])
    await desk.route(roles=["quality_manager"], kinds=["rule_limit"], least="CRITICAL")
    await desk.route(teams=["role:quality_manager"])
    await desk.alert()
    await desk.work()
    assert len(await manager.feed()) == 1
    assert len(receiver.received) == 1
    assert [each["kind"] for each in await desk.deliveries()] == ["WEBHOOK"]
    # The same job twice tells nobody twice.
    [notice] = await desk.rows("notice")
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        await service.on_alert(tx, {"topic": "alert.raised", "alert_id": str(notice["alert_id"])})
    await desk.work()
    assert len(await desk.rows("notification_delivery")) == 2


async def test_routes_ask_for_kind_severity_product_group_and_rule(desk: Desk) -> None:
    people = {name: await desk.person(Role.QC_INSPECTOR) for name in ("kind", "least", "product", "group", "none")}
    gtin = "09506000134352"
    filters: dict[str, dict[str, Any]] = {
        "kind": {"kinds": ["rule_limit"]}, "least": {"least": "CRITICAL"}, "product": {"products": [gtin]}, "group": {"groups": ["cause:7"]},
        "none": {"rules": ["019a0000-0000-7000-8000-000000000001"]},
    }  # fmt: skip
    for name, given in filters.items():
        await desk.route(members=[global_id("Member", people[name].membership_id)], **given)
    await desk.alert(severity=alerts.Severity.WARNING, subject=f"https://id.gs1.org/01/{gtin}/10/L-1", cause_key="cause:7")
    await desk.alert(kind="other", subject=f"https://id.gs1.org/01/{gtin}0/10/L-1", cause_key="cause:8")
    await desk.work()
    assert {name: len(await person.feed()) for name, person in people.items()} == {"kind": 1, "least": 1, "product": 1, "group": 1, "none": 0}


async def test_whoever_may_not_see_an_alert_is_not_told(desk: Desk) -> None:
    partner = await desk.person(Role.PARTNER)
    await desk.route(members=[global_id("Member", partner.membership_id)], roles=["partner"])
    await desk.alert()
    await desk.work()
    assert await partner.feed() == []
    assert await desk.rows("feed_entry") == []


async def test_of_the_end_only_those_hear_who_were_told(desk: Desk, receiver: Receiver) -> None:
    first = await desk.person(Role.QC_INSPECTOR)
    hook = await desk.channel("WEBHOOK", {"url": receiver.url()}, {"secret": SECRET})
    route = await desk.route(members=[global_id("Member", first.membership_id)], channels=[hook])
    await desk.alert(key="door open", resets=True)
    await desk.work()
    second = await desk.person(Role.QC_INSPECTOR)
    await desk.route(id=route, members=[global_id("Member", second.membership_id)])
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        assert await alerts.reset_alert(tx, dedupe_key="door open", reason="closed again") is not None
    await desk.work()
    assert [each["topic"] for each in await first.feed()] == ["alert.reset", "alert.raised"]
    assert "closed again" in (await first.feed())[0]["text"]
    assert await second.feed() == []
    assert [json.loads(each.body)["type"] for each in receiver.received] == ["alert.raised", "alert.reset"]


async def test_an_escalation_goes_to_those_it_names_each_time(desk: Desk) -> None:
    boss = await desk.person(Role.LINE_LEAD)
    alert_id = await desk.alert()
    await desk.work()
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        for step in (1, 2, 2):
            receivers = [str(boss.membership_id)]
            await service.on_alert(
                tx, {"topic": "alert.escalated", "alert_id": str(alert_id), "why": "escalation", "step": step, "receivers": receivers}
            )
        await service.on_alert(tx, {"topic": "alert.acknowledged", "alert_id": str(alert_id), "comment": "on my way"})
    assert [each["topic"] for each in await boss.feed()] == ["alert.acknowledged", "alert.escalated", "alert.escalated"]
    assert "on my way" in (await boss.feed())[0]["text"]
    assert [each["topic"] for each in await desk.keeper.feed()] == ["alert.acknowledged", "alert.raised"]


async def test_what_was_opened_again_is_told_again_when_it_is_taken_up_and_ends(desk: Desk) -> None:
    alert_id = await desk.alert()
    await desk.work()
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        for topic in ("alert.acknowledged", "alert.reset"):
            for moment in ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"):
                await service.on_alert(tx, {"topic": topic, "alert_id": str(alert_id), "at": moment})
    topics = [each["topic"] for each in await desk.keeper.feed()]
    assert topics == [*["alert.reset"] * 2, *["alert.acknowledged"] * 2, "alert.raised"]


async def test_others_tell_of_what_is_due_once(desk: Desk) -> None:
    person = await desk.person(language="en")
    gone = UUID(int=1)
    for _ in range(2):
        async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
            await service.notify(
                tx, topic="capa.due", subject="capa:1", receivers=[person.membership_id, gone], template="due",
                values={"title": "Clean {{owner}} <b>", "due": "2026-03-02"}, urgency=Urgency.NORMAL,
            )  # fmt: skip
    [told] = await person.feed()
    assert told["title"] == "即将到期：Clean {{owner}} <b>"
    assert told["text"] == "Clean {{owner}} <b>\n到期：2026-03-02\n负责人："


async def test_a_member_reads_his_own_messages_and_no_others(desk: Desk) -> None:
    mark = "mutation($i: MarkNotificationsReadInput!) { markNotificationsRead(input: $i) { count userErrors { code } } }"
    count = "{ myUnreadNotificationCount }"
    manager = await desk.person()
    for _ in range(3):
        await desk.alert()
    await desk.work()
    [first, *_] = await manager.feed()
    assert (await desk.keeper.ask(mark, {"ids": [first["id"]]}))["markNotificationsRead"]["count"] == 0
    assert (await manager.ask(mark, {"ids": [first["id"], "nonsense"]}))["markNotificationsRead"]["count"] == 1
    assert (await manager.ask(mark, {"ids": [first["id"]]}))["markNotificationsRead"]["count"] == 0
    assert await manager.ask(count) == {"myUnreadNotificationCount": 2}
    assert (await manager.feed())[0]["readAt"] is not None
    unread = "{ myNotifications(first: 5, unreadOnly: true) { nodes { id } } }"
    assert len((await manager.ask(unread))["myNotifications"]["nodes"]) == 2
    assert (await manager.ask(mark, {"all": True}))["markNotificationsRead"]["count"] == 2
    assert await manager.ask(count) == {"myUnreadNotificationCount": 0}
    assert await desk.keeper.ask(count) == {"myUnreadNotificationCount": 3}


async def test_a_listener_reads_the_end_of_his_feed_alone(desk: Desk) -> None:
    await desk.alert()
    await desk.work()
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        # One of long ago, as its id says.
        await tx.execute("update feed_entry set entry_id = '01900000-0000-7000-8000-000000000000' where tenant_id = $1")
    await desk.alert()
    await desk.work()
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        rows = await query_repository.newest(tx, desk.keeper.membership_id, clock.now() - timedelta(minutes=1), None, 10)
    assert len(rows) == 1
    assert least_uuid7(clock.now() - timedelta(minutes=1)) < rows[0]["entry_id"] < least_uuid7(clock.now() + timedelta(minutes=1))


async def test_a_listener_misses_nothing_of_many_and_nothing_that_is_stored_late(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_service, "_AT_ONCE", 2)
    principal = replace(desk.firm.principal, membership_id=desk.keeper.membership_id)
    await desk.alert()
    await desk.work()
    begun = clock.now()
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        there = await query_service.present_messages(tx, principal, begun)
        for _ in range(5):
            await desk.alert()
        await desk.work()
        # Begun before somebody listened, and stored after.
        late = "update feed_entry set created_at = $2 where tenant_id = $1 and not entry_id = any($3::uuid[])"
        await tx.execute(late, begun - timedelta(seconds=5), list(there))
    async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
        found, known = await query_service.new_messages(tx, principal, "en", begun, known=there)
        again, _ = await query_service.new_messages(tx, principal, "en", begun, known=known)
    assert (len(there), len(found), len(known), again) == (1, 5, 6, [])


async def test_of_an_alert_that_somebody_may_not_see_any_more_no_word_is_left(desk: Desk) -> None:
    principal = replace(desk.firm.principal, membership_id=desk.keeper.membership_id)
    await desk.alert(subject="urn:x:secret")
    await desk.work()
    blind = replace(principal, permissions=principal.permissions - {Permission.HOLDS_READ})
    limited = replace(principal, sites={Permission.HOLDS_READ: frozenset({SHOP})})
    for who, told in ((principal, "urn:x:secret"), (blind, "may not see"), (limited, "may not see")):
        async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
            [message] = await query_service.page_of_messages(tx, who, "en", unread_only=False, cursor=None, backward=False, limit=9)
        assert told in message.title
        assert ("secret" in f"{message.title} {message.text} {message.subject}", message.alert_id is not None) == (who is principal,) * 2


async def test_own_words_are_told_and_cannot_run_anything(desk: Desk, receiver: Receiver) -> None:
    put = "mutation($i: PutNotificationTemplateInput!) { putNotificationTemplate(input: $i) { id userErrors { field message } } }"
    reset = "mutation($i: NotificationTemplateInput!) { resetNotificationTemplate(input: $i) { id userErrors { message } } }"
    receiver.answer = lambda _: answer(200, {"errcode": 0})
    robot = await desk.channel("WECOM_ROBOT", {"endpoint": receiver.url("").rstrip("/")}, {"key": "k"})
    await desk.route(channels=[robot])
    own = {"template": "alert.raised", "language": "zh", "title": "出事了 {{kind}}", "body": "{{ object }} {{detail}}"}
    await desk.keeper.put(put, own)
    bad = ("{{secret}}", "{{object.__class__}}", "{% for x in y %}", "{{ object", "", "x" * 4_001)
    for body in bad:
        assert (await desk.keeper.refused(put, {**own, "body": body}))["field"] == "body"
    await desk.alert(subject="urn:x:[a](http://evil)<@all>", detail={"note": "{{kind}} **b**"})
    await desk.work()
    told = json.loads(receiver.received[0].body)["markdown"]["content"]
    assert told.startswith(
        "### 出事了 超出限值\n\nurn:x:［a］(http://evil)＜＠all＞ 备注：{{kind}} ＊＊b＊＊\n\n[查看详情](http://suyuan.test/alerts/"
    )
    await desk.keeper.put(reset, {"template": "alert.raised", "language": "zh"})
    listed = "{ notificationTemplates { template language own title values } }"
    [raised] = [
        each for each in (await desk.keeper.ask(listed))["notificationTemplates"] if (each["template"], each["language"]) == ("alert.raised", "zh")
    ]
    assert (raised["own"], raised["title"]) == (False, "【{{severity}}】{{kind}}：{{object}}")


def test_each_kind_of_alert_has_words_in_both_languages() -> None:
    raised = {
        *(f"rule_{kind.__struct_config__.tag}" for kind in get_args(forms.AnyCondition)),
        *(f"held_goods_{act.value}" for act in Act), "rule_muted", "rule_lost", escalation.STORM, consequences.FAILED,
        "lot_number_reused", "times_contradict", "calibration_due", "calibration_overdue", "improvement_overdue", "reinspection_wanted",
        "webhook_disabled", concessions.ENDED, "recall_checks_overdue", "recall_drill_due", "recall_clock",
    }  # fmt: skip
    assert raised == words.KINDS.keys()
