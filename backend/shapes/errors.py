"""Refusals of the shapes."""

from infra.errors import NotFoundError, TooLargeError


class FormatNotFoundError(NotFoundError):
    """There is no export of that name."""

    code = "EXPORT_FORMAT_NOT_FOUND"


class ExportTooLargeError(TooLargeError):
    """There is more than one file may hold."""

    code = "EXPORT_TOO_LARGE"
