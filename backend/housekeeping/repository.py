"""The statements that remove what has served its time; which rows may go is each table's own to say, and the database's to enforce."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Table

from infra.database import Database, TenantTransaction
from infra.migrate import load_models
from infra.schema import metadata

# What a table's own condition can't say, because a policy asks no other table. An effect is claimed so that the outbox rows that name it
# do it once; one that has been failing for long could do it again if the claim were gone.
_BESIDES: Final = {
    "effect": """ and not exists (
         select 1 from outbox where tenant_id = $1 and done_at is null and created_at < now() - interval '7 days')""",
}
# A name that was tried a hundred times in a row stays blocked (NIST SP 800-63B-4 §3.2.2): its row is no refuse.
_STALE_ATTEMPTS: Final = """
delete from sign_in_attempt where subject_sha256 in (
  select subject_sha256 from sign_in_attempt where window_started_at < now() - interval '90 days' and failures < $1 limit $2)"""


def purged_tables() -> list[Table]:
    """Every tenant-owned table that says which of its rows may go; those that refer to others first."""
    load_models()
    return [table for table in reversed(metadata.sorted_tables) if table.info.get("purge")]


async def due(tx: TenantTransaction, tables: Sequence[Table]) -> set[str]:
    """Names of those in which something has served its time: one statement for all, because in most there is nothing."""
    legs = (
        f"select '{table.name}' as name where exists (select 1 from {table.name} where tenant_id = $1 and {_condition(table)})" for table in tables
    )
    return {row["name"] for row in await tx.fetch(" union all ".join(legs))}


async def purge(tx: TenantTransaction, table: Table, limit: int) -> int:
    """Delete rows that have served their time, at most `limit`; returns how many."""
    key = ", ".join(column.name for column in table.primary_key if column.name != "tenant_id")
    return await tx.execute(
        f"""delete from {table.name} where tenant_id = $1 and ({key}) in (
              select {key} from {table.name} where tenant_id = $1 and {_condition(table)} limit $2)""",
        limit,
    )


def _condition(table: Table) -> str:
    return f"{table.info['purge']}{_BESIDES.get(table.name, '')}"


async def purge_attempts(auth: Database, *, blocking: int, limit: int) -> int:
    """Forget failed sign-ins of long ago, but for names that `blocking` failures block; returns how many."""
    async with auth.connection() as connection:
        status = await connection.execute(_STALE_ATTEMPTS, blocking, limit)
    return int(status.rsplit(" ", 1)[1])


async def tenants(app: Database) -> Sequence[Any]:
    """Every tenant's number and public id."""
    async with app.connection() as connection:
        rows: Sequence[Any] = await connection.fetch("select tenant_id, public_id from tenant order by tenant_id")
    return rows
