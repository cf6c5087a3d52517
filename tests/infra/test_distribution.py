"""What `distribute` says to Citus: against a database with stand-ins of Citus's functions, which write down what they are asked."""

import re
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest
from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Identity, Index, Integer, MetaData, Table, Text, UniqueConstraint

from infra import distribution
from infra.distribute import NotDistributableError, distribute
from infra.provision import DatabaseUrls
from infra.schema import metadata
from tests.conftest import Cluster
from tests.infra.clones import clone_of

# The signatures are those of Citus 13; they keep the order in which they are called, and the catalogue that is asked.
STAND_INS = """
create table public.calls (place int generated always as identity, name text, arguments text[]);
create table public.pg_dist_partition (logicalrelid regclass primary key, partmethod "char", colocationid int);
create table public.nodes (nodename text, roles int);
create function public.create_distributed_table(table_name regclass, distribution_column text, distribution_type text default 'hash',
  colocate_with text default 'default', shard_count int default null) returns void language plpgsql as $$
declare beside int := 1;
begin
  if colocate_with <> 'none' then
    select colocationid into strict beside from public.pg_dist_partition where logicalrelid = colocate_with::regclass and partmethod = 'h';
  end if;
  if exists (select from pg_constraint k where k.conrelid = table_name and k.contype in ('p', 'u') and not exists (
    select from pg_attribute a where a.attrelid = table_name and a.attname = distribution_column and a.attnum = any(k.conkey))) then
    raise 'cannot create constraint on %', table_name;
  end if;
  if exists (select from pg_constraint k where k.conrelid = table_name and k.contype = 'f' and k.confrelid <> table_name
    and not exists (select from public.pg_dist_partition p where p.logicalrelid = k.confrelid)) then
    raise 'referenced table of % must be a distributed table or a reference table', table_name;
  end if;
  insert into public.pg_dist_partition values (table_name, 'h', beside);
  insert into public.calls (name, arguments) values ('distributed', array[table_name::text, distribution_column, colocate_with, shard_count::text]);
end $$;
create function public.create_reference_table(table_name regclass) returns void language sql as $$
  insert into public.pg_dist_partition values (table_name, 'n', 2);
  insert into public.calls (name, arguments) values ('reference', array[table_name::text]) $$;
create function public.truncate_local_data_after_distributing_table(function_name regclass) returns void language sql as $$
  insert into public.calls (name, arguments) values ('truncate', array[function_name::text]) $$;
create function public.citus_is_coordinator() returns bool language sql as $$ select true $$;
create function public.run_command_on_workers(command text, parallel bool default true)
  returns table (nodename text, nodeport int, success bool, result text) language sql as $$
  select n.nodename, 5432, true, n.roles::text from public.nodes n $$;
insert into public.nodes values ('worker-1', 6), ('worker-2', 6);
"""


@pytest.fixture(scope="module")
def urls(cluster: Cluster) -> Iterator[DatabaseUrls]:
    with clone_of(cluster, "distribution") as found:
        yield found


