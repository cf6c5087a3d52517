"""Refusals of drills."""

from infra.errors import ConflictError, NotFoundError


class RecallDrillNotFoundError(NotFoundError):
    """No such drill here."""

    code = "RECALL_DRILL_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such drill. Open the list of them and choose one.", field="drillId")


class RecallDrillStateError(ConflictError):
    """What is asked for isn't the next step."""

    code = "RECALL_DRILL_STATE"


class RecallNoDrillError(ConflictError):
    """A real recall is no drill."""

    code = "RECALL_NO_DRILL"

    def __init__(self) -> None:
        super().__init__("This recall is a real one, and no drill. Open a case as a drill, or name the lots to drill on.", field="caseId")


class RecallDrillEmptyError(ConflictError):
    """There is nothing to drill on."""

    code = "RECALL_DRILL_EMPTY"

    def __init__(self) -> None:
        super().__init__("Nothing falls into this drill's scope. Cancel it, and start one on goods that were made or shipped.", field="drillId")


class RecallFindingNotFoundError(NotFoundError):
    """No such finding here."""

    code = "RECALL_FINDING_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such finding. Open the drill and choose one of its findings.", field="findingId")
