"""A hostile neighbour's attempts through every door: nothing of the other tenant comes back, nothing of it changes, nothing breaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from random import Random
from typing import Any, cast
from uuid import uuid4

import asyncpg
import httpx
import pytest

from backend.services import Services
from mobile_api.app import create_app
from tests.isolation.attempts import CANARY, Neighbour, neighbour_of
from tests.isolation.people import contents
from tests.soak.marks import soak

AT_ONCE = 8
ADDRESSES = 40
PLACES = {"path", "query", "header", "page", "sync", "document", "graphql", "identity"}


@pytest.fixture
async def neighbourhood(clone_services: Services, superuser: asyncpg.Connection) -> AsyncIterator[Neighbour]:
    """From many addresses, so that the limit on public pages doesn't end it."""
    app = cast(Any, create_app(services=clone_services))
    part = uuid4().hex
    async with AsyncExitStack() as stack:
        clients = []
        for number in range(ADDRESSES):
            address = f"2001:db8:{part[:4]}:{number:x}::1"
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 50_000))
            clients.append(await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://suyuan.test")))
        yield await neighbour_of(clone_services, clients, superuser)


async def try_out(neighbour: Neighbour, superuser: asyncpg.Connection, *, seed: int, attempts: int) -> None:
    """Make attempts, some at a time; the victim's rows are the same at the end."""
    neighbour.chance = Random(seed)
    before = await contents(superuser, neighbour.victim.tenant.tenant_id)
    for start in range(0, attempts, AT_ONCE):
        drawn = [neighbour.draw() for _ in range(min(AT_ONCE, attempts - start))]
        await asyncio.gather(*(neighbour.attempt(request) for request in drawn))
    assert await contents(superuser, neighbour.victim.tenant.tenant_id) == before
    assert sum(neighbour.answers.values()) == attempts
    assert {place for place, _ in neighbour.answers} == PLACES


async def test_the_victim_sees_his_own_words(neighbourhood: Neighbour) -> None:
    """Without this, that nobody else sees them would prove nothing."""
    client, headers = neighbourhood.clients[0], neighbourhood.victim.headers
    lists = "{ events(first: 5) { nodes { body } } holds(first: 5) { nodes { reason } } products(first: 5) { nodes { name } } }"
    seen = (await client.post("/graphql", json={"query": lists}, headers=headers)).json()["data"]
    assert all(CANARY in str(part["nodes"]) for part in seen.values())
    assert CANARY in (await client.get("/epcis/events", headers=headers)).text
    assert CANARY in (await client.get("/mobile/v1/changes", headers=headers)).text
    assert len(neighbourhood.identifiers) > 60


async def test_a_neighbour_gets_nothing_in_hundreds_of_attempts(neighbourhood: Neighbour, superuser: asyncpg.Connection) -> None:
    await try_out(neighbourhood, superuser, seed=7, attempts=400)


@soak
@pytest.mark.parametrize("seed", range(4))
async def test_a_neighbour_gets_nothing_in_thousands_of_attempts(neighbourhood: Neighbour, superuser: asyncpg.Connection, seed: int) -> None:
    await try_out(neighbourhood, superuser, seed=seed, attempts=3_000)
