"""Invitations: made, listed, sent again and revoked by who manages people; looked at and accepted by whoever holds the link."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import segno
import strawberry

from backend.access.own_sites import own_sites
from backend.access.people import RoleGrantInput
from backend.access.people_types import Invitation, load_invitation
from backend.graphql.commands import Done, Reply, perform
from backend.graphql.context import Info
from backend.graphql.directives import Cost, public, requires
from backend.graphql.errors import UserError, is_business, user_errors
from backend.graphql.fields import field, mutation
from backend.graphql.ids import uuid_of
from backend.graphql.pagination import Connection, Page, connect
from infra.database import TenantTransaction
from infra.errors import InvalidInputError, SuyuanError
from tenants.errors import CodeRefusedError, SecondFactorRequiredError
from tenants.passwords import MAX_INPUT
from tenants.people import acceptance, invitations, query_service
from tenants.people.errors import InvitationNotFoundError
from tenants.people.invitation_tokens import InvitationToken
from tenants.permissions import Permission
from tenants.second_factor.codes import MAX_CODE

_MANAGE = requires(Permission.PEOPLE_MANAGE)
_SHOWN_ONCE = "The link was shown in the first answer to this Idempotency-Key and isn't kept. resendInvitation makes another."


@strawberry.input
class InviteInput:
    """`login` is the sign-in name, often an e-mail address; `displayName` a proposal that whoever comes may change."""

    login: str
    display_name: str
    grants: list[RoleGrantInput]


@strawberry.input
class ResendInvitationInput:
    """An invitation that wasn't accepted or revoked; it may have run out."""

    invitation_id: strawberry.ID


@strawberry.input
class RevokeInvitationInput:
    """`reason` stands in the audit trail."""

    invitation_id: strawberry.ID
    reason: str | None = None


@strawberry.input
class AcceptInvitationInput:
    """`login` is for who has another sign-in name already. `password`: your own, or the one that you choose; `code` of your second factor."""

    token: str
    password: str
    login: str | None = None
    display_name: str | None = None
    code: str | None = None


@strawberry.type
class InvitationLinkPayload:
    """The invitation with its link, which is shown this once: bring it to the person, as a link or as a code to scan."""

    user_errors: list[UserError]
    link: str | None = strawberry.field(description="Holds the secret behind its #, which no server's log sees. Null in a repeated answer.")
    qr_code: str | None = strawberry.field(description="The link as a QR code: an SVG image as a data URI.")
    notice: str | None = strawberry.field(description="Why there is no link, where the request was repeated.")
    invitation_id: strawberry.Private[UUID | None]

    @field()
    async def invitation(self, info: Info) -> Invitation | None:
        """As it is now."""
        return await load_invitation(info.context, self.invitation_id)


@strawberry.type
class RevokeInvitationPayload:
    """The invitation, void, or why it isn't."""

    user_errors: list[UserError]
    invitation_id: strawberry.Private[UUID | None]

    @field()
    async def invitation(self, info: Info) -> Invitation | None:
        """As it is now."""
        return await load_invitation(info.context, self.invitation_id)


@strawberry.type(description="What a link leads to.")
class InvitationPreview:
    """`registered` tells whoever holds the link whether `login` has a password to be proved, or one has to be chosen."""

    company: str
    tenant: str
    invited_by: str
    login: str
    display_name: str
    registered: bool
    expires_at: datetime


@strawberry.type
class AcceptInvitationPayload:
    """Where to sign in now: `tenant` is the company's short name, `login` the sign-in name. Or why not."""

    tenant: str | None
    login: str | None
    second_factor_required: bool = strawberry.field(description="The password is right; ask for the code of the second factor and send both.")
    user_errors: list[UserError]


@strawberry.type
class InvitationQueries:
    """Invitations."""

    @field(description="Invitations, newest first.", directives=requires(Permission.PEOPLE_READ))
    async def invitations(
        self,
        info: Info,
        *,
        open_only: bool = True,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Invitation]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        async with info.context.reading() as tx:
            rows = await query_service.page_of_invitations(
                tx, info.context.caller_principal, open_only=open_only, cursor=page.uuid(), backward=page.backward, limit=page.limit
            )  # fmt: skip
        return connect(page, rows, node=Invitation.of, cursor=lambda row: str(row.invitation_id))

    @field(
        description="The company and the inviter behind an invitation's link; INVITATION_INVALID for any that opens nothing.",
        directives=(*public("the token in the link is the proof"), Cost(weight=100)),
    )
    async def invitation_preview(self, info: Info, token: str) -> InvitationPreview | None:
        """Looking accepts nothing."""
        opened = await acceptance.open_invitation(info.context.services.identity, token, caller=info.context.caller)
        found = opened.invitation
        return InvitationPreview(
            company=opened.tenant.name, tenant=opened.tenant.slug, invited_by=found.inviter, login=found.login_name,
            display_name=found.display_name, registered=opened.registered, expires_at=found.expires_at,
        )  # fmt: skip


