"""One attempt to send a mail: taking it up, writing it with a link of its own, and writing down how it ended. None of it while sending."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import random
from typing import Final
from uuid import UUID

from backend.history.dates import zone_named
from backend.notifications.kinds import Urgency
from backend.notifications.outside import Letter, OpenChannel, Outcome, Post
from backend.notifications.rules import MOST_WAIT, PATIENCE, next_attempt
from backend.recall_notices import contact_repository as directory
from backend.recall_notices import delivery_repository as repository
from backend.recall_notices import links, writing
from backend.recall_notices import repository as notices
from backend.recall_notices.bells import LEASE, ring_mail
from backend.recall_notices.escalating import tell_owner
from backend.recall_notices.kinds import OPEN_SENDS, NoticeKind, NoticeState, SendState, Way
from backend.recall_notices.stored import Delivery, Notice
from backend.recalls import service as recalls
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7

OVER: Final = "The recall was closed before it could be sent."
CHANGED: Final = "The recall is open again."
_MARGIN: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail under way, with what is sent by what; `link_id` is the link in it."""

    delivery: Delivery
    letter: Letter
    channel: OpenChannel
    link_id: UUID


async def wake(tx: TenantTransaction, delivery_id: UUID, rung_for: datetime) -> bool:
    """A bell rang: whether the mail is to be sent now. Of several bells only that for its current moment counts."""
    row = await repository.lock(tx, delivery_id)
    if row is None:
        return False
    found, moment = Delivery.from_row(row), clock.now()
    if found.state not in OPEN_SENDS or found.due_at != rung_for:
        return False
    # Should this worker die, another one looks when the lease has ended.
    await repository.change(tx, delivery_id, due_at=moment + LEASE)
    await ring_mail(tx, [delivery_id], moment + LEASE)
    return True


async def take(tx: TenantTransaction, delivery_id: UUID, post: Post, public_url: str) -> Taken | None:
    """Take a mail up for one attempt, or None where there is nothing to do: it has ended, waits, or another worker is at it."""
    row = await repository.lock(tx, delivery_id)
    found = Delivery.from_row(row) if row is not None else None
    moment = clock.now()
    if found is None or not _may_go(found, moment):
        return None
    [told] = await notices.by_ids(tx, [found.notice_id])
    notice = Notice.from_row(told)
    if notice.drill:
        # A drill rings for nothing; should something have rung, it ends here.
        await repository.change(tx, delivery_id, state=SendState.WOULD_SEND, next_attempt_at=None, due_at=None)
        return None
    if notice.closed_at is not None:
        await repository.change(tx, delivery_id, state=SendState.SUPPRESSED, reason=OVER, done_at=moment, next_attempt_at=None, due_at=None)
        return None
    channel = await post.channel(tx)
    if isinstance(channel, str):
        await _dead(tx, found, channel)
        return None
    link_id, letter = await _letter(tx, found, notice, public_url)
    lease = uuid7()
    await repository.change(tx, delivery_id, state=SendState.SENDING, lease_id=lease, lease_until=moment + LEASE, attempts=found.attempts + 1)
    taken = await repository.lock(tx, delivery_id)
    return Taken(Delivery.from_row(taken), letter, channel, link_id) if taken is not None else None


def _may_go(found: Delivery, moment: datetime) -> bool:
    waits = found.next_attempt_at is not None and found.next_attempt_at > moment + _MARGIN
    return found.state in OPEN_SENDS and not waits and not (found.lease_until is not None and found.lease_until > moment)


async def _letter(tx: TenantTransaction, found: Delivery, notice: Notice, public_url: str) -> tuple[UUID, Letter]:
    company = await directory.company(tx)
    zone = zone_named(company["time_zone"] if company is not None else "UTC")
    sender = company["public_id"] if company is not None else UUID(int=0)
    link_id, address = await links.make(tx, notice, sender, public_url=public_url, way=Way.EMAIL, receiver=found.receiver, language=found.language)
    reminder = found.occasion.partition("-")[0]
    facts = writing.Facts(notice.kind, notice.due_at, zone, address, reminder if reminder in ("acknowledge", "report") else "")
    mail = writing.write(notice.content, facts, found.language)
    return link_id, Letter(
        found.delivery_id, mail.subject, mail.text, mail.text, mail.html, address, "zh-CN" if found.language == "zh" else "en", Urgency.CRITICAL,
        "recall_notice", f"recall_notice:{notice.notice_id}", found.created_at, email=found.receiver,
    )  # fmt: skip


