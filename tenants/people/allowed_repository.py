"""Statements on what members may do, many at once."""

from collections.abc import Collection
from uuid import UUID

from infra.database import Record, TenantTransaction


async def grants(tx: TenantTransaction, membership_ids: Collection[UUID]) -> list[Record]:
    """The grants of those of these members who are active, with the permissions of the company's own roles."""
    return await tx.fetch(
        """select g.membership_id, g.role, g.site, g.expires_at, r.permissions
           from membership m join membership_grant g on g.tenant_id = $1 and g.membership_id = m.membership_id
           left join custom_role r on r.tenant_id = $1 and r.role = g.role and r.archived_at is null
           where m.tenant_id = $1 and m.active and m.membership_id = any($2::uuid[])""",
        list(membership_ids),
    )


async def holders(tx: TenantTransaction, roles: Collection[str], limit: int) -> list[UUID]:
    """Active members to whom one of these roles is granted now, at a site or everywhere."""
    rows = await tx.fetch(
        """select distinct g.membership_id from membership_grant g
           join membership m on m.tenant_id = $1 and m.membership_id = g.membership_id and m.active
           where g.tenant_id = $1 and g.role = any($2::text[]) and (g.expires_at is null or g.expires_at > now())
           order by g.membership_id limit $3""",
        list(roles),
        limit,
    )
    return [row["membership_id"] for row in rows]
