"""Real PostgreSQL, Valkey and object store for the whole run; one database a worker, cloned from a migrated template."""

import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from argon2 import PasswordHasher
from litestar import Litestar

from backend.services import Services, build_services
from infra.embedded.object_store import ObjectStore
from infra.embedded.postgres import PostgresServer
from infra.embedded.valkey import ValkeyServer
from infra.migrate import load_models
from infra.provision import DatabaseUrls
from infra.queue import LONG
from infra.roles import LOGIN_ROLES
from infra.settings import Environment, Settings
from tenants.passwords import Passwords
from tenants.permissions import Role, permissions_of
from tenants.principal import Principal
from tenants.registration import create_person_with_membership, create_tenant
from tenants.service import Caller, Identity
from tests import citus, outbox
from tests.firms import Firm
from tests.soak.report import pytest_terminal_summary
from tests.trail import watching

__all__ = ["pytest_terminal_summary"]

TEMPLATE = "suyuan_template"
PASSWORD = "granite otter velvet moss 42"
ROLE_PASSWORDS = {role: f"test-{role}" for role in LOGIN_ROLES}
_running: list[Any] = []


@dataclass(frozen=True)
class Cluster:
    """Where the servers of this run are."""

    admin_dsn: str
    redis_url: str
    s3_endpoint: str
    s3_access_key: str
    s3_secret_key: str


CLUSTER = pytest.StashKey[Cluster]()
DIRECTORY = pytest.StashKey[Path]()


def _start_servers(directory: Path) -> Cluster:
    binaries = os.environ.get("SUYUAN_TEST_POSTGRES_BIN")
    postgres = PostgresServer(
        directory / "postgres", bin_dir=Path(binaries) if binaries else None, durable=False, settings={"max_connections": "200"}
    )
    valkey = ValkeyServer(directory / "valkey")
    store = ObjectStore(directory / "objects")
    given = citus.given_server()
    for server in (valkey, store) if given else (postgres, valkey, store):
        server.start()
        _running.append(server)
    admin_dsn = given or postgres.dsn
    citus.make_template(admin_dsn, TEMPLATE, ROLE_PASSWORDS)
    return Cluster(admin_dsn, valkey.url, store.endpoint, store.access_key, store.secret_key)


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers once, in the controller; workers are told where they are."""
    # Tests that walk all tables find them declared, whichever modules were imported before.
    load_models()
    if hasattr(config, "workerinput"):
        config.stash[CLUSTER] = Cluster(**json.loads(config.workerinput["suyuan_cluster"]))
    elif not config.option.collectonly:
        directory = Path(tempfile.mkdtemp(prefix="suyuan-test-"))
        directory.chmod(0o755)
        config.stash[DIRECTORY] = directory
        config.stash[CLUSTER] = _start_servers(directory)


def pytest_configure_node(node: Any) -> None:
    """Called by xdist in the controller for each worker."""
    node.workerinput["suyuan_cluster"] = json.dumps(vars(node.config.stash[CLUSTER]))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what this process started."""
    for server in reversed(_running):
        server.stop()
    if directory := config.stash.get(DIRECTORY, None):
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Where the run's servers are."""
    return request.config.stash[CLUSTER]


@pytest.fixture(scope="session")
def database_urls(cluster: Cluster) -> DatabaseUrls:
    """This worker's own database, cloned from the migrated template."""
    return citus.make_database(cluster.admin_dsn, f"suyuan_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}", TEMPLATE, ROLE_PASSWORDS)


