"""The refusals of identity: sign-in, tokens, passwords and repeated requests."""

from infra.errors import ConflictError, InvalidInputError, NotAuthenticatedError, NotFoundError, SuyuanError, TooManyRequestsError


class SignInRefusedError(NotAuthenticatedError):
    """Wrong name, wrong password, wrong or left tenant: one answer for all, so that it tells nobody who exists."""

    code = "SIGN_IN_REFUSED"

    def __init__(self) -> None:
        super().__init__("The sign-in name, the password or the company is wrong. Check all three and try again.")


class TenantChoiceRequiredError(ConflictError):
    """The password is right and the person belongs to several tenants; `tenants` in the detail lists slug and name of each."""

    code = "TENANT_CHOICE_REQUIRED"

    def __init__(self, tenants: list[dict[str, str]]) -> None:
        super().__init__("You work for several companies: sign in again and name one of them.", field="tenant", tenants=tenants)


class TooManyFailuresError(TooManyRequestsError):
    """Too many failed sign-ins for this name or from this address."""

    code = "TOO_MANY_FAILURES"

    def __init__(self, retry_after: int) -> None:
        minutes = -(-retry_after // 60)
        super().__init__(
            f"Too many failed sign-ins. Wait {minutes} minutes and try again; if it persists, ask your administrator.",
            retry_after=retry_after,
        )


class TokenInvalidError(NotAuthenticatedError):
    """The access token is not one of ours; why is told to nobody."""

    code = "TOKEN_INVALID"

    def __init__(self) -> None:
        super().__init__("The access token is not valid here. Sign in and send the new one as 'Authorization: Bearer …'.")


class TokenExpiredError(NotAuthenticatedError):
    """The access token was ours and its time is over."""

    code = "TOKEN_EXPIRED"

    def __init__(self) -> None:
        super().__init__("The access token has expired. Get a new one with the refresh token.")


class SessionEndedError(NotAuthenticatedError):
    """The session was ended, revoked or ran out, or the refresh token names none."""

    code = "SESSION_ENDED"

    def __init__(self) -> None:
        super().__init__("The session has ended. Sign in again.")


class PasswordRefusedError(InvalidInputError):
    """A new password that the policy doesn't accept."""

    code = "PASSWORD_REFUSED"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="password")


class SecondFactorRequiredError(NotAuthenticatedError):
    """The password is right, and the person has a second factor: a code must come with it."""

    code = "SECOND_FACTOR_REQUIRED"

    def __init__(self) -> None:
        super().__init__("Sign in again with the code that your authenticator app shows now, or with a recovery code.", field="code")


class CodeRefusedError(NotAuthenticatedError):
    """The password is right, the code is wrong, too old or used up."""

    code = "CODE_REFUSED"

    def __init__(self) -> None:
        super().__init__("The code is wrong, too old or was used before. Wait for the next one, or use a recovery code.", field="code")


class SecondFactorMissingError(ConflictError):
    """What is asked for needs a second factor, and the person has set up none."""

    code = "SECOND_FACTOR_REQUIRED"

    def __init__(self) -> None:
        super().__init__(
            "This needs a second factor, and you have none yet. Set one up with beginSecondFactor and confirmSecondFactor, then try again.",
            field="code",
        )


class SecondFactorStateError(ConflictError):
    """There is a second factor where there should be none, or the other way round."""

    code = "SECOND_FACTOR_STATE"


class PasswordTooShortAloneError(ConflictError):
    """The password is accepted only beside a second factor."""

    code = "PASSWORD_TOO_SHORT_ALONE"

    def __init__(self) -> None:
        super().__init__("Your password is too short to stand alone: change it for one of at least 15 characters, then remove the second factor.")


class ProofRefusedError(SuyuanError):
    """Somebody who is signed in was asked for his password or code once more, and one of them is wrong; which is told to nobody."""

    code = "PROOF_REFUSED"
    status = 403

    def __init__(self) -> None:
        super().__init__("The password or the code is wrong, or the code was used before. Nothing was done; try again with the next code.")


class SessionNotFoundError(NotFoundError):
    """No such live session of this person here."""

    code = "SESSION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such session, or it has ended. Open the list of sessions and choose one from it.", field="sessionId")


class MemberNotFoundError(NotFoundError):
    """No such member of this company."""

    code = "MEMBER_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("Nobody in your company has this id. Take it from the query people.", field="memberId")


class ResetNotPossibleError(ConflictError):
    """Who administers this company may not give this person a new password."""

    code = "RESET_NOT_POSSIBLE"


class ResetRefusedError(InvalidInputError):
    """The link is wrong, used, too old or withdrawn: one answer for all."""

    code = "RESET_REFUSED"

    def __init__(self) -> None:
        super().__init__("This link isn't good (any more): it works once and for one hour. Ask an administrator for a new one.", field="token")


class KeyReusedError(ConflictError):
    """The idempotency key was used before, for another request."""

    code = "IDEMPOTENCY_KEY_REUSED"


class InFlightError(ConflictError):
    """A request with the same idempotency key is being worked on; `retry_after` (seconds) is in the detail."""

    code = "IN_FLIGHT"
