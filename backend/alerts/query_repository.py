"""Statements that page through alerts in either direction."""

from typing import Final
from uuid import UUID

from backend.identifiers import DIGITAL_LINK_ROOT
from infra.database import Record, TenantTransaction

# The object that an alert is about, looked up by its key; null where it is about anything else.
_OBJECT_ID: Final = f"""(select o.object_id from traceable_object o where o.tenant_id = $1 and o.key =
    case when alert.subject like '{DIGITAL_LINK_ROOT}%' then substr(alert.subject, {len(DIGITAL_LINK_ROOT) + 1}) else alert.subject end)"""
_COLUMNS: Final = "alert_id, kind, severity, subject, detail, raised_at, notified_at, closed_at"


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


async def page_with_objects(tx: TenantTransaction, *, open_only: bool, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """The same with the object that each is about (`object_id`), and each one's place in the order (`cursor`)."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {_COLUMNS}, alert_id as cursor, {_OBJECT_ID} as object_id from alert
            where tenant_id = $1 and (closed_at is null or not $2) and ($3::uuid is null or alert_id {behind} $3)
            order by alert_id {order} limit $4""",
        open_only,
        cursor,
        limit,
    )


async def by_id(tx: TenantTransaction, alert_id: UUID) -> Record | None:
    """One alert, with the object that it is about."""
    return await tx.fetchrow(f"select {_COLUMNS}, {_OBJECT_ID} as object_id from alert where tenant_id = $1 and alert_id = $2", alert_id)
