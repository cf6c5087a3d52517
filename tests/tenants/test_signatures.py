"""Electronic signatures: who may sign with what, what is stored, and that nothing of it can be moved, changed or read elsewhere."""

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import asyncpg
import pytest

from infra.clock import isoformat, now
from infra.database import Database
from infra.errors import InvalidInputError, PermissionDeniedError
from tenants.errors import ProofRefusedError, SecondFactorMissingError, TooManyFailuresError
from tenants.permissions import Role
from tenants.principal import ActorKind, Principal
from tenants.second_factor.service import Factor
from tenants.service import Caller, Identity
from tenants.signatures.service import Meaning, is_intact, page_of_signatures, sign
from tests.signing import Authenticator, set_up, signature_of
from tests.tenants.companies import PASSWORD, Company, MakeCompany, Superuser

WRONG = "another password altogether"
GIVEN: dict[str, Any] = {"meaning": Meaning.RELEASED, "reason": "retested"}


@pytest.fixture
async def authenticator(identity: Identity, company: Company) -> Authenticator:
    return await set_up(identity, company.member.person_id)


@pytest.fixture
async def principal(identity: Identity, company: Company, authenticator: Authenticator, caller: Caller) -> Principal:
    """Somebody who has signed in with his second factor, and has signed nothing yet."""
    return (await identity.sign_in(company.login, PASSWORD, code=authenticator.code(), caller=caller)).principal


async def again(identity: Identity, principal: Principal, superuser: Superuser) -> Principal:
    """The same session at its next request."""
    at = await superuser.fetchval("select reauthenticated_at from session where session_id = $1", principal.session_id)
    return replace(principal, reauthenticated_at=at)


async def written(superuser: Superuser, principal: Principal) -> list[Any]:
    """What signing may write of a tenant and a person."""
    rows: list[Any] = []
    for table in ("electronic_signature", "audit_entry", "session"):
        rows += await superuser.fetch(f"select * from {table} t where tenant_id = $1 order by t::text", principal.tenant_id)
    rows += await superuser.fetch("select last_step from person_factor where person_id = $1", principal.actor_id)
    return [tuple(row) for row in rows]


async def test_the_first_signature_takes_both_and_the_next_ones_either(
    identity: Identity, principal: Principal, authenticator: Authenticator, superuser: Superuser
) -> None:
    before = await written(superuser, principal)
    for password, code in ((PASSWORD, None), (None, authenticator.code()), (None, None), ("", "")):
        with pytest.raises(InvalidInputError, match="first signature needs"):
            await identity.signatures.prove(principal, password=password, code=code, **GIVEN)
    assert await written(superuser, principal) == before
    authenticator.last_step -= 1
    first = await identity.signatures.prove(principal, password=PASSWORD, code=authenticator.code(), **GIVEN)
    assert first.factors == (Factor.PASSWORD, Factor.ONE_TIME_CODE)
    principal = await again(identity, principal, superuser)
    assert (await identity.signatures.prove(principal, password=PASSWORD, code=None, **GIVEN)).factors == (Factor.PASSWORD,)
    with pytest.raises(InvalidInputError, match="password or with a code"):
        await identity.signatures.prove(principal, password=None, code=None, **GIVEN)
    code = (await identity.second_factors.renew_recovery_codes(principal.actor_id))[0]
    assert (await identity.signatures.prove(principal, password=None, code=code, **GIVEN)).factors == (Factor.RECOVERY_CODE,)


async def test_one_component_is_enough_for_ten_minutes_and_no_longer(identity: Identity, principal: Principal, authenticator: Authenticator) -> None:
    for age, enough in ((timedelta(minutes=9, seconds=50), True), (timedelta(minutes=10, seconds=1), False)):
        aged = replace(principal, reauthenticated_at=now() - age)
        if enough:
            await identity.signatures.prove(aged, password=PASSWORD, code=None, **GIVEN)
        else:
            with pytest.raises(InvalidInputError):
                await identity.signatures.prove(aged, password=PASSWORD, code=None, **GIVEN)


async def test_a_wrong_component_writes_nothing_counts_and_is_not_named(
    identity: Identity, principal: Principal, authenticator: Authenticator, superuser: Superuser
) -> None:
    before = await written(superuser, principal)
    told = set()
    for password, code in ((WRONG, authenticator.code()), (PASSWORD, "nonsense"), (WRONG, "nonsense")):
        with pytest.raises(ProofRefusedError) as refusal:
            await identity.signatures.prove(principal, password=password, code=code, **GIVEN)
        told.add((refusal.value.code, refusal.value.message, refusal.value.field))
    assert len(told) == 1
    assert await written(superuser, principal) == before
    for _ in range(7):
        with pytest.raises(ProofRefusedError):
            await identity.signatures.prove(principal, password=WRONG, code="nonsense", **GIVEN)
    with pytest.raises(TooManyFailuresError):
        await identity.signatures.prove(principal, password=PASSWORD, code=authenticator.code(), **GIVEN)
    assert await written(superuser, principal) == before


async def test_without_a_second_factor_nobody_signs_even_with_the_right_password(
    identity: Identity, make_company: MakeCompany, caller: Caller, superuser: Superuser
) -> None:
    principal = (await identity.sign_in((await make_company(Role.QUALITY_MANAGER)).login, PASSWORD, caller=caller)).principal
    await identity.credentials.reauthenticate(principal, password=PASSWORD, code=None)
    principal = await again(identity, principal, superuser)
    with pytest.raises(SecondFactorMissingError, match="beginSecondFactor"):
        await identity.signatures.prove(principal, password=PASSWORD, code=None, **GIVEN)


