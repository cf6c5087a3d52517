"""Refusals of notifications."""

from infra.errors import ConflictError, NotFoundError, PermissionDeniedError


class ChannelNotFoundError(NotFoundError):
    """No such channel here, or it was archived."""

    code = "CHANNEL_NOT_FOUND"

    def __init__(self, field: str = "channelId") -> None:
        super().__init__("There is no such channel. The query notificationChannels lists those that there are.", field=field)


class RouteNotFoundError(NotFoundError):
    """No such route here."""

    code = "ROUTE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such route. The query notificationRoutes lists those that there are.", field="routeId")


class DeliveryNotFoundError(NotFoundError):
    """No such delivery here."""

    code = "DELIVERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such delivery. The query notificationDeliveries lists those that there are.", field="deliveryId")


class DeliveryNotDeadError(ConflictError):
    """Only what is dead is tried again by hand."""

    code = "DELIVERY_NOT_DEAD"

    def __init__(self) -> None:
        super().__init__("This delivery isn't dead: it was sent, or is still being tried. Nothing was changed.", field="deliveryId")


class TooManyOfAKindError(ConflictError):
    """A company, or a person, has as many as there may be."""

    code = "TOO_MANY_NOTIFICATION_SETTINGS"

    def __init__(self, what: str, most: int) -> None:
        super().__init__(f"There are {most} {what} already, which is the most. Remove what isn't used.")


class NoMemberError(PermissionDeniedError):
    """A phone without anybody on it, or a machine: nobody who has a feed."""

    def __init__(self) -> None:
        super().__init__("Messages belong to people. Sign in as one; a key or an unattended phone has none.")
