"""The embedded object store's process: nanio over a directory, with checked uploads, exact listings and the guard before it.

`python -m infra.embedded.object_store_app`, with its settings as JSON in the environment variable EMBEDDED_OBJECT_STORE.
"""

import base64
import hashlib
import json
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from nanio.app import build_app
from nanio.auth.credentials import StaticCredentialResolver
from nanio.config import Settings
from nanio.errors import BadDigest, InternalError, NoSuchKey
from nanio.storage import FilesystemStorage, ListResult
from starlette.types import ASGIApp

from infra.embedded.object_guard import EXPECTED_UPLOAD, ObjectGuard

SETTINGS_VARIABLE = "EMBEDDED_OBJECT_STORE"
CHECKSUM_HEADER = "x-amz-checksum-sha256"


class CheckedStorage(FilesystemStorage):  # type: ignore[misc]
    """nanio's file storage, which takes no upload whose length or checksum isn't the one that was signed, and lists in order."""

    async def put_object(
        self, bucket: str, key: str, body: AsyncIterator[bytes], *, user_metadata: dict[str, str] | None = None, **attributes: Any
    ) -> Any:
        """Store an object whole and verified, or not at all."""
        # nanio copies this only after the last byte, so that the checksum, known then, is kept and sent with the object.
        metadata = dict(user_metadata or {})
        info = await super().put_object(bucket, key, _verified(body, metadata), user_metadata=metadata, **attributes)
        path = self.data_dir / bucket / key
        if path.stat().st_size != info.size:
            # nanio doesn't look at how much a write wrote; on a full disk that is less than it was given.
            self.delete_object(bucket, key)
            raise InternalError
        return info

    def list_objects(
        self,
        bucket: str,
        *,
        prefix: str = "",
        max_keys: int = 1000,
        continuation_token: str | None = None,
        start_after: str | None = None,
        delimiter: str | None = None,
    ) -> Any:
        """A page of keys in the order of their bytes; nanio's own order skips keys at a page's end and shows unfinished uploads."""
        del delimiter
        self.head_bucket(bucket)
        after = base64.urlsafe_b64decode(continuation_token).decode() if continuation_token else start_after or ""
        keys = sorted(key for key in _keys(self.data_dir / bucket, prefix) if key > after)
        contents = []
        for key in keys[:max_keys]:
            try:
                contents.append(self.head_object(bucket, key))
            except NoSuchKey:
                continue
        truncated = 0 < max_keys < len(keys)
        token = base64.urlsafe_b64encode(keys[max_keys - 1].encode()).decode() if truncated else None
        return ListResult(contents, [], truncated, token)


async def _verified(body: AsyncIterator[bytes], metadata: dict[str, str]) -> AsyncIterator[bytes]:
    """Pass the body on; raise BadDigest at its end, before nanio publishes it, where it isn't what was announced."""
    expected = EXPECTED_UPLOAD.get()
    if expected is None:
        raise InternalError
    digest = hashlib.sha256()
    size = 0
    async for chunk in body:
        size += len(chunk)
        digest.update(chunk)
        yield chunk
    if size != expected.size or any(digest.digest() != wanted for wanted in expected.digests):
        raise BadDigest("The content isn't what was announced: its length or its SHA-256 differs.")
    metadata[CHECKSUM_HEADER] = base64.b64encode(digest.digest()).decode()


def _keys(bucket: Path, prefix: str) -> Iterator[str]:
    """Every key that begins with `prefix`. Names with a leading dot are nanio's own: metadata and unfinished uploads."""
    for folder, folders, files in os.walk(bucket / prefix.rpartition("/")[0]):
        folders[:] = [name for name in folders if not name.startswith(".")]
        base = Path(folder).relative_to(bucket).as_posix().removeprefix(".")
        for name in files:
            key = f"{base}/{name}" if base else name
            if not name.startswith(".") and key.startswith(prefix):
                yield key


def remove_leftovers(data_dir: Path) -> None:
    """Remove what a killed run left half-written; nanio would refuse to write such an object's metadata ever again."""
    for folder, _, files in os.walk(data_dir):
        is_metadata = ".nanio-meta" in Path(folder).relative_to(data_dir).parts
        for name in files:
            if name.startswith(".tmp.") or (is_metadata and name.endswith(".json.tmp")):
                (Path(folder) / name).unlink(missing_ok=True)


def build_store(data_dir: Path, *, access_key: str, secret_key: str, region: str, origins: Sequence[str]) -> ASGIApp:
    """The store as an ASGI application."""
    data_dir.mkdir(parents=True, exist_ok=True)
    remove_leftovers(data_dir)
    credentials = StaticCredentialResolver({access_key: secret_key})
    app = build_app(Settings(data_dir=data_dir.resolve(), region=region, credentials=credentials))
    app.state.storage = CheckedStorage(data_dir.resolve())
    return ObjectGuard(app, origins=origins)


def main() -> None:
    """Serve until SIGTERM. Requests aren't logged: their URLs carry signatures."""
    given = json.loads(os.environ.pop(SETTINGS_VARIABLE))
    store = build_store(
        Path(given["data_dir"]),
        access_key=given["access_key"],
        secret_key=given["secret_key"],
        region=given["region"],
        origins=given["origins"],
    )
    uvicorn.run(
        store,
        host=given["host"],
        port=given["port"],
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