@pytest.fixture
async def admin(cluster: Cluster, urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    """Where Citus isn't; `citus` makes it look otherwise."""
    connection = await asyncpg.connect(admin_url(cluster, urls))
    yield connection
    await connection.execute(
        """drop table if exists public.calls, public.pg_dist_partition, public.nodes;
           drop function if exists public.create_distributed_table, public.create_reference_table,
             public.truncate_local_data_after_distributing_table, public.citus_is_coordinator, public.run_command_on_workers;
           delete from pg_extension where extname = 'citus'"""
    )
    await connection.close()


@pytest.fixture
async def citus(admin: asyncpg.Connection) -> asyncpg.Connection:
    await admin.execute(STAND_INS)
    await claim(admin, "13.0-1")
    return admin


async def claim(admin: asyncpg.Connection, version: str) -> None:
    """What an extension of that version leaves in the catalogue."""
    await admin.execute("delete from pg_extension where extname = 'citus'")
    await admin.execute(
        f"""insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
            select 999999, 'citus', 10, oid, false, '{version}' from pg_namespace where nspname = 'public'"""
    )


def admin_url(cluster: Cluster, urls: DatabaseUrls) -> str:
    return f"{cluster.admin_dsn.rsplit('/', 1)[0]}/{urls.app.rsplit('/', 1)[1]}"


async def run(cluster: Cluster, urls: DatabaseUrls, *, dry_run: bool = False, shards: int = 32) -> tuple[int, list[str]]:
    said: list[str] = []
    return await distribute(admin_url(cluster, urls), dry_run=dry_run, shards=shards, say=said.append), said


async def test_every_declared_table_is_placed_exactly_once_in_one_group(cluster: Cluster, urls: DatabaseUrls, citus: asyncpg.Connection) -> None:
    count, said = await run(cluster, urls, shards=48)
    calls = await citus.fetch("select name, arguments from public.calls order by place")
    owned = {name for name, table in metadata.tables.items() if table.info["tenant_owned"]}
    distributed = [call["arguments"] for call in calls if call["name"] == "distributed"]
    assert sorted(call[0].removeprefix("suyuan.") for call in distributed) == sorted(owned)
    first = distributed[0][0]
    assert {tuple(call[1:]) for call in distributed[1:]} == {("tenant_id", first if "." in first else f"suyuan.{first}", None)}
    assert distributed[0][1:] == ["tenant_id", "none", "48"]
    referenced = {call["arguments"][0].removeprefix("suyuan.") for call in calls if call["name"] == "reference"}
    local = {table.name for table in distribution.tables("local")}
    assert (referenced | local, referenced & local) == (metadata.tables.keys() - owned, set())
    assert local == {"sign_in_attempt"}
    tidied = [call["arguments"][0] for call in calls if call["name"] == "truncate"]
    assert len(tidied) == len(set(tidied)) == count == len(owned) + len(referenced)
    assert said[0] == f"alter database \"{urls.app.rsplit('/', 1)[1]}\" set citus.propagate_set_commands = 'local'"
    setting = await citus.fetchval(
        "select setconfig from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where d.datname = current_database() and setrole = 0"
    )
    assert "citus.propagate_set_commands=local" in setting


async def test_what_is_done_is_not_done_again_and_what_is_new_joins_the_group(
    cluster: Cluster, urls: DatabaseUrls, citus: asyncpg.Connection
) -> None:
    whole, _ = await run(cluster, urls)
    assert (await run(cluster, urls))[0] == 0
    await citus.execute(
        "delete from public.pg_dist_partition where logicalrelid in ('suyuan.hold_cut'::regclass, 'suyuan.alert'::regclass); truncate public.calls"
    )
    count, said = await run(cluster, urls)
    assert count == 2
    calls = [row["arguments"] for row in await citus.fetch("select arguments from public.calls where name = 'distributed' order by place")]
    assert {call[0].removeprefix("suyuan.") for call in calls} == {"hold_cut", "alert"}
    assert all(call[2] != "none" for call in calls)
    assert whole > 50
    assert len(said) == 5


async def test_a_dry_run_says_the_same_and_does_nothing(cluster: Cluster, urls: DatabaseUrls, citus: asyncpg.Connection) -> None:
    count, said = await run(cluster, urls, dry_run=True)
    assert await citus.fetchval("select count(*) from public.calls") == 0
    assert (await run(cluster, urls))[1] == said
    assert sum("create_distributed_table" in each for each in said) + sum("create_reference_table" in each for each in said) == count
    assert all(re.fullmatch(r"(select [a-z_]+\('suyuan\.[a-z_]+'.*\)|alter database .*)", each) for each in said)


async def test_without_citus_it_refuses_and_says_why(cluster: Cluster, urls: DatabaseUrls, admin: asyncpg.Connection) -> None:
    with pytest.raises(NotDistributableError, match="has no Citus"):
        await run(cluster, urls)


async def test_what_citus_would_refuse_is_told_before_anything_is_done(cluster: Cluster, urls: DatabaseUrls, citus: asyncpg.Connection) -> None:
    for change, undo, words in (
        ("update public.nodes set roles = 5 where nodename = 'worker-2'", "update public.nodes set roles = 6", "On worker-2 there aren't the roles"),
        (
            """create function public.nothing() returns trigger language plpgsql as $$ begin return new; end $$;
            create trigger made_by_hand before insert on suyuan.hold for each row execute function public.nothing()""",
            "drop function public.nothing cascade", "no triggers: hold.made_by_hand",
        ),
        (
            "create policy clever on suyuan.hold using (exists (select 1 from suyuan.alert))", "drop policy clever on suyuan.hold",
            "no policies with a subquery: hold",
        ),
        ("alter table suyuan.alert rename to alarm", "alter table suyuan.alarm rename to alert", "isn't migrated: alert"),
        (
            "insert into public.pg_dist_partition values ('suyuan.hold', 'h', 1), ('suyuan.alert', 'h', 7)", "truncate public.pg_dist_partition",
            "in several groups",
        ),
        ("insert into public.pg_dist_partition values ('suyuan.hold', 'n', 2)", "truncate public.pg_dist_partition", "otherwise before: hold"),
        (
            "create or replace function public.citus_is_coordinator() returns bool language sql as $$ select false $$",
            "create or replace function public.citus_is_coordinator() returns bool language sql as $$ select true $$", "worker of the cluster",
        ),
    ):  # fmt: skip
        await citus.execute(change)
        with pytest.raises(NotDistributableError, match=re.escape(words)):
            await run(cluster, urls)
        await citus.execute(undo)
        assert await citus.fetchval("select count(*) from public.calls") == 0
    await claim(citus, "11.3-1")
    with pytest.raises(NotDistributableError, match="too old"):
        await run(cluster, urls)


def test_the_declarations_have_nothing_that_citus_refuses() -> None:
    assert distribution.obstacles() == []


def test_each_obstacle_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    other = MetaData()
    owned, free = {"tenant_owned": True}, {"tenant_owned": False}
    Table("alone", other, Column("x", Integer), info=free)
    parent = [Column("tenant_id", Integer, primary_key=True), Column("id", BigInteger, primary_key=True)]
    Table("parent", other, *parent, info=owned)
    Table(
        "child", other, Column("tenant_id", Integer), Column("id", Integer, Identity(), primary_key=True), Column("name", Text, unique=True),
        Column("parent", BigInteger), Column("other", Integer), UniqueConstraint("other", name="uq_other"), Index("ix_name", "name", unique=True),
        ForeignKeyConstraint(["tenant_id", "parent"], ["parent.tenant_id", "parent.id"], ondelete="SET NULL"), info=owned,
    )  # fmt: skip
    Table("swapped", other, Column("tenant_id", Integer, primary_key=True), Column("a", Integer), info=owned)
    other.tables["swapped"].append_constraint(ForeignKeyConstraint(["a", "tenant_id"], ["parent.tenant_id", "parent.id"]))
    Table("everywhere", other, Column("t", Integer), Column("p", BigInteger), info=free)
    other.tables["everywhere"].append_constraint(ForeignKeyConstraint(["t", "p"], ["parent.tenant_id", "parent.id"]))
    monkeypatch.setattr(distribution, "metadata", other)
    told = "\n".join(distribution.obstacles())
    for words in (
        "uq_other is unique across tenants", "ix_name is unique across tenants", "child.id: its numbers must be bigint",
        "child: its tenant may be null",
        "child: its foreign key to parent would change the tenant", "swapped: refers to parent across tenants",
        "everywhere: a table on every node can't refer to parent",
    ):  # fmt: skip
        assert words in told, told
    assert "alone" not in told
