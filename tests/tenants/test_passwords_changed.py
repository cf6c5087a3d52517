"""New passwords: changed by their owner, set with an administrator's link; who may issue one for whom, and what ends."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from infra.database import Database
from infra.errors import PermissionDeniedError
from tenants.directory import Tenant, insert_person_tenant
from tenants.errors import (
    MemberNotFoundError,
    PasswordRefusedError,
    ProofRefusedError,
    ResetNotPossibleError,
    ResetRefusedError,
    SecondFactorRequiredError,
    SessionEndedError,
    SignInRefusedError,
    TooManyFailuresError,
)
from tenants.people.errors import OwnerRequiredError
from tenants.permissions import Role
from tenants.principal import Principal
from tenants.registration import add_membership, create_person_with_membership, create_tenant
from tenants.service import Caller, Identity
from tenants.sessions import Membership
from tests.signing import set_up
from tests.tenants.companies import PASSWORD, Company, MakeCompany, Superuser

NEW = "seven herons on a slow canal"
WRONG = "another password altogether"


@pytest.fixture
async def admin(identity: Identity, company: Company, caller: Caller) -> Principal:
    """The company's owner."""
    return (await identity.sign_in(company.login, PASSWORD, caller=caller)).principal


@pytest.fixture
async def colleague(identity: Identity, company: Company) -> tuple[str, Membership]:
    """A worker of the company, and the name with which he signs in."""
    return await join(identity, company, Role.WORKER)


async def join(identity: Identity, company: Company, role: Role) -> tuple[str, Membership]:
    login = f"{uuid4().hex[:12]}@example.com"
    member = await create_person_with_membership(identity, company.tenant, login=login, password=PASSWORD, display_name="王 Wei", role=role)
    return login, member


async def stored(superuser: Superuser, person_id: Any) -> list[Any]:
    """What is kept of a person's password and links."""
    rows = [*await superuser.fetch("select * from person where person_id = $1", person_id)]
    rows += await superuser.fetch("select * from password_reset where person_id = $1", person_id)
    return [tuple(row) for row in rows]


async def reasons(superuser: Superuser, company: Company) -> list[tuple[str, str, str | None]]:
    """(action, actor, reason) of what a company's trail says of passwords and ended sessions."""
    rows = await superuser.fetch(
        "select * from audit_entry where tenant_id = $1 and (action like 'password.%' or action = 'session.ended') order by audit_id",
        company.tenant.tenant_id,
    )
    return [(row["action"], row["actor"], row["reason"]) for row in rows]


async def test_a_changed_password_ends_every_other_session_and_this_one_goes_on(
    identity: Identity, company: Company, caller: Caller, superuser: Superuser
) -> None:
    here, there = [await identity.sign_in(company.login, PASSWORD, caller=caller) for _ in range(2)]
    access = await identity.change_password(here.principal, current=PASSWORD, new=NEW)
    assert access.text not in repr(access)
    assert (await identity.authenticate(access.text, caller=caller)).session_id == here.principal.session_id
    assert (await identity.refresh(here.refresh_token, caller=caller)).principal.session_id == here.principal.session_id
    for token in (here.access_token, there.access_token):
        with pytest.raises(SessionEndedError):
            await identity.authenticate(token, caller=caller)
    with pytest.raises(SessionEndedError):
        await identity.refresh(there.refresh_token, caller=caller)
    with pytest.raises(SignInRefusedError):
        await identity.sign_in(company.login, PASSWORD, caller=caller)
    await identity.sign_in(company.login, NEW, caller=caller)
    assert await reasons(superuser, company) == [("password.changed", "李 Lei", None), ("session.ended", "李 Lei", "password changed")]


async def test_another_companys_sessions_end_too_and_its_trail_says_so(
    identity: Identity, make_company: MakeCompany, caller: Caller, superuser: Superuser
) -> None:
    here, there = await make_company(), await make_company()
    await add_membership(identity, there.tenant, login=here.login, display_name="Lei (guest)", role=Role.WORKER)
    mine = await identity.sign_in(here.login, PASSWORD, tenant_slug=here.tenant.slug, caller=caller)
    theirs = await identity.sign_in(here.login, PASSWORD, tenant_slug=there.tenant.slug, caller=caller)
    await identity.change_password(mine.principal, current=PASSWORD, new=NEW)
    with pytest.raises(SessionEndedError):
        await identity.authenticate(theirs.access_token, caller=caller)
    assert await reasons(superuser, there) == [("password.changed", "Lei (guest)", None), ("session.ended", "Lei (guest)", "password changed")]
    assert await reasons(superuser, here) == [("password.changed", "李 Lei", None)]


