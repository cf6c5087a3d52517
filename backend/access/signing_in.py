"""A person's own password, second factor and sessions; and what an administrator does about those of others."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar
from uuid import UUID

import strawberry

from backend.access.signing_in_types import (
    SESSION,
    BeginSecondFactorInput,
    BeginSecondFactorPayload,
    ChangePasswordInput,
    ChangePasswordPayload,
    ConfirmSecondFactorInput,
    DonePayload,
    IssuePasswordResetInput,
    IssuePasswordResetPayload,
    OpenSession,
    ProvedInput,
    ReauthenticateInput,
    ReauthenticatePayload,
    RecoveryCodesPayload,
    ResetPasswordInput,
    RevokeMemberSessionsInput,
    RevokeSessionInput,
    RevokeSessionsPayload,
    SecondFactor,
)
from backend.graphql.commands import Reply, perform
from backend.graphql.context import Info
from backend.graphql.directives import Cost, public, requires, signed_in
from backend.graphql.errors import UserError, is_business, user_errors
from backend.graphql.fields import field, mutation
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from infra.database import TenantTransaction
from infra.errors import PermissionDeniedError, SuyuanError
from tenants import sessions
from tenants.errors import MemberNotFoundError, SessionNotFoundError
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.recovery.service import IssuedReset

# What costs a hash is worth as much as signing in.
HASHING = Cost(weight=500)
_OWN = signed_in("everyone looks after his own account")
T = TypeVar("T")


@strawberry.type
class SigningInQueries:
    """Where the caller, or a member, is signed in."""

    @field(description="Whether you have a second factor.", directives=_OWN)
    async def second_factor(self, info: Info) -> SecondFactor | None:
        """Good in every company that you work for."""
        principal = _person(info)
        return SecondFactor.of(await info.context.services.identity.second_factors.status(principal.actor_id))

    @field(description="Your sessions in this company that go on, newest first.", directives=_OWN)
    async def sessions(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[OpenSession]:
        """A page of them."""
        return await _sessions_of(info, _membership(info), Page.of(first, after, last, before))

    @field(description="A member's sessions that go on, newest first.", directives=requires(Permission.PEOPLE_MANAGE))
    async def member_sessions(
        self,
        info: Info,
        member_id: strawberry.ID,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[OpenSession]:
        """Empty for who isn't a member."""
        return await _sessions_of(info, uuid_of(member_id, "Member"), Page.of(first, after, last, before))


