"""What is kept for a time may go when it has served it, and not an hour sooner: the database holds the application to it.

Generated from the declarations, so that a new period is tried on the day it is made.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import asyncpg
import pytest

from infra.clock import now
from tests.isolation.planting import Planting, Row, insertion, tenant_tables

TABLES: Final = {table.name: table for table in tenant_tables() if table.info.get("purge")}
_DAYS: Final = re.compile(r"'(\d+) days'::interval")
AN_HOUR: Final = timedelta(hours=1)
# What keeps a row however old it is: a file that still lies in the store, a message or a job that is still open, a session that goes on.
STILL_WANTED: Final[dict[str, Row]] = {
    "document": {"storage_key": "x"}, "consumer_mail": {"done_at": None}, "notification_delivery": {"done_at": None}, "outbox": {"done_at": None},
    "session": {"ended_at": None, "expires_at": now()},
}  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """A tenant with a row in every table, and the superuser who planted them."""

    planting: Planting
    superuser: asyncpg.Connection

    async def removed(self, table: str, row: Row, *, tenant_id: int) -> int:
        """How many rows the application removes of this one in a tenant's name; the superuser puts it in first, and both are undone."""
        keys = [column.name for column in TABLES[table].primary_key]
        named = " and ".join(f'"{name}" = ${place}' for place, name in enumerate(keys, 1))
        transaction = self.superuser.transaction()
        await transaction.start()
        try:
            statement, *values = insertion(table, row)
            await self.superuser.execute(statement, *values)
            await self.superuser.execute(f"set local role suyuan_app; set local app.tenant_id = '{tenant_id}'")
            return int((await self.superuser.execute(f"delete from {table} where {named}", *(row[name] for name in keys))).rsplit(" ", 1)[1])
        finally:
            await transaction.rollback()


@pytest.fixture
async def kept(superuser: asyncpg.Connection) -> AsyncIterator[Kept]:
    planting = Planting(7_011, "kept-7011")
    transaction = superuser.transaction()
    await transaction.start()
    await planting.plant(superuser)
    yield Kept(planting, superuser)
    await transaction.rollback()


@pytest.mark.parametrize("table", TABLES)
async def test_what_has_served_its_time_may_go_and_nothing_sooner(kept: Kept, table: str) -> None:
    days = _DAYS.search(TABLES[table].info["purge"])
    period, own = timedelta(days=int(days[1]) if days else 0), kept.planting.tenant_id
    served, young = (kept.planting.aged(TABLES[table], "timed", by=by) for by in (period + AN_HOUR, period - AN_HOUR))
    assert await kept.removed(table, served, tenant_id=own) == 1
    assert await kept.removed(table, served, tenant_id=own + 1) == 0
    assert await kept.removed(table, young, tenant_id=own) == 0
    if table in STILL_WANTED:
        assert await kept.removed(table, served | STILL_WANTED[table], tenant_id=own) == 0


def test_whatever_may_keep_a_row_beside_its_age_is_tried() -> None:
    """A column of a condition that may be empty has two answers."""
    optional = {name for name, table in TABLES.items() if any(each.nullable and each.name in table.info["purge"] for each in table.columns)}
    assert optional == STILL_WANTED.keys()