@pytest.mark.parametrize(
    ("current", "new", "refusal"),
    [
        (WRONG, NEW, ProofRefusedError),
        ("", NEW, ProofRefusedError),
        (PASSWORD, "too short", PasswordRefusedError),
        (PASSWORD, "passwordpassword", PasswordRefusedError),
        (PASSWORD, PASSWORD, PasswordRefusedError),
    ],
)
async def test_a_refused_change_has_changed_nothing(
    identity: Identity, company: Company, caller: Caller, superuser: Superuser, current: str, new: str, refusal: type[Exception]
) -> None:
    tokens = await identity.sign_in(company.login, PASSWORD, caller=caller)
    before = await stored(superuser, company.member.person_id)
    with pytest.raises(refusal):
        await identity.change_password(tokens.principal, current=current, new=new)
    assert await stored(superuser, company.member.person_id) == before
    assert await reasons(superuser, company) == []
    assert (await identity.authenticate(tokens.access_token, caller=caller)).session_id == tokens.principal.session_id


async def test_wrong_current_passwords_count_like_failed_sign_ins(identity: Identity, company: Company, caller: Caller) -> None:
    tokens = await identity.sign_in(company.login, PASSWORD, caller=caller)
    for number in range(10):
        with pytest.raises(ProofRefusedError):
            await identity.change_password(replace(tokens.principal, address=f"198.51.100.{number}"), current=WRONG, new=NEW)
    with pytest.raises(TooManyFailuresError):
        await identity.change_password(tokens.principal, current=PASSWORD, new=NEW)
    with pytest.raises(TooManyFailuresError):
        await identity.sign_in(company.login, PASSWORD, caller=caller)


async def test_eight_characters_are_enough_beside_a_second_factor_alone(identity: Identity, admin: Principal, superuser: Superuser) -> None:
    with pytest.raises(PasswordRefusedError, match="at least 15"):
        await identity.change_password(admin, current=PASSWORD, new="9 Kraniche")
    await set_up(identity, admin.actor_id)
    with pytest.raises(PasswordRefusedError, match="at least 8"):
        await identity.change_password(admin, current=PASSWORD, new="9 Krane")
    await identity.change_password(admin, current=PASSWORD, new="9 Kraniche")
    assert await superuser.fetchval("select password_long from person where person_id = $1", admin.actor_id) is False


async def test_of_two_changes_at_once_one_is_stored(identity: Identity, company: Company, caller: Caller) -> None:
    tokens = await identity.sign_in(company.login, PASSWORD, caller=caller)
    outcomes = await asyncio.gather(
        *(identity.change_password(tokens.principal, current=PASSWORD, new=f"{NEW} {number}") for number in range(3)), return_exceptions=True
    )
    assert sum(isinstance(outcome, ProofRefusedError) for outcome in outcomes) == 2


async def test_a_link_sets_a_password_once_and_ends_all_sessions(
    identity: Identity, company: Company, admin: Principal, colleague: tuple[str, Membership], caller: Caller, superuser: Superuser
) -> None:
    login, member = colleague
    session = await identity.sign_in(login, PASSWORD, caller=caller)
    issued = await identity.resets.issue(admin, member.membership_id)
    assert issued.token not in repr(issued)
    await identity.resets.redeem(issued.token, NEW)
    with pytest.raises(SessionEndedError):
        await identity.authenticate(session.access_token, caller=caller)
    with pytest.raises(SignInRefusedError):
        await identity.sign_in(login, PASSWORD, caller=caller)
    await identity.sign_in(login, NEW, caller=caller)
    with pytest.raises(ResetRefusedError):
        await identity.resets.redeem(issued.token, NEW + "!")
    assert await reasons(superuser, company) == [
        ("password.reset_issued", "李 Lei", None),
        ("password.reset", "王 Wei", "reset link used"),
        ("session.ended", "王 Wei", "password reset"),
    ]


async def test_a_links_secret_is_stored_hashed_and_told_nowhere(
    identity: Identity, admin: Principal, colleague: tuple[str, Membership], superuser: Superuser
) -> None:
    issued = await identity.resets.issue(admin, colleague[1].membership_id)
    for table in ("password_reset", "audit_entry", "person"):
        rows = await superuser.fetch(f"select t::text as row from {table} t")
        assert not [row for row in rows if issued.token[4:] in row["row"] or issued.token[4:].encode().hex() in row["row"]]


