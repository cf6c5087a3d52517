"""Refusals of capture and of event queries."""

from infra.errors import ConflictError, InvalidInputError, NotFoundError, SuyuanError, TooLargeError, TooManyRequestsError


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


class ResourceNotFoundError(NotFoundError):
    """No event that the caller may see names it."""

    code = "RESOURCE_NOT_FOUND"


class CaptureJobNotFoundError(NotFoundError):
    """No such capture job here."""

    code = "CAPTURE_JOB_NOT_FOUND"


class CaptureLimitError(TooLargeError):
    """The document holds more events, or bytes, than the announced limit."""

    code = "CAPTURE_LIMIT_EXCEEDED"


class UnsupportedEncodingError(SuyuanError):
    """The body is packed in a way that isn't read."""

    code = "UNSUPPORTED_CONTENT_ENCODING"
    status = 415


class TooManyCapturesError(TooManyRequestsError):
    """So many long documents wait to be captured that no further one is taken."""

    code = "TOO_MANY_CAPTURES"

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} of your company's documents wait to be captured. Send the next one when some of them are done.", retry_after=30)


class QueryParameterError(InvalidInputError):
    """A query parameter that does not exist or whose value can't be read."""

    code = "QUERY_PARAMETER"


class QueryTooLargeError(TooLargeError):
    """More events are found than the query allows (EPCIS 2.0 §8.2.3)."""

    code = "QUERY_TOO_LARGE"


class QueryTooComplexError(TooLargeError):
    """The query takes longer than a request may (EPCIS 2.0 §8.2.3)."""

    code = "QUERY_TOO_COMPLEX"


class ReviewEntryNotFoundError(NotFoundError):
    """No such entry in the review queue, or none that the caller may see."""

    code = "REVIEW_ENTRY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such entry in the review queue. Open the queue and choose one from it.", field="entryId")


class ReviewEntryResolvedError(ConflictError):
    """Somebody has decided before."""

    code = "REVIEW_ENTRY_RESOLVED"

    def __init__(self) -> None:
        super().__init__("This entry has been accepted or dismissed already; nothing was changed.", field="entryId")


class ReviewNeedsEventError(InvalidInputError):
    """What came can't be read, so there is no event in it to accept."""

    code = "REVIEW_NEEDS_EVENT"

    def __init__(self) -> None:
        super().__init__("What came can't be read as an event. Write what happened as “event”, or dismiss the entry.", field="event")


class ReviewNeedsNewIdError(ConflictError):
    """Another event is stored under the id."""

    code = "REVIEW_NEEDS_NEW_ID"

    def __init__(self) -> None:
        super().__init__(
            "Another event is stored under this event's id. If both happened, accept it with underNewEventId: true; if not, dismiss it.",
            field="underNewEventId",
        )


class ReviewOfDeclarationError(ConflictError):
    """An error declaration carries the id of the event that it corrects, so it can't be taken under another."""

    code = "REVIEW_OF_DECLARATION"

    def __init__(self) -> None:
        super().__init__("An error declaration can't be accepted under another event id. Dismiss it, and declare the error again.", field="entryId")
