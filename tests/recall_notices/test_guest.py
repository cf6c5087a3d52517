"""What somebody sees and may do who holds a link: his own part of the goods, what he answers, in parts and corrected; and nobody else."""

from decimal import Decimal

from backend.recall_notices import service
from backend.recall_notices.tokens import NoticeToken
from backend.services import Services
from infra.ids import uuid7
from tests.factories import CUSTOMER
from tests.notifications.test_mail import Post
from tests.recall_notices.conftest import Guest, Office, link_in
from tests.recall_notices.operations import NOTICE, RENEW, REVOKE_LINKS
from tests.recalls.operations import CLOSE, REOPEN


async def linked(office: Office, party: str = CUSTOMER) -> str:
    """A link to the customer's notice."""
    notice = await office.notice_to(party)
    return str((await office.act(RENEW, {"noticeId": notice["id"], "keepOthers": True}))["link"])


async def test_a_customer_confirms_and_answers_for_his_lots(mailing: Office, post: Post, guest: Guest) -> None:
    await mailing.announce()
    await mailing.work()
    link = link_in(post.mails[0])
    page = await guest(link)
    assert (page.status_code, page.headers["content-language"], len(page.content) < 30_000) == (200, "en", True)
    assert "script" not in page.text.lower().replace("no-script", "")
    for wanted in ("Salmonella in dumplings", "P1", "20 ", "Stop selling and return", "tel:+862100000000", "Confirm receipt", "A test found it"):
        assert wanted in page.text, wanted
    assert "P2" not in page.text
    assert "别家" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert (await mailing.notice_to())["openedAt"] is not None
    chinese = await guest(link.partition("?")[0], language="zh-CN")
    assert (chinese.headers["content-language"], "确认收到" in chinese.text, "20 kg" in chinese.text) == ("zh-CN", True, True)

    done = await guest(link, {"act": "acknowledge", "name": "Ms Li"})
    assert (done.status_code, "Receipt is confirmed" in (await guest(done.headers["location"])).text) == (303, True)
    notice = await mailing.notice_to()
    assert (notice["state"], notice["acknowledgedBy"], notice["acknowledgedThrough"]) == ("ACKNOWLEDGED", "Ms Li", "LINK")

    parted = {"act": "report", "line": "1", "found": "５", "returned": "2.5", "name": "Ms Li", "note": "cold store <i>3</i>"}
    done = await guest(link, parted)
    assert (done.status_code, done.headers["location"].endswith("#lot-1")) == (303, True)
    notice = await mailing.notice_to()
    answer = notice["lots"]["nodes"][0]["answer"]
    assert (notice["state"], answer["found"], answer["returned"], answer["saidBy"], answer["source"]) == ("REPORTED", "5", "2.5", "Ms Li", "LINK")
    shown = (await guest(link)).text
    for wanted in ("In stock <b>5 kg</b>", "unaccounted for <b>12.5 kg</b>", "Ms Li, "):
        assert wanted in shown, wanted
    assert "<i>3" not in shown

    # The last one counts, and the one before stays on record.
    await guest(link, {"act": "report", "line": "1", "found": "4", "destroyed": "1", "forwarded": "15", "forwarded_to": "Shop 9", "name": "Mr Wu"})
    told = (await mailing.caller.ask(NOTICE, {"id": notice["id"]}))["recallNotice"]
    assert [(one["line"], one["found"]) for one in told["answers"]["nodes"]] == [(1, "4"), (1, "5")]
    async with mailing.services.database.tenant(mailing.firm.tenant_id) as tx:
        [stood] = await service.answers_of(tx, mailing.case_id)
    assert (stood.party, stood.key.endswith("/P1"), stood.received, stood.forwarded) == (CUSTOMER, True, Decimal(20), Decimal(15))
    assert (stood.forwarded_to, stood.said_by) == ("Shop 9", "Mr Wu")
    assert await mailing.progress() == {
        "customers": 2, "written": 2, "whole": True, "notices": 2, "sent": 1, "opened": 1, "acknowledged": 1, "reported": 1, "noAddress": 1,
    }  # fmt: skip


