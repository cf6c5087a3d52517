"""Who may see an alert: those who would find it if they looked for it."""

from collections.abc import Collection
from uuid import UUID

from backend.alerts import query_service as alerts
from backend.catalog.sites import sites_within
from infra.database import TenantTransaction
from tenants.people.allowed import allowed_by_member
from tenants.permissions import Permission


async def who_may_see(tx: TenantTransaction, alert_id: UUID, members: Collection[UUID]) -> list[UUID]:
    """Those of these members who are there and may see the alert, in the order given."""
    allowed = await allowed_by_member(tx, members)
    by_sites: dict[frozenset[str], bool] = {}
    found = []
    for member in members:
        standing = allowed.get(member)
        if standing is None or Permission.HOLDS_READ not in standing.permissions:
            continue
        limited = standing.sites.get(Permission.HOLDS_READ)
        if limited is not None and limited not in by_sites:
            by_sites[limited] = await alerts.alert_by_id(tx, alert_id, await sites_within(tx, limited)) is not None
        if limited is None or by_sites[limited]:
            found.append(member)
    return found
