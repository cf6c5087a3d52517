"""The event feed over graphql-transport-ws."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from litestar import Litestar

from backend.events import subscriptions
from backend.services import Services
from tenants.permissions import Role
from tests.factories import FLOUR, capture, lot, made, quantity
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.graphql.sockets import Socket

FEED = "subscription($after: String) { eventFeed(after: $after) { cursor event { bizStep objects(first: 1) { nodes { object { code } } } } } }"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polls quickly, so that tests don't wait."""
    monkeypatch.setattr(subscriptions, "POLL_SECONDS", 0.05)


def _flour(number: int) -> dict[str, Any]:
    return made(amounts=[quantity(lot(FLOUR, f"F-{number}"), 1)])


def _code(message: dict[str, Any]) -> str:
    return str(message["payload"]["data"]["eventFeed"]["event"]["objects"]["nodes"][0]["object"]["code"])


async def test_feed_gives_what_is_committed_from_now_on_and_goes_on_behind_a_cursor(
    app: Litestar, firm: Firm, other_firm: Firm, services: Services, owner: Caller
) -> None:
    await capture(services, firm.tenant_id, _flour(0))
    async with Socket(app) as socket:
        assert (await socket.start(owner.headers["Authorization"]))["type"] == "connection_ack"
        assert socket.accepted == "graphql-transport-ws"
        await socket.subscribe(FEED)
        await asyncio.sleep(0.2)
        await capture(services, other_firm.tenant_id, _flour(9))
        await capture(services, firm.tenant_id, _flour(1), _flour(2))
        first, second = await socket.receive(), await socket.receive()
        assert (_code(first), _code(second)) == ("F-1", "F-2")
        await socket.subscribe(FEED, 2, after=first["payload"]["data"]["eventFeed"]["cursor"])
        again = await socket.receive()
        assert (again["id"], _code(again)) == ("2", "F-2")
        await socket.send({"type": "complete", "id": "1"})
        await socket.send({"type": "complete", "id": "2"})
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}


async def test_connection_without_a_token_that_holds_is_ended(app: Litestar, owner: Caller) -> None:
    for payload in ({}, {"authorization": "Bearer x"}, {"authorization": 5}, {"authorization": owner.headers["Authorization"][7:]}, None):
        async with Socket(app) as socket:
            await socket.send({"type": "connection_init", **({"payload": payload} if payload is not None else {})})
            assert await socket.receive() == {}
            assert socket.closed == 4403
    async with Socket(app) as socket:
        await socket.subscribe(FEED)
        assert await socket.receive() == {}
        assert socket.closed == 4401


async def test_only_the_current_protocol_from_this_site_is_spoken(app: Litestar) -> None:
    async with Socket(app, protocols=["graphql-ws"]) as socket:
        assert await socket.receive() == {}
        assert socket.closed == 4406
    async with Socket(app, headers={"origin": "https://evil.example"}) as socket:
        assert socket.accepted is None
        assert socket.closed == 1008


async def test_queries_and_mutations_do_not_go_over_the_socket(app: Litestar, owner: Caller) -> None:
    async with Socket(app) as socket:
        await socket.start(owner.headers["Authorization"])
        await socket.subscribe("{ me { roles } }")
        message = await socket.receive()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "WRONG_TRANSPORT")


async def test_feed_needs_its_permission_and_tells_faults_like_any_field(
    app: Litestar, firm: Firm, owner: Caller, caller_of: Callable[..., Awaitable[Caller]]
) -> None:
    worker = await caller_of(firm, Role.WORKER)
    async with Socket(app) as socket:
        await socket.start(worker.headers["Authorization"])
        await socket.subscribe(FEED)
        message = await socket.receive()
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "PERMISSION_DENIED")
    async with Socket(app) as socket:
        await socket.start(owner.headers["Authorization"])
        for number, (query, code) in enumerate((("subscription { nonsense }", "GRAPHQL_VALIDATION_FAILED"), (FEED, "INVALID_INPUT"))):
            await socket.subscribe(query, number, after="%")
            message = await socket.receive()
            told = message["payload"][0] if message["type"] == "error" else message["payload"]["errors"][0]
            assert told["extensions"]["code"] == code


async def test_feed_ends_with_the_session(app: Litestar, owner: Caller) -> None:
    async with Socket(app) as socket:
        await socket.start(owner.headers["Authorization"])
        await socket.subscribe(FEED)
        await asyncio.sleep(0.2)
        await owner.ask("mutation { signOut(input: {}) { signedOut } }")
        message = await socket.receive()
        assert message["payload"]["errors"][0]["extensions"]["code"] == "SESSION_ENDED"
        assert (await socket.receive())["type"] == "complete"


async def test_subscriptions_on_one_connection_are_few(app: Litestar, owner: Caller) -> None:
    async with Socket(app) as socket:
        await socket.start(owner.headers["Authorization"])
        for number in range(6):
            await socket.subscribe(FEED, number)
        message = await socket.receive()
        assert (message["id"], message["type"]) == ("5", "error")


async def test_broken_messages_end_the_connection_and_nothing_else(app: Litestar, owner: Caller) -> None:
    subscribe = '{"type": "subscribe", "id": "1", "payload": %s}'
    for message in (
        "x", "[]", "5", "{}", '{"type": "dance"}', "[" * 60_000, '"' + "x" * 70_000 + '"', '{"type": "subscribe", "id": []}',
        subscribe % '"x"', subscribe % "{}", subscribe % '{"query": 5}', subscribe % '{"query": "{a}", "variables": 5}',
        subscribe % '{"query": "{a}", "operationName": {}}',
    ):  # fmt: skip
        async with Socket(app) as socket:
            await socket.start(owner.headers["Authorization"])
            await socket.send(message)
            assert await socket.receive() == {}
            assert socket.closed == 4400, message[:50]
