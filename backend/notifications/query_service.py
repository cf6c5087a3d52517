"""Read feeds, deliveries and settings: pages of them, in the reader's words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from backend.alerts import query_service as alerts
from backend.catalog.sites import sites_of
from backend.notifications import attempts, query_repository, repository, settings_repository, words, writing
from backend.notifications import delivery_repository as deliveries
from backend.notifications.errors import NoMemberError
from backend.notifications.kinds import ChannelKind, DeliveryState, Urgency
from backend.notifications.rules import Route
from backend.notifications.writing import Own, Reader
from infra import clock
from infra.database import Record, TenantTransaction
from tenants.people import query_service as people
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_COUNTED: Final = 1_000
# Transactions may commit in another order than that in which they began; none takes longer.
OVERLAP: Final = timedelta(seconds=60)
_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Message:
    """An entry of a feed."""

    entry_id: UUID
    title: str
    text: str
    topic: str
    urgency: Urgency
    subject: str
    alert_id: UUID | None
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedDelivery:
    """What became of a message to one receiver. `receiver` is the person's name, or the channel's."""

    delivery_id: UUID
    title: str
    topic: str
    urgency: Urgency
    alert_id: UUID | None
    membership_id: UUID | None
    receiver: str
    kind: ChannelKind
    state: DeliveryState
    reason: str | None
    attempts: int
    next_attempt_at: datetime | None
    provider_id: str | None
    created_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one attempt ended."""

    number: int
    at: datetime
    taken: bool
    status: int | None
    reason: str | None


def member_of(principal: Principal) -> UUID:
    """The membership whose feed it is. Raises `NoMemberError` for a machine, or a phone without anybody on it."""
    if principal.membership_id is None:
        raise NoMemberError
    return principal.membership_id


async def page_of_messages(
    tx: TenantTransaction, principal: Principal, language: str, *, unread_only: bool, cursor: UUID | None, backward: bool, limit: int
) -> list[Message]:
    """The caller's own messages, newest first, from behind the cursor, in the order of going."""
    rows = await query_repository.feed(tx, member_of(principal), unread_only=unread_only, cursor=cursor, backward=backward, limit=limit)
    return await _messages(tx, principal, rows, language)


async def new_messages(
    tx: TenantTransaction, principal: Principal, language: str, since: datetime, *, known: Collection[UUID] = ()
) -> tuple[list[Message], set[UUID]]:
    """What came into the caller's feed since then but for what is `known`, oldest first; and the ids of all of it, known or not.

    It is looked at from a little before, because transactions end in any order: who asks again gives the ids back as known.
    """
    found: list[Message] = []
    there: set[UUID] = set()
    behind: UUID | None = None
    while True:
        rows = await query_repository.newest(tx, member_of(principal), since - OVERLAP, behind, _AT_ONCE)
        there.update(row["entry_id"] for row in rows)
        found += await _messages(tx, principal, [row for row in rows if row["entry_id"] not in known], language)
        if len(rows) < _AT_ONCE:
            return found, there
        behind = rows[-1]["entry_id"]


async def present_messages(tx: TenantTransaction, principal: Principal, since: datetime) -> set[UUID]:
    """The ids of what is in the caller's feed already, from a little before then on."""
    return (await new_messages(tx, principal, words.LANGUAGES[0], since))[1]


async def unread_count(tx: TenantTransaction, principal: Principal) -> int:
    """How many of the caller's messages are unread; from a thousand on they aren't counted."""
    return await query_repository.unread(tx, member_of(principal), MOST_COUNTED)


