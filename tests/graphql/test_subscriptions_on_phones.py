"""A phone's WebSocket: opened with a proof of its key, refused without, and standing as long as the phone does."""

import time
from typing import Any

import httpx
import pytest
from litestar import Litestar

from backend.services import Services
from tenants.devices.errors import DeviceRevokedError
from tenants.errors import SessionEndedError, TokenInvalidError
from tenants.service import Caller
from tests.firms import Firm
from tests.graphql.sockets import Socket
from tests.handsets import Handset, colleague, enrolled, revoke, with_badge

FEED = "subscription { eventFeed { cursor } }"
PATH = "/graphql"


@pytest.fixture
async def handset(services: Services, client: httpx.AsyncClient, firm: Firm) -> Handset:
    """A phone with somebody on it."""
    phone = await enrolled(services, client, firm)
    badge = await with_badge(services, firm, await colleague(services, firm))
    assert (await phone.switch(badge=badge)).is_success
    return phone


def first_message(phone: Handset, **changes: Any) -> dict[str, Any]:
    payload = {"authorization": f"DPoP {phone.token}", "dpop": phone.proof("GET", PATH, token=phone.token)} | changes
    return {"type": "connection_init", "payload": {name: value for name, value in payload.items() if value is not None}}


async def answers(app: Litestar, message: dict[str, Any]) -> tuple[list[dict[str, Any]], int | None]:
    """What comes until the connection is signed in or ended, and the code of its end."""
    async with Socket(app) as socket:
        await socket.send(message)
        told: list[dict[str, Any]] = []
        while socket.closed is None and (not told or told[-1]["type"] != "connection_ack"):
            told.append(await socket.receive())
        return [each for each in told if each], socket.closed


async def test_a_phone_is_signed_in_by_a_proof_and_may_what_it_may_elsewhere(app: Litestar, handset: Handset) -> None:
    async with Socket(app) as socket:
        await socket.send(first_message(handset))
        assert (await socket.receive())["type"] == "connection_ack"
        await socket.subscribe(FEED)
        refused = await socket.receive()
        # The feed isn't among a phone's permissions; that it was asked for shows who is known to ask.
        assert refused["payload"][0]["extensions"]["code"] == "PERMISSION_DENIED"
        assert "events.read" in refused["payload"][0]["message"]


async def test_without_a_proof_of_this_very_request_the_connection_ends(
    app: Litestar, services: Services, client: httpx.AsyncClient, firm: Firm, handset: Handset
) -> None:
    other = await enrolled(services, client, firm)
    token = handset.token
    used = handset.proof("GET", PATH, token=token)
    assert (await answers(app, first_message(handset, dpop=used)))[1] is None
    wrong: list[dict[str, Any]] = [
        {"dpop": None},
        {"dpop": ""},
        {"dpop": 5},
        {"dpop": used},
        {"dpop": handset.proof("POST", PATH, token=token)},
        {"dpop": handset.proof("GET", "/auth/me", token=token)},
        {"dpop": handset.proof("GET", PATH)},
        {"dpop": handset.proof("GET", PATH, token=other.token)},
        {"dpop": other.proof("GET", PATH, token=token)},
        {"authorization": f"Bearer {token}"},
        {"authorization": f"DPoP {other.token}"},
        {"authorization": "DPoP "},
    ]
    for changes in wrong:
        assert await answers(app, first_message(handset, **changes)) == ([], 4403), changes


async def test_a_bearers_token_is_not_taken_with_a_proof(app: Litestar, handset: Handset, bearer: Any, firm: Firm) -> None:
    token = (await bearer(firm))["Authorization"].partition(" ")[2]
    message = first_message(handset, authorization=f"DPoP {token}", dpop=handset.proof("GET", PATH, token=token))
    assert await answers(app, message) == ([], 4403)


async def test_a_phone_with_a_wrong_clock_is_given_a_nonce_and_comes_again(app: Litestar, handset: Handset) -> None:
    late = handset.proof("GET", PATH, token=handset.token, iat=int(time.time()) - 3_600)
    [ping], closed = await answers(app, first_message(handset, dpop=late))
    assert (ping["type"], closed) == ("ping", 4403)
    nonce = ping["payload"]["dpopNonce"]
    again = handset.proof("GET", PATH, token=handset.token, iat=int(time.time()) - 3_600, nonce=nonce)
    [ack], closed = await answers(app, first_message(handset, dpop=again))
    assert (ack["type"], closed) == ("connection_ack", None)


async def test_an_open_connection_stands_as_long_as_phone_and_shift(
    services: Services, client: httpx.AsyncClient, firm: Firm, handset: Handset, bearer: Any
) -> None:
    devices, caller = services.identity.devices, Caller(address="192.0.2.8")
    assert (await devices.authenticate_again(handset.token, caller=caller)).display_name == "Han Meimei"
    with pytest.raises(TokenInvalidError):
        await devices.authenticate_again((await bearer(firm))["Authorization"].partition(" ")[2], caller=caller)
    before, alone = handset.token, await enrolled(services, client, firm)
    assert (await handset.ask("POST", "/auth/sign-out")).is_success
    with pytest.raises(SessionEndedError):
        await devices.authenticate_again(before, caller=caller)
    assert (await devices.authenticate_again(alone.token, caller=caller)).display_name == "Phone 1"
    await revoke(services, firm, alone)
    with pytest.raises(DeviceRevokedError):
        await devices.authenticate_again(alone.token, caller=caller)
