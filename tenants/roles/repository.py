"""Every statement on a tenant's own roles, and on where they are in use."""

from collections.abc import Collection
from uuid import UUID

from infra.database import Record, TenantTransaction

_COLUMNS = "role, name, description, permissions, created_at, updated_at, archived_at"


async def is_active(tx: TenantTransaction, membership_id: UUID) -> bool:
    """Whether this is a membership, and active."""
    return bool(await tx.fetchval("select active from membership where tenant_id = $1 and membership_id = $2", membership_id))


async def own_roles(tx: TenantTransaction, *, archived: bool) -> list[Record]:
    """The tenant's own roles in order of their keys, with or without those that were archived."""
    return await tx.fetch(f"select {_COLUMNS} from custom_role where tenant_id = $1 and ($2 or archived_at is null) order by role", archived)


async def own_role(tx: TenantTransaction, key: str) -> Record | None:
    """One of them, archived or not."""
    return await tx.fetchrow(f"select {_COLUMNS} from custom_role where tenant_id = $1 and role = $2", key)


async def roles_by_key(tx: TenantTransaction, keys: Collection[str]) -> list[Record]:
    """Those of the tenant's own roles that have one of these keys, archived or not."""
    return await tx.fetch(f"select {_COLUMNS} from custom_role where tenant_id = $1 and role = any($2::text[])", list(keys))


async def upsert_role(tx: TenantTransaction, key: str, *, name: str, description: str, permissions: str) -> None:
    """A new role, or another meaning for one, which is in use again if it was archived."""
    await tx.execute(
        """insert into custom_role (tenant_id, role, name, description, permissions) values ($1, $2, $3, $4, $5)
           on conflict (tenant_id, role) do update set name = excluded.name, description = excluded.description,
             permissions = excluded.permissions, updated_at = now(), archived_at = null""",
        key,
        name,
        description,
        permissions,
    )


async def archive_role(tx: TenantTransaction, key: str) -> None:
    """Take a role out of use."""
    await tx.execute("update custom_role set archived_at = now(), updated_at = now() where tenant_id = $1 and role = $2", key)


async def members_with(tx: TenantTransaction, key: str) -> int:
    """How many members have a grant of the role that hasn't run out, those who were deactivated included."""
    count: int = await tx.fetchval(
        """select count(distinct membership_id) from membership_grant
           where tenant_id = $1 and role = $2 and (expires_at is null or expires_at > now())""",
        key,
    )
    return count


async def promised_grants(tx: TenantTransaction) -> list[str]:
    """What the open invitations promise, as JSON."""
    rows = await tx.fetch("select grants from invitation where tenant_id = $1 and accepted_at is null and revoked_at is null and expires_at > now()")
    return [row["grants"] for row in rows]
