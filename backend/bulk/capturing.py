"""Reported events into the log: what the caller may report of them is captured, and each gets its answer."""

from collections.abc import Sequence
from uuid import UUID

from backend.bulk.documents import Placed
from backend.events import review
from backend.events.canonical import CanonicalEvent
from backend.events.faults import EventFaults
from backend.events.jobs import EventResult, ResultStatus, conflict_error, fault_list
from backend.events.projection import Source
from backend.events.reporting import outside_sites
from backend.events.service import CaptureService, Outcome, OutcomeStatus
from infra.database import TenantTransaction
from tenants.principal import Principal

SECURITY = "SecurityException"
_STATUS = {
    OutcomeStatus.ACCEPTED: ResultStatus.ACCEPTED,
    OutcomeStatus.DUPLICATE: ResultStatus.DUPLICATE,
    OutcomeStatus.CONFLICT: ResultStatus.CONFLICT,
}
_STORED = frozenset({ResultStatus.ACCEPTED, ResultStatus.DUPLICATE})


class WithdrawnError(Exception):
    """Something of what had to be stored together can't be: the transaction is rolled back. `results` says it of each event."""

    def __init__(self, results: Sequence[EventResult]) -> None:
        super().__init__("an event of a document that is stored as a whole can't be")
        self.results = [
            EventResult(result.place, ResultStatus.WITHDRAWN, result.event_id) if result.status in _STORED else result for result in results
        ]


def canonical(placed: Sequence[Placed]) -> list[CanonicalEvent]:
    """Those that could be read."""
    return [item.event for item in placed if isinstance(item.event, CanonicalEvent)]


async def capture_placed(
    tx: TenantTransaction, service: CaptureService, principal: Principal, job_id: UUID, placed: Sequence[Placed], *, together: bool
) -> list[EventResult]:
    """Capture what can be, behind the gate that the events need; answers in their order. Raises `WithdrawnError` where `together` isn't possible."""
    readable = [(item.place, item.event) for item in placed if isinstance(item.event, CanonicalEvent)]
    outside = await outside_sites(tx, principal, readable)
    taken = [(place, event) for place, event in readable if place not in outside]
    outcomes = await service.capture(tx, [event for _, event in taken], source=Source.EPCIS, job_id=job_id)
    results = [_of(place, event, outcome) for (place, event), outcome in zip(taken, outcomes, strict=True)]
    results += [
        EventResult(place, ResultStatus.REJECTED, told_id(event), errors=tuple(fault_list([outside[place]], SECURITY)))
        for place, event in readable
        if place in outside
    ]
    results += [refused(item.place, item.event) for item in placed if isinstance(item.event, EventFaults)]
    results.sort(key=lambda result: result.place)
    if together and any(result.status not in _STORED for result in results):
        raise WithdrawnError(results)
    return results


async def keep_disputed(tx: TenantTransaction, placed: Sequence[Placed], results: Sequence[EventResult]) -> None:
    """Keep for review what conflicted in a document of which nothing is stored, because a reported fact is never lost."""
    disputed = {result.place for result in results if result.status is ResultStatus.CONFLICT}
    for item in placed:
        if item.place in disputed and isinstance(item.event, CanonicalEvent):
            await review.keep_conflict(tx, item.event, source=Source.EPCIS)


def refused(place: int, event: EventFaults) -> EventResult:
    """The answer for what couldn't be read."""
    return EventResult(place, ResultStatus.REJECTED, event.event_id, errors=tuple(fault_list(event.faults)))


def told_id(event: CanonicalEvent) -> str:
    """By which id a sender finds an event again: its own, else its hash."""
    return event.event_id or event.event_hash


def _of(place: int, event: CanonicalEvent, outcome: Outcome) -> EventResult:
    errors = (conflict_error(outcome.event_key),) if outcome.status is OutcomeStatus.CONFLICT else ()
    return EventResult(place, _STATUS[outcome.status], told_id(event), outcome.public_id, errors)