async def test_a_new_link_voids_the_former_and_an_old_one_is_void(
    identity: Identity, admin: Principal, colleague: tuple[str, Membership], superuser: Superuser
) -> None:
    _, member = colleague
    first = await identity.resets.issue(admin, member.membership_id)
    second = await identity.resets.issue(admin, member.membership_id)
    await superuser.execute("update password_reset set expires_at = now() where person_id = $1", member.person_id)
    before = await stored(superuser, member.person_id)
    for token in (first.token, second.token, "", "syp_", "x" * 10_000, second.token.removeprefix("syp_")):
        with pytest.raises(ResetRefusedError):
            await identity.resets.redeem(token, NEW)
    assert await stored(superuser, member.person_id) == before
    assert await superuser.fetchval("select count(*) from password_reset where person_id = $1", member.person_id) == 1


async def test_a_password_that_the_policy_refuses_leaves_the_link_good(
    identity: Identity, admin: Principal, colleague: tuple[str, Membership], superuser: Superuser
) -> None:
    login, member = colleague
    issued = await identity.resets.issue(admin, member.membership_id)
    before = await stored(superuser, member.person_id)
    for password in ("short", "passwordpassword", f"{login} 12345"):
        with pytest.raises(PasswordRefusedError):
            await identity.resets.redeem(issued.token, password)
    assert await stored(superuser, member.person_id) == before
    await identity.resets.redeem(issued.token, NEW)


async def test_of_two_who_use_a_link_at_once_one_sets_the_password(identity: Identity, admin: Principal, colleague: tuple[str, Membership]) -> None:
    issued = await identity.resets.issue(admin, colleague[1].membership_id)
    outcomes = await asyncio.gather(*(identity.resets.redeem(issued.token, f"{NEW} {number}") for number in range(3)), return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, ResetRefusedError) for outcome in outcomes) == 2


async def test_a_link_lifts_the_block_of_too_many_failures(
    identity: Identity, admin: Principal, colleague: tuple[str, Membership], caller: Caller
) -> None:
    login, member = colleague
    for _ in range(10):
        with pytest.raises(SignInRefusedError):
            await identity.sign_in(login, WRONG, caller=caller)
    await identity.resets.redeem((await identity.resets.issue(admin, member.membership_id)).token, NEW)
    await identity.sign_in(login, NEW, caller=caller)


async def test_an_administrator_resets_nobody_who_has_a_place_in_another_company(
    identity: Identity, admin: Principal, colleague: tuple[str, Membership], make_company: MakeCompany, superuser: Superuser
) -> None:
    login, member = colleague
    other = await make_company()
    there = await add_membership(identity, other.tenant, login=login, display_name="Wei", role=Role.OWNER)
    before = await stored(superuser, member.person_id)
    for active in (True, False):
        await superuser.execute("update membership set active = $2 where membership_id = $1", there.membership_id, active)
        with pytest.raises(ResetNotPossibleError):
            await identity.resets.issue(admin, member.membership_id)
    assert await stored(superuser, member.person_id) == before


async def test_a_link_is_void_once_its_person_has_joined_another_company(
    identity: Identity, admin: Principal, colleague: tuple[str, Membership], make_company: MakeCompany, caller: Caller
) -> None:
    login, member = colleague
    issued = await identity.resets.issue(admin, member.membership_id)
    other = await make_company()
    await add_membership(identity, other.tenant, login=login, display_name="Wei", role=Role.OWNER)
    with pytest.raises(ResetRefusedError):
        await identity.resets.redeem(issued.token, NEW)
    await identity.sign_in(login, PASSWORD, tenant_slug=other.tenant.slug, caller=caller)


async def test_the_companys_own_sandbox_is_no_other_company_and_rules_nothing_outside(
    identity: Identity, company: Company, admin: Principal, colleague: tuple[str, Membership], database_auth: Database, superuser: Superuser
) -> None:
    _, member = colleague
    sandbox = await sandbox_of(identity, company, superuser)
    await insert_person_tenant(database_auth, member.person_id, sandbox.tenant_id)
    inside = uuid4()
    await superuser.execute(
        "insert into membership (tenant_id, membership_id, person_id, display_name) values ($1, $2, $3, 'Wei')",
        sandbox.tenant_id, inside, member.person_id,
    )  # fmt: skip
    assert (await identity.resets.issue(admin, member.membership_id)).token.startswith("syp_")
    ruler = replace(admin, tenant_id=sandbox.tenant_id, tenant_public_id=sandbox.public_id, sandbox=True)
    with pytest.raises(ResetNotPossibleError):
        await identity.resets.issue(ruler, inside)


