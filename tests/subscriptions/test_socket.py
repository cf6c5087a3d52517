"""Named queries over WebSocket: events as they come or by schedule, to whom may be told them, for as long as he may."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Self
from urllib.parse import quote

import pytest
from litestar import Litestar

from backend.epcis.named_queries import socket as module
from tenants.permissions import Role
from tests.factories import FLOUR, lot, made, quantity
from tests.firms import Firm
from tests.subscriptions.conftest import Desk, Sit, received

Bearer = Callable[..., Awaitable[dict[str, str]]]


class Listening:
    """One connection to a named query; `closed` is the code with which the server ended it, `refused` its HTTP answer before it stood."""

    def __init__(self, app: Litestar, path: str, headers: dict[str, str], *, denial: bool = True) -> None:
        route, _, query = path.partition("?")
        self._app = app
        self._scope = {
            "type": "websocket", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "scheme": "ws", "path": route,
            "raw_path": quote(route).encode(), "query_string": query.encode(), "root_path": "", "client": ("192.0.2.1", 1),
            "server": ("suyuan.test", 80), "subprotocols": [], "state": {}, "extensions": {"websocket.http.response": {}} if denial else {},
            "headers": [(name.lower().encode(), value.encode()) for name, value in {"host": "suyuan.test", **headers}.items()],
        }  # fmt: skip
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self.refused: dict[str, Any] | None = None
        self.status: int | None = None
        self.closed: int | None = None

    async def __aenter__(self) -> Self:
        await self._to_server.put({"type": "websocket.connect"})
        self._task = asyncio.create_task(self._app(self._scope, self._to_server.get, self._from_server.put))  # type: ignore[arg-type] # ASGI's scope
        opened = await self.message()
        if opened["type"] == "websocket.http.response.start":
            self.status = opened["status"]
            self.refused = json.loads((await self.message())["body"])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._to_server.put({"type": "websocket.disconnect", "code": 1000})
        if self._task is not None:
            await asyncio.wait_for(asyncio.gather(self._task, return_exceptions=True), timeout=10)

    async def message(self) -> dict[str, Any]:
        """What the server says next."""
        message = await asyncio.wait_for(self._from_server.get(), timeout=20)
        if message["type"] == "websocket.close":
            self.closed = message["code"]
        return message

    async def say(self, text: str) -> None:
        """Say something that nobody asked for."""
        await self._to_server.put({"type": "websocket.receive", "text": text})

    async def events(self) -> list[str]:
        """The events of the next document."""
        results = json.loads((await self.message())["text"])["epcisBody"]["queryResults"]
        return [event["eventID"] for event in results["resultsBody"]["eventList"]]


Listen = Callable[..., Any]


@pytest.fixture
def listen(app: Litestar) -> Listen:
    @asynccontextmanager
    async def connect(desk: Desk, path: str, *, denial: bool = True, **headers: str) -> AsyncIterator[Listening]:
        async with Listening(app, f"/epcis{path}", {**desk.headers, **headers}, denial=denial) as listening:
            yield listening

    return connect


async def test_a_stream_tells_what_comes_and_nothing_else(desk: Desk, listen: Listen) -> None:
    await desk.name()
    await desk.capture(received(0))
    async with listen(desk, "/queries/shipped/events?stream=true") as listening:
        first = await desk.capture(received(1), made([], [quantity(lot(FLOUR, "X"), 1)]), received(2))
        assert await listening.events() == [first[0], first[2]]
        await listening.say("whatever")
        second = await desk.capture(received(3))
        assert await listening.events() == second


async def test_a_stream_goes_on_from_a_record_time(desk: Desk, listen: Listen) -> None:
    await desk.name()
    before = await desk.capture(*map(received, range(120)))
    async with listen(desk, "/queries/shipped/events?stream=true&initialRecordTime=2020-01-01T00:00:00Z") as listening:
        assert [*await listening.events(), *await listening.events()] == before


async def test_a_schedule_tells_at_its_turn_also_of_nothing(desk: Desk, listen: Listen) -> None:
    async with listen(desk, "/queries/SimpleEventQuery/events?second=0/10&reportIfEmpty=true") as listening:
        assert await listening.events() == []


async def test_documents_come_in_the_form_that_was_asked_for(desk: Desk, listen: Listen) -> None:
    async with listen(desk, "/queries/SimpleEventQuery/events?stream=true", Accept="application/xml") as listening:
        [event] = await desk.capture(received(1))
        text = (await listening.message())["text"]
        assert "EPCISQueryDocument" in text
        assert event in text


@pytest.mark.parametrize(
    ("path", "status", "name"),
    [
        ("/queries/shipped/events", 400, "SubscriptionControlsException"),
        ("/queries/shipped/events?stream=false", 400, "SubscriptionControlsException"),
        ("/queries/shipped/events?stream=maybe", 400, "SubscriptionControlsException"),
        ("/queries/shipped/events?stream=true&hour=1", 400, "SubscriptionControlsException"),
        ("/queries/shipped/events?stream=true&stream=true", 400, "SubscriptionControlsException"),
        ("/queries/shipped/events?hour=25", 400, "SubscriptionControlsException"),
        ("/queries/shipped/events?stream=true&initialRecordTime=now", 400, "SubscriptionControlsException"),
        ("/queries/shipped/events?stream=true&EQ_bizStep=shipping", 400, "SubscriptionControlsException"),
        ("/queries/nothing/events?stream=true", 404, "NoSuchNameException"),
        ("/queries/first/events?stream=true", 403, "SubscribeNotPermittedException"),
    ],
)
async def test_what_is_no_subscription_is_refused_before_the_connection_stands(desk: Desk, listen: Listen, path: str, status: int, name: str) -> None:
    await desk.name()
    await desk.name({"name": "first", "query": {"maxEventCount": 5}})
    async with listen(desk, path) as listening:
        assert listening.refused is not None
        assert (listening.status, listening.refused["type"]) == (status, f"epcisException:{name}")
    async with listen(desk, path, denial=False) as listening:
        assert listening.closed == 4000 + status


async def test_nobody_listens_without_a_sign_in_or_the_permission(sit: Sit, desk: Desk, firm: Firm, listen: Listen) -> None:
    worker = await sit(firm, Role.PARTNER)
    async with listen(worker, "/queries/SimpleEventQuery/events?stream=true") as listening:
        assert listening.status == 403
    for authorization in ("", "Bearer x", "Bearer "):
        async with listen(desk, "/queries/SimpleEventQuery/events?stream=true", Authorization=authorization) as listening:
            assert listening.status == 401


async def test_a_company_sees_its_own_events_alone(sit: Sit, desk: Desk, other_firm: Firm, listen: Listen) -> None:
    stranger = await sit(other_firm)
    async with listen(stranger, "/queries/SimpleEventQuery/events?stream=true") as listening:
        await desk.capture(received(1))
        own = await stranger.capture(received(2))
        assert await listening.events() == own


async def test_who_signs_out_is_told_nothing_more(sit: Sit, desk: Desk, firm: Firm, client: Any, listen: Listen) -> None:
    leaving = await sit(firm)
    async with listen(leaving, "/queries/SimpleEventQuery/events?stream=true") as listening:
        first = await desk.capture(received(1))
        assert await listening.events() == first
        assert (await client.post("/auth/sign-out", headers=leaving.headers)).status_code == 204
        await desk.capture(received(2))
        await listening.message()
        assert listening.closed == 4401


async def test_a_query_that_is_deleted_ends_its_connections(desk: Desk, listen: Listen) -> None:
    await desk.name()
    async with listen(desk, "/queries/shipped/events?stream=true") as listening:
        assert (await desk.ask("DELETE", "/queries/shipped")).status_code == 204
        await desk.capture(received(1))
        await listening.message()
        assert listening.closed == 4404


async def test_connections_of_a_company_are_bounded(desk: Desk, listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_OF_A_TENANT", 1)
    async with listen(desk, "/queries/SimpleEventQuery/events?stream=true"), listen(desk, "/queries/SimpleEventQuery/events?stream=true") as second:
        assert (second.status, second.refused["type"]) == (403, "epcisException:SubscribeNotPermittedException")
    async with listen(desk, "/queries/SimpleEventQuery/events?stream=true") as third:
        assert third.refused is None
