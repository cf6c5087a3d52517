"""Members: listed, granted roles, let in no longer or again, renamed."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from backend.access.own_sites import own_sites
from backend.access.people_types import Member, load_member
from backend.graphql.commands import Done, Reply, perform
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import parse_uuid, uuid_of
from backend.graphql.pagination import Connection, Page, connect
from backend.identifiers import parse_identifier
from infra.database import TenantTransaction
from tenants.errors import MemberNotFoundError
from tenants.people import query_service, service
from tenants.people.rules import WantedGrant
from tenants.permissions import Permission

_MANAGE = requires(Permission.PEOPLE_MANAGE)


@strawberry.input
class RoleGrantInput:
    """`site` is a location of the company's own, in any form of an identifier; without it the role counts everywhere."""

    role: str
    site: str | None = None
    expires_at: datetime | None = None

    def wanted(self) -> WantedGrant:
        """As the service takes it."""
        return WantedGrant(self.role, self.site, self.expires_at)


@strawberry.input
class SetMemberRolesInput:
    """`grants` takes the place of all that the member has."""

    member_id: strawberry.ID
    grants: list[RoleGrantInput]
    reason: str


@strawberry.input
class DeactivateMemberInput:
    """`reason` stands in the audit trail."""

    member_id: strawberry.ID
    reason: str


@strawberry.input
class ReactivateMemberInput:
    """`reason` stands in the audit trail."""

    member_id: strawberry.ID
    reason: str


@strawberry.input
class RenameMemberInput:
    """The name in this company; what was done before keeps the name of then."""

    member_id: strawberry.ID
    display_name: str


@strawberry.type
class MemberPayload:
    """The member as he is now, or why nothing was changed."""

    user_errors: list[UserError]
    membership_id: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, done: Done) -> "MemberPayload":
        """From how the mutation ended."""
        return cls(user_errors=done.user_errors, membership_id=UUID(done.reply["member"]) if done.reply else None)

    @field()
    async def member(self, info: Info) -> Member | None:
        """Read again."""
        return await load_member(info.context, self.membership_id)


@strawberry.type
class PeopleQueries:
    """Members."""

    @field(description="Members in order of name, those who were deactivated too.", directives=requires(Permission.PEOPLE_READ))
    async def people(
        self,
        info: Info,
        *,
        active: bool | None = None,
        role: str | None = None,
        site: str | None = None,
        text: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Member]:
        """`role` and `site` look for grants in force, `site` for those limited to it; `text` for a part of a name or a whole sign-in name."""
        page = Page.of(first, after, last, before)
        context = info.context
        place = parse_identifier(site).uri if site else None
        found = await query_service.look_up_text(context.services.identity.auth, text)
        async with context.reading() as tx:
            rows = await query_service.page_of_members(
                tx, context.caller_principal, active=active, role=role, site=place, text=found, cursor=_cursor(page), backward=page.backward,
                limit=page.limit,
            )  # fmt: skip
        return connect(page, rows, node=Member.of, cursor=lambda row: f"{row.membership_id} {row.display_name}")


@strawberry.type
class PeopleMutations:
    """All of them count at once, in the sessions that are open too, and stand in the audit trail with before and after."""

    @mutation(
        description="Say what a member is granted, in place of all that he has. Only an owner makes or unmakes an owner, and nobody changes himself.",
        directives=_MANAGE,
    )
    async def set_member_roles(self, info: Info, given: Annotated[SetMemberRolesInput, strawberry.argument(name="input")]) -> MemberPayload | None:
        """One owner always stays."""

        async def act(tx: TenantTransaction, member: UUID) -> None:
            wanted = [grant.wanted() for grant in given.grants]
            identity, principal = info.context.services.identity, info.context.caller_principal
            await service.set_roles(tx, identity.standings, principal, member, wanted, reason=given.reason, find_sites=own_sites)

        return await _change(info, given, given.member_id, act)

    @mutation(description="Let a member in no longer: his sessions in this company end at once, what he did stays.", directives=_MANAGE)
    async def deactivate_member(self, info: Info, given: Annotated[DeactivateMemberInput, strawberry.argument(name="input")]) -> MemberPayload | None:
        """Other companies in which he works aren't concerned."""

        async def act(tx: TenantTransaction, member: UUID) -> None:
            identity, principal = info.context.services.identity, info.context.caller_principal
            await service.deactivate(tx, identity.standings, principal, member, reason=given.reason)

        return await _change(info, given, given.member_id, act)

    @mutation(description="Let a member in again, with what he was granted before.", directives=_MANAGE)
    async def reactivate_member(self, info: Info, given: Annotated[ReactivateMemberInput, strawberry.argument(name="input")]) -> MemberPayload | None:
        """He signs in anew."""

        async def act(tx: TenantTransaction, member: UUID) -> None:
            identity, principal = info.context.services.identity, info.context.caller_principal
            await service.reactivate(tx, identity.standings, principal, member, reason=given.reason)

        return await _change(info, given, given.member_id, act)

    @mutation(description="Call a member otherwise from now on.", directives=_MANAGE)
    async def rename_member(self, info: Info, given: Annotated[RenameMemberInput, strawberry.argument(name="input")]) -> MemberPayload | None:
        """In this company."""

        async def act(tx: TenantTransaction, member: UUID) -> None:
            identity, principal = info.context.services.identity, info.context.caller_principal
            await service.rename(tx, identity.standings, principal, member, given.display_name)

        return await _change(info, given, given.member_id, act)


async def _change(info: Info, given: object, member_id: str, act: Callable[[TenantTransaction, UUID], Awaitable[None]]) -> MemberPayload:
    async def use_case(tx: TenantTransaction) -> Reply:
        member = uuid_of(member_id, "Member")
        if member is None:
            raise MemberNotFoundError
        await act(tx, member)
        return {"member": str(member)}

    return MemberPayload.of(await perform(info, given, use_case))


def _cursor(page: Page) -> tuple[str, UUID] | None:
    if page.cursor is None:
        return None
    membership_id, separator, name = page.cursor.partition(" ")
    found = parse_uuid(membership_id)
    if found is None or not separator:
        raise page.unknown_cursor()
    return name, found
