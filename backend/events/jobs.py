"""Capture jobs: what became of each captured document, as the standard shows it (EPCIS 2.0 §12, the capture job document)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.events import repository
from backend.events.errors import CaptureJobNotFoundError
from backend.events.faults import Fault
from infra import clock
from infra.database import Record, TenantTransaction
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_ERRORS: Final = 200


class ErrorBehaviour(StrEnum):
    """The values of the header GS1-Capture-Error-Behaviour."""

    ROLLBACK = "rollback"
    PROCEED = "proceed"


class ResultStatus(StrEnum):
    """What became of one event: stored, stored before, waiting for review, not stored, or not stored because of others in its document."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class EventResult:
    """One event's answer. `place` is the event's in the document's list, `public_id` our own id of a stored one."""

    place: int
    status: ResultStatus
    event_id: str | None = None
    public_id: UUID | None = None
    errors: tuple[dict[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it is stored and told; what is empty is left out."""
        told: dict[str, Any] = {"index": self.place, "status": str(self.status)}
        if self.event_id is not None:
            told["eventID"] = self.event_id
        if self.public_id is not None:
            told["id"] = str(self.public_id)
        if self.errors:
            told["errors"] = list(self.errors)
        return told


@dataclass(slots=True)
class CaptureJob:
    """A capture job as the standard shows it, with counts besides. `total` is None until the document has been looked through.

    `warnings` are faults of the master data in the header, which keep no event back.
    """

    job_id: UUID
    behaviour: ErrorBehaviour
    created_at: datetime
    finished_at: datetime | None = None
    success: bool = True
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    total: int | None = None
    done: int = 0
    warnings: list[dict[str, Any]] = field(default_factory=list)

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
            "warnings": self.warnings,
            "total": self.total,
            "done": self.done,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "rejected": self.rejected,
        }

    @classmethod
    def from_row(cls, row: Record) -> "CaptureJob":
        """From the table."""
        return cls(
            row["job_id"], ErrorBehaviour(row["error_behaviour"]), row["created_at"], row["finished_at"], row["success"], row["accepted"],
            row["duplicates"], row["rejected"], msgspec.json.decode(row["errors"]), row["total"], row["done"],
            msgspec.json.decode(row["warnings"]),
        )  # fmt: skip

    def count(self, results: Sequence[EventResult]) -> None:
        """Add what became of some events."""
        self.done += len(results)
        for result in results:
            if result.status is ResultStatus.ACCEPTED:
                self.accepted += 1
            elif result.status is ResultStatus.DUPLICATE:
                self.duplicates += 1
            else:
                self.rejected += 1
                self.fail(result.errors)

    def fail(self, errors: Sequence[dict[str, Any]]) -> None:
        """Tell what keeps something from being stored; the first ones say enough."""
        self.success = False
        self.errors += errors[: max(0, MOST_ERRORS - len(self.errors))]


def fault_list(faults: Sequence[Fault], exception: str = "ValidationException") -> list[dict[str, str]]:
    """Faults as they stand in problems, capture jobs and results."""
    return [
        {"type": f"epcisException:{exception}", "title": fault.message, "field": fault.path, "rule": fault.rule, "detail": fault.mend}
        for fault in faults[:MOST_ERRORS]
    ]


def conflict_error(event_key: str) -> dict[str, Any]:
    """How a conflict stands among a job's errors."""
    return {
        "type": "epcisException:ResourceAlreadyExistsException",
        "title": f"An event with the key {event_key} is stored already and its content differs; this one waits in the review queue.",
        "field": "eventID",
        "detail": "Send a new event with an id of its own, or an error declaration for the stored one.",
    }


def lines(results: Sequence[EventResult]) -> str:
    """Results as they are stored: one JSON text a line."""
    return "\n".join(msgspec.json.encode(result.as_json()).decode() for result in results)


async def record(tx: TenantTransaction, principal: Principal, job: CaptureJob, results: Sequence[EventResult]) -> None:
    """Store a job that is done at once, in the transaction that stored its events."""
    job.count(results)
    job.total, job.finished_at = len(results), clock.now()
    await repository.insert_job(
        tx,
        {
            "job_id": job.job_id, "created_at": job.created_at, "finished_at": job.finished_at, "error_behaviour": str(job.behaviour),
            "success": job.success, "accepted": job.accepted, "duplicates": job.duplicates, "rejected": job.rejected,
            "errors": msgspec.json.encode(job.errors).decode(), "created_by": principal.actor_id, "total": job.total, "done": job.done,
            "results": lines(results), "warnings": msgspec.json.encode(job.warnings).decode(),
        },
    )  # fmt: skip
    await record_captured(tx, principal, job)


async def record_captured(tx: TenantTransaction, principal: Principal, job: CaptureJob) -> None:
    """Put a finished job on the trail."""
    counts = {"accepted": job.accepted, "duplicates": job.duplicates, "rejected": job.rejected}
    await audit.record(tx, principal, "events.captured", f"capture:{job.job_id}", after=counts)


async def get_job(tx: TenantTransaction, principal: Principal, job_id: UUID) -> CaptureJob:
    """One job; who may not read events everywhere sees his own alone. Raises `CaptureJobNotFoundError`."""
    row = await repository.job_by_id(tx, job_id)
    if row is None or (not _may_see_all(principal) and row["created_by"] != principal.actor_id):
        raise CaptureJobNotFoundError("There is no such capture job. Its address stands in the answer to the capture.", field="id")
    return CaptureJob.from_row(row)


async def list_jobs(tx: TenantTransaction, principal: Principal, *, behind: UUID | None, limit: int, oldest_first: bool = False) -> list[CaptureJob]:
    """Jobs, newest first, from behind one; who may not read events everywhere sees his own alone."""
    created_by = None if _may_see_all(principal) else principal.actor_id
    rows = await repository.jobs(tx, created_by=created_by, behind=behind, oldest_first=oldest_first, limit=limit)
    return [CaptureJob.from_row(row) for row in rows]


def _may_see_all(principal: Principal) -> bool:
    return Permission.EVENTS_READ in principal.permissions and principal.sites_for(Permission.EVENTS_READ) is None
