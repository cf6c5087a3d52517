"""Reading holds."""

from typing import Annotated

import strawberry

from backend.catalog.loaders import sites_for
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.holds.query_service import page_of_holds
from backend.holds.types import Hold, load_hold
from tenants.permissions import Permission


@strawberry.type
class HoldQueries:
    """Holds."""

    @field(description="Holds, newest first.", directives=requires(Permission.HOLDS_READ))
    async def holds(
        self,
        info: Info,
        *,
        active_only: bool = True,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Hold]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor, sites = page.uuid(), await sites_for(info.context, Permission.HOLDS_READ)
        async with info.context.reading() as tx:
            rows = await page_of_holds(tx, active_only=active_only, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites)
        return connect(page, rows, node=Hold.of, cursor=lambda row: str(row.hold.hold_id))

    @field(description="A hold by its id; null where there is none.", directives=requires(Permission.HOLDS_READ))
    async def hold(self, info: Info, public_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> Hold | None:
        """The same as `node`."""
        return await load_hold(info.context, uuid_of(public_id, "Hold"))
