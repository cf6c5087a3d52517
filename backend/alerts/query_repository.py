"""Statements that page through alerts in either direction."""

from uuid import UUID

from infra.database import Record, TenantTransaction

_COLUMNS = "alert_id, kind, severity, subject, detail, raised_at, notified_at, closed_at"


async def page(tx: TenantTransaction, *, open_only: bool, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Alerts, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {_COLUMNS} from alert
            where tenant_id = $1 and (closed_at is null or not $2) and ($3::uuid is null or alert_id {behind} $3)
            order by alert_id {order} limit $4""",
        open_only,
        cursor,
        limit,
    )


async def by_id(tx: TenantTransaction, alert_id: UUID) -> Record | None:
    """One alert."""
    return await tx.fetchrow(f"select {_COLUMNS} from alert where tenant_id = $1 and alert_id = $2", alert_id)
