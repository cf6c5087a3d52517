"""A recall is announced: each customer is told his own part, once, by mail; who can't be is shown; supplements and the end follow."""

from datetime import timedelta

from tests.factories import CUSTOMER
from tests.notifications.test_mail import Post
from tests.recall_notices.conftest import BUYER, Office, link_in
from tests.recall_notices.operations import CUSTOMERS, SEND_AGAIN, TIMELINE, TOLD
from tests.recall_scope.story import OTHER


async def test_each_customer_is_told_his_own_part_by_mail(mailing: Office, post: Post) -> None:
    await mailing.announce()
    await mailing.work()
    [mail] = post.mails
    assert (mail["To"], mail["Content-Language"], mail["Auto-Submitted"]) == (BUYER, "en", "auto-generated")
    assert mail["Subject"] == f"Recall notice: Salmonella in dumplings ({mailing.case['number']})"
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    for wanted in ("P1", "20", "A test found it", "It makes ill", "Stop selling and return", "+86 21 0000 0000", "recall@example.com"):
        assert wanted in text, wanted
    # Of the other customer's part there isn't a word.
    rest = text.replace(link_in(mail), "")
    assert ["P2" in rest, "Other" in rest] == [False, False]
    assert link_in(mail).startswith("http://suyuan.test/recall/syr_")

    notice = await mailing.notice_to()
    assert (notice["state"], notice["kind"], notice["lotCount"], notice["partner"]["name"]) == ("SENT", "FIRST", 1, "客户")
    [lot] = notice["lots"]["nodes"]
    assert (lot["code"], lot["quantity"], lot["certain"], len(lot["shipments"]), lot["shipments"][0]["quantity"]) == ("P1", "20", True, 1, "20")
    assert [(one["way"], one["receiver"], one["state"], one["attempts"]) for one in notice["deliveries"]] == [("EMAIL", BUYER, "SENT", 1)]
    assert mail["Message-ID"].endswith("@suyuan.test>")
    silent = await mailing.notice_to(OTHER)
    assert (silent["state"], silent["deliveries"]) == ("NO_ADDRESS", [])
    assert await mailing.progress() == {"customers": 2, "written": 2, "whole": True, "notices": 2, "sent": 1, "noAddress": 1}
    # Whatever is told twice is sent once.
    await mailing.work()
    assert len(post.mails) == 1


async def test_who_cannot_be_written_to_is_listed_and_told_to_the_owner(mailing: Office, post: Post) -> None:
    await mailing.announce()
    await mailing.work()
    listed = (await mailing.caller.ask(CUSTOMERS, {"id": mailing.case["id"], "without": True}))["recallCustomers"]["nodes"]
    assert [(one["party"], one["lotCount"], one["contactCount"]) for one in listed] == [(OTHER, 1, 0)]
    every = (await mailing.caller.ask(CUSTOMERS, {"id": mailing.case["id"], "without": False}))["recallCustomers"]["nodes"]
    assert {one["party"]: one["contactCount"] for one in every} == {CUSTOMER: 1, OTHER: 0}
    told = (await mailing.caller.ask(TOLD))["myNotifications"]["nodes"]
    assert [one["title"].startswith(f"{mailing.case['number']}: 1 个客户没有可用的地址") for one in told] == [True]
    assert "别家" in told[0]["text"]

    silent = await mailing.notice_to(OTHER)
    assert await mailing.refused(SEND_AGAIN, {"noticeId": silent["id"]}) == ("RECALL_NOTICE_STATE", "noticeId")
    await mailing.contact(OTHER, "other@example.com", "zh")
    await mailing.act(SEND_AGAIN, {"noticeId": silent["id"]})
    await mailing.work()
    assert (await mailing.notice_to(OTHER))["state"] == "SENT"
    last = post.mails[-1]
    assert (last["To"], last["Content-Language"]) == ("other@example.com", "zh-CN")
    assert last["Subject"] == f"【召回通知】Salmonella in dumplings（{mailing.case['number']}）"
    html = last.get_body(("html",))
    assert html is not None
    assert "<b>别家" not in html.get_content()
    assert "&lt;b&gt;别家" in html.get_content()


