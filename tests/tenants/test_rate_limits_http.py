"""Limits at the edge: who is charged for what, how a refusal looks, that it has changed nothing, and whom it doesn't touch."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from backend.services import Services
from mobile_api.app import create_app
from tenants.limits import policies
from tenants.limits.errors import QUOTA_EXCEEDED
from tenants.service import Identity
from tests.epcis.test_rest import document
from tests.factories import made
from tests.firms import Firm
from tests.graphql.sockets import Socket

Bearer = Callable[..., Awaitable[dict[str, str]]]
Opened = AbstractAsyncContextManager[httpx.AsyncClient]
Open = Callable[..., Opened]
ME = "{ me { displayName } }"
FEED = "subscription { eventFeed { cursor } }"
DEAR = "query { events(first: 100) { nodes { objects(first: 5) { nodes { object { code } } } } } }"


@pytest.fixture(autouse=True)
def time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Buckets fill so slowly that nothing comes back while a test runs."""
    for name in ("REQUEST_SECONDS", "CONTENT_SECONDS", "ADDRESS_SECONDS"):
        monkeypatch.setattr(policies, name, 1_000_000)


@pytest.fixture
def limited(services: Services) -> Callable[..., Litestar]:
    """The service with limits of the test's own."""

    def build(**limits: int) -> Litestar:
        settings = services.settings.model_copy(update={f"limit_{name}": value for name, value in limits.items()})
        identity = Identity(app=services.database, auth=services.auth_database, redis=services.redis, settings=settings)
        return create_app(services=replace(services, settings=settings, identity=identity))

    return build


