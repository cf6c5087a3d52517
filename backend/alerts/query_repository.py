"""Statements that page through alerts in either direction."""

from uuid import UUID

from backend.catalog.sites import OPEN, Fence, Sites
from backend.identifiers import DIGITAL_LINK_ROOT
from backend.objects.visibility import visible
from infra.database import Record, TenantTransaction

_COLUMNS = "alert_id, kind, severity, subject, detail, raised_at, notified_at, closed_at"


def _fence(sites: Sites | None, *, at: int) -> Fence:
    """Alerts about an object that the sites meet: one about anything else is for those without a limit."""
    if sites is None:
        return OPEN
    met = visible(sites, "o.object_id", at=at)
    key = f"case when alert.subject like '{DIGITAL_LINK_ROOT}%' then substr(alert.subject, {len(DIGITAL_LINK_ROOT) + 1}) else alert.subject end"
    return Fence(f" and exists (select 1 from traceable_object o where o.tenant_id = $1 and o.key = {key}{met.condition})", met.values)


async def page(tx: TenantTransaction, *, open_only: bool, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None) -> list[Record]:
    """Alerts about what the sites meet, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    fence = _fence(sites, at=5)
    return await tx.fetch(
        f"""select {_COLUMNS} from alert
            where tenant_id = $1 and (closed_at is null or not $2) and ($3::uuid is null or alert_id {behind} $3){fence.condition}
            order by alert_id {order} limit $4""",
        open_only,
        cursor,
        limit,
        *fence.values,
    )


async def by_id(tx: TenantTransaction, alert_id: UUID, sites: Sites | None) -> Record | None:
    """One alert, about what the sites meet."""
    fence = _fence(sites, at=3)
    return await tx.fetchrow(f"select {_COLUMNS} from alert where tenant_id = $1 and alert_id = $2{fence.condition}", alert_id, *fence.values)
