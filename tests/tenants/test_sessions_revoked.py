"""Sessions in a list, ended one by one or all, by their owner or an administrator; their number is bounded, and ends are at once."""

from uuid import uuid4

import pytest

from infra.database import Database
from infra.errors import PermissionDeniedError
from tenants import sessions
from tenants.errors import MemberNotFoundError, SessionEndedError, SessionNotFoundError
from tenants.permissions import Role
from tenants.registration import add_membership, create_person_with_membership
from tenants.service import Caller, Identity, Tokens
from tenants.session_control import MAX_SESSIONS
from tests.tenants.companies import PASSWORD, Company, MakeCompany, Superuser


@pytest.fixture(params=["with redis", "without redis"])
def process(request: pytest.FixtureRequest, identity: Identity, identity_without_redis: Identity) -> Identity:
    return identity if request.param == "with redis" else identity_without_redis


async def open_ids(superuser: Superuser, tokens: Tokens) -> set[object]:
    rows = await superuser.fetch("select session_id from session where membership_id = $1 and ended_at is null", tokens.principal.membership_id)
    return {row["session_id"] for row in rows}


async def ended(superuser: Superuser, company: Company) -> list[tuple[str, str, str]]:
    """(subject, actor, reason) of the ended sessions on the trail."""
    rows = await superuser.fetch(
        "select subject, actor, reason from audit_entry where tenant_id = $1 and action = 'session.ended' order by audit_id", company.tenant.tenant_id
    )
    return [tuple(row) for row in rows]


async def test_the_list_shows_live_sessions_newest_first(
    identity: Identity, company: Company, caller: Caller, database_app: Database, superuser: Superuser
) -> None:
    opened = [(await identity.sign_in(company.login, PASSWORD, caller=caller)).principal for _ in range(4)]
    await identity.sign_out(opened[1])
    await superuser.execute("update session set expires_at = now() where session_id = $1", opened[2].session_id)
    async with database_app.tenant(company.tenant.tenant_id) as tx:
        listed = await sessions.page_of_sessions(tx, company.member.membership_id, cursor=None, backward=False, limit=10)
        behind = await sessions.page_of_sessions(tx, company.member.membership_id, cursor=opened[3].session_id, backward=False, limit=10)
    assert [row.session_id for row in listed] == [opened[3].session_id, opened[0].session_id]
    assert [row.session_id for row in behind] == [opened[0].session_id]
    assert (listed[0].address, listed[0].user_agent, listed[0].device_id) == (caller.address, "a phone", None)


async def test_a_revoked_session_ends_at_once_and_no_other(process: Identity, company: Company, caller: Caller, superuser: Superuser) -> None:
    mine, lost = [await process.sign_in(company.login, PASSWORD, caller=caller) for _ in range(2)]
    for tokens in (mine, lost):
        await process.authenticate(tokens.access_token, caller=caller)
    async with process.app.tenant(company.tenant.tenant_id) as tx:
        await process.session_control.end_own(tx, mine.principal, lost.principal.session_id)
    with pytest.raises(SessionEndedError):
        await process.authenticate(lost.access_token, caller=caller)
    with pytest.raises(SessionEndedError):
        await process.refresh(lost.refresh_token, caller=caller)
    await process.authenticate(mine.access_token, caller=caller)
    assert await ended(superuser, company) == [(f"session:{lost.principal.session_id}", "李 Lei", "revoked by its owner")]


async def test_nobody_revokes_what_isnt_his(
    identity: Identity, company: Company, make_company: MakeCompany, caller: Caller, superuser: Superuser
) -> None:
    mine = (await identity.sign_in(company.login, PASSWORD, caller=caller)).principal
    login = f"{uuid4().hex[:12]}@example.com"
    await create_person_with_membership(identity, company.tenant, login=login, password=PASSWORD, display_name="Wei", role=Role.OWNER)
    colleague = (await identity.sign_in(login, PASSWORD, caller=caller)).principal
    stranger = (await identity.sign_in((await make_company()).login, PASSWORD, caller=caller)).principal
    over = (await identity.sign_in(company.login, PASSWORD, caller=caller)).principal
    await identity.sign_out(over)
    before = await superuser.fetch("select * from session order by session_id")
    for session_id in (colleague.session_id, stranger.session_id, over.session_id, uuid4()):
        with pytest.raises(SessionNotFoundError):
            async with identity.app.tenant(company.tenant.tenant_id) as tx:
                await identity.session_control.end_own(tx, mine, session_id)
    assert await superuser.fetch("select * from session order by session_id") == before


async def test_all_others_end_and_this_one_stays(process: Identity, company: Company, caller: Caller, superuser: Superuser) -> None:
    opened = [await process.sign_in(company.login, PASSWORD, caller=caller) for _ in range(3)]
    for tokens in opened:
        await process.authenticate(tokens.access_token, caller=caller)
    async with process.app.tenant(company.tenant.tenant_id) as tx:
        assert await process.session_control.end_others(tx, opened[0].principal) == 2
    assert await open_ids(superuser, opened[0]) == {opened[0].principal.session_id}
    for tokens in opened[1:]:
        with pytest.raises(SessionEndedError):
            await process.authenticate(tokens.access_token, caller=caller)
    await process.authenticate(opened[0].access_token, caller=caller)


