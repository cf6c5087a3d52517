"""The wall around the tables of identity: tenants from each other, and each database role from what isn't its business."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import asyncpg
import pytest

from infra.database import Database
from infra.schema import metadata
from tenants.recovery import models as recovery
from tenants.second_factor import models as second_factor
from tenants.service import Caller, Identity
from tests.tenants.companies import PASSWORD, Company, MakeCompany, Superuser

assert recovery.password_reset is not None
assert second_factor.person_factor is not None
OWNED = ("membership", "session", "audit_entry", "idempotent_reply")
GLOBAL = (
    "tenant", "person", "login_directory", "person_tenant", "sign_in_attempt", "resolver_claim", "person_factor", "recovery_code", "password_reset",
)  # fmt: skip

INSERTS: dict[str, Callable[[int], tuple[str, tuple[object, ...]]]] = {
    "membership": lambda tenant: (
        "insert into membership (tenant_id, membership_id, person_id, display_name) values ($1, $2, $3, 'x')",
        (tenant, uuid4(), uuid4()),
    ),
    "session": lambda tenant: (
        """insert into session (tenant_id, session_id, membership_id, epoch, selector, token_sha256, expires_at, user_agent, address)
           values ($1, $2, $3, 0, 'x', 'x', now(), '', '')""",
        (tenant, uuid4(), uuid4()),
    ),
    "audit_entry": lambda tenant: (
        "insert into audit_entry (tenant_id, actor_kind, actor, action, subject, request_id, address) values ($1, 'x', 'x', 'x', 'x', '', '')",
        (tenant,),
    ),
    "idempotent_reply": lambda tenant: (
        "insert into idempotent_reply (tenant_id, principal, key, request_sha256, status, reply) values ($1, 'x', 'x', 'x', 200, '')",
        (tenant,),
    ),
}


@pytest.fixture
async def victim(identity: Identity, make_company: MakeCompany, caller: Caller, superuser: Superuser) -> Company:
    """A company with a row in every table."""
    company = await make_company()
    await identity.sign_in(company.login, PASSWORD, caller=caller)
    statement, values = INSERTS["idempotent_reply"](company.tenant.tenant_id)
    await superuser.execute(statement, *values)
    return company


@dataclass(frozen=True)
class Wall:
    """The application's way in, and the internal ids on both sides."""

    database: Database
    victim: int
    other: int


@pytest.fixture
def wall(database_app: Database, victim: Company, company: Company) -> Wall:
    return Wall(database_app, victim.tenant.tenant_id, company.tenant.tenant_id)


def test_the_lists_of_this_test_are_complete() -> None:
    owned = {table.name for table in metadata.tables.values() if table.name in (*OWNED, *GLOBAL) and table.info["tenant_owned"]}
    assert owned == set(OWNED) == set(INSERTS)


async def contents(superuser: Superuser, table: str) -> list[str]:
    return [row["row"] for row in await superuser.fetch(f"select t::text as row from {table} t order by 1")]


@pytest.mark.parametrize("table", OWNED)
async def test_own_rows_are_seen_and_no_others(database_app: Database, victim: Company, company: Company, superuser: Superuser, table: str) -> None:
    assert await superuser.fetchval(f"select count(*) from {table} where tenant_id = $1", victim.tenant.tenant_id) > 0
    async with database_app.tenant(victim.tenant.tenant_id) as tx:
        assert await tx.fetchval(f"select count(*) from {table} where tenant_id = $1") > 0
    async with database_app.connection() as connection:
        assert await connection.fetchval(f"select count(*) from {table}") == 0
        async with connection.transaction():
            await connection.execute(f"set local app.tenant_id = '{company.tenant.tenant_id}'")
            seen = await connection.fetch(f"select distinct tenant_id from {table}")
    assert {row["tenant_id"] for row in seen} <= {company.tenant.tenant_id}


