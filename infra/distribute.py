"""Distributes a migrated database over a Citus cluster: asks what is done, does the rest, one table a transaction."""

from collections.abc import Callable
from typing import Any, Final

import asyncpg

from infra import distribution, migrate
from infra.errors import ConflictError
from infra.roles import LOGIN_ROLES, OWNER
from infra.schema import SCHEMA_NAME

# Identity columns of distributed tables, and grants and policies that follow to the shards.
OLDEST: Final = (12, 1)
_TABLES: Final = """
select c.relname::text as name, p.partmethod::text as method, p.colocationid
from pg_dist_partition p join pg_class c on c.oid = p.logicalrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1"""
_TRIGGERS: Final = """
select c.relname::text || '.' || t.tgname::text as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and not t.tgisinternal order by 1"""
_POLICIES: Final = """
select c.relname::text as name from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and coalesce(p.polqual::text, '') || coalesce(p.polwithcheck::text, '') ~ 'SUBLINK' order by 1"""


class NotDistributableError(ConflictError):
    """What has to be put right before the tables can be distributed."""

    code = "NOT_DISTRIBUTABLE"


async def distribute(admin_url: str, *, dry_run: bool, shards: int, say: Callable[[str], None]) -> int:
    """Distribute what isn't yet; `say` is told each statement, done or (`dry_run`) only told. Gives how many tables there were to do.

    `admin_url` is an administrator's, of the coordinator. Nobody may write meanwhile. Raises `NotDistributableError` where Citus isn't
    there, is too old, or would refuse something; it may be repeated after whatever interrupted it.
    """
    migrate.load_models()
    if problems := distribution.obstacles():
        raise NotDistributableError("The declarations can't be distributed: " + "; ".join(problems))
    connection = await asyncpg.connect(admin_url.replace("postgresql+asyncpg:", "postgresql:"), timeout=10)
    try:
        await _require_citus(connection)
        await _require_ready(connection)
        return await _run(connection, dry_run=dry_run, shards=shards, say=say)
    finally:
        await connection.close()


async def _require_citus(connection: asyncpg.Connection) -> None:
    version = await connection.fetchval("select extversion from pg_extension where extname = 'citus'")
    if version is None:
        raise NotDistributableError(
            "This database has no Citus. Run this on the coordinator of a Citus cluster, after “create extension citus” on every node; "
            "one PostgreSQL needs no distributing."
        )
    parts = tuple(int(part) for part in version.split("-")[0].split(".")[:2])
    if parts < OLDEST:
        raise NotDistributableError(f"Citus {version} is too old: {'.'.join(map(str, OLDEST))} or later is needed.")
    if not await connection.fetchval("select citus_is_coordinator()"):
        raise NotDistributableError("This is a worker of the cluster. Give the address of its coordinator.")


async def _require_ready(connection: asyncpg.Connection) -> None:
    """Migrated, with nothing on its tables that Citus refuses, and the roles on every node."""
    missing = [row["name"] for row in await _known(connection) if not row["there"]]
    if missing:
        raise NotDistributableError(f"The database isn't migrated: {', '.join(missing[:5])} are missing. Run “migrate” first.")
    for what, statement in (("triggers", _TRIGGERS), ("policies with a subquery", _POLICIES)):
        if found := [row["name"] for row in await connection.fetch(statement, SCHEMA_NAME)]:
            raise NotDistributableError(f"Citus takes no {what}: {', '.join(found[:5])}. No migration of ours makes them; remove them.")
    names = ", ".join(f"'{role}'" for role in (OWNER, *LOGIN_ROLES))
    counted = await connection.fetch(
        "select nodename, success, result from run_command_on_workers($1)", f"select count(*) from pg_roles where rolname in ({names})"
    )
    lacking = [row["nodename"] for row in counted if not row["success"] or row["result"] != str(len(LOGIN_ROLES) + 1)]
    if lacking:
        raise NotDistributableError(
            f"On {', '.join(sorted(set(lacking)))} there aren't the roles of the service. Create them on every node, with the same passwords, "
            "and let the coordinator sign in to the workers as each of them."
        )


async def _known(connection: asyncpg.Connection) -> list[Any]:
    wanted = [table.name for kind in ("reference", "distributed", "local") for table in distribution.tables(kind)]
    found: list[Any] = await connection.fetch(
        "select name, to_regclass($1 || '.' || name) is not null as there from unnest($2::text[]) as wanted(name)", SCHEMA_NAME, wanted
    )
    return found


async def _run(connection: asyncpg.Connection, *, dry_run: bool, shards: int, say: Callable[[str], None]) -> int:
    placed = {row["name"]: row for row in await connection.fetch(_TABLES, SCHEMA_NAME)}
    groups = {row["colocationid"] for row in placed.values() if row["method"] == "h"}
    wrong = [table.name for table in distribution.tables("distributed") if table.name in placed and placed[table.name]["method"] != "h"]
    if len(groups) > 1 or wrong:
        raise NotDistributableError(
            f"Tables were distributed otherwise before: {', '.join(wrong) or 'in several groups'}. Undo it with undistribute_table, and start again."
        )
    anchor = next((name for name, row in placed.items() if row["method"] == "h"), None)
    todo = distribution.steps(placed.keys(), anchor=anchor, shards=shards)
    statements = [*distribution.settings(await connection.fetchval("select current_database()")), *(step.statement for step in todo)]
    for statement in [*statements, *distribution.tidying([step.table for step in todo])]:
        say(statement)
        if not dry_run:
            await connection.execute(statement)
    return len(todo)