async def test_a_mail_server_that_is_down_is_tried_again_and_then_told(mailing: Office, post: Post) -> None:
    post.answer = "451 later"
    await mailing.announce()
    await mailing.work()
    [sent] = (await mailing.notice_to())["deliveries"]
    assert (sent["state"], sent["reason"]) == ("FAILED", "The mail server answered 451.")
    for _ in range(8):
        await mailing.later(timedelta(hours=7))
    notice = await mailing.notice_to()
    assert (notice["state"], notice["deliveries"][0]["state"], notice["deliveries"][0]["attempts"]) == ("FAILED", "DEAD", 8)
    assert len({mail["Message-ID"] for mail in post.mails[:8]}) == 1
    told = [one["title"] for one in (await mailing.caller.ask(TOLD))["myNotifications"]["nodes"]]
    assert any("无法送达" in title for title in told)
    post.answer = "250 OK"
    await mailing.act(SEND_AGAIN, {"noticeId": notice["id"]})
    await mailing.work()
    assert (await mailing.notice_to())["state"] == "SENT"


async def test_a_company_without_a_mail_channel_is_told_so(office: Office) -> None:
    await office.contact()
    await office.announce()
    await office.work()
    notice = await office.notice_to()
    assert (notice["state"], notice["deliveries"][0]["state"]) == ("FAILED", "DEAD")
    assert "no e-mail channel" in notice["deliveries"][0]["reason"]


async def test_nobody_answers_and_is_reminded_and_then_others_are_called_in(mailing: Office, post: Post) -> None:
    await mailing.announce()
    await mailing.work()
    await mailing.later(timedelta(hours=5))
    assert [mail["Subject"].partition(":")[0] for mail in post.mails] == ["Recall notice", "Reminder"]
    assert (await mailing.notice_to())["deliveries"][1]["occasion"] == "acknowledge-4"
    await mailing.later(timedelta(hours=20))
    assert len(post.mails) == 3
    notice = await mailing.notice_to()
    assert notice["escalatedAt"] is not None
    assert any("尚未确认" in one["title"] for one in (await mailing.caller.ask(TOLD))["myNotifications"]["nodes"])
    # A worker that was away for days sends one reminder, not all that it has missed.
    await mailing.later(timedelta(days=9))
    assert len(post.mails) == 4
    await mailing.later(timedelta(days=9))
    assert len(post.mails) == 4
    kinds = [act["kind"] for act in (await mailing.caller.ask(TIMELINE, {"id": mailing.case["id"]}))["recall"]["timeline"]["nodes"]]
    assert {"NOTICE_QUEUED", "REMINDED", "ESCALATED"} <= set(kinds)


async def test_a_drill_writes_everything_and_sends_nothing(mailing: Office, post: Post) -> None:
    case = await mailing.announce(drill=True)
    await mailing.work()
    notice = await mailing.notice_to()
    assert (case["drill"], notice["drill"], notice["state"]) == (True, True, "WOULD_SEND")
    assert [(one["way"], one["receiver"], one["state"], one["attempts"]) for one in notice["deliveries"]] == [("EMAIL", BUYER, "WOULD_SEND", 0)]
    assert await mailing.refused(SEND_AGAIN, {"noticeId": notice["id"]}) == ("RECALL_NOTICE_STATE", "noticeId")
    await mailing.later(timedelta(days=9))
    assert (post.mails, await mailing.count("recall_notice_link"), notice["links"]) == ([], 0, [])
    assert (await mailing.caller.ask(TOLD))["myNotifications"]["nodes"] == []
    assert await mailing.progress() == {"customers": 2, "written": 2, "whole": True, "notices": 2, "wouldSend": 2}
