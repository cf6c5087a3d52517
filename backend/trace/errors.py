"""Refusals of the trace."""

from infra.errors import TooLargeError


class TraceTooLargeError(TooLargeError):
    """The closure is larger than one answer may be; ask from a node nearer to the goods."""

    code = "TRACE_TOO_LARGE"
