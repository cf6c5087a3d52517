"""A database of these tests' own, cloned from the migrated template, in which anything may be planted."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import asyncpg
import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr

from backend.services import Services, build_services
from infra.provision import DatabaseUrls
from infra.settings import Settings
from tenants.passwords import Passwords
from tenants.service import Identity
from tests.conftest import Cluster
from tests.infra.clones import clone_of


@pytest.fixture(scope="module")
def clone(cluster: Cluster) -> Iterator[DatabaseUrls]:
    """A fresh database for each module: what one plants, another's exact expectations must not meet."""
    with clone_of(cluster, "walls") as urls:
        yield urls


@pytest.fixture
async def superuser(cluster: Cluster, clone: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    """The superuser in the clone: he sees every row and may plant what migrations must never do."""
    connection = await asyncpg.connect(cluster.admin_dsn, database=clone.app.rsplit("/", 1)[1], server_settings={"search_path": "suyuan, pg_temp"})
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def clone_services(settings: Settings, clone: DatabaseUrls) -> AsyncIterator[Services]:
    """The process's services on the clone."""
    urls = {"database_url": clone.app, "database_relay_url": clone.relay, "database_auth_url": clone.auth, "database_public_url": clone.public}
    built = build_services(settings.model_copy(update={name: SecretStr(url) for name, url in urls.items()}))
    await built.storage.ensure_bucket()
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    # Whichever of these tests a worker begins with.
    await built.storage.ensure_bucket()
    yield replace(built, identity=Identity(app=built.database, auth=built.auth_database, redis=built.redis, settings=built.settings, passwords=cheap))
    await built.close()
