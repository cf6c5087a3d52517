"""Tenants and people on any services, and everything that a database holds as one comparable value."""

from dataclasses import dataclass
from functools import cache
from uuid import uuid4

import asyncpg
from litestar import Litestar

from backend.services import Services
from infra.schema import metadata
from tenants.directory import Tenant
from tenants.permissions import Role
from tenants.principal import Principal
from tenants.registration import create_person_with_membership, create_tenant
from tenants.service import Caller as Somewhere
from tenants.service import Tokens
from tests.conftest import PASSWORD

HERE = Somewhere(address="192.0.2.1")


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    tenant: Tenant
    login: str
    tokens: Tokens

    @property
    def principal(self) -> Principal:
        return self.tokens.principal

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens.access_token}"}


async def new_tenant(services: Services, name: str = "Firm") -> Tenant:
    """A new tenant."""
    slug = f"d{uuid4().hex[:12]}"
    return await create_tenant(services.identity, slug=slug, name=f"{name} {slug}")


async def new_person(services: Services, tenant: Tenant, role: Role = Role.OWNER, name: str = "A person") -> Person:
    """A new person of a role, signed in."""
    login = f"{uuid4().hex[:12]}@example.com"
    await create_person_with_membership(services.identity, tenant, login=login, password=PASSWORD, display_name=name, role=role)
    return Person(tenant, login, await services.identity.sign_in(login, PASSWORD, tenant_slug=tenant.slug, caller=HERE))


async def contents(superuser: asyncpg.Connection, tenant_id: int | None = None) -> dict[str, str]:
    """A digest of each table's rows: of one tenant, or of the whole database; all of it as of one moment."""
    of_whom = [] if tenant_id is None else [tenant_id]
    return {row["name"]: row["digest"] for row in await superuser.fetch(_digests(one_tenant=bool(of_whom)), *of_whom)}


@cache
def _digests(*, one_tenant: bool) -> str:
    tables = [table.name for table in metadata.sorted_tables if "tenant_id" in table.c or not one_tenant]
    condition = " where tenant_id = $1::int" if one_tenant else ""
    rows = "count(*) || ':' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '')"
    return " union all ".join(f"select '{name}' as name, {rows} as digest from suyuan.{name} t{condition}" for name in tables)


def paths_of(app: Litestar) -> list[str]:
    """Every path that the application has a route for."""
    return sorted({route.path for route in app.routes})
