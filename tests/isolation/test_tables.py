"""The wall in the database: every table × read, insert, update, delete × own tenant, another, none × every role, exactly as declared.

Generated from the declarations and compared with the catalogues, so that a new table is tried on the day it is made.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import pytest
from sqlalchemy import Table

from infra.provision import DatabaseUrls
from infra.row_security import RELAY_ROLE
from infra.security_audit import MIGRATIONS_TABLE
from tests.isolation.planting import (
    Planting,
    columns_but_tenant,
    global_tables,
    insertion,
    mentions,
    referenced_tables,
    tenant_tables,
)

OWNER: Final = "suyuan_owner"
ROLES: Final = ("suyuan_app", RELAY_ROLE, "suyuan_auth", "suyuan_public", OWNER)
EVERYTHING: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")
# Another tenant's number, nobody's, none after a transaction that had one, and none at all.
STRANGERS: Final = ("other", "0", "-1", "", None)
DENIED: Final = "denied"
TENANT_TABLES: Final = [table.name for table in tenant_tables()]
GLOBAL_TABLES: Final = [table.name for table in global_tables()]
TABLES: Final = {table.name: table for table in (*tenant_tables(), *global_tables())}


@dataclass(frozen=True)
class Walls:
    """Two tenants with a row in every table, and a connection of each role."""

    victim: Planting
    other: Planting
    connections: dict[str, asyncpg.Connection]

    def may(self, role: str, table: str) -> tuple[str, ...]:
        """What the declaration allows a role."""
        of_owner = ("SELECT", "INSERT") if TABLES[table].info.get("append_only") else EVERYTHING
        allowed: tuple[str, ...] = of_owner if role == OWNER else tuple(TABLES[table].info["grants"].get(role, ()))
        return allowed

    def setting(self, who: str | None) -> str | None:
        """The tenant that is named for a word of these tests."""
        return {"own": str(self.victim.tenant_id), "other": str(self.other.tenant_id)}.get(who or "", who)

    def seen(self, role: str, table: str, who: str | None) -> list[int]:
        """Whose rows a role sees in a table while this tenant is named."""
        if role == RELAY_ROLE and RELAY_ROLE in TABLES[table].info["grants"]:
            return [self.victim.tenant_id, self.other.tenant_id]
        return {"own": [self.victim.tenant_id], "other": [self.other.tenant_id]}.get(who or "", [])

    @asynccontextmanager
    async def within(self, role: str, who: str | None) -> AsyncIterator[asyncpg.Connection]:
        """A transaction of a role that names a tenant, undone at the end."""
        connection, named = self.connections[role], self.setting(who)
        # In one message: thousands of these are begun.
        await connection.execute("begin" if named is None else f"begin; set local app.tenant_id = '{named}'")
        try:
            yield connection
        finally:
            await connection.execute("rollback")

    async def rows(self, role: str, who: str | None, statement: str) -> list[Any] | str:
        """The first column of what a statement returns."""
        try:
            async with self.within(role, who) as connection:
                return sorted(row[0] for row in await connection.fetch(statement))
        except asyncpg.InsufficientPrivilegeError:
            return DENIED

    async def changed(self, role: str, who: str | None, statement: str, *values: Any) -> int | str:
        """How many rows a statement changes; the change is undone."""
        try:
            async with self.within(role, who) as connection:
                return int((await connection.execute(statement, *values)).rsplit(" ", 1)[1])
        except asyncpg.InsufficientPrivilegeError:
            return DENIED
        except asyncpg.ForeignKeyViolationError:
            return "referenced"
        except asyncpg.UniqueViolationError:
            return "exists"


@pytest.fixture(scope="module")
async def walls(cluster: Any, clone: DatabaseUrls) -> AsyncIterator[Walls]:
    database = clone.app.rsplit("/", 1)[1]
    urls = {"suyuan_app": clone.app, RELAY_ROLE: clone.relay, "suyuan_auth": clone.auth, "suyuan_public": clone.public, OWNER: clone.owner}
    async with AsyncExitStack() as stack:

        async def connect(dsn: str, **settings: Any) -> asyncpg.Connection:
            connection = await asyncpg.connect(dsn, **settings)
            stack.push_async_callback(connection.close)
            return connection

        superuser = await connect(cluster.admin_dsn, database=database, server_settings={"search_path": "suyuan, pg_temp"})
        connections = {role: await connect(url) for role, url in urls.items()}
        await connections[OWNER].execute(f"set role {OWNER}")
        victim, other = Planting(7_001, "canary-7001"), Planting(7_002, "canary-7002")
        for planting in (victim, other):
            await planting.plant(superuser, served=True)
        await superuser.execute("analyze")
        yield Walls(victim, other, {**connections, "superuser": superuser})
        for table in reversed(TENANT_TABLES):
            await superuser.execute(f"delete from {table} where tenant_id in (7001, 7002)")


def test_the_database_holds_the_declared_tables_and_no_others(walls: Walls) -> None:
    assert set(TENANT_TABLES) | set(GLOBAL_TABLES) == set(TABLES)
    assert set(GLOBAL_TABLES) == {
        "tenant", "person", "login_directory", "person_tenant", "sign_in_attempt", "resolver_claim", "person_factor", "recovery_code",
        "password_reset",
    }  # fmt: skip


async def test_the_catalogue_knows_no_table_view_or_function_that_is_not_declared(walls: Walls) -> None:
    superuser = walls.connections["superuser"]
    relations = await superuser.fetch("select relname from pg_class where relnamespace = 'suyuan'::regnamespace and relkind in ('r','p','v','m','f')")
    assert {row["relname"] for row in relations} == {*TABLES, MIGRATIONS_TABLE}
    assert await superuser.fetchval("select count(*) from pg_proc where pronamespace = 'suyuan'::regnamespace") == 0


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_each_role_reads_the_rows_of_the_named_tenant_and_no_others(walls: Walls, table: str) -> None:
    for role in ROLES:
        for who in ("own", *STRANGERS):
            expected = walls.seen(role, table, who) if "SELECT" in walls.may(role, table) else DENIED
            assert await walls.rows(role, who, f"select tenant_id from {table}") == expected, (role, who)


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_no_text_of_a_tenant_is_read_while_another_is_named(walls: Walls, table: str) -> None:
    for role in ROLES:
        for who in STRANGERS:
            read = await walls.rows(role, who, f"select t::text from {table} t")
            if role == RELAY_ROLE and RELAY_ROLE in TABLES[table].info["grants"]:
                continue
            assert read == DENIED or mentions(walls.victim.canary, read) == [], (role, who)
    own = await walls.rows(OWNER, "own", f"select t::text from {table} t")
    holds_text = any(isinstance(value, str | bytes) for value in walls.victim.rows[table].values())
    assert len(mentions(walls.victim.canary, own)) == holds_text


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_a_row_is_inserted_for_the_named_tenant_only(walls: Walls, table: str) -> None:
    first, second = walls.victim.rows[table], walls.victim.row(TABLES[table], "second")
    statement, *values = insertion(table, second)
    # A key made of references alone is taken by the first row: the policy had let the second one through.
    inserted = "exists" if all(first[name] == second[name] for name in [column.name for column in TABLES[table].primary_key]) else 1
    for role in ROLES:
        assert await walls.changed(role, "own", statement, *values) == (inserted if "INSERT" in walls.may(role, table) else DENIED), role
        for who in STRANGERS:
            assert await walls.changed(role, who, statement, *values) == DENIED, (role, who)


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_rows_of_the_named_tenant_alone_are_changed(walls: Walls, table: str) -> None:
    for role in ROLES:
        for who in ("own", *STRANGERS):
            count = len(walls.seen(role, table, who))
            may = walls.may(role, table)
            updated = await walls.changed(role, who, f"update {table} set tenant_id = tenant_id")
            assert updated == (count if "UPDATE" in may else DENIED), (role, who)
            removed = await walls.changed(role, who, f"delete from {table}")
            # Refused because others refer to the row: the policy had let it through.
            expected = "referenced" if count and table in referenced_tables() else count
            assert removed == (expected if "DELETE" in may else DENIED), (role, who)


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_a_named_foreign_row_is_not_changed_and_no_row_changes_hands(walls: Walls, table: str) -> None:
    victim, other = walls.victim.tenant_id, walls.other.tenant_id
    for role in ROLES:
        may = walls.may(role, table)
        update, delete = f"update {table} set tenant_id = tenant_id where tenant_id = {victim}", f"delete from {table} where tenant_id = {victim}"
        assert await walls.changed(role, "other", update) == (0 if "UPDATE" in may else DENIED), role
        assert await walls.changed(role, "other", delete) == (0 if "DELETE" in may else DENIED), role
        for who, target in (("other", victim), ("own", other)):
            assert await walls.changed(role, who, f"update {table} set tenant_id = {target}") == DENIED, (role, who)


@pytest.mark.parametrize("table", TENANT_TABLES)
async def test_nothing_is_unique_across_tenants(walls: Walls, table: str) -> None:
    """A third tenant may hold the very same row, so that no refusal tells of another's."""
    superuser = walls.connections["superuser"]
    transaction = superuser.transaction()
    await transaction.start()
    try:
        # What the row refers to is copied first.
        for name in TENANT_TABLES[: TENANT_TABLES.index(table) + 1]:
            columns = columns_but_tenant(TABLES[name])
            await superuser.execute(f"insert into {name} (tenant_id{columns}) select 7003{columns} from {name} where tenant_id = 7001")
        assert await superuser.fetchval(f"select count(*) from {table} where tenant_id = 7003") == 1
    finally:
        await transaction.rollback()


