"""Repeated requests: answered once, told apart, and never worked on twice at the same time."""

import asyncio
from dataclasses import replace
from hashlib import sha256
from uuid import uuid4

import asyncpg
import pytest

from infra.database import Database
from infra.errors import InvalidInputError
from tenants.errors import InFlightError, KeyReusedError
from tenants.idempotency import SavedReply, replay_or_claim, save_reply
from tenants.permissions import permissions_of
from tenants.principal import Principal
from tests.tenants.companies import Company, MakeCompany, Superuser

BODY, OTHER_BODY = sha256(b"a body").digest(), sha256(b"another").digest()


def principal_of(company: Company) -> Principal:
    return Principal(
        tenant_id=company.tenant.tenant_id,
        tenant_public_id=company.tenant.public_id,
        tenant_slug=company.tenant.slug,
        actor_id=company.member.person_id,
        membership_id=company.member.membership_id,
        display_name="李 Lei",
        roles=("owner",),
        permissions=permissions_of("owner"),
        session_id=uuid4(),
    )


@pytest.fixture
def principal(company: Company) -> Principal:
    return principal_of(company)


async def perform(database: Database, principal: Principal, key: str, body: bytes = BODY, reply: str = "done") -> SavedReply | None:
    async with database.tenant(principal.tenant_id) as tx:
        saved = await replay_or_claim(tx, principal, key, body)
        if saved is None:
            await save_reply(tx, principal, key, body, status=201, reply=reply)
        return saved


async def test_the_first_request_is_worked_on_and_the_repeat_gets_its_answer(database_app: Database, principal: Principal) -> None:
    assert await perform(database_app, principal, "key-1", reply='{"shipped":"是"}') is None
    assert await perform(database_app, principal, "key-1") == SavedReply(201, '{"shipped":"是"}')
    assert await perform(database_app, principal, "key-1") == SavedReply(201, '{"shipped":"是"}')


async def test_the_same_key_with_another_body_is_refused_and_changes_nothing(database_app: Database, principal: Principal) -> None:
    await perform(database_app, principal, "key-1")
    with pytest.raises(KeyReusedError) as refusal:
        await perform(database_app, principal, "key-1", OTHER_BODY)
    assert refusal.value.status == 409
    assert await perform(database_app, principal, "key-1") == SavedReply(201, "done")


async def test_a_request_in_flight_is_told_to_come_back(database_app: Database, principal: Principal) -> None:
    async with database_app.tenant(principal.tenant_id) as first:
        assert await replay_or_claim(first, principal, "key-1", BODY) is None
        for body in (BODY, OTHER_BODY):
            with pytest.raises(InFlightError) as refusal:
                await perform(database_app, principal, "key-1", body)
            assert (refusal.value.status, refusal.value.detail) == (409, {"retry_after": 1})
        assert await perform(database_app, principal, "key-2") is None
        await save_reply(first, principal, "key-1", BODY, status=200, reply="first")
    assert await perform(database_app, principal, "key-1") == SavedReply(200, "first")


async def test_a_failed_request_leaves_its_key_free(database_app: Database, principal: Principal) -> None:
    async def fail() -> None:
        async with database_app.tenant(principal.tenant_id) as tx:
            assert await replay_or_claim(tx, principal, "key-1", BODY) is None
            await save_reply(tx, principal, "key-1", BODY, status=200, reply="never committed")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await perform(database_app, principal, "key-1", OTHER_BODY) is None


async def test_of_many_at_once_one_is_worked_on(database_app: Database, principal: Principal) -> None:
    attempts = [perform(database_app, principal, "key-1") for _ in range(8)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert outcomes.count(None) == 1
    assert all(isinstance(outcome, InFlightError) or outcome in (None, SavedReply(201, "done")) for outcome in outcomes)


async def test_a_key_belongs_to_one_tenant_and_one_principal(database_app: Database, make_company: MakeCompany, principal: Principal) -> None:
    colleague = replace(principal, membership_id=uuid4())
    stranger = replace(principal_of(await make_company()), membership_id=principal.membership_id)
    async with database_app.tenant(principal.tenant_id) as tx:
        assert await replay_or_claim(tx, principal, "key-1", BODY) is None
        await save_reply(tx, principal, "key-1", BODY, status=200, reply="mine")
        for other in (colleague, stranger):
            assert await perform(database_app, other, "key-1", OTHER_BODY) is None
    assert await perform(database_app, principal, "key-1") == SavedReply(200, "mine")


@pytest.mark.parametrize("key", ["", "two words", "tab\t", "line\n", "nul\x00", "schlüssel", "键", "x" * 256, "\ud800"])
async def test_a_key_that_is_no_key_is_refused(database_app: Database, principal: Principal, superuser: Superuser, key: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        await perform(database_app, principal, key)
    assert refusal.value.field == "Idempotency-Key"
    assert await superuser.fetchval("select count(*) from idempotent_reply where tenant_id = $1", principal.tenant_id) == 0


async def test_a_saved_reply_cannot_be_changed(database_app: Database, principal: Principal) -> None:
    await perform(database_app, principal, "key-1")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database_app.tenant(principal.tenant_id) as tx:
            await tx.execute("update idempotent_reply set reply = 'x' where tenant_id = $1")
    # The purge may delete, and a policy shows it only what is old enough.
    async with database_app.tenant(principal.tenant_id) as tx:
        assert await tx.execute("delete from idempotent_reply where tenant_id = $1") == 0
    assert await perform(database_app, principal, "key-1") == SavedReply(201, "done")
