"""Tenants, persons and claims: made, found by exact look-up, and never taken from each other."""

import secrets
from typing import Any

import pytest

from infra.database import Database
from infra.errors import ConflictError, InvalidInputError, NotFoundError
from tenants import directory
from tenants.errors import PasswordRefusedError
from tenants.permissions import Role
from tenants.registration import add_claim, add_membership, create_person_with_membership, create_tenant
from tenants.service import Identity
from tests.tenants.companies import PASSWORD, Company, MakeCompany, Superuser


def digits(count: int) -> str:
    return "".join(str(secrets.randbelow(10)) for _ in range(count))


async def test_every_role_that_serves_requests_finds_a_tenant_by_its_names(
    database_app: Database, database_auth: Database, database_public: Database, company: Company
) -> None:
    for database in (database_app, database_auth, database_public):
        assert await directory.tenant_by_slug(database, company.tenant.slug) == company.tenant
        assert await directory.tenant_by_slug(database, company.tenant.slug.upper()) == company.tenant
        assert await directory.tenant_by_public_id(database, company.tenant.public_id) == company.tenant


@pytest.mark.parametrize("slug", ["", "no-such-tenant", "%", "\x00", "\ud800", "x" * 10_000, "a b", "' or 1=1 --"])
async def test_a_slug_that_names_nobody_finds_nobody(database_public: Database, slug: str) -> None:
    assert await directory.tenant_by_slug(database_public, slug) is None


@pytest.mark.parametrize("slug", ["", "a", "A-b", "-ab", "ab-", "a--b", "a.b", "溯源", "x" * 64, "a b", "ab\n"])
async def test_a_slug_that_is_no_label_of_a_host_name_is_refused(identity: Identity, slug: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        await create_tenant(identity, slug=slug, name="Works")
    assert refusal.value.field == "slug"


async def test_a_slug_is_taken_once(identity: Identity, company: Company) -> None:
    with pytest.raises(ConflictError) as refusal:
        await create_tenant(identity, slug=company.tenant.slug, name="Another")
    assert refusal.value.field == "slug"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"time_zone": "Moon/Crater"}, "timeZone"),
        ({"time_zone": "../../etc/passwd"}, "timeZone"),
        ({"locale": "tlh"}, "locale"),
    ],
)
async def test_a_tenant_with_a_wrong_field_is_refused_and_not_made(
    identity: Identity, superuser: Superuser, wrong: dict[str, Any], field: str
) -> None:
    slug = f"t{secrets.token_hex(8)}"
    with pytest.raises(InvalidInputError) as refusal:
        await create_tenant(identity, slug=slug, **({"name": "Works"} | wrong))
    assert refusal.value.field == field
    assert await superuser.fetchval("select count(*) from tenant where slug = $1", slug) == 0


async def test_a_sign_in_name_belongs_to_one_person_and_its_password_is_left_alone(
    identity: Identity, make_company: MakeCompany, superuser: Superuser
) -> None:
    company, other = await make_company(), await make_company()
    query = "select password_hash from person where person_id = $1"
    before = await superuser.fetchval(query, company.member.person_id)
    with pytest.raises(ConflictError) as refusal:
        await create_person_with_membership(
            identity, other.tenant, login=company.login.upper(), password="seven quiet green hills", display_name="X", role=Role.OWNER
        )
    assert refusal.value.field == "login"
    assert await superuser.fetchval(query, company.member.person_id) == before
    assert await superuser.fetchval("select count(*) from membership where tenant_id = $1", other.tenant.tenant_id) == 1


async def test_a_weak_password_makes_no_person(identity: Identity, company: Company, superuser: Superuser) -> None:
    login = "new-" + company.login
    for password in ("short", "passwordpassword", f"{company.tenant.slug}1234567"):
        with pytest.raises(PasswordRefusedError):
            await create_person_with_membership(identity, company.tenant, login=login, password=password, display_name="X", role=Role.WORKER)
    assert await superuser.fetchval("select count(*) from login_directory where login_name = $1", login) == 0


async def test_a_membership_is_added_once_and_only_to_who_exists(identity: Identity, make_company: MakeCompany) -> None:
    company, other = await make_company(), await make_company()
    added = await add_membership(identity, other.tenant, login=company.login, display_name="Lei", role=Role.WORKER)
    assert added.person_id == company.member.person_id
    with pytest.raises(ConflictError):
        await add_membership(identity, other.tenant, login=company.login, display_name="Lei", role=Role.OWNER)
    with pytest.raises(NotFoundError):
        await add_membership(identity, other.tenant, login="nobody-" + company.login, display_name="X", role=Role.WORKER)


