"""Refusals of analyses."""

from infra.errors import InvalidInputError


class NothingToExplainError(InvalidInputError):
    """There are no bad goods, or no good ones to hold against them."""

    code = "NOTHING_TO_EXPLAIN"


class AnalysisTooLargeError(InvalidInputError):
    """More genealogy than one question may walk."""

    code = "ANALYSIS_TOO_LARGE"
