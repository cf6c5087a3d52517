"""Sessions: refreshed, repeated, stolen, ended, and asked for while Redis is away."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis

from infra.ids import uuid7
from tenants.errors import SessionEndedError
from tenants.refresh_tokens import RefreshToken
from tenants.service import Caller, Identity, Tokens
from tests.tenants.companies import PASSWORD, Company, MakeCompany, Superuser


@pytest.fixture
async def tokens(identity: Identity, company: Company, caller: Caller) -> Tokens:
    return await identity.sign_in(company.login, PASSWORD, caller=caller)


async def age_rotation(superuser: Superuser, tokens: Tokens) -> None:
    """Let the grace pass."""
    await superuser.execute("update session set rotated_at = rotated_at - interval '11 seconds' where session_id = $1", tokens.principal.session_id)


async def test_a_refresh_gives_new_tokens_of_the_same_session(identity: Identity, tokens: Tokens, caller: Caller) -> None:
    renewed = await identity.refresh(tokens.refresh_token, caller=caller)
    assert renewed.refresh_token != tokens.refresh_token
    assert renewed.access_token != tokens.access_token
    assert renewed.principal == tokens.principal
    assert renewed.refresh_expires_at == tokens.refresh_expires_at
    assert await identity.authenticate(renewed.access_token, caller=caller) == tokens.principal


async def test_a_session_is_refreshed_again_and_again(identity: Identity, tokens: Tokens, caller: Caller, superuser: Superuser) -> None:
    seen = {tokens.refresh_token}
    for _ in range(5):
        await age_rotation(superuser, tokens)
        tokens = await identity.refresh(tokens.refresh_token, caller=caller)
        seen.add(tokens.refresh_token)
    assert len(seen) == 6


async def test_a_lost_answer_is_given_again_within_the_grace(identity: Identity, tokens: Tokens, caller: Caller) -> None:
    lost = await identity.refresh(tokens.refresh_token, caller=caller)
    again = await identity.refresh(tokens.refresh_token, caller=caller)
    assert again.refresh_token == lost.refresh_token
    assert (await identity.refresh(lost.refresh_token, caller=caller)).principal == tokens.principal


async def test_two_tabs_that_refresh_at_once_both_stay_signed_in(identity: Identity, tokens: Tokens, caller: Caller) -> None:
    one, two = await asyncio.gather(*(identity.refresh(tokens.refresh_token, caller=caller) for _ in range(2)))
    assert one.refresh_token == two.refresh_token
    assert (await identity.refresh(two.refresh_token, caller=caller)).principal == tokens.principal


async def test_a_token_used_after_the_grace_ends_the_whole_family(identity: Identity, tokens: Tokens, caller: Caller, superuser: Superuser) -> None:
    renewed = await identity.refresh(tokens.refresh_token, caller=caller)
    assert await identity.authenticate(renewed.access_token, caller=caller) == tokens.principal
    await age_rotation(superuser, tokens)
    thief = replace(caller, address="198.51.100.66", user_agent="a thief")
    with pytest.raises(SessionEndedError):
        await identity.refresh(tokens.refresh_token, caller=thief)
    with pytest.raises(SessionEndedError):
        await identity.refresh(renewed.refresh_token, caller=caller)
    for access_token in (tokens.access_token, renewed.access_token):
        with pytest.raises(SessionEndedError):
            await identity.authenticate(access_token, caller=caller)
    because = "select ended_because from session where session_id = $1"
    assert await superuser.fetchval(because, tokens.principal.session_id) == "refresh token reused"
    [entry] = await superuser.fetch("select * from audit_entry where tenant_id = $1 and reason is not null", tokens.principal.tenant_id)
    assert (entry["action"], entry["actor"], entry["actor_id"]) == ("session.ended", "suyuan", None)
    assert entry["after"] == '{"address":"198.51.100.66","device":"a thief"}'


async def test_a_token_older_than_the_last_ends_the_family_even_within_the_grace(identity: Identity, tokens: Tokens, caller: Caller) -> None:
    second = await identity.refresh(tokens.refresh_token, caller=caller)
    third = await identity.refresh(second.refresh_token, caller=caller)
    with pytest.raises(SessionEndedError):
        await identity.refresh(tokens.refresh_token, caller=caller)
    with pytest.raises(SessionEndedError):
        await identity.refresh(third.refresh_token, caller=caller)


async def test_reuse_in_one_session_leaves_the_persons_others_alone(
    identity: Identity, company: Company, tokens: Tokens, caller: Caller, superuser: Superuser
) -> None:
    other = await identity.sign_in(company.login, PASSWORD, caller=caller)
    await identity.refresh(tokens.refresh_token, caller=caller)
    await age_rotation(superuser, tokens)
    with pytest.raises(SessionEndedError):
        await identity.refresh(tokens.refresh_token, caller=caller)
    assert (await identity.refresh(other.refresh_token, caller=caller)).principal == other.principal


async def test_a_refresh_token_that_names_another_tenant_or_family_is_refused_and_harms_nobody(
    identity: Identity, make_company: MakeCompany, tokens: Tokens, caller: Caller
) -> None:
    other = await make_company()
    held = RefreshToken.parse(tokens.refresh_token)
    forged = [
        str(replace(held, tenant_public_id=other.tenant.public_id)),
        str(replace(held, selector=bytes(16))),
        str(RefreshToken.new(other.tenant.public_id)),
        str(RefreshToken.new(tokens.principal.session_id)),
    ]
    for text in [*forged, tokens.access_token, ""]:
        with pytest.raises(SessionEndedError):
            await identity.refresh(text, caller=caller)
    assert (await identity.refresh(tokens.refresh_token, caller=caller)).principal == tokens.principal


async def test_a_session_has_an_end(identity: Identity, tokens: Tokens, caller: Caller, superuser: Superuser) -> None:
    await superuser.execute("update session set expires_at = now() where session_id = $1", tokens.principal.session_id)
    with pytest.raises(SessionEndedError):
        await identity.refresh(tokens.refresh_token, caller=caller)
    with pytest.raises(SessionEndedError):
        await identity.authenticate(tokens.access_token, caller=caller)


async def test_a_deactivated_member_is_out(identity: Identity, tokens: Tokens, caller: Caller, superuser: Superuser) -> None:
    await superuser.execute("update membership set active = false where membership_id = $1", tokens.principal.membership_id)
    with pytest.raises(SessionEndedError):
        await identity.refresh(tokens.refresh_token, caller=caller)
    with pytest.raises(SessionEndedError):
        await identity.authenticate(tokens.access_token, caller=caller)


async def test_signing_out_voids_both_tokens_at_once_in_every_process(
    identity: Identity, identity_without_redis: Identity, tokens: Tokens, caller: Caller, company: Company
) -> None:
    other_session = await identity.sign_in(company.login, PASSWORD, caller=caller)
    principal = await identity.authenticate(tokens.access_token, caller=caller)
    await identity.sign_out(principal)
    for process in (identity, identity_without_redis):
        with pytest.raises(SessionEndedError):
            await process.authenticate(tokens.access_token, caller=caller)
    with pytest.raises(SessionEndedError):
        await identity.refresh(tokens.refresh_token, caller=caller)
    assert await identity.authenticate(other_session.access_token, caller=caller) == other_session.principal
    await identity.sign_out(principal)


async def test_ending_all_sessions_reaches_every_tenant_and_the_next_sign_in_works(
    identity: Identity, tokens: Tokens, company: Company, caller: Caller
) -> None:
    other = await identity.sign_in(company.login, PASSWORD, caller=caller)
    assert await identity.authenticate(other.access_token, caller=caller) == other.principal
    await identity.end_all_sessions(company.member.person_id)
    for opened in (tokens, other):
        with pytest.raises(SessionEndedError):
            await identity.authenticate(opened.access_token, caller=caller)
        with pytest.raises(SessionEndedError):
            await identity.refresh(opened.refresh_token, caller=caller)
    fresh = await identity.sign_in(company.login, PASSWORD, caller=caller)
    assert await identity.authenticate(fresh.access_token, caller=caller) == fresh.principal


async def test_a_standing_session_is_answered_from_the_cache_for_seconds_only(
    identity: Identity, tokens: Tokens, caller: Caller, redis: Redis
) -> None:
    await identity.authenticate(tokens.access_token, caller=caller)
    [key] = await redis.keys(f"suyuan:standing:*:{tokens.principal.session_id}")
    assert 0 < await redis.ttl(key) <= 10


async def test_redis_away_changes_no_answer(identity_without_redis: Identity, company: Company, caller: Caller) -> None:
    tokens = await identity_without_redis.sign_in(company.login, PASSWORD, caller=caller)
    principal = await identity_without_redis.authenticate(tokens.access_token, caller=caller)
    assert principal == tokens.principal
    renewed = await identity_without_redis.refresh(tokens.refresh_token, caller=caller)
    await identity_without_redis.sign_out(principal)
    for access_token in (tokens.access_token, renewed.access_token):
        with pytest.raises(SessionEndedError):
            await identity_without_redis.authenticate(access_token, caller=caller)


async def test_a_flushed_redis_opens_nothing(identity: Identity, tokens: Tokens, caller: Caller, redis: Redis) -> None:
    await identity.sign_out(await identity.authenticate(tokens.access_token, caller=caller))
    await redis.flushdb()
    with pytest.raises(SessionEndedError):
        await identity.authenticate(tokens.access_token, caller=caller)


async def test_what_was_cached_before_an_outage_is_not_believed_after_it(
    identity: Identity, company: Company, caller: Caller, redis: Redis, absent_redis: Redis
) -> None:
    """The outage hides a revocation from the cache; the process that saw the outage asks PostgreSQL until the cache has run out."""
    client = Redis(connection_pool=redis.connection_pool)
    process = Identity(app=identity.app, auth=identity.auth, redis=client, settings=identity.settings, passwords=identity.passwords)
    tokens = await process.sign_in(company.login, PASSWORD, caller=caller)
    principal = await process.authenticate(tokens.access_token, caller=caller)
    client.connection_pool = absent_redis.connection_pool
    await process.sign_out(principal)
    client.connection_pool = redis.connection_pool
    with pytest.raises(SessionEndedError):
        await process.authenticate(tokens.access_token, caller=caller)


async def test_a_damaged_cache_entry_is_ignored(identity: Identity, tokens: Tokens, caller: Caller, redis: Redis) -> None:
    await identity.authenticate(tokens.access_token, caller=caller)
    [key] = await redis.keys(f"suyuan:standing:*:{tokens.principal.session_id}")
    await redis.set(key, b'{"tenant_id": 1')
    assert await identity.authenticate(tokens.access_token, caller=caller) == tokens.principal


async def test_a_token_whose_claims_do_not_belong_together_is_refused(
    identity: Identity, tokens: Tokens, make_company: MakeCompany, caller: Caller
) -> None:
    principal, stranger = tokens.principal, (await make_company()).member
    true: dict[str, Any] = {
        "subject_id": principal.actor_id,
        "tenant_public_id": principal.tenant_public_id,
        "session_id": principal.session_id,
        "epoch": 0,
    }
    untrue: list[dict[str, Any]] = [
        {"session_id": uuid7()},
        {"tenant_public_id": uuid7()},
        {"subject_id": uuid7()},
        {"subject_id": stranger.person_id},
        {"epoch": 1},
        {"epoch": -1},
    ]
    for change in untrue:
        token = identity.access_tokens.issue(**(true | change))
        for _ in range(2):
            with pytest.raises(SessionEndedError):
                await identity.authenticate(token, caller=caller)


async def test_a_token_cannot_be_carried_into_another_tenant(identity: Identity, tokens: Tokens, make_company: MakeCompany, caller: Caller) -> None:
    other = await make_company()
    principal = tokens.principal
    carried = identity.access_tokens.issue(
        subject_id=principal.actor_id, tenant_public_id=other.tenant.public_id, session_id=principal.session_id, epoch=0
    )
    with pytest.raises(SessionEndedError):
        await identity.authenticate(carried, caller=caller)