FOREIGN_KEYS: Final = [(table.name, key) for table in tenant_tables() for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name))]


@pytest.mark.parametrize(("table", "key"), FOREIGN_KEYS, ids=[f"{table}-{key.name}" for table, key in FOREIGN_KEYS])
async def test_no_row_refers_to_another_tenants(walls: Walls, table: str, key: Any) -> None:
    row = walls.other.row(TABLES[table], "reference")
    for element in key.elements:
        row[element.parent.name] = walls.victim.rows[element.column.table.name][element.column.name]
    row["tenant_id"] = walls.other.tenant_id
    statement, *values = insertion(table, row)
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        async with walls.within("suyuan_app", "other") as connection:
            await connection.execute(statement, *values)
    assert mentions(walls.victim.canary, [str(refused.value), str(refused.value.detail)]) == []


@pytest.mark.parametrize("table", [*TENANT_TABLES, *GLOBAL_TABLES, MIGRATIONS_TABLE])
@pytest.mark.parametrize("role", [role for role in ROLES if role != OWNER])
async def test_no_role_that_serves_changes_what_guards_a_table(walls: Walls, role: str, table: str) -> None:
    for statement in (
        f"truncate {table}",
        f"truncate {table} cascade",
        f"alter table {table} disable row level security",
        f"alter table {table} owner to {role}",
        f"create policy mine on {table} using (true)",
        f"create trigger mine before insert on {table} for each row execute function suppress_redundant_updates_trigger()",
        f"drop table {table}",
        f"comment on table {table} is 'mine'",
    ):
        assert await walls.rows(role, "other", statement) == DENIED, statement
    # Without a right to pass on, GRANT gives nothing, and where there is some other right it only warns.
    before = await walls.connections["superuser"].fetchval("select relacl::text from pg_class where oid = $1::regclass", table)
    with suppress(asyncpg.InsufficientPrivilegeError):
        await walls.connections[role].execute(f"grant all on {table} to public")
    assert await walls.connections["superuser"].fetchval("select relacl::text from pg_class where oid = $1::regclass", table) == before


