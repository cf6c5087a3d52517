"""Consumers ask to be told of a recall: nothing counts before the address's owner confirms, nobody learns who is on the list, one mail each."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from backend.consumers import service
from backend.consumers.tokens import ConsumerKeys
from backend.consumers.words import EN, ZH
from backend.history import recall_publisher
from backend.services import Services
from infra import clock
from infra.outbox import enqueue
from tests.factories import DUMPLING
from tests.firms import Firm
from tests.graphql.conftest import Caller, anonymous, caller_of, owner
from tests.history.conftest import maker
from tests.history.markup import elements, text_of
from tests.history.stories import LOT_PATH, UNIT_PATH
from tests.history.test_recalled import PROGRESS, desk, opened
from tests.history.test_words_and_style import texts
from tests.notifications.test_mail import PASSWORD as MAIL_PASSWORD
from tests.notifications.test_mail import Post, certificate, post_office, settings, trusted
from tests.recalls.conftest import Desk

__all__ = ["anonymous", "caller_of", "certificate", "desk", "maker", "owner", "trusted"]
DoOutbox = Callable[[], Awaitable[int]]
PUT_CHANNEL = """mutation($input: PutNotificationChannelInput!) { putNotificationChannel(input: $input) { id userErrors { field code message } } }"""
ASK = f"/tell-me{LOT_PATH}"


def words_of(mail: EmailMessage) -> str:
    """The mail as plain text."""
    plain = mail.get_body(("plain",))
    assert plain is not None
    return str(plain.get_content())


@dataclass
class Consumer:
    """Somebody with a browser, at an address of his own."""

    app: Litestar
    firm: Firm
    post: Post
    work: Callable[[], Awaitable[None]]
    address: str = ""

    @property
    def host(self) -> str:
        return f"{self.firm.slug}.suyuan.test"

    async def get(self, path: str) -> httpx.Response:
        return await self.visit("GET", path, accept="text/html")

    async def send(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        return await self.visit("POST", path, fields or {}, **headers)

    async def visit(self, method: str, path: str, fields: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        """From an address of its own, unless he has one."""
        address = (self.address or f"2001:db8:{uuid4().hex[:4]}::1", 50_000)
        transport = httpx.ASGITransport(app=cast(Any, self.app), raise_app_exceptions=False, client=address)
        async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:
            return await client.request(method, path, data=fields, headers={"host": self.host, "accept-language": "en", **headers})

    async def ask(self, email: str = "anna@example.com", path: str = ASK) -> httpx.Response:
        [form] = elements(await self.get(path), "//input[@name='form']/@value")
        answer = await self.send(path, {"form": form, "email": email})
        await self.work()
        return answer

    def link(self, kind: str, mail: Any = None) -> str:
        """The path of the link of a kind in a mail, the last one by default."""
        told = words_of(mail or self.post.mails[-1])
        found = re.search(rf"http://{self.host}(/tell-me/{kind}/\S+)", told)
        assert found is not None, told
        return found[1]

    async def confirmed(self, email: str = "anna@example.com", path: str = ASK) -> None:
        await self.ask(email, path)
        assert "Confirmed" in text_of(await self.send(self.link("confirm")))


@pytest.fixture
async def consumer(
    app: Litestar, services: Services, maker: Firm, owner: Caller, do_outbox: DoOutbox, certificate: Path, trusted: None
) -> AsyncIterator[Consumer]:
    async def work() -> None:
        await do_outbox()
        await services.consumer_mail.settle()
        await do_outbox()

    with post_office(certificate, tls=True) as post:
        channel = {"kind": "EMAIL", "name": "Mail", "settings": settings(post, "tls"), "secrets": MAIL_PASSWORD}
        assert (await owner.command(PUT_CHANNEL, channel))["userErrors"] == []
        yield Consumer(app, maker, post, work)


async def rows(services: Services, firm: Firm, table: str) -> list[dict[str, Any]]:
    """In the order in which they were written."""
    async with services.database.tenant(firm.tenant_id) as tx:
        return [dict(row) for row in await tx.fetch(f"select * from {table} where tenant_id = $1 order by 2")]


async def test_the_page_leads_to_a_form_that_needs_no_script(consumer: Consumer) -> None:
    page = await consumer.get(UNIT_PATH)
    [address] = elements(page, "//section[contains(@class, 'ask')]//a/@href")
    assert address == f"/tell-me{UNIT_PATH}?lang=en"
    form = await consumer.get(address)
    assert (form.status_code, form.headers["cache-control"], "form-action 'self'" in form.headers["content-security-policy"]) == (
        200,
        "no-store",
        True,
    )
    # A unit is recalled with its lot.
    assert "Pork dumplings 500 g" in text_of(form)
    assert elements(form, "//dd[@class='code']/text()") == ["P1"]
    assert elements(form, "//script") == []


async def test_nothing_counts_before_the_owner_of_the_address_confirms(services: Services, consumer: Consumer) -> None:
    assert "Look into your mail" in text_of(await consumer.ask())
    [watch] = await rows(services, consumer.firm, "consumer_watch")
    assert (watch["confirmed_at"], b"anna" in bytes(watch["email"]), "anna" in watch["email_digest"]) == (None, False, False)
    [mail] = consumer.post.mails
    assert (mail["To"], mail["Subject"]) == ("anna@example.com", "Please confirm: be told of a recall of Pork dumplings 500 g")
    # Who looks into mails for others opens links, and presses nothing.
    assert "Confirm that you want to be told" in text_of(await consumer.get(consumer.link("confirm")))
    assert (await rows(services, consumer.firm, "consumer_watch"))[0]["confirmed_at"] is None
    assert "Confirmed" in text_of(await consumer.send(consumer.link("confirm")))
    assert (await rows(services, consumer.firm, "consumer_watch"))[0]["confirmed_at"] is not None
    entries = sorted(await rows(services, consumer.firm, "audit_entry"), key=lambda row: row["recorded_at"])
    actions = [row["action"] for row in entries if row["action"].startswith("consumer")]
    assert actions == ["consumer_watch.asked", "consumer_watch.confirmed"]
    assert "anna" not in str([row["after"] for row in await rows(services, consumer.firm, "audit_entry")])


async def test_an_announced_recall_is_told_once_and_can_be_ended(services: Services, consumer: Consumer, desk: Desk, owner: Caller) -> None:
    await consumer.confirmed("anna@example.com")
    await consumer.confirmed("bo@example.com", f"/tell-me/01/{DUMPLING}")
    await consumer.confirmed("carl@example.com", f"/tell-me/01/{DUMPLING}/10/P2")
    await consumer.ask("dora@example.com")
    before = len(consumer.post.mails)
    case = await desk.announce(await desk.decide(await opened(desk)))
    await consumer.work()
    await consumer.work()
    mails = {mail["To"]: mail for mail in consumer.post.mails[before:]}
    assert mails.keys() == {"anna@example.com", "bo@example.com"}
    told = words_of(mails["anna@example.com"])
    for expected in (
        "Pork dumplings 500 g",
        "Lot: P1",
        "This lot is being recalled.",
        "Why: Glass splinters",
        "Do not eat.",
        "Phone: +86 (21) 5555-0100",
    ):
        assert expected in told
    assert "Recalled lots: P1" in words_of(mails["bo@example.com"])
    stop = consumer.link("stop", mails["anna@example.com"])
    assert mails["anna@example.com"]["List-Unsubscribe"] == f"<http://{consumer.host}{stop}>"
    progress = (await owner.ask(PROGRESS, {"id": case["id"]}))["recallPublication"]
    assert [progress[name] for name in ("watching", "told", "waiting", "failed")] == [3, 2, 0, 0]
    # Told once, however often the recall is told on.
    async with services.database.tenant(consumer.firm.tenant_id) as tx:
        case_id = str(await tx.fetchval("select case_id from recall_case where tenant_id = $1"))
        await enqueue(tx, recall_publisher.PUBLISHED, [{"case_id": case_id, "version": 1}])
    await consumer.work()
    assert len(consumer.post.mails) == before + 2
    # One press of a mail program's button, from nowhere in particular.
    answer = await consumer.send(stop, {"List-Unsubscribe": "One-Click"}, **{"sec-fetch-site": "cross-site"})
    assert "Ended" in text_of(answer)
    assert len(await rows(services, consumer.firm, "consumer_watch")) == 3
    assert "Ended" in text_of(await consumer.send(stop))


async def test_nobody_learns_who_is_on_the_list(services: Services, consumer: Consumer) -> None:
    first = await consumer.ask("anna@example.com")
    again = await consumer.ask("anna@example.com")
    await consumer.send(consumer.link("confirm"))
    known = await consumer.ask("Anna@Example.com")
    stranger = await consumer.ask("nobody@example.com")
    assert {text_of(answer) for answer in (first, again, known, stranger)} == {text_of(first)}
    assert [mail["To"] for mail in consumer.post.mails] == ["anna@example.com", "nobody@example.com"]
    assert len(await rows(services, consumer.firm, "consumer_watch")) == 2


async def test_a_form_from_elsewhere_or_of_long_ago_is_refused(services: Services, consumer: Consumer, monkeypatch: pytest.MonkeyPatch) -> None:
    [form] = elements(await consumer.get(ASK), "//input[@name='form']/@value")
    fields = {"form": form, "email": "anna@example.com"}
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert (await consumer.send(ASK, fields, **headers)).status_code == 400
    assert (await consumer.send(f"/tell-me/01/{DUMPLING}", fields)).status_code == 400
    assert (await consumer.send(ASK, {**fields, "form": "x"})).status_code == 400
    assert "Look into your mail" in text_of(await consumer.send(ASK, {**fields, "website": "https://spam.example"}))
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment + timedelta(hours=4))
    assert (await consumer.send(ASK, fields)).status_code == 400
    assert await rows(services, consumer.firm, "consumer_watch") == []


@pytest.mark.parametrize("email", ["", "anna", "anna@", "a b@example.com", "anna@example.com\r\nBcc: all@example.com", "x" * 250 + "@e.com"])
async def test_what_is_no_address_is_told_so(services: Services, consumer: Consumer, email: str) -> None:
    [form] = elements(await consumer.get(ASK), "//input[@name='form']/@value")
    answer = await consumer.send(ASK, {"form": form, "email": email})
    assert (answer.status_code, "This is no e-mail address" in text_of(answer)) == (422, True)
    assert await rows(services, consumer.firm, "consumer_watch") == []


async def test_a_company_without_mail_and_goods_without_a_page_say_so(services: Services, maker: Firm, app: Litestar) -> None:
    transport = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False, client=(f"2001:db8:{uuid4().hex[:4]}::1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:
        headers = {"host": f"{maker.slug}.suyuan.test", "accept-language": "en"}
        assert "No notices by e-mail here" in text_of(await client.get(ASK, headers=headers))
        assert (await client.get(f"/tell-me/01/{DUMPLING}/10/NONE", headers=headers)).status_code == 404
        assert (await client.get("/tell-me/confirm/syw_x", headers=headers)).status_code == 404


async def test_a_link_that_was_changed_opens_nothing(consumer: Consumer, other_firm: Firm) -> None:
    await consumer.ask()
    link = consumer.link("confirm")
    path, _, query = link.partition("?")
    turned = path[:-1] + ("A" if path[-1] != "A" else "B")
    for wrong in (f"{turned}?{query}", link.replace("/confirm/", "/stop/")):
        assert (await consumer.send(wrong)).status_code == 404
    assert "Confirmed" in text_of(await consumer.send(link))


async def test_too_many_are_turned_away_and_one_address_gets_few_mails(
    services: Services, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "OF_AN_ADDRESS_A_DAY", 1)
    await consumer.ask("anna@example.com")
    await consumer.ask("anna@example.com", f"/tell-me/01/{DUMPLING}")
    assert len(consumer.post.mails) == 1
    monkeypatch.setattr(service, "AN_HOUR", 1)
    answer = await consumer.ask("bo@example.com")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3600")
    monkeypatch.undo()
    consumer.address = f"2001:db8:{uuid4().hex[:4]}::1"
    codes = [(await consumer.get(ASK)).status_code for _ in range(70)]
    assert (codes[0], codes[-1]) == (200, 429)


async def test_mail_that_a_server_puts_off_goes_later(services: Services, consumer: Consumer, monkeypatch: pytest.MonkeyPatch) -> None:
    consumer.post.answer = "451 later"
    await consumer.ask()
    [mail] = await rows(services, consumer.firm, "consumer_mail")
    assert (mail["state"], mail["failure"]) == (1, "The mail server answered 451.")
    consumer.post.answer = "250 OK"
    async with services.database.tenant(consumer.firm.tenant_id) as tx:
        await tx.execute("update consumer_mail set next_at = now() where tenant_id = $1")
        await tx.execute("update outbox set due_at = now() where tenant_id = $1 and done_at is null")
    await consumer.work()
    assert [row["state"] for row in await rows(services, consumer.firm, "consumer_mail")] == [2]


async def test_addresses_are_read_and_found_again_under_a_new_key(services: Services, consumer: Consumer) -> None:
    await consumer.ask()
    changed = services.settings.model_copy(
        update={"encryption_key": services.settings.token_signing_key, "encryption_retired_keys": (services.settings.encryption_key,)}
    )
    keys = ConsumerKeys(changed)
    assert await services.in_tenant(consumer.firm.tenant_id, lambda tx: service.reseal(tx, keys)) == (1, [])
    [watch] = await rows(services, consumer.firm, "consumer_watch")
    assert keys.opened(consumer.firm.tenant_id, watch["watch_id"], watch["key_id"], bytes(watch["email"])) == "anna@example.com"
    assert watch["email_digest"] == keys.digests(consumer.firm.tenant_id, "ANNA@example.com")[0]
    # A link that is out still opens.
    assert keys.read_link(consumer.link("confirm").rpartition("/")[2].partition("?")[0]).watch_id == watch["watch_id"]


def test_both_languages_say_everything_with_the_same_blanks() -> None:
    chinese, english = texts(cast(Any, ZH)), texts(cast(Any, EN))
    assert chinese.keys() == english.keys()
    for name, text in chinese.items():
        assert text.strip()
        assert sorted(re.findall(r"\{\w*\}", text)) == sorted(re.findall(r"\{\w*\}", english[name]))
