"""How tenants, persons, memberships and claims come to be: for the command line, the demo and tests, behind no route."""

from typing import Final
from zoneinfo import available_timezones

import asyncpg

from infra.clock import now
from infra.database import Database
from infra.errors import ConflictError, InvalidInputError, NotFoundError
from infra.ids import uuid7
from tenants import audit, directory, sessions
from tenants.directory import CLAIM, SLUG, Person, Tenant
from tenants.names import require_name
from tenants.passwords import require_acceptable
from tenants.permissions import Role
from tenants.service import Identity
from tenants.sessions import Membership

LOCALES: Final = ("zh-CN", "en")


async def create_tenant(
    identity: Identity, *, slug: str, name: str, time_zone: str = "Asia/Shanghai", locale: str = "zh-CN", sandbox: bool = False
) -> Tenant:
    """A new tenant. Raises `InvalidInputError` naming the field, `ConflictError` where the slug is taken."""
    if not SLUG.fullmatch(slug):
        raise InvalidInputError(f"'{slug}' can't be part of a host name: use 2 to 63 of a–z, 0–9 and single hyphens inside.", field="slug")
    if time_zone not in available_timezones():
        raise InvalidInputError(f"'{time_zone}' is no IANA time zone; write it like Asia/Shanghai.", field="timeZone")
    if locale not in LOCALES:
        raise InvalidInputError(f"'{locale}' is not spoken here; use one of {', '.join(LOCALES)}.", field="locale")
    shown = require_name(name, "name")
    try:
        tenant = await directory.insert_tenant(identity.auth, uuid7(), slug=slug, name=shown, time_zone=time_zone, locale=locale, sandbox=sandbox)
    except asyncpg.UniqueViolationError:
        raise ConflictError(f"The name '{slug}' is taken; choose another.", field="slug") from None
    async with identity.app.tenant(tenant.tenant_id) as tx:
        await audit.record(tx, None, "tenant.created", f"tenant:{tenant.public_id}", after={"slug": slug, "name": tenant.name})
    return tenant


async def create_person_with_membership(
    identity: Identity, tenant: Tenant, *, login: str, password: str, display_name: str, role: Role
) -> Membership:
    """A new person and his membership. Raises `ConflictError` where the sign-in name is taken: then it is `add_membership`."""
    login_name = directory.normalise_login(login)
    shown = require_name(display_name, "displayName")
    require_acceptable(password, login_name, shown, tenant.slug, tenant.name)
    person = Person(uuid7(), shown, 0, await identity.passwords.hash(password))
    try:
        await directory.insert_person(identity.auth, person, login_name, tenant.tenant_id)
    except asyncpg.UniqueViolationError:
        raise ConflictError("This sign-in name is taken. A person who has it already can be added as a member.", field="login") from None
    return await _join(identity, tenant, person, shown, role)


async def add_membership(identity: Identity, tenant: Tenant, *, login: str, display_name: str, role: Role) -> Membership:
    """One more tenant for a person who exists and keeps his password. Not for a route: people join by invitation."""
    person = await directory.person_by_login(identity.auth, directory.normalise_login(login))
    if person is None:
        raise NotFoundError("Nobody has this sign-in name.", field="login")
    await directory.insert_person_tenant(identity.auth, person.person_id, tenant.tenant_id)
    return await _join(identity, tenant, person, require_name(display_name, "displayName"), role)


async def add_claim(auth: Database, tenant: Tenant, claimed: str, *, verified: bool) -> None:
    """A claim on a GTIN (14 digits) or GS1 company prefix (4 to 12). Raises `ConflictError` where another has it."""
    if tenant.sandbox:
        raise InvalidInputError("A sandbox claims nothing: codes on products lead to live data alone.", field="claimed")
    if not CLAIM.fullmatch(claimed):
        raise InvalidInputError(f"'{claimed}' is neither a GTIN of 14 digits nor a company prefix of 4 to 12.", field="claimed")
    holder = await directory.insert_claim(auth, claimed, tenant.tenant_id, now() if verified else None)
    if holder != tenant.tenant_id:
        raise ConflictError(f"{claimed} is claimed by another company; GS1 can tell whose it is.", field="claimed")


async def _join(identity: Identity, tenant: Tenant, person: Person, display_name: str, role: Role) -> Membership:
    membership = Membership(uuid7(), person.person_id, display_name)
    async with identity.app.tenant(tenant.tenant_id) as tx:
        if not await sessions.insert_membership(tx, membership):
            raise ConflictError("This person is a member of the company already.", field="login")
        await sessions.insert_grant(tx, membership.membership_id, role)
        after = {"displayName": display_name, "role": role}
        await audit.record(tx, None, "membership.created", f"membership:{membership.membership_id}", after=after)
    return membership