@pytest.mark.parametrize("table", [*GLOBAL_TABLES, MIGRATIONS_TABLE])
async def test_each_role_uses_the_tables_without_a_tenant_as_declared(walls: Walls, table: str) -> None:
    column = next(iter(TABLES[table].columns)).name if table in TABLES else "version_num"
    for role in [role for role in ROLES if role != OWNER]:
        may = walls.may(role, table) if table in TABLES else ()
        uses = {
            "SELECT": f"select 1 from {table} where false",
            "UPDATE": f"update {table} set {column} = null where false",
            "DELETE": f"delete from {table} where false",
            "INSERT": f"insert into {table} ({column}) select null where false",
        }
        seen = {privilege for privilege, statement in uses.items() if await walls.rows(role, "other", statement) != DENIED}
        assert seen == set(may), role


ESCAPES: Final = [
    f"set role {OWNER}",
    "set session authorization postgres",
    "alter role current_user bypassrls",
    "alter role current_user superuser",
    f"grant {OWNER} to current_user",
    "create table suyuan.mine (n int)",
    "create view suyuan.mine as select 1",
    "create function suyuan.mine() returns int language sql as 'select 1'",
    "create table public.mine (n int)",
    "create schema mine",
    "create database mine",
    "create role mine",
    "create extension dblink",
    "alter system set log_statement = 'all'",
    "set session_replication_role = replica",
    "select pg_read_file('/etc/passwd')",
    "select lo_import('/etc/passwd')",
    "select * from pg_authid",
    "select * from pg_statistic",
    "select * from pg_file_settings",
    "copy (select 1) to program 'true'",
    "copy (select 1) to '/tmp/mine'",
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres' and pid <> pg_backend_pid()",
]


