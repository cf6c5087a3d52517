"""Signing in: who gets in, and what those learn who don't."""

import asyncio
import statistics
import time

import pytest
from argon2 import PasswordHasher

from infra.database import Database
from infra.errors import InvalidInputError
from infra.settings import Settings
from tenants.errors import SignInRefusedError, TenantChoiceRequiredError
from tenants.passwords import Passwords
from tenants.permissions import ROLES, Permission, Role
from tenants.registration import add_membership, create_person_with_membership
from tenants.service import Caller, Identity
from tests.tenants.companies import PASSWORD, Company, MakeCompany, Superuser


async def test_a_member_signs_in_and_is_who_he_is(identity: Identity, company: Company, caller: Caller) -> None:
    tokens = await identity.sign_in(company.login, PASSWORD, caller=caller)
    principal = await identity.authenticate(tokens.access_token, caller=caller)
    assert principal == tokens.principal
    assert (principal.tenant_id, principal.tenant_public_id) == (company.tenant.tenant_id, company.tenant.public_id)
    assert (principal.actor_id, principal.membership_id) == (company.member.person_id, company.member.membership_id)
    assert (principal.display_name, principal.roles, principal.permissions) == ("李 Lei", ("owner",), frozenset(Permission))
    assert (principal.request_id, principal.address) == (caller.request_id, caller.address)
    assert tokens.access_expires_in == 600


async def test_the_sign_in_name_is_read_without_case_width_and_margins(identity: Identity, company: Company, caller: Caller) -> None:
    written = f"  {company.login.upper().replace('@', '＠')} "
    assert (await identity.sign_in(written, PASSWORD, caller=caller)).principal.actor_id == company.member.person_id


async def test_the_permissions_are_the_roles(identity: Identity, make_company: MakeCompany, caller: Caller) -> None:
    worker = await make_company(Role.WORKER)
    assert (await identity.sign_in(worker.login, PASSWORD, caller=caller)).principal.permissions == ROLES[Role.WORKER]


async def test_a_role_that_is_not_known_permits_nothing(identity: Identity, company: Company, caller: Caller, superuser: Superuser) -> None:
    await superuser.execute("update membership_grant set role = 'root' where membership_id = $1", company.member.membership_id)
    assert (await identity.sign_in(company.login, PASSWORD, caller=caller)).principal.permissions == frozenset()


async def test_every_wrong_sign_in_gets_the_same_answer(identity: Identity, make_company: MakeCompany, caller: Caller, superuser: Superuser) -> None:
    company, other, left = await make_company(), await make_company(), await make_company()
    await superuser.execute("update membership set active = false where membership_id = $1", left.member.membership_id)
    attempts = [
        (company.login, "another password altogether", None),
        ("nobody-" + company.login, PASSWORD, None),
        (company.login, PASSWORD, other.tenant.slug),
        (company.login, PASSWORD, "no-such-company"),
        (company.login, PASSWORD, "\x00' or 1=1 --\ud800"),
        (left.login, PASSWORD, None),
        (left.login, PASSWORD, left.tenant.slug),
    ]
    answers = set()
    for login, password, slug in attempts:
        with pytest.raises(SignInRefusedError) as refusal:
            await identity.sign_in(login, password, tenant_slug=slug, caller=caller)
        answers.add((refusal.value.message, refusal.value.status, refusal.value.field, str(refusal.value.detail)))
    assert len(answers) == 1
    assert await superuser.fetchval("select count(*) from session where address = $1", caller.address) == 0


async def test_an_unknown_account_takes_as_long_as_a_known_one(
    database_app: Database, database_auth: Database, settings: Settings, make_company: MakeCompany, caller: Caller
) -> None:
    passwords = Passwords(PasswordHasher(time_cost=2, memory_cost=16_384, parallelism=1))
    slow = Identity(app=database_app, auth=database_auth, redis=None, settings=settings, passwords=passwords)
    company = await make_company()
    login = "known-" + company.login
    await create_person_with_membership(slow, company.tenant, login=login, password=PASSWORD, display_name="王 Wei", role=Role.WORKER)
    spent: dict[str, list[float]] = {login: [], "unknown-" + company.login: []}
    for _ in range(9):
        for name, times in spent.items():
            begin = time.perf_counter()
            with pytest.raises(SignInRefusedError):
                await slow.sign_in(name, "another password altogether", caller=caller)
            times.append(time.perf_counter() - begin)
    known, unknown = (statistics.median(times) for times in spent.values())
    assert 0.5 < unknown / known < 2


async def test_a_person_of_two_companies_is_asked_which_and_keeps_them_apart(identity: Identity, make_company: MakeCompany, caller: Caller) -> None:
    first, second = await make_company(), await make_company()
    await add_membership(identity, second.tenant, login=first.login, display_name="Lei (guest)", role=Role.AUDITOR)
    with pytest.raises(TenantChoiceRequiredError) as choice:
        await identity.sign_in(first.login, PASSWORD, caller=caller)
    expected = [{"slug": tenant.slug, "name": tenant.name} for tenant in (first.tenant, second.tenant)]
    assert choice.value.detail == {"tenants": sorted(expected, key=lambda each: each["slug"])}
    here = await identity.sign_in(first.login, PASSWORD, tenant_slug=first.tenant.slug, caller=caller)
    there = await identity.sign_in(first.login, PASSWORD, tenant_slug=second.tenant.slug.upper(), caller=caller)
    assert here.principal.actor_id == there.principal.actor_id
    assert (here.principal.tenant_id, here.principal.roles) == (first.tenant.tenant_id, ("owner",))
    assert (there.principal.tenant_id, there.principal.roles) == (second.tenant.tenant_id, ("auditor",))


