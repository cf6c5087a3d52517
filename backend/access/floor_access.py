"""By what members take over shared phones: PINs of their own, start PINs and badges."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import ID

from backend.access.devices import qr_svg
from backend.graphql.commands import Done, Reply, perform
from backend.graphql.context import Info
from backend.graphql.directives import Cost, requires, signed_in
from backend.graphql.errors import UserError, is_business, user_errors
from backend.graphql.fields import field, mutation
from backend.graphql.ids import global_id, uuid_of
from backend.graphql.pagination import Connection, Page, connect
from infra.database import TenantTransaction
from infra.errors import SuyuanError
from tenants.devices import administration, query_service
from tenants.devices.pins import new_start_pin, require_acceptable_pin
from tenants.errors import MemberNotFoundError
from tenants.permissions import Permission


@strawberry.type(description="By what a member takes over shared phones.", directives=requires(Permission.PEOPLE_READ))
class FloorAccess:
    """A start PIN is replaced at its first use; a blocked PIN was wrong ten times in a row."""

    member_id: ID
    display_name: str
    pin_set_at: datetime | None
    pin_is_start_pin: bool
    pin_blocked: bool
    badge_issued_at: datetime | None

    @classmethod
    def of(cls, access: query_service.FloorAccess) -> "FloorAccess":
        """From the stored one."""
        return cls(
            member_id=global_id("Member", access.membership_id), display_name=access.display_name, pin_set_at=access.pin_set_at,
            pin_is_start_pin=access.pin_is_start_pin, pin_blocked=access.pin_blocked, badge_issued_at=access.badge_issued_at,
        )  # fmt: skip


@strawberry.input
class SetMyPinInput:
    """6 to 12 digits without a pattern."""

    pin: str


@strawberry.input
class IssueStartPinInput:
    """Whose."""

    member_id: ID


@strawberry.input
class IssueBadgeInput:
    """Whose."""

    member_id: ID


@strawberry.input
class VoidBadgeInput:
    """`reason` stands in the audit trail."""

    member_id: ID
    reason: str


@strawberry.type
class SetMyPinPayload:
    """Whether the PIN counts from now on; or why not."""

    done: bool
    user_errors: list[UserError]


@strawberry.type
class StartPinPayload:
    """`pin` is shown this once. A repetition with the same Idempotency-Key doesn't show it: lost, another is issued."""

    user_errors: list[UserError]
    pin: str | None
    membership_id: strawberry.Private[UUID | None]

    @field(description="What the member has now.")
    async def access(self, info: Info) -> FloorAccess | None:
        """Read again."""
        return await _access(info, self.membership_id)


@strawberry.type
class BadgePayload:
    """`code` and `qrSvg` are shown this once, for a printer or an NFC tag. A repetition with the same Idempotency-Key doesn't show them."""

    user_errors: list[UserError]
    code: str | None
    qr_svg: str | None
    membership_id: strawberry.Private[UUID | None]

    @field(description="What the member has now.")
    async def access(self, info: Info) -> FloorAccess | None:
        """Read again."""
        return await _access(info, self.membership_id)


@strawberry.type
class VoidBadgePayload:
    """What the member has left; or why nothing was changed."""

    user_errors: list[UserError]
    membership_id: strawberry.Private[UUID | None]

    @field(description="What the member has now.")
    async def access(self, info: Info) -> FloorAccess | None:
        """Read again."""
        return await _access(info, self.membership_id)


