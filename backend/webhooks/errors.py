"""Refusals of webhooks."""

from infra.errors import ConflictError, NotFoundError


class EndpointNotFoundError(NotFoundError):
    """No such endpoint here."""

    code = "WEBHOOK_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such webhook endpoint. The list webhookEndpoints shows those that there are.", field="id")


class DeliveryNotFoundError(NotFoundError):
    """No such delivery here, or not any more."""

    code = "WEBHOOK_DELIVERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such delivery. They are kept for 30 days; webhookDeliveries lists them.", field="id")


class EndpointDisabledError(ConflictError):
    """Nothing is sent to an endpoint that is switched off."""

    code = "WEBHOOK_DISABLED"

    def __init__(self) -> None:
        super().__init__("This endpoint is switched off, so nothing is sent to it. Enable it first.", field="id")


class TooManyEndpointsError(ConflictError):
    """A company's bound is reached."""

    code = "TOO_MANY_WEBHOOKS"

    def __init__(self, most: int) -> None:
        super().__init__(f"Your company has {most} webhook endpoints, which is the limit. Delete one that nobody needs.")


class DeliveryWaitingError(ConflictError):
    """It is being tried already."""

    code = "WEBHOOK_WAITING"

    def __init__(self) -> None:
        super().__init__("This message is waiting for its next attempt already; nothing was changed.", field="id")
