"""The refusals of identity: sign-in, tokens, passwords and repeated requests."""

from infra.errors import ConflictError, InvalidInputError, NotAuthenticatedError, TooManyRequestsError


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


class KeyReusedError(ConflictError):
    """The idempotency key was used before, for another request."""

    code = "IDEMPOTENCY_KEY_REUSED"


class InFlightError(ConflictError):
    """A request with the same idempotency key is being worked on; `retry_after` (seconds) is in the detail."""

    code = "IN_FLIGHT"