@strawberry.type
class SigningInMutations:
    """What holds a secret isn't kept for repetitions; a second request gets a secret of its own."""

    @mutation(
        description="Begin to set up a second factor (RFC 6238): a secret for an authenticator app, good once a code of it is confirmed.",
        directives=(*_OWN, HASHING),
    )
    async def begin_second_factor(
        self, info: Info, given: Annotated[BeginSecondFactorInput, strawberry.argument(name="input")]
    ) -> BeginSecondFactorPayload | None:
        """Repeated, it begins anew."""
        offer, errors = await _told(
            info, lambda: info.context.services.identity.credentials.offer_second_factor(_person(info), password=given.password)
        )
        if offer is None:
            return BeginSecondFactorPayload(secret=None, otpauth_uri=None, qr_code=None, user_errors=errors)
        return BeginSecondFactorPayload(secret=offer.secret, otpauth_uri=offer.uri, qr_code=offer.qr_code, user_errors=errors)

    @mutation(description="Put the second factor into force with a code of it; gives ten recovery codes.", directives=_OWN)
    async def confirm_second_factor(
        self, info: Info, given: Annotated[ConfirmSecondFactorInput, strawberry.argument(name="input")]
    ) -> RecoveryCodesPayload | None:
        """From now on signing in needs a code, in every company."""
        codes, errors = await _told(info, lambda: info.context.services.identity.credentials.confirm_second_factor(_person(info), given.code))
        return RecoveryCodesPayload(recovery_codes=codes or [], user_errors=errors)

    @mutation(description="Make ten new recovery codes; the former ones are void.", directives=(*_OWN, HASHING))
    async def renew_recovery_codes(self, info: Info, given: Annotated[ProvedInput, strawberry.argument(name="input")]) -> RecoveryCodesPayload | None:
        """When they run out, or were seen."""
        identity = info.context.services.identity
        codes, errors = await _told(info, lambda: identity.credentials.renew_recovery_codes(_person(info), password=given.password, code=given.code))
        return RecoveryCodesPayload(recovery_codes=codes or [], user_errors=errors)

    @mutation(description="Remove your second factor; refused while your password is too short to stand alone.", directives=(*_OWN, HASHING))
    async def remove_second_factor(self, info: Info, given: Annotated[ProvedInput, strawberry.argument(name="input")]) -> DonePayload | None:
        """Its recovery codes go with it."""
        identity = info.context.services.identity

        async def remove() -> bool:
            await identity.credentials.remove_second_factor(_person(info), password=given.password, code=given.code)
            return True

        done, errors = await _told(info, remove)
        return DonePayload(done=bool(done), user_errors=errors)

    @mutation(description="Prove password and code once more: for ten minutes a signature needs only one of them.", directives=(*_OWN, HASHING))
    async def reauthenticate(
        self, info: Info, given: Annotated[ReauthenticateInput, strawberry.argument(name="input")]
    ) -> ReauthenticatePayload | None:
        """Counts for this session alone."""
        identity = info.context.services.identity
        until, errors = await _told(info, lambda: identity.credentials.reauthenticate(_person(info), password=given.password, code=given.code))
        return ReauthenticatePayload(until=until, user_errors=errors)

    @mutation(description="Change your password; all your other sessions end, in every company.", directives=(*_OWN, HASHING))
    async def change_password(
        self, info: Info, given: Annotated[ChangePasswordInput, strawberry.argument(name="input")]
    ) -> ChangePasswordPayload | None:
        """The access tokens until now are void: go on with the new one."""
        identity = info.context.services.identity
        access, errors = await _told(info, lambda: identity.change_password(_person(info), current=given.current_password, new=given.new_password))
        if access is None:
            return ChangePasswordPayload(access_token=None, expires_in=None, user_errors=errors)
        return ChangePasswordPayload(access_token=access.text, expires_in=access.expires_in, user_errors=errors)

    @mutation(
        description="Issue a link with which a member sets a new password: good once, for an hour. Only for who is a member of your company alone.",
        directives=requires(Permission.PEOPLE_MANAGE),
    )
    async def issue_password_reset(
        self, info: Info, given: Annotated[IssuePasswordResetInput, strawberry.argument(name="input")]
    ) -> IssuePasswordResetPayload | None:
        """Repeated, it makes another link, and the former one is void."""
        member = uuid_of(given.member_id, "Member")

        async def issue() -> IssuedReset:
            if member is None:
                raise MemberNotFoundError
            return await info.context.services.identity.resets.issue(_person(info), member, remove_second_factor=given.remove_second_factor)

        made, errors = await _told(info, issue)
        return IssuePasswordResetPayload(token=made.token if made else None, expires_at=made.expires_at if made else None, user_errors=errors)

    @mutation(
        description="Set a new password with a link; all your sessions end.", directives=(*public("the token in the input is the proof"), HASHING)
    )
    async def reset_password(self, info: Info, given: Annotated[ResetPasswordInput, strawberry.argument(name="input")]) -> DonePayload | None:
        """Then sign in."""

        async def reset() -> bool:
            caller = info.context.caller
            await info.context.services.identity.resets.redeem(given.token, given.new_password, address=caller.address, request_id=caller.request_id)
            return True

        done, errors = await _told(info, reset)
        return DonePayload(done=bool(done), user_errors=errors)

    @mutation(description="End one of your sessions in this company.", directives=_OWN)
    async def revoke_session(
        self, info: Info, given: Annotated[RevokeSessionInput, strawberry.argument(name="input")]
    ) -> RevokeSessionsPayload | None:
        """Its tokens are void at once."""

        async def use_case(tx: TenantTransaction) -> Reply:
            session_id = _session_id(given.session_id)
            await info.context.services.identity.session_control.end_own(tx, _person(info), session_id)
            return {"ended": 1}

        return await _revoked(info, given, use_case)

    @mutation(description="End all your sessions in this company but this one.", directives=_OWN)
    async def revoke_other_sessions(self, info: Info) -> RevokeSessionsPayload | None:
        """`signOut(everywhere: true)` ends all, in every company."""

        async def use_case(tx: TenantTransaction) -> Reply:
            return {"ended": await info.context.services.identity.session_control.end_others(tx, _person(info))}

        return await _revoked(info, None, use_case)

    @mutation(description="End a session of a member, or all of his.", directives=requires(Permission.PEOPLE_MANAGE))
    async def revoke_member_sessions(
        self, info: Info, given: Annotated[RevokeMemberSessionsInput, strawberry.argument(name="input")]
    ) -> RevokeSessionsPayload | None:
        """In this company alone."""

        async def use_case(tx: TenantTransaction) -> Reply:
            member = uuid_of(given.member_id, "Member")
            if member is None:
                raise MemberNotFoundError
            session_id = None if given.session_id is None else _session_id(given.session_id)
            principal = info.context.caller_principal
            return {"ended": await info.context.services.identity.session_control.end_of_member(tx, principal, member, session_id)}

        return await _revoked(info, given, use_case)


async def _told(info: Info, work: Callable[[], Awaitable[T]]) -> tuple[T | None, list[UserError]]:
    """What some work gives, or why it was refused. It opens transactions of its own, so the operation's is given back first."""
    await info.context.refresh()
    try:
        return await work(), []
    except SuyuanError as refusal:
        if not is_business(refusal):
            raise
        return None, user_errors(refusal)


async def _revoked(info: Info, given: object, use_case: Callable[[TenantTransaction], Awaitable[Reply]]) -> RevokeSessionsPayload:
    done = await perform(info, given, use_case)
    return RevokeSessionsPayload(ended=int(done.reply["ended"]) if done.reply else 0, user_errors=done.user_errors)


async def _sessions_of(info: Info, membership_id: UUID | None, page: Page) -> Connection[OpenSession]:
    asking, cursor = info.context.caller_principal.session_id, page.uuid()
    rows = []
    if membership_id is not None:
        async with info.context.reading() as tx:
            rows = await sessions.page_of_sessions(tx, membership_id, cursor=cursor, backward=page.backward, limit=page.limit)
    return connect(page, rows, node=lambda row: OpenSession.of(row, asking), cursor=lambda row: str(row.session_id))


def _session_id(given: str) -> UUID:
    found = uuid_of(given, SESSION)
    if found is None:
        raise SessionNotFoundError
    return found


def _person(info: Info) -> Principal:
    """The caller, who must be somebody with a place in the company: a machine or a phone has neither password nor sessions."""
    principal = info.context.caller_principal
    if principal.membership_id is None:
        raise PermissionDeniedError("Only a person has a password, a second factor and sessions: sign in as one.")
    return principal


def _membership(info: Info) -> UUID | None:
    return _person(info).membership_id
