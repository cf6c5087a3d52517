"""How often a password may be tried, with Redis and without, in parallel and by name or address."""

import asyncio
import ipaddress
import secrets
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from tenants.errors import SignInRefusedError, TooManyFailuresError
from tenants.service import Caller, Identity
from tenants.throttle import ACCOUNT_FAILURES, ACCOUNT_FAILURES_IN_WINDOW, ADDRESS_FAILURES_IN_WINDOW
from tests.tenants.companies import PASSWORD, Company, Superuser

WRONG = "another password altogether"


@pytest.fixture(params=["with redis", "without redis"])
def process(request: pytest.FixtureRequest, identity: Identity, identity_without_redis: Identity) -> Identity:
    return identity if request.param == "with redis" else identity_without_redis


def elsewhere(caller: Caller) -> Caller:
    return replace(caller, address=str(ipaddress.IPv4Address(secrets.randbits(32))))


async def fail(process: Identity, login: str, caller: Caller, times: int) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefusedError):
            await process.sign_in(login, WRONG, caller=caller)


async def let_the_window_pass(superuser: Superuser, redis: Redis) -> None:
    await superuser.execute("update sign_in_attempt set window_started_at = window_started_at - interval '15 minutes'")
    await redis.flushdb()


@pytest.mark.parametrize("known", [True, False])
async def test_a_name_is_refused_after_ten_failures_known_or_not(process: Identity, company: Company, caller: Caller, known: bool) -> None:
    login = company.login if known else "nobody-" + company.login
    await fail(process, login, caller, ACCOUNT_FAILURES_IN_WINDOW)
    for password in (WRONG, PASSWORD):
        with pytest.raises(TooManyFailuresError) as refusal:
            await process.sign_in(login, password, caller=elsewhere(caller))
        assert refusal.value.status == 429
        assert 0 < refusal.value.detail["retry_after"] <= 900


async def test_parallel_attempts_do_not_slip_through(process: Identity, company: Company, caller: Caller) -> None:
    attempts = [process.sign_in(company.login, WRONG, caller=caller) for _ in range(30)]
    outcomes = [type(outcome) for outcome in await asyncio.gather(*attempts, return_exceptions=True)]
    assert outcomes.count(SignInRefusedError) == ACCOUNT_FAILURES_IN_WINDOW
    assert outcomes.count(TooManyFailuresError) == 30 - ACCOUNT_FAILURES_IN_WINDOW


async def test_the_window_passes(process: Identity, company: Company, caller: Caller, superuser: Superuser, redis: Redis) -> None:
    await fail(process, company.login, caller, ACCOUNT_FAILURES_IN_WINDOW)
    with pytest.raises(TooManyFailuresError):
        await process.sign_in(company.login, PASSWORD, caller=caller)
    await let_the_window_pass(superuser, redis)
    assert (await process.sign_in(company.login, PASSWORD, caller=caller)).principal.actor_id == company.member.person_id


async def test_success_lets_the_name_start_afresh(process: Identity, company: Company, caller: Caller) -> None:
    for _ in range(3):
        await fail(process, company.login, caller, ACCOUNT_FAILURES_IN_WINDOW - 1)
        await process.sign_in(company.login, PASSWORD, caller=caller)


async def test_one_name_does_not_hinder_another(process: Identity, company: Company, caller: Caller) -> None:
    await fail(process, "nobody-" + company.login, caller, ACCOUNT_FAILURES_IN_WINDOW)
    assert (await process.sign_in(company.login, PASSWORD, caller=caller)).principal.actor_id == company.member.person_id


async def test_after_a_hundred_failures_the_password_is_of_no_use_until_the_block_is_lifted(
    process: Identity, company: Company, caller: Caller, superuser: Superuser, redis: Redis
) -> None:
    refused = 0
    for _ in range(ACCOUNT_FAILURES // ACCOUNT_FAILURES_IN_WINDOW + 1):
        for _ in range(ACCOUNT_FAILURES_IN_WINDOW):
            with pytest.raises((SignInRefusedError, TooManyFailuresError)) as refusal:
                await process.sign_in(company.login, WRONG, caller=elsewhere(caller))
            refused += refusal.type is SignInRefusedError
        await let_the_window_pass(superuser, redis)
    assert refused == ACCOUNT_FAILURES
    with pytest.raises(TooManyFailuresError):
        await process.sign_in(company.login, PASSWORD, caller=elsewhere(caller))
    await process.throttle.lift(company.login)
    assert (await process.sign_in(company.login, PASSWORD, caller=caller)).principal.actor_id == company.member.person_id


async def test_an_address_is_refused_after_a_hundred_failures_with_ever_new_names(process: Identity, company: Company, caller: Caller) -> None:
    for index in range(ADDRESS_FAILURES_IN_WINDOW):
        await fail(process, f"{index}-{company.login}", caller, 1)
    with pytest.raises(TooManyFailuresError):
        await process.sign_in(company.login, PASSWORD, caller=caller)
    await process.sign_in(company.login, PASSWORD, caller=elsewhere(caller))


async def test_an_address_does_not_clear_its_failures_with_an_account_of_its_own(process: Identity, company: Company, caller: Caller) -> None:
    for index in range(ADDRESS_FAILURES_IN_WINDOW):
        if index % 10 == 0:
            await process.sign_in(company.login, PASSWORD, caller=caller)
        await fail(process, f"{index}-{company.login}", caller, 1)
    with pytest.raises(TooManyFailuresError):
        await process.sign_in(company.login, PASSWORD, caller=caller)


async def test_an_ipv6_customer_counts_as_one_address(process: Identity, company: Company) -> None:
    network = ipaddress.IPv6Address((0x20010DB8 << 96) | (secrets.randbits(32) << 64))
    for index in range(ADDRESS_FAILURES_IN_WINDOW):
        await fail(process, f"{index}-{company.login}", Caller(address=str(network + secrets.randbits(60))), 1)
    with pytest.raises(TooManyFailuresError):
        await process.sign_in(company.login, PASSWORD, caller=Caller(address=str(network + 1)))


async def test_losing_redis_in_between_forgets_no_failure(
    identity: Identity, identity_without_redis: Identity, company: Company, caller: Caller, redis: Redis
) -> None:
    await fail(identity, company.login, caller, 5)
    await redis.flushdb()
    await fail(identity_without_redis, company.login, caller, 3)
    await fail(identity, company.login, caller, 2)
    with pytest.raises(TooManyFailuresError):
        await identity.sign_in(company.login, PASSWORD, caller=caller)


async def test_the_counters_do_not_tell_whose_they_are(process: Identity, company: Company, caller: Caller, superuser: Superuser) -> None:
    await fail(process, company.login, caller, 1)
    rows = await superuser.fetch("select a::text as row from sign_in_attempt a")
    assert not [row for row in rows if company.login in row["row"] or caller.address in row["row"]]
