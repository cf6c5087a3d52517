"""A database or Redis that goes away, falls silent and comes back, under the whole service."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr

from backend.services import Services, build_services
from infra import database as database_module
from infra import http
from infra.database import Gate
from infra.settings import Settings
from mobile_api.app import create_app
from tenants.service import Identity
from tests.factories import FLOUR, lot, made, quantity
from tests.firms import Firm
from tests.graphql.test_commands import document
from tests.infra.proxies import Wire, wire_to

# A machine that runs a whole suite keeps a healthy part waiting now and then; what is cut answers at once all the same.
PATIENT = 30.0
SECRETS = ("database_url", "database_relay_url", "database_auth_url", "database_public_url")
READY = {"status": "ok", "parts": {"database": "ok", "redis": "ok"}}


@dataclass(frozen=True)
class Plant:
    """The service with its database and its Redis behind wires."""

    services: Services
    client: httpx.AsyncClient
    database: Wire
    redis: Wire
    headers: dict[str, str]

    async def ready(self) -> tuple[int, Any]:
        """What a load balancer is told."""
        answer = await self.client.get("/health/ready")
        return answer.status_code, answer.json()

    async def events(self) -> httpx.Response:
        """An ordinary question."""
        return await self.client.get("/epcis/events", headers=self.headers)

    async def capture(self) -> httpx.Response:
        """An ordinary deed."""
        return await self.client.post("/epcis/capture", json=document(made([], [quantity(lot(FLOUR, "F1"), 1)])), headers=self.headers)


@pytest.fixture
async def plant(
    settings: Settings, firm: Firm, bearer: Callable[..., Awaitable[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Plant]:
    monkeypatch.setattr(http, "CHECK_SECONDS", PATIENT)
    ports = {name: urlsplit(getattr(settings, name).get_secret_value()).port or 0 for name in (*SECRETS, "redis_url")}
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(wire_to(ports["database_url"]))
        redis = await stack.enter_async_context(wire_to(ports["redis_url"]))
        wired = {
            name: SecretStr(getattr(settings, name).get_secret_value().replace(f":{port}/", f":{(redis if name == 'redis_url' else database).port}/"))
            for name, port in ports.items()
        }
        built = build_services(settings.model_copy(update=wired))
        stack.push_async_callback(built.close)
        identity = Identity(app=built.database, auth=built.auth_database, redis=built.redis, settings=built.settings)
        services = replace(built, identity=identity)
        transport = httpx.ASGITransport(app=cast(Any, create_app(services=services)), raise_app_exceptions=False)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://suyuan.test"))
        yield Plant(services, client, database, redis, await bearer(firm))


def told_to_try_again(answer: httpx.Response) -> bool:
    """A 503 in problem form, with when to try again and nothing about why."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, body["status"]) == (503, 503)
    assert int(answer.headers["Retry-After"]) == body["retryAfter"] > 0
    assert body["requestId"] == answer.headers["x-request-id"]
    assert not any(word in answer.text for word in ("postgres", "127.0.0.1", "suyuan_app", "asyncpg", "Errno"))
    return True


async def test_without_its_database_the_service_says_so_and_recovers_by_itself(plant: Plant) -> None:
    assert await plant.ready() == (200, READY)
    assert (await plant.capture()).status_code == 202
    plant.database.cut()
    assert await plant.ready() == (503, {"status": "unavailable", "parts": {"database": "unavailable", "redis": "ok"}})
    assert (await plant.client.get("/health/live")).status_code == 200
    assert told_to_try_again(await plant.events())
    assert told_to_try_again(await plant.capture())
    plant.database.mend()
    assert await plant.ready() == (200, READY)
    assert (await plant.capture()).status_code == 202
    assert len((await plant.events()).json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 2


async def test_without_redis_the_service_is_degraded_and_serves_all_the_same(plant: Plant) -> None:
    assert (await plant.events()).status_code == 200
    plant.redis.cut()
    assert await plant.ready() == (200, {"status": "degraded", "parts": {"database": "ok", "redis": "unavailable"}})
    assert (await plant.events()).status_code == 200
    assert (await plant.capture()).status_code == 202
    plant.redis.mend()
    assert await plant.ready() == (200, READY)


async def test_parts_that_fall_silent_are_given_up_on_in_time(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await plant.events()).status_code == 200
    monkeypatch.setattr(http, "CHECK_SECONDS", 0.2)
    monkeypatch.setattr(database_module, "ROLLBACK_SECONDS", 0.2)
    plant.database.silence()
    plant.redis.silence()
    async with asyncio.timeout(20):
        assert await plant.ready() == (503, {"status": "unavailable", "parts": {"database": "unavailable", "redis": "unavailable"}})
    monkeypatch.setattr(http, "CHECK_SECONDS", PATIENT)
    plant.database.restore()
    plant.redis.restore()
    assert await plant.ready() == (200, READY)
    assert (await plant.events()).status_code == 200


async def test_a_request_that_is_given_up_on_a_silent_database_leaves_its_connection_behind(
    plant: Plant, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "ROLLBACK_SECONDS", 0.2)
    entered = asyncio.Event()

    async def use() -> None:
        async with plant.services.database.tenant(firm.tenant_id, gate=Gate.EXCLUSIVE) as tx:
            plant.database.silence()
            entered.set()
            await tx.fetchval("select count(*) from event where tenant_id = $1")

    task = asyncio.create_task(use())
    await entered.wait()
    await asyncio.sleep(0)
    task.cancel()
    async with asyncio.timeout(20):
        await asyncio.wait({task})
    assert task.cancelled()
    plant.database.restore()
    # Its gate is open again, and the next one gets a connection of his own.
    async with plant.services.database.tenant(firm.tenant_id, gate=Gate.EXCLUSIVE) as tx:
        assert await tx.fetchval("select count(*) from event where tenant_id = $1") == 0


async def test_an_outage_in_the_middle_of_a_capture_stores_all_of_it_or_nothing(plant: Plant) -> None:
    for moment in range(12):
        capturing = asyncio.create_task(plant.capture())
        for _ in range(moment * 4):
            await asyncio.sleep(0)
        plant.database.cut()
        answer = await capturing
        plant.database.mend()
        assert answer.status_code in (202, 503)
    events = (await plant.client.get("/epcis/events?perPage=100", headers=plant.headers)).json()
    jobs = (await plant.client.get("/epcis/capture?perPage=100", headers=plant.headers)).json()
    assert len(events["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == sum(job["accepted"] for job in jobs)
