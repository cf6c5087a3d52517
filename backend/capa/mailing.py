"""Requests to suppliers by mail: what is asked with a link, and a reminder before and after its day; outside of transactions.

Each address gets each mail once: a job done twice sends it again under the same Message-ID. A mail that isn't taken is tried again as those of
recall notices are; where none can be sent, whoever answers for the request is told once. The mails of a request hold one link of their own,
made with the service's key, so that reminders need no stored secret, and void none that was handed out.
"""

import hmac
from datetime import datetime, timedelta
from functools import partial
from random import random
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from backend.capa import request_repository
from backend.capa.mail_words import Asked, Occasion, write
from backend.capa.tokens import RequestToken
from backend.history.dates import zone_named
from backend.notifications import service as notifications
from backend.notifications.kinds import Urgency
from backend.notifications.outside import Letter, OpenChannel, Post
from backend.notifications.rules import MOST_WAIT, PATIENCE, next_attempt
from backend.recall_notices import contacts
from infra import clock
from infra.database import Database, Record, TenantTransaction
from infra.outbox import enqueue, first_time
from infra.outward import Outward
from infra.queue import Rest
from infra.settings import Settings
from tenants import audit
from tenants.tokens import signing_secret

TOPIC: Final = "supplier_request.mail"
BEFORE: Final = timedelta(days=2)
AFTER: Final = timedelta(days=1)
# Of the supplier's contacts so many are written to, the oldest first.
MOST_RECEIVERS: Final = 5
_SIGNING: Final = b"suyuan links of requests to suppliers"


async def write_to_supplier(tx: TenantTransaction, request_id: UUID, due_at: datetime, occasion: Occasion) -> None:
    """After the commit: send it by mail, remind some days before it is due, and once more when it is overdue."""
    moments = {occasion: clock.now(), Occasion.AFTER: due_at + AFTER}
    if due_at - BEFORE > clock.now():
        moments[Occasion.BEFORE] = due_at - BEFORE
    told = {"request_id": str(request_id), "due_at": due_at.isoformat()}
    for name, at in moments.items():
        # An answer may be sent back several times; of its day each is reminded once.
        asked = clock.now().isoformat() if name is occasion else ""
        if asked or await first_time(tx, f"{TOPIC}:{request_id}:{due_at.isoformat()}:{name}"):
            await enqueue(tx, TOPIC, [{**told, "occasion": name, "asked": asked}], due_at=at)


