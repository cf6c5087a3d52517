"""Tells what has waited for the end of quiet hours or for a digest: one message by itself, several together in one."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.notifications import attempts, receiving, repository, words, writing
from backend.notifications import delivery_repository as deliveries
from backend.notifications.bells import release_at, ring_at
from backend.notifications.delivery_repository import Delivery
from backend.notifications.kinds import ChannelKind, DeliveryState, Urgency
from backend.notifications.repository import NewDelivery
from backend.notifications.service import write_deliveries
from infra import clock
from infra.database import Record, TenantTransaction

MOST_TOGETHER: Final = 500
MOST_LINES: Final = 20
_AHEAD: Final = timedelta(minutes=1)
_COLLAPSED: Final = "Told together with others at the end of the quiet hours, or with the digest."


async def release(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: a member may be told now of what was held back for him."""
    member, moment = UUID(payload["membership_id"]), clock.now()
    waiting = await deliveries.held(tx, member, moment, MOST_TOGETHER)
    if not waiting:
        # The database, by whose clock bells are rung, may be a little ahead: the bell must not be lost.
        first = await deliveries.first_held(tx, member)
        if first is not None and first - moment <= _AHEAD:
            await release_at(tx, member, first)
        return
    found = {row["notice_id"]: row for row in await repository.notices(tx, [each.notice_id for each in waiting])}
    held = await _seen(tx, member, waiting, found, moment)
    if not held:
        return
    if len(held) == 1:
        [one] = held
        await deliveries.change(tx, one.delivery_id, state=DeliveryState.QUEUED, next_attempt_at=None, due_at=moment)
        await ring_at(tx, [one.delivery_id], moment)
        return
    reader, own = await attempts.reader_of(tx, member), await attempts.own_templates(tx)
    titles = [
        writing.write(
            template=row["template"], urgency=Urgency(row["urgency"]), content=msgspec.json.decode(row["content"]), alert_id=None, reader=reader,
            own=own, public_url="",
        ).title
        for each in held if (row := found.get(each.notice_id)) is not None
    ]  # fmt: skip
    lines = [f"· {title[:90]}" for title in titles[:MOST_LINES]]
    if len(titles) > MOST_LINES:
        lines.append(words.MORE[reader.language].format(len(titles) - MOST_LINES))
    urgency = min((Urgency(row["urgency"]) for each in held if (row := found.get(each.notice_id)) is not None), default=Urgency.LOW)
    notice_id = await repository.insert_notice(
        tx, dedupe_key=f"digest:{held[0].delivery_id}", topic=words.DIGEST, template=words.DIGEST, urgency=urgency, subject=f"member:{member}",
        content=msgspec.json.encode({"count": str(len(held)), "lines": "\n".join(lines)}).decode(), alert_id=None, at=moment,
    )  # fmt: skip
    await deliveries.suppress(tx, [each.delivery_id for each in held], reason=_COLLAPSED, at=moment)
    if notice_id is not None:
        last = held[-1]
        together = NewDelivery(last.receiver, ChannelKind(last.channel_kind), member, last.channel_id, last.fallbacks, DeliveryState.QUEUED, None)
        await write_deliveries(tx, notice_id, [together], moment)


async def _seen(tx: TenantTransaction, member: UUID, waiting: Sequence[Delivery], notices: Mapping[UUID, Record], moment: datetime) -> list[Delivery]:
    """Those of what waited that the member may still see; the others end here."""
    about = {each.delivery_id: notices[each.notice_id]["alert_id"] for each in waiting if each.notice_id in notices}
    seen = await receiving.still_seen(tx, member, {alert_id for alert_id in about.values() if alert_id is not None})
    unseen = [delivery_id for delivery_id, alert_id in about.items() if alert_id is not None and alert_id not in seen]
    if unseen:
        await deliveries.suppress(tx, unseen, reason=attempts.UNSEEN, at=moment)
    return [each for each in waiting if each.delivery_id not in unseen]
