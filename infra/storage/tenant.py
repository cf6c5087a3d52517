"""Object storage as one tenant sees it: relative keys in, relative keys out, nothing beyond."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from infra.storage.keys import TenantPrefix
from infra.storage.objects import (
    DEFAULT_GET_BYTES,
    UPLOAD_LIFETIME,
    ListedObject,
    ObjectPage,
    ObjectStorage,
    PresignedDownload,
    PresignedUpload,
    StoredObject,
)


class TenantStorage:
    """An ObjectStorage whose keys are all under the tenant's prefix, whatever the caller names."""

    def __init__(self, storage: ObjectStorage, prefix: TenantPrefix) -> None:
        self._storage = storage
        self._prefix = prefix

    async def put(self, key: str, content: bytes | Path | BinaryIO, *, content_type: str) -> StoredObject:
        """As ObjectStorage.put."""
        return replace(await self._storage.put(self._prefix.key(key), content, content_type=content_type), key=key)

    async def get(self, key: str, *, limit: int = DEFAULT_GET_BYTES) -> bytes:
        """As ObjectStorage.get."""
        return await self._storage.get(self._prefix.key(key), limit=limit)

    async def get_into(self, key: str, file: BinaryIO) -> int:
        """As ObjectStorage.get_into."""
        return await self._storage.get_into(self._prefix.key(key), file)

    async def head(self, key: str) -> StoredObject:
        """As ObjectStorage.head."""
        return replace(await self._storage.head(self._prefix.key(key)), key=key)

    async def delete(self, key: str) -> None:
        """As ObjectStorage.delete."""
        await self._storage.delete(self._prefix.key(key))

    async def list_objects(self, prefix: str = "", *, limit: int = 100, cursor: str | None = None) -> ObjectPage:
        """As ObjectStorage.list_objects."""
        after = None if cursor is None else self._prefix.key(cursor)
        page = await self._storage.list_objects(self._prefix.beginning(prefix), limit=limit, cursor=after)
        own = tuple(ListedObject(self._prefix.relative(found.key), found.size, found.modified) for found in page.objects)
        return ObjectPage(own, None if page.cursor is None else self._prefix.relative(page.cursor))

    async def presign_upload(self, key: str, *, content_type: str, size: int, sha256: bytes, expires: timedelta = UPLOAD_LIFETIME) -> PresignedUpload:
        """As ObjectStorage.presign_upload."""
        return await self._storage.presign_upload(self._prefix.key(key), content_type=content_type, size=size, sha256=sha256, expires=expires)

    async def presign_download(self, key: str, *, expires: timedelta = UPLOAD_LIFETIME, filename: str | None = None) -> PresignedDownload:
        """As ObjectStorage.presign_download."""
        return await self._storage.presign_download(self._prefix.key(key), expires=expires, filename=filename)
