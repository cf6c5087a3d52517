"""Statements on alerts."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from infra.database import TenantTransaction
from infra.ids import uuid7


async def insert(
    tx: TenantTransaction, *, kind: str, severity: int, dedupe_key: str, subject: str, detail: dict[str, Any], at: datetime
) -> UUID | None:
    """A new alert's id; None if the same thing was raised before."""
    alert_id: UUID | None = await tx.fetchval(
        """insert into alert (tenant_id, alert_id, kind, severity, dedupe_key, subject, detail, raised_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (tenant_id, dedupe_key) do nothing returning alert_id""",
        uuid7(),
        kind,
        severity,
        dedupe_key,
        subject,
        msgspec.json.encode(detail).decode(),
        at,
    )
    return alert_id


async def mark_notified(tx: TenantTransaction, alert_id: UUID, at: datetime) -> int:
    """Note that the people concerned were told; 0 if they had been before."""
    return await tx.execute("update alert set notified_at = $3 where tenant_id = $1 and alert_id = $2 and notified_at is null", alert_id, at)
