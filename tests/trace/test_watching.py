"""The subscription to a trace: what touches it is told, what doesn't isn't."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from litestar import Litestar

from backend.services import Services
from backend.trace import subscriptions, watching
from tests.factories import DOUGH, DUMPLING, FLOUR, MEAT, capture, declared_wrong, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm
from tests.graphql.conftest import Caller, anonymous, caller_of, owner
from tests.graphql.sockets import Socket

__all__ = ["anonymous", "caller_of", "owner"]

F1, D1, DO1, M1 = lot(FLOUR, "F-1"), lot(DUMPLING, "D-1"), lot(DOUGH, "DO-1"), lot(MEAT, "M-1")
WATCH = """subscription($key: String!, $direction: TraceDirection!, $after: String) {
  traceChanged(key: $key, direction: $direction, after: $after) { cursor nodeCount linkCount newNodes newLinks eventCount events { bizStep } } }"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polls quickly, so that tests don't wait."""
    monkeypatch.setattr(subscriptions, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(subscriptions, "QUIET_SECONDS", 0.3)


@pytest.fixture(params=["kept", "too large to be kept"])
def bound(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The closure is kept, or each event is followed to the root."""
    if request.param != "kept":
        monkeypatch.setattr(watching, "MOST_KEPT", 0)


def change(message: dict[str, Any]) -> dict[str, Any]:
    assert message["type"] == "next", message
    return dict(message["payload"]["data"]["traceChanged"])


async def watch(app: Litestar, owner: Caller, key: str, direction: str = "FORWARD") -> Socket:
    socket = Socket(app)
    await socket.__aenter__()
    await socket.start(owner.headers["Authorization"])
    await socket.subscribe(WATCH, key=key, direction=direction)
    await asyncio.sleep(0.3)
    return socket


@pytest.mark.usefixtures("bound")
async def test_what_touches_the_trace_is_told_together_and_nothing_else(app: Litestar, firm: Firm, services: Services, owner: Caller) -> None:
    await capture(services, firm.tenant_id, made(amounts=[quantity(F1, 100)]), transformed([F1], [DO1], 10))
    socket = await watch(app, owner, F1)
    await capture(services, firm.tenant_id, made(amounts=[quantity(M1, 5)]), transformed([M1], [lot(MEAT, "M-2")], 11))
    wrong = transformed([DO1], [D1], 20)
    await capture(services, firm.tenant_id, wrong, shipped([], [quantity(D1, 1)], minutes=30))
    found = change(await socket.receive())
    assert (found["nodeCount"], found["linkCount"], found["newNodes"], found["newLinks"], found["eventCount"]) == (5, 4, 2, 2, 2)
    assert [event["bizStep"] for event in found["events"]] == ["creating_class_instance", "shipping"]
    await capture(services, firm.tenant_id, declared_wrong(wrong))
    found = change(await socket.receive())
    assert (found["newNodes"], found["newLinks"], found["eventCount"]) == (-2, -2, 1)
    await socket.__aexit__()


@pytest.mark.usefixtures("bound")
async def test_units_and_what_lies_in_a_container_that_is_named_touch_their_lots_trace(
    app: Litestar, firm: Firm, services: Services, owner: Caller
) -> None:
    piece = f"https://id.gs1.org/01/{DUMPLING}/10/D-1/21/S"
    await capture(
        services, firm.tenant_id, transformed([F1], [D1], 10), made([piece], minutes=11), packed(sscc(1), [unit(DUMPLING, "S")], minutes=12),
        packed(sscc(2), [sscc(1)], minutes=13), made([sscc(9)], minutes=13),
    )  # fmt: skip
    socket = await watch(app, owner, F1)
    await capture(services, firm.tenant_id, shipped([sscc(9)], minutes=20), shipped([sscc(2)], minutes=21))
    found = change(await socket.receive())
    assert (found["eventCount"], found["newNodes"], found["newLinks"]) == (1, 0, 0)
    await socket.__aexit__()


async def test_it_goes_on_behind_a_cursor_and_tells_what_was_missed(app: Litestar, firm: Firm, services: Services, owner: Caller) -> None:
    await capture(services, firm.tenant_id, made(amounts=[quantity(F1, 100)]))
    socket = await watch(app, owner, F1, "BOTH")
    await capture(services, firm.tenant_id, transformed([F1], [DO1], 10))
    cursor = change(await socket.receive())["cursor"]
    await socket.__aexit__()
    await capture(services, firm.tenant_id, transformed([DO1], [D1], 20))
    async with Socket(app) as again:
        await again.start(owner.headers["Authorization"])
        await again.subscribe(WATCH, key=F1, direction="BOTH", after=cursor)
        assert change(await again.receive())["eventCount"] == 1


async def test_it_ends_with_the_session_and_refuses_what_a_trace_refuses(app: Litestar, firm: Firm, services: Services, owner: Caller) -> None:
    await capture(services, firm.tenant_id, made(amounts=[quantity(F1, 100)]))
    async with Socket(app) as socket:
        await socket.start(owner.headers["Authorization"])
        for number, (variables, code) in enumerate(
            (
                ({"key": lot(FLOUR, "nobody's")}, "OBJECT_NOT_FOUND"),
                ({"key": F1, "after": "%"}, "INVALID_INPUT"),
                ({"key": "x" * 3000}, "INVALID_INPUT"),
            )
        ):
            await socket.subscribe(WATCH, number, **{"direction": "FORWARD", **variables})
            message = await socket.receive()
            assert message["payload"]["errors"][0]["extensions"]["code"] == code
            assert (await socket.receive())["type"] == "complete"
    socket = await watch(app, owner, F1)
    await owner.ask("mutation { signOut(input: {}) { signedOut } }")
    assert (await socket.receive())["payload"]["errors"][0]["extensions"]["code"] == "SESSION_ENDED"
    await socket.__aexit__()


async def test_anothers_lot_is_as_unknown_as_one_that_does_not_exist(
    app: Litestar, other_firm: Firm, services: Services, firm: Firm, caller_of: Callable[..., Awaitable[Caller]]
) -> None:
    await capture(services, other_firm.tenant_id, made(amounts=[quantity(F1, 100)]))
    caller = await caller_of(firm)
    async with Socket(app) as socket:
        await socket.start(caller.headers["Authorization"])
        await socket.subscribe(WATCH, key=F1, direction="FORWARD")
        assert (await socket.receive())["payload"]["errors"][0]["extensions"]["code"] == "OBJECT_NOT_FOUND"
