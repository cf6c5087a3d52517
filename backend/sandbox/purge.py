"""Delete for good what a reset has retired: every row of such a generation in every table, in batches, and its objects in storage.

Runs as the owner of the tables, whom row level security binds like everyone: a batch names its tenant. Append-only tables give not even
their owner DELETE; for the length of one batch's transaction the owner opens such a table to itself for this tenant's rows alone.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy import Table

from infra.clock import now
from infra.database import Database
from infra.errors import ConflictError, NotFoundError
from infra.migrate import load_models
from infra.schema import metadata
from infra.storage.keys import TenantPrefix
from infra.storage.s3 import S3Storage
from infra.storage.tenant import TenantStorage

BATCH: Final = 2_000
# A reset that is under way has a generation that isn't in use yet.
YOUNGEST: Final = timedelta(hours=1)
_POLICY: Final = "purge_retired"
_OWNER: Final = "suyuan_owner"
_COLUMNS: Final = "tenant_id, public_id, slug, sandbox, sandbox_of, retired_at"


@dataclass(frozen=True, slots=True)
class Retired:
    """A generation that may be deleted."""

    tenant_id: int
    public_id: UUID
    slug: str
    sandbox_of: int
    retired_at: datetime


@dataclass(slots=True)
class Purged:
    """What was deleted of one generation: rows by table, objects in storage."""

    retired: Retired
    rows: dict[str, int] = field(default_factory=dict)
    objects: int = 0


async def due(owner: Database, age: timedelta) -> list[Retired]:
    """The generations that were retired at least so long ago, the oldest first."""
    async with owner.connection() as connection:
        rows = await connection.fetch(
            f"select {_COLUMNS} from tenant where sandbox and sandbox_of is not null and retired_at < $1 order by retired_at",
            now() - max(age, YOUNGEST),
        )
    return [_retired(row) for row in rows]


async def named(owner: Database, public_id: UUID) -> Retired:
    """The generation with this public id. Raises `NotFoundError`, and `ConflictError` for live data, a sandbox in use or one just retired."""
    async with owner.connection() as connection:
        row = await connection.fetchrow(f"select {_COLUMNS} from tenant where public_id = $1", public_id)
    if row is None:
        raise NotFoundError(f"No tenant has the public id {public_id}.")
    _require_retired(row)
    return _retired(row)


async def purge(owner: Database, storage: S3Storage | None, retired: Retired, *, batch: int = BATCH) -> Purged:
    """Delete a generation. Cut off, it is begun again and goes on where it was: the tenant's own row goes last."""
    load_models()
    purged = Purged(retired)
    await named(owner, retired.public_id)
    if storage is not None:
        purged.objects = await _delete_objects(owner, storage, retired)
    for table in reversed(metadata.sorted_tables):
        if table.info["tenant_owned"]:
            purged.rows[table.name] = await _empty(owner, table, retired.tenant_id, batch)
    async with owner.connection() as connection, connection.transaction():
        await connection.execute("delete from person_tenant where tenant_id = $1", retired.tenant_id)
        _require_retired(await connection.fetchrow(f"select {_COLUMNS} from tenant where tenant_id = $1 for update", retired.tenant_id))
        await connection.execute("delete from tenant where tenant_id = $1", retired.tenant_id)
    return purged


def _require_retired(row: asyncpg.Record) -> None:
    if not row["sandbox"] or row["sandbox_of"] is None or row["retired_at"] is None:
        raise ConflictError(f"{row['slug']} is no retired sandbox: only what a reset has replaced is ever deleted.")
    if row["retired_at"] > now() - YOUNGEST:
        raise ConflictError(f"{row['slug']} was retired less than {int(YOUNGEST.total_seconds() // 60)} minutes ago. Wait until then.")


def _retired(row: asyncpg.Record) -> Retired:
    return Retired(row["tenant_id"], row["public_id"], row["slug"], row["sandbox_of"], row["retired_at"])


async def _empty(owner: Database, table: Table, tenant_id: int, batch: int) -> int:
    """Delete a tenant's rows of one table; returns how many."""
    columns = ", ".join(f'"{column.name}"' for column in table.primary_key)
    statement = f"delete from {table.name} where tenant_id = $1 and ({columns}) in (select {columns} from {table.name} where tenant_id = $1 limit $2)"
    deleted = 0
    while True:
        count = await _delete(owner, table, statement, tenant_id, batch)
        deleted += count
        if count < batch:
            return deleted


async def _delete(owner: Database, table: Table, statement: str, tenant_id: int, batch: int) -> int:
    async with owner.connection() as connection:
        await connection.execute(f"begin; set local role {_OWNER}; set local app.tenant_id = '{int(tenant_id)}'")
        try:
            if table.info.get("append_only"):
                # Nobody writes to the table meanwhile: a batch takes milliseconds.
                await connection.execute(
                    f"""set local lock_timeout = '5s'; grant delete on {table.name} to {_OWNER};
                        create policy {_POLICY} on {table.name} for delete to {_OWNER} using (tenant_id = {int(tenant_id)})"""
                )
            count = int((await connection.execute(statement, tenant_id, batch)).rsplit(" ", 1)[-1])
            if table.info.get("append_only"):
                await connection.execute(f"drop policy {_POLICY} on {table.name}; revoke delete on {table.name} from {_OWNER}")
            await connection.execute("commit")
        except BaseException:
            await connection.execute("rollback")
            raise
        return count


async def _delete_objects(owner: Database, storage: S3Storage, retired: Retired) -> int:
    """The objects that a generation left behind: they stand under the public id that its successor has taken over, and are older than that."""
    async with owner.connection() as connection:
        successor = await connection.fetchval("select public_id from tenant where sandbox_of = $1 and retired_at is null", retired.sandbox_of)
    if successor is None:
        return 0
    objects = TenantStorage(storage, TenantPrefix(successor))
    deleted, cursor = 0, None
    while True:
        page = await objects.list_objects(limit=1_000, cursor=cursor)
        for found in page.objects:
            if found.modified < retired.retired_at:
                await objects.delete(found.key)
                deleted += 1
        cursor = page.cursor
        if cursor is None:
            return deleted