async def test_what_is_created_is_on_the_audit_trail(company: Company, superuser: Superuser) -> None:
    rows = await superuser.fetch("select actor, action from audit_entry where tenant_id = $1 order by audit_id", company.tenant.tenant_id)
    assert [tuple(row) for row in rows] == [("suyuan", "tenant.created"), ("suyuan", "membership.created")]


async def test_a_verified_claim_finds_the_tenant_by_prefix_or_gtin(
    database_auth: Database, database_public: Database, make_company: MakeCompany
) -> None:
    maker, brand = await make_company(), await make_company()
    prefix = "9" + digits(8)
    gtins = [f"0{prefix}{item}" for item in ("0001", "0002")]
    await add_claim(database_auth, maker.tenant, prefix, verified=True)
    await add_claim(database_auth, brand.tenant, gtins[1], verified=True)
    assert await directory.tenant_by_gtin(database_public, gtins[0]) == maker.tenant
    assert await directory.tenant_by_gtin(database_public, gtins[1]) == brand.tenant
    assert await directory.tenant_by_gtin(database_public, "5" + gtins[0][1:]) == maker.tenant


async def test_a_longer_prefix_goes_before_a_shorter(database_auth: Database, make_company: MakeCompany) -> None:
    wide, narrow = await make_company(), await make_company()
    prefix = "8" + digits(6)
    await add_claim(database_auth, wide.tenant, prefix, verified=True)
    await add_claim(database_auth, narrow.tenant, prefix + "55", verified=True)
    assert await directory.tenant_by_gtin(database_auth, f"0{prefix}550001") == narrow.tenant
    assert await directory.tenant_by_gtin(database_auth, f"0{prefix}560001") == wide.tenant


async def test_an_unverified_claim_finds_nobody_until_it_is_verified(database_auth: Database, company: Company) -> None:
    gtin = "0" + digits(13)
    await add_claim(database_auth, company.tenant, gtin, verified=False)
    assert await directory.tenant_by_gtin(database_auth, gtin) is None
    await add_claim(database_auth, company.tenant, gtin, verified=True)
    assert await directory.tenant_by_gtin(database_auth, gtin) == company.tenant
    await add_claim(database_auth, company.tenant, gtin, verified=False)
    assert await directory.tenant_by_gtin(database_auth, gtin) == company.tenant


async def test_a_claim_is_not_taken_from_its_holder(database_auth: Database, make_company: MakeCompany) -> None:
    holder, other = await make_company(), await make_company()
    gtin = "0" + digits(13)
    await add_claim(database_auth, holder.tenant, gtin, verified=True)
    with pytest.raises(ConflictError):
        await add_claim(database_auth, other.tenant, gtin, verified=True)
    assert await directory.tenant_by_gtin(database_auth, gtin) == holder.tenant


async def test_another_tenants_claim_does_not_verify_a_pending_one(database_auth: Database, make_company: MakeCompany) -> None:
    holder, other = await make_company(), await make_company()
    gtin = "0" + digits(13)
    await add_claim(database_auth, holder.tenant, gtin, verified=False)
    with pytest.raises(ConflictError):
        await add_claim(database_auth, other.tenant, gtin, verified=True)
    assert await directory.tenant_by_gtin(database_auth, gtin) is None


@pytest.mark.parametrize("claimed", ["", "123", "1234567890123", "123456789012345", "12a4", "１２３４５", "1234\n"])
async def test_a_claim_of_another_form_is_refused(database_auth: Database, company: Company, claimed: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        await add_claim(database_auth, company.tenant, claimed, verified=True)
    assert refusal.value.field == "claimed"


@pytest.mark.parametrize("gtin", ["", "1", "0" * 13, "x" * 14, "\x00" * 14, "１" * 14, "0950600013435\n"])
async def test_a_gtin_of_another_form_finds_nobody(database_public: Database, gtin: str) -> None:
    assert await directory.tenant_by_gtin(database_public, gtin) is None


async def test_a_gtin_8_is_not_found_by_a_prefix(database_auth: Database, company: Company) -> None:
    await add_claim(database_auth, company.tenant, "00000" + digits(3), verified=True)
    assert await directory.tenant_by_gtin(database_auth, "000000" + digits(8)) is None


def test_passwords_of_these_tests_satisfy_the_policy() -> None:
    assert len(PASSWORD) >= 15
