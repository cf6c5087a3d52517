"""Object storage on any S3 endpoint, with boto3 in a bounded pool of threads.

What holds an upload to its promise: its URL signs length, type and SHA-256, and the store compares. Amazon S3 does so by itself. The
embedded store (nanio) compares signatures alone; its guard (`infra.embedded.object_rules`, `infra.embedded.object_store_app`) adds the
comparison of the content. No store compares the content with its type: a job that opens it must. A URL works again until it expires,
for the same content.
"""

import asyncio
import base64
import contextlib
import hashlib
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.clock import now
from infra.storage.disposition import attachment
from infra.storage.errors import InvalidUploadError, ObjectNotFoundError, ObjectTooLargeError, StorageUnavailableError
from infra.storage.keys import require_key, require_key_prefix
from infra.storage.objects import (
    DEFAULT_GET_BYTES,
    MAX_LIFETIME,
    MAX_PAGE,
    MAX_UPLOAD_BYTES,
    UPLOAD_LIFETIME,
    ListedObject,
    ObjectPage,
    PresignedDownload,
    PresignedUpload,
    StoredObject,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

T = TypeVar("T")

_CONTENT_TYPE = re.compile(r"[a-z]+/[A-Za-z0-9][A-Za-z0-9.+-]{0,80}(?:; ?charset=[A-Za-z0-9-]{1,20})?")
_CHUNK: Final = 1_000_000
_ABSENT = frozenset({"NoSuchKey", "NotFound", "404"})


class S3Storage:
    """An ObjectStorage in one bucket.

    `endpoint=None` is Amazon's own for the region; without keys, boto3's usual chain finds them (the machine's role). `public_endpoint` is
    where browsers and phones reach the store, if that isn't `endpoint`: it is part of what presigned URLs sign.
    """

    def __init__(
        self,
        *,
        bucket: str,
        region: str = "us-east-1",
        endpoint: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
        path_style: bool = True,
        public_endpoint: str | None = None,
        threads: int = 8,
    ) -> None:
        self._bucket = bucket
        self._region = region
        self._endpoint = endpoint
        self._public_endpoint = public_endpoint or endpoint
        self._access_key = access_key
        self._secret_key = secret_key
        self._config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if path_style else "virtual"},
            connect_timeout=3,
            read_timeout=20,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=threads,
            tcp_keepalive=True,
            # We name the SHA-256 ourselves; boto3's own default frames the content in a way that not every store reads.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="object-storage")
        self._making = threading.Lock()
        self._clients: dict[str | None, S3Client] = {}

    async def close(self) -> None:
        """Let running calls end, drop waiting ones, close the connections."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    async def check(self) -> None:
        """Return if the bucket is there for us; StorageUnavailableError otherwise."""
        try:
            await self._call(lambda client: client.head_bucket(Bucket=self._bucket))
        except ObjectNotFoundError as problem:
            raise StorageUnavailableError(f"The object store has no bucket {self._bucket!r}: create it, or name another one.") from problem

    async def ensure_bucket(self) -> None:
        """Create the bucket if it is absent: for the embedded store; elsewhere it is made with the rest of the infrastructure."""

        def ensure(client: "S3Client") -> None:
            if any(bucket.get("Name") == self._bucket for bucket in client.list_buckets().get("Buckets", [])):
                return
            elsewhere: Any = {} if self._region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
            try:
                client.create_bucket(Bucket=self._bucket, **elsewhere)
            except client.exceptions.BucketAlreadyOwnedByYou:
                # Another process was quicker.
                return

        await self._call(ensure)

    async def put(self, key: str, content: bytes | Path | BinaryIO, *, content_type: str) -> StoredObject:
        """As ObjectStorage.put."""
        require_key(key)
        _require_content_type(content_type)

        def put(client: "S3Client") -> StoredObject:
            size, digest = _measure(content)
            if size > MAX_UPLOAD_BYTES:
                raise ObjectTooLargeError(f"The content has {size} bytes; {MAX_UPLOAD_BYTES} are the most that one object may have.")
            named: dict[str, Any] = {
                "Bucket": self._bucket,
                "Key": key,
                "ContentType": content_type,
                "ContentLength": size,
                "ChecksumSHA256": base64.b64encode(digest).decode("ascii"),
            }
            if isinstance(content, Path):
                with content.open("rb") as file:
                    client.put_object(Body=file, **named)
            else:
                if not isinstance(content, bytes):
                    content.seek(0)
                client.put_object(Body=content, **named)
            return StoredObject(key, size, content_type, digest, now())

        return await self._call(put)

    async def get(self, key: str, *, limit: int = DEFAULT_GET_BYTES) -> bytes:
        """As ObjectStorage.get."""
        require_key(key)

        def get(client: "S3Client") -> bytes:
            answer = client.get_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
            with answer["Body"] as body:
                if answer["ContentLength"] > limit:
                    raise ObjectTooLargeError(f"The object has {answer['ContentLength']} bytes; at most {limit} are read at once.")
                content: bytes = body.read()
            expected = _decode(answer.get("ChecksumSHA256"))
            if expected is not None and hashlib.sha256(content).digest() != expected:
                raise StorageUnavailableError("The object store delivered content that isn't what was stored; try again.")
            return content

        return await self._call(get)

    async def get_into(self, key: str, file: BinaryIO) -> int:
        """As ObjectStorage.get_into."""
        require_key(key)

        def get(client: "S3Client") -> int:
            answer = client.get_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
            digest, size = hashlib.sha256(), 0
            file.seek(0)
            with contextlib.closing(answer["Body"]) as body:
                for chunk in body.iter_chunks(_CHUNK):
                    digest.update(chunk)
                    size += file.write(chunk)
            file.truncate()
            expected = _decode(answer.get("ChecksumSHA256"))
            if size != answer["ContentLength"] or (expected is not None and digest.digest() != expected):
                raise StorageUnavailableError("The object store delivered content that isn't what was stored; try again.")
            return size

        return await self._call(get)

    async def head(self, key: str) -> StoredObject:
        """As ObjectStorage.head."""
        require_key(key)

        def head(client: "S3Client") -> StoredObject:
            answer = client.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
            digest = _decode(answer.get("ChecksumSHA256"))
            return StoredObject(key, answer["ContentLength"], answer["ContentType"], digest, answer["LastModified"].astimezone(UTC))

        return await self._call(head)

    async def delete(self, key: str) -> None:
        """As ObjectStorage.delete."""
        require_key(key)
        await self._call(lambda client: client.delete_object(Bucket=self._bucket, Key=key))

    async def list_objects(self, prefix: str = "", *, limit: int = 100, cursor: str | None = None) -> ObjectPage:
        """As ObjectStorage.list_objects. The cursor is the last key of the page before."""
        require_key_prefix(prefix)
        after: Any = {} if cursor is None else {"StartAfter": require_key(cursor)}
        size = max(1, min(limit, MAX_PAGE))

        def list_page(client: "S3Client") -> ObjectPage:
            answer = client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, MaxKeys=size, **after)
            found = tuple(ListedObject(entry["Key"], entry["Size"], entry["LastModified"].astimezone(UTC)) for entry in answer.get("Contents", []))
            return ObjectPage(found, found[-1].key if found and answer["IsTruncated"] else None)

        return await self._call(list_page)

    async def presign_upload(self, key: str, *, content_type: str, size: int, sha256: bytes, expires: timedelta = UPLOAD_LIFETIME) -> PresignedUpload:
        """As ObjectStorage.presign_upload."""
        require_key(key)
        _require_content_type(content_type)
        if not 0 < size <= MAX_UPLOAD_BYTES:
            raise ObjectTooLargeError(f"An upload has 1 to {MAX_UPLOAD_BYTES} bytes, not {size}.", field="size")
        if len(sha256) != hashlib.sha256().digest_size:
            raise InvalidUploadError("A SHA-256 has 32 bytes: send the digest of the whole content.", field="sha256")
        seconds = _seconds(expires)
        checksum = base64.b64encode(sha256).decode("ascii")
        signed = {"ContentType": content_type, "ContentLength": size, "ChecksumSHA256": checksum}
        expires_at = now() + expires
        url = await self._presign("put_object", seconds, {"Key": key, **signed})
        return PresignedUpload("PUT", url, {"Content-Type": content_type, "x-amz-checksum-sha256": checksum}, expires_at)

    async def presign_download(self, key: str, *, expires: timedelta = UPLOAD_LIFETIME, filename: str | None = None) -> PresignedDownload:
        """As ObjectStorage.presign_download."""
        require_key(key)
        expires_at = now() + expires
        url = await self._presign("get_object", _seconds(expires), {"Key": key, "ResponseContentDisposition": attachment(filename)})
        return PresignedDownload(url, expires_at)

    async def _presign(self, operation: str, seconds: int, named: dict[str, Any]) -> str:
        def presign(client: "S3Client") -> str:
            return client.generate_presigned_url(operation, Params={"Bucket": self._bucket, **named}, ExpiresIn=seconds)

        return await self._call(presign, publicly=True)

    async def _call(self, use: Callable[["S3Client"], T], *, publicly: bool = False) -> T:
        endpoint = self._public_endpoint if publicly else self._endpoint
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._use, use, endpoint)

    def _use(self, use: Callable[["S3Client"], T], endpoint: str | None) -> T:
        try:
            return use(self._client(endpoint))
        except ClientError as problem:
            code = problem.response.get("Error", {}).get("Code", "")
            if code in _ABSENT:
                raise ObjectNotFoundError("There is no such object.") from problem
            raise StorageUnavailableError(f"The object store refused the request ({code}): check the storage settings.") from problem
        except BotoCoreError as problem:
            raise StorageUnavailableError("The object store can't be reached at the moment; try again in a few seconds.") from problem

    def _client(self, endpoint: str | None) -> "S3Client":
        """One client for each endpoint. Clients may be shared by threads; making them may not."""
        import boto3  # noqa: PLC0415 - half a second that only a process pays which touches storage

        with self._making:
            if endpoint not in self._clients:
                self._clients[endpoint] = boto3.session.Session().client(
                    "s3",
                    region_name=self._region,
                    endpoint_url=endpoint,
                    aws_access_key_id=self._access_key,
                    aws_secret_access_key=self._secret_key,
                    config=self._config,
                )
            return self._clients[endpoint]


def _measure(content: bytes | Path | BinaryIO) -> tuple[int, bytes]:
    if isinstance(content, bytes):
        return len(content), hashlib.sha256(content).digest()
    if isinstance(content, Path):
        with content.open("rb") as file:
            return _measure(file)
    content.seek(0)
    digest = hashlib.file_digest(content, "sha256").digest()  # type: ignore[arg-type]  # any binary file that can be read will do
    return content.tell(), digest


def _decode(checksum: str | None) -> bytes | None:
    # A checksum of parts ends in "-<count>" and isn't the content's.
    return None if checksum is None or "-" in checksum else base64.b64decode(checksum)


def _require_content_type(content_type: str) -> None:
    if not _CONTENT_TYPE.fullmatch(content_type):
        raise InvalidUploadError(f"{content_type[:80]!r} isn't a media type such as image/jpeg.", field="contentType")


def _seconds(expires: timedelta) -> int:
    if not timedelta(seconds=1) <= expires <= MAX_LIFETIME:
        raise InvalidUploadError(f"A URL lives one second to {MAX_LIFETIME}, not {expires}.", field="expires")
    return int(expires.total_seconds())
