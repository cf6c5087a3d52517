"""Real servers in a temporary directory, with the settings that the demo has: data are safe after each commit."""

import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import asyncpg

from backend.services import Services, build_services
from infra.embedded.command import Command
from infra.embedded.object_store import ObjectStore
from infra.embedded.ports import free_port
from infra.embedded.postgres import PostgresServer
from infra.embedded.valkey import ValkeyServer
from infra.logging import configure_logging
from infra.provision import DatabaseUrls, provision
from infra.roles import LOGIN_ROLES
from infra.settings import Environment, Settings
from tenants.directory import Tenant
from tenants.permissions import Role, permissions_of
from tenants.principal import Principal
from tenants.registration import create_person_with_membership, create_tenant
from tenants.service import Caller

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "granite otter velvet moss 42"
ROLE_PASSWORDS = {role: f"bench-{role}" for role in LOGIN_ROLES}
UNLIMITED = {
    "SUYUAN_LIMIT_TENANT_REQUESTS": "1000000",
    "SUYUAN_LIMIT_CALLER_REQUESTS": "1000000",
    "SUYUAN_LIMIT_TENANT_BYTES": "100000000000",
    "SUYUAN_LIMIT_ADDRESS_REQUESTS": "1000000",
}


@dataclass(frozen=True)
class Firm:
    """A tenant with an owner who can sign in."""

    tenant: Tenant
    login: str
    principal: Principal

    @property
    def tenant_id(self) -> int:
        return self.tenant.tenant_id


@dataclass(frozen=True)
class House:
    """One migrated database and the services on it. `admin_dsn` is the superuser's, to whom no policy applies."""

    directory: Path
    admin_dsn: str
    urls: DatabaseUrls
    environment: Mapping[str, str]
    services: Services

    async def new_firm(self) -> Firm:
        """A tenant of its own."""
        slug = f"b{uuid4().hex[:12]}"
        tenant = await create_tenant(self.services.identity, slug=slug, name=f"Firm {slug}")
        login = f"{slug}@example.com"
        membership = await create_person_with_membership(
            self.services.identity, tenant, login=login, password=PASSWORD, display_name="Owner", role=Role.OWNER
        )
        principal = Principal(
            tenant_id=tenant.tenant_id, tenant_public_id=tenant.public_id, tenant_slug=slug, actor_id=membership.person_id,
            membership_id=membership.membership_id, display_name="Owner", roles=(str(Role.OWNER),), permissions=permissions_of(Role.OWNER),
            session_id=uuid4(),
        )  # fmt: skip
        return Firm(tenant, login, principal)

    async def bearer(self, firm: Firm) -> dict[str, str]:
        """The Authorization header of a new session; it is good for ten minutes."""
        tokens = await self.services.identity.sign_in(firm.login, PASSWORD, tenant_slug=firm.tenant.slug, caller=Caller(address="192.0.2.1"))
        return {"Authorization": f"Bearer {tokens.access_token}"}

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection of the superuser."""
        connection = await asyncpg.connect(self.admin_dsn, server_settings={"search_path": "suyuan, public", "jit": "off"})
        try:
            yield connection
        finally:
            await connection.close()

    @contextmanager
    def serving(self, environment: Mapping[str, str] | None = None) -> "Iterator[Server]":
        """The service as it is served in production, by default without limits on the rate: the one client does the work of many."""
        port = free_port()
        given = {**self.environment, **(UNLIMITED if environment is None else environment), "SUYUAN_PORT": str(port)}
        with running(Server(self.directory, ("backend.cli", "serve"), port, given)) as server:
            yield server

    async def analyze(self) -> None:
        """What autovacuum does within a minute: bring the planner's statistics up to the tables."""
        async with self.admin() as connection:
            await connection.execute("analyze")


class Server(Command):
    """A Python module that serves HTTP on `port`."""

    def __init__(self, directory: Path, module: Sequence[str], port: int, environment: Mapping[str, str]) -> None:
        self.port = port
        super().__init__(f"server-{port}", [sys.executable, "-m", *module], directory, environment=environment, port=port, directory=ROOT)

    def cpu_seconds(self) -> float:
        """Processor time that it and its workers have used so far, all threads that live."""
        nanoseconds = 0
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if int((process / "stat").read_text().rpartition(")")[2].split()[2]) == self.pid:
                    nanoseconds += sum(int(thread.read_text().split()[0]) for thread in process.glob("task/*/schedstat"))
            except (OSError, ValueError):
                continue
        return nanoseconds / 1e9


