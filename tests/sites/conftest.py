"""The two-sited company, told of once for each module."""

from collections.abc import AsyncIterator
from typing import Any, cast

import asyncpg
import httpx
import pytest
from litestar import Litestar

from backend.catalog.entries import Kind
from backend.search.indexing import index_events, index_whole_catalogue
from backend.services import Services
from infra.provision import DatabaseUrls
from tenants.permissions import Role
from tests.conftest import Cluster
from tests.isolation.people import new_tenant
from tests.sites.reads import FIELDS, ROUTES, ask, comparable
from tests.sites.town import Town, new_person, new_sites, nobodys, tell, tell_what_is_wrong


async def index(services: Services, tenant_id: int) -> None:
    """What the worker does for those who search."""
    async with services.database.tenant(tenant_id) as tx:
        for kind in Kind:
            await index_whole_catalogue(tx, kind, "")
        while await index_events(tx):
            pass


@pytest.fixture(scope="module")
async def town(services: Services, app: Litestar) -> AsyncIterator[Town]:
    """Told first of the one site, with every answer to whoever is limited to it, and then of the other."""
    tenant = await new_tenant(services)
    transport = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:
        here, there = new_sites()
        head = await new_person(services, client, tenant, Role.OWNER, None)
        limited = await new_person(services, client, tenant, Role.OWNER, here.place)
        await tell(head, here)
        await tell_what_is_wrong(services, head, here)
        await index(services, tenant.tenant_id)
        reads = [read for several in (*FIELDS.values(), *ROUTES.values()) for read in several if not read.named]
        before = {repr(read): comparable(await ask(limited, read, {}), {}) for read in reads}
        await tell(head, there)
        await tell_what_is_wrong(services, head, there)
        await index(services, tenant.tenant_id)
        yield Town(services, client, tenant, head, limited, here, there, nobodys(there), before)


@pytest.fixture
async def superuser(cluster: Cluster, database_urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    """Sees every row."""
    connection = await asyncpg.connect(cluster.admin_dsn, database=database_urls.app.rsplit("/", 1)[1])
    yield connection
    await connection.close()