@strawberry.type
class FloorAccessQueries:
    """PINs and badges, without what is secret of them."""

    @field(description="Active members with the state of their PINs and badges, in order of joining.", directives=requires(Permission.PEOPLE_READ))
    async def floor_access(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[FloorAccess]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        cursor, principal = page.uuid(), info.context.caller_principal
        async with info.context.reading() as tx:
            rows = await query_service.page_of_floor_access(tx, principal, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=FloorAccess.of, cursor=lambda row: str(row.membership_id))


@strawberry.type
class FloorAccessMutations:
    """Each is on the audit trail, and none of them says what is secret."""

    @mutation(
        description="Choose your own PIN for shared phones, signed in with your password.",
        directives=(*signed_in("everyone chooses his own PIN"), Cost(weight=500)),
    )
    async def set_my_pin(self, info: Info, given: Annotated[SetMyPinInput, strawberry.argument(name="input")]) -> SetMyPinPayload | None:
        """Replaces whatever PIN there was, and lifts a block. Not on a phone: there the old PIN chooses the new."""
        context, services = info.context, info.context.services
        try:
            require_acceptable_pin(given.pin)
            pin_hash = await services.identity.passwords.hash(given.pin)
            await context.refresh()
            # Not through `perform`, which keeps a plain digest of the input: of six digits that tells them.
            await services.in_tenant(
                context.caller_principal.tenant_id, lambda tx: administration.set_own_pin(tx, context.caller_principal, pin_hash)
            )
        except SuyuanError as refusal:
            if not is_business(refusal):
                raise
            return SetMyPinPayload(done=False, user_errors=user_errors(refusal))
        return SetMyPinPayload(done=True, user_errors=[])

    @mutation(
        description="Give a member a PIN for one use, in which he chooses his own; his shifts on phones end.",
        directives=(*requires(Permission.PEOPLE_MANAGE), Cost(weight=500)),
    )
    async def issue_start_pin(self, info: Info, given: Annotated[IssueStartPinInput, strawberry.argument(name="input")]) -> StartPinPayload | None:
        """Eight digits, shown this once."""
        identity, pin = info.context.services.identity, new_start_pin()
        pin_hash = await identity.passwords.hash(pin)
        shown: list[str] = []

        async def use_case(tx: TenantTransaction) -> Reply:
            shown[:] = [pin]
            membership_id = _membership(given.member_id)
            await administration.put_start_pin(tx, identity.devices, info.context.caller_principal, membership_id, pin_hash)
            return {"membership": str(membership_id)}

        done = await perform(info, given, use_case)
        return StartPinPayload(user_errors=done.user_errors, pin=shown[0] if shown and done.reply else None, membership_id=_of(done))

    @mutation(
        description="Issue a badge to a member; one that he had is void, and shifts on phones that it opened end.",
        directives=requires(Permission.PEOPLE_MANAGE),
    )
    async def issue_badge(self, info: Info, given: Annotated[IssueBadgeInput, strawberry.argument(name="input")]) -> BadgePayload | None:
        """A random text, shown this once."""
        shown: list[str] = []

        async def use_case(tx: TenantTransaction) -> Reply:
            shown.clear()
            membership_id = _membership(given.member_id)
            devices = info.context.services.identity.devices
            shown.append(await administration.issue_badge(tx, devices, info.context.caller_principal, membership_id))
            return {"membership": str(membership_id)}

        done = await perform(info, given, use_case)
        code = shown[0] if shown and done.reply else None
        return BadgePayload(user_errors=done.user_errors, code=code, qr_svg=qr_svg(code) if code else None, membership_id=_of(done))

    @mutation(description="Void a member's badge: it opens no phone any more.", directives=requires(Permission.PEOPLE_MANAGE))
    async def void_badge(self, info: Info, given: Annotated[VoidBadgeInput, strawberry.argument(name="input")]) -> VoidBadgePayload | None:
        """Lost, or left."""

        async def use_case(tx: TenantTransaction) -> Reply:
            membership_id = _membership(given.member_id)
            devices = info.context.services.identity.devices
            await administration.void_badge(tx, devices, info.context.caller_principal, membership_id, reason=given.reason)
            return {"membership": str(membership_id)}

        done = await perform(info, given, use_case)
        return VoidBadgePayload(user_errors=done.user_errors, membership_id=_of(done))


def _membership(given: ID) -> UUID:
    membership_id = uuid_of(given, "Member")
    if membership_id is None:
        raise MemberNotFoundError
    return membership_id


def _of(done: Done) -> UUID | None:
    return UUID(done.reply["membership"]) if done.reply else None


async def _access(info: Info, membership_id: UUID | None) -> FloorAccess | None:
    if membership_id is None:
        return None
    async with info.context.reading() as tx:
        found = await query_service.floor_access_of(tx, membership_id)
    return FloorAccess.of(found) if found else None
