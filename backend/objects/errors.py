"""Refusals about traceable objects."""

from infra.errors import NotFoundError


class ObjectNotFoundError(NotFoundError):
    """No such object here; the answer is the same for one that another tenant has."""

    code = "OBJECT_NOT_FOUND"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Nothing is known here under “{key}”. Check the code, or scan it again; an object is known once an event has named it.", field="key"
        )
