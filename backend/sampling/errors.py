"""Refusals of sampling."""

from collections.abc import Iterable
from decimal import Decimal

from infra.errors import ConflictError, InvalidInputError, NotFoundError


class WrongLotSizeError(InvalidInputError):
    """No lot has so many items, or none that is sampled."""

    code = "LOT_SIZE_WRONG"

    def __init__(self, largest: int) -> None:
        super().__init__(f"The lot size must be a whole number of items from 2 to {largest}. A single item is simply inspected.", field="lotSize")


class UnknownLevelError(InvalidInputError):
    """No inspection level has this name."""

    code = "INSPECTION_LEVEL_UNKNOWN"

    def __init__(self, levels: Iterable[str]) -> None:
        super().__init__(f"There is no such inspection level. Use one of {', '.join(levels)}; II is the usual one.", field="level")


class UnknownAqlError(InvalidInputError):
    """The AQL isn't one of the preferred values (ISO 2859-1, 5.4)."""

    code = "AQL_UNKNOWN"

    def __init__(self, aqls: Iterable[Decimal]) -> None:
        super().__init__(f"The tables have no such AQL. Use one of {', '.join(str(aql) for aql in aqls)}.", field="aql")


class MissingPlanError(InvalidInputError):
    """The cell isn't known here; a guess would be worse."""

    code = "SAMPLING_PLAN_MISSING"

    def __init__(self) -> None:
        super().__init__(
            "This combination has no plan here: reduced inspection is told up to AQL 10, and not for letters Q and R at AQL 0.025. Inspect normally.",
            field="severity",
        )


class SamplingPlanNotFoundError(NotFoundError):
    """No such plan here."""

    code = "SAMPLING_PLAN_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such sampling plan. Ask for the list of plans and choose one of them.", field="planId")


class SamplingPlanArchivedError(ConflictError):
    """The plan takes no new version any more."""

    code = "SAMPLING_PLAN_ARCHIVED"

    def __init__(self) -> None:
        super().__init__("This sampling plan was archived; nothing was changed. Make a new one.", field="planId")


class SamplingStateNotFoundError(NotFoundError):
    """No such state here."""

    code = "SAMPLING_STATE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such sampling state. It begins with the first lot that was inspected by the plan.", field="stateId")


class SamplingDiscontinuedError(ConflictError):
    """Five lots were not accepted under tightened inspection (ISO 2859-1, 9.4): lots aren't accepted by sampling until somebody acts."""

    code = "SAMPLING_DISCONTINUED"

    def __init__(self) -> None:
        super().__init__(
            "Acceptance sampling is discontinued for this product and supplier: five lots were not accepted under tightened inspection. "
            "When the supplier's action works, resume with tightened inspection."
        )


class SeveritySwitchRefusedError(ConflictError):
    """The rules don't let a person switch so."""

    code = "SEVERITY_SWITCH_REFUSED"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="severity")
