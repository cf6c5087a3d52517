"""Companies with people who sign in, and identity with and without a Redis."""

import ipaddress
import os
import secrets
from collections.abc import AsyncIterator
from typing import Protocol
from urllib.parse import urlsplit

import asyncpg
import pytest
from argon2 import PasswordHasher
from redis.asyncio import Redis
from sqlalchemy.engine import make_url

from infra.database import Database
from infra.schema import SCHEMA_NAME
from infra.settings import Settings
from tenants.passwords import Passwords
from tenants.permissions import Role
from tenants.registration import create_person_with_membership, create_tenant
from tenants.service import Caller, Identity
from tests.tenants.companies import PASSWORD, Company, MakeCompany, Superuser


class HasAdminDsn(Protocol):
    """The run's database server."""

    admin_dsn: str


@pytest.fixture(scope="session")
async def database_app(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database_url.get_secret_value())
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def database_auth(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database_auth_url.get_secret_value())
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def database_public(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database_public_url.get_secret_value())
    yield database
    await database.close()


@pytest.fixture
async def superuser(cluster: HasAdminDsn, settings: Settings) -> AsyncIterator[Superuser]:
    """In the database that the process under test uses."""
    name = make_url(settings.database_url.get_secret_value()).database
    connection = await asyncpg.connect(cluster.admin_dsn, database=name, server_settings={"search_path": SCHEMA_NAME})
    yield connection
    await connection.close()


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    """A Redis database of this worker's own, which a test may flush."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    address = urlsplit(settings.redis_url.get_secret_value())
    client = Redis.from_url(address._replace(path=f"/{1 + worker % 15}").geturl())
    yield client
    await client.aclose()


@pytest.fixture
async def absent_redis() -> AsyncIterator[Redis]:
    """A client of a Redis that isn't there."""
    client = Redis.from_url("redis://127.0.0.1:1/0")
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def cheap_passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def identity(database_app: Database, database_auth: Database, redis: Redis, settings: Settings, cheap_passwords: Passwords) -> Identity:
    return Identity(app=database_app, auth=database_auth, redis=redis, settings=settings, passwords=cheap_passwords)


@pytest.fixture
def identity_without_redis(
    database_app: Database, database_auth: Database, absent_redis: Redis, settings: Settings, cheap_passwords: Passwords
) -> Identity:
    return Identity(app=database_app, auth=database_auth, redis=absent_redis, settings=settings, passwords=cheap_passwords)


@pytest.fixture
def caller() -> Caller:
    """Someone at an address of his own, so that no test uses up another's attempts."""
    return Caller(address=str(ipaddress.IPv4Address(secrets.randbits(32))), user_agent="a phone", request_id="request-1")


@pytest.fixture
def make_company(identity: Identity) -> MakeCompany:
    async def make(role: Role = Role.OWNER) -> Company:
        name = f"t{secrets.token_hex(8)}"
        login = f"{name}@example.com"
        tenant = await create_tenant(identity, slug=name, name=f"Works {name}")
        member = await create_person_with_membership(identity, tenant, login=login, password=PASSWORD, display_name="李 Lei", role=role)
        return Company(tenant, member, login)

    return make


@pytest.fixture
async def company(make_company: MakeCompany) -> Company:
    return await make_company()
