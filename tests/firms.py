"""A tenant of one test."""

from dataclasses import dataclass

from tenants.directory import Tenant
from tenants.permissions import Role, permissions_of
from tenants.principal import Principal


@dataclass(frozen=True)
class Firm:
    """A tenant of one test, with a principal for each role asked for."""

    tenant: Tenant
    principal: Principal

    @property
    def tenant_id(self) -> int:
        return self.tenant.tenant_id

    @property
    def slug(self) -> str:
        return self.tenant.slug

    def as_role(self, role: Role) -> Principal:
        """The same person with another role's permissions, without a session behind it."""
        return Principal(
            tenant_id=self.tenant.tenant_id,
            tenant_public_id=self.tenant.public_id,
            tenant_slug=self.tenant.slug,
            actor_id=self.principal.actor_id,
            membership_id=self.principal.membership_id,
            display_name=self.principal.display_name,
            roles=(str(role),),
            permissions=permissions_of(role),
            session_id=self.principal.session_id,
        )
