"""Two who change rights at once: one waits for the other, and decides by what the other has left."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

import pytest

from infra.database import TenantTransaction
from infra.errors import PermissionDeniedError
from tenants.people import invitations, service
from tenants.people.acceptance import accept_invitation
from tenants.people.errors import AlreadyInvitedError, InvitationInvalidError
from tenants.people.rules import WantedGrant
from tenants.permissions import Role
from tenants.principal import Principal
from tenants.registration import create_person_with_membership
from tenants.roles import service as roles
from tenants.roles.errors import RoleInUseError
from tenants.service import Caller, Identity
from tests.tenants.companies import PASSWORD, Company, MakeCompany, Superuser

WORKER = (WantedGrant(Role.WORKER),)
Act = Callable[[TenantTransaction], Awaitable[Any]]


async def no_sites(_tx: TenantTransaction, _places: Collection[str]) -> Mapping[str, str]:
    """A company without places."""
    return {}


async def principal_of(identity: Identity, company: Company, caller: Caller, role: Role | None = None) -> Principal:
    """The company's owner, or somebody new of a role, signed in."""
    login = company.login
    if role is not None:
        login = f"{secrets.token_hex(8)}@example.com"
        await create_person_with_membership(identity, company.tenant, login=login, password=PASSWORD, display_name="Han", role=role)
    return (await identity.sign_in(login, PASSWORD, caller=caller)).principal


async def second_waits_for_first(identity: Identity, superuser: Superuser, tenant_id: int, first: Act, second: Act) -> BaseException | None:
    """Begin the second while the first is done and not committed; see it wait; what the second raises after the first's commit."""

    async def run() -> None:
        async with identity.app.tenant(tenant_id) as tx:
            await second(tx)

    async with identity.app.tenant(tenant_id) as tx:
        holder = await tx.fetchval("select pg_backend_pid() where $1::int is not null")
        await first(tx)
        task = asyncio.create_task(run())
        for _ in range(400):
            waiting = await superuser.fetchval("select count(*) from pg_stat_activity where $1 = any(pg_blocking_pids(pid))", holder)
            if waiting or task.done():
                break
            await asyncio.sleep(0.005)
        assert not task.done(), "the second didn't wait"
    return (await asyncio.gather(task, return_exceptions=True))[0]


async def owners(identity: Identity, company: Company) -> int:
    async with identity.app.tenant(company.tenant.tenant_id) as tx:
        count: int = await tx.fetchval(
            """select count(*) from membership_grant g join membership m on m.tenant_id = $1 and m.membership_id = g.membership_id
               where g.tenant_id = $1 and g.role = 'owner' and m.active"""
        )
    return count


def set_worker(identity: Identity, by: Principal, other: Principal) -> Act:
    assert other.membership_id is not None
    member = other.membership_id
    return lambda tx: service.set_roles(tx, identity.standings, by, member, WORKER, reason="x", find_sites=no_sites)


def deactivate(identity: Identity, by: Principal, other: Principal) -> Act:
    assert other.membership_id is not None
    member = other.membership_id
    return lambda tx: service.deactivate(tx, identity.standings, by, member, reason="x")


@pytest.mark.parametrize("first", [set_worker, deactivate])
@pytest.mark.parametrize("second", [set_worker, deactivate])
async def test_of_two_owners_who_remove_each_other_the_first_stays(
    identity: Identity, company: Company, caller: Caller, superuser: Superuser, first: Callable[..., Act], second: Callable[..., Act]
) -> None:
    one, two = await principal_of(identity, company, caller), await principal_of(identity, company, caller, Role.OWNER)
    refusal = await second_waits_for_first(
        identity, superuser, company.tenant.tenant_id, first(identity, one, two), second(identity, two, one)
    )  # fmt: skip
    assert isinstance(refusal, PermissionDeniedError)
    assert "have changed" in refusal.message
    assert await owners(identity, company) == 1


async def test_owners_who_all_remove_each_other_at_once_leave_one(identity: Identity, company: Company, caller: Caller) -> None:
    everyone = [await principal_of(identity, company, caller)] + [await principal_of(identity, company, caller, Role.OWNER) for _ in range(4)]

    async def run(act: Act) -> None:
        async with identity.app.tenant(company.tenant.tenant_id) as tx:
            await act(tx)

    acts = [set_worker(identity, one, other) for one in everyone for other in everyone if one is not other]
    await asyncio.gather(*(run(act) for act in acts), return_exceptions=True)
    assert await owners(identity, company) == 1