@pytest.mark.parametrize("table", OWNED)
@pytest.mark.parametrize("setting", ["", "0", "other"])
async def test_nothing_is_written_into_another_tenant(wall: Wall, superuser: Superuser, table: str, setting: str) -> None:
    named = wall.other if setting == "other" else setting
    before = await contents(superuser, table)
    statement, values = INSERTS[table](wall.victim)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await execute_as(wall.database, named, statement, *values)
    for change in (f"update {table} set tenant_id = tenant_id", f"delete from {table}"):
        try:
            assert (await execute_as(wall.database, named, f"{change} where tenant_id = $1", wall.victim)).endswith(" 0")
        except asyncpg.InsufficientPrivilegeError:
            assert "membership" not in change or "delete" in change
    assert await contents(superuser, table) == before


async def test_a_row_cannot_be_moved_into_another_tenant(wall: Wall) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await execute_as(wall.database, wall.other, "update membership set tenant_id = $1", wall.victim)


async def test_a_session_cannot_point_to_another_tenants_membership(database_app: Database, victim: Company, company: Company) -> None:
    statement, _ = INSERTS["session"](company.tenant.tenant_id)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with database_app.tenant(company.tenant.tenant_id) as tx:
            await tx.execute(statement, uuid4(), victim.member.membership_id)


async def test_two_tenants_may_have_the_same_person_key_and_selector(database_app: Database, victim: Company, company: Company) -> None:
    """Nothing in a tenant's tables is unique across tenants, so no error tells of another's row."""
    statement, _ = INSERTS["membership"](0)
    async with database_app.tenant(company.tenant.tenant_id) as tx:
        assert await tx.execute(statement, victim.member.membership_id, victim.member.person_id) == 1


async def may(database: Database, statement: str) -> bool:
    async with database.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute(statement)
        except asyncpg.InsufficientPrivilegeError:
            return False
        finally:
            await transaction.rollback()
    return True


async def execute_as(database: Database, tenant_setting: object, statement: str, *values: object) -> str:
    """A statement of the application's role under a tenant setting of any text."""
    async with database.connection() as connection, connection.transaction():
        await connection.execute(f"set local app.tenant_id = '{tenant_setting}'")
        return str(await connection.execute(statement, *values))


@pytest.mark.parametrize("table", [*OWNED, *GLOBAL])
async def test_each_role_reads_and_changes_only_what_is_its_business(
    database_app: Database, database_auth: Database, database_public: Database, table: str
) -> None:
    databases = {"app": database_app, "auth": database_auth, "public": database_public}
    readers = {name for name, database in databases.items() if await may(database, f"select 1 from {table} where false")}
    removers = {name for name, database in databases.items() if await may(database, f"delete from {table} where false")}
    expected = {
        "tenant": ({"app", "auth", "public"}, set()),
        "person": ({"auth"}, set()),
        "login_directory": ({"auth"}, {"auth"}),
        "person_tenant": ({"auth"}, {"auth"}),
        "sign_in_attempt": ({"auth"}, {"auth"}),
        "person_factor": ({"auth"}, {"auth"}),
        "recovery_code": ({"auth"}, {"auth"}),
        "password_reset": ({"auth"}, {"auth"}),
        "resolver_claim": ({"app", "auth", "public"}, {"auth"}),
        # What is long over is purged, and a policy lets nothing else go.
        "session": ({"app"}, {"app"}),
        "idempotent_reply": ({"app"}, {"app"}),
    }.get(table, ({"app"}, set()))
    assert (readers, removers) == expected


@pytest.mark.parametrize("table", GLOBAL)
async def test_neither_the_application_nor_the_public_page_writes_a_global_table(
    database_app: Database, database_public: Database, table: str
) -> None:
    column = next(iter(metadata.tables[table].columns)).name
    for database in (database_app, database_public):
        assert not await may(database, f"insert into {table} default values")
        assert not await may(database, f"update {table} set {column} = {column} where false")
