"""Refusals of recall cases."""

from infra.errors import ConflictError, InvalidInputError, NotFoundError


class UnknownRecallError(NotFoundError):
    """No such case here."""

    code = "RECALL_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such recall case. Open the list of them and choose one.", field="caseId")


class RecallStateError(ConflictError):
    """What is asked for isn't the next step."""

    code = "RECALL_STATE"


class RecallDecidedError(ConflictError):
    """Somebody else has decided meanwhile; the message says who, what and when."""

    code = "RECALL_DECIDED"


class RecallScopeEmptyError(ConflictError):
    """Nothing is reached, so there is nothing to announce."""

    code = "RECALL_SCOPE_EMPTY"


class RecallDutiesOpenError(ConflictError):
    """What has to be done before a case can be closed; the message names each."""

    code = "RECALL_DUTIES_OPEN"


class RecallIsDrillError(ConflictError):
    """A drill holds nothing, and tells nobody outside."""

    code = "RECALL_IS_DRILL"

    def __init__(self) -> None:
        super().__init__("This case is a drill: it holds no goods and touches no customer. Open a case that is none.", field="caseId")


class RecallClockNotFoundError(NotFoundError):
    """No such clock runs for the case."""

    code = "RECALL_CLOCK_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("No clock of this rule runs for the case. Look at the case's clocks and choose one that is open.", field="rule")


class RecallHoldError(InvalidInputError):
    """A hold that isn't the case's, or isn't in force."""

    code = "RECALL_HOLD"