class SupplierMail:
    """The job of a mail. Without a receiver it looks who there is, and gives each a job of his own."""

    def __init__(self, database: Database, settings: Settings, *, outward: Outward | None = None) -> None:
        self._database = database
        self._public_url = settings.public_url
        self._post = Post(settings, outward=outward)
        given = [settings.encryption_key, *settings.encryption_retired_keys]
        self._keys = [hmac.digest(signing_secret(key.get_secret_value()), _SIGNING, "sha256") for key in given]

    async def __call__(self, tx: TenantTransaction, payload: dict[str, Any]) -> Rest | None:
        """Nothing where the request was answered, is over, or is due another day now: that one has mails of its own."""
        request_id, due_at = UUID(payload["request_id"]), datetime.fromisoformat(payload["due_at"])
        row = await request_repository.to_mail(tx, request_id, due_at)
        if row is None:
            return None
        known = [one for one in (await contacts.contacts_of(tx, [row["supplier"]])).get(row["supplier"], []) if one.email][:MOST_RECEIVERS]
        if not known:
            await _tell_owner(tx, row, "no_address")
            return None
        if "contact_id" not in payload:
            begun = clock.isoformat(clock.now())
            await enqueue(tx, TOPIC, [{**payload, "contact_id": str(one.contact_id), "failures": 0, "begun": begun} for one in known])
            return None
        contact = next((one for one in known if str(one.contact_id) == payload["contact_id"]), None)
        if contact is None:
            return None
        channel = await self._post.channel(tx)
        if isinstance(channel, str):
            await _tell_owner(tx, row, "no_channel")
            return None
        occasion, company = Occasion(payload["occasion"]), await request_repository.company(tx)
        token = await self._token(tx, row, company["public_id"])
        link = token.link(self._public_url)
        asked = Asked(company["name"], row["number"], row["text"], due_at, zone_named(company["time_zone"]), link)
        written = write(asked, occasion, contact.language)
        letter = Letter(
            _message_id(payload), written.subject, written.text,
            written.text, written.html, link, "zh-CN" if contact.language == "zh" else "en", Urgency.NORMAL, "supplier_request",
            f"supplier_request:{request_id}", clock.now(), email=contact.email,
        )  # fmt: skip
        return partial(self._send, tx.tenant_id, payload, letter, channel, contact.name)

    async def _token(self, tx: TenantTransaction, row: Record, company: UUID) -> RequestToken:
        """The one link of a request's mails, the same each time, until the request's own is renewed."""
        told = b"\x00".join((tx.tenant_id.to_bytes(8, "big"), row["supplier_request_id"].bytes, row["token_sha256"]))
        made = [RequestToken(company, hmac.digest(key, told, "sha256")) for key in self._keys]
        if (known := next((one for one in made if one.sha256 == row["mail_token_sha256"]), None)) is not None:
            return known
        await request_repository.set_mail_token(tx, row["supplier_request_id"], made[0].sha256)
        return made[0]

    async def _send(self, tenant_id: int, payload: dict[str, Any], letter: Letter, channel: OpenChannel, name: str) -> None:
        outcome = await self._post.send(letter, channel)
        request_id = UUID(payload["request_id"])
        async with self._database.tenant(tenant_id) as tx:
            row = await request_repository.to_mail(tx, request_id, datetime.fromisoformat(payload["due_at"]))
            if outcome.taken:
                if await first_time(tx, f"{TOPIC}:{letter.delivery_id}"):
                    told = {"occasion": payload["occasion"], "to": name}
                    await audit.record(tx, None, "supplier_request.mailed", f"supplier_request:{request_id}", after=told)
                return
            waits = outcome.wait is not None and not outcome.hopeless and clock.now() - datetime.fromisoformat(payload["begun"]) < PATIENCE
            failures = payload["failures"] if waits else payload["failures"] + 1
            delay = min(timedelta(seconds=outcome.wait or 0), MOST_WAIT) if waits else next_attempt(failures, random())  # noqa: S311 - jitter
            if outcome.hopeless or delay is None:
                if row is not None:
                    await _tell_owner(tx, row, "not_taken", f"{name}: {outcome.reason}")
                return
            await enqueue(tx, TOPIC, [{**payload, "failures": failures}], due_at=clock.now() + delay)


def _message_id(payload: dict[str, Any]) -> UUID:
    told = ":".join(payload[name] for name in ("request_id", "due_at", "occasion", "asked", "contact_id"))
    return uuid5(NAMESPACE_URL, f"{TOPIC}:{told}")


_WHY: Final = {
    "no_address": ("没有供应商的电子邮箱，请自行转交链接。/ No e-mail address of the supplier is known: bring him the link yourself."),
    "no_channel": ("没有可用的电子邮件渠道，请自行转交链接。/ The company has no e-mail channel in use: bring him the link yourself."),
    "not_taken": "邮件未能送达，请自行联系供应商。/ The mail wasn't taken: talk to the supplier yourself.",
}


async def _tell_owner(tx: TenantTransaction, row: Record, why: str, more: str = "") -> None:
    """Once for each reason and day when it is due."""
    request_id = row["supplier_request_id"]
    if row["owner_id"] is None or not await first_time(tx, f"{TOPIC}:{request_id}:{row['due_at'].isoformat()}:{why}"):
        return
    title = f"{row['number']} 未能发送给供应商 / couldn't be sent to the supplier"
    await notifications.notify(
        tx, topic="improvement.unreached", subject=f"request:{request_id}", receivers=[row["owner_id"]], template="generic",
        values={"number": row["number"], "title": title[:200], "text": f"{_WHY[why]}\n{more}".strip()[:1_000]}, urgency=Urgency.NORMAL,
    )  # fmt: skip
