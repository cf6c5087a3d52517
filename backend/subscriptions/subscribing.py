"""The use cases of those who subscribe: each in its caller's tenant transaction."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from backend.events.query_service import last_seq
from backend.subscriptions import delivery_repository, repository
from backend.subscriptions.bells import DAY, ring_at
from backend.subscriptions.definitions import require_subscribable
from backend.subscriptions.errors import NoSuchSubscriptionError, SubscribeNotPermittedError
from backend.subscriptions.repository import Subscription
from backend.subscriptions.schedule import read_schedule
from backend.subscriptions.sealing import TokenSealer, TokenUnreadableError
from backend.subscriptions.service import existing
from backend.subscriptions.terms import Terms
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from tenants import audit
from tenants.mandates import Mandate, mandate_of
from tenants.permissions import Permission
from tenants.principal import ActorKind, Principal

MOST_SUBSCRIPTIONS: Final = 100
MOST_EVENTS: Final = 100
# A stream without anything new is looked at so often, should the worker that was told of an event have died.
IDLE: Final = timedelta(minutes=5)
# Record times are given before the commit; more than this they are never behind the order of commits.
_DISORDER: Final = timedelta(hours=1)


async def subscribe(
    tx: TenantTransaction, principal: Principal, query_name: str, terms: Terms, *, zone: ZoneInfo, sealer: TokenSealer
) -> Subscription:
    """Report a query to a web address from now on. Raises `NoSuchNameError`, and `SubscribeNotPermittedError` where it can't be subscribed."""
    _require(principal)
    query = await existing(tx, query_name, held=True)
    require_subscribable(query.definition)
    if await repository.lock_count(tx) >= MOST_SUBSCRIPTIONS:
        raise SubscribeNotPermittedError(f"Your company has {MOST_SUBSCRIPTIONS} subscriptions, which is the limit. Delete one that nobody needs.")
    moment, subscription_id, token = clock.now(), uuid7(), terms.signature_token
    tick_at = next_tick(terms.controls.schedule, moment, zone)
    subscription = Subscription(
        subscription_id=subscription_id, query_name=query.name, dest=terms.dest,
        signature_token=sealer.seal(tx.tenant_id, subscription_id, token) if token is not None else None,
        signature_key_id=sealer.key_id if token is not None else None,
        schedule=terms.controls.schedule, report_if_empty=terms.controls.report_if_empty,
        initial_record_time=terms.controls.initial_record_time, media_type=terms.form, epc_format=terms.epc_format,
        web_words=terms.web_words, created_at=moment,
        cursor_seq=await first_cursor(tx, terms.controls.initial_record_time), batch=MOST_EVENTS,
        tick_at=tick_at, due_at=tick_at or moment, **_mandated(mandate_of(principal)),
    )  # fmt: skip
    await repository.insert(tx, subscription)
    await ring_at(tx, subscription_id, subscription.due_at)
    await audit.record(tx, principal, "subscription.created", subject_of(subscription_id), after=told(subscription))
    return subscription


async def unsubscribe(tx: TenantTransaction, principal: Principal, query_name: str, subscription_id: UUID) -> None:
    """End a subscription. Raises `NoSuchNameError`, `NoSuchSubscriptionError`."""
    subscription = await get_subscription(tx, principal, query_name, subscription_id)
    if not await repository.delete(tx, subscription_id):
        raise NoSuchSubscriptionError
    await audit.record(tx, principal, "subscription.deleted", subject_of(subscription_id), before=told(subscription))


async def resume(tx: TenantTransaction, principal: Principal, query_name: str, subscription_id: UUID) -> Subscription:
    """Go on where a subscription was paused, in the name of who resumes it; nothing that came meanwhile is left out."""
    _require(principal)
    await get_subscription(tx, principal, query_name, subscription_id)
    locked = await delivery_repository.lock(tx, subscription_id)
    if locked is None:
        raise NoSuchSubscriptionError
    if not locked.active:
        moment = clock.now()
        await delivery_repository.change(
            tx, subscription_id, state="active", paused_reason=None, paused_at=None, failures=0, retry_at=None, lease_id=None, lease_until=None,
            due_at=moment, **_mandated(mandate_of(principal)),
        )  # fmt: skip
        await ring_at(tx, subscription_id, moment)
        before = {"reason": locked.paused_reason, "subscriber": locked.subscriber_name}
        await audit.record(tx, principal, "subscription.resumed", subject_of(subscription_id), before=before)
    return await get_subscription(tx, principal, query_name, subscription_id)


