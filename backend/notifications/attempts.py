"""One attempt to deliver: taking a delivery up, writing its letter, and writing down how it ended. A transaction each, none while sending."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import random
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.notifications import delivery_repository as repository
from backend.notifications import receiving, rules, settings_repository, writing
from backend.notifications import repository as notices
from backend.notifications.bells import LEASE, ring_at
from backend.notifications.configurations import stored
from backend.notifications.delivery_repository import Delivery
from backend.notifications.kinds import ROBOT_A_MINUTE, ChannelKind, DeliveryState, Urgency
from backend.notifications.repository import NewDelivery
from backend.notifications.sealing import NotificationSealer
from backend.notifications.senders.letters import Letter, OpenChannel, Outcome, PushAddress
from backend.notifications.service import write_deliveries
from backend.notifications.words import Template
from backend.notifications.writing import Reader
from infra import clock
from infra.database import Record, TenantTransaction
from infra.ids import uuid7
from tenants.sealing import UnreadableError

OPEN_STATES: Final = frozenset({DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.FAILED})
UNSEEN: Final = "The person may not see any more what it is about."
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery under way, with what is sent by what."""

    delivery: Delivery
    letter: Letter
    channel: OpenChannel
    urgency: Urgency


async def wake(tx: TenantTransaction, delivery_id: UUID, rung_for: datetime) -> UUID | None:
    """A bell rang: the channel by which to send the delivery now. Of several bells only that for its current moment counts."""
    found, moment = await repository.lock(tx, delivery_id), clock.now()
    if found is None or found.state not in OPEN_STATES or found.due_at != rung_for:
        return None
    if rung_for > moment:
        await ring_at(tx, [delivery_id], rung_for)
        return None
    # Should this worker die, another one looks when the lease has ended.
    await _set_due(tx, delivery_id, moment + LEASE)
    return found.channel_id


async def take(tx: TenantTransaction, delivery_id: UUID, sealer: NotificationSealer, public_url: str) -> Taken | None:
    """Take a delivery up for one attempt, or None where there is nothing to do: it has ended, waits, or another worker is at it."""
    found, moment = await repository.lock(tx, delivery_id), clock.now()
    if found is None or not _may_go(found, moment):
        return None
    channel = await settings_repository.channel(tx, found.channel_id) if found.channel_id else None
    if channel is None or not await _still_wanted(tx, found, channel) or await _must_wait(tx, found, channel):
        return None
    try:
        opened = _opened(tx.tenant_id, channel, sealer)
        letter = await _letter(tx, found, sealer, public_url)
    except UnreadableError:
        await _failed(tx, found, Outcome(False, "The channel's secrets can't be read at the moment. Enter them again."), Urgency.NORMAL)
        return None
    if letter is None:
        await _dead(tx, found, "What the message said isn't kept any more.")
        return None
    await repository.change(tx, delivery_id, state=DeliveryState.SENDING, lease_id=uuid7(), lease_until=moment + LEASE, attempts=found.attempts + 1)
    taken = await repository.by_id(tx, delivery_id)
    return Taken(taken, letter, opened, letter.urgency) if taken is not None else None


def _may_go(found: Delivery, moment: datetime) -> bool:
    waits = found.next_attempt_at is not None and found.next_attempt_at > moment
    return found.state in OPEN_STATES and not waits and not (found.lease_until is not None and found.lease_until > moment)


async def _still_wanted(tx: TenantTransaction, found: Delivery, channel: Record) -> bool:
    """Whether the channel is still in use and the person still there; else the delivery ends here."""
    if not channel["active"]:
        await _dead(tx, found, "The channel was switched off or removed.")
        return False
    if found.membership_id is not None and not await receiving.active_members(tx, [found.membership_id]):
        await repository.suppress(tx, [found.delivery_id], reason="The person has left the company.", at=clock.now())
        return False
    if found.membership_id is not None:
        about = {row["alert_id"] for row in await notices.notices(tx, [found.notice_id]) if row["alert_id"] is not None}
        if about and not await receiving.still_seen(tx, found.membership_id, about):
            await repository.suppress(tx, [found.delivery_id], reason=UNSEEN, at=clock.now())
            return False
    return True


async def conclude(tx: TenantTransaction, taken: Taken, outcome: Outcome) -> None:
    """Write down how the attempt ended, and what comes of it; nothing where another worker has taken the delivery up meanwhile."""
    found = await repository.lock(tx, taken.delivery.delivery_id)
    if found is None or found.lease_id != taken.delivery.lease_id or found.state != DeliveryState.SENDING:
        return
    moment = clock.now()
    await repository.add_attempt(
        tx, found.delivery_id, number=found.attempts, channel_id=taken.channel.channel_id, at=moment, taken=outcome.taken, status=outcome.status,
        reason=outcome.reason[:500] or None,
    )  # fmt: skip
    if found.membership_id is not None:
        for push_id in outcome.gone:
            await settings_repository.delete_push(tx, push_id, found.membership_id)
    if outcome.taken:
        await repository.change(
            tx, found.delivery_id, state=DeliveryState.SENT, reason=None, provider_id=outcome.provider_id, done_at=moment, lease_id=None,
            lease_until=None, next_attempt_at=None, due_at=None,
        )  # fmt: skip
    else:
        await _failed(tx, found, outcome, taken.urgency)


async def retry(tx: TenantTransaction, found: Delivery) -> None:
    """Try a dead one again from the start, because somebody says so."""
    moment = clock.now()
    await repository.change(
        tx,
        found.delivery_id,
        state=DeliveryState.QUEUED,
        failures=0,
        reason=None,
        done_at=None,
        next_attempt_at=None,
        lease_id=None,
        lease_until=None,
    )
    await _set_due(tx, found.delivery_id, moment)


