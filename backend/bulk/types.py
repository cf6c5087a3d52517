"""Capture jobs, and what became of each event of theirs, as GraphQL shows them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry import ID
from strawberry.scalars import JSON

from backend.bulk import loaders
from backend.events import jobs
from backend.events.errors import CaptureJobNotFoundError
from backend.events.jobs import ResultStatus
from backend.graphql.context import Context, Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page, connect
from tenants.permissions import Permission

strawberry.enum(
    ResultStatus,
    name="CaptureResultStatus",
    description="Stored, stored before, waiting for review, not stored, or not stored because of others in a document that rolls back.",
)


@strawberry.type(description="What became of one event of a captured document.", directives=requires(Permission.EVENTS_CAPTURE))
class CaptureResult:
    """`index` is the event's place in the document, from 0; `errors` are told as the EPCIS interface tells them."""

    index: int
    status: ResultStatus
    event_id: str | None = strawberry.field(name="eventID")
    errors: JSON

    @classmethod
    def of(cls, told: dict[str, Any]) -> "CaptureResult":
        """From the stored one."""
        return cls(index=told["index"], status=ResultStatus(told["status"]), event_id=told.get("eventID"), errors=JSON(told.get("errors", [])))


@strawberry.type(description="What became of a captured document.", directives=requires(Permission.EVENTS_CAPTURE))
class CaptureJob(Node):
    """`total` is null until a long document has been looked through; with `done` of its events it is decided what became of them.

    `warnings` are faults of the master data in its header.
    """

    id: ID
    created_at: datetime
    finished_at: datetime | None
    error_behaviour: str
    success: bool
    total: int | None
    done: int
    accepted: int
    duplicates: int
    rejected: int
    errors: JSON
    warnings: JSON
    job_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, job: jobs.CaptureJob) -> "CaptureJob":
        """From the stored one."""
        return cls(
            id=global_id("CaptureJob", job.job_id), created_at=job.created_at, finished_at=job.finished_at, error_behaviour=str(job.behaviour),
            success=job.success, total=job.total, done=job.done, accepted=job.accepted, duplicates=job.duplicates, rejected=job.rejected,
            errors=JSON(job.errors), warnings=JSON(job.warnings), job_id=job.job_id,
        )  # fmt: skip

    @field(description="What became of each event, in the order of the document.")
    async def results(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[CaptureResult]:
        """A cursor is a place in the document."""
        page = Page.of(first, after, last, before)
        place = page.number()
        if page.backward:
            end = place if page.cursor is not None else self.done
            told = await info.context.load(loaders.results, (self.job_id, max(0, end - page.limit), page.limit))
            rows = [result for result in told if result["index"] < end][::-1]
        else:
            rows = await info.context.load(loaders.results, (self.job_id, place + 1 if page.cursor is not None else 0, page.limit))
        return connect(page, rows, node=CaptureResult.of, cursor=lambda row: str(row["index"]))


async def find_capture_job(context: Context, public_id: str) -> CaptureJob | None:
    """A capture job by its public id, which its address in the EPCIS interface ends in."""
    identifier = parse_uuid(public_id)
    if identifier is None:
        return None
    async with context.reading() as tx:
        try:
            return CaptureJob.of(await jobs.get_job(tx, context.caller_principal, identifier))
        except CaptureJobNotFoundError:
            return None


NODES = (NodeKind("CaptureJob", Permission.EVENTS_CAPTURE, find_capture_job),)
