"""The limit of writing: the very same rows by COPY into unlogged tables without an index, a policy or a constraint."""

import time
from dataclasses import dataclass
from typing import Any

from infra.schema import metadata
from tests.benchmarks.stage import House

# What belongs to the tenant's set-up and not to what was captured.
_NOT_CAPTURED = frozenset({"membership", "session", "refresh_token", "product", "location", "partner"})


@dataclass(frozen=True, slots=True)
class TableRows:
    """One table's rows of one tenant, as asyncpg reads and writes them."""

    table: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


async def rows_of(house: House, tenant_id: int) -> list[TableRows]:
    """Everything that the tenant's captures have left behind in the database."""
    found: list[TableRows] = []
    async with house.admin() as connection:
        for table in metadata.sorted_tables:
            if not table.info["tenant_owned"] or table.name in _NOT_CAPTURED:
                continue
            records = await connection.fetch(f'select * from "{table.name}" where tenant_id = $1', tenant_id)
            if records:
                found.append(TableRows(table.name, tuple(records[0].keys()), [tuple(record.values()) for record in records]))
    return found


async def seconds_to_copy(house: House, tables: list[TableRows]) -> float:
    """One COPY for each table, into fresh copies of the tables."""
    async with house.admin() as connection:
        for part in tables:
            await connection.execute(f'create unlogged table public."copy_{part.table}" as select * from suyuan."{part.table}" with no data')
        begun = time.perf_counter()
        for part in tables:
            await connection.copy_records_to_table(f"copy_{part.table}", schema_name="public", records=part.rows, columns=part.columns)
        seconds = time.perf_counter() - begun
        for part in tables:
            await connection.execute(f'drop table public."copy_{part.table}"')
    return seconds


def count(tables: list[TableRows]) -> int:
    """Rows in all tables."""
    return sum(len(part.rows) for part in tables)
