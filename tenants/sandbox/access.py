"""What a member of a company may do in its sandbox: the same as in the company, as long as he may use the sandbox at all."""

from uuid import UUID

from infra.clock import now
from infra.database import Database
from tenants.directory import Tenant
from tenants.grants import Grant, sum_of
from tenants.permissions import Permission
from tenants.sessions import grants_of


async def grants_in_force(app: Database, tenant: Tenant, person_id: UUID, own: list[Grant]) -> list[Grant] | None:
    """The grants that count in a tenant: `own`, or in a sandbox those of the company; None for whom the company has shut out.

    Whoever isn't a member of the company at all, such as a partner's developer, has been invited into the sandbox itself.
    """
    if tenant.sandbox_of is None:
        return own
    async with app.tenant(tenant.sandbox_of) as tx:
        row = await tx.fetchrow("select membership_id, active from membership where tenant_id = $1 and person_id = $2", person_id)
        grants = await grants_of(tx, row["membership_id"]) if row else []
    if row is None:
        return own
    return grants if row["active"] and Permission.SANDBOX_USE in sum_of(grants, now()).permissions else None
