"""Reading alerts."""

import strawberry

from backend.alerts.query_service import page_of_alerts
from backend.alerts.types import Alert
from backend.catalog.loaders import sites_for
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect
from tenants.permissions import Permission


@strawberry.type
class AlertQueries:
    """Alerts."""

    @field(description="Alerts, newest first.", directives=requires(Permission.HOLDS_READ))
    async def alerts(
        self,
        info: Info,
        *,
        open_only: bool = True,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Alert]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor, sites = page.uuid(), await sites_for(info.context, Permission.HOLDS_READ)
        async with info.context.reading() as tx:
            rows = await page_of_alerts(tx, open_only=open_only, cursor=cursor, backward=page.backward, limit=page.limit, sites=sites)
        return connect(page, rows, node=Alert.of, cursor=lambda row: str(row.alert_id))
