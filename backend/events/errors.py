"""Refusals of capture and of event queries."""

from infra.errors import ConflictError, InvalidInputError, NotFoundError, TooLargeError


class EventConflictError(ConflictError):
    """An event with this key and other content is stored already; a command is refused, nothing is written."""

    code = "EVENT_CONFLICT"

    def __init__(self, event_key: str) -> None:
        super().__init__(
            f"An event with the key {event_key} is stored already, and its content differs. Send a new event with an id of its own, or an error "
            "declaration for the stored one.",
            field="eventID",
        )


class EventNotFoundError(NotFoundError):
    """No such event here."""

    code = "EVENT_NOT_FOUND"


class CaptureJobNotFoundError(NotFoundError):
    """No such capture job here."""

    code = "CAPTURE_JOB_NOT_FOUND"


class CaptureLimitError(TooLargeError):
    """The document holds more events, or bytes, than the announced limit."""

    code = "CAPTURE_LIMIT_EXCEEDED"


class QueryParameterError(InvalidInputError):
    """A query parameter that does not exist or whose value can't be read."""

    code = "QUERY_PARAMETER"
