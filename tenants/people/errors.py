"""The refusals around members and invitations."""

from infra.errors import ConflictError, NotFoundError


class MemberStateError(ConflictError):
    """The member is active, or isn't, already."""

    code = "MEMBER_STATE"


class OwnerRequiredError(ConflictError):
    """Only an owner makes an owner, and only an owner takes that away, by whatever act."""

    code = "OWNER_REQUIRED"

    def __init__(self) -> None:
        super().__init__("Only an owner of the company makes somebody an owner or takes it from one. Ask an owner to do it.")


class LastOwnerError(ConflictError):
    """After the act nobody would be an active owner, for the whole company and for good."""

    code = "LAST_OWNER"

    def __init__(self) -> None:
        super().__init__("This is the last owner of the company. Make somebody else an owner first, without an end.", field="memberId")


class AlreadyMemberError(ConflictError):
    """The person has a place in this company, active or not."""

    code = "ALREADY_MEMBER"

    def __init__(self, *, active: bool) -> None:
        mend = "Change what he is granted instead." if active else "He was deactivated: reactivate him instead."
        super().__init__(f"This person is a member of the company already. {mend}", field="login")


class AlreadyInvitedError(ConflictError):
    """An invitation for this sign-in name is open."""

    code = "ALREADY_INVITED"

    def __init__(self) -> None:
        super().__init__("An invitation for this sign-in name is open. Send it again, or revoke it first.", field="login")


class InvitationNotFoundError(NotFoundError):
    """No invitation of this company has this id."""

    code = "INVITATION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("Your company has no invitation with this id. Take it from the query invitations.", field="invitationId")


class InvitationClosedError(ConflictError):
    """The invitation was accepted or revoked."""

    code = "INVITATION_CLOSED"

    def __init__(self, what: str) -> None:
        super().__init__(f"This invitation was {what} already. Invite again if that is what you want.", field="invitationId")


class InvitationInvalidError(NotFoundError):
    """Unknown, used, replaced, revoked, run out or mistyped: one answer for all, so that it tells nothing."""

    code = "INVITATION_INVALID"

    def __init__(self) -> None:
        super().__init__("This invitation isn't valid, or no longer. Ask who invited you for a new link.", field="token")