@pytest.fixture
def opened(limited: Callable[..., Litestar]) -> Open:
    """A client of it, at an address of its own."""

    @asynccontextmanager
    async def connect(*, address: str = "", **limits: int) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(app=cast(Any, limited(**limits)), raise_app_exceptions=False, client=(address or f"host-{uuid4().hex}", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:
            yield client

    return connect


async def graphql(client: httpx.AsyncClient, query: str, headers: dict[str, str] | None = None, accept: str = "application/json") -> httpx.Response:
    return await client.post("/graphql", json={"query": query}, headers={"Accept": accept, **(headers or {})})


def levels(answer: httpx.Response) -> dict[str, int]:
    """What is left of each policy, by the answer's field."""
    items = [item.split(";") for item in answer.headers["ratelimit"].split(", ")]
    return {name.strip('"'): int(remaining.removeprefix("r=")) for name, remaining, _ in items}


async def test_every_answer_to_a_caller_tells_his_limits(opened: Open, firm: Firm, bearer: Bearer) -> None:
    headers = await bearer(firm)
    async with opened(tenant_requests=20, caller_requests=10) as client:
        first = await client.get("/auth/me", headers=headers)
        assert first.headers["ratelimit-policy"] == '"tenant";q=20;w=1000000, "caller";q=10;w=1000000'
        assert first.headers["ratelimit"] == '"tenant";r=19;t=50000, "caller";r=9;t=100000'
        missing = await client.get("/epcis/events/none", headers=headers)
        assert (missing.status_code, levels(missing)) == (404, {"tenant": 18, "caller": 8})


async def test_a_caller_over_his_limit_is_refused_and_nothing_is_done(opened: Open, firm: Firm, bearer: Bearer) -> None:
    headers, colleague = await bearer(firm), await bearer(firm)
    async with opened(tenant_requests=10, caller_requests=2) as client:
        assert [(await client.get("/auth/me", headers=headers)).status_code for _ in range(2)] == [200, 200]
        refused = await client.get("/auth/me", headers=headers)
        assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
        told = refused.json()
        assert (told["type"], told["code"], told["violated-policies"], told["status"]) == (QUOTA_EXCEEDED, "RATE_LIMITED", ["caller"], 429)
        assert int(refused.headers["retry-after"]) == told["retryAfter"]
        assert 499_000 < told["retryAfter"] <= 500_000
        assert refused.headers["ratelimit"] == f'"tenant";r=8;t=200000, "caller";r=0;t={told["retryAfter"]}'
        captured = await client.post("/epcis/capture", json=document(made(["urn:epc:id:sgtin:9506000.0134307.1"])), headers=headers)
        assert (captured.status_code, captured.json()["type"]) == (429, "epcisException:ImplementationException")
        found = await client.get("/epcis/events", headers=colleague)
        assert found.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"] == []


async def test_a_tenant_over_its_limit_leaves_other_tenants_alone(opened: Open, firm: Firm, other_firm: Firm, bearer: Bearer) -> None:
    sessions = [await bearer(firm) for _ in range(3)]
    stranger = await bearer(other_firm)
    async with opened(tenant_requests=4, caller_requests=2) as client:
        answers = [await client.get("/auth/me", headers=headers) for headers in sessions for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429, 429]
        assert answers[-1].json()["violated-policies"] == ["tenant"]
        assert (await client.get("/auth/me", headers=stranger)).status_code == 200


async def test_who_has_not_signed_in_is_counted_by_address_whatever_he_says_of_it(opened: Open) -> None:
    body = {"login": "nobody@example.com", "password": "x" * 20}
    async with opened(address_requests=3) as client:
        answers = [
            await client.post(
                "/auth/sign-in", json=body, headers={"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"}
            )
            for number in range(4)
        ]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
        assert [levels(answer) for answer in answers] == [{"address": 2}, {"address": 1}, {"address": 0}, {"address": 0}]
        assert answers[3].json()["violated-policies"] == ["address"]


async def test_tokens_that_do_not_hold_are_counted_by_address(opened: Open) -> None:
    async with opened(address_requests=3) as client:
        wrong = {"Authorization": "Bearer none"}
        answers = [await client.get("/auth/me", headers=wrong) for _ in range(2)] + [await graphql(client, ME, wrong) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
        assert (await client.get("/auth/me")).status_code == 429


async def test_health_and_metrics_are_not_counted(opened: Open) -> None:
    async with opened(address_requests=1) as client:
        answers = [await client.get(path) for path in ("/health/live", "/health/ready", "/metrics") for _ in range(2)]
        assert {answer.status_code for answer in answers} == {200}
        assert not any("ratelimit" in answer.headers for answer in answers)
        assert [(await client.get("/")).status_code for _ in range(2)] == [200, 429]


async def test_graphql_charges_by_cost_and_refuses_with_a_code(opened: Open, firm: Firm, bearer: Bearer) -> None:
    headers = await bearer(firm)
    async with opened(tenant_requests=1_000, caller_requests=20) as client:
        cheap = await graphql(client, ME, headers)
        assert (cheap.status_code, levels(cheap)["caller"]) == (200, 19)
        dear = await graphql(client, DEAR, headers)
        cost = dear.json()["extensions"]["cost"]["requested"]
        assert cost > 200
        assert levels(dear)["caller"] == max(0, 18 - cost // 100)
        refused = await graphql(client, DEAR, headers, accept="application/graphql-response+json")
        assert refused.status_code == 429
        [error] = refused.json()["errors"]
        assert (error["extensions"]["code"], str(error["extensions"]["retryAfter"])) == ("RATE_LIMITED", refused.headers["retry-after"])
        assert "data" not in refused.json()


async def test_graphql_over_the_limit_is_refused_before_it_is_read(opened: Open, firm: Firm, bearer: Bearer) -> None:
    headers = await bearer(firm)
    async with opened(caller_requests=1) as client:
        assert (await graphql(client, ME, headers)).status_code == 200
        refused = await graphql(client, "{ no graphql", headers)
        assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (429, "RATE_LIMITED")


async def test_bytes_are_counted_by_tenant(opened: Open, firm: Firm, other_firm: Firm, bearer: Bearer, services: Services) -> None:
    headers, stranger = await bearer(firm), await bearer(other_firm)
    whole = b" " * (services.settings.capture_max_bytes - 10)
    async with opened(tenant_bytes=1) as client:
        json_type = {"Content-Type": "application/json"}
        assert (await client.post("/epcis/capture", content=whole, headers={**headers, **json_type})).status_code == 400
        refused = await client.post("/epcis/capture", content=b" " * 20, headers={**headers, **json_type})
        assert refused.status_code == 429
        assert refused.headers["ratelimit-policy"].endswith('"content";q=10000000;qu="content-bytes";w=1000000')
        assert (await client.get("/auth/me", headers=headers)).status_code == 200
        assert (await client.post("/epcis/capture", content=b" " * 20, headers={**stranger, **json_type})).status_code == 400


async def test_subscriptions_are_charged_at_connecting_and_each(limited: Callable[..., Litestar], firm: Firm, bearer: Bearer) -> None:
    headers = await bearer(firm)
    app = limited(caller_requests=2)
    async with Socket(app) as socket:
        assert (await socket.start(headers["Authorization"]))["type"] == "connection_ack"
        await socket.subscribe(FEED, 1)
        await socket.subscribe(FEED, 2)
        refused = await asyncio.wait_for(socket.receive(), 5)
        assert (refused["id"], refused["type"], refused["payload"][0]["extensions"]["code"]) == ("2", "error", "RATE_LIMITED")
    async with Socket(app) as another:
        assert await another.start(headers["Authorization"]) == {}
        assert another.closed == 4403


async def test_connections_without_a_sign_in_are_counted_by_address(limited: Callable[..., Litestar]) -> None:
    app = limited(address_requests=1)
    elsewhere = {"x-forwarded-for": "198.51.100.200"}
    await app.state["identity"].limits.charge_address("192.0.2.1", units=1)
    async with Socket(app, headers=elsewhere) as refused:
        assert (refused.accepted, refused.closed) == (None, 4429)
