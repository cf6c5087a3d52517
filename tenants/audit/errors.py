"""Refusals of the audit trail."""

from infra.errors import ConflictError


class TooManyExportsError(ConflictError):
    """As many exports as a company may have at a time are under way."""

    code = "TOO_MANY_EXPORTS"
