"""Refusals of inspections."""

from infra.errors import ConflictError, InvalidInputError, NotFoundError


class InspectionNotFoundError(NotFoundError):
    """No such inspection here."""

    code = "INSPECTION_NOT_FOUND"

    def __init__(self, field: str = "inspectionId") -> None:
        super().__init__("There is no such inspection. Open the list of inspections and choose one from it.", field=field)


class NoSpecificationError(ConflictError):
    """No specification in force is for these goods, so nobody can judge them."""

    code = "NO_SPECIFICATION"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"No specification in force is for {what}. Release one for its product, supplier, step or customer, or name one by its code.",
            field="specification",
        )


class InspectionConcludedError(ConflictError):
    """A concluded inspection never changes."""

    code = "INSPECTION_CONCLUDED"

    def __init__(self) -> None:
        super().__init__("This inspection is closed and never changes. Open a new one that supersedes it, and say why.", field="inspectionId")


class InspectionOpenError(ConflictError):
    """The goods have an inspection of this kind that isn't concluded."""

    code = "INSPECTION_OPEN"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} has an open inspection of this kind already. Record the results there, or cancel it.", field="key")


class InspectionNotReadyError(ConflictError):
    """The results don't allow this conclusion; the message says what is missing or which one they allow."""

    code = "INSPECTION_NOT_READY"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="conclusion")


class UnknownCharacteristicError(InvalidInputError):
    """The specification version doesn't ask for this."""

    code = "CHARACTERISTIC_UNKNOWN"

    def __init__(self, given: str, known: str, field: str) -> None:
        super().__init__(f"The specification doesn't ask for “{given[:200]}”; it asks for: {known[:300]}.", field=field)


class ScheduleNotFoundError(NotFoundError):
    """No such schedule here."""

    code = "SCHEDULE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such schedule, or it has ended. Open the list of schedules and choose one from it.", field="scheduleId")


class UploadNotFoundError(NotFoundError):
    """No such file was uploaded."""

    code = "UPLOAD_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such file. Ask for an upload, send the file to its address, and then name it here.", field="uploadId")


class UnreadableTableError(InvalidInputError):
    """A file that can't be read as a table."""

    code = "TABLE_UNREADABLE"


class GateNeededError(Exception):
    """Not a refusal: what was begun places a hold, which has to pass the tenant's gate alone. Roll back and start again behind it."""