async def page_of_deliveries(
    tx: TenantTransaction, principal: Principal, language: str, *, state: DeliveryState | None, alert_id: UUID | None, cursor: UUID | None,
    backward: bool, limit: int,
) -> list[ListedDelivery]:  # fmt: skip
    """Deliveries, newest first, from behind the cursor, in the order of going."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    rows = await query_repository.deliveries(tx, state=state, alert_id=alert_id, cursor=cursor, backward=backward, limit=limit)
    names = await people.names(tx, {row["membership_id"] for row in rows if row["membership_id"] is not None})
    called = {row["channel_id"]: row["name"] for row in await settings_repository.channels(tx, archived=True)}
    reader, own = await _reader(tx, language), await attempts.own_templates(tx)
    return [
        ListedDelivery(
            row["delivery_id"], _title(row, reader, own), row["topic"], Urgency(row["urgency"]), row["alert_id"], row["membership_id"],
            names.get(row["membership_id"], "") if row["membership_id"] is not None else called.get(row["channel_id"], ""),
            ChannelKind(row["channel_kind"]), DeliveryState(row["state"]), row["reason"], row["attempts"], row["next_attempt_at"], row["provider_id"],
            row["created_at"], row["done_at"],
        )
        for row in rows
    ]  # fmt: skip


async def attempts_of(tx: TenantTransaction, delivery_ids: Sequence[UUID]) -> dict[UUID, list[Attempt]]:
    """The attempts of each delivery, in order."""
    found: dict[UUID, list[Attempt]] = {}
    for row in await deliveries.attempts(tx, delivery_ids):
        found.setdefault(row["delivery_id"], []).append(Attempt(row["number"], row["at"], row["taken"], row["status"], row["reason"]))
    return found


async def counts(tx: TenantTransaction, principal: Principal, days: int) -> dict[DeliveryState, int]:
    """How many deliveries of the last days stand in each state."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    return {DeliveryState(row["state"]): row["count"] for row in await query_repository.states(tx, clock.now() - timedelta(days=days))}


async def templates(tx: TenantTransaction, principal: Principal) -> list[tuple[str, str, words.Template, bool]]:
    """(template, language, the words in force, whether they are the company's own), of all."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    own = await attempts.own_templates(tx)
    return [
        (name, language, own.get((name, language), each[language]), (name, language) in own)
        for name, each in words.TEMPLATES.items() for language in words.LANGUAGES
    ]  # fmt: skip


async def all_channels(tx: TenantTransaction, principal: Principal) -> list[Record]:
    """The company's channels, oldest first, without those that were archived."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    return await settings_repository.channels(tx)


async def all_routes(tx: TenantTransaction, principal: Principal) -> list[tuple[Record, Route]]:
    """The company's routes in order of name."""
    principal.require_everywhere(Permission.NOTIFICATIONS_MANAGE)
    return [(row, msgspec.json.decode(row["definition"], type=Route)) for row in await settings_repository.routes(tx)]


async def _messages(tx: TenantTransaction, principal: Principal, rows: Sequence[Record], language: str) -> list[Message]:
    """Of an alert that the caller may not see any more, there is left that there was a message."""
    if not rows:
        return []
    reader, own = await _reader(tx, language), await attempts.own_templates(tx)
    seen = await _seen(tx, principal, {row["alert_id"] for row in rows if row["alert_id"] is not None})
    unseen = words.UNSEEN.get(language, words.UNSEEN["en"])
    found = []
    for row in rows:
        if row["alert_id"] is not None and row["alert_id"] not in seen:
            hidden = (unseen.title, unseen.body, row["topic"], Urgency(row["urgency"]), "", None)
            found.append(Message(row["entry_id"], *hidden, row["created_at"], row["read_at"]))
            continue
        written = _written(row, reader, own)
        found.append(
            Message(
                row["entry_id"], written.title, written.text, row["topic"], Urgency(row["urgency"]), row["subject"], row["alert_id"],
                row["created_at"], row["read_at"],
            )
        )  # fmt: skip
    return found


async def _seen(tx: TenantTransaction, principal: Principal, alert_ids: Collection[UUID]) -> Collection[UUID]:
    if not alert_ids or Permission.HOLDS_READ not in principal.permissions:
        return ()
    sites = await sites_of(tx, principal, Permission.HOLDS_READ)
    return alert_ids if sites is None else await alerts.alerts_by_id(tx, alert_ids, sites)


async def _reader(tx: TenantTransaction, language: str) -> Reader:
    company = await repository.company(tx)
    return Reader(language, ZoneInfo(company["time_zone"] if company is not None else "UTC"), company["name"] if company is not None else "")


def _title(row: Record, reader: Reader, own: Own) -> str:
    return _written(row, reader, own).title


def _written(row: Record, reader: Reader, own: Own) -> writing.Written:
    return writing.write(
        template=row["template"], urgency=Urgency(row["urgency"]), content=msgspec.json.decode(row["content"]), alert_id=None, reader=reader, own=own,
        public_url="",
    )  # fmt: skip
