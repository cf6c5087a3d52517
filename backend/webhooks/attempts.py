"""One round of an endpoint: taking up what is due, and writing down how it ended. A transaction each, none while sending."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import random
from typing import Any, Final
from uuid import UUID

from backend.alerts import service as alerts
from backend.webhooks import delivery_repository, repository
from backend.webhooks.delivery_repository import Attempt, Delivery, State
from backend.webhooks.publishing import ring
from backend.webhooks.repository import Endpoint
from backend.webhooks.rules import GONE, first_bytes, next_try
from backend.webhooks.service import host_of, subject_of
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from infra.outward import OutwardAnswer
from tenants import audit

LEASE: Final = timedelta(seconds=60)
AT_ONCE: Final = 8
# By how much clocks of machines may differ.
AHEAD: Final = timedelta(seconds=5)
_GONE: Final = "The receiver answered 410: it wants no more messages."
_EXHAUSTED: Final = "Nothing has come through since {}, and a message was tried for three days. The last attempt: {}"


@dataclass(frozen=True, slots=True)
class Round:
    """What is sent to an endpoint at once, with what each message says."""

    endpoint: Endpoint
    lease_id: UUID
    deliveries: Sequence[Delivery]
    bodies: dict[UUID, str]

    @property
    def is_full(self) -> bool:
        """Whether there may be more."""
        return len(self.deliveries) == AT_ONCE


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one request ended: with an answer, or with a failure that says why there is none."""

    delivery: Delivery
    begun_at: datetime
    duration_ms: int
    answer: OutwardAnswer | None
    failure: str | None

    @property
    def delivered(self) -> bool:
        """Whether the receiver has it: any 2xx."""
        return self.answer is not None and 200 <= self.answer.status < 300

    @property
    def status(self) -> int | None:
        """The answer's."""
        return self.answer.status if self.answer is not None else None

    @property
    def told(self) -> str | None:
        """Why it wasn't delivered, for people; None where it was."""
        if self.delivered:
            return None
        if self.answer is None:
            return self.failure
        hint = " Redirects aren't followed: give the address that they lead to." if 300 <= self.answer.status < 400 else ""
        return f"The receiver answered {self.answer.status}.{hint}"


async def wake(tx: TenantTransaction, endpoint_id: UUID) -> bool:
    """Whether an endpoint has something due. Whoever sees it has the outbox look again when the lease is over, should he die."""
    moment = clock.now()
    if not await delivery_repository.any_due(tx, endpoint_id, moment):
        # Rung by another machine's clock, which is a little ahead of this one's: the bell must not be lost.
        first = await delivery_repository.first_waiting(tx, endpoint_id)
        if first is not None and first - moment <= AHEAD:
            await ring(tx, [endpoint_id], first)
        return False
    until = moment + LEASE + timedelta(seconds=1)
    if await repository.guard(tx, endpoint_id, moment + AHEAD, until):
        await ring(tx, [endpoint_id], until)
    return True


async def take(tx: TenantTransaction, endpoint_id: UUID) -> Round | None:
    """Take up what is due; None where there is nothing, or the endpoint is switched off."""
    endpoint, moment, lease_id = await repository.by_id(tx, endpoint_id), clock.now(), uuid7()
    if endpoint is None or not endpoint.enabled:
        return None
    deliveries = await delivery_repository.lease(tx, endpoint_id, lease_id, now=moment, until=moment + LEASE, limit=AT_ONCE)
    if not deliveries:
        return None
    return Round(endpoint, lease_id, deliveries, await delivery_repository.bodies(tx, [each.message_id for each in deliveries]))


async def conclude(tx: TenantTransaction, taken: Round, outcomes: Sequence[Outcome]) -> None:
    """Write down what came of a round: each attempt, when it is tried again, how the endpoint does, and whether it is switched off."""
    endpoint = await repository.lock(tx, taken.endpoint.endpoint_id)
    ours = await delivery_repository.leased(tx, [each.delivery.delivery_id for each in outcomes], taken.lease_id)
    if endpoint is None:
        return
    exhausted: Outcome | None = None
    for outcome in outcomes:
        if outcome.delivery.delivery_id in ours and not await _concluded(tx, endpoint, outcome):
            exhausted = outcome
    changes = _health(endpoint, outcomes)
    await repository.change(tx, endpoint.endpoint_id, **changes)
    if not endpoint.enabled:
        return
    if any(outcome.status == GONE for outcome in outcomes):
        await switch_off(tx, endpoint, _GONE)
    elif exhausted is not None and changes["failing_since"] is not None and changes["failing_since"] <= exhausted.delivery.begun_at + LEASE:
        await switch_off(tx, endpoint, _EXHAUSTED.format(clock.isoformat(changes["failing_since"]), exhausted.told))


async def switch_off(tx: TenantTransaction, endpoint: Endpoint, reason: str) -> None:
    """Send nothing more to an endpoint that is locked, and tell those who keep it; what waits can be replayed."""
    moment = clock.now()
    await repository.change(tx, endpoint.endpoint_id, enabled=False, disabled_reason=reason[:1_000], disabled_at=moment)
    given_up = await delivery_repository.give_up(tx, endpoint.endpoint_id, failure=reason[:1_000], at=moment)
    subject = subject_of(endpoint.endpoint_id)
    await audit.record(tx, None, "webhook.disabled", subject, after={"reason": reason[:1_000], "waiting": given_up})
    detail = {"host": host_of(endpoint), "description": endpoint.description, "owner": endpoint.owner_name, "reason": reason[:1_000]}
    await alerts.raise_alert(
        tx, kind="webhook_disabled", severity=alerts.Severity.WARNING, dedupe_key=subject, subject=subject, detail=detail, resets=True,
    )  # fmt: skip


async def _concluded(tx: TenantTransaction, endpoint: Endpoint, outcome: Outcome) -> bool:
    """Write down one attempt; False where it was the last of its round and failed."""
    delivery, moment = outcome.delivery, clock.now()
    answer = first_bytes(outcome.answer.body) if outcome.answer is not None else ""
    await delivery_repository.insert_attempt(
        tx,
        Attempt(
            uuid7(), delivery.delivery_id, delivery.attempts + 1, outcome.duration_ms, outcome.status, answer, (outcome.told or "")[:1_000] or None,
            outcome.begun_at,
        ),
    )  # fmt: skip
    next_at = None
    if not outcome.delivered and endpoint.enabled and outcome.status != GONE:
        retry_after = outcome.answer.retry_after if outcome.answer is not None else None
        next_at = next_try(delivery.tries + 1, moment, chance=random(), retry_after=retry_after)  # noqa: S311 - jitter
    state = State.DELIVERED if outcome.delivered else State.FAILED if next_at is None else State.WAITING
    await delivery_repository.conclude(tx, delivery.delivery_id, state=state, next_at=next_at, status=outcome.status, failure=outcome.told, at=moment)
    if next_at is not None:
        await ring(tx, [endpoint.endpoint_id], next_at)
    return state is not State.FAILED


def _health(endpoint: Endpoint, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How an endpoint does after a round: one delivery that came through ends a bad time."""
    failed = [outcome for outcome in outcomes if not outcome.delivered]
    if len(failed) < len(outcomes):
        return {"failing_since": None, "last_delivered_at": clock.now(), "last_failure": failed[-1].told if failed else None}
    return {"failing_since": endpoint.failing_since or failed[0].begun_at, "last_failure": failed[-1].told}
