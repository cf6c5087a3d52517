"""What members may do at this moment, many at once: for whoever has to tell people of something that not everybody may see."""

from collections.abc import Collection
from uuid import UUID

import msgspec

from infra.clock import now
from infra.database import TenantTransaction
from tenants.grants import Allowed, Grant, sum_of
from tenants.people import allowed_repository
from tenants.permissions import known_permissions, permissions_of


async def allowed_by_member(tx: TenantTransaction, membership_ids: Collection[UUID]) -> dict[UUID, Allowed]:
    """What each may do; whoever was deactivated, or is granted nothing, is missing."""
    grants: dict[UUID, list[Grant]] = {}
    for row in await allowed_repository.grants(tx, membership_ids) if membership_ids else ():
        own = row["permissions"]
        permissions = permissions_of(row["role"]) if own is None else known_permissions(frozenset(msgspec.json.decode(own)))
        grants.setdefault(row["membership_id"], []).append(Grant(row["role"], permissions, row["site"] or None, row["expires_at"]))
    moment = now()
    return {membership_id: sum_of(each, moment) for membership_id, each in grants.items()}


async def holders_of(tx: TenantTransaction, roles: Collection[str], limit: int) -> list[UUID]:
    """Active members who hold one of these roles, somewhere or everywhere."""
    return await allowed_repository.holders(tx, roles, limit) if roles else []
