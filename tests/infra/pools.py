"""Pools of a test's own, and what the server says of the connections in them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import asyncpg

from infra.database import Database

TenantOf = Callable[[int], Any]


@dataclass
class Pools:
    """Makes pools under one application name, by which the server's side of them is found."""

    url: str
    admin: asyncpg.Connection
    name: str = field(default_factory=lambda: f"test-{uuid4().hex[:12]}")
    made: list[Database] = field(default_factory=list)

    def of(self, size: int, *, statement_timeout_ms: int = 3_000) -> Database:
        """A pool of `size` connections."""
        database = Database(self.url, pool_size=size, statement_timeout_ms=statement_timeout_ms, application_name=self.name)
        self.made.append(database)
        return database

    async def states(self) -> list[str]:
        """What each connection does, as the server sees it."""
        return [row["state"] for row in await self.admin.fetch("select state from pg_stat_activity where application_name = $1", self.name)]

    async def locks(self) -> int:
        """The advisory locks that the connections hold or wait for."""
        query = """select count(*) from pg_locks l join pg_stat_activity a on a.pid = l.pid
                   where l.locktype = 'advisory' and a.application_name = $1"""
        held: int = await self.admin.fetchval(query, self.name)
        return held

    async def waiting(self) -> int:
        """The connections that wait for another one's lock."""
        query = "select count(*) from pg_stat_activity where application_name = $1 and cardinality(pg_blocking_pids(pid)) > 0"
        count: int = await self.admin.fetchval(query, self.name)
        return count

    async def kill(self) -> None:
        """End the server's side of every connection."""
        await self.admin.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = $1", self.name)

    async def close(self) -> None:
        """Close every pool that was made."""
        for database in self.made:
            await database.close()


@asynccontextmanager
async def pools_of(url: str, admin_dsn: str) -> AsyncIterator[Pools]:
    """Pools that are closed at the end."""
    admin = await asyncpg.connect(admin_dsn, database=url.rsplit("/", 1)[1])
    pools = Pools(url, admin)
    try:
        yield pools
    finally:
        await pools.close()
        await admin.close()


async def setting_of(connection: asyncpg.Connection) -> str:
    """The tenant that a connection believes to work for."""
    setting: str | None = await connection.fetchval("select current_setting('app.tenant_id', true)")
    return setting or ""
