"""A PostgreSQL of somebody else's for the tests, and what a Citus coordinator needs besides: its databases can't be cloned from a template."""

import asyncio
import os
from typing import Final

import asyncpg
from sqlalchemy.engine import make_url

from infra.distribute import distribute
from infra.provision import DatabaseUrls, provision, urls_for
from infra.roles import ensure_database

VARIABLE: Final = "SUYUAN_TEST_DATABASE_URL"
_NODES: Final = "select nodename, nodeport from pg_dist_node where groupid <> 0 and isactive and noderole = 'primary' order by nodeid"


def given_server() -> str | None:
    """An administrator's address of the server that the tests are to use; its databases called suyuan_… are theirs."""
    given = os.environ.get(VARIABLE)
    return make_url(given).set(drivername="postgresql").render_as_string(hide_password=False) if given else None


def is_citus(admin_dsn: str) -> bool:
    """Whether the database of that address is a coordinator's."""
    return asyncio.run(_one(admin_dsn, "select exists (select from pg_extension where extname = 'citus')"))


def make_template(admin_dsn: str, name: str, passwords: dict[str, str]) -> None:
    """The migrated database that the others are made from; on Citus there is nothing to clone, and each is made by itself."""
    if given_server() is not None:
        asyncio.run(_drop(admin_dsn, name))
    if not is_citus(admin_dsn):
        asyncio.run(provision(admin_dsn, name, passwords))


def make_database(admin_dsn: str, name: str, template: str, passwords: dict[str, str]) -> DatabaseUrls:
    """A migrated database: cloned from the template, on Citus made on every node, migrated and distributed."""
    return asyncio.run(_make(admin_dsn, name, template, passwords))


async def _make(admin_dsn: str, name: str, template: str, passwords: dict[str, str]) -> DatabaseUrls:
    if given_server() is not None:
        await _drop(admin_dsn, name)
    if not await _one(admin_dsn, "select exists (select from pg_extension where extname = 'citus')"):
        await _run(admin_dsn, f'create database "{name}" template {template}')
        # Rights on the database itself aren't copied with the template.
        await ensure_database(admin_dsn, name)
        return urls_for(admin_dsn, name, passwords)
    own = _address(admin_dsn, name)
    nodes = [(row["nodename"], row["nodeport"]) for row in await _all(admin_dsn, _NODES)]
    for host, port in [(None, None), *nodes]:
        await _run(_address(admin_dsn, None, host, port), f'create database "{name}"')
        await _run(_address(admin_dsn, name, host, port), "create extension citus")
    for host, port in nodes:
        await _run(own, f"select citus_add_node('{host}', {int(port)})")
    urls = await provision(admin_dsn, name, passwords)
    await distribute(own, dry_run=False, shards=4, say=lambda _: None)
    return urls


async def _drop(admin_dsn: str, name: str) -> None:
    citus = await _one(admin_dsn, "select exists (select from pg_extension where extname = 'citus')")
    for host, port in [(None, None), *([(row["nodename"], row["nodeport"]) for row in await _all(admin_dsn, _NODES)] if citus else [])]:
        await _run(_address(admin_dsn, None, host, port), f'drop database if exists "{name}" with (force)')


def drop_database(admin_dsn: str, name: str) -> None:
    """With everybody who is connected to it."""
    asyncio.run(_drop(admin_dsn, name))


def _address(admin_dsn: str, database: str | None, host: str | None = None, port: int | None = None) -> str:
    url = make_url(admin_dsn)
    url = url.set(database=database) if database is not None else url
    url = url.set(host=host, port=port) if host is not None else url
    return url.render_as_string(hide_password=False)


async def _run(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _all(dsn: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()


async def _one(dsn: str, statement: str) -> bool:
    return bool((await _all(dsn, statement))[0][0])
