"""The one error base: a code for programs, a message for people, an HTTP status for the edge."""

from typing import Any, ClassVar


class SuyuanError(Exception):
    """An expected refusal. Its message says what was wrong, where, and what to do; anything else is a 500 that leaks nothing."""

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, field: str | None = None, **detail: Any) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.detail = detail


class InvalidInputError(SuyuanError):
    """The request can't be understood; the message names the field and the mend."""

    code = "INVALID_INPUT"
    status = 400


class NotAuthenticatedError(SuyuanError):
    """Nobody, or nobody any more, stands behind the request."""

    code = "NOT_AUTHENTICATED"
    status = 401


class PermissionDeniedError(SuyuanError):
    """The caller is known and may not do this."""

    code = "PERMISSION_DENIED"
    status = 403


class NotFoundError(SuyuanError):
    """Does not exist, or belongs to somebody else: the answer is the same."""

    code = "NOT_FOUND"
    status = 404


class ConflictError(SuyuanError):
    """The request contradicts what is stored."""

    code = "CONFLICT"
    status = 409


class TooLargeError(SuyuanError):
    """The request exceeds an announced limit."""

    code = "TOO_LARGE"
    status = 413


class TooManyRequestsError(SuyuanError):
    """A limit on the rate of requests was reached; `retry_after` (seconds) is in the detail."""

    code = "TOO_MANY_REQUESTS"
    status = 429


class UnavailableError(SuyuanError):
    """A part the service needs is away for the moment; try again."""

    code = "UNAVAILABLE"
    status = 503
