"""Signing in with a second factor: when it is asked for, what it counts, and that nothing is opened without it."""

from dataclasses import replace

import pytest

from tenants.errors import (
    CodeRefusedError,
    SecondFactorRequiredError,
    SignInRefusedError,
    TenantChoiceRequiredError,
    TooManyFailuresError,
)
from tenants.permissions import Role
from tenants.registration import add_membership
from tenants.service import Caller, Identity
from tests.signing import Authenticator, set_up
from tests.tenants.companies import PASSWORD, Company, MakeCompany, Superuser

WRONG = "another password altogether"


@pytest.fixture
async def authenticator(identity: Identity, company: Company) -> Authenticator:
    return await set_up(identity, company.member.person_id)


async def sessions_of(superuser: Superuser, company: Company) -> int:
    return int(await superuser.fetchval("select count(*) from session where tenant_id = $1", company.tenant.tenant_id))


async def test_a_code_opens_a_session_that_has_proved_it(
    identity: Identity, company: Company, authenticator: Authenticator, caller: Caller, superuser: Superuser
) -> None:
    tokens = await identity.sign_in(company.login, PASSWORD, code=authenticator.code(), caller=caller)
    principal = await identity.authenticate(tokens.access_token, caller=caller)
    assert principal.second_factor_at is not None
    assert principal == tokens.principal
    after = await superuser.fetchval("select after from audit_entry where subject = $1", f"session:{principal.session_id}")
    assert after == '{"device":"a phone","secondFactor":"one_time_code"}'
    assert (await identity.refresh(tokens.refresh_token, caller=caller)).principal.second_factor_at == principal.second_factor_at


async def test_the_code_is_asked_for_only_after_the_right_password(
    identity: Identity, company: Company, authenticator: Authenticator, caller: Caller, superuser: Superuser
) -> None:
    for code in (None, "", authenticator.code()):
        with pytest.raises(SignInRefusedError):
            await identity.sign_in(company.login, WRONG, code=code, caller=caller)
    for code in (None, ""):
        with pytest.raises(SecondFactorRequiredError):
            await identity.sign_in(company.login, PASSWORD, code=code, caller=caller)
    with pytest.raises(CodeRefusedError):
        await identity.sign_in(company.login, PASSWORD, code="nonsense", caller=caller)
    assert await sessions_of(superuser, company) == 0


async def test_who_has_no_second_factor_is_not_hindered_by_a_code(identity: Identity, company: Company, caller: Caller) -> None:
    assert (await identity.sign_in(company.login, PASSWORD, code="123456", caller=caller)).principal.second_factor_at is None


async def test_a_code_that_opened_a_session_opens_no_second_one(
    identity: Identity, company: Company, authenticator: Authenticator, caller: Caller, superuser: Superuser
) -> None:
    code = authenticator.code()
    await identity.sign_in(company.login, PASSWORD, code=code, caller=caller)
    with pytest.raises(CodeRefusedError):
        await identity.sign_in(company.login, PASSWORD, code=code, caller=caller)
    assert await sessions_of(superuser, company) == 1


async def test_asking_for_the_code_neither_counts_as_a_failure_nor_forgets_any(
    identity: Identity, company: Company, authenticator: Authenticator, caller: Caller
) -> None:
    for _ in range(15):
        with pytest.raises(SecondFactorRequiredError):
            await identity.sign_in(company.login, PASSWORD, caller=caller)
    for _ in range(9):
        with pytest.raises(SignInRefusedError):
            await identity.sign_in(company.login, WRONG, caller=caller)
        with pytest.raises(SecondFactorRequiredError):
            await identity.sign_in(company.login, PASSWORD, caller=caller)
    with pytest.raises(SignInRefusedError):
        await identity.sign_in(company.login, WRONG, caller=caller)
    with pytest.raises(TooManyFailuresError):
        await identity.sign_in(company.login, PASSWORD, code=authenticator.code(), caller=caller)


async def test_wrong_codes_are_limited_even_for_who_knows_the_password(
    identity: Identity, company: Company, authenticator: Authenticator, caller: Caller, superuser: Superuser
) -> None:
    for number in range(5):
        with pytest.raises(CodeRefusedError):
            await identity.sign_in(company.login, PASSWORD, code="nonsense", caller=replace(caller, address=f"198.51.100.{number}"))
    with pytest.raises(TooManyFailuresError):
        await identity.sign_in(company.login, PASSWORD, code=authenticator.code(), caller=caller)
    assert await sessions_of(superuser, company) == 0


async def test_who_has_to_choose_a_company_sends_the_same_code_again(
    identity: Identity, company: Company, authenticator: Authenticator, make_company: MakeCompany, caller: Caller
) -> None:
    other = await make_company()
    await add_membership(identity, other.tenant, login=company.login, display_name="Lei", role=Role.WORKER)
    with pytest.raises(SecondFactorRequiredError):
        await identity.sign_in(company.login, PASSWORD, caller=caller)
    code = authenticator.code()
    with pytest.raises(TenantChoiceRequiredError):
        await identity.sign_in(company.login, PASSWORD, code=code, caller=caller)
    tokens = await identity.sign_in(company.login, PASSWORD, tenant_slug=other.tenant.slug, code=code, caller=caller)
    assert tokens.principal.tenant_id == other.tenant.tenant_id
    with pytest.raises(CodeRefusedError):
        await identity.sign_in(company.login, PASSWORD, tenant_slug=company.tenant.slug, code=code, caller=caller)


async def test_a_recovery_code_opens_a_session_and_is_named_on_the_trail(
    identity: Identity, company: Company, authenticator: Authenticator, caller: Caller, superuser: Superuser
) -> None:
    code = (await identity.second_factors.renew_recovery_codes(company.member.person_id))[0]
    tokens = await identity.sign_in(company.login, PASSWORD, code=code, caller=caller)
    after = await superuser.fetchval("select after from audit_entry where subject = $1", f"session:{tokens.principal.session_id}")
    assert after == '{"device":"a phone","secondFactor":"recovery_code"}'
    with pytest.raises(CodeRefusedError):
        await identity.sign_in(company.login, PASSWORD, code=code, caller=caller)
