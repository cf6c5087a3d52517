"""One attempt to report: taking a subscription up, deciding what it tells, and writing down how it ended. A transaction each, none while sending."""

from dataclasses import dataclass
from datetime import timedelta
from random import random
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.catalog.sites import sites_of
from backend.events.writer import EpcFormat
from backend.subscriptions import delivery_repository as repository
from backend.subscriptions.bells import ring_at
from backend.subscriptions.errors import NoSuchNameError
from backend.subscriptions.reports import Content, headers_of, next_content, same_content, wanted_since, write_report
from backend.subscriptions.repository import Subscription
from backend.subscriptions.sealing import TokenSealer
from backend.subscriptions.service import existing
from backend.subscriptions.subscribing import IDLE, next_tick, subject_of
from backend.subscriptions.terms import ReportForm
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

LEASE: Final = timedelta(seconds=60)
# After the first failure, the second …; after the last of them the subscription is paused: a good day in all.
RETRIES: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000))
GONE, TOO_LARGE = 410, 413


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent: `final` where nothing more is waiting behind it."""

    subscription: Subscription
    report_id: UUID
    content: Content
    body: bytes
    headers: dict[str, str]

    @property
    def events(self) -> int:
        """How many events it tells."""
        return len(self.content.events)


async def take(tx: TenantTransaction, subscription_id: UUID) -> Subscription | None:
    """Take a subscription up for one attempt, or None where there is nothing to do: it is paused, waits, or another worker is at it."""
    found, moment = await repository.lock(tx, subscription_id), clock.now()
    if found is None or not found.active or (found.retry_at is not None and found.retry_at > moment):
        return None
    if found.lease_until is not None and found.lease_until > moment:
        # Whoever is at it looks again before he leaves.
        await repository.change(tx, subscription_id, again=True)
        return None
    if found.report_id is None and found.tick_at is not None and found.tick_at > moment:
        return None
    leased: dict[str, Any] = {"lease_id": uuid7(), "lease_until": moment + LEASE, "again": False}
    if not moment < found.due_at < moment + 2 * LEASE:
        # Should this worker die, another one looks when the lease has ended.
        leased["due_at"] = moment + LEASE + timedelta(seconds=1)
        await ring_at(tx, subscription_id, leased["due_at"])
    await repository.change(tx, subscription_id, **leased)
    return await repository.lock(tx, subscription_id)


async def decide(tx: TenantTransaction, taken: Subscription, principal: Principal, zone: ZoneInfo, sealer: TokenSealer) -> Letter | bool:
    """The letter to send, whose extent is fixed with this transaction; or, with nothing to tell, whether to look again at once.

    Raises `PermissionDeniedError` where the subscriber may not be told any more.
    """
    locked = await _ours(tx, taken)
    if locked is None:
        return False
    principal.require(Permission.QUERIES_SUBSCRIBE)
    sites = await sites_of(tx, principal, Permission.EVENTS_READ)
    try:
        query = await existing(tx, locked.query_name)
    except NoSuchNameError:
        return False
    wanted = wanted_since(query, locked.initial_record_time)
    if locked.report_id is not None and locked.report_until is not None:
        content = await same_content(tx, wanted, after=locked.cursor_seq, until=locked.report_until, limit=locked.batch, sites=sites)
        return _letter(tx.tenant_id, locked, locked.report_id, content, sealer)
    content = await next_content(tx, wanted, after=locked.cursor_seq, limit=locked.batch, sites=sites)
    if not content.events and not locked.report_if_empty:
        return await _finish(tx, locked, content.until, zone, final=content.final)
    report_id = uuid7()
    await repository.change(tx, locked.subscription_id, report_id=report_id, report_until=content.until)
    return _letter(tx.tenant_id, locked, report_id, content, sealer)


async def delivered(tx: TenantTransaction, letter: Letter, zone: ZoneInfo) -> bool:
    """The receiver has it: the cursor moves. Gives whether there is more to tell at once."""
    locked = await _ours(tx, letter.subscription)
    if locked is None or locked.report_id != letter.report_id:
        return False
    after = {"reportId": str(letter.report_id), "events": letter.events, "from": locked.cursor_seq + 1, "to": letter.content.until}
    await audit.record(tx, None, "subscription.reported", subject_of(locked.subscription_id), after=after)
    return await _finish(tx, locked, letter.content.until, zone, final=letter.content.final, notified=True)


async def failed(tx: TenantTransaction, taken: Subscription, reason: str, *, status: int | None = None, events: int = 0) -> bool:
    """It wasn't taken: tried again later, or paused. Gives whether to try again at once, with a smaller report."""
    locked = await _ours(tx, taken)
    if locked is None:
        return False
    if status == TOO_LARGE and events > 1:
        # A report of its own, of fewer events (EPCIS 2.0 REST binding, the callback's answer 413).
        await repository.change(
            tx, locked.subscription_id, batch=max(1, events // 2), report_id=None, report_until=None, lease_id=None, lease_until=None
        )
        return True
    if status == GONE or locked.failures >= len(RETRIES):
        await pause(tx, locked, f"{reason} That was the last of {locked.failures + 1} attempts." if locked.failures else reason)
        return False
    moment = clock.now()
    retry_at = moment + RETRIES[locked.failures] * (1 + random() / 10)  # noqa: S311 - jitter
    await repository.change(
        tx, locked.subscription_id, failures=locked.failures + 1, last_failure=reason[:1_000], last_run_at=moment, retry_at=retry_at,
        due_at=retry_at, lease_id=None, lease_until=None,
    )  # fmt: skip
    await ring_at(tx, locked.subscription_id, retry_at)
    return False


async def stop(tx: TenantTransaction, taken: Subscription, reason: str) -> None:
    """Pause what may not go on, unless somebody else has taken it up meanwhile."""
    locked = await _ours(tx, taken)
    if locked is not None:
        await pause(tx, locked, reason)


async def pause(tx: TenantTransaction, locked: Subscription, reason: str) -> None:
    """Nothing more is sent until somebody resumes it; nothing is lost either."""
    moment = clock.now()
    await repository.change(
        tx, locked.subscription_id, state="paused", paused_reason=reason[:1_000], paused_at=moment, last_failure=reason[:1_000], last_run_at=moment,
        failures=locked.failures + 1, lease_id=None, lease_until=None, retry_at=None,
    )  # fmt: skip
    await audit.record(tx, None, "subscription.paused", subject_of(locked.subscription_id), after={"reason": reason[:1_000]})


async def _ours(tx: TenantTransaction, taken: Subscription) -> Subscription | None:
    """The subscription, locked, if it is still this attempt's."""
    locked = await repository.lock(tx, taken.subscription_id)
    return locked if locked is not None and locked.active and locked.lease_id == taken.lease_id else None


async def _finish(tx: TenantTransaction, locked: Subscription, until: int, zone: ZoneInfo, *, final: bool, notified: bool = False) -> bool:
    """Everything up to `until` is told. Gives whether to look again at once; at the end of a run the next one is set."""
    moment, more = clock.now(), locked.again or not final
    changes: dict[str, Any] = {
        "cursor_seq": until, "report_id": None, "report_until": None, "failures": 0, "retry_at": None, "last_failure": None, "last_run_at": moment,
        "lease_id": None, "lease_until": None, "again": False,
    }  # fmt: skip
    if notified:
        changes["last_notified_at"] = moment
    if final and locked.schedule is not None:
        changes["tick_at"] = changes["due_at"] = next_tick(locked.schedule, moment, zone)
    elif not more and locked.schedule is None and locked.due_at <= moment + LEASE:
        changes["due_at"] = moment + IDLE
    if "due_at" in changes:
        await ring_at(tx, locked.subscription_id, changes["due_at"])
    await repository.change(tx, locked.subscription_id, **changes)
    return more


def _letter(tenant_id: int, subscription: Subscription, report_id: UUID, content: Content, sealer: TokenSealer) -> Letter:
    token = None
    if subscription.signature_token is not None:
        token = sealer.open(tenant_id, subscription.subscription_id, subscription.signature_key_id or "", subscription.signature_token)
    form = ReportForm(subscription.media_type)
    body = write_report(
        [event.writable() for event in content.events], form=form, epc_format=EpcFormat(subscription.epc_format),
        web_words=subscription.web_words, query_name=subscription.query_name, subscription_id=str(subscription.subscription_id),
    )  # fmt: skip
    return Letter(subscription, report_id, content, body, headers_of(form, report_id, body, token))
