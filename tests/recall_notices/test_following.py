"""What follows a first notice: a supplement of what was added, the end, and five thousand customers in batches."""

from datetime import timedelta

from backend.recall_notices import queueing
from backend.recall_notices.content import Lot
from backend.recall_notices.kinds import NoticeKind, NoticeState
from backend.recalls import service as recalls
from backend.services import Services
from tests.factories import CUSTOMER, capture, quantity, shipped
from tests.notifications.test_mail import Post
from tests.recall_notices.conftest import Office
from tests.recall_notices.operations import CUSTOMERS, TOLD
from tests.recall_scope.story import OTHER, P1
from tests.recalls.operations import CLOSE, EXTEND


async def test_a_supplement_tells_only_what_was_added(mailing: Office, post: Post, services: Services) -> None:
    await mailing.contact(OTHER, "other@example.com")
    await mailing.announce()
    await mailing.work()
    assert len(post.mails) == 2
    late = {"bizTransactionList": [{"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:9506000134352:DN-77"}]}
    await capture(services, mailing.firm.tenant_id, shipped([], [quantity(P1, 4)], minutes=60, **late))
    await mailing.work()
    await mailing.act(EXTEND, {"caseId": mailing.case["id"], "reason": "more was shipped"}, "RECALLED")
    await mailing.work()
    notice = await mailing.notice_to(CUSTOMER, "SUPPLEMENT")
    [lot] = notice["lots"]["nodes"]
    assert (notice["version"], lot["code"], lot["quantity"], [one["quantity"] for one in lot["shipments"]]) == (2, "P1", "4", ["4"])
    # Who has received nothing more is told nothing more.
    assert [mail["To"] for mail in post.mails[2:]] == ["buyer@example.com"]
    assert post.mails[2]["Subject"].startswith("Recall notice, supplement: ")
    assert [one["kind"] for one in await mailing.notices() if one["party"] == OTHER] == ["FIRST"]


async def test_the_end_is_told_to_everybody_who_was_told(mailing: Office, post: Post) -> None:
    await mailing.announce()
    await mailing.work()
    await mailing.act(CLOSE, {"caseId": mailing.case["id"], "reason": "done", "overrideReason": "all is back"}, "APPROVED")
    await mailing.work()
    assert [mail["Subject"].partition(":")[0] for mail in post.mails] == ["Recall notice", "End of recall"]
    end = await mailing.notice_to(kind="END")
    assert (end["state"], end["lotCount"], end["overdue"]) == ("SENT", 0, False)
    assert (await mailing.notice_to())["closedAt"] is not None
    await mailing.later(timedelta(days=9))
    assert len(post.mails) == 2


async def test_five_thousand_customers_are_written_in_batches(office: Office, services: Services) -> None:
    """Their parts are given, so that no five thousand shipments are needed."""
    await office.announce()
    await office.work()
    parts = [queueing.Part(f"urn:epc:id:pgln:9506000.{number:05}", [Lot(0, P1, code="P1", quantity="1", uom="KGM")]) for number in range(1, 5_001)]
    for start in range(0, len(parts), queueing.BATCH):
        async with services.database.tenant(office.firm.tenant_id) as tx:
            case = await recalls.case_by_id(tx, office.case_id)
            batch = parts[start : start + queueing.BATCH]
            assert len(await queueing.write(tx, case, batch, version=1, kind=NoticeKind.FIRST)) == len(batch)
            assert await queueing.write(tx, case, batch[:3], version=1, kind=NoticeKind.FIRST) == []
    progress = await office.progress()
    assert (progress["notices"], progress["noAddress"]) == (5_002, 5_002)
    assert len(await office.notices(states=[NoticeState.NO_ADDRESS.name])) == 4
    await office.later(timedelta(hours=30))
    async with services.database.tenant(office.firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from recall_notice where tenant_id = $1 and escalated_at is null") == 0
    assert await office.count("recall_notice_delivery") == 0


async def test_goods_that_went_to_nobody_known_are_told(mailing: Office, services: Services) -> None:
    nobody = shipped([], [quantity(P1, 2)], minutes=70)
    nobody["destinationList"] = []
    await capture(services, mailing.firm.tenant_id, nobody)
    await mailing.announce()
    await mailing.work()
    listed = (await mailing.caller.ask(CUSTOMERS, {"id": mailing.case["id"], "without": True}))["recallCustomers"]["nodes"]
    assert [(one["party"], one["lotCount"]) for one in listed] == [(None, 1), (OTHER, 1)]
    assert any("lots went out without a customer" in one["title"] for one in (await mailing.caller.ask(TOLD))["myNotifications"]["nodes"])
