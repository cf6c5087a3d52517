"""Reading what the company tells of itself."""

import strawberry

from backend.company import service
from backend.company.types import CompanyProfile
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from tenants.permissions import Permission


@strawberry.type
class CompanyQueries:
    """Entry points."""

    @field(description="What the company tells of itself in letters and notices.", directives=requires(Permission.CATALOG_READ))
    async def company_profile(self, info: Info) -> CompanyProfile:
        """As it is now."""
        async with info.context.reading() as tx:
            return CompanyProfile.of(await service.profile_of(tx))
