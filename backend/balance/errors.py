"""Refusals of balances."""

from infra.errors import InvalidInputError, TooLargeError


class BalanceTooLargeError(TooLargeError):
    """There is too much to add up in one answer."""

    code = "BALANCE_TOO_LARGE"


class NotALotError(InvalidInputError):
    """The key means something else than the question is about."""

    code = "WRONG_KIND"
