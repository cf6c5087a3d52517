"""What can be wrong with named queries and subscriptions, by the names of the standard (EPCIS 2.0 §8.2.6, §12.3)."""

from typing import ClassVar

from infra.errors import SuyuanError


class NamedQueryError(SuyuanError):
    """The base: `exception_name` is the standard's."""

    exception_name: ClassVar[str]


class NoSuchNameError(NamedQueryError):
    """No query has this name, or not in this company."""

    code = "QUERY_NOT_FOUND"
    status = 404
    exception_name = "NoSuchNameException"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no query named “{name[:100]}”. GET /epcis/queries lists those that there are.", field="name")


class DuplicateNameError(NamedQueryError):
    """The name is taken. The REST binding's name for what §8.2.6 calls DuplicateNameException."""

    code = "DUPLICATE_NAME"
    status = 409
    exception_name = "ResourceAlreadyExistsException"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a query named “{name[:100]}” already. Choose another name, or delete that one first.", field="name")


class QueryNotRemovableError(NamedQueryError):
    """Predefined queries stay."""

    code = "QUERY_PREDEFINED"
    status = 403
    exception_name = "SecurityException"


class TooManyQueriesError(NamedQueryError):
    """A company's bound is reached."""

    code = "TOO_MANY_QUERIES"
    status = 413
    exception_name = "QueryTooComplexException"


class SubscriptionControlsError(NamedQueryError):
    """Stream and schedule contradict each other or the standard's syntax, or never come."""

    code = "SUBSCRIPTION_CONTROLS"
    status = 400
    exception_name = "SubscriptionControlsException"


class InvalidURIError(NamedQueryError):
    """Reports can't be sent to this address."""

    code = "INVALID_URI"
    status = 400
    exception_name = "InvalidURIException"


class SubscribeNotPermittedError(NamedQueryError):
    """This query, or this caller, can't be subscribed."""

    code = "SUBSCRIBE_NOT_PERMITTED"
    status = 403
    exception_name = "SubscribeNotPermittedException"


class NoSuchSubscriptionError(NamedQueryError):
    """No subscription of this query has this id, or it isn't the caller's to see."""

    code = "SUBSCRIPTION_NOT_FOUND"
    status = 404
    exception_name = "NoSuchSubscriptionException"

    def __init__(self) -> None:
        super().__init__("This query has no such subscription. Its id stands in the answer to the one who subscribed.", field="subscriptionID")
