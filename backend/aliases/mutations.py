"""Declaring two objects the same, and taking it back."""

from typing import Annotated
from uuid import UUID

import strawberry

from backend.aliases import service
from backend.aliases.errors import AliasNotFoundError
from backend.aliases.types import Alias
from backend.graphql.commands import Reply, perform, require_key
from backend.graphql.context import Context, Info
from backend.graphql.directives import requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import uuid_of
from infra.database import Gate, TenantTransaction
from tenants.permissions import Permission


@strawberry.input
class AssertAliasInput:
    """Both are any form of an identifier, or a bare lot number, serial or SSCC that is unique here, of objects that an event has named."""

    key: str
    same_as: str
    cause: service.AliasCause
    reason: str


@strawberry.input
class RevokeAliasInput:
    """`reason` says why the two aren't the same after all."""

    alias_id: strawberry.ID
    reason: str


@strawberry.type
class AssertAliasPayload:
    """The new alias, or why there is none."""

    user_errors: list[UserError]
    alias_id: strawberry.Private[UUID | None]

    @field()
    async def alias(self, info: Info) -> Alias | None:
        """The alias as it is now."""
        return await _load(info.context, self.alias_id)


@strawberry.type
class RevokeAliasPayload:
    """The alias, no longer in force, or why nothing was revoked."""

    user_errors: list[UserError]
    alias_id: strawberry.Private[UUID | None]

    @field()
    async def alias(self, info: Info) -> Alias | None:
        """The alias as it is now."""
        return await _load(info.context, self.alias_id)


async def _load(context: Context, alias_id: UUID | None) -> Alias | None:
    if alias_id is None:
        return None
    async with context.reading() as tx:
        return Alias.of(await service.get_alias(tx, alias_id))


@strawberry.type
class AliasMutations:
    """The one passes the gate with others that move goods, the other alone, as corrections do."""

    @mutation(
        description="Declare that two objects of one kind are the same: traces, holds and recalls follow it both ways. Needs an Idempotency-Key.",
        directives=requires(Permission.ALIASES_DECLARE),
    )
    async def assert_alias(self, info: Info, given: Annotated[AssertAliasInput, strawberry.argument(name="input")]) -> AssertAliasPayload | None:
        """Nothing is merged: both keep their own events."""
        require_key(info.context)
        capture = info.context.services.capture

        async def use_case(tx: TenantTransaction) -> Reply:
            alias = await service.assert_alias(
                tx, info.context.caller_principal, capture, key=given.key, same_as=given.same_as, cause=given.cause, reason=given.reason
            )
            return {"alias": str(alias.alias_id)}

        done = await perform(info, given, use_case, gate=Gate.SHARED)
        return AssertAliasPayload(user_errors=done.user_errors, alias_id=UUID(done.reply["alias"]) if done.reply else None)

    @mutation(
        description="Revoke an alias. Goods that it cuts off from what is on hold stay held until the hold is released. Needs an Idempotency-Key.",
        directives=requires(Permission.ALIASES_DECLARE),
    )
    async def revoke_alias(self, info: Info, given: Annotated[RevokeAliasInput, strawberry.argument(name="input")]) -> RevokeAliasPayload | None:
        """What was known meanwhile stays to be asked for by `knownAt`."""
        require_key(info.context)
        capture = info.context.services.capture

        async def use_case(tx: TenantTransaction) -> Reply:
            alias_id = uuid_of(given.alias_id, "Alias")
            if alias_id is None:
                raise AliasNotFoundError
            alias = await service.revoke_alias(tx, info.context.caller_principal, capture, alias_id=alias_id, reason=given.reason)
            return {"alias": str(alias.alias_id)}

        done = await perform(info, given, use_case, gate=Gate.EXCLUSIVE)
        return RevokeAliasPayload(user_errors=done.user_errors, alias_id=UUID(done.reply["alias"]) if done.reply else None)
