"""Links from whoever runs the service, for a person of several companies: what they open, and what each company reads of them."""

import argparse
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr

from backend.commands import reset_password
from infra.errors import InvalidInputError
from infra.provision import DatabaseUrls
from infra.settings import Settings
from tenants.errors import PasswordRefusedError, ResetRefusedError, SecondFactorRequiredError, SessionEndedError, SignInRefusedError
from tenants.permissions import Role
from tenants.registration import add_membership
from tenants.service import Caller, Identity
from tests.signing import set_up
from tests.tenants.companies import PASSWORD, Company, MakeCompany, Superuser

NEW = "seven herons on a slow canal"
WHY = "called back at the number of his contract"


@pytest.fixture
async def employers(identity: Identity, company: Company, make_company: MakeCompany) -> list[Company]:
    """Two companies for which the owner of the first one works."""
    other = await make_company()
    await add_membership(identity, other.tenant, login=company.login, display_name="Lei (外部)", role=Role.AUDITOR)
    return [company, other]


async def trail(superuser: Superuser, company: Company) -> list[tuple[str, str, str | None, Any, str]]:
    rows = await superuser.fetch(
        "select * from audit_entry where tenant_id = $1 and action like 'password.%' order by audit_id", company.tenant.tenant_id
    )
    return [(row["action"], row["actor"], row["reason"], msgspec.json.decode(row["after"] or "null"), row["address"]) for row in rows]


async def test_a_person_of_several_companies_comes_back_and_each_reads_why(
    identity: Identity, employers: list[Company], caller: Caller, superuser: Superuser
) -> None:
    login = employers[0].login
    sessions = [await identity.sign_in(login, PASSWORD, tenant_slug=each.tenant.slug, caller=caller) for each in employers]
    issued = await identity.resets.issue_for_operator(f" {login.upper()} ", reason=WHY)
    await identity.resets.redeem(issued.token, NEW, address="192.0.2.77", request_id="request-7")
    for each, session in zip(employers, sessions, strict=True):
        with pytest.raises(SessionEndedError):
            await identity.authenticate(session.access_token, caller=caller)
        with pytest.raises(SignInRefusedError):
            await identity.sign_in(login, PASSWORD, tenant_slug=each.tenant.slug, caller=caller)
        await identity.sign_in(login, NEW, tenant_slug=each.tenant.slug, caller=caller)
    with pytest.raises(ResetRefusedError):
        await identity.resets.redeem(issued.token, NEW + "!")
    for each, name in zip(employers, ("李 Lei", "Lei (外部)"), strict=True):
        [first, second] = await trail(superuser, each)
        assert first[:3] == ("password.reset_issued", "suyuan", WHY)
        assert (first[3]["issuedBy"], first[3]["removesSecondFactor"]) == ("operator", False)
        assert second == ("password.reset", name, "reset link used", None, "")


async def test_a_companys_only_owner_comes_back_and_it_learns_from_where(identity: Identity, company: Company, superuser: Superuser) -> None:
    issued = await identity.resets.issue_for_operator(company.login, reason=WHY)
    await identity.resets.redeem(issued.token, NEW, address="192.0.2.77", request_id="request-7")
    assert [entry[0::4] for entry in await trail(superuser, company)] == [("password.reset_issued", ""), ("password.reset", "192.0.2.77")]


async def test_the_second_factor_stays_unless_somebody_else_vouches(identity: Identity, employers: list[Company], caller: Caller) -> None:
    login, slug = employers[0].login, employers[0].tenant.slug
    await set_up(identity, employers[0].member.person_id)
    await identity.resets.redeem((await identity.resets.issue_for_operator(login, reason=WHY)).token, NEW)
    with pytest.raises(SecondFactorRequiredError):
        await identity.sign_in(login, NEW, tenant_slug=slug, caller=caller)
    for voucher in (None, " "):
        with pytest.raises(InvalidInputError, match="vouches"):
            await identity.resets.issue_for_operator(login, reason=WHY, vouched_by=voucher, remove_second_factor=True)
    issued = await identity.resets.issue_for_operator(login, reason=WHY, vouched_by="Han Meimei", remove_second_factor=True)
    await identity.resets.redeem(issued.token, NEW + " again")
    assert (await identity.sign_in(login, NEW + " again", tenant_slug=slug, caller=caller)).principal.second_factor_at is None


async def test_for_nobody_and_for_no_reason_there_is_no_link(
    identity: Identity, employers: list[Company], make_company: MakeCompany, superuser: Superuser
) -> None:
    before = await superuser.fetchval("select count(*) from password_reset")
    left = await make_company()
    await superuser.execute("update membership set active = false where membership_id = $1", left.member.membership_id)
    for login, reason in (("nobody@example.com", WHY), (left.login, WHY), (employers[0].login, " "), ("", WHY), (employers[0].login, "x" * 2_001)):
        with pytest.raises(InvalidInputError):
            await identity.resets.issue_for_operator(login, reason=reason)
    assert await superuser.fetchval("select count(*) from password_reset") == before
    assert [await trail(superuser, each) for each in (*employers, left)] == [[], [], []]


async def test_the_names_of_all_his_companies_are_no_password(identity: Identity, employers: list[Company]) -> None:
    issued = await identity.resets.issue_for_operator(employers[0].login, reason=WHY)
    for each in employers:
        with pytest.raises(PasswordRefusedError):
            await identity.resets.redeem(issued.token, f"{each.tenant.slug} 123")
    await identity.resets.redeem(issued.token, NEW)


async def test_the_command_issues_the_link(
    identity: Identity, employers: list[Company], settings: Settings, database_urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete = settings.model_copy(update={"database_owner_url": SecretStr(database_urls.owner)})
    monkeypatch.setattr(reset_password, "load_settings", lambda: complete)
    parser = argparse.ArgumentParser()
    reset_password.add_arguments(parser)
    issued = await reset_password.issue(parser.parse_args([employers[0].login, "--reason", WHY]))
    await identity.resets.redeem(issued.token, NEW)
