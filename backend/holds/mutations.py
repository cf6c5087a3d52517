"""Placing and releasing holds."""

from typing import Annotated
from uuid import UUID

import strawberry

from backend.access.signatures import SignatureInput, perform_signed
from backend.access.signing_in import HASHING
from backend.graphql.commands import Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import uuid_of
from backend.holds import service
from backend.holds.errors import HoldNotFoundError
from backend.holds.scope_types import HoldScopeInput, scope_from
from backend.holds.scopes import HoldCauseKind, HoldOrigin
from backend.holds.types import Hold, load_hold
from infra.database import Gate, TenantTransaction
from infra.errors import InvalidInputError
from tenants.permissions import Permission
from tenants.signatures.service import Meaning, Signature

MAXIMUM_KEYS = 100
BY_HAND = frozenset({HoldCauseKind.MANUAL, HoldCauseKind.RECALL})


@strawberry.input
class PlaceHoldInput:
    """`key` in any form of an identifier, or a bare lot number or serial that is unique; or a `scope`. Goods not met yet may be held in advance.

    `originReference` names what it is placed for (a complaint, a recall): the same on the same scope is placed once while it is in force.
    """

    reason: str
    key: str | None = None
    scope: HoldScopeInput | None = None
    note: str = ""
    origin_kind: HoldCauseKind = HoldCauseKind.MANUAL
    origin_reference: str = ""


@strawberry.input
class ReleaseHoldInput:
    """Without `keys` the hold ends; with them it only lets go of those objects, unless another path leads to them."""

    hold_id: strawberry.ID
    reason: str
    signature: SignatureInput
    keys: list[str] = strawberry.field(default_factory=list)


@strawberry.type
class PlaceHoldPayload:
    """The new hold, or why there is none."""

    user_errors: list[UserError]
    hold_id: strawberry.Private[UUID | None]

    @field()
    async def hold(self, info: Info) -> Hold | None:
        """The hold as it is now."""
        return await load_hold(info.context, self.hold_id)


@strawberry.type
class ReleaseHoldPayload:
    """The hold, still active where it only let go of some objects; or why nothing was released."""

    user_errors: list[UserError]
    hold_id: strawberry.Private[UUID | None]

    @field()
    async def hold(self, info: Info) -> Hold | None:
        """The hold as it is now."""
        return await load_hold(info.context, self.hold_id)


@strawberry.type
class HoldMutations:
    """Both pass the tenant's gate alone: whatever moves goods waits for them."""

    @mutation(
        description="Hold objects, or what falls into a scope, and at once their units and everything made from them, now and later. "
        "Needs an Idempotency-Key.",
        directives=requires(Permission.HOLDS_PLACE),
    )
    async def place_hold(self, info: Info, given: Annotated[PlaceHoldInput, strawberry.argument(name="input")]) -> PlaceHoldPayload | None:
        """From its commit on no command moves the goods."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            info.context.caller_principal.require(Permission.HOLDS_PLACE)
            if given.origin_kind not in BY_HAND:
                raise InvalidInputError("By hand, holds are placed as such or for a recall; others the service places itself.", field="originKind")
            hold = await service.place(
                tx, info.context.caller_principal, scope=scope_from(given.key, given.scope), origin=_origin(given), reason=given.reason,
                note=given.note,
            )  # fmt: skip
            return {"hold": str(hold.hold_id)}

        done = await perform(info, _told(given), use_case, gate=Gate.EXCLUSIVE)
        return PlaceHoldPayload(user_errors=done.user_errors, hold_id=UUID(done.reply["hold"]) if done.reply else None)

    @mutation(
        description="Release a hold, or some objects from it; other holds on the same goods stay. Is signed, and needs an Idempotency-Key.",
        directives=requires(Permission.HOLDS_RELEASE, HASHING),
    )
    async def release_hold(self, info: Info, given: Annotated[ReleaseHoldInput, strawberry.argument(name="input")]) -> ReleaseHoldPayload | None:
        """Cause by cause."""
        require_key(info.context)
        principal = info.context.caller_principal

        def named() -> UUID:
            hold_id = uuid_of(given.hold_id, "Hold")
            if hold_id is None:
                raise HoldNotFoundError
            if len(given.keys) > MAXIMUM_KEYS:
                raise InvalidInputError(f"“keys” names {len(given.keys)} objects; release at most {MAXIMUM_KEYS} at a time.", field="keys")
            return hold_id

        async def check(tx: TenantTransaction) -> None:
            await service.check_release(tx, principal, hold_id=named(), reason=given.reason, keys=given.keys)

        async def act(tx: TenantTransaction, signature: Signature) -> Reply:
            hold = await service.release_hold(tx, principal, hold_id=named(), reason=given.reason, keys=given.keys, signature=signature)
            return {"hold": str(hold.hold_id)}

        done = await perform_signed(
            info,
            [given.hold_id, given.reason, given.keys, given.signature.meaning, given.signature.reason],
            given.signature,
            meanings=frozenset({Meaning.RELEASED}),
            reason=given.reason,
            check=check,
            act=act,
            gate=Gate.EXCLUSIVE,
        )
        return ReleaseHoldPayload(user_errors=done.user_errors, hold_id=UUID(done.reply["hold"]) if done.reply else None)


def _told(given: PlaceHoldInput) -> list[object]:
    """The input as it is compared with a repetition's: of the scope, what was given of it."""
    parts = {name: value for name, value in vars(given.scope).items() if value is not strawberry.UNSET} if given.scope is not None else None
    return [given.key, parts, given.reason, given.note, int(given.origin_kind), given.origin_reference]


def _origin(given: PlaceHoldInput) -> HoldOrigin:
    return HoldOrigin(given.origin_kind, given.origin_reference)
