"""Capture jobs: one document, its events stored together (rollback) or one by one as far as they are good (proceed)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from backend.epcis.problems import MOST_ERRORS, fault_list
from backend.events import repository as event_jobs
from backend.events.canonical import CanonicalEvent
from backend.events.errors import CaptureJobNotFoundError, CaptureLimitError
from backend.events.faults import EventFaults
from backend.events.projection import Source
from backend.events.reader import Reading
from backend.events.service import Outcome, OutcomeStatus
from backend.services import Services
from infra import clock
from infra.database import Record, TenantTransaction
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

# A hold waits for a part that is being captured, so parts stay well under half a second.
PART = 200


class ErrorBehaviour(StrEnum):
    """The values of the header GS1-Capture-Error-Behaviour."""

    ROLLBACK = "rollback"
    PROCEED = "proceed"


@dataclass(slots=True)
class CaptureJob:
    """A capture job as the standard shows it, with counts besides."""

    job_id: UUID
    behaviour: ErrorBehaviour
    created_at: datetime
    finished_at: datetime | None = None
    success: bool = True
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """EPCIS 2.0 §12, the capture job document."""
        return {
            "captureID": str(self.job_id),
            "createdAt": clock.isoformat(self.created_at),
            "finishedAt": clock.isoformat(self.finished_at) if self.finished_at else None,
            "running": self.finished_at is None,
            "success": self.success,
            "captureErrorBehaviour": str(self.behaviour),
            "errors": self.errors,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "rejected": self.rejected,
        }

    @classmethod
    def from_row(cls, row: Record) -> "CaptureJob":
        """From the table."""
        return cls(
            row["job_id"], ErrorBehaviour(row["error_behaviour"]), row["created_at"], row["finished_at"], row["success"], row["accepted"],
            row["duplicates"], row["rejected"], msgspec.json.decode(row["errors"]),
        )  # fmt: skip

    def count(self, outcomes: Sequence[Outcome]) -> None:
        """Add what became of some events."""
        for outcome in outcomes:
            if outcome.status is OutcomeStatus.ACCEPTED:
                self.accepted += 1
            elif outcome.status is OutcomeStatus.DUPLICATE:
                self.duplicates += 1
            else:
                self.reject([_conflict(outcome)])

    def reject(self, errors: list[dict[str, Any]]) -> None:
        """Count one event that was not stored."""
        self.rejected += 1
        self.success = False
        self.errors += errors[: max(0, MOST_ERRORS - len(self.errors))]


def _conflict(outcome: Outcome) -> dict[str, Any]:
    return {
        "type": "epcisException:ResourceAlreadyExistsException",
        "title": f"An event with the key {outcome.event_key} is stored already and its content differs; this one waits in the review queue.",
        "field": "eventID",
        "detail": "Send a new event with an id of its own, or an error declaration for the stored one.",
    }


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
        outcomes = await services.capture.capture(tx, events, source=Source.EPCIS, job_id=job.job_id)
        if any(outcome.status is OutcomeStatus.CONFLICT for outcome in outcomes):
            raise _RolledBackError(outcomes)
        await _record(tx, principal, job, outcomes)
        return outcomes

    try:
        await services.capturing(principal.tenant_id, events, use_case)
    except _RolledBackError as rolled_back:
        await _after_rollback(services, principal, events, rolled_back.outcomes, job)


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
            await services.capture.review(tx, event, source=Source.EPCIS)
        await _record(tx, principal, job, [])

    await services.in_tenant(principal.tenant_id, use_case)


async def _as_far_as_good(services: Services, principal: Principal, reading: Reading, job: CaptureJob) -> None:
    good = reading.canonical
    for start in range(0, len(good), PART):
        part = good[start : start + PART]
        job.count(
            await services.capturing(
                principal.tenant_id,
                part,
                lambda tx, part=part: services.capture.capture(tx, part, source=Source.EPCIS, job_id=job.job_id),  # type: ignore[misc]
            )
        )
    for event in reading.events:
        if isinstance(event, EventFaults):
            job.reject(fault_list(event.faults))
    await services.in_tenant(principal.tenant_id, lambda tx: _record(tx, principal, job, []))


async def _record(tx: TenantTransaction, principal: Principal, job: CaptureJob, outcomes: list[Outcome]) -> None:
    job.count(outcomes)
    job.finished_at = clock.now()
    await event_jobs.insert_job(
        tx,
        {
            "job_id": job.job_id, "created_at": job.created_at, "finished_at": job.finished_at, "error_behaviour": str(job.behaviour),
            "success": job.success, "accepted": job.accepted, "duplicates": job.duplicates, "rejected": job.rejected,
            "errors": msgspec.json.encode(job.errors).decode(), "created_by": principal.person_id,
        },
    )  # fmt: skip
    counts = {"accepted": job.accepted, "duplicates": job.duplicates, "rejected": job.rejected}
    await audit.record(tx, principal, "events.captured", f"capture:{job.job_id}", after=counts)


async def get_job(tx: TenantTransaction, job_id: UUID) -> CaptureJob:
    """One job; raises `CaptureJobNotFoundError`."""
    row = await event_jobs.job_by_id(tx, job_id)
    if row is None:
        raise CaptureJobNotFoundError("There is no such capture job. Its address is in the Location header of the answer to the capture.")
    return CaptureJob.from_row(row)


async def list_jobs(tx: TenantTransaction, *, before: UUID | None, limit: int) -> list[CaptureJob]:
    """Jobs, newest first."""
    return [CaptureJob.from_row(row) for row in await event_jobs.jobs(tx, before=before, limit=limit)]
