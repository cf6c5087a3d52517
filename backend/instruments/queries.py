"""Reading instruments."""

from datetime import datetime

import strawberry

from backend.catalog.loaders import sites_for
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect
from backend.instruments import query_service
from backend.instruments.types import Instrument
from tenants.permissions import Permission


@strawberry.type
class InstrumentQueries:
    """Instruments at the places that the caller may see."""

    @field(
        description="Instruments, newest first; with dueBefore those in service whose calibration is due by then.",
        directives=requires(Permission.QUALITY_READ),
    )
    async def instruments(
        self, info: Info, *, due_before: datetime | None = None, first: int | None = None, after: str | None = None, last: int | None = None,
        before: str | None = None,
    ) -> Connection[Instrument] | None:  # fmt: skip
        """To whom quality counts at some sites only, those there."""
        page = Page.of(first, after, last, before)
        cursor, sites, now = page.uuid(), await sites_for(info.context, Permission.QUALITY_READ), info.context.started_at
        async with info.context.reading() as tx:
            rows = await query_service.page_of_instruments(
                tx, due_before=due_before, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites
            )
        return connect(page, rows, node=lambda row: Instrument.of(row, now), cursor=lambda row: str(row.instrument_id))
