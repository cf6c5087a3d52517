"""Statements of people's acts on alerts that are locked."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from infra.database import TenantTransaction


async def open_of_causes(tx: TenantTransaction, cause_keys: Collection[str], limit: int) -> list[UUID]:
    """The open alerts of these causes, oldest first."""
    rows = await tx.fetch(
        "select alert_id from alert where tenant_id = $1 and cause_key = any($2::text[]) and closed_at is null order by alert_id limit $3",
        list(cause_keys),
        limit,
    )
    return [row["alert_id"] for row in rows]


async def acknowledge(tx: TenantTransaction, alert_ids: Sequence[UUID], *, at: datetime, by: UUID, owner_id: UUID | None) -> None:
    """Somebody has taken them up, and owns those that nobody owned."""
    await tx.execute(
        """update alert set acknowledged_at = $3, acknowledged_by = $4, owner_id = coalesce(owner_id, $5), snoozed_until = null,
             escalation = escalation + 1
           where tenant_id = $1 and alert_id = any($2::uuid[])""",
        list(alert_ids),
        at,
        by,
        owner_id,
    )


async def assign(tx: TenantTransaction, alert_ids: Sequence[UUID], owner_id: UUID | None) -> None:
    """They are somebody's to see to, or nobody's."""
    await tx.execute("update alert set owner_id = $3 where tenant_id = $1 and alert_id = any($2::uuid[])", list(alert_ids), owner_id)


async def snooze(tx: TenantTransaction, alert_ids: Sequence[UUID], until: datetime) -> None:
    """They are put off, and nobody else is told meanwhile."""
    await tx.execute(
        "update alert set snoozed_until = $3, escalation = escalation + 1 where tenant_id = $1 and alert_id = any($2::uuid[])", list(alert_ids), until
    )


async def set_severity(tx: TenantTransaction, alert_ids: Sequence[UUID], severity: int) -> None:
    """Somebody judges otherwise how soon one has to act."""
    await tx.execute("update alert set severity = $3 where tenant_id = $1 and alert_id = any($2::uuid[])", list(alert_ids), severity)


async def reopen(tx: TenantTransaction, alert_id: UUID) -> int:
    """It isn't over; 0 where another one stands for the same."""
    return await tx.execute(
        """update alert a set closed_at = null, resolution = null, close_reason = null
           where a.tenant_id = $1 and a.alert_id = $2 and a.closed_at is not null and not exists (
             select from alert b where b.tenant_id = $1 and b.dedupe_key = a.dedupe_key and b.alert_id <> a.alert_id and b.closed_at is null)""",
        alert_id,
    )


async def wait_for_raising(tx: TenantTransaction, lock: int) -> None:
    """Until nobody is raising an alert of a key; whoever does so from now on is counted after this transaction."""
    await tx.execute("select $1::int is not null and pg_advisory_xact_lock($2::bigint) is not null", lock)