@pytest.mark.parametrize("kind", [ActorKind.CLIENT, ActorKind.DEVICE])
async def test_no_machine_signs(identity: Identity, principal: Principal, authenticator: Authenticator, kind: ActorKind) -> None:
    with pytest.raises(PermissionDeniedError):
        await identity.signatures.prove(replace(principal, kind=kind), password=PASSWORD, code=authenticator.code(), **GIVEN)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "a\x00b"])
async def test_a_signature_needs_a_reason(identity: Identity, principal: Principal, authenticator: Authenticator, reason: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        await identity.signatures.prove(principal, meaning=Meaning.RELEASED, reason=reason, password=PASSWORD, code=authenticator.code())
    assert refusal.value.field == "signature.reason"


async def test_what_is_stored_says_who_what_when_and_why_under_one_hash(principal: Principal, database_app: Database, superuser: Superuser) -> None:
    async with database_app.tenant(principal.tenant_id) as tx:
        signature_id = await sign(tx, principal, signature_of(principal), subject="hold:1", content={"act": "hold.released", "on": "lot 7"})
        [stored] = await page_of_signatures(tx, "hold:1", cursor=None, backward=False, limit=2)
    assert (stored.signature_id, stored.signer_id, stored.signer_name) == (signature_id, principal.actor_id, "李 Lei")
    assert (stored.meaning, stored.reason, json.loads(stored.roles)) == ("released", "tested good", ["owner"])
    assert json.loads(stored.factors) == ["password", "one_time_code"]
    assert json.loads(stored.content) == {
        "tenant": str(principal.tenant_public_id), "signature": str(signature_id), "subject": "hold:1", "signer": str(principal.actor_id),
        "name": "李 Lei", "meaning": "released", "reason": "tested good", "signedAt": isoformat(stored.signed_at),
        "content": {"act": "hold.released", "on": "lot 7"},
    }  # fmt: skip
    assert stored.content_sha256 == sha256(stored.content.encode()).digest()
    assert is_intact(stored)
    row = await superuser.fetchrow("select session_id, address from electronic_signature where signature_id = $1", signature_id)
    assert row is not None
    assert tuple(row) == (principal.session_id, principal.address)


@pytest.mark.parametrize(
    "change", [{"content": "{}"}, {"meaning": "approved"}, {"reason": "other"}, {"signer_name": "王 Wei"}, {"subject": "hold:2"}]
)
async def test_a_signature_that_was_tampered_with_is_not_intact(principal: Principal, database_app: Database, change: dict[str, str]) -> None:
    async with database_app.tenant(principal.tenant_id) as tx:
        await sign(tx, principal, signature_of(principal), subject="hold:1", content={"on": "lot 7"})
        [stored] = await page_of_signatures(tx, None, cursor=None, backward=False, limit=2)
    assert not is_intact(replace(stored, **change))  # type: ignore[arg-type]  # texts all of them


async def test_a_proof_is_good_for_its_signer_his_session_and_this_moment(principal: Principal, database_app: Database) -> None:
    good = signature_of(principal)
    aged = replace(good, proved_at=now() - timedelta(minutes=3))
    for wrong in (replace(good, signer_id=principal.session_id), replace(good, session_id=principal.actor_id), aged):
        with pytest.raises(RuntimeError, match="good for its signer"):
            async with database_app.tenant(principal.tenant_id) as tx:
                await sign(tx, principal, wrong, subject="hold:1", content={})
    async with database_app.tenant(principal.tenant_id) as tx:
        assert await page_of_signatures(tx, None, cursor=None, backward=False, limit=2) == []


async def test_a_signature_is_gone_with_the_act_that_failed(principal: Principal, database_app: Database) -> None:
    with pytest.raises(InvalidInputError):
        async with database_app.tenant(principal.tenant_id) as tx:
            await sign(tx, principal, signature_of(principal), subject="hold:1", content={})
            raise InvalidInputError("no")
    async with database_app.tenant(principal.tenant_id) as tx:
        assert await page_of_signatures(tx, None, cursor=None, backward=False, limit=2) == []


async def test_the_application_adds_signatures_and_changes_none(principal: Principal, database_app: Database, superuser: Superuser) -> None:
    async with database_app.tenant(principal.tenant_id) as tx:
        await sign(tx, principal, signature_of(principal), subject="hold:1", content={})
    before = await superuser.fetch("select * from electronic_signature order by signature_id")
    for statement in (
        "update electronic_signature set reason = 'x' where tenant_id = $1",
        "delete from electronic_signature where tenant_id = $1",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database_app.tenant(principal.tenant_id) as tx:
                await tx.execute(statement)
    assert await superuser.fetch("select * from electronic_signature order by signature_id") == before


async def test_another_company_sees_none(principal: Principal, database_app: Database, make_company: MakeCompany) -> None:
    async with database_app.tenant(principal.tenant_id) as tx:
        await sign(tx, principal, signature_of(principal), subject="hold:1", content={})
    async with database_app.tenant((await make_company()).tenant.tenant_id) as tx:
        assert await page_of_signatures(tx, "hold:1", cursor=None, backward=False, limit=2) == []
        assert await page_of_signatures(tx, None, cursor=None, backward=False, limit=2) == []
