"""Requests to suppliers by mail, against a real SMTP server: with a link, before and after their day, and what is told where none goes out."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.capa import mailing
from backend.services import Services
from infra.clock import isoformat, now
from tests.capa.conftest import SUPPLIER
from tests.capa.operations import CANCEL, RENEW, REVIEW
from tests.capa.test_supplier_requests import ANSWER, sent
from tests.firms import Firm
from tests.nonconformance.conftest import Signer
from tests.notifications.conftest import PUT_CHANNEL
from tests.notifications.test_mail import PASSWORD, Post, certificate, post_office, settings, trusted
from tests.recall_notices.operations import PUT_CONTACT

__all__ = ["certificate", "trusted"]
Guest = Callable[..., Awaitable[httpx.Response]]
DoOutbox = Callable[[], Awaitable[int]]
FEED = "{ myNotifications(first: 20) { nodes { topic title } } }"


@pytest.fixture
def post(certificate: Path, trusted: None) -> Iterator[Post]:
    """A mail server."""
    with post_office(certificate, tls=True) as running:
        yield running


async def put_contact(signer: Signer, name: str = "Mill Li", email: str = "quality@mill.example", language: str = "en") -> None:
    """Whom to write to at the supplier's."""
    given = {"party": SUPPLIER, "name": name, "email": email, "phone": "" if email else "+86 21 0000 0000", "language": language}
    assert (await signer.caller.command(PUT_CONTACT, given))["userErrors"] == []


@pytest.fixture
async def mailing_firm(supplied: Signer, post: Post) -> Signer:
    """The owner of a firm with an e-mail channel, who knows somebody at the supplier's."""
    channel = {"kind": "EMAIL", "name": "Mail", "settings": settings(post, "tls"), "secrets": PASSWORD}
    done = (await supplied.caller.ask(PUT_CHANNEL, {"i": channel}, Idempotency_Key=str(uuid4())))["putNotificationChannel"]
    assert done["userErrors"] == []
    await put_contact(supplied)
    return supplied


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(mail: EmailMessage) -> str:
    [found] = [word for word in text_of(mail).split() if "/supplier/syq_" in word]
    return found


async def hasten(services: Services, firm: Firm, occasion: str = "") -> None:
    """The time has come for those mails."""
    async with services.database.tenant(firm.tenant_id) as tx:
        statement = """update outbox set due_at = now() where tenant_id = $1 and topic = $2 and done_at is null
                         and ($3 = '' or payload::jsonb ->> 'occasion' = $3)"""
        await tx.execute(statement, mailing.TOPIC, occasion)


async def unreached(signer: Signer) -> list[str]:
    nodes = (await signer.caller.ask(FEED))["myNotifications"]["nodes"]
    return [one["title"] for one in nodes if one["topic"] == "improvement.unreached"]


async def test_it_is_sent_with_a_link_and_reminded_of_before_and_after_its_day(
    services: Services, mailing_firm: Signer, guest: Guest, goods: Firm, post: Post, do_outbox: DoOutbox
) -> None:
    await put_contact(mailing_firm, "李", "li@mill.example", "zh")
    request = await sent(mailing_firm)
    await do_outbox()
    assert sorted(str(mail["To"]) for mail in post.mails) == ["li@mill.example", "quality@mill.example"]
    english, chinese = sorted(post.mails, key=lambda mail: str(mail["To"]), reverse=True)
    assert (request["number"] in english["Subject"], "Request for corrective action" in english["Subject"]) == (True, True)
    assert ("Flour came wet." in text_of(english), "纠正措施要求" in chinese["Subject"], "答复期限" in text_of(chinese)) == (True, True, True)
    # The mails' link is none that was handed out, and both are good.
    assert link_in(english) == link_in(chinese) != request["link"]
    assert [(await guest(link)).status_code for link in (request["link"], link_in(english))] == [200, 200]

    await hasten(services, goods, "before")
    await do_outbox()
    await hasten(services, goods, "after")
    await do_outbox()
    subjects = [mail["Subject"] for mail in post.mails if mail["To"] == "quality@mill.example"]
    assert [subject.partition(":")[0] for subject in subjects] == ["Request for corrective action " + request["number"], "Reminder", "Overdue"]
    assert {link_in(mail) for mail in post.mails} == {link_in(english)}
    assert len({mail["Message-ID"] for mail in post.mails}) == len(post.mails) == 6
    assert await unreached(mailing_firm) == []

    # A renewed link voids all of them.
    await mailing_firm.caller.command(RENEW, {"supplierRequestId": request["id"]})
    assert (await guest(link_in(english))).status_code == 404


