"""The audit trail: complete, readable by its tenant, and closed to change."""

import asyncpg
import pytest

from infra.database import Database
from infra.errors import InvalidInputError
from tenants import audit
from tenants.service import Caller, Identity
from tests.tenants.companies import PASSWORD, Company, Superuser


async def test_an_entry_tells_who_when_from_where_what_and_why(identity: Identity, company: Company, caller: Caller, superuser: Superuser) -> None:
    principal = (await identity.sign_in(company.login, PASSWORD, caller=caller)).principal
    async with identity.app.tenant(principal.tenant_id) as tx:
        await audit.record(tx, principal, "hold.released", "hold:1", before={"state": "held"}, after={"state": "free", "by": "李"}, reason="retested")
    entry = await superuser.fetchrow(
        "select *, now() - recorded_at < interval '1 minute' as just_now from audit_entry where tenant_id = $1 and action = 'hold.released'",
        principal.tenant_id,
    )
    assert entry is not None
    assert entry["just_now"]
    assert (entry["actor_id"], entry["actor"], entry["subject"]) == (principal.actor_id, "李 Lei", "hold:1")
    assert (entry["before"], entry["after"]) == ('{"state":"held"}', '{"by":"李","state":"free"}')
    assert (entry["reason"], entry["request_id"], entry["address"]) == ("retested", caller.request_id, caller.address)


async def test_an_entry_goes_with_its_transaction(database_app: Database, company: Company, superuser: Superuser) -> None:
    async def fail() -> None:
        async with database_app.tenant(company.tenant.tenant_id) as tx:
            await audit.record(tx, None, "hold.placed", "hold:2")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await superuser.fetchval("select count(*) from audit_entry where subject = 'hold:2'") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_entry set reason = 'another' where tenant_id = $1",
        "delete from audit_entry where tenant_id = $1",
        """insert into audit_entry (tenant_id, actor, action, subject, request_id, address) values ($1, 'a', 'b', 'c', '', '')
           on conflict (tenant_id, audit_id) do update set reason = 'another'""",
    ],
)
async def test_the_application_cannot_change_an_entry(database_app: Database, company: Company, superuser: Superuser, statement: str) -> None:
    query = "select a::text as row from audit_entry a where tenant_id = $1"
    before = await superuser.fetch(query, company.tenant.tenant_id)
    assert len(before) == 2
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database_app.tenant(company.tenant.tenant_id) as tx:
            await tx.execute(statement)
    assert await superuser.fetch(query, company.tenant.tenant_id) == before


async def test_the_application_cannot_empty_the_trail(database_app: Database, company: Company) -> None:
    async with database_app.connection() as connection:
        for statement in ("truncate audit_entry", "drop table audit_entry", "alter table audit_entry disable row level security"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    async with database_app.tenant(company.tenant.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from audit_entry where tenant_id = $1") == 2


async def test_hostile_text_is_kept_as_it_is(database_app: Database, company: Company) -> None:
    hostile = "'; drop table audit_entry; -- \u202e <script>"
    async with database_app.tenant(company.tenant.tenant_id) as tx:
        await audit.record(tx, None, "hold.placed", "hold:3", after={"note": "nul \x00 inside"}, reason=hostile)
        row = await tx.fetchrow("select reason, after from audit_entry where tenant_id = $1 and subject = 'hold:3'")
    assert row is not None
    assert (row["reason"], row["after"]) == (hostile, '{"note":"nul \\u0000 inside"}')


@pytest.mark.parametrize("reason", ["with \x00 nul", "x" * 2_001])
async def test_a_reason_that_cannot_be_kept_is_refused(database_app: Database, company: Company, reason: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        async with database_app.tenant(company.tenant.tenant_id) as tx:
            await audit.record(tx, None, "hold.placed", "hold:4", reason=reason)
    assert refusal.value.field == "reason"
