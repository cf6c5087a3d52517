"""Statements on the history."""

from datetime import datetime
from uuid import UUID

from infra.database import Record, TenantTransaction


async def insert(
    tx: TenantTransaction, subject: str, entry_id: UUID, *, at: datetime, actor_id: UUID | None, actor: str, act: str, note: str, detail: str
) -> None:
    """One entry."""
    await tx.execute(
        """insert into quality_history (tenant_id, subject, entry_id, at, actor_id, actor, act, note, detail)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        subject, entry_id, at, actor_id, actor, act, note, detail,
    )  # fmt: skip


async def page(tx: TenantTransaction, subject: str, *, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Entries of a subject, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select entry_id, at, actor_id, actor, act, note, detail from quality_history
            where tenant_id = $1 and subject = $2 and ($3::uuid is null or entry_id {behind} $3) order by entry_id {order} limit $4""",
        subject, cursor, limit,
    )  # fmt: skip
