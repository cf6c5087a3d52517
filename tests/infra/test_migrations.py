"""Migrations on a database of their own: whole or not at all, repeatable, and closed by row level security from the first moment."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest
from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Column, MetaData, Table, Text, create_mock_engine

from infra import migrate
from infra.provision import DatabaseUrls, provision, urls_for
from infra.roles import APPLICATION, OWNER, RELAY, ensure_database
from infra.row_security import SecureTableOp, secure, security_statements
from infra.schema import metadata, tenant_table
from infra.security_audit import findings
from tests.conftest import ROLE_PASSWORDS, Cluster
from tests.infra.queues import until

ROOT = migrate.MIGRATIONS.parents[1]
NAME = f"suyuan_migrations_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"

# As `infra/migrations/env.py` has it, which runs when it is imported.
MIGRATION_LOCK = 0x535D
TWO_WAIT = """select count(*) = 2 from pg_locks
where locktype = 'advisory' and objid = $1 and not granted and database = (select oid from pg_database where datname = current_database())"""


@dataclass(frozen=True)
class Fresh:
    """A database with its schema and no table."""

    urls: DatabaseUrls
    superuser: asyncpg.Connection

    async def tables(self) -> set[str]:
        """What stands in the product's schema."""
        return {row["relname"] for row in await self.superuser.fetch("select relname from pg_class where relnamespace = 'suyuan'::regnamespace")}


@pytest.fixture
async def fresh(cluster: Cluster) -> AsyncIterator[Fresh]:
    await ensure_database(cluster.admin_dsn, NAME)
    superuser = await asyncpg.connect(cluster.admin_dsn, database=NAME)
    yield Fresh(urls_for(cluster.admin_dsn, NAME, ROLE_PASSWORDS), superuser)
    await superuser.close()
    admin = await asyncpg.connect(cluster.admin_dsn)
    await admin.execute(f'drop database "{NAME}" with (force)')
    await admin.close()


def head() -> str | None:
    return ScriptDirectory(str(migrate.MIGRATIONS)).get_current_head()


async def test_an_empty_database_becomes_what_is_declared_and_stays_so(fresh: Fresh) -> None:
    assert await migrate.current_and_head(fresh.urls.owner) == (None, head())
    for _ in range(2):
        await migrate.upgrade(fresh.urls.owner)
        assert await migrate.current_and_head(fresh.urls.owner) == (head(), head())
        assert await migrate.drift(fresh.urls.owner) == []
        assert await findings(fresh.urls.owner) == []
    assert set(metadata.tables) | {"alembic_version"} <= await fresh.tables()


async def test_a_migration_that_fails_leaves_nothing_behind(fresh: Fresh) -> None:
    await fresh.superuser.execute("create table suyuan.session (in_the_way int)")
    before = await fresh.tables()
    with pytest.raises(Exception, match='relation "session" already exists'):
        await migrate.upgrade(fresh.urls.owner)
    assert await fresh.tables() == before
    await fresh.superuser.execute("drop table suyuan.session")
    await migrate.upgrade(fresh.urls.owner)
    assert await migrate.drift(fresh.urls.owner) == []


async def test_two_that_migrate_at_once_both_find_it_done(fresh: Fresh) -> None:
    code = f"import asyncio; from infra import migrate; asyncio.run(migrate.upgrade({fresh.urls.owner!r}))"
    # Both are brought to the same point, before either has read which revision there is.
    await fresh.superuser.execute("select pg_advisory_lock($1)", MIGRATION_LOCK)
    both = [await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT) for _ in range(2)]
    await until(lambda: fresh.superuser.fetchval(TWO_WAIT, MIGRATION_LOCK))
    assert "alembic_version" not in await fresh.tables()
    await fresh.superuser.execute("select pg_advisory_unlock($1)", MIGRATION_LOCK)
    assert [await process.wait() for process in both] == [0, 0]
    assert (await migrate.current_and_head(fresh.urls.owner), await migrate.drift(fresh.urls.owner)) == ((head(), head()), [])
    assert await fresh.superuser.fetchval("select count(*) from pg_locks where locktype = 'advisory' and objid = $1", MIGRATION_LOCK) == 0


