"""Names of members and alerts by id, a whole batch in one statement."""

from uuid import UUID

from backend.alerts.query_service import Alert, alerts_by_id
from backend.catalog.loaders import sites_for
from backend.graphql.context import Context
from tenants.people import query_service as people
from tenants.permissions import Permission


async def alerts(context: Context, alert_ids: list[UUID]) -> list[Alert | None]:
    """Alerts by id, about what the caller meets."""
    sites = await sites_for(context, Permission.HOLDS_READ)
    async with context.reading() as tx:
        found = await alerts_by_id(tx, alert_ids, sites)
    return [found.get(alert_id) for alert_id in alert_ids]


async def member_names(context: Context, membership_ids: list[UUID]) -> list[str | None]:
    """The names of those who own, or have taken up, an alert that the caller may see."""
    async with context.reading() as tx:
        found = await people.names(tx, membership_ids)
    return [found.get(membership_id) for membership_id in membership_ids]
