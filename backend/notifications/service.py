"""Tell people: each of them once of one thing, in the feed at once, and by the best other channel after the commit."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.alerts import query_service
from backend.alerts import service as alerts
from backend.alerts.query_service import Alert
from backend.notifications import receiving, repository, rules, words
from backend.notifications.bells import release_at, ring_at
from backend.notifications.kinds import COSTLY, GROUPS, ChannelKind, DeliveryState, Urgency
from backend.notifications.receiving import Told
from backend.notifications.repository import NewDelivery
from backend.notifications.rules import About, Receiver
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from infra.logging import get_logger
from infra.outbox import first_time

__all__ = ["ACKNOWLEDGED", "ESCALATED", "RAISED", "RESET", "Urgency", "notify", "on_alert"]

RAISED: Final = "alert.raised"
ESCALATED: Final = "alert.escalated"
RESET: Final = "alert.reset"
ACKNOWLEDGED: Final = "alert.acknowledged"
MOST_VALUES: Final = 8
MOST_TOLD: Final = 2_000
# A message is the same for all: at which of two places goods were seen is for those to read who may see both.
_ELSEWHERE: Final[Mapping[str, frozenset[str]]] = {"rule_duplicate_serial": frozenset({"place"})}
_log = get_logger(__name__)


async def on_alert(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler of `alert.raised`, `alert.escalated`, `alert.acknowledged` and `alert.reset`: tell whoever has to know.

    `topic` says which (raised where it is missing), `receivers` names members besides whom nobody is told of an escalation, `reason` or
    `comment` what somebody said. Whoever may not see the alert isn't told of it.
    """
    topic, alert_id = payload.get("topic", RAISED), UUID(payload["alert_id"])
    alert = await query_service.alert_by_id(tx, alert_id)
    if alert is None:
        return
    if topic == RAISED and not await first_time(tx, f"alert:{alert_id}"):
        return
    told = await _concerned(tx, alert, topic, payload)
    told.members = {member: told.members[member] for member in await receiving.who_may_see(tx, alert_id, list(told.members))}
    content = _content(alert, payload)
    urgency = Urgency(int(alert.severity))
    if topic in (RESET, ACKNOWLEDGED):
        urgency = max(urgency, Urgency.NORMAL)
    key = f"alert:{alert_id}:{topic}:{_occasion(topic, payload)}"
    await _tell(
        tx, told, dedupe_key=key, topic=topic, template=topic, urgency=urgency, subject=alert.subject, content=content, alert_id=alert_id,
        feed_only=topic == ACKNOWLEDGED,
    )  # fmt: skip
    if topic == RAISED:
        await alerts.mark_notified(tx, alert_id)
        _log.warning("alert_raised", tenant_id=tx.tenant_id, alert_id=str(alert_id), kind=alert.kind, subject=alert.subject, told=len(told.members))


async def notify(
    tx: TenantTransaction, *, topic: str, subject: str, receivers: Sequence[UUID], template: str, values: Mapping[str, str], urgency: Urgency
) -> None:
    """Tell members (membership ids) of something in the caller's transaction; the same values of one topic and subject are told once.

    `subject` names the thing, as "capa:0190…". `template` is one of `words.TEMPLATES` ("due", "overdue", "approval", "assigned",
    "generic"), to which `values` (title, text, due, owner, number, product, state) are given; an unknown one is told by the generic.
    Who has left isn't told. Whether the others may see the thing is for the caller to know.
    """
    known = template if template in words.TEMPLATES else words.GENERIC
    told = Told(dict.fromkeys(await receiving.active_members(tx, receivers), frozenset[int]()))
    content = {"subject": subject, **{name: str(value) for name, value in values.items()}}
    digest = hashlib.sha256(msgspec.json.encode([template, content], order="sorted")).hexdigest()[:32]
    await _tell(
        tx, told, dedupe_key=f"{topic}:{subject}:{digest}"[:500], topic=topic, template=known, urgency=urgency, subject=subject, content=content
    )


async def _concerned(tx: TenantTransaction, alert: Alert, topic: str, payload: Mapping[str, Any]) -> Told:
    """Of the end of an alert, and that somebody sees to it, those who were told of it; of an escalation those it names; else by the routes."""
    if topic in (RESET, ACKNOWLEDGED):
        rows = await repository.told_of(tx, alert.alert_id, MOST_TOLD)
        members = {row["membership_id"]: frozenset[int]() for row in rows if row["membership_id"] is not None}
        return Told(members, {row["channel_id"] for row in rows if row["channel_id"] is not None})
    named = [UUID(each) for each in payload.get("receivers") or ()]
    if named:
        return Told({member: frozenset[int]() for member in named})
    routes = await receiving.routes_in_force(tx)
    places = await receiving.places_of(tx, alert.alert_id, rules.sites_named(routes))
    about = About(
        kind=alert.kind, urgency=Urgency(int(alert.severity)), subject=alert.subject, group=alert.cause_key,
        rule=str(alert.rule_id or ""), places=places,
    )  # fmt: skip
    return await receiving.by_routes(tx, routes, about, clock.now())


