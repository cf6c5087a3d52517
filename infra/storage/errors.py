"""What can go wrong with stored objects."""

from typing import ClassVar

from infra.errors import InvalidInputError, NotFoundError, TooLargeError, UnavailableError


class InvalidKeyError(InvalidInputError):
    """The key isn't one that a server of ours would choose."""

    code: ClassVar[str] = "INVALID_OBJECT_KEY"


class ObjectNotFoundError(NotFoundError):
    """There is no object under that key, or it is somebody else's."""

    code: ClassVar[str] = "OBJECT_NOT_FOUND"


class ObjectTooLargeError(TooLargeError):
    """The object exceeds what the caller is ready to hold, or what one upload may carry."""

    code: ClassVar[str] = "OBJECT_TOO_LARGE"


class InvalidUploadError(InvalidInputError):
    """An upload that was asked for can't be allowed: its type, its checksum or its time to live is out of bounds."""

    code: ClassVar[str] = "INVALID_UPLOAD"


class StorageUnavailableError(UnavailableError):
    """The object store doesn't answer, or refuses us."""

    code: ClassVar[str] = "STORAGE_UNAVAILABLE"