async def test_an_administrator_ends_one_or_all_of_a_members_sessions(
    process: Identity, company: Company, caller: Caller, superuser: Superuser
) -> None:
    admin = (await process.sign_in(company.login, PASSWORD, caller=caller)).principal
    login = f"{uuid4().hex[:12]}@example.com"
    member = await create_person_with_membership(process, company.tenant, login=login, password=PASSWORD, display_name="Wei", role=Role.WORKER)
    opened = [await process.sign_in(login, PASSWORD, caller=caller) for _ in range(3)]
    for tokens in opened:
        await process.authenticate(tokens.access_token, caller=caller)
    first = opened[0].principal.session_id
    async with process.app.tenant(company.tenant.tenant_id) as tx:
        assert await process.session_control.end_of_member(tx, admin, member.membership_id, first) == 1
    assert first not in await open_ids(superuser, opened[0])
    async with process.app.tenant(company.tenant.tenant_id) as tx:
        assert await process.session_control.end_of_member(tx, admin, member.membership_id, None) == 2
    for tokens in opened:
        with pytest.raises(SessionEndedError):
            await process.authenticate(tokens.access_token, caller=caller)
    assert {reason for _, _, reason in await ended(superuser, company)} == {"revoked by an administrator"}


async def test_whoever_may_not_ends_no_members_sessions(
    identity: Identity, company: Company, make_company: MakeCompany, caller: Caller, superuser: Superuser
) -> None:
    stranger = await make_company()
    theirs = (await identity.sign_in(stranger.login, PASSWORD, caller=caller)).principal
    mine = (await identity.sign_in(company.login, PASSWORD, caller=caller)).principal
    login = f"{uuid4().hex[:12]}@example.com"
    await create_person_with_membership(identity, company.tenant, login=login, password=PASSWORD, display_name="Wei", role=Role.QUALITY_MANAGER)
    quality = (await identity.sign_in(login, PASSWORD, caller=caller)).principal
    before = await superuser.fetch("select * from session order by session_id")
    attempts = (
        (quality, company.member.membership_id, None, PermissionDeniedError),
        (mine, stranger.member.membership_id, None, MemberNotFoundError),
        (mine, stranger.member.membership_id, theirs.session_id, MemberNotFoundError),
        (mine, company.member.membership_id, theirs.session_id, SessionNotFoundError),
        (mine, quality.membership_id or uuid4(), mine.session_id, SessionNotFoundError),
    )
    for principal, membership_id, session_id, refusal in attempts:
        with pytest.raises(refusal):
            async with identity.app.tenant(company.tenant.tenant_id) as tx:
                await identity.session_control.end_of_member(tx, principal, membership_id, session_id)
    assert await superuser.fetch("select * from session order by session_id") == before


async def test_signing_out_everywhere_is_on_the_trail_of_every_company(
    identity: Identity, company: Company, make_company: MakeCompany, caller: Caller, superuser: Superuser
) -> None:
    other = await make_company()
    await add_membership(identity, other.tenant, login=company.login, display_name="Lei (guest)", role=Role.AUDITOR)
    here = await identity.sign_in(company.login, PASSWORD, tenant_slug=company.tenant.slug, caller=caller)
    there = await identity.sign_in(company.login, PASSWORD, tenant_slug=other.tenant.slug, caller=caller)
    await identity.end_all_sessions(company.member.person_id, actor=here.principal)
    assert await ended(superuser, company) == [(f"session:{here.principal.session_id}", "李 Lei", "signed out everywhere")]
    assert await ended(superuser, other) == [(f"session:{there.principal.session_id}", "Lei (guest)", "signed out everywhere")]
    await identity.end_all_sessions(company.member.person_id)
    assert len(await ended(superuser, company)) == 1


async def test_the_session_that_was_unused_for_longest_gives_way(process: Identity, company: Company, caller: Caller, superuser: Superuser) -> None:
    opened = [await process.sign_in(company.login, PASSWORD, caller=caller) for _ in range(MAX_SESSIONS)]
    await superuser.execute("update session set last_used_at = now() - interval '1 hour' where session_id = $1", opened[7].principal.session_id)
    for tokens in opened:
        await process.authenticate(tokens.access_token, caller=caller)
    newest = await process.sign_in(company.login, PASSWORD, caller=caller)
    assert await open_ids(superuser, newest) == {each.principal.session_id for each in (*opened, newest)} - {opened[7].principal.session_id}
    with pytest.raises(SessionEndedError):
        await process.authenticate(opened[7].access_token, caller=caller)
    assert await ended(superuser, company) == [(f"session:{opened[7].principal.session_id}", "李 Lei", "too many sessions")]
