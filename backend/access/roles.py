"""Roles and permissions: what there is, in words, and the company's own roles."""

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import ID

from backend.access import people_loaders as loaders
from backend.graphql.commands import Reply, perform
from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires, signed_in
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import global_id
from backend.graphql.nodes import Node, NodeKind
from infra.database import TenantTransaction
from tenants.permissions import SIGNED, UNDIVIDED, Permission
from tenants.roles import service, words
from tenants.roles.service import DescribedRole

_PERMISSIONS = ListSize(assumed_size=len(Permission))


@strawberry.type(description="One thing that somebody may be allowed to do.")
class PermissionInfo:
    """`description` is in the language of Accept-Language."""

    permission: str
    description: str
    signed: bool = strawberry.field(description="Needs a second factor and an electronic signature.")
    undivided: bool = strawberry.field(description="Counts only where it is granted for the whole company, not at a site.")

    @classmethod
    def of(cls, permission: Permission, language: str) -> "PermissionInfo":
        """In words."""
        return cls(
            permission=str(permission), description=words.of_permission(permission, language), signed=permission in SIGNED,
            undivided=permission in UNDIVIDED,
        )  # fmt: skip


@strawberry.type(description="A set of permissions that can be granted.", directives=requires(Permission.PEOPLE_READ))
class Role(Node):
    """Built-in ones are told in the language of Accept-Language; the company's own as it wrote them."""

    id: ID
    key: str
    name: str
    description: str
    built_in: bool
    updated_at: datetime | None
    archived_at: datetime | None
    contains: strawberry.Private[tuple[Permission, ...]]

    @classmethod
    def of(cls, role: DescribedRole) -> "Role":
        """From the service's."""
        return cls(
            id=global_id("Role", role.key), key=role.key, name=role.name, description=role.description, built_in=role.built_in,
            updated_at=role.updated_at, archived_at=role.archived_at, contains=role.permissions,
        )  # fmt: skip

    @field(description="What it permits.", directives=(_PERMISSIONS,))
    def permissions(self, info: Info) -> list[PermissionInfo]:
        """In words."""
        return [PermissionInfo.of(permission, info.context.language) for permission in self.contains]


@strawberry.input
class PutRoleInput:
    """`key` is what grants name and never changes; `permissions` as the query permissions lists them."""

    key: str
    name: str
    permissions: list[str]
    description: str = ""


@strawberry.input
class ArchiveRoleInput:
    """`reason` stands in the audit trail."""

    key: str
    reason: str


@strawberry.type
class PutRolePayload:
    """The role, or why it wasn't changed."""

    user_errors: list[UserError]
    key: strawberry.Private[str | None]

    @field()
    async def role(self, info: Info) -> Role | None:
        """As it is now."""
        return await load_role(info.context, self.key)


@strawberry.type
class ArchiveRolePayload:
    """The role, out of use, or why it isn't."""

    user_errors: list[UserError]
    key: strawberry.Private[str | None]

    @field()
    async def role(self, info: Info) -> Role | None:
        """As it is now."""
        return await load_role(info.context, self.key)


@strawberry.type
class RoleQueries:
    """Roles and permissions."""

    @field(
        description="The built-in roles, then the company's own in order of their keys.",
        directives=requires(Permission.PEOPLE_READ, ListSize(assumed_size=service.MAX_OWN_ROLES)),
    )
    async def roles(self, info: Info, *, archived: bool = False) -> list[Role]:
        """With `archived` those too that are out of use."""
        async with info.context.reading() as tx:
            found = await service.all_roles(tx, info.context.caller_principal, info.context.language, archived=archived)
        return [Role.of(role) for role in found]

    @field(
        description="Everything that can be permitted.",
        directives=(*signed_in("it is the same for everybody and tells of no company"), _PERMISSIONS),
    )
    def permissions(self, info: Info) -> list[PermissionInfo]:
        """In words."""
        return [PermissionInfo.of(permission, info.context.language) for permission in Permission]


@strawberry.type
class RoleMutations:
    """Both count at once for everybody who holds the role."""

    @mutation(
        description="Make a role of the company's own, or change one that you don't hold yourself.", directives=requires(Permission.ROLES_MANAGE)
    )
    async def put_role(self, info: Info, given: Annotated[PutRoleInput, strawberry.argument(name="input")]) -> PutRolePayload | None:
        """An archived one is in use again."""

        async def use_case(tx: TenantTransaction) -> Reply:
            identity, principal = info.context.services.identity, info.context.caller_principal
            await service.put_role(
                tx, identity.standings, principal, key=given.key, name=given.name, description=given.description, permissions=given.permissions
            )  # fmt: skip
            return {"role": given.key}

        done = await perform(info, given, use_case)
        return PutRolePayload(user_errors=done.user_errors, key=done.reply["role"] if done.reply else None)

    @mutation(description="Take a role of the company's own out of use, once nobody has it.", directives=requires(Permission.ROLES_MANAGE))
    async def archive_role(self, info: Info, given: Annotated[ArchiveRoleInput, strawberry.argument(name="input")]) -> ArchiveRolePayload | None:
        """What it permitted stays readable."""

        async def use_case(tx: TenantTransaction) -> Reply:
            identity, principal = info.context.services.identity, info.context.caller_principal
            await service.archive_role(tx, identity.standings, principal, given.key, reason=given.reason)
            return {"role": given.key}

        done = await perform(info, given, use_case)
        return ArchiveRolePayload(user_errors=done.user_errors, key=done.reply["role"] if done.reply else None)


async def load_role(context: Context, key: str | None) -> Role | None:
    """A role by its key, through the batch."""
    found = await context.load(loaders.roles, key) if key else None
    return Role.of(found) if found else None


NODES = (NodeKind("Role", Permission.PEOPLE_READ, load_role),)
