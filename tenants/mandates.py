"""What goes on in somebody's name while he isn't there: who he is, and what he may do at this moment, looked up again each time."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from infra.clock import now
from infra.database import Database
from infra.errors import PermissionDeniedError
from tenants import directory
from tenants.clients import repository as clients
from tenants.directory import Tenant
from tenants.grants import sum_of
from tenants.principal import ActorKind, Principal
from tenants.sandbox.access import grants_in_force
from tenants.sessions import grants_of

_NO_PHONE: Final = "A phone can't leave work to be done in its name. Sign in yourself, or use an API client's key."


@dataclass(frozen=True, slots=True)
class Mandate:
    """A person by his membership, or a machine by its key: with the end of either the mandate ends."""

    subject: str
    kind: ActorKind
    actor_id: UUID
    name: str
    membership_id: UUID | None
    secret_id: UUID | None


def mandate_of(principal: Principal) -> Mandate:
    """The caller's. Raises `PermissionDeniedError` for a phone."""
    if principal.kind is ActorKind.DEVICE:
        raise PermissionDeniedError(_NO_PHONE)
    secret_id = principal.session_id if principal.kind is ActorKind.CLIENT else None
    return Mandate(principal.subject, principal.kind, principal.actor_id, principal.display_name, principal.membership_id, secret_id)


async def tenant_of(app: Database, tenant_id: int) -> Tenant | None:
    """The company in which a mandate holds; None where it was retired."""
    return next(iter(await directory.tenants_by_id(app, [tenant_id])), None)


async def present(app: Database, tenant: Tenant, mandate: Mandate) -> Principal | None:
    """Whoever gave a mandate, with what he may do now; None where he was deactivated or shut out, or the key was revoked or has expired."""
    return await _person(app, tenant, mandate) if mandate.kind is ActorKind.PERSON else await _client(app, tenant, mandate)


async def _person(app: Database, tenant: Tenant, mandate: Mandate) -> Principal | None:
    membership_id = mandate.membership_id
    if membership_id is None:
        return None
    async with app.tenant(tenant.tenant_id) as tx:
        row = await tx.fetchrow(
            "select person_id, display_name from membership where tenant_id = $1 and membership_id = $2 and active", membership_id
        )
        own = await grants_of(tx, membership_id) if row else []
    grants = await grants_in_force(app, tenant, row["person_id"], own) if row else None
    if row is None or grants is None:
        return None
    allowed = sum_of(grants, now())
    return Principal(
        tenant_id=tenant.tenant_id, tenant_public_id=tenant.public_id, tenant_slug=tenant.slug, actor_id=mandate.actor_id,
        display_name=row["display_name"], roles=allowed.roles, permissions=allowed.permissions, session_id=membership_id,
        sandbox=tenant.sandbox, membership_id=membership_id, sites=allowed.sites,
    )  # fmt: skip


async def _client(app: Database, tenant: Tenant, mandate: Mandate) -> Principal | None:
    secret_id = mandate.secret_id
    if secret_id is None:
        return None
    async with app.tenant(tenant.tenant_id) as tx:
        found = await clients.stored_key(tx, secret_id)
    if found is None or found.revoked_at is not None or found.client.revoked_at is not None:
        return None
    terms = found.client.terms
    if terms.expires_at is not None and terms.expires_at <= now():
        return None
    limits = frozenset(terms.sites)
    return Principal(
        tenant_id=tenant.tenant_id, tenant_public_id=tenant.public_id, tenant_slug=tenant.slug, actor_id=mandate.actor_id,
        display_name=terms.name, roles=(), permissions=terms.scopes, session_id=secret_id, kind=ActorKind.CLIENT, sandbox=tenant.sandbox,
        sites=dict.fromkeys(terms.scopes, limits) if limits else {},
    )  # fmt: skip
