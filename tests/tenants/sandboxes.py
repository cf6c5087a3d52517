"""A company that has a sandbox, as the tests of sandboxes use it."""

from dataclasses import dataclass
from uuid import uuid4

from backend.sandbox import service as filling
from backend.services import Services
from backend.simulator import Industry
from infra.clock import now
from infra.schema import metadata
from tenants.clients import service as clients
from tenants.clients.rules import terms_of
from tenants.clients.service import NewKey
from tenants.directory import Tenant
from tenants.permissions import Role
from tenants.principal import Principal
from tenants.registration import create_person_with_membership, create_tenant
from tenants.service import Caller, Identity, Tokens
from tests.tenants.companies import PASSWORD, Superuser

HERE = Caller(address="192.0.2.1", request_id="request-1")


@dataclass
class Firm:
    """A company with an owner who has signed in."""

    services: Services
    tenant: Tenant
    login: str
    owner: Tokens

    @property
    def identity(self) -> Identity:
        return self.services.identity

    @property
    def principal(self) -> Principal:
        return self.owner.principal

    async def open(self, *, events: int = 0) -> Tenant:
        """The sandbox, filled or empty."""
        sandbox = (await self.identity.sandboxes.open(self.principal)).tenant
        if events:
            async with self.services.database.tenant(sandbox.tenant_id) as tx:
                assert await filling.start(tx, self.principal, sandbox, Industry.FOOD, events=events)
        return sandbox

    async def enter(self) -> Tokens:
        """The owner's session in the sandbox."""
        return await self.identity.enter_sandbox(self.principal, reason=None, caller=HERE)

    async def reset(self, confirmation: str | None = None) -> Tenant:
        """A new generation."""
        async with self.services.database.tenant(self.tenant.tenant_id) as tx:
            return await self.identity.sandboxes.reset(
                tx, self.principal, confirmation=confirmation or f"{self.tenant.slug}-sandbox", reason="tidy", on_retired=filling.stop
            )

    async def key(self, inside: Principal) -> NewKey:
        """A key in the tenant of this principal."""
        async with self.services.database.tenant(inside.tenant_id) as tx:
            return await clients.create_client(tx, inside, terms_of(name="ERP", scopes=["events.capture", "trace.read"], moment=now()))


async def make_firm(services: Services) -> Firm:
    """A new company with its owner signed in."""
    slug = f"t{uuid4().hex[:12]}"
    login = f"{slug}@example.com"
    tenant = await create_tenant(services.identity, slug=slug, name=f"Works {slug}")
    await create_person_with_membership(services.identity, tenant, login=login, password=PASSWORD, display_name="李 Lei", role=Role.OWNER)
    return Firm(services, tenant, login, await services.identity.sign_in(login, PASSWORD, caller=HERE))


async def trail(services: Services, tenant_id: int) -> list[str]:
    async with services.database.tenant(tenant_id) as tx:
        return [row["action"] for row in await tx.fetch("select action from audit_entry where tenant_id = $1 order by audit_id")]


async def counts(superuser: Superuser, tenant_id: int) -> dict[str, int]:
    """How many rows a tenant has in each table."""
    tables = [table.name for table in metadata.sorted_tables if table.info["tenant_owned"]]
    return {name: await superuser.fetchval(f"select count(*) from {name} where tenant_id = $1", tenant_id) for name in tables}
