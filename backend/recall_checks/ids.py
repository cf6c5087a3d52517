"""Public ids of recall cases, checks and drills; any other text answers like one that doesn't exist."""

from uuid import UUID

from backend.graphql.ids import uuid_of
from backend.recall_checks.errors import RecallCheckNotFoundError
from backend.recalls.errors import UnknownRecallError


def case_id_of(given: str) -> UUID:
    """A recall case's; raises `UnknownRecallError`."""
    found = uuid_of(given, "RecallCase")
    if found is None:
        raise UnknownRecallError
    return found


def check_id_of(given: str) -> UUID:
    """An effectiveness check's; raises `RecallCheckNotFoundError`."""
    found = uuid_of(given, "RecallCheck")
    if found is None:
        raise RecallCheckNotFoundError
    return found
