"""A company's sandbox: opened once, entered with the company's grants, filled, and apart from live data."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from backend.sandbox import service as filling
from backend.services import Services
from backend.simulator import Industry
from infra.clock import now
from infra.errors import InvalidInputError, PermissionDeniedError
from tenants import directory, sessions
from tenants.clients import service as clients
from tenants.directory import tenant_by_gtin, tenant_by_slug
from tenants.errors import SessionEndedError, SignInRefusedError
from tenants.permissions import Permission, Role
from tenants.principal import Principal
from tenants.registration import add_claim, create_tenant
from tenants.sandbox import generations
from tenants.sandbox.errors import InSandboxError, SandboxNotFoundError
from tests.tenants.companies import PASSWORD, Superuser
from tests.tenants.sandboxes import HERE, Firm, counts, make_firm, trail


@pytest.fixture
async def firm(services: Services) -> Firm:
    return await make_firm(services)


async def test_a_sandbox_is_opened_once_however_often_and_by_however_many(firm: Firm) -> None:
    opened = await asyncio.gather(*(firm.identity.sandboxes.open(firm.principal) for _ in range(5)))
    assert len({item.tenant for item in opened}) == 1
    assert sum(item.created for item in opened) == 1
    sandbox = opened[0].tenant
    assert (sandbox.slug, sandbox.sandbox, sandbox.sandbox_of) == (f"{firm.tenant.slug}-sandbox", True, firm.tenant.tenant_id)
    assert sandbox.public_id != firm.tenant.public_id
    assert (await trail(firm.services, firm.tenant.tenant_id)).count("sandbox.opened") == 1


def test_the_sandboxes_name_fits_into_a_host_name() -> None:
    for length in (2, 54, 55, 56, 62, 63):
        for attempt in (0, 1, 9):
            slug = generations.slug_for("a" * (length - 2) + "-b" if length > 2 else "ab", attempt)
            assert directory.SLUG.fullmatch(slug)
            assert "-sandbox" in slug
    assert generations.slug_for("acme") == "acme-sandbox"
    assert generations.slug_for("acme", 1) == "acme-sandbox-2"
    assert generations.slug_for("a" * 54 + "-" + "b" * 8) == "a" * 54 + "-sandbox"


async def test_a_name_that_somebody_else_has_is_not_taken_from_him(firm: Firm) -> None:
    squatter = await create_tenant(firm.identity, slug=f"{firm.tenant.slug}-sandbox", name="Somebody else")
    sandbox = await firm.open()
    assert sandbox.slug == f"{firm.tenant.slug}-sandbox-2"
    assert await tenant_by_slug(firm.services.database, squatter.slug) == squatter


async def test_a_member_is_in_the_sandbox_what_he_is_in_the_company(firm: Firm) -> None:
    with pytest.raises(SandboxNotFoundError):
        await firm.enter()
    sandbox = await firm.open()
    tokens = await firm.enter()
    inside = await firm.identity.authenticate(tokens.access_token, caller=HERE)
    assert (inside.tenant_id, inside.tenant_slug, inside.sandbox) == (sandbox.tenant_id, sandbox.slug, True)
    assert (inside.actor_id, inside.roles, inside.permissions) == (firm.principal.actor_id, firm.principal.roles, firm.principal.permissions)
    again = await firm.enter()
    assert again.principal.membership_id == inside.membership_id
    assert (await trail(firm.services, firm.tenant.tenant_id)).count("sandbox.entered") == 2


async def test_signing_in_goes_on_to_lead_to_the_company(firm: Firm) -> None:
    await firm.open()
    await firm.enter()
    tokens = await firm.identity.sign_in(firm.login, PASSWORD, caller=HERE)
    assert tokens.principal.tenant_slug == firm.tenant.slug
    with pytest.raises(SignInRefusedError):
        await firm.identity.sign_in(firm.login, PASSWORD, tenant_slug=f"{firm.tenant.slug}-sandbox", caller=HERE)


async def test_grants_in_the_sandbox_follow_the_company_at_once(firm: Firm) -> None:
    await firm.open()
    tokens = await firm.enter()
    await firm.identity.authenticate(tokens.access_token, caller=HERE)
    await firm.identity.standings.doubt_person(firm.principal.actor_id)
    async with firm.services.database.tenant(firm.tenant.tenant_id) as tx:
        assert firm.principal.membership_id is not None
        await tx.execute("delete from membership_grant where tenant_id = $1 and membership_id = $2", firm.principal.membership_id)
        await sessions.insert_grant(tx, firm.principal.membership_id, Role.QUALITY_MANAGER)
    inside = await firm.identity.authenticate(tokens.access_token, caller=HERE)
    assert (inside.roles, Permission.CLIENTS_MANAGE in inside.permissions) == (("quality_manager",), False)
    assert (await firm.identity.refresh(tokens.refresh_token, caller=HERE)).principal.roles == ("quality_manager",)


@pytest.mark.parametrize("how", ["deactivated", "without sandbox.use"])
async def test_whoever_may_not_use_the_sandbox_any_more_is_out_of_it_at_once(firm: Firm, how: str) -> None:
    await firm.open()
    tokens = await firm.enter()
    await firm.identity.authenticate(tokens.access_token, caller=HERE)
    await firm.identity.standings.doubt_person(firm.principal.actor_id)
    async with firm.services.database.tenant(firm.tenant.tenant_id) as tx:
        if how == "deactivated":
            await tx.execute("update membership set active = false where tenant_id = $1 and membership_id = $2", firm.principal.membership_id)
        else:
            await tx.execute("update membership_grant set role = 'worker' where tenant_id = $1")
    with pytest.raises(SessionEndedError):
        await firm.identity.authenticate(tokens.access_token, caller=HERE)
    with pytest.raises(SessionEndedError):
        await firm.identity.refresh(tokens.refresh_token, caller=HERE)


async def test_who_lacks_the_permission_neither_opens_nor_enters_nor_resets(firm: Firm) -> None:
    await firm.open()
    worker = replace(firm.principal, permissions=firm.principal.permissions - {Permission.SANDBOX_USE, Permission.SANDBOX_MANAGE})
    phone = replace(firm.principal, device_id=uuid4())
    for somebody in (worker, phone):
        for act in (firm.identity.sandboxes.open(somebody), firm.identity.enter_sandbox(somebody, reason=None, caller=HERE)):
            with pytest.raises(PermissionDeniedError):
                await act
        with pytest.raises(PermissionDeniedError):
            await replace_owner(firm, somebody).reset()


def replace_owner(firm: Firm, principal: Principal) -> Firm:
    return replace(firm, owner=replace(firm.owner, principal=principal))


async def test_a_sandbox_has_no_sandbox(firm: Firm) -> None:
    await firm.open()
    inside = replace_owner(firm, (await firm.enter()).principal)
    for act in (inside.open, inside.enter, inside.reset):
        with pytest.raises(InSandboxError):
            await act()
    assert await firm.identity.sandboxes.find(inside.principal) == await firm.identity.sandboxes.find(firm.principal)


async def test_neither_tokens_nor_keys_pass_between_live_data_and_the_sandbox(firm: Firm) -> None:
    sandbox = await firm.open()
    inside = await firm.enter()
    live_key, test_key = await firm.key(firm.principal), await firm.key(inside.principal)
    assert (live_key.text[:8], test_key.text[:8]) == ("sy_live_", "sy_test_")
    for credential, tenant in (
        (live_key.text, firm.tenant), (firm.owner.access_token, firm.tenant), (test_key.text, sandbox), (inside.access_token, sandbox),
    ):  # fmt: skip
        principal = await firm.identity.authenticate(credential, caller=HERE)
        assert (principal.tenant_id, principal.sandbox) == (tenant.tenant_id, tenant.sandbox)
    async with firm.services.database.tenant(sandbox.tenant_id) as tx:
        assert await clients.clients_by_id(tx, [live_key.client_id]) == {}
    await firm.identity.clients.settle()


async def test_a_sandbox_claims_no_company_prefix_and_none_leads_to_it(firm: Firm, superuser: Superuser) -> None:
    sandbox = await firm.open()
    with pytest.raises(InvalidInputError):
        await add_claim(firm.services.auth_database, sandbox, "9506000", verified=True)
    claimed = str(uuid4().int % 10**7).zfill(7)
    gtin = f"0{claimed}000000"
    await superuser.execute("insert into resolver_claim (claimed, tenant_id, verified_at) values ($1, $2, now())", claimed, sandbox.tenant_id)
    assert await tenant_by_gtin(firm.services.public_database, gtin) is None
    await superuser.execute("delete from resolver_claim where claimed = $1", claimed)
    await add_claim(firm.services.auth_database, firm.tenant, claimed, verified=True)
    assert await tenant_by_gtin(firm.services.public_database, gtin) == firm.tenant


async def test_sample_data_are_filled_in_part_by_part(firm: Firm, do_outbox: Callable[[], Awaitable[int]], superuser: Superuser) -> None:
    sandbox = await firm.open(events=300)
    async with firm.services.database.tenant(sandbox.tenant_id) as tx:
        begun = await filling.state_of(tx)
        assert not await filling.start(tx, firm.principal, sandbox, Industry.PHARMACEUTICALS)
    assert (begun.status, begun.filled_events, begun.total_events) == (filling.FillStatus.FILLING, 0, 300)
    await do_outbox()
    async with firm.services.database.tenant(sandbox.tenant_id) as tx:
        done = await filling.state_of(tx)
    assert (done.status, done.industry, done.filled_events) == (filling.FillStatus.READY, Industry.FOOD, 300)
    rows = await counts(superuser, sandbox.tenant_id)
    assert (rows["event"], rows["product"] > 10, rows["location"] > 10, rows["lot_link"] > 10, rows["published_history"] > 10) == (300, *[True] * 4)
    newest = await superuser.fetchval("select max(event_time) from event where tenant_id = $1", sandbox.tenant_id)
    assert now() - timedelta(days=3) < newest <= now() + timedelta(days=1)
    assert (await counts(superuser, firm.tenant.tenant_id))["event"] == 0


async def test_a_part_that_is_done_twice_changes_nothing(firm: Firm, do_outbox: Callable[[], Awaitable[int]], superuser: Superuser) -> None:
    sandbox = await firm.open(events=300)
    await do_outbox()
    before = await counts(superuser, sandbox.tenant_id)
    again = "update outbox set done_at = null, due_at = now() where tenant_id = $1 and topic = 'sandbox.fill'"
    await superuser.execute(again, sandbox.tenant_id)
    await do_outbox()
    assert await counts(superuser, sandbox.tenant_id) == before
