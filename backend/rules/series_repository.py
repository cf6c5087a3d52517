"""Statements on series: where a rule stands with each device, place or batch."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from infra.database import Record, TenantTransaction


async def series(tx: TenantTransaction, rule_id: UUID, names: Collection[str]) -> list[Record]:
    """Where a rule stands with these series."""
    return await tx.fetch(
        """select series, open_since, lost, last_at, last_value, memory from rule_series
           where tenant_id = $1 and rule_id = $2 and series = any($3::text[])""",
        rule_id,
        list(names),
    )


async def series_silent_since(tx: TenantTransaction, rule_id: UUID, before: datetime, limit: int) -> list[Record]:
    """Series of which nothing newer than a moment is known, the longest silent first."""
    return await tx.fetch(
        """select series, open_since, lost, last_at, last_value, memory from rule_series
           where tenant_id = $1 and rule_id = $2 and last_at <= $3 and not lost order by last_at limit $4""",
        rule_id,
        before,
        limit,
    )


async def oldest_series(tx: TenantTransaction, rule_id: UUID) -> datetime | None:
    """When the series that is silent longest, and not told lost yet, was last heard."""
    found: datetime | None = await tx.fetchval(
        "select last_at from rule_series where tenant_id = $1 and rule_id = $2 and not lost order by last_at limit 1", rule_id
    )
    return found


async def open_series(tx: TenantTransaction, rule_id: UUID, limit: int) -> list[Record]:
    """Series in which the condition holds."""
    return await tx.fetch(
        """select series, open_since, lost, last_at, last_value, memory from rule_series
           where tenant_id = $1 and rule_id = $2 and open_since is not null order by series limit $3""",
        rule_id,
        limit,
    )


async def alerting_series(tx: TenantTransaction, rule_id: UUID, limit: int) -> list[Record]:
    """Series about which an alert may be open: in which the condition holds, or which are lost."""
    return await tx.fetch(
        "select series from rule_series where tenant_id = $1 and rule_id = $2 and (open_since is not null or lost) order by series limit $3",
        rule_id,
        limit,
    )


async def count_series(tx: TenantTransaction, rule_id: UUID) -> int:
    """How many series a rule has."""
    found: int = await tx.fetchval("select count(*) from rule_series where tenant_id = $1 and rule_id = $2", rule_id)
    return found


async def forget_oldest(tx: TenantTransaction, rule_id: UUID, count: int) -> int:
    """Forget so many series that were heard of longest ago, and in which nothing is open."""
    return await tx.execute(
        """delete from rule_series where tenant_id = $1 and rule_id = $2 and series in (
             select s.series from rule_series s where s.tenant_id = $1 and s.rule_id = $2 and s.open_since is null order by s.last_at limit $3)""",
        rule_id,
        count,
    )


async def forget_all(tx: TenantTransaction, rule_id: UUID) -> None:
    """Forget all series of a rule."""
    await tx.execute("delete from rule_series where tenant_id = $1 and rule_id = $2", rule_id)


async def keep_series(tx: TenantTransaction, rule_id: UUID, rows: Sequence[tuple[str, datetime | None, bool, datetime, float | None, str]]) -> None:
    """(series, open since, lost, last at, last value, memory) as they stand now."""
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
    await tx.execute(
        """insert into rule_series (tenant_id, rule_id, series, open_since, lost, last_at, last_value, memory)
           select $1, $2, * from unnest($3::text[], $4::timestamptz[], $5::boolean[], $6::timestamptz[], $7::float8[], $8::text[])
           on conflict (tenant_id, rule_id, series) do update
             set open_since = excluded.open_since, lost = excluded.lost, last_at = excluded.last_at, last_value = excluded.last_value,
                 memory = excluded.memory""",
        rule_id,
        *columns,
    )
