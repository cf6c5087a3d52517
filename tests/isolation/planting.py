"""Rows for every tenant-owned table, made from the types of its columns; whatever text they hold can be recognised anywhere."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import asyncpg
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, Integer, LargeBinary, Numeric, SmallInteger, Table, Text, Uuid

from backend import models
from infra.clock import now
from infra.schema import metadata

_NAMES = UUID("00000000-0000-4000-8000-00000000cafe")
Row = dict[str, Any]

assert models.__all__

# Before which whatever is kept for a time only has served it; and what else its row says when it has.
LONG_AGO = timedelta(days=1_000)
SERVED: dict[str, Row] = {"document": {"storage_key": None}}

_VALUES: dict[type, Callable[[str, int], Any]] = {
    Text: lambda text, _: text,
    LargeBinary: lambda text, _: text.encode(),
    Uuid: lambda text, _: uuid5(_NAMES, text),
    Date: lambda _text, _: date(2026, 3, 2),
    DateTime: lambda _text, _: datetime(2026, 3, 2, 8, tzinfo=UTC),
    Boolean: lambda _text, _: True,
    SmallInteger: lambda _, number: 1 + number % 30_000,
    Integer: lambda _, number: 1 + number,
    BigInteger: lambda _, number: 10**12 + number,
    Numeric: lambda _, number: Decimal(number) / 8,
    Double: lambda _, number: number / 8,
}


def _value(column: Column[Any], text: str) -> Any:
    """A value that is this column's alone; a type that is missing above has to be put there."""
    return _VALUES[type(column.type)](text, int(uuid5(_NAMES, text)) % 10**9)


def tenant_tables() -> list[Table]:
    """Every tenant-owned table, those that others refer to first."""
    return [table for table in metadata.sorted_tables if table.info["tenant_owned"]]


def global_tables() -> list[Table]:
    """The few tables without a tenant."""
    return [table for table in metadata.sorted_tables if not table.info["tenant_owned"]]


def referenced_tables() -> set[str]:
    """Tables whose rows others refer to."""
    return {key.referred_table.name for table in tenant_tables() for key in table.foreign_key_constraints}


@dataclass
class Planting:
    """One tenant's rows: one in each table, every text of which begins with `canary`."""

    tenant_id: int
    canary: str
    rows: dict[str, Row] = field(default_factory=dict)

    def row(self, table: Table, edition: str = "first") -> Row:
        """A row that refers to the rows planted before; another edition has other keys."""
        made = {column.name: _value(column, f"{self.canary}-{edition}:{table.name}.{column.name}") for column in table.columns}
        made["tenant_id"] = self.tenant_id
        for key in table.foreign_key_constraints:
            for element in key.elements:
                made[element.parent.name] = self.rows[element.column.table.name][element.column.name]
        return made

    def aged(self, table: Table, edition: str, *, by: timedelta = LONG_AGO) -> Row:
        """A row all times of which are so long past, and of which nothing is kept elsewhere any more."""
        moment = now() - by
        times = {column.name: moment for column in table.columns if isinstance(column.type, DateTime)}
        return self.row(table, edition) | times | SERVED.get(table.name, {})

    async def plant(self, connection: asyncpg.Connection, *, served: bool = False) -> None:
        """Insert a row into every table, as somebody to whom no policy applies; `served`: what is kept for a time may go."""
        for table in tenant_tables():
            purged = served and table.info.get("purge")
            self.rows[table.name] = self.aged(table, "first") if purged else self.row(table)
            await connection.execute(*insertion(table.name, self.rows[table.name]))


def insertion(table: str, row: Row) -> tuple[Any, ...]:
    """The statement that inserts a row, and its values."""
    columns = ", ".join(f'"{name}"' for name in row)
    return (f"insert into {table} ({columns}) values ({', '.join(f'${place + 1}' for place in range(len(row)))})", *row.values())


def columns_but_tenant(table: Table) -> str:
    """The other columns, each behind a comma."""
    return "".join(f', "{column.name}"' for column in table.columns if column.name != "tenant_id")


def mentions(canary: str, texts: Iterable[str]) -> list[str]:
    """Those of the texts in which the canary, or its bytes in hexadecimal, stands."""
    hexadecimal = canary.encode().hex()
    return [text for text in texts if canary in text or hexadecimal in text]
