"""Refusals of instruments and calibrations."""

from infra.errors import ConflictError, NotFoundError


class InstrumentNotFoundError(NotFoundError):
    """No such instrument here."""

    code = "INSTRUMENT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such instrument. Ask for the list of instruments and choose one of them.", field="instrumentId")


class InstrumentExistsError(ConflictError):
    """Another instrument has this identifier."""

    code = "INSTRUMENT_EXISTS"

    def __init__(self, identifier: str) -> None:
        super().__init__(f"Another instrument has the identifier {identifier}; nothing was written. Give each its own.", field="identifier")


class InstrumentStateError(ConflictError):
    """It is out of service already, or in service."""

    code = "INSTRUMENT_STATE"

    def __init__(self, *, out_of_service: bool) -> None:
        now = "out of service" if out_of_service else "in service"
        super().__init__(f"The instrument is {now} already; nothing was changed.", field="instrumentId")


class CalibrationNotFoundError(NotFoundError):
    """No such calibration of this instrument, or it was replaced."""

    code = "CALIBRATION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("The instrument has no such calibration that counts. Name one of its calibrations that wasn't replaced.", field="replaces")
