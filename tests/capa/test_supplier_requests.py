"""A request to a supplier: what its link shows and to whom, what a guest may write, how it is reviewed."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from backend.capa import looking
from backend.capa.errors import GuestLinkInvalidError
from backend.capa.tokens import RequestToken
from backend.services import Services
from infra.clock import isoformat, now
from infra.ids import uuid7
from tests.capa.conftest import SUPPLIER
from tests.capa.operations import APPROVALS, CANCEL, HISTORY, RENEW, REVIEW, SEND
from tests.firms import Firm
from tests.nonconformance.conftest import BAD, Signer

Guest = Callable[..., Awaitable[httpx.Response]]
ANSWER = {
    "act": "answer", "written_by": "Mill Li, quality", "containment": "Stock is blocked <b>", "root_cause": "It rained",
    "corrective_action": "A roof", "done_by": "2026-12-24",
}  # fmt: skip


async def sent(signer: Signer, **more: Any) -> dict[str, Any]:
    """A request, with its link."""
    given = {"supplier": SUPPLIER, "text": "Flour came wet.\n14.9 %", "dueAt": isoformat(now() + timedelta(days=7)), "lots": [BAD], **more}
    payload = await signer.caller.command(SEND, given)
    assert payload["userErrors"] == []
    return {**payload["supplierRequest"], "link": payload["link"]}


async def test_a_guest_reads_acknowledges_and_answers_and_it_is_reviewed(supplied: Signer, guest: Guest) -> None:
    request = await sent(supplied)
    assert (request["number"][:5], request["status"], request["supplierPartner"]["name"]) == ("SCAR-", "SENT", "面粉厂")
    page = await guest(request["link"])
    assert (page.status_code, page.headers["content-language"], page.headers["referrer-policy"]) == (200, "en", "no-referrer")
    assert all(text in page.text for text in (request["number"], "F-BAD", "14.9 %", "Confirm receipt", "Root cause"))
    assert "<script" not in page.text
    assert "临时措施" in (await guest(request["link"], language="zh-CN")).text
    answered = await guest(request["link"], {"act": "acknowledge"})
    assert (answered.status_code, answered.headers["location"].partition("?")[0]) == (303, request["link"].removeprefix("http://suyuan.test"))
    assert "Confirm receipt" not in (await guest(request["link"])).text
    assert (await guest(request["link"], ANSWER)).status_code == 303
    shown = (await guest(request["link"])).text
    assert "Stock is blocked &lt;b&gt;" in shown
    assert "in review" in shown
    [waiting] = (await supplied.caller.ask(APPROVALS))["approvals"]["nodes"]
    assert (waiting["kind"], waiting["subjectId"], waiting["title"]) == ("REVIEW", request["id"], "Flour came wet.")
    back = {"supplierRequestId": request["id"], "accept": False, "comment": "Why did nobody see it?"}
    assert (await supplied.caller.command(REVIEW, back))["supplierRequest"]["status"] == "SENT_BACK"
    shown = (await guest(request["link"])).text
    # What was written before stands in the form.
    assert "Why did nobody see it?" in shown
    assert "It rained</textarea>" in shown
    await guest(request["link"], {**ANSWER, "root_cause": "It rained, and nobody looks at sacks"})
    accepted = await supplied.caller.command(REVIEW, {"supplierRequestId": request["id"], "accept": True})
    told = accepted["supplierRequest"]
    assert (told["status"], [one["verdict"] for one in told["answers"]]) == ("ACCEPTED", ["ACCEPTED", "SENT_BACK"])
    shown = (await guest(request["link"])).text
    assert "<form" not in shown
    assert (await guest(request["link"], ANSWER)).status_code == 404
    history = (await supplied.caller.ask(HISTORY, {"id": request["id"]}))["supplierRequest"]["history"]["nodes"]
    assert [one["act"] for one in history] == ["answer_accepted", "answered", "answer_sent_back", "answered", "acknowledged", "sent"]


async def test_a_link_opens_its_request_alone_and_only_while_it_is_good(services: Services, supplied: Signer, guest: Guest, goods: Firm) -> None:
    first, second = await sent(supplied), await sent(supplied, text="Another matter")
    assert "Another matter" not in (await guest(first["link"])).text
    assert second["number"] not in (await guest(first["link"])).text
    given = {"supplierRequestId": first["id"]}
    assert (await supplied.caller.refusal(RENEW, {"input": given}))["code"] == "IDEMPOTENCY_KEY_REQUIRED"
    renewed = (await supplied.caller.command(RENEW, given, key="renewal"))["link"]
    # Repeated, it makes no other link that would end the one that was told.
    assert (await supplied.caller.command(RENEW, given, key="renewal"))["link"] is None
    assert [(await guest(link)).status_code for link in (first["link"], renewed)] == [404, 200]
    cancelled = await supplied.caller.command(CANCEL, {"supplierRequestId": second["id"], "reason": "a mistake"})
    assert cancelled["supplierRequest"]["status"] == "CANCELLED"
    assert (await guest(second["link"])).status_code == 404
    async with services.database.tenant(goods.tenant_id) as tx:
        stored = await tx.fetchval("select token_sha256 from supplier_request where tenant_id = $1 and number = $2", first["number"])
        await tx.execute("update supplier_request set token_expires_at = now() where tenant_id = $1 and number = $2", first["number"])
    assert stored == RequestToken.parse(renewed.rpartition("/")[2]).sha256
    assert (await guest(renewed)).status_code == 404


async def test_another_companys_token_and_any_other_text_answer_alike(services: Services, supplied: Signer, guest: Guest, other_firm: Firm) -> None:
    request = await sent(supplied)
    own = RequestToken.parse(request["link"].rpartition("/")[2])
    moved = RequestToken(other_firm.tenant.public_id, own.secret)
    unknown = RequestToken.new(uuid7())
    answers = [await guest(f"/supplier/{text}") for text in (str(moved), "syq_x")]
    answers.append(await guest(f"/supplier/{unknown}"))
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    # Who guesses is charged for it, and soon gets nothing at all.
    assert (await guest(request["link"])).status_code == 429


async def test_what_is_missing_or_too_long_is_said_and_nothing_is_written(services: Services, supplied: Signer, guest: Guest, goods: Firm) -> None:
    request = await sent(supplied)
    refused = await guest(request["link"], {**ANSWER, "root_cause": " ", "done_by": "x" * 101})
    assert (refused.status_code, refused.text.count('aria-invalid="true"')) == (422, 2)
    assert "Mill Li, quality" in refused.text
    large = await guest(request["link"], {**ANSWER, "root_cause": "x" * 200_000})
    assert large.status_code == 413
    async with services.database.tenant(goods.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from supplier_answer where tenant_id = $1") == 0


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"supplier": "https://id.gs1.org/417/1234567890128"}, "supplier"), ({"text": ""}, "text"), ({"dueAt": "2020-01-01T00:00:00Z"}, "dueAt"),
        ({"lots": ["NOTHING"]}, "key"), ({"correctiveActionId": "x"}, "correctiveActionId"),
    ],
)  # fmt: skip
async def test_a_request_that_does_not_fit_is_refused(supplied: Signer, more: dict[str, Any], field: str) -> None:
    given = {"supplier": SUPPLIER, "text": "x", "dueAt": isoformat(now() + timedelta(days=7)), **more}
    payload = await supplied.caller.command(SEND, given)
    assert (payload["link"], payload["supplierRequest"], len(payload["userErrors"])) == (None, None, 1)
    assert payload["userErrors"][0]["field"] in (field, None)


def test_tokens_are_read_as_they_were_handed_out() -> None:
    token = RequestToken.new(uuid7())
    assert RequestToken.parse(str(token)) == token
    for text in ("", "syq_", str(token)[:-1], f"{token}A", f"syq_{'é' * 64}", f"syi_{str(token)[4:]}"):
        with pytest.raises(GuestLinkInvalidError):
            RequestToken.parse(text)


async def test_whoever_answers_for_a_request_is_told_before_and_after_its_day(services: Services, supplied: Signer, goods: Firm) -> None:
    due = now() + timedelta(days=3)
    request = await sent(supplied, dueAt=isoformat(due))
    feed = "{ myNotifications(first: 9) { nodes { topic title } } }"
    async with services.database.tenant(goods.tenant_id) as tx:
        [row] = await tx.fetch("select payload, due_at from outbox where tenant_id = $1 and topic = $2", looking.SOON)
    assert abs(row["due_at"] - (due - looking.BEFORE)) < timedelta(minutes=1)
    payload = msgspec.json.decode(row["payload"])
    for _ in range(2):
        await services.in_tenant(goods.tenant_id, lambda tx: looking.remind(tx, payload))
    [soon] = (await supplied.caller.ask(feed))["myNotifications"]["nodes"]
    assert (soon["topic"], request["number"] in soon["title"]) == ("improvement.soon", True)
    async with services.database.tenant(goods.tenant_id) as tx:
        await tx.execute("update supplier_request set due_at = now() - interval '1 day' where tenant_id = $1")
    # It is due another day now: that one's reminder tells.
    await services.in_tenant(goods.tenant_id, lambda tx: looking.remind(tx, payload))
    await services.in_tenant(goods.tenant_id, lambda tx: looking.look(tx, {}))
    topics = [one["topic"] for one in (await supplied.caller.ask(feed))["myNotifications"]["nodes"]]
    assert sorted(topics) == ["improvement.overdue", "improvement.soon"]
