"""A firm whose flour went into dumplings for two customers, with a mail server, and somebody who holds a link."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar

from backend.graphql.ids import uuid_of
from backend.services import Services
from infra.outbox import enqueue
from tests.factories import CUSTOMER
from tests.firms import Firm
from tests.graphql.conftest import PUT, Caller, anonymous, caller_of, catalogue, owner
from tests.nonconformance.conftest import Signer
from tests.notifications.conftest import PUT_CHANNEL
from tests.notifications.test_mail import PASSWORD as MAIL_PASSWORD
from tests.notifications.test_mail import Post, certificate, post_office, settings, trusted
from tests.outbox import do_outbox
from tests.recall_notices.operations import NOTICES, PROGRESS, PUT_CONTACT
from tests.recall_scope.story import F1, OTHER, tell
from tests.recalls.conftest import RECALL, WORDS
from tests.recalls.operations import ANNOUNCE, DECIDE, OPEN
from tests.signing import authenticator_of

__all__ = ["anonymous", "caller_of", "certificate", "owner", "trusted"]
BUYER = "buyer@example.com"
PARTNERS = [
    {"party": CUSTOMER, "names": {"zh": "客户", "en": "Customer"}, "customer": True},
    {"party": OTHER, "names": {"zh": "<b>别家</b>", "en": "<b>The Other</b>"}, "customer": True},
]
Guest = Callable[..., Awaitable[httpx.Response]]


@dataclass
class Office:
    """Where recalls are told: what is refused fails the test."""

    services: Services
    firm: Firm
    signer: Signer
    case: dict[str, Any] = field(default_factory=dict)

    @property
    def caller(self) -> Caller:
        return self.signer.caller

    @property
    def case_id(self) -> UUID:
        found = uuid_of(self.case["id"], "RecallCase")
        assert found is not None
        return found

    async def work(self) -> None:
        """Do what is due, as a worker would, until nothing more is under way."""
        while await do_outbox(self.services):
            await self.services.recall_mail.settle()
            await self.services.notifications.settle()

    async def act(self, operation: str, given: dict[str, Any], meaning: str = "") -> dict[str, Any]:
        """The payload of an act that isn't refused; `meaning` signs it."""
        payload = await self.caller.command(operation, {**given, **({"signature": self.signer.sign(meaning)} if meaning else {})})
        assert payload["userErrors"] == [], payload["userErrors"]
        return payload

    async def refused(self, operation: str, given: dict[str, Any]) -> tuple[str, str]:
        """Code and field of the only refusal."""
        [error] = (await self.caller.command(operation, given))["userErrors"]
        return error["code"], error["field"]

    async def contact(self, party: str = CUSTOMER, email: str = BUYER, language: str = "en", **more: Any) -> str:
        """A new contact's id."""
        given = {"party": party, "name": "Ms Buyer", "email": email, "language": language, **more}
        return str((await self.act(PUT_CONTACT, given))["contact"]["id"])

    async def announce(self, **more: Any) -> dict[str, Any]:
        """A recall of the flour from its opening to its announcement; nobody is told yet."""
        given = {"title": "Salmonella in dumplings", "reason": "A test found it", "hazard": "It makes ill", "sources": [{"object": {"key": F1}}]}
        self.case = (await self.act(OPEN, {**given, **WORDS, "contactEmail": "recall@example.com", **more}))["recall"]
        await self.act(DECIDE, {"caseId": self.case["id"], **RECALL}, "APPROVED")
        await self.act(ANNOUNCE, {"caseId": self.case["id"], "reason": "It may hurt people"}, "RECALLED")
        return self.case

    async def notices(self, **filter_: Any) -> list[dict[str, Any]]:
        """The notices of the case, oldest first."""
        found = (await self.caller.ask(NOTICES, {"id": self.case["id"], "filter": filter_ or None}))["recallNotices"]["nodes"]
        return list(reversed(found))

    async def notice_to(self, party: str = CUSTOMER, kind: str = "FIRST") -> dict[str, Any]:
        """The notice to a customer."""
        [found] = [one for one in await self.notices() if one["party"] == party and one["kind"] == kind]
        return dict(found)

    async def progress(self) -> dict[str, Any]:
        """What isn't nought of it."""
        told = (await self.caller.ask(PROGRESS, {"id": self.case["id"]}))["recallNoticeProgress"]
        return {name: value for name, value in told.items() if value}

    async def later(self, by: timedelta, *, work: bool = True) -> None:
        """As if so much time had gone by for the firm's notices."""
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            await tx.execute(
                """update recall_notice set queued_at = queued_at - $2::interval, due_at = due_at - $2::interval,
                     next_look_at = next_look_at - $2::interval where tenant_id = $1""",
                by,
            )
            await tx.execute("update recall_notice_watch set look_at = look_at - $2::interval where tenant_id = $1", by)
            await tx.execute(
                """update recall_notice_delivery set due_at = due_at - $2::interval, next_attempt_at = next_attempt_at - $2::interval,
                     lease_until = lease_until - $2::interval, created_at = created_at - $2::interval where tenant_id = $1""",
                by,
            )
            for watch in await tx.fetch("select case_id, look_at from recall_notice_watch where tenant_id = $1 and look_at is not null"):
                await enqueue(tx, "recall_notice.look", [{"case_id": str(watch["case_id"]), "at": watch["look_at"].isoformat()}])
            for row in await tx.fetch(
                "select delivery_id, due_at from recall_notice_delivery where tenant_id = $1 and due_at is not null and way = 1"
            ):
                await enqueue(tx, "recall_notice.mail", [{"delivery_id": str(row["delivery_id"]), "due_at": row["due_at"].isoformat()}])
        if work:
            await self.work()

    async def count(self, table: str) -> int:
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            found: int = await tx.fetchval(f"select count(*) from {table} where tenant_id = $1")
        return found


