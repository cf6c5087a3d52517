"""A customer who is a company of the service takes notices into it by a link; later ones arrive by themselves, and answers flow back."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from backend.services import Services
from tenants.permissions import Role
from tests.factories import CUSTOMER
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.recall_notices.conftest import Office
from tests.recall_notices.operations import ACKNOWLEDGE, ANSWER, CONNECTIONS, DISCONNECT, RECEIVE, RECEIVED, RENEW, TOLD
from tests.recall_scope.story import OTHER

Make = Callable[..., Awaitable[Caller]]


@pytest.fixture
async def buyer(other_firm: Firm, caller_of: Make) -> Caller:
    """The owner of the customer's company."""
    return await caller_of(other_firm)


async def link_to(office: Office, party: str = CUSTOMER) -> str:
    return str((await office.act(RENEW, {"noticeId": (await office.notice_to(party))["id"], "keepOthers": True}))["link"])


async def received(caller: Caller, *, open_only: bool = False) -> list[dict[str, Any]]:
    return list((await caller.ask(RECEIVED, {"open": open_only}))["receivedRecallNotices"]["nodes"])


async def test_a_notice_is_taken_and_answered_from_company_to_company(office: Office, buyer: Caller, other_firm: Firm) -> None:
    await office.announce()
    await office.work()
    link = await link_to(office)
    taken = await buyer.command(RECEIVE, {"link": link})
    assert taken["userErrors"] == []
    notice = taken["notice"]
    assert (notice["sender"], notice["number"], notice["title"], notice["lotCount"]) == (
        office.firm.tenant.name, office.case["number"], "Salmonella in dumplings", 1,
    )  # fmt: skip
    assert [(lot["code"], lot["quantity"]) for lot in notice["lots"]["nodes"]] == [("P1", "20")]
    # The same again is the same.
    assert (await buyer.command(RECEIVE, {"link": link}))["notice"]["id"] == notice["id"]
    assert len(await received(buyer)) == 1

    for side, (direction, company) in ((office.caller, ("CUSTOMER", other_firm.tenant.name)), (buyer, ("SENDER", office.firm.tenant.name))):
        [connection] = (await side.ask(CONNECTIONS))["recallConnections"]["nodes"]
        assert (connection["direction"], connection["company"], connection["party"], connection["revokedAt"]) == (direction, company, CUSTOMER, None)
    told = await office.notice_to()
    assert [(one["way"], one["receiver"], one["state"]) for one in told["deliveries"]] == [("COMPANY", other_firm.tenant.name, "SENT")]

    assert (await buyer.command(ACKNOWLEDGE, {"receivedNoticeId": notice["id"]}))["userErrors"] == []
    await office.work()
    told = await office.notice_to()
    assert (told["state"], told["acknowledgedThrough"], other_firm.tenant.name in told["acknowledgedBy"]) == ("ACKNOWLEDGED", "COMPANY", True)

    more = {"line": 1, "found": "21"}
    [error] = (await buyer.command(ANSWER, {"receivedNoticeId": notice["id"], "lines": [more]}))["userErrors"]
    assert (error["code"], error["field"]) == ("MORE_THAN_RECEIVED", "lines.1")
    [error] = (await buyer.command(ANSWER, {"receivedNoticeId": notice["id"], "lines": [{"line": 1, "found": "3", "uom": "LTR"}]}))["userErrors"]
    assert "can't be compared" in error["message"]
    grams = {"line": 1, "found": "3000", "returned": "500", "uom": "GRM", "note": "shelf 3"}
    done = await buyer.command(ANSWER, {"receivedNoticeId": notice["id"], "lines": [grams]})
    assert (done["userErrors"], done["notice"]["reportedAt"] is not None) == ([], True)
    await office.work()
    answer = (await office.notice_to())["lots"]["nodes"][0]["answer"]
    assert (answer["found"], answer["returned"], answer["source"], answer["note"], answer["recordedByUs"]) == (
        "3",
        "0.5",
        "COMPANY",
        "shelf 3",
        False,
    )
    assert await received(buyer, open_only=True) == []


async def test_later_notices_arrive_by_themselves_until_either_side_ends_it(
    office: Office, buyer: Caller, other_firm: Firm, services: Services
) -> None:
    await office.announce()
    await office.work()
    await buyer.command(RECEIVE, {"link": await link_to(office)})
    first = office.case
    await office.announce(title="Another recall")
    await office.work()
    told = await received(buyer)
    assert [one["title"] for one in told] == ["Another recall", "Salmonella in dumplings"]
    assert (await office.notice_to())["state"] == "SENT"
    # Nothing of the other customer's is there.
    async with services.database.tenant(other_firm.tenant_id) as tx:
        rows = await tx.fetch("select content from received_recall_notice where tenant_id = $1")
    assert not any("/P2" in row["content"] or OTHER in row["content"] for row in rows)
    assert any("Another recall" in one["text"] for one in (await buyer.ask(TOLD))["myNotifications"]["nodes"])

    [connection] = (await buyer.ask(CONNECTIONS))["recallConnections"]["nodes"]
    ended = await buyer.command(DISCONNECT, {"connectionId": connection["id"], "reason": "We buy no more"})
    assert ended["connection"]["revokedAt"] is not None
    await office.work()
    [seen] = (await office.caller.ask(CONNECTIONS))["recallConnections"]["nodes"]
    assert (seen["revokedAt"] is not None, seen["revokedBy"]) == (True, other_firm.tenant.name)
    await office.announce(title="A third recall")
    await office.work()
    assert (len(await received(buyer)), (await office.notice_to())["state"]) == (2, "NO_ADDRESS")
    [error] = (await buyer.command(ACKNOWLEDGE, {"receivedNoticeId": told[0]["id"]}))["userErrors"]
    assert error["code"] == "RECALL_NOTICE_STATE"
    assert first != office.case


async def test_a_link_that_opens_nothing_is_refused_alike(
    office: Office, buyer: Caller, other_firm: Firm, caller_of: Make, services: Services
) -> None:
    await office.announce()
    await office.work()
    link = await link_to(office)
    token = link.rpartition("/")[2]
    for wrong in ("x", "", token[:-4] + "AAAA", f"http://suyuan.test/recall/syr_{'A' * 64}", "y" * 5_000):
        [error] = (await buyer.command(RECEIVE, {"link": wrong}))["userErrors"]
        assert (error["code"], error["message"]) == (
            "RECALL_LINK_INVALID", "This link opens nothing (any more). Ask whoever sent it for a new one.",
        ), wrong  # fmt: skip
    own = await office.caller.command(RECEIVE, {"link": link})
    assert [error["code"] for error in own["userErrors"]] == ["INVALID_INPUT"]
    reader = await caller_of(other_firm, Role.AUDITOR)
    assert (await reader.refusal(RECEIVE, {"input": {"link": link}}, Idempotency_Key=str(uuid4())))["code"] == "PERMISSION_DENIED"
    for firm in (office.firm, other_firm):
        async with services.database.tenant(firm.tenant_id) as tx:
            assert await tx.fetchval("select count(*) from recall_connection where tenant_id = $1") == 0
            assert await tx.fetchval("select count(*) from received_recall_notice where tenant_id = $1") == 0
    # What another company has received is nobody else's.
    notice = (await buyer.command(RECEIVE, {"link": token}))["notice"]
    [error] = (await office.caller.command(ACKNOWLEDGE, {"receivedNoticeId": notice["id"]}))["userErrors"]
    assert error["code"] == "RECALL_NOTICE_NOT_FOUND"