async def _set_due(tx: TenantTransaction, delivery_id: UUID, at: datetime) -> None:
    await repository.change(tx, delivery_id, due_at=at)
    await ring_at(tx, [delivery_id], at)


async def _must_wait(tx: TenantTransaction, found: Delivery, channel: Record) -> bool:
    """Whether the provider has asked to wait, or would refuse one more in this minute; it is looked at again then."""
    moment, until = clock.now(), channel["not_before"]
    most = ROBOT_A_MINUTE.get(ChannelKind(channel["kind"]))
    if most is not None and await repository.sent_since(tx, channel["channel_id"], moment - _MINUTE) >= most:
        until = max(until or moment, moment + _MINUTE / 4)
    if until is None or until <= moment:
        return False
    # Spread, so that what has waited doesn't come at once.
    at = until + timedelta(seconds=5 * random())  # noqa: S311 - jitter
    await repository.change(tx, found.delivery_id, next_attempt_at=at, reason="The provider takes no more at the moment.")
    await _set_due(tx, found.delivery_id, at)
    return True


async def _failed(tx: TenantTransaction, found: Delivery, outcome: Outcome, urgency: Urgency) -> None:
    """It wasn't taken: tried again later, by another channel, or never."""
    moment = clock.now()
    fallbacks = msgspec.json.decode(found.fallbacks, type=list[UUID])
    waits = outcome.wait is not None and not outcome.hopeless and moment - found.created_at < rules.PATIENCE
    failures = found.failures if waits else found.failures + 1
    delay = min(timedelta(seconds=outcome.wait or 0), rules.MOST_WAIT) if waits else rules.next_attempt(failures, random())  # noqa: S311 - jitter
    if outcome.hopeless or delay is None or (not waits and rules.gives_way(urgency, failures, fallbacks)):
        await _dead(tx, found, outcome.reason, failures=failures)
        return
    at = moment + delay
    if waits and found.channel_id is not None:
        await settings_repository.put_off(tx, found.channel_id, at)
    await repository.change(
        tx, found.delivery_id, state=DeliveryState.FAILED, reason=outcome.reason[:500], failures=failures, next_attempt_at=at, lease_id=None,
        lease_until=None,
    )  # fmt: skip
    await _set_due(tx, found.delivery_id, at)


async def _dead(tx: TenantTransaction, found: Delivery, reason: str, *, failures: int | None = None) -> None:
    """Nothing more is tried by this channel; the next one takes over where there is one."""
    moment = clock.now()
    await repository.change(
        tx, found.delivery_id, state=DeliveryState.DEAD, reason=reason[:500], failures=found.failures if failures is None else failures,
        done_at=moment, next_attempt_at=None, lease_id=None, lease_until=None, due_at=None,
    )  # fmt: skip
    channels = await receiving.channels_in_force(tx)
    left = [each for each in msgspec.json.decode(found.fallbacks, type=list[UUID]) if each in channels]
    if left:
        behind = msgspec.json.encode(left[1:]).decode()
        following = NewDelivery(found.receiver, channels[left[0]].kind, found.membership_id, left[0], behind, DeliveryState.QUEUED, None)
        await write_deliveries(tx, found.notice_id, [following], moment)


def _opened(tenant_id: int, channel: Record, sealer: NotificationSealer) -> OpenChannel:
    kind = ChannelKind(channel["kind"])
    secrets = sealer.open_all(tenant_id, channel["channel_id"], channel["key_id"], channel["secrets"])
    return OpenChannel(tenant_id, channel["channel_id"], kind, stored(kind, channel["settings"]), secrets)


async def _letter(tx: TenantTransaction, found: Delivery, sealer: NotificationSealer, public_url: str) -> Letter | None:
    notice = next(iter(await notices.notices(tx, [found.notice_id])), None)
    if notice is None:
        return None
    reader, urgency = await reader_of(tx, found.membership_id), Urgency(notice["urgency"])
    written = writing.write(
        template=notice["template"], urgency=urgency, content=msgspec.json.decode(notice["content"]), alert_id=notice["alert_id"], reader=reader,
        own=await own_templates(tx), public_url=public_url,
    )  # fmt: skip
    to: dict[str, Any] = {}
    if found.membership_id is not None:
        contact = next(iter(await settings_repository.preferences(tx, [found.membership_id])), None)
        if contact is not None:
            to = {"email": contact["email"] or "", "phone": contact["phone"] or "", "wecom_user": contact["wecom_user"] or ""}
        if found.channel_kind in (ChannelKind.WEB_PUSH, ChannelKind.APP_PUSH):
            rows = await settings_repository.pushes(tx, found.membership_id, found.channel_kind)
            to["pushes"] = tuple(
                PushAddress(row["push_id"], sealer.open_all(tx.tenant_id, row["push_id"], row["key_id"], row["sealed"])) for row in rows
            )
    return Letter(
        found.delivery_id, written.title, written.text, written.markdown, written.html, written.link, reader.language, urgency, notice["topic"],
        notice["subject"], notice["created_at"], **to,
    )  # fmt: skip


async def reader_of(tx: TenantTransaction, membership_id: UUID | None) -> Reader:
    """In which language and by which clock a person is written to, or a group of the company."""
    company = await notices.company(tx)
    name = company["name"] if company is not None else ""
    [receiver] = await receiving.receivers(tx, [membership_id or UUID(int=0)])
    return Reader(receiver.language, receiver.zone, name)


async def own_templates(tx: TenantTransaction) -> writing.Own:
    """The company's own words."""
    return {(row["template"], row["language"]): Template(row["title"], row["body"]) for row in await settings_repository.templates(tx)}
