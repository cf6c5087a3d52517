"""Looking at capture jobs."""

from typing import Annotated

import strawberry

from backend.bulk.types import CaptureJob, find_capture_job
from backend.events.jobs import list_jobs
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import parse_global_id
from backend.graphql.pagination import Connection, Page, connect
from tenants.permissions import Permission


@strawberry.type
class CaptureJobQueries:
    """Capture jobs."""

    @field(
        description="A capture job by its id, or by the id in its address; null where there is none.", directives=requires(Permission.EVENTS_CAPTURE)
    )
    async def capture_job(self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> CaptureJob | None:
        """Who may not read events everywhere sees his own jobs alone."""
        kind, identifier = parse_global_id(public_id) or ("CaptureJob", str(public_id))
        return await find_capture_job(info.context, identifier) if kind == "CaptureJob" else None

    @field(description="Capture jobs, the newest first.", directives=requires(Permission.EVENTS_CAPTURE))
    async def capture_jobs(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[CaptureJob]:
        """Who may not read events everywhere sees his own jobs alone."""
        page = Page.of(first, after, last, before)
        async with info.context.reading() as tx:
            rows = await list_jobs(tx, info.context.caller_principal, behind=page.uuid(), oldest_first=page.backward, limit=page.limit)
        return connect(page, rows, node=CaptureJob.of, cursor=lambda row: str(row.job_id))