async def test_who_has_answered_is_written_to_again_only_when_it_is_sent_back(
    services: Services, mailing_firm: Signer, guest: Guest, goods: Firm, post: Post, do_outbox: DoOutbox
) -> None:
    request = await sent(mailing_firm)
    await do_outbox()
    assert (await guest(link_in(post.mails[0]), ANSWER)).status_code == 303
    await hasten(services, goods)
    await do_outbox()
    assert len(post.mails) == 1
    for number in (2, 3):
        back = {"supplierRequestId": request["id"], "accept": False, "comment": "Why did nobody see it?"}
        assert (await mailing_firm.caller.command(REVIEW, back))["userErrors"] == []
        await do_outbox()
        assert (len(post.mails), "More is asked" in post.mails[-1]["Subject"]) == (number, True)
        assert (await guest(request["link"], ANSWER)).status_code == 303
    assert len({mail["Message-ID"] for mail in post.mails}) == 3


async def test_a_cancelled_request_and_one_that_is_due_another_day_send_nothing(
    services: Services, mailing_firm: Signer, goods: Firm, post: Post, do_outbox: DoOutbox
) -> None:
    request = await sent(mailing_firm)
    await mailing_firm.caller.command(CANCEL, {"supplierRequestId": request["id"], "reason": "a mistake"})
    await sent(mailing_firm)
    async with services.database.tenant(goods.tenant_id) as tx:
        await tx.execute("update supplier_request set due_at = due_at + interval '1 day' where tenant_id = $1")
    await hasten(services, goods)
    await do_outbox()
    assert post.mails == []


async def test_a_job_that_is_done_twice_sends_the_same_mail(
    services: Services, mailing_firm: Signer, goods: Firm, post: Post, do_outbox: DoOutbox
) -> None:
    await sent(mailing_firm)
    await do_outbox()
    async with services.database.tenant(goods.tenant_id) as tx:
        again = "update outbox set done_at = null, due_at = now() where tenant_id = $1 and topic = $2 and payload like '%contact_id%'"
        assert await tx.execute(again, mailing.TOPIC) == 1
    await do_outbox()
    assert len(post.mails) == 2
    assert len({(mail["Message-ID"], link_in(mail)) for mail in post.mails}) == 1
    async with services.database.tenant(goods.tenant_id) as tx:
        told = "select count(*) from audit_entry where tenant_id = $1 and action = 'supplier_request.mailed'"
        assert await tx.fetchval(told) == 1


@pytest.mark.parametrize("known", ["nobody", "a telephone", "no channel"])
async def test_where_none_can_be_sent_the_owner_is_told_once(
    services: Services, supplied: Signer, goods: Firm, do_outbox: DoOutbox, known: str
) -> None:
    if known != "nobody":
        await put_contact(supplied, email="quality@mill.example" if known == "no channel" else "")
    request = await sent(supplied, dueAt=isoformat(now() + timedelta(days=5)))
    await do_outbox()
    await hasten(services, goods)
    await do_outbox()
    [title] = await unreached(supplied)
    assert request["number"] in title


async def test_a_server_that_refuses_is_tried_again_and_then_the_owner_is_told(
    services: Services, mailing_firm: Signer, goods: Firm, post: Post, do_outbox: DoOutbox
) -> None:
    post.answer = "451 later"
    await sent(mailing_firm)
    await do_outbox()
    assert (len(post.mails), await unreached(mailing_firm)) == (1, [])
    async with services.database.tenant(goods.tenant_id) as tx:
        open_rows: list[Any] = await tx.fetch(
            """select payload::jsonb ->> 'failures' as failures, due_at > now() as waits from outbox
               where tenant_id = $1 and topic = $2 and done_at is null and payload like '%contact_id%'""",
            mailing.TOPIC,
        )
    assert [(row["failures"], row["waits"]) for row in open_rows] == [("1", True)]
    post.answer = "550 nobody of that name"
    await hasten(services, goods, "sent")
    await do_outbox()
    assert len(post.mails) == 2
    assert len(await unreached(mailing_firm)) == 1
