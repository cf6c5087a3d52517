"""Databases of a test's own, cloned from the migrated template, and thrown away at the end."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from infra.provision import DatabaseUrls, urls_for
from infra.roles import ensure_database
from tests.conftest import ROLE_PASSWORDS, TEMPLATE, Cluster


@contextmanager
def clone_of(cluster: Cluster, purpose: str) -> Iterator[DatabaseUrls]:
    """A fresh database for one worker and one purpose."""
    name = f"suyuan_{purpose}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"

    async def run(statement: str) -> None:
        connection = await asyncpg.connect(cluster.admin_dsn)
        await connection.execute(statement)
        await connection.close()

    async def make() -> DatabaseUrls:
        await run(f'create database "{name}" template {TEMPLATE}')
        # Rights on the database itself aren't copied with the template.
        await ensure_database(cluster.admin_dsn, name)
        return urls_for(cluster.admin_dsn, name, ROLE_PASSWORDS)

    urls = asyncio.run(make())
    try:
        yield urls
    finally:
        asyncio.run(run(f'drop database "{name}" with (force)'))
