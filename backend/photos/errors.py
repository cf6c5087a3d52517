"""Refusals of photos."""

from infra.errors import ConflictError, InvalidInputError, NotFoundError


class PhotoTypeError(InvalidInputError):
    """The announced type isn't taken."""

    code = "PHOTO_TYPE_REFUSED"

    def __init__(self, content_type: str) -> None:
        heic = "HEIC isn't taken: let the phone send “most compatible”, or convert to JPEG. " if content_type in ("image/heic", "image/heif") else ""
        super().__init__(f"{heic}Send a photo as image/jpeg, image/png or image/webp, or a certificate as application/pdf.", field="contentType")


class PhotoSizeError(InvalidInputError):
    """The announced length is out of bounds."""

    code = "PHOTO_SIZE_REFUSED"

    def __init__(self, largest: int) -> None:
        super().__init__(f"A photo has from 1 to {largest} bytes. Send a smaller one.", field="size")


class PhotoNotFoundError(NotFoundError):
    """No such photo here."""

    code = "PHOTO_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such photo. Ask for an upload first, and use the id that it gives.", field="photoIds")


class PhotoRefusedError(ConflictError):
    """The photo was checked and refused, so nothing can be shown by it."""

    code = "PHOTO_REFUSED"

    def __init__(self, why: str) -> None:
        super().__init__(f"The photo was refused: {why} Take it again.", field="photoIds")


class TooManyPhotosError(ConflictError):
    """One thing has as many photos as it may have."""

    code = "TOO_MANY_PHOTOS"

    def __init__(self, most: int) -> None:
        super().__init__(f"At most {most} photos belong to one thing; nothing was attached.", field="photoIds")
