"""Every statement on how far a sandbox is filled."""

from datetime import datetime

from infra.database import Record, TenantTransaction


async def insert(tx: TenantTransaction, *, industry: str, seed: int, begins_at: datetime, total: int) -> bool:
    """Note what is to be filled in; False where that was begun before."""
    count = await tx.execute(
        "insert into sandbox_fill (tenant_id, industry, seed, begins_at, total_events) values ($1, $2, $3, $4, $5) on conflict do nothing",
        industry, seed, begins_at, total,
    )  # fmt: skip
    return count == 1


async def lock(tx: TenantTransaction) -> Record | None:
    """How far it is, for the one part that goes on; the end of the sandbox waits for that part, or comes before it."""
    return await tx.fetchrow(
        "select industry, seed, begins_at, total_events, finished_at, cancelled_at from sandbox_fill where tenant_id = $1 for no key update"
    )


async def progress(tx: TenantTransaction, filled: int, *, finished: bool) -> None:
    """So many events are in."""
    await tx.execute(
        """update sandbox_fill set filled_events = greatest(filled_events, $2), finished_at = case when $3 then now() else finished_at end
           where tenant_id = $1""",
        filled, finished,
    )  # fmt: skip


async def state(tx: TenantTransaction, topic: str) -> Record | None:
    """How far it is, and how often the part that waits has failed."""
    return await tx.fetchrow(
        """select industry, total_events, filled_events, started_at, finished_at, cancelled_at,
             coalesce((select max(attempts) from outbox where tenant_id = $1 and topic = $2 and done_at is null), 0) as attempts
           from sandbox_fill where tenant_id = $1""",
        topic,
    )


async def try_again(tx: TenantTransaction, topic: str, *, failed: int) -> bool:
    """Offer the part that waits anew, at once; False where it hasn't failed so often."""
    count = await tx.execute(
        """update outbox set attempts = 0, due_at = now(), failure = null where tenant_id = $1 and outbox_id in (
             select outbox_id from outbox where tenant_id = $1 and topic = $2 and done_at is null and attempts >= $3
             order by outbox_id for no key update skip locked)""",
        topic, failed,
    )  # fmt: skip
    return count > 0


async def cancel(tx: TenantTransaction) -> None:
    """Nothing more is filled in, and of what waits nothing is done; a job that runs just now comes to its end."""
    await tx.execute("update sandbox_fill set cancelled_at = now() where tenant_id = $1 and cancelled_at is null")
    await tx.execute(
        """update outbox set done_at = now() where tenant_id = $1 and outbox_id in (
             select outbox_id from outbox where tenant_id = $1 and done_at is null order by outbox_id for no key update skip locked)"""
    )
