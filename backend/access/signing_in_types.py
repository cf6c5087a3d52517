"""What the mutations around passwords, second factors and sessions take and give."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.graphql.errors import UserError
from backend.graphql.ids import global_id
from tenants.second_factor.service import FactorStatus
from tenants.sessions import LiveSession

SESSION = "Session"


@strawberry.type(description="Whether the caller has a second factor.")
class SecondFactor:
    """`since` is null where none is in force; then `recoveryCodesLeft` is 0."""

    since: datetime | None
    recovery_codes_left: int

    @classmethod
    def of(cls, status: FactorStatus) -> "SecondFactor":
        """From the service's."""
        return cls(since=status.since, recovery_codes_left=status.recovery_codes_left)


@strawberry.type(description="A session that goes on: where somebody is signed in.")
class OpenSession:
    """`userAgent` is what the browser or app says of itself; `current` marks the session that asks."""

    id: strawberry.ID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    user_agent: str
    address: str
    on_enrolled_device: bool
    second_factor_at: datetime | None
    current: bool

    @classmethod
    def of(cls, session: LiveSession, asking: UUID) -> "OpenSession":
        """From the stored one."""
        return cls(
            id=global_id(SESSION, session.session_id), created_at=session.created_at, last_used_at=session.last_used_at,
            expires_at=session.expires_at, user_agent=session.user_agent, address=session.address,
            on_enrolled_device=session.device_id is not None, second_factor_at=session.second_factor_at, current=session.session_id == asking,
        )  # fmt: skip


@strawberry.input
class BeginSecondFactorInput:
    """Your password, once more."""

    password: str


@strawberry.input
class ConfirmSecondFactorInput:
    """The code that the authenticator app shows."""

    code: str


@strawberry.input
class ProvedInput:
    """Your password and a code: of the authenticator app, or a recovery code."""

    password: str
    code: str


@strawberry.input
class ReauthenticateInput:
    """`code` is needed by who has a second factor."""

    password: str
    code: str | None = None


@strawberry.input
class ChangePasswordInput:
    """At least 15 characters, or 8 beside a second factor."""

    current_password: str
    new_password: str


@strawberry.input
class IssuePasswordResetInput:
    """`removeSecondFactor` is for who has lost his phone and his recovery codes, and doesn't sign."""

    member_id: strawberry.ID
    remove_second_factor: bool = False


@strawberry.input
class ResetPasswordInput:
    """The link's token."""

    token: str
    new_password: str


@strawberry.input
class RevokeSessionInput:
    """From the list of sessions."""

    session_id: strawberry.ID


@strawberry.input
class RevokeMemberSessionsInput:
    """Without `sessionId` all of the member's sessions end."""

    member_id: strawberry.ID
    session_id: strawberry.ID | None = None


@strawberry.type
class BeginSecondFactorPayload:
    """Shown this once. `qrCode` is an SVG data URI of `otpauthUri`, `secret` the same for typing."""

    secret: str | None
    otpauth_uri: str | None
    qr_code: str | None
    user_errors: list[UserError]


@strawberry.type
class RecoveryCodesPayload:
    """Shown this once: each stands in for one code. Keep them where the phone isn't."""

    recovery_codes: list[str]
    user_errors: list[UserError]


@strawberry.type
class DonePayload:
    """Whether it was done, or why not."""

    done: bool
    user_errors: list[UserError]


@strawberry.type
class ReauthenticatePayload:
    """Until when the session counts as proved."""

    until: datetime | None
    user_errors: list[UserError]


@strawberry.type
class ChangePasswordPayload:
    """This session goes on with its refresh token and this access token; all others have ended."""

    access_token: str | None
    expires_in: int | None
    user_errors: list[UserError]


@strawberry.type
class IssuePasswordResetPayload:
    """The token is shown this once: hand it to the person himself."""

    token: str | None
    expires_at: datetime | None
    user_errors: list[UserError]


@strawberry.type
class RevokeSessionsPayload:
    """How many sessions ended; their tokens are void at once."""

    ended: int
    user_errors: list[UserError]