async def sandbox_of(identity: Identity, company: Company, superuser: Superuser) -> Tenant:
    tenant = await create_tenant(identity, slug=f"s{uuid4().hex[:12]}", name="Sandbox", sandbox=True)
    await superuser.execute("update tenant set sandbox_of = $2 where tenant_id = $1", tenant.tenant_id, company.tenant.tenant_id)
    return tenant


async def test_only_who_manages_people_issues_links_and_for_members_alone(
    identity: Identity, admin: Principal, company: Company, make_company: MakeCompany, colleague: tuple[str, Membership], caller: Caller,
    superuser: Superuser,
) -> None:  # fmt: skip
    login, member = colleague
    worker = (await identity.sign_in(login, PASSWORD, caller=caller)).principal
    stranger = await make_company()
    left_login, left = await join(identity, company, Role.WORKER)
    await superuser.execute("update membership set active = false where membership_id = $1", left.membership_id)
    attempts: list[tuple[Principal, Any, type[Exception]]] = [
        (worker, member.membership_id, PermissionDeniedError),
        (worker, company.member.membership_id, PermissionDeniedError),
        (admin, stranger.member.membership_id, MemberNotFoundError),
        (admin, left.membership_id, MemberNotFoundError),
        (admin, uuid4(), MemberNotFoundError),
        (admin, company.member.membership_id, PermissionDeniedError),
    ]
    for principal, target, refusal in attempts:
        with pytest.raises(refusal):
            await identity.resets.issue(principal, target)
    assert left_login
    assert await superuser.fetchval("select count(*) from password_reset") == await superuser.fetchval(
        "select count(*) from password_reset where person_id <> all($1::uuid[])", [member.person_id, left.person_id, stranger.member.person_id]
    )
    assert await reasons(superuser, company) == []


async def test_an_administrator_takes_over_no_owners_account(identity: Identity, company: Company, caller: Caller, superuser: Superuser) -> None:
    login, _ = await join(identity, company, Role.ADMINISTRATOR)
    administrator = (await identity.sign_in(login, PASSWORD, caller=caller)).principal
    with pytest.raises(OwnerRequiredError):
        await identity.resets.issue(administrator, company.member.membership_id)
    assert await reasons(superuser, company) == []


async def test_a_second_factor_stays_unless_the_link_takes_it_away_and_never_from_who_signs(
    identity: Identity, company: Company, admin: Principal, colleague: tuple[str, Membership], caller: Caller, superuser: Superuser
) -> None:
    login, member = colleague
    await set_up(identity, member.person_id)
    await identity.resets.redeem((await identity.resets.issue(admin, member.membership_id)).token, "9 Kraniche")
    with pytest.raises(SecondFactorRequiredError):
        await identity.sign_in(login, "9 Kraniche", caller=caller)
    issued = await identity.resets.issue(admin, member.membership_id, remove_second_factor=True)
    with pytest.raises(PasswordRefusedError):
        await identity.resets.redeem(issued.token, "10 Kraniche")
    assert await identity.second_factors.is_set_up(member.person_id)
    await identity.resets.redeem(issued.token, NEW)
    assert (await identity.sign_in(login, NEW, caller=caller)).principal.second_factor_at is None
    _, signer = await join(identity, company, Role.QUALITY_MANAGER)
    await set_up(identity, signer.person_id)
    with pytest.raises(ResetNotPossibleError, match="signs"):
        await identity.resets.issue(admin, signer.membership_id, remove_second_factor=True)
    assert await superuser.fetchval("select count(*) from password_reset where person_id = $1", signer.person_id) == 0


async def test_a_password_is_set_without_the_former_one_for_invitations(
    identity: Identity, company: Company, colleague: tuple[str, Membership], caller: Caller, superuser: Superuser
) -> None:
    login, member = colleague
    session = await identity.sign_in(login, PASSWORD, caller=caller)
    before = await stored(superuser, member.person_id)
    with pytest.raises(PasswordRefusedError):
        await identity.credentials.set_password(member.person_id, "short")
    assert await stored(superuser, member.person_id) == before
    await identity.credentials.set_password(member.person_id, NEW, company.tenant.name)
    with pytest.raises(SessionEndedError):
        await identity.authenticate(session.access_token, caller=caller)
    await identity.sign_in(login, NEW, caller=caller)
