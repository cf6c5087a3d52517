"""The interface of object storage: what every store behind it promises."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

MAX_PAGE = 1_000
# What S3 takes in one PUT.
MAX_UPLOAD_BYTES = 5 * 1024**3
DEFAULT_GET_BYTES = 64 * 1024 * 1024
UPLOAD_LIFETIME = timedelta(minutes=5)
MAX_LIFETIME = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object without its content. `sha256` is None where the store doesn't keep it (an upload that named none, some stores)."""

    key: str
    size: int
    content_type: str
    sha256: bytes | None
    modified: datetime


@dataclass(frozen=True, slots=True)
class ListedObject:
    """What a listing tells of an object."""

    key: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class ObjectPage:
    """A page of a listing in the order of keys; `cursor`, the last key of the page, continues it and is None at the end."""

    objects: tuple[ListedObject, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class PresignedUpload:
    """How to upload one object: `method` to `url` with exactly these headers and a body of the length that was signed."""

    method: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PresignedDownload:
    """Where to download one object with GET. The answer is an attachment, which no browser opens as a page."""

    url: str
    expires_at: datetime


class ObjectStorage(Protocol):
    """Objects under keys that the server chose. All methods raise StorageUnavailableError when the store can't be reached."""

    async def put(self, key: str, content: bytes | Path | BinaryIO, *, content_type: str) -> StoredObject:
        """Store content, or all the content of a file, whole and verified by its SHA-256; replaces what was there."""
        ...

    async def get(self, key: str, *, limit: int = DEFAULT_GET_BYTES) -> bytes:
        """The content; ObjectNotFoundError, or ObjectTooLargeError above `limit` bytes."""
        ...

    async def get_into(self, key: str, file: BinaryIO) -> int:
        """Write the content into a file from its beginning, whatever its size, and give its length; ObjectNotFoundError."""
        ...

    async def head(self, key: str) -> StoredObject:
        """What is known of the object; ObjectNotFoundError."""
        ...

    async def delete(self, key: str) -> None:
        """Remove the object; silent where there is none."""
        ...

    async def list_objects(self, prefix: str = "", *, limit: int = 100, cursor: str | None = None) -> ObjectPage:
        """Objects whose keys begin with `prefix`, 1 to MAX_PAGE of them."""
        ...

    async def presign_upload(self, key: str, *, content_type: str, size: int, sha256: bytes, expires: timedelta = UPLOAD_LIFETIME) -> PresignedUpload:
        """Allow one upload of exactly this length, type and content; the store refuses any other."""
        ...

    async def presign_download(self, key: str, *, expires: timedelta = UPLOAD_LIFETIME, filename: str | None = None) -> PresignedDownload:
        """Allow downloads for a while; the browser saves them as `filename`."""
        ...
