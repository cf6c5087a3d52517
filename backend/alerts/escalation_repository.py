"""Statements on escalation policies, and on where an alert stands in its own."""

from datetime import datetime
from uuid import UUID

from infra.database import Record, TenantTransaction

_POLICY = "policy_id, name, position, least_severity, kinds, steps, repeats, repeat_minutes, updated_at, archived_at"


async def policies(tx: TenantTransaction, limit: int) -> list[Record]:
    """Those in force, in order of their positions."""
    return await tx.fetch(
        f"select {_POLICY} from escalation_policy where tenant_id = $1 and archived_at is null order by position, policy_id limit $2", limit
    )


async def policy(tx: TenantTransaction, policy_id: UUID) -> Record | None:
    """One policy in force."""
    return await tx.fetchrow(f"select {_POLICY} from escalation_policy where tenant_id = $1 and policy_id = $2 and archived_at is null", policy_id)


async def put(
    tx: TenantTransaction, policy_id: UUID, *, name: str, position: int, least_severity: int, kinds: str, steps: str, repeats: int,
    repeat_minutes: int, at: datetime,
) -> None:  # fmt: skip
    """A policy, new or changed."""
    await tx.execute(
        """insert into escalation_policy (tenant_id, policy_id, name, position, least_severity, kinds, steps, repeats, repeat_minutes, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           on conflict (tenant_id, policy_id) do update set name = excluded.name, position = excluded.position,
             least_severity = excluded.least_severity, kinds = excluded.kinds, steps = excluded.steps, repeats = excluded.repeats,
             repeat_minutes = excluded.repeat_minutes, updated_at = excluded.updated_at""",
        policy_id,
        name,
        position,
        least_severity,
        kinds,
        steps,
        repeats,
        repeat_minutes,
        at,
    )


async def archive(tx: TenantTransaction, policy_id: UUID, at: datetime) -> int:
    """Take a policy out of use; 0 where it was before."""
    return await tx.execute(
        "update escalation_policy set archived_at = $3, updated_at = $3 where tenant_id = $1 and policy_id = $2 and archived_at is null",
        policy_id,
        at,
    )


async def begin(tx: TenantTransaction, alert_id: UUID, policy_id: UUID | None) -> int:
    """Start an escalation anew; its number, which the bells of former ones don't have."""
    number: int = await tx.fetchval(
        """update alert set policy_id = $3, escalated_steps = 0, escalation = escalation + 1
           where tenant_id = $1 and alert_id = $2 returning escalation""",
        alert_id,
        policy_id,
    )
    return number


async def step_done(tx: TenantTransaction, alert_id: UUID, steps: int) -> None:
    """So many steps of the escalation were done."""
    await tx.execute("update alert set escalated_steps = $3 where tenant_id = $1 and alert_id = $2", alert_id, steps)


async def wake(tx: TenantTransaction, alert_id: UUID) -> None:
    """Nobody has taken it up, and it isn't put off any more."""
    await tx.execute(
        "update alert set acknowledged_at = null, acknowledged_by = null, snoozed_until = null where tenant_id = $1 and alert_id = $2", alert_id
    )


async def end_snooze(tx: TenantTransaction, alert_id: UUID) -> None:
    """It isn't put off any more."""
    await tx.execute("update alert set snoozed_until = null where tenant_id = $1 and alert_id = $2", alert_id)
