"""Every statement by which a member of a company comes into its sandbox: what he may do there, and his place in it."""

from collections.abc import Sequence
from uuid import UUID

from infra.database import Record, TenantTransaction
from infra.ids import uuid7
from tenants import sessions


async def rights_in_company(tx: TenantTransaction, membership_id: UUID | None) -> tuple[list[Record], list[Record]]:
    """What a member is granted, and all roles of the company's own, archived ones too."""
    grants = await tx.fetch("select role, site, expires_at from membership_grant where tenant_id = $1 and membership_id = $2", membership_id)
    roles = await tx.fetch("select role, name, description, permissions, archived_at from custom_role where tenant_id = $1")
    return grants, roles


async def put_roles(tx: TenantTransaction, roles: Sequence[Record]) -> None:
    """Let the company's roles mean in the sandbox what they mean in the company."""
    for role in roles:
        await tx.execute(
            """insert into custom_role (tenant_id, role, name, description, permissions, archived_at) values ($1, $2, $3, $4, $5, $6)
               on conflict (tenant_id, role) do update set name = excluded.name, description = excluded.description,
                 permissions = excluded.permissions, archived_at = excluded.archived_at, updated_at = now()""",
            *role,
        )


async def put_member(tx: TenantTransaction, person_id: UUID, display_name: str) -> None:
    """The person's place in the sandbox, made at the first time. His sign-in doesn't know of it: he comes in from the company."""
    await tx.execute(
        """insert into membership (tenant_id, membership_id, person_id, display_name) values ($1, $2, $3, $4)
           on conflict (tenant_id, person_id) do update set active = true, display_name = excluded.display_name""",
        uuid7(),
        person_id,
        display_name,
    )


async def put_grants(tx: TenantTransaction, membership_id: UUID, grants: Sequence[Record]) -> None:
    """Exactly these grants, in the place of whatever the member had."""
    await tx.execute("delete from membership_grant where tenant_id = $1 and membership_id = $2", membership_id)
    for grant in grants:
        await sessions.insert_grant(tx, membership_id, grant["role"], site=grant["site"] or None, expires_at=grant["expires_at"])
