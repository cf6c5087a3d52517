"""Statements on periodic inspection."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from infra.database import Record, TenantTransaction

_COLUMNS: Final = """s.schedule_id, s.name, s.specification_id, s.every_days, s.every_lots, s.product, s.place, s.equipment, s.lead_hours,
  s.next_due_at, s.counted_lot, s.lots_since, s.created_at, s.ended_at"""
_INSERTED: Final = (
    "schedule_id", "name", "specification_id", "every_days", "every_lots", "product", "place", "equipment", "lead_hours", "next_due_at",
    "counted_lot", "created_at", "created_by",
)  # fmt: skip
_NAMES: Final = ", ".join(_INSERTED)
_PLACES: Final = ", ".join(f"${number}" for number in range(2, len(_INSERTED) + 2))


async def insert(tx: TenantTransaction, values: Mapping[str, Any]) -> None:
    """Add a schedule."""
    await tx.execute(
        f"insert into inspection_schedule (tenant_id, {_NAMES}, lots_since) values ($1, {_PLACES}, 0)",
        *(values[name] for name in _INSERTED),
    )


async def by_id(tx: TenantTransaction, schedule_id: UUID) -> Record | None:
    """One schedule."""
    return await tx.fetchrow(f"select {_COLUMNS} from inspection_schedule s where s.tenant_id = $1 and s.schedule_id = $2", schedule_id)


async def locked(tx: TenantTransaction, schedule_id: UUID) -> Record | None:
    """One schedule; whoever else makes its inspections waits."""
    return await tx.fetchrow(
        f"select {_COLUMNS} from inspection_schedule s where s.tenant_id = $1 and s.schedule_id = $2 for no key update of s", schedule_id
    )


async def page(tx: TenantTransaction, *, active_only: bool, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Schedules, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {_COLUMNS}, s.schedule_id as inspection_id, null::bigint as object_id from inspection_schedule s
            where s.tenant_id = $1 and (s.ended_at is null or not $2) and ($3::uuid is null or s.schedule_id {behind} $3)
            order by s.schedule_id {order} limit $4""",
        active_only,
        cursor,
        limit,
    )


async def by_lots(tx: TenantTransaction) -> list[Record]:
    """Schedules in force that count lots."""
    return await tx.fetch(
        f"""select {_COLUMNS} from inspection_schedule s
            where s.tenant_id = $1 and s.ended_at is null and s.every_lots is not null order by s.schedule_id"""
    )


async def last_lot(tx: TenantTransaction, product: str) -> int:
    """The newest lot of a product, 0 where there is none."""
    found: int | None = await tx.fetchval(
        "select max(o.object_id) from traceable_object o where o.tenant_id = $1 and o.gtin = $2 and o.kind = 1", product
    )
    return found or 0


async def lots_behind(tx: TenantTransaction, product: str, counted: int, limit: int) -> list[int]:
    """Lots of a product that weren't counted yet, in the order in which they were met."""
    rows = await tx.fetch(
        """select o.object_id from traceable_object o where o.tenant_id = $1 and o.gtin = $2 and o.kind = 1 and o.object_id > $3
           order by o.object_id limit $4""",
        product,
        counted,
        limit,
    )
    return [row["object_id"] for row in rows]


async def advance(tx: TenantTransaction, schedule_id: UUID, next_due_at: datetime) -> None:
    """The next one is due then."""
    await tx.execute("update inspection_schedule set next_due_at = $3 where tenant_id = $1 and schedule_id = $2", schedule_id, next_due_at)


async def count(tx: TenantTransaction, schedule_id: UUID, *, counted_lot: int, lots_since: int) -> None:
    """So many lots came since the last inspection, up to that one."""
    await tx.execute(
        "update inspection_schedule set counted_lot = $3, lots_since = $4 where tenant_id = $1 and schedule_id = $2",
        schedule_id,
        counted_lot,
        lots_since,
    )


async def end(tx: TenantTransaction, schedule_id: UUID, at: datetime) -> int:
    """Make no more of them; 0 where it has ended."""
    return await tx.execute(
        "update inspection_schedule set ended_at = $3 where tenant_id = $1 and schedule_id = $2 and ended_at is null", schedule_id, at
    )
