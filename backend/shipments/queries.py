"""Reading shipments."""

import strawberry

from backend.catalog.loaders import sites_for
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect
from backend.shipments.query_service import page_of_shipments
from backend.shipments.types import Shipment
from tenants.permissions import Permission


@strawberry.type
class ShipmentQueries:
    """Shipments."""

    @field(description="Shipments of your own goods, newest first.", directives=requires(Permission.TRACE_READ))
    async def shipments(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[Shipment]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor, sites = page.uuid(), await sites_for(info.context, Permission.TRACE_READ)
        async with info.context.reading() as tx:
            rows = await page_of_shipments(tx, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites)
        return connect(page, rows, node=Shipment.of, cursor=lambda row: str(row.public_id))