async def get_subscription(tx: TenantTransaction, principal: Principal, query_name: str, subscription_id: UUID) -> Subscription:
    """One subscription; who is limited to sites sees his own alone. Raises `NoSuchNameError`, `NoSuchSubscriptionError`."""
    only = _only(principal)
    await existing(tx, query_name)
    found = await repository.subscription(tx, query_name, subscription_id)
    if found is None or (only is not None and found.subscriber != only):
        raise NoSuchSubscriptionError
    return found


async def page_of_subscriptions(
    tx: TenantTransaction, principal: Principal, query_name: str, *, after: UUID | None, limit: int
) -> list[Subscription]:
    """A page of a query's subscriptions, paused ones too, the oldest first. Raises `NoSuchNameError`."""
    only = _only(principal)
    await existing(tx, query_name)
    return await repository.subscriptions(tx, query_name, subscriber=only, after=after, limit=limit)


async def reseal(tx: TenantTransaction, sealer: TokenSealer) -> tuple[int, list[UUID]]:
    """Seal all tokens of a tenant with the current key; gives how many, and the subscriptions whose token no known key opens."""
    done, unreadable = 0, []
    for each in await repository.sealed_otherwise(tx, sealer.key_id):
        try:
            token = sealer.open(tx.tenant_id, each.subscription_id, each.signature_key_id or "", each.signature_token or b"")
        except TokenUnreadableError:
            unreadable.append(each.subscription_id)
            continue
        await repository.seal(tx, each.subscription_id, sealer.seal(tx.tenant_id, each.subscription_id, token), sealer.key_id)
        done += 1
    return done, unreadable


def next_tick(schedule: str | None, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """When a schedule has its next turn; None for a stream."""
    if schedule is None:
        return None
    # One that comes at all comes within decades, on any clock.
    return read_schedule(msgspec.json.decode(schedule)).next_after(moment, zone) or moment + 365 * DAY


async def first_cursor(tx: TenantTransaction, initial: datetime | None) -> int:
    """A place of the feed before which nothing has to be reported: its end, or one that is surely before an initial record time."""
    end = await last_seq(tx)
    if initial is None:
        return end
    low, high = 0, end
    while low < high:
        middle = (low + high + 1) // 2
        recorded = await delivery_repository.record_time_at(tx, middle)
        if recorded is not None and recorded < initial - _DISORDER:
            low = middle
        else:
            high = middle - 1
    return low


def subject_of(subscription_id: UUID) -> str:
    """How the trail names it."""
    return f"subscription:{subscription_id}"


def told(subscription: Subscription) -> dict[str, Any]:
    """What the trail keeps of it: no token."""
    schedule = msgspec.Raw(subscription.schedule.encode()) if subscription.schedule is not None else None
    return {"query": subscription.query_name, "dest": subscription.dest, "schedule": schedule, "subscriber": subscription.subscriber_name}


def mandate_in(subscription: Subscription) -> Mandate:
    """In whose name it reports."""
    return Mandate(
        subscription.subscriber, ActorKind(subscription.subscriber_kind), subscription.subscriber_id, subscription.subscriber_name,
        subscription.membership_id, subscription.secret_id,
    )  # fmt: skip


def _mandated(mandate: Mandate) -> dict[str, Any]:
    return {
        "subscriber": mandate.subject, "subscriber_kind": str(mandate.kind), "subscriber_id": mandate.actor_id, "subscriber_name": mandate.name,
        "membership_id": mandate.membership_id, "secret_id": mandate.secret_id,
    }  # fmt: skip


def _require(principal: Principal) -> None:
    principal.require(Permission.QUERIES_SUBSCRIBE)
    principal.require(Permission.EVENTS_READ)


def _only(principal: Principal) -> str | None:
    """Whose subscriptions a caller sees: all, or where his permission is limited to sites, those that report in his own name."""
    return None if principal.sites_for(Permission.QUERIES_SUBSCRIBE) is None else principal.subject