async def test_only_who_knows_the_password_is_asked_for_the_company(identity: Identity, make_company: MakeCompany, caller: Caller) -> None:
    first, second = await make_company(), await make_company()
    await add_membership(identity, second.tenant, login=first.login, display_name="Lei", role=Role.AUDITOR)
    with pytest.raises(SignInRefusedError):
        await identity.sign_in(first.login, "another password altogether", caller=caller)


async def test_a_company_that_was_left_is_not_offered(identity: Identity, make_company: MakeCompany, caller: Caller, superuser: Superuser) -> None:
    first, second = await make_company(), await make_company()
    there = await add_membership(identity, second.tenant, login=first.login, display_name="Lei", role=Role.AUDITOR)
    await superuser.execute("update membership set active = false where membership_id = $1", there.membership_id)
    assert (await identity.sign_in(first.login, PASSWORD, caller=caller)).principal.tenant_id == first.tenant.tenant_id


async def test_a_person_without_a_password_cannot_sign_in(identity: Identity, company: Company, caller: Caller, superuser: Superuser) -> None:
    await superuser.execute("update person set password_hash = null where person_id = $1", company.member.person_id)
    for password in (PASSWORD, "None", "null", "x"):
        with pytest.raises(SignInRefusedError):
            await identity.sign_in(company.login, password, caller=caller)


async def test_an_outdated_hash_is_renewed_at_sign_in(identity: Identity, company: Company, caller: Caller, superuser: Superuser) -> None:
    outdated = PasswordHasher(time_cost=2, memory_cost=32, parallelism=1).hash(PASSWORD)
    query = "select password_hash from person where person_id = $1"
    await superuser.execute("update person set password_hash = $2 where person_id = $1", company.member.person_id, outdated)
    with pytest.raises(SignInRefusedError):
        await identity.sign_in(company.login, "another password altogether", caller=caller)
    assert await superuser.fetchval(query, company.member.person_id) == outdated
    await identity.sign_in(company.login, PASSWORD, caller=caller)
    renewed = await superuser.fetchval(query, company.member.person_id)
    assert "m=64,t=1,p=1" in renewed
    await identity.sign_in(company.login, PASSWORD, caller=caller)
    assert await superuser.fetchval(query, company.member.person_id) == renewed


@pytest.mark.parametrize(
    ("login", "password", "field"),
    [
        ("", PASSWORD, "login"),
        ("   ", PASSWORD, "login"),
        ("a\x00b", PASSWORD, "login"),
        ("two words", PASSWORD, "login"),
        ("a\u200bb", PASSWORD, "login"),
        ("\ud800", PASSWORD, "login"),
        ("x" * 255, PASSWORD, "login"),
        ("x" * 10_000_000, PASSWORD, "login"),
        ("ﷺ" * 100, PASSWORD, "login"),
        ("lei@example.com", "\x00", "password"),
        ("lei@example.com", "\udfff", "password"),
        ("lei@example.com", "x" * 1_025, "password"),
    ],
)
async def test_input_that_cannot_be_meant_names_its_field(identity: Identity, caller: Caller, login: str, password: str, field: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        await identity.sign_in(login, password, caller=caller)
    assert refusal.value.field == field


async def test_a_hostile_user_agent_is_stored_harmless(identity: Identity, company: Company, superuser: Superuser) -> None:
    caller = Caller(address="192.0.2.77", user_agent="Mozilla\x00\x1b[31m\u202e" + "x" * 5_000)
    tokens = await identity.sign_in(company.login, PASSWORD, caller=caller)
    stored = await superuser.fetchval("select user_agent from session where session_id = $1", tokens.principal.session_id)
    assert stored == "Mozilla[31m" + "x" * 289


async def test_a_sign_in_is_on_the_audit_trail(identity: Identity, company: Company, caller: Caller, superuser: Superuser) -> None:
    tokens = await identity.sign_in(company.login, PASSWORD, caller=caller)
    [entry] = await superuser.fetch("select * from audit_entry where tenant_id = $1 and action = 'session.started'", company.tenant.tenant_id)
    assert (entry["actor_id"], entry["actor"]) == (company.member.person_id, "李 Lei")
    assert (entry["subject"], entry["after"]) == (f"session:{tokens.principal.session_id}", '{"device":"a phone"}')
    assert (entry["request_id"], entry["address"]) == (caller.request_id, caller.address)


async def test_no_secret_is_stored_or_printed(identity: Identity, company: Company, caller: Caller, superuser: Superuser) -> None:
    tokens = await identity.sign_in(company.login, PASSWORD, caller=caller)
    assert tokens.access_token not in repr(tokens)
    assert tokens.refresh_token not in repr(tokens)
    secret_part = tokens.refresh_token[-40:]
    for table in ("session", "audit_entry", "person"):
        rows = await superuser.fetch(f"select t::text as row from {table} t")
        assert not [row for row in rows if secret_part in row["row"] or PASSWORD in row["row"]]


async def test_many_sign_in_at_once(identity: Identity, company: Company, caller: Caller) -> None:
    opened = await asyncio.gather(*(identity.sign_in(company.login, PASSWORD, caller=caller) for _ in range(8)))
    assert len({tokens.principal.session_id for tokens in opened}) == 8