@strawberry.type
class InvitationMutations:
    """No message is sent: the answer holds the link, to be brought to the person."""

    @mutation(description="Invite somebody, with what he will be granted. The link is good for seven days and for one person.", directives=_MANAGE)
    async def invite(self, info: Info, given: Annotated[InviteInput, strawberry.argument(name="input")]) -> InvitationLinkPayload | None:
        """Whether anybody has the sign-in name in another company isn't told."""
        made: list[InvitationToken] = []

        async def use_case(tx: TenantTransaction) -> Reply:
            invitation_id, token = await invitations.invite(
                tx, info.context.services.identity.auth, info.context.caller_principal, login=given.login, display_name=given.display_name,
                wanted=[grant.wanted() for grant in given.grants], find_sites=own_sites,
            )  # fmt: skip
            made[:] = [token]
            return {"invitation": str(invitation_id)}

        return _with_link(info, await perform(info, given, use_case), made)

    @mutation(description="Make a new link for an invitation; the one before is void.", directives=_MANAGE)
    async def resend_invitation(
        self, info: Info, given: Annotated[ResendInvitationInput, strawberry.argument(name="input")]
    ) -> InvitationLinkPayload | None:
        """Good for seven days from now."""
        made: list[InvitationToken] = []

        async def use_case(tx: TenantTransaction) -> Reply:
            invitation_id = _invitation_id(given.invitation_id)
            made[:] = [await invitations.resend(tx, info.context.caller_principal, invitation_id)]
            return {"invitation": str(invitation_id)}

        return _with_link(info, await perform(info, given, use_case), made)

    @mutation(description="Make an invitation void.", directives=_MANAGE)
    async def revoke_invitation(
        self, info: Info, given: Annotated[RevokeInvitationInput, strawberry.argument(name="input")]
    ) -> RevokeInvitationPayload | None:
        """For good."""

        async def use_case(tx: TenantTransaction) -> Reply:
            invitation_id = _invitation_id(given.invitation_id)
            await invitations.revoke(tx, info.context.caller_principal, invitation_id, reason=given.reason)
            return {"invitation": str(invitation_id)}

        done = await perform(info, given, use_case)
        return RevokeInvitationPayload(user_errors=done.user_errors, invitation_id=UUID(done.reply["invitation"]) if done.reply else None)

    @mutation(
        description="Come in by an invitation: with a password that you choose, or the one that you have. Then sign in.",
        directives=(*public("the token from the link is the proof"), Cost(weight=500)),
    )
    async def accept_invitation(
        self, info: Info, given: Annotated[AcceptInvitationInput, strawberry.argument(name="input")]
    ) -> AcceptInvitationPayload | None:
        """The token is good once, so that a repeated request needs no Idempotency-Key."""
        try:
            if len(given.password) > MAX_INPUT or len(given.code or "") > MAX_CODE:
                raise InvalidInputError(f"The password has at most {MAX_INPUT} characters, the code {MAX_CODE}.", field="password")
            accepted = await acceptance.accept_invitation(
                info.context.services.identity, given.token, login=given.login, display_name=given.display_name, password=given.password,
                code=given.code, caller=info.context.caller,
            )  # fmt: skip
        except SuyuanError as refusal:
            if not is_business(refusal) and not isinstance(refusal, SecondFactorRequiredError | CodeRefusedError):
                raise
            asked = isinstance(refusal, SecondFactorRequiredError)
            return AcceptInvitationPayload(tenant=None, login=None, second_factor_required=asked, user_errors=user_errors(refusal))
        return AcceptInvitationPayload(tenant=accepted.tenant.slug, login=accepted.login_name, second_factor_required=False, user_errors=[])


def _invitation_id(given: str) -> UUID:
    found = uuid_of(given, "Invitation")
    if found is None:
        raise InvitationNotFoundError
    return found


def _with_link(info: Info, done: Done, made: list[InvitationToken]) -> InvitationLinkPayload:
    link = f"{info.context.services.settings.public_url.rstrip('/')}/invitation#{made[0]}" if made and done.reply else None
    return InvitationLinkPayload(
        user_errors=done.user_errors,
        link=link,
        qr_code=segno.make(link, error="m", micro=False).svg_data_uri(scale=4, border=4) if link else None,
        notice=_SHOWN_ONCE if done.reply and not link else None,
        invitation_id=UUID(done.reply["invitation"]) if done.reply else None,
    )
