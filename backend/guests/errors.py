"""What a link is refused with."""

from infra.errors import NotFoundError


class LinkOpensNothingError(NotFoundError):
    """It is wrong, was revoked or replaced, or has expired, which all answer alike."""

    def __init__(self) -> None:
        super().__init__("This link opens nothing (any more). Ask whoever sent it for a new one.", field="link")
