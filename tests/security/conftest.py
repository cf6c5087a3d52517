"""The whole service on a database of its own, so that whatever a bad request writes anywhere is seen; and somebody who may do everything."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

import asyncpg
import httpx
import pytest

from backend.services import Services
from infra.provision import DatabaseUrls
from mobile_api.app import create_app
from tests.conftest import Cluster
from tests.infra.clones import clone_of
from tests.isolation.conftest import clone_services
from tests.isolation.people import Person, contents, new_person, new_tenant

__all__ = ["clone_services"]


@pytest.fixture(scope="session")
def clone(cluster: Cluster) -> Iterator[DatabaseUrls]:
    """A fresh database."""
    with clone_of(cluster, "security") as urls:
        yield urls


@dataclass(frozen=True)
class Gate:
    """Where requests come in."""

    services: Services
    client: httpx.AsyncClient
    superuser: asyncpg.Connection
    owner: Person

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """Send a body as the owner; header names are written with underscores."""
        given = {"Content-Type": "application/json", **self.owner.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return await self.client.post(path, content=body, headers=given)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask as the owner."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(path, headers={**self.owner.headers, **given})

    async def contents(self) -> dict[str, str]:
        """All that is stored, but for the counts of failed sign-ins, which are there to be written."""
        return {table: digest for table, digest in (await contents(self.superuser)).items() if table != "sign_in_attempt"}


@pytest.fixture(scope="module")
async def gate(clone_services: Services, cluster: Cluster, clone: DatabaseUrls) -> AsyncIterator[Gate]:
    superuser = await asyncpg.connect(cluster.admin_dsn, database=clone.app.rsplit("/", 1)[1])
    part = uuid4().hex
    app = cast(Any, create_app(services=clone_services))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(f"2001:db8:{part[:4]}::1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test", timeout=30) as client:
        yield Gate(clone_services, client, superuser, await new_person(clone_services, await new_tenant(clone_services)))
    await superuser.close()
