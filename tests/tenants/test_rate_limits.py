"""Buckets, in Redis and in the process: what is charged, what is left, when to come again, and that a refusal charges nothing."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast
from uuid import uuid4

import pytest
from litestar.connection import ASGIConnection
from redis.asyncio import Redis

from backend.services import Services
from infra.settings import Settings
from tenants.limits import buckets as module
from tenants.limits.addresses import network_of
from tenants.limits.buckets import Buckets, Charge, Level
from tenants.limits.edge import announced_length, limit_field, policy_field
from tenants.limits.errors import QUOTA_EXCEEDED, RateLimitedError
from tenants.limits.policies import Policy, limits_for
from tenants.limits.service import RateLimits, refuse_over
from tenants.optional_redis import OptionalRedis
from tests.firms import Firm

# So slow that nothing comes back while a test runs: a unit in 1,000 seconds.
SLOW = Policy("slow", 10, 10_000)
NARROW = Policy("narrow", 3, 3_000)


@pytest.fixture(params=["with Redis", "without Redis"])
def buckets(request: pytest.FixtureRequest, services: Services) -> Buckets:
    return Buckets(OptionalRedis(services.redis if request.param == "with Redis" else None))


@pytest.fixture
async def absent() -> AsyncIterator[Redis]:
    redis = Redis(port=1, socket_connect_timeout=0.2)
    yield redis
    await redis.aclose()


def key(name: str = "") -> str:
    return f"suyuan:limit:{{{uuid4().hex}}}:{name}"


async def remaining(buckets: Buckets, charge: Charge) -> int:
    [level] = await buckets.take([Charge(charge.key, charge.policy, 0)])
    return level.remaining


async def test_a_bucket_gives_its_quota_and_then_says_when_the_next_unit_is_there(buckets: Buckets) -> None:
    charge = Charge(key(), SLOW)
    levels = [(await buckets.take([charge]))[0] for _ in range(12)]
    assert [level.remaining for level in levels] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]
    assert [level.wait > 0 for level in levels] == [False] * 10 + [True] * 2
    assert 990 < levels[10].wait <= 1_000
    assert 9_990 < levels[10].full_in <= 10_000


async def test_costs_count_and_a_refusal_takes_nothing(buckets: Buckets) -> None:
    charge = Charge(key(), SLOW, 7)
    assert (await buckets.take([charge]))[0].remaining == 3
    [refused] = await buckets.take([charge])
    assert (refused.remaining, 3_990 < refused.wait <= 4_000) == (3, True)
    assert await remaining(buckets, charge) == 3
    [emptied] = await buckets.take([Charge(charge.key, SLOW, 3)])
    assert (emptied.remaining, emptied.wait, 9_990 < emptied.full_in < 10_000.001) == (0, 0.0, True)


async def test_all_buckets_are_charged_or_none(buckets: Buckets) -> None:
    wide, narrow = Charge(key("wide"), SLOW, 2), Charge(key("narrow"), NARROW, 2)
    assert [level.remaining for level in await buckets.take([wide, narrow])] == [8, 1]
    first, second = await buckets.take([wide, narrow])
    assert (first.wait, second.wait > 0) == (0.0, True)
    assert (await remaining(buckets, wide), await remaining(buckets, narrow)) == (8, 1)


async def test_a_cost_above_the_quota_passes_when_the_bucket_is_full(buckets: Buckets) -> None:
    charge = Charge(key(), SLOW, 1_000)
    [emptied] = await buckets.take([charge])
    assert (emptied.remaining, emptied.wait, 9_990 < emptied.full_in < 10_000.001) == (0, 0.0, True)
    assert (await buckets.take([charge]))[0].wait > 9_000


async def test_a_forced_charge_empties_the_bucket_and_makes_no_debt(buckets: Buckets) -> None:
    charge = Charge(key(), SLOW, 8)
    for _ in range(3):
        [level] = await buckets.take([charge], force=True)
    assert (level.remaining, level.wait) == (0, 0.0)
    [refused] = await buckets.take([Charge(charge.key, SLOW, 1)])
    assert 990 < refused.wait <= 1_000


async def test_a_bucket_fills_as_time_passes(buckets: Buckets) -> None:
    fast = Policy("fast", 1_000_000, 1)
    charge = Charge(key(), fast, 1_000_000)
    await buckets.take([charge])
    for _ in range(200):
        [level] = await buckets.take([Charge(charge.key, fast, 100)])
        if not level.wait:
            return
    pytest.fail("a million units a second don't come back")


async def test_a_bucket_written_under_a_slower_policy_is_at_most_empty(buckets: Buckets) -> None:
    charge = Charge(key(), SLOW, 10)
    await buckets.take([charge])
    [level] = await buckets.take([Charge(charge.key, Policy("slow", 10, 100), 1)])
    assert (level.remaining, 9 < level.wait <= 10) == (0, True)


async def test_processes_share_the_buckets_of_redis(services: Services) -> None:
    one, other = Buckets(OptionalRedis(services.redis)), Buckets(OptionalRedis(services.redis))
    charge = Charge(key(), SLOW, 6)
    assert (await one.take([charge]))[0].remaining == 4
    assert (await other.take([charge]))[0].wait > 0


async def test_a_bucket_is_forgotten_by_redis_once_it_is_full(services: Services) -> None:
    charge = Charge(key(), SLOW, 5)
    await Buckets(OptionalRedis(services.redis)).take([charge])
    assert 4_990_000 < await services.redis.pttl(charge.key) <= 5_001_000


async def test_a_script_that_redis_has_forgotten_is_sent_again(services: Services) -> None:
    buckets = Buckets(OptionalRedis(services.redis))
    charge = Charge(key(), SLOW)
    await buckets.take([charge])
    await services.redis.script_flush()
    assert (await buckets.take([charge]))[0].remaining == 8


async def test_an_outage_of_redis_leaves_a_limit_standing(absent: Redis) -> None:
    buckets = Buckets(OptionalRedis(absent))
    charge = Charge(key(), SLOW)
    assert [(await buckets.take([charge]))[0].wait > 0 for _ in range(12)] == [False] * 10 + [True] * 2


async def test_what_the_process_remembers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 100)
    buckets = Buckets(OptionalRedis(None))
    for number in range(300):
        await buckets.take([Charge(f"address {number}", SLOW)])
    assert list(buckets._here) == [f"address {number}" for number in range(200, 300)]


async def test_a_caller_s_units_count_for_his_tenant_and_himself(services: Services, settings: Settings, firm: Firm, other_firm: Firm) -> None:
    tight = settings.model_copy(update={"limit_tenant_requests": 1_000, "limit_caller_requests": 600, "limit_tenant_bytes": 20_000_000})
    limits = RateLimits(OptionalRedis(services.redis), tight)
    first = await limits.charge_caller(firm.principal, units=500, content_bytes=15_000_000)
    assert [(level.policy.name, level.policy.quota, level.wait) for level in first] == [
        ("tenant", 1_000, 0.0),
        ("caller", 600, 0.0),
        ("content", 20_000_000, 0.0),
    ]
    with pytest.raises(RateLimitedError) as refused:
        refuse_over(await limits.charge_caller(firm.principal, units=550))
    assert refused.value.detail["problem"] == {"type": QUOTA_EXCEEDED, "violated-policies": ["tenant", "caller"]}
    refuse_over(await limits.charge_caller(other_firm.principal, units=600))


def test_a_sandbox_gets_a_quarter_and_still_takes_the_largest_document(settings: Settings, firm: Firm) -> None:
    given = settings.model_copy(update={"limit_tenant_requests": 1_000, "limit_caller_requests": 600, "limit_tenant_bytes": 20_000_000})
    live = limits_for(given, firm.principal)
    sandbox = limits_for(given, replace(firm.principal, sandbox=True))
    assert (live.tenant.quota, live.caller.quota, live.content.quota) == (1_000, 600, 20_000_000)
    assert (sandbox.tenant.quota, sandbox.caller.quota, sandbox.content.quota) == (250, 150, settings.capture_max_bytes)


def test_fields_are_written_as_the_draft_says() -> None:
    levels = [Level(Policy("tenant", 100, 10), 99, 0.1), Level(Policy("content", 5_000, 60, "content-bytes"), 0, 60.0, 12.2)]
    assert policy_field(levels) == '"tenant";q=100;w=10, "content";q=5000;qu="content-bytes";w=60'
    assert limit_field(levels) == '"tenant";r=99;t=1, "content";r=0;t=13'


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("unix", "unix"),
    ],
)
def test_an_address_counts_as_its_network(address: str, counted: str) -> None:
    assert network_of(address) == counted


@pytest.mark.parametrize(
    ("headers", "length"),
    [
        ([], 0),
        ([(b"content-length", b"12")], 12),
        ([(b"transfer-encoding", b"chunked")], 1_000_000),
    ],
)
def test_a_body_counts_by_the_length_that_it_announces(headers: list[tuple[bytes, bytes]], length: int) -> None:
    scope = {"type": "http", "headers": headers}
    assert announced_length(ASGIConnection(cast(Any, scope))) == length
