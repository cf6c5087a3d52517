"""How fast one address may ask, with Redis and without, and that guessing costs more than scanning."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx
import pytest
from redis.asyncio import Redis

from backend.history import rate_limit
from backend.history.rate_limit import CAPACITY, MISS_COST, PAGE_COST, PageRateLimit
from backend.services import Services
from tenants.optional_redis import OptionalRedis
from tests.firms import Firm
from tests.history.markup import text_of
from tests.history.stories import LOT_PATH

Visit = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture(params=["with Redis", "without Redis"])
def limit(request: pytest.FixtureRequest, services: Services, monkeypatch: pytest.MonkeyPatch) -> PageRateLimit:
    monkeypatch.setattr(rate_limit, "REFILL_PER_SECOND", 0.5)
    monkeypatch.setattr(rate_limit, "CAPACITY", 10)
    return PageRateLimit(OptionalRedis(services.redis if request.param == "with Redis" else None))


async def taken(limit: PageRateLimit, address: str, most: int = 50) -> int:
    for number in range(most):
        if await limit.take(address):
            return number
    return most


async def test_a_bucket_empties_and_says_when_to_come_again(limit: PageRateLimit) -> None:
    address = f"host-{uuid4().hex}"
    assert await taken(limit, address) == 10
    assert await limit.take(address) in (1, 2)


async def test_a_miss_costs_as_much_as_ten_pages(limit: PageRateLimit) -> None:
    address = f"host-{uuid4().hex}"
    assert (await limit.take(address), PAGE_COST + MISS_COST) == (0, 10)
    await limit.charge_for_miss(address)
    assert await limit.take(address) > 0


async def test_a_bucket_fills_again(limit: PageRateLimit, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"host-{uuid4().hex}"
    await taken(limit, address)
    monkeypatch.setattr(rate_limit, "REFILL_PER_SECOND", 100_000.0)
    assert await limit.take(address) == 0


async def test_neighbours_of_an_ipv6_network_share_a_bucket_and_others_do_not(limit: PageRateLimit) -> None:
    network = f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}"
    assert await taken(limit, f"{network}::1") == 10
    assert await limit.take(f"{network}:ffff::2") > 0
    assert await limit.take(f"2001:db8:{uuid4().hex[:4]}::1") == 0


async def test_an_ipv4_address_is_the_same_when_it_is_written_as_ipv6(limit: PageRateLimit) -> None:
    number = uuid4().int
    address = f"10.{number % 256}.{number // 256 % 256}.{number // 65_536 % 256}"
    assert await taken(limit, address) == 10
    assert await limit.take(f"::ffff:{address}") > 0


async def test_an_outage_of_redis_leaves_a_limit_standing() -> None:
    absent = Redis(port=1, socket_connect_timeout=0.2)
    limit = PageRateLimit(OptionalRedis(absent))
    assert await taken(limit, "198.51.100.7", most=CAPACITY + 20) <= CAPACITY + 5
    await absent.aclose()


async def test_the_memory_of_addresses_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "_REMEMBERED", 100)
    limit = PageRateLimit(OptionalRedis(None))
    for number in range(300):
        await limit.take(f"address {number}")
    assert len(limit._local) == 100


async def test_too_many_requests_are_answered_with_a_page_that_says_when_to_come_again(visit: Visit, maker: Firm) -> None:
    answers = [await visit(maker, LOT_PATH, accept_language="en") for _ in range(CAPACITY + 30)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert {answer.status_code for answer in answers[:CAPACITY]} == {200}
    assert refused
    assert int(refused[0].headers["retry-after"]) >= 1
    assert "Too many requests" in text_of(refused[0])


async def test_guessing_serials_is_stopped_long_before_scanning_would_be(visit: Visit, maker: Firm) -> None:
    statuses = [(await visit(maker, f"{LOT_PATH}/21/{number}")).status_code for number in range(30)]
    assert statuses[0] == 404
    assert 429 in statuses
    assert statuses.index(429) <= CAPACITY // (PAGE_COST + MISS_COST) + 3
