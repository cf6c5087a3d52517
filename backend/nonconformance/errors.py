"""Refusals of nonconformances."""

from infra.errors import ConflictError, InvalidInputError, NotFoundError


class NonconformanceNotFoundError(NotFoundError):
    """No such nonconformance here."""

    code = "NONCONFORMANCE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such nonconformance. Open the list of them and choose one.", field="nonconformanceId")


class NonconformanceStateError(ConflictError):
    """What is asked for isn't the next step."""

    code = "NONCONFORMANCE_STATE"


class DispositionInvalidError(InvalidInputError):
    """A decision that doesn't fit the goods."""

    code = "DISPOSITION_INVALID"


class DecisionNotFoundError(NotFoundError):
    """No decision waits for a second signature under this id."""

    code = "DECISION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such decision that waits for a second person. Look at what waits for you.", field="decisionId")


class DispositionNotFoundError(NotFoundError):
    """No such disposition here."""

    code = "DISPOSITION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such disposition. Open the nonconformance and choose one of its dispositions.", field="dispositionId")


class SecondPersonRequiredError(ConflictError):
    """The same person can't sign twice."""

    code = "SECOND_PERSON_REQUIRED"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="signature")


class ProofMissingError(InvalidInputError):
    """The event doesn't prove what it should."""

    code = "PROOF_MISSING"
