"""What hangs on members, a whole batch in one statement; the persons behind them are asked for under the role that signs people in."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from backend.graphql.context import Context
from tenants.directory import Tenant, tenants_by_id
from tenants.people import query_service
from tenants.people.invitations import Invitation
from tenants.people.query_service import Member, StoredGrant
from tenants.roles.service import DescribedRole, roles_by_key


async def members(context: Context, membership_ids: list[UUID]) -> list[Member | None]:
    """Members by id."""
    async with context.reading() as tx:
        found = await query_service.members_by_id(tx, context.caller_principal, membership_ids)
    return [found.get(membership_id) for membership_id in membership_ids]


async def grants(context: Context, membership_ids: list[UUID]) -> list[list[StoredGrant]]:
    """What members are granted."""
    async with context.reading() as tx:
        found = await query_service.grants_by_member(tx, membership_ids)
    return [found.get(membership_id, []) for membership_id in membership_ids]


async def last_active(context: Context, membership_ids: list[UUID]) -> list[datetime | None]:
    """When members were last seen."""
    async with context.reading() as tx:
        found = await query_service.last_active(tx, membership_ids)
    return [found.get(membership_id) for membership_id in membership_ids]


async def login_names(context: Context, person_ids: list[UUID]) -> Sequence[list[str]]:
    """The sign-in names of persons."""
    found = await query_service.login_names(context.services.identity.auth, person_ids)
    return [found.get(person_id, []) for person_id in person_ids]


async def second_factors(context: Context, person_ids: list[UUID]) -> list[bool]:
    """Whether persons have a second factor in force."""
    found = await query_service.with_second_factor(context.services.identity.auth, person_ids)
    return [person_id in found for person_id in person_ids]


async def invitations(context: Context, invitation_ids: list[UUID]) -> list[Invitation | None]:
    """Invitations by id."""
    async with context.reading() as tx:
        found = await query_service.invitations_by_id(tx, context.caller_principal, invitation_ids)
    return [found.get(invitation_id) for invitation_id in invitation_ids]


async def roles(context: Context, keys: list[str]) -> list[DescribedRole | None]:
    """Roles by key, archived ones included."""
    async with context.reading() as tx:
        found = await roles_by_key(tx, keys, context.language)
    return [found.get(key) for key in keys]


async def tenants(context: Context, tenant_ids: list[int]) -> list[Tenant | None]:
    """The caller's own entry in the directory."""
    found = {tenant.tenant_id: tenant for tenant in await tenants_by_id(context.services.identity.app, tenant_ids)}
    return [found.get(tenant_id) for tenant_id in tenant_ids]
