"""What the caller may know about himself beyond his roles: his company, the sites that he is limited to, and what he still has to set up."""

import strawberry

from backend.access import people_loaders as loaders
from backend.graphql.context import Info
from backend.graphql.directives import ListSize
from backend.graphql.fields import field
from tenants.directory import Tenant
from tenants.permissions import SIGNED, Permission
from tenants.principal import Principal


@strawberry.type(description="The company for which the caller works now.")
class Company:
    """`timeZone` is an IANA name, `locale` the language of what the company writes; a `sandbox` is for trying things."""

    slug: str
    name: str
    time_zone: str
    locale: str
    sandbox: bool

    @classmethod
    def of(cls, tenant: Tenant) -> "Company":
        """From the directory's."""
        return cls(slug=tenant.slug, name=tenant.name, time_zone=tenant.time_zone, locale=tenant.locale, sandbox=tenant.sandbox)


@strawberry.type(description="Where a permission counts.")
class SiteLimit:
    """`sites` are places; what lies in them is included."""

    permission: str
    sites: list[str] = strawberry.field(directives=(ListSize(assumed_size=3),))


@strawberry.type
class CallerDetails:
    """Part of `Me`."""

    principal: strawberry.Private[Principal]

    @field(description="The company.")
    async def company(self, info: Info) -> Company | None:
        """From the directory."""
        tenant = await info.context.load(loaders.tenants, self.principal.tenant_id)
        return Company.of(tenant) if tenant else None

    @field(
        description="Those of his permissions that count at some sites only; the others count everywhere.",
        directives=(ListSize(assumed_size=len(Permission)),),
    )
    def site_limits(self) -> list[SiteLimit]:
        """In order of the permission."""
        return [SiteLimit(permission=str(permission), sites=sorted(sites)) for permission, sites in sorted(self.principal.sites.items())]

    @field(description="Whether something that he may do needs a second factor.")
    def second_factor_needed(self) -> bool:
        """He signs in without one, and can't do that."""
        return not SIGNED.isdisjoint(self.principal.permissions)