def _content(alert: Alert, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What a message of an alert is made from when it is sent, in whichever language."""
    detail = msgspec.json.decode(alert.detail_json)
    hidden = _ELSEWHERE.get(alert.kind, ())
    plain = ((name, value) for name, value in detail.items() if name not in hidden) if isinstance(detail, dict) else ()
    shown = {str(name): str(value)[:300] for name, value in plain if isinstance(value, str | int | float) and not isinstance(value, bool)}
    said = payload.get("comment") or payload.get("reason") or ""
    return {
        "kind": alert.kind, "severity": int(alert.severity), "object": alert.subject, "at": clock.isoformat(alert.raised_at),
        "detail": dict(list(shown.items())[:MOST_VALUES]), "comment": str(said)[:1_000],
    }  # fmt: skip


def _occasion(topic: str, payload: Mapping[str, Any]) -> str:
    """Which time it is told under a topic: escalations have steps, and what was opened again, or got worse, is taken up and ends again."""
    if topic == RAISED:
        return ""
    told = msgspec.json.encode([payload.get("why"), payload.get("step"), payload.get("severity"), payload.get("at")])
    return hashlib.sha256(told).hexdigest()[:16]


async def _tell(
    tx: TenantTransaction, told: Told, *, dedupe_key: str, topic: str, template: str, urgency: Urgency, subject: str, content: Mapping[str, Any],
    alert_id: UUID | None = None, feed_only: bool = False,
) -> None:  # fmt: skip
    """Write the notice, the feed and the deliveries, and ring for what is to be sent. Nothing is sent here."""
    if not told.members and not told.channels:
        return
    moment = clock.now()
    notice_id = await repository.insert_notice(
        tx, dedupe_key=dedupe_key, topic=topic, template=template, urgency=urgency, subject=subject,
        content=msgspec.json.encode(content, order="sorted").decode(), alert_id=alert_id, at=moment,
    )  # fmt: skip
    if notice_id is None:
        return
    channels = await receiving.channels_in_force(tx)
    there = receiving.personal(channels)
    deliveries = [
        NewDelivery(f"channel:{each}", channels[each].kind, None, each, "[]", DeliveryState.QUEUED, None)
        for each in sorted(told.channels) if each in channels and channels[each].kind in GROUPS
    ]  # fmt: skip
    if told.members:
        await repository.insert_feed(tx, notice_id, list(told.members), moment)
        for receiver in await receiving.receivers(tx, list(told.members)):
            deliveries += _deliveries_of(receiver, urgency, told.members[receiver.membership_id], {} if feed_only else there, moment)
    await write_deliveries(tx, notice_id, deliveries, moment)


def _deliveries_of(
    receiver: Receiver, urgency: Urgency, by: frozenset[int], there: Mapping[ChannelKind, UUID], moment: datetime
) -> list[NewDelivery]:
    """The feed's, and one by the best channel, with the others behind it."""
    member = receiver.membership_id
    name = f"member:{member}"
    found = [NewDelivery(name, ChannelKind.IN_APP, member, None, "[]", DeliveryState.DELIVERED, None)]
    order = rules.order_for(receiver, urgency, by, there)
    if order:
        until = rules.release_at(receiver, urgency, moment)
        state = DeliveryState.QUEUED if until is None else DeliveryState.HELD
        fallbacks = msgspec.json.encode([there[kind] for kind in order[1:]]).decode()
        found.append(NewDelivery(name, order[0], member, there[order[0]], fallbacks, state, until))
    elif there and by:
        kind = ChannelKind(min(by - set(COSTLY), default=min(by)))
        if kind in there:
            reason = "The person can't be reached by any of the route's channels."
            found.append(NewDelivery(name, kind, member, None, "[]", DeliveryState.SUPPRESSED, None, reason))
    return found


async def write_deliveries(tx: TenantTransaction, notice_id: UUID, deliveries: Sequence[NewDelivery], moment: datetime) -> None:
    """Write them, and ring for those that are to be sent now, or later."""
    rows = await repository.insert_deliveries(tx, notice_id, deliveries, moment, moment) if deliveries else []
    await ring_at(tx, [row["delivery_id"] for row in rows if row["state"] == DeliveryState.QUEUED], moment)
    for row in rows:
        if row["state"] == DeliveryState.HELD:
            await release_at(tx, row["membership_id"], row["next_attempt_at"])


async def tell_test(tx: TenantTransaction, told: Told, *, channel_id: UUID, kind: ChannelKind) -> UUID | None:
    """A message that only says that a channel works, by that channel; gives its delivery's id."""
    moment = clock.now()
    notice_id = await repository.insert_notice(
        tx, dedupe_key=f"test:{uuid7()}", topic="test", template=words.TEST, urgency=Urgency.CRITICAL, subject=f"channel:{channel_id}",
        content="{}", alert_id=None, at=moment,
    )  # fmt: skip
    member = next(iter(told.members), None)
    receiver = f"member:{member}" if member is not None else f"channel:{channel_id}"
    new = NewDelivery(receiver, kind, member, channel_id, "[]", DeliveryState.QUEUED, None)
    rows = await repository.insert_deliveries(tx, notice_id, [new], moment, moment) if notice_id else []
    await ring_at(tx, [row["delivery_id"] for row in rows], moment)
    return rows[0]["delivery_id"] if rows else None