async def test_a_column_made_by_hand_is_seen_as_drift(fresh: Fresh) -> None:
    await migrate.upgrade(fresh.urls.owner)
    by_hand = {
        "alter table suyuan.hold add column extra text": "alter table suyuan.hold drop column extra",
        "alter table suyuan.hold alter note drop not null": "alter table suyuan.hold alter note set not null",
        "create index extra on suyuan.hold (tenant_id, note)": "drop index suyuan.extra",
        "drop index suyuan.ix_event_time": "create index ix_event_time on suyuan.event (tenant_id, event_time, event_id)",
        "create table suyuan.extra (tenant_id int)": "drop table suyuan.extra",
    }
    for statement, undo in by_hand.items():
        await fresh.superuser.execute(statement)
        assert await migrate.drift(fresh.urls.owner) != [], statement
        await fresh.superuser.execute(undo)
    assert await migrate.drift(fresh.urls.owner) == []


async def test_setting_up_what_is_set_up_changes_nothing(fresh: Fresh, cluster: Cluster) -> None:
    for _ in range(2):
        urls = await provision(cluster.admin_dsn, NAME, ROLE_PASSWORDS)
    assert urls == fresh.urls
    assert await findings(urls.owner) == []
    roles = {row["tableowner"] for row in await fresh.superuser.fetch("select tableowner from pg_tables where schemaname = 'suyuan'")}
    assert roles == {OWNER}


def test_migrations_go_forward_only() -> None:
    script = ScriptDirectory(str(migrate.MIGRATIONS))
    for revision in script.walk_revisions():
        with pytest.raises(RuntimeError, match="only go forward"):
            revision.module.downgrade()


def test_every_table_that_a_migration_makes_is_secured_in_it() -> None:
    for path in (migrate.MIGRATIONS / "versions").glob("*.py"):
        text = path.read_text(encoding="utf-8").replace("\n        ", "").replace("'", '"')
        assert text.count("op.create_table(") == text.count("op.secure_table("), path.name


def test_a_new_table_is_written_with_its_security_into_the_migration() -> None:
    operation = SecureTableOp("crate", tenant_owned=True, grants={"suyuan_relay": ("SELECT",), "suyuan_app": ("SELECT", "INSERT")})
    context = AutogenContext(MigrationContext.configure(dialect_name="postgresql"))
    written = renderers.dispatch(operation)(context, operation)
    assert written == "op.secure_table(\"crate\", tenant_owned=True, grants={'suyuan_app': ('SELECT', 'INSERT'), 'suyuan_relay': ('SELECT',)})"
    assert operation.reverse() is operation


def test_the_declaration_of_a_table_says_how_it_is_secured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.schema.metadata", MetaData(naming_convention=metadata.naming_convention))
    table = tenant_table("crate", Column("crate_id", Text), Column("name", Text), key=("crate_id",), unique=[("name",)])
    assert isinstance(table, Table)
    assert [column.name for column in table.primary_key] == ["tenant_id", "crate_id"]
    assert secure(table).grants == {APPLICATION: ("SELECT", "INSERT", "UPDATE", "DELETE")}
    assert table.c.tenant_id.autoincrement is False


def test_security_statements_close_a_table_before_they_open_it() -> None:
    said: list[str] = []
    engine = create_mock_engine("postgresql://", lambda statement, *_: said.append(str(statement)))
    operations = Operations(MigrationContext.configure(engine.connect()))  # type: ignore[arg-type]  # a connection that only writes down
    operations.invoke(SecureTableOp("crate", tenant_owned=True, grants={APPLICATION: ("SELECT",), RELAY: ("SELECT",)}))
    assert said == security_statements("crate", tenant_owned=True, grants={APPLICATION: ("SELECT",), RELAY: ("SELECT",)})
    assert said[0] == "revoke all on crate from public"
    assert said[1:3] == ["alter table crate enable row level security", "alter table crate force row level security"]
    assert [line for line in said if line.startswith("grant")] == said[-2:]
    assert not any("select" in line.split(" using ")[-1] for line in said if line.startswith("create policy"))