@pytest.fixture(scope="session")
def settings(cluster: Cluster, database_urls: DatabaseUrls) -> Settings:
    """Settings of a test process."""
    return Settings.model_validate(
        {
            "environment": Environment.TEST,
            "public_url": "http://suyuan.test",
            "database_url": database_urls.app,
            "database_relay_url": database_urls.relay,
            "database_auth_url": database_urls.auth,
            "database_public_url": database_urls.public,
            "redis_url": cluster.redis_url,
            "s3_endpoint": cluster.s3_endpoint,
            "s3_access_key": cluster.s3_access_key,
            "s3_secret_key": cluster.s3_secret_key,
            "token_signing_key": "demo-test-signing-key",
            "encryption_key": "demo-test-encryption-key",
            # One person of a test does the work of a factory; what limits do is tried in tests of their own.
            "limit_tenant_requests": 1_000_000,
            "limit_caller_requests": 1_000_000,
            "limit_tenant_bytes": 10_000_000_000,
            "limit_address_requests": 1_000_000,
            "outward_loopback": True,
            "log_level": "WARNING",
            "log_json": False,
        }
    )


@pytest.fixture(scope="session")
async def services(settings: Settings) -> AsyncIterator[Services]:
    """The process's services on the worker's database."""
    built = build_services(settings)
    await built.storage.ensure_bucket()
    # Argon2 as cheap as it goes: its cost is tried once, in the tests of passwords.
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    identity = Identity(app=built.database, auth=built.auth_database, redis=built.redis, settings=settings, passwords=cheap)
    yield replace(built, identity=identity)
    await built.close()


@pytest.fixture
def new_firm(services: Services) -> Callable[[], Awaitable[Firm]]:
    """Make a tenant of its own for the test, with an owner who has no password."""

    async def make() -> Firm:
        slug = f"t{uuid4().hex[:12]}"
        tenant = await create_tenant(services.identity, slug=slug, name=f"Firm {slug}")
        principal = Principal(
            tenant_id=tenant.tenant_id,
            tenant_public_id=tenant.public_id,
            tenant_slug=slug,
            actor_id=uuid4(),
            membership_id=uuid4(),
            display_name="Owner",
            roles=(str(Role.OWNER),),
            permissions=permissions_of(Role.OWNER),
            session_id=uuid4(),
        )
        return Firm(tenant, principal)

    return make


@pytest.fixture
async def firm(new_firm: Callable[[], Awaitable[Firm]]) -> Firm:
    """A tenant of the test's own."""
    return await new_firm()


@pytest.fixture
async def other_firm(new_firm: Callable[[], Awaitable[Firm]]) -> Firm:
    """A second tenant, which must never be seen from the first."""
    return await new_firm()


@pytest.fixture
def bearer(services: Services) -> Callable[..., Awaitable[dict[str, str]]]:
    """Sign a new person of a role in to a firm and give the Authorization header."""

    async def sign_in(firm: Firm, role: Role = Role.OWNER) -> dict[str, str]:
        login = f"{uuid4().hex[:12]}@example.com"
        await create_person_with_membership(services.identity, firm.tenant, login=login, password=PASSWORD, display_name=f"A {role}", role=role)
        tokens = await services.identity.sign_in(login, PASSWORD, tenant_slug=firm.slug, caller=Caller(address="192.0.2.1"))
        return {"Authorization": f"Bearer {tokens.access_token}"}

    return sign_in


@pytest.fixture(scope="session")
def app(services: Services) -> Litestar:
    """The whole service, as it is served."""
    from mobile_api.app import create_app

    return create_app(services=services)


@pytest.fixture(scope="session", autouse=True)
async def _watched_trail(cluster: Cluster) -> AsyncIterator[None]:
    """Whatever any test does through the application is compared with the audit trail (`tests/trail.py`)."""
    async with watching(cluster.admin_dsn):
        yield


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client that speaks to the application in this process."""
    transport = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as opened:
        yield opened


@pytest.fixture
def do_outbox(services: Services) -> Callable[[], Awaitable[int]]:
    """Perform the test's open outbox rows in this process, all but documents."""
    return lambda: outbox.do_outbox(services)


@pytest.fixture
def do_documents(services: Services) -> Callable[[], Awaitable[int]]:
    """The same, and documents too, with the time that the worker gives to these."""
    return lambda: outbox.do_outbox(services, left=(), seconds=LONG.job_seconds)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Before anything that the test asks for is made."""
    outbox.begin()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests go last, so that a broken service is seen first in what is quick."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