async def test_what_cannot_be_is_asked_again_and_nothing_is_lost(office: Office, guest: Guest) -> None:
    await office.announce()
    await office.work()
    link = await linked(office)
    for form, told in (
        ({"found": "a lot"}, "Write digits"), ({"found": "1e5"}, "Write digits"), ({"found": "-3"}, "Write digits"),
        ({}, "tick that nothing was found"),
        ({"found": "2", "nothing": "on"}, "leave one of the two"), ({"found": "21", "note": "kept"}, "and you received 20 kg"),
        ({"line": "9", "found": "1"}, "no such lot"), ({"line": "٣", "found": "1"}, "no such lot"), ({"found": "1", "note": "x" * 1_001}, "too long"),
    ):  # fmt: skip
        answer = await guest(link, {"act": "report", "line": "1", **form})
        assert (answer.status_code, told in answer.text) == (422, True), (form, answer.status_code)
        assert "note" not in form or f'value="{form["note"]}"' in answer.text
    assert await office.count("recall_answer") == 0
    # More than he received is marked where he says that it is meant so.
    assert (await guest(link, {"act": "report", "line": "1", "found": "21", "more": "on"})).status_code == 303
    assert (await office.notice_to())["lots"]["nodes"][0]["answer"]["over"] is True
    too_long = await guest(link, {"act": "report", "line": "1", "note": "x" * 90_000})
    assert (too_long.status_code, "Too long" in too_long.text) == (413, True)


async def test_nothing_is_found_of_all_that_is_open(office: Office, guest: Guest) -> None:
    await office.announce()
    await office.work()
    assert (await guest(await linked(office), {"act": "nothing", "name": "Ms Li"})).status_code == 303
    notice = await office.notice_to()
    # Who answers has received it, also where we couldn't write to him.
    assert (notice["state"], notice["lots"]["nodes"][0]["answer"]["nothing"], notice["acknowledgedAt"] is not None) == ("REPORTED", True, True)


async def test_hostile_tokens_answer_like_unknown_ones(office: Office, guest: Guest, services: Services) -> None:
    await office.announce()
    await office.work()
    link = await linked(office)
    token = link.rpartition("/")[2].partition("?")[0]
    unknown = str(NoticeToken.new(office.firm.tenant.public_id))
    pages = []
    for text in (
        unknown,
        str(NoticeToken.new(uuid7())),
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token[:-3],
        f"{token}x",
        "syr_",
        "%00",
        "..%2f",
    ):
        answer = await guest(f"http://suyuan.test/recall/{text}")
        if answer.status_code == 429:
            break
        pages.append((answer.status_code, answer.text))
    assert {status for status, _ in pages} == {404}
    assert len({text for _, text in pages}) == 1
    assert (await guest(f"/recall/{unknown}", {"act": "acknowledge"})).status_code in (404, 429)
    async with services.database.tenant(office.firm.tenant_id) as tx:
        rows = await tx.fetch("select token_sha256 from recall_notice_link where tenant_id = $1")
        trail = await tx.fetch("select coalesce(after, '') as text from audit_entry where tenant_id = $1")
    assert all(len(row["token_sha256"]) == 32 for row in rows)
    assert not any(token in row["text"] for row in trail)


async def test_a_link_is_revoked_and_renewed(office: Office, guest: Guest) -> None:
    await office.announce()
    await office.work()
    first = await linked(office)
    notice = await office.notice_to()
    second = (await office.act(RENEW, {"noticeId": notice["id"]}))["link"]
    assert ((await guest(first)).status_code, (await guest(second)).status_code) == (404, 200)
    await office.act(REVOKE_LINKS, {"noticeId": notice["id"], "reason": "It was published"})
    assert (await guest(second, {"act": "acknowledge"})).status_code == 404
    third = await linked(office)
    async with office.services.database.tenant(office.firm.tenant_id) as tx:
        await tx.execute("update recall_notice_link set expires_at = now() where tenant_id = $1")
    assert (await guest(third)).status_code == 404


async def test_after_closing_a_link_shows_and_takes_nothing_more(office: Office, guest: Guest) -> None:
    await office.announce()
    await office.work()
    link = await linked(office)
    await guest(link, {"act": "report", "line": "1", "found": "3"})
    await office.act(CLOSE, {"caseId": office.case["id"], "reason": "done", "overrideReason": "all is back"}, "APPROVED")
    await office.work()
    page = (await guest(link)).text
    assert [text in page for text in ("This recall has ended", "In stock <b>3 kg</b>", "<form")] == [True, True, False]
    refused = await guest(link, {"act": "report", "line": "1", "found": "4"})
    assert (refused.status_code, "Answers are taken no more" in refused.text) == (409, True)
    await office.act(REOPEN, {"caseId": office.case["id"], "reason": "more turned up"}, "APPROVED")
    await office.work()
    assert (await guest(link, {"act": "report", "line": "1", "found": "4"})).status_code == 303


async def test_who_guesses_is_slowed_down(guest: Guest, office: Office) -> None:
    answers = [(await guest(f"/recall/{NoticeToken.new(office.firm.tenant.public_id)}")).status_code for _ in range(12)]
    assert answers[-1] == 429
