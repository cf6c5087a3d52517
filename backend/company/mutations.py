"""Telling what the company is."""

from typing import Annotated

import strawberry

from backend.company import service
from backend.company.types import CompanyProfile
from backend.graphql.commands import Reply, perform
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.errors import UserError
from backend.graphql.fields import mutation
from infra.database import TenantTransaction
from tenants.permissions import Permission


@strawberry.input
class SetCompanyProfileInput:
    """What isn't given is taken away. Each at most 300 characters."""

    legal_name: str = ""
    address: str = ""
    legal_representative: str = ""
    registration_number: str = ""
    phone: str = ""
    email: str = ""

    def told(self) -> service.CompanyProfile:
        """As the service takes it."""
        return service.CompanyProfile(
            self.legal_name, self.address, self.legal_representative, self.registration_number, self.phone, self.email
        )  # fmt: skip


@strawberry.type
class CompanyProfilePayload:
    """As it is now; null where it was refused."""

    profile: CompanyProfile | None
    user_errors: list[UserError]


@strawberry.type
class CompanyMutations:
    """Entry points."""

    @mutation(
        description="Tell what the company is, as letters and notices of recalls say it: name, registered address, legal representative.",
        directives=requires(Permission.CATALOG_WRITE),
    )
    async def set_company_profile(
        self, info: Info, given: Annotated[SetCompanyProfileInput, strawberry.argument(name="input")]
    ) -> CompanyProfilePayload | None:
        """Documents that exist stay as they are."""

        async def use_case(tx: TenantTransaction) -> Reply:
            await service.put_profile(tx, info.context.caller_principal, given.told())
            return {}

        done = await perform(info, given, use_case)
        if done.reply is None:
            return CompanyProfilePayload(profile=None, user_errors=done.user_errors)
        async with info.context.reading() as tx:
            return CompanyProfilePayload(profile=CompanyProfile.of(await service.profile_of(tx)), user_errors=[])
