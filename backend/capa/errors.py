"""Refusals of corrective actions and of requests to suppliers."""

from backend.guests.errors import LinkOpensNothingError
from infra.errors import ConflictError, NotFoundError


class CorrectiveActionNotFoundError(NotFoundError):
    """No such corrective action here."""

    code = "CORRECTIVE_ACTION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such corrective action. Open the list of them and choose one.", field="correctiveActionId")


class CorrectiveActionStateError(ConflictError):
    """What is asked for isn't the next step."""

    code = "CORRECTIVE_ACTION_STATE"


class ActionItemNotFoundError(NotFoundError):
    """No such action item that is still open."""

    code = "ACTION_ITEM_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__(
            "There is no such action that is still open. Open the corrective action and choose one of its actions.", field="actionItemId"
        )


class SupplierRequestNotFoundError(NotFoundError):
    """No such request here."""

    code = "SUPPLIER_REQUEST_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such request to a supplier. Open the list of them and choose one.", field="supplierRequestId")


class SupplierRequestStateError(ConflictError):
    """What is asked for isn't the next step."""

    code = "SUPPLIER_REQUEST_STATE"


class GuestLinkInvalidError(LinkOpensNothingError):
    """The link opens nothing: it is wrong, was replaced or has expired, which all answer alike."""

    code = "GUEST_LINK_INVALID"