class WorkerProcess(Command):
    """One of the service's workers, with the queues that it works on."""

    def __init__(self, house: "House", *queues: str) -> None:
        command = [sys.executable, "-m", "backend.cli", "work", "--queues", *queues]
        super().__init__(f"worker-{'-'.join(queues)}", command, house.directory, environment=house.environment, directory=ROOT)

    def peak_megabytes(self) -> float:
        """The most memory that it has had at a time so far."""
        pending, peak = [self.pid], 0
        while pending:
            process = Path(f"/proc/{pending.pop()}")
            peak = max(peak, int((process / "status").read_text(encoding="ascii").partition("VmHWM:")[2].split()[0]))
            pending += [int(child) for task in process.glob("task/*/children") for child in task.read_text().split()]
        return peak / 1_000


@contextmanager
def working(house: "House") -> "Iterator[WorkerProcess]":
    """Both workers as a small installation has them; gives the one that captures long documents."""
    with running(WorkerProcess(house, "short", "long")), running(WorkerProcess(house, "bulk")) as bulk:
        yield bulk


C = TypeVar("C", bound=Command)


@contextmanager
def running(command: C) -> Iterator[C]:
    """A command while it runs."""
    command.start()
    try:
        yield command
    finally:
        command.stop()


class Stage:
    """The servers of one run; houses are databases on them."""

    def __init__(self, directory: Path, postgres: PostgresServer, valkey: ValkeyServer, store: ObjectStore) -> None:
        self.directory = directory
        self._store = store
        self._postgres = postgres
        self._valkey = valkey

    def restart_database(self, between: Callable[[], object]) -> None:
        """Stop PostgreSQL, do something, and start it again on the same port. Whoever is connected is cut off."""
        self._postgres.stop()
        between()
        self._postgres.start()

    @asynccontextmanager
    async def house(self, name: str) -> AsyncIterator[House]:
        """A new database of this name, dropped at the end."""
        urls = await provision(self._postgres.dsn, name, ROLE_PASSWORDS)
        environment = {
            **urls.environment(),
            "SUYUAN_ENVIRONMENT": str(Environment.DEMO),
            "SUYUAN_PUBLIC_URL": "http://suyuan.test",
            "SUYUAN_REDIS_URL": self._valkey.url,
            "SUYUAN_S3_ENDPOINT": self._store.endpoint,
            "SUYUAN_S3_ACCESS_KEY": self._store.access_key,
            "SUYUAN_S3_SECRET_KEY": self._store.secret_key,
            "SUYUAN_TOKEN_SIGNING_KEY": "demo-bench-signing-key",
            "SUYUAN_ENCRYPTION_KEY": "demo-bench-encryption-key",
            "SUYUAN_LOG_LEVEL": "WARNING",
        }
        settings = Settings.model_validate({key.removeprefix("SUYUAN_").lower(): value for key, value in environment.items()})
        services = build_services(settings)
        await services.storage.ensure_bucket()
        try:
            yield House(self.directory, self._postgres.dsn_for(name), urls, environment, services)
        finally:
            await services.close()
            connection = await asyncpg.connect(self._postgres.dsn)
            await connection.execute(f'drop database "{name}" with (force)')
            await connection.close()


@contextmanager
def stage(settings: Mapping[str, str] | None = None) -> Iterator[Stage]:
    """Start PostgreSQL, Valkey and an object store; stop them and remove their data at the end."""
    configure_logging(level="WARNING", json=False)
    directory = Path(tempfile.mkdtemp(prefix="suyuan-bench-"))
    # PostgreSQL may run as another user than ours.
    directory.chmod(0o755)
    try:
        postgres, valkey = PostgresServer(directory / "postgres", settings=settings), ValkeyServer(directory / "valkey")
        with postgres, valkey, ObjectStore(directory / "objects") as store:
            yield Stage(directory, postgres, valkey, store)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
