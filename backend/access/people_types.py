"""Members, what they are granted, and invitations, as GraphQL shows them."""

from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry
from strawberry import ID

from backend.access import people_loaders as loaders
from backend.catalog.types import Location, load_location
from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from infra import clock
from tenants.people import invitations, query_service
from tenants.people.invitations import InvitationState
from tenants.people.rules import WantedGrant
from tenants.permissions import Permission

GRANTS: Final = ListSize(assumed_size=5)
strawberry.enum(InvitationState, description="What has become of an invitation.")


@strawberry.type(description="A role that somebody has, or will have.")
class RoleGrant:
    """`site` is a place of the company, null for the whole of it; `inForce` is false once `expiresAt` has passed."""

    role: str
    site: str | None
    expires_at: datetime | None
    in_force: bool

    @classmethod
    def of(cls, grant: query_service.StoredGrant | WantedGrant) -> "RoleGrant":
        """From a member's or an invitation's."""
        in_force = grant.expires_at is None or grant.expires_at > clock.now()
        return cls(role=grant.role, site=grant.site, expires_at=grant.expires_at, in_force=in_force)

    @field(description="The role's name, in the language of Accept-Language for a built-in one.")
    async def role_name(self, info: Info) -> str:
        """Its key where it has none."""
        role = await info.context.load(loaders.roles, self.role)
        return role.name if role else self.role

    @field(description="The site.")
    async def location(self, info: Info) -> Location | None:
        """From the catalogue."""
        return await load_location(info.context, self.site)


@strawberry.type(description="A person in this company.", directives=requires(Permission.PEOPLE_READ))
class Member(Node):
    """Whoever was deactivated stays in the list: what he did keeps his name."""

    id: ID
    display_name: str
    active: bool
    joined_at: datetime
    deactivated_at: datetime | None
    membership_id: strawberry.Private[UUID]
    person_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, member: query_service.Member) -> "Member":
        """From the stored one."""
        return cls(
            id=global_id("Member", member.membership_id), display_name=member.display_name, active=member.active, joined_at=member.joined_at,
            deactivated_at=member.deactivated_at, membership_id=member.membership_id, person_id=member.person_id,
        )  # fmt: skip

    @field(description="What he is granted, in order of role and site.", directives=(GRANTS,))
    async def grants(self, info: Info) -> list[RoleGrant]:
        """Those that ran out included."""
        return [RoleGrant.of(grant) for grant in await info.context.load(loaders.grants, self.membership_id)]

    @field(description="The names with which he signs in, often e-mail addresses.", directives=(ListSize(assumed_size=1),))
    async def login_names(self, info: Info) -> list[str]:
        """They are the person's, in all his companies."""
        return await info.context.load(loaders.login_names, self.person_id)

    @field(description="Whether a second factor is in force for him.")
    async def second_factor(self, info: Info) -> bool:
        """It is the person's, in all his companies."""
        return await info.context.load(loaders.second_factors, self.person_id)

    @field(description="When he last signed in here or renewed his tokens, within minutes; null where no session is kept any more.")
    async def last_active_at(self, info: Info) -> datetime | None:
        """Sessions are kept for a while after their end."""
        return await info.context.load(loaders.last_active, self.membership_id)

    @field(description="Whether this is the caller.")
    def is_me(self, info: Info) -> bool:
        """Nobody changes his own rights."""
        return info.context.caller_principal.membership_id == self.membership_id


@strawberry.type(description="Somebody was asked to come in.", directives=requires(Permission.PEOPLE_READ))
class Invitation(Node):
    """`login` is the sign-in name that was invited; the link itself is shown once, when it is made."""

    id: ID
    login: str
    display_name: str
    invited_by: str
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None
    state: InvitationState
    promised: strawberry.Private[tuple[WantedGrant, ...]]
    accepted_as: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, found: invitations.Invitation) -> "Invitation":
        """From the stored one."""
        return cls(
            id=global_id("Invitation", found.invitation_id), login=found.login_name, display_name=found.display_name, invited_by=found.inviter,
            created_at=found.created_at, expires_at=found.expires_at, accepted_at=found.accepted_at, revoked_at=found.revoked_at,
            state=found.state(clock.now()), promised=found.grants, accepted_as=found.accepted_as,
        )  # fmt: skip

    @field(description="What whoever accepts it is granted.", directives=(GRANTS,))
    def grants(self) -> list[RoleGrant]:
        """As the inviter said."""
        return [RoleGrant.of(grant) for grant in self.promised]

    @field(description="Who came of it.")
    async def member(self, info: Info) -> Member | None:
        """Null until it is accepted."""
        return await load_member(info.context, self.accepted_as)


async def load_member(context: Context, membership_id: UUID | None) -> Member | None:
    """A member by id, through the batch."""
    found = await context.load(loaders.members, membership_id) if membership_id is not None else None
    return Member.of(found) if found else None


async def find_member(context: Context, public_id: str) -> Member | None:
    """A member by public id."""
    return await load_member(context, parse_uuid(public_id))


async def load_invitation(context: Context, invitation_id: UUID | None) -> Invitation | None:
    """An invitation by id, through the batch."""
    found = await context.load(loaders.invitations, invitation_id) if invitation_id is not None else None
    return Invitation.of(found) if found else None


async def find_invitation(context: Context, public_id: str) -> Invitation | None:
    """An invitation by public id."""
    return await load_invitation(context, parse_uuid(public_id))


NODES = (NodeKind("Member", Permission.PEOPLE_READ, find_member), NodeKind("Invitation", Permission.PEOPLE_READ, find_invitation))
