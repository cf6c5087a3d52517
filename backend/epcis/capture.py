"""Capture jobs: one document, its events stored together (rollback) or one by one as far as they are good (proceed)."""

from collections.abc import Sequence
from functools import partial

from backend.epcis.problems import SECURITY, fault_list
from backend.events import jobs, review
from backend.events.canonical import CanonicalEvent
from backend.events.errors import CaptureLimitError
from backend.events.faults import EventFaults, Fault
from backend.events.jobs import CaptureJob, ErrorBehaviour
from backend.events.projection import Source
from backend.events.reader import Reading
from backend.events.reporting import outside_sites, require_inside
from backend.events.service import Outcome, OutcomeStatus
from backend.services import Services
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from tenants.permissions import Permission
from tenants.principal import Principal

# A hold waits for a part that is being captured, so parts stay well under half a second.
PART = 200


async def run_job(services: Services, principal: Principal, reading: Reading, behaviour: ErrorBehaviour) -> CaptureJob:
    """Capture a document and record the job; returns when all is committed. With `rollback` the document has no faults."""
    principal.require(Permission.EVENTS_CAPTURE)
    limit = services.settings.capture_max_events
    if len(reading.events) > limit:
        raise CaptureLimitError(f"The document holds {len(reading.events)} events; the limit is {limit}. Send it in parts.", field="eventList")
    job = CaptureJob(uuid7(), behaviour, clock.now())
    if behaviour is ErrorBehaviour.ROLLBACK:
        await _all_or_nothing(services, principal, reading.canonical, job)
    else:
        await _as_far_as_good(services, principal, reading, job)
    return job


async def _all_or_nothing(services: Services, principal: Principal, events: list[CanonicalEvent], job: CaptureJob) -> None:
    async def use_case(tx: TenantTransaction) -> list[Outcome]:
        await require_inside(tx, principal, events)
        outcomes = await services.capture.capture(tx, events, source=Source.EPCIS, job_id=job.job_id)
        if any(outcome.status is OutcomeStatus.CONFLICT for outcome in outcomes):
            raise _RolledBackError(outcomes)
        await jobs.record(tx, principal, job, outcomes)
        return outcomes

    try:
        await services.capturing(principal.tenant_id, events, use_case)
    except _RolledBackError as rolled_back:
        await _after_rollback(services, principal, events, rolled_back.outcomes, job)


async def _capture_inside(
    services: Services, principal: Principal, job: CaptureJob, part: Sequence[tuple[int, CanonicalEvent]], tx: TenantTransaction
) -> tuple[list[Outcome], dict[int, Fault]]:
    """Capture what the caller may report of (place in the document, event), and give back the faults of the rest by its place."""
    outside = await outside_sites(tx, principal, part)
    taken = [event for place, event in part if place not in outside]
    return await services.capture.capture(tx, taken, source=Source.EPCIS, job_id=job.job_id), outside


class _RolledBackError(Exception):
    def __init__(self, outcomes: list[Outcome]) -> None:
        super().__init__("a conflict in a job that rolls back")
        self.outcomes = outcomes


async def _after_rollback(services: Services, principal: Principal, events: list[CanonicalEvent], outcomes: list[Outcome], job: CaptureJob) -> None:
    """Nothing of the document is stored; what conflicted is kept for review, because a reported fact is never lost."""
    conflicts = [outcome for outcome in outcomes if outcome.status is OutcomeStatus.CONFLICT]
    disputed = [event for event, outcome in zip(events, outcomes, strict=True) if outcome.status is OutcomeStatus.CONFLICT]
    job.count(conflicts)
    job.rejected = len(events)

    async def use_case(tx: TenantTransaction) -> None:
        for event in disputed:
            await review.keep_conflict(tx, event, source=Source.EPCIS)
        await jobs.record(tx, principal, job, [])

    await services.in_tenant(principal.tenant_id, use_case)


async def _as_far_as_good(services: Services, principal: Principal, reading: Reading, job: CaptureJob) -> None:
    good = [(place, event) for place, event in enumerate(reading.events) if isinstance(event, CanonicalEvent)]
    rejected = {event.index: fault_list(event.faults) for event in reading.events if isinstance(event, EventFaults)}
    for start in range(0, len(good), PART):
        part = good[start : start + PART]
        use_case = partial(_capture_inside, services, principal, job, part)
        outcomes, outside = await services.capturing(principal.tenant_id, [event for _, event in part], use_case)
        job.count(outcomes)
        rejected |= {place: fault_list([fault], SECURITY) for place, fault in outside.items()}
    for place in sorted(rejected):
        job.reject(rejected[place])
    await services.in_tenant(principal.tenant_id, lambda tx: jobs.record(tx, principal, job, []))
