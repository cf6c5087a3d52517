"""Changes of rights in a tenant go one after the other, each by somebody who may still make it when its turn comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from infra.clock import now
from infra.database import TenantTransaction
from infra.errors import PermissionDeniedError
from tenants.grants import sum_of
from tenants.permissions import Permission, Role
from tenants.principal import Principal
from tenants.roles import repository
from tenants.sessions import grants_of

# First key of the per-tenant advisory lock, beside those in `infra/database.py`.
RIGHTS_CLASS: Final = 0x535B


@dataclass(frozen=True, slots=True)
class Acting:
    """What a member may do at this moment, as the database knows it: nothing if he isn't active. `is_owner`: for the whole company."""

    membership_id: UUID
    roles: frozenset[str]
    permissions: frozenset[Permission]
    sites: Mapping[Permission, frozenset[str]]
    is_owner: bool

    def may_everywhere(self, permission: Permission) -> bool:
        """Whether he has a permission for the whole company."""
        return permission in self.permissions and permission not in self.sites


async def lock_rights(tx: TenantTransaction) -> None:
    """Wait until no other transaction of the tenant changes rights; held until the end. What is read after it is current."""
    await tx.execute("select pg_advisory_xact_lock($2::int, $1::int)", RIGHTS_CLASS)


async def rights_now(tx: TenantTransaction, membership_id: UUID) -> Acting:
    """What a member may do now."""
    moment = now()
    grants = await grants_of(tx, membership_id) if await repository.is_active(tx, membership_id) else []
    allowed = sum_of(grants, moment)
    owner = any(grant.role == Role.OWNER and grant.site is None and (grant.expires_at is None or grant.expires_at > moment) for grant in grants)
    return Acting(membership_id, frozenset(allowed.roles), allowed.permissions, allowed.sites, owner)


async def begin_change(tx: TenantTransaction, principal: Principal, permission: Permission) -> Acting:
    """Lock the tenant's rights and look the caller's own up again: a change that went before may have taken them.

    Raises `PermissionDeniedError` unless he still holds `permission` for the whole company.
    """
    principal.require_everywhere(permission)
    await lock_rights(tx)
    acting = await rights_now(tx, principal.membership_id) if principal.membership_id is not None else None
    if acting is None or not acting.may_everywhere(permission):
        raise PermissionDeniedError(
            f"Your own rights have changed: you no longer have the permission {permission}. Sign in again to see what you may do.",
            permission=str(permission),
        )
    return acting