@pytest.fixture
async def office(services: Services, firm: Firm, owner: Caller) -> Office:
    """With its catalogue and the story of its flour."""
    await catalogue(owner)
    await owner.command(PUT["partners"], {"partners": PARTNERS})
    await tell(services, firm)
    return Office(services, firm, Signer(owner, await authenticator_of(services, owner.headers)))


@pytest.fixture
def post(certificate: Path, trusted: None) -> Iterator[Post]:
    """A mail server."""
    with post_office(certificate, tls=True) as running:
        yield running


@pytest.fixture
async def mailing(office: Office, post: Post) -> Office:
    """The office with an e-mail channel and a contact at its customer."""
    channel = {"kind": "EMAIL", "name": "Mail", "settings": settings(post, "tls"), "secrets": MAIL_PASSWORD}
    done = (await office.caller.ask(PUT_CHANNEL, {"i": channel}, Idempotency_Key=str(uuid4())))["putNotificationChannel"]
    assert done["userErrors"] == []
    await office.contact()
    return office


@pytest.fixture
async def guest(app: Litestar) -> AsyncIterator[Guest]:
    """Somebody without an account, at an address of his own: `await guest(link)`, or with a form to be sent."""
    part = uuid4().hex
    transport = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False, client=(f"2001:db8:{part[:4]}:{part[4:8]}::1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:

        async def ask(link: str, form: dict[str, str] | None = None, *, language: str = "en") -> httpx.Response:
            headers = {"Accept-Language": language, "Accept": "text/html"}
            return await (client.get(link, headers=headers) if form is None else client.post(link, data=form, headers=headers))

        yield ask


def link_in(mail: EmailMessage) -> str:
    """The link in a mail's text."""
    body = mail.get_body(("plain",))
    assert body is not None
    [found] = [word for word in body.get_content().split() if "/recall/syr_" in word]
    return str(found)
