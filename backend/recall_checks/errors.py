"""Refusals of effectiveness checks."""

from infra.errors import ConflictError, NotFoundError


class RecallCheckNotFoundError(NotFoundError):
    """No such check here."""

    code = "RECALL_CHECK_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such effectiveness check. Open the recall's list of checks and choose one.", field="checkId")


class RecallCheckRecordedError(ConflictError):
    """It was recorded before, with a result that ends it."""

    code = "RECALL_CHECK_RECORDED"


class RecallCheckDroppedError(ConflictError):
    """The customer isn't in the sample any more."""

    code = "RECALL_CHECK_DROPPED"


class RecallNotFrozenError(ConflictError):
    """There is nobody to be asked before the scope is frozen."""

    code = "RECALL_NOT_ANNOUNCED"

    def __init__(self) -> None:
        super().__init__("Nobody has been told of this recall yet: its customers are checked once it is announced.", field="caseId")


class RecallIsDrillError(ConflictError):
    """A drill touches no customer."""

    code = "RECALL_IS_DRILL"

    def __init__(self) -> None:
        super().__init__("This case is a drill, which touches no customer: nobody is called. Finish the drill instead.", field="caseId")


class NotInFrozenScopeError(NotFoundError):
    """The customer received none of the recalled goods, as far as was frozen."""

    code = "CUSTOMER_NOT_IN_SCOPE"

    def __init__(self) -> None:
        super().__init__("This customer received none of the recalled goods, as they were frozen. Choose one from the board.", field="party")
