"""The limits on signing in over HTTP: an address that the caller makes up helps nobody, and blocks nobody else."""

import secrets
from collections import Counter
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest

from backend.services import Services
from mobile_api.app import create_app
from tenants.service import Identity
from tenants.throttle import ACCOUNT_FAILURES_IN_WINDOW, ADDRESS_FAILURES_IN_WINDOW


def address() -> str:
    """Somebody's own network."""
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"


def door(services: Services, *, proxies: int, peer: str) -> httpx.AsyncClient:
    """A client whose connection comes from `peer`, to a service behind so many proxies."""
    settings = services.settings.model_copy(update={"trusted_proxies": proxies})
    own = services.identity
    identity = Identity(app=own.app, auth=own.auth, redis=services.redis, settings=settings, passwords=own.passwords)
    app = create_app(services=replace(services, settings=settings, identity=identity))
    transport = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False, client=(peer, 50_000))
    return httpx.AsyncClient(transport=transport, base_url="http://suyuan.test")


async def statuses(client: httpx.AsyncClient, times: int, *, login: str | None = None, forwarded: str = "{made_up}") -> Counter[int]:
    """What so many wrong sign-ins are answered with, each with another address in X-Forwarded-For."""
    told: Counter[int] = Counter()
    for _ in range(times):
        body = {"login": login or f"{secrets.token_hex(8)}@example.com", "password": "a lamp, a river, nine cranes"}
        headers = {"X-Forwarded-For": forwarded.format(made_up=address())}
        told[(await client.post("/auth/sign-in", json=body, headers=headers)).status_code] += 1
    return told


@pytest.mark.parametrize(
    ("proxies", "forwarded"), [(0, "{made_up}"), (0, "{made_up}, {made_up}"), (1, "{made_up}, PEER"), (2, "{made_up}, PEER, 10.0.0.1")]
)
async def test_made_up_addresses_do_not_loosen_the_limit_of_an_address(services: Services, proxies: int, forwarded: str) -> None:
    peer = address()
    async with door(services, proxies=proxies, peer="10.0.0.2" if proxies else peer) as client:
        told = await statuses(client, ADDRESS_FAILURES_IN_WINDOW + 5, forwarded=forwarded.replace("PEER", peer))
    assert told == {401: ADDRESS_FAILURES_IN_WINDOW, 429: 5}


async def test_made_up_addresses_do_not_loosen_the_limit_of_an_account(services: Services) -> None:
    async with door(services, proxies=0, peer=address()) as client:
        told = await statuses(client, ACCOUNT_FAILURES_IN_WINDOW + 3, login=f"{secrets.token_hex(8)}@example.com")
    assert told == {401: ACCOUNT_FAILURES_IN_WINDOW, 429: 3}


async def test_behind_a_proxy_each_customer_counts_for_himself(services: Services) -> None:
    async with door(services, proxies=1, peer="10.0.0.3") as client:
        bad, good = address(), address()
        assert await statuses(client, ADDRESS_FAILURES_IN_WINDOW + 1, forwarded=bad) == {401: ADDRESS_FAILURES_IN_WINDOW, 429: 1}
        assert await statuses(client, 3, forwarded=good) == {401: 3}