@pytest.mark.parametrize("statement", ESCAPES)
async def test_no_role_that_serves_gets_out_of_its_own_rights(walls: Walls, statement: str) -> None:
    for role in [role for role in ROLES if role != OWNER]:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await walls.connections[role].execute(statement)


async def test_turning_row_security_off_for_oneself_is_refused_where_it_would_show_more(walls: Walls) -> None:
    async with walls.within("suyuan_app", "other") as connection:
        await connection.execute("set local row_security = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.fetch("select * from event")


async def test_a_temporary_table_never_stands_before_the_real_one(walls: Walls) -> None:
    async with walls.within("suyuan_app", "own") as connection:
        await connection.execute("create temp table hold (tenant_id int, note text)")
        assert await connection.fetchval("select tableoid::regclass::text = 'hold' and count(*) = 1 from hold group by tableoid") is True
        assert await connection.fetchval("select 'hold'::regclass::oid = 'suyuan.hold'::regclass::oid")


async def test_statistics_that_the_server_keeps_show_no_tenants_values(walls: Walls) -> None:
    # The owner may name any tenant, and nobody signs in as the owner.
    for role in [role for role in ROLES if role != OWNER]:
        async with walls.within(role, "other") as connection:
            rows = await connection.fetch("select t::text as seen from pg_stats t where schemaname = 'suyuan'")
        assert mentions("canary-", [row["seen"] for row in rows]) == [], role


@pytest.mark.parametrize("named", ["'x'", "'7001 or true'", "'7001.0'", "'99999999999'"])
async def test_a_tenant_that_is_no_number_shows_nothing(walls: Walls, named: str) -> None:
    connection = walls.connections["suyuan_app"]
    with pytest.raises((asyncpg.InvalidTextRepresentationError, asyncpg.NumericValueOutOfRangeError)):
        async with connection.transaction():
            await connection.execute(f"set local app.tenant_id = {named}")
            await connection.fetch("select * from event")


async def test_every_tenants_table_says_what_a_planted_row_looks_like(walls: Walls) -> None:
    table: Table
    for table in tenant_tables():
        assert set(walls.victim.rows[table.name]) == set(table.columns.keys())