async def test_role_that_is_being_granted_is_not_archived(identity: Identity, company: Company, caller: Caller, superuser: Superuser) -> None:
    owner, worker = await principal_of(identity, company, caller), await principal_of(identity, company, caller, Role.WORKER)
    tenant_id = company.tenant.tenant_id
    async with identity.app.tenant(tenant_id) as tx:
        await roles.put_role(tx, identity.standings, owner, key="nights", name="Nights", description="", permissions=["trace.read"])
    assert worker.membership_id is not None
    member = worker.membership_id
    refusal = await second_waits_for_first(
        identity, superuser, tenant_id,
        lambda tx: service.set_roles(tx, identity.standings, owner, member, [WantedGrant("nights")], reason="x", find_sites=no_sites),
        lambda tx: roles.archive_role(tx, identity.standings, owner, "nights", reason="x"),
    )  # fmt: skip
    assert isinstance(refusal, RoleInUseError)


async def test_role_that_is_being_archived_is_not_granted(identity: Identity, company: Company, caller: Caller, superuser: Superuser) -> None:
    owner, worker = await principal_of(identity, company, caller), await principal_of(identity, company, caller, Role.WORKER)
    tenant_id = company.tenant.tenant_id
    async with identity.app.tenant(tenant_id) as tx:
        await roles.put_role(tx, identity.standings, owner, key="nights", name="Nights", description="", permissions=["trace.read"])
    assert worker.membership_id is not None
    member = worker.membership_id
    refusal = await second_waits_for_first(
        identity, superuser, tenant_id,
        lambda tx: roles.archive_role(tx, identity.standings, owner, "nights", reason="x"),
        lambda tx: service.set_roles(tx, identity.standings, owner, member, [WantedGrant("nights")], reason="x", find_sites=no_sites),
    )  # fmt: skip
    assert getattr(refusal, "field", None) == "grants.0.role"


async def test_two_invitations_for_one_name_at_once_make_one(identity: Identity, company: Company, caller: Caller, superuser: Superuser) -> None:
    owner = await principal_of(identity, company, caller)

    async def invite(tx: TenantTransaction) -> None:
        await invitations.invite(tx, identity.auth, owner, login="han@example.com", display_name="Han", wanted=WORKER, find_sites=no_sites)

    assert isinstance(await second_waits_for_first(identity, superuser, company.tenant.tenant_id, invite, invite), AlreadyInvitedError)


@pytest.mark.parametrize("times", [2, 6])
async def test_one_link_that_is_used_several_times_at_once_lets_one_in(
    identity: Identity, make_company: MakeCompany, caller: Caller, times: int
) -> None:
    company = await make_company()
    owner = await principal_of(identity, company, caller)
    login = f"{secrets.token_hex(8)}@example.com"
    async with identity.app.tenant(company.tenant.tenant_id) as tx:
        _, token = await invitations.invite(tx, identity.auth, owner, login=login, display_name="Han", wanted=WORKER, find_sites=no_sites)

    async def accept() -> str:
        accepted = await accept_invitation(
            identity, str(token), login=None, display_name=None, password="nineteen quiet herons at dawn", code=None, caller=caller
        )
        return accepted.login_name

    answers = await asyncio.gather(*(accept() for _ in range(times)), return_exceptions=True)
    assert [answer for answer in answers if isinstance(answer, str)] == [login]
    assert {type(answer) for answer in answers if not isinstance(answer, str)} == {InvitationInvalidError}
    async with identity.app.tenant(company.tenant.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from membership where tenant_id = $1") == 2
        assert await tx.fetchval("select count(*) from audit_entry where tenant_id = $1 and action = 'invitation.accepted'") == 1


async def test_links_of_two_firms_used_at_once_by_somebody_new_lead_into_both_or_ask_for_the_password(
    identity: Identity, make_company: MakeCompany, caller: Caller
) -> None:
    login = f"{secrets.token_hex(8)}@example.com"
    tokens = []
    for company in (await make_company(), await make_company()):
        owner = await principal_of(identity, company, caller)
        async with identity.app.tenant(company.tenant.tenant_id) as tx:
            made = await invitations.invite(tx, identity.auth, owner, login=login, display_name="Han", wanted=WORKER, find_sites=no_sites)
        tokens.append(str(made[1]))
    chosen = ("nineteen quiet herons at dawn", "eleven slow barges on a canal")

    async def accept(token: str, password: str) -> str:
        return (await accept_invitation(identity, token, login=None, display_name=None, password=password, code=None, caller=caller)).login_name

    answers = await asyncio.gather(*(accept(*pair) for pair in zip(tokens, chosen, strict=True)), return_exceptions=True)
    # Only one of the two passwords can be the person's: the other link stays good for who proves it.
    assert sorted(type(answer).__name__ for answer in answers) == ["SignInRefusedError", "str"]
    left = next(place for place, answer in enumerate(answers) if not isinstance(answer, str))
    assert await accept(tokens[left], chosen[1 - left]) == login
