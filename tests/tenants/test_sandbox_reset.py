"""A sandbox thrown away and made anew while it is in use."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from backend.services import Services
from infra.errors import SuyuanError
from tenants.clients import service as clients
from tenants.clients.errors import ClientRevokedError, KeyInvalidError
from tenants.directory import Tenant, tenant_by_public_id, tenant_by_slug
from tenants.errors import SessionEndedError
from tenants.permissions import Role
from tenants.principal import ActorKind
from tenants.registration import add_membership
from tenants.sandbox.errors import ConfirmationError, ResetUnderWayError, SandboxNotFoundError
from tests.tenants.companies import PASSWORD, Superuser
from tests.tenants.sandboxes import HERE, Firm, counts, make_firm, trail


@pytest.fixture
async def firm(services: Services) -> Firm:
    return await make_firm(services)


async def test_a_reset_throws_the_data_away_and_lets_people_and_keys_go_on(
    firm: Firm, do_outbox: Callable[[], Awaitable[int]], superuser: Superuser
) -> None:
    old = await firm.open(events=300)
    await do_outbox()
    tokens = await firm.enter()
    key, ended = await firm.key(tokens.principal), await firm.key(tokens.principal)
    async with firm.services.database.tenant(old.tenant_id) as tx:
        await clients.revoke_client(tx, tokens.principal, firm.identity.clients, ended.client_id, None)
    assert (await firm.identity.authenticate(key.text, caller=HERE)).tenant_id == old.tenant_id
    new = await firm.reset()
    assert (new.tenant_id != old.tenant_id, new.slug, new.public_id) == (True, old.slug, old.public_id)
    assert await tenant_by_slug(firm.services.database, old.slug) == new
    assert await tenant_by_public_id(firm.services.database, old.public_id) == new
    principal = await firm.identity.authenticate(key.text, caller=HERE)
    assert (principal.tenant_id, principal.actor_id, principal.sandbox) == (new.tenant_id, key.client_id, True)
    with pytest.raises(KeyInvalidError):
        await firm.identity.authenticate(ended.text, caller=HERE)
    for act in (firm.identity.authenticate(tokens.access_token, caller=HERE), firm.identity.refresh(tokens.refresh_token, caller=HERE)):
        with pytest.raises(SessionEndedError):
            await act
    again = await firm.enter()
    assert (again.principal.tenant_id, again.principal.membership_id) == (new.tenant_id, tokens.principal.membership_id)
    rows = await counts(superuser, new.tenant_id)
    assert (rows["event"], rows["product"], rows["client"], rows["client_secret"], rows["membership"]) == (0, 0, 2, 2, 1)
    assert "sandbox.reset" in await trail(firm.services, firm.tenant.tenant_id)
    retired = await superuser.fetchrow("select slug, public_id, retired_at from tenant where tenant_id = $1", old.tenant_id)
    assert retired is not None
    assert (retired["slug"].startswith("retired-"), retired["public_id"] != old.public_id, retired["retired_at"] is not None) == (True, True, True)
    assert await tenant_by_slug(firm.services.database, retired["slug"]) is None
    assert await tenant_by_public_id(firm.services.database, retired["public_id"]) is None
    await firm.identity.clients.settle()


async def test_a_reset_without_the_name_typed_changes_nothing(firm: Firm, superuser: Superuser) -> None:
    with pytest.raises(SandboxNotFoundError):
        await firm.reset()
    sandbox = await firm.open()
    before = await superuser.fetchval("select count(*) from tenant")
    for typed in ("", firm.tenant.slug, sandbox.slug.upper(), "sandbox"):
        with pytest.raises(ConfirmationError):
            await firm.reset(typed or " ")
    assert await superuser.fetchval("select count(*) from tenant") == before
    assert await tenant_by_slug(firm.services.database, sandbox.slug) == sandbox


async def test_filling_that_is_under_way_stops_with_its_generation(firm: Firm, do_outbox: Callable[[], Awaitable[int]], superuser: Superuser) -> None:
    old = await firm.open(events=300)
    await firm.reset()
    again = "update outbox set done_at = null, due_at = now() where tenant_id = $1 and topic = 'sandbox.fill'"
    await superuser.execute(again, old.tenant_id)
    await do_outbox()
    assert (await counts(superuser, old.tenant_id))["event"] == 0


async def test_people_of_the_sandbox_alone_go_on_and_sign_in_themselves(firm: Firm, services: Services) -> None:
    partner = await make_firm(services)
    sandbox = await firm.open()
    await add_membership(firm.identity, sandbox, login=partner.login, display_name="A partner's developer", role=Role.LINE_LEAD)
    signed_in = await firm.identity.sign_in(partner.login, PASSWORD, tenant_slug=sandbox.slug, caller=HERE)
    assert signed_in.principal.roles == ("line_lead",)
    await firm.reset()
    again = await firm.identity.sign_in(partner.login, PASSWORD, tenant_slug=sandbox.slug, caller=HERE)
    assert (again.principal.roles, again.principal.tenant_id != sandbox.tenant_id) == (("line_lead",), True)
    assert (await firm.identity.authenticate(again.access_token, caller=HERE)).roles == ("line_lead",)


async def test_a_revocation_that_is_under_way_is_waited_for_and_goes_on_with_the_keys(firm: Firm) -> None:
    await firm.open()
    inside = (await firm.enter()).principal
    key = await firm.key(inside)
    async with firm.services.database.tenant(inside.tenant_id) as tx:
        await clients.revoke_secret(tx, inside, firm.identity.clients, key.secret_id, None)
        reset = asyncio.create_task(firm.reset())
        await asyncio.sleep(0.3)
        assert not reset.done()
    await reset
    with pytest.raises(KeyInvalidError):
        await firm.identity.authenticate(key.text, caller=HERE)


async def test_a_revocation_that_comes_too_late_for_a_reset_is_refused(firm: Firm) -> None:
    """Else its caller would believe the key revoked, while its copy goes on in the next generation."""
    old = await firm.open()
    inside = (await firm.enter()).principal
    key = await firm.key(inside)
    async with firm.services.database.tenant(old.tenant_id) as tx:
        assert await tx.fetchval("select active from membership where tenant_id = $1")
        await firm.reset()
        with pytest.raises(ClientRevokedError):
            await clients.revoke_secret(tx, inside, firm.identity.clients, key.secret_id, None)
    assert (await firm.identity.authenticate(key.text, caller=HERE)).kind is ActorKind.CLIENT
    await firm.identity.clients.settle()


async def test_of_two_resets_at_once_one_is_told_of_the_other(firm: Firm, superuser: Superuser) -> None:
    await firm.open()
    answers = await asyncio.gather(firm.reset(), firm.reset(), return_exceptions=True)
    assert sum(isinstance(answer, Tenant) for answer in answers) >= 1
    assert all(isinstance(answer, Tenant | ResetUnderWayError) for answer in answers)
    current = "select count(*) from tenant where sandbox_of = $1 and retired_at is null"
    assert await superuser.fetchval(current, firm.tenant.tenant_id) == 1


async def test_a_reset_under_use_never_shows_anything_else_than_one_of_the_two_generations(firm: Firm) -> None:
    await firm.open()
    inside = (await firm.enter()).principal
    key = await firm.key(inside)
    seen: list[int] = []
    refused: list[type[SuyuanError]] = []
    stop = asyncio.Event()

    async def use() -> None:
        while not stop.is_set():
            try:
                principal = await firm.identity.authenticate(key.text, caller=HERE)
                seen.append(principal.tenant_id)
                async with firm.services.database.tenant(principal.tenant_id) as tx:
                    await tx.fetchval("select count(*) from event where tenant_id = $1")
            except SuyuanError as problem:
                refused.append(type(problem))
            await asyncio.sleep(0)

    users = [asyncio.create_task(use()) for _ in range(3)]
    generations_seen = [inside.tenant_id]
    for _ in range(3):
        await asyncio.sleep(0.05)
        generations_seen.append((await firm.reset()).tenant_id)
    await asyncio.sleep(0.1)
    stop.set()
    await asyncio.gather(*users)
    assert set(seen) <= set(generations_seen)
    assert seen[-1] == generations_seen[-1]
    # In the moment of the change a key may be looked up in the generation that was just left.
    assert set(refused) <= {KeyInvalidError}
    assert len(refused) < len(seen)
    await firm.identity.clients.settle()