async def conclude(tx: TenantTransaction, taken: Taken, outcome: Outcome) -> None:
    """Write down how the attempt ended, and what comes of it; nothing where another worker has taken the mail up meanwhile."""
    row = await repository.lock(tx, taken.delivery.delivery_id)
    found = Delivery.from_row(row) if row is not None else None
    if found is None or found.lease_id != taken.delivery.lease_id or found.state != SendState.SENDING:
        return
    moment = clock.now()
    if outcome.taken:
        await repository.change(
            tx, found.delivery_id, state=SendState.SENT, reason=None, done_at=moment, lease_id=None, lease_until=None, next_attempt_at=None,
            due_at=None,
        )  # fmt: skip
        await reached(tx, found.notice_id, moment)
        return
    if outcome.hopeless:
        # What was refused for good was read by nobody.
        await repository.revoke_links(tx, found.notice_id, moment, link_id=taken.link_id)
    waits = outcome.wait is not None and not outcome.hopeless and moment - found.created_at < PATIENCE
    failures = found.failures if waits else found.failures + 1
    delay = min(timedelta(seconds=outcome.wait or 0), MOST_WAIT) if waits else next_attempt(failures, random())  # noqa: S311 - jitter
    if outcome.hopeless or delay is None:
        await _dead(tx, found, outcome.reason, failures=failures)
        return
    at = moment + delay
    await repository.change(
        tx, found.delivery_id, state=SendState.FAILED, reason=outcome.reason[:500], failures=failures, next_attempt_at=at, due_at=at, lease_id=None,
        lease_until=None,
    )  # fmt: skip
    await ring_mail(tx, [found.delivery_id], at)


async def reached(tx: TenantTransaction, notice_id: UUID, moment: datetime) -> None:
    """It has gone out to somebody at the customer's."""
    row = await notices.lock(tx, notice_id)
    if row is None:
        return
    if NoticeState(row["state"]) in (NoticeState.QUEUED, NoticeState.FAILED, NoticeState.NO_ADDRESS):
        await notices.change(tx, notice_id, state=int(NoticeState.SENT), sent_at=row["sent_at"] or moment)
    elif row["sent_at"] is None:
        await notices.change(tx, notice_id, sent_at=moment)


async def _dead(tx: TenantTransaction, found: Delivery, reason: str, *, failures: int | None = None) -> None:
    """Nothing more is tried by this way. Where no other is left, the notice has failed, and whoever answers for the case is called in."""
    moment = clock.now()
    await repository.change(
        tx, found.delivery_id, state=SendState.DEAD, reason=reason[:500], failures=found.failures if failures is None else failures,
        done_at=moment, next_attempt_at=None, lease_id=None, lease_until=None, due_at=None,
    )  # fmt: skip
    await give_up_if_last(tx, found.notice_id)


async def give_up_if_last(tx: TenantTransaction, notice_id: UUID) -> None:
    """Where nothing of a notice has gone out and nothing is tried any more, it has failed."""
    row = await notices.lock(tx, notice_id)
    if row is None or NoticeState(row["state"]) is not NoticeState.QUEUED:
        return
    others = [Delivery.from_row(one) for one in await repository.of_notices(tx, [notice_id])]
    if any(one.state in OPEN_SENDS or one.state is SendState.SENT for one in others):
        return
    notice = Notice.from_row(row)
    await notices.change(tx, notice_id, state=int(NoticeState.FAILED))
    if notice.kind is not NoticeKind.END:
        case = await recalls.case_by_id(tx, notice.case_id)
        await tell_failures(tx, case)


async def tell_failures(tx: TenantTransaction, case: recalls.RecallCase) -> None:
    """How many of a case's notices could not be delivered by now: the same number is told once."""
    counted = await notices.counts(tx, [case.case_id])
    await tell_owner(tx, case, why="failed", count=counted[0]["failed"] if counted else 0)
