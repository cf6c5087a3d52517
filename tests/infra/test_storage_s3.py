"""Object storage against a real S3 endpoint, the embedded one: content, refusals, presigned URLs, tenants' walls."""

import asyncio
import hashlib
import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from infra.embedded.object_store import ObjectStore
from infra.embedded.ports import free_port
from infra.storage.errors import InvalidKeyError, InvalidUploadError, ObjectNotFoundError, ObjectTooLargeError, StorageUnavailableError
from infra.storage.keys import TenantPrefix
from infra.storage.objects import ObjectStorage
from infra.storage.s3 import S3Storage
from infra.storage.tenant import TenantStorage

OURS, THEIRS = UUID("0192f000-0000-7000-8000-000000000001"), UUID("0192f000-0000-7000-8000-000000000002")
CONTENT = bytes(range(256)) * 40 + "溯源".encode()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with ObjectStore(tmp_path_factory.mktemp("state") / "objects") as running:
        yield running


def storage_of(store: ObjectStore, **changed: Any) -> S3Storage:
    given = {"bucket": "objects", "endpoint": store.endpoint, "access_key": store.access_key, "secret_key": store.secret_key}
    return S3Storage(**{**given, **changed})


@pytest.fixture(scope="module")
async def shared(store: ObjectStore) -> AsyncIterator[S3Storage]:
    made = storage_of(store)
    await made.ensure_bucket()
    await made.ensure_bucket()
    yield made
    await made.close()


@pytest.fixture
async def storage(shared: S3Storage) -> S3Storage:
    """An empty bucket."""
    for listed in (await shared.list_objects(limit=1_000)).objects:
        await shared.delete(listed.key)
    return shared


async def keys_of(storage: ObjectStorage, prefix: str = "") -> list[str]:
    return [listed.key for listed in (await storage.list_objects(prefix, limit=1_000)).objects]


async def test_content_comes_back_byte_for_byte(storage: S3Storage) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    stored = await storage.put("a/b.bin", CONTENT, content_type="application/octet-stream")
    assert (stored.key, stored.size, stored.sha256) == ("a/b.bin", len(CONTENT), hashlib.sha256(CONTENT).digest())
    assert await storage.get("a/b.bin") == CONTENT
    found = await storage.head("a/b.bin")
    assert (found.size, found.content_type, found.sha256) == (len(CONTENT), "application/octet-stream", stored.sha256)
    assert before < found.modified < datetime.now(UTC) + timedelta(seconds=2)
    assert found.modified.tzinfo is UTC


async def test_a_file_of_several_megabytes_comes_back_byte_for_byte(storage: S3Storage, tmp_path: Path) -> None:
    path = tmp_path / "file"
    await asyncio.to_thread(path.write_bytes, os.urandom(6_000_000))
    stored = await storage.put("file", path, content_type="application/pdf")
    assert stored.size == 6_000_000
    assert await storage.get("file") == await asyncio.to_thread(path.read_bytes)
    with pytest.raises(ObjectTooLargeError, match="6000000 bytes; at most 5999999 are read at once"):
        await storage.get("file", limit=5_999_999)


async def test_an_empty_object_is_an_object(storage: S3Storage) -> None:
    await storage.put("empty", b"", content_type="text/plain; charset=utf-8")
    assert await storage.get("empty") == b""
    assert (await storage.head("empty")).size == 0


async def test_a_second_put_replaces_the_first(storage: S3Storage) -> None:
    await storage.put("a", b"first", content_type="image/png")
    await storage.put("a", b"the second", content_type="image/webp")
    assert await storage.get("a") == b"the second"
    assert (await storage.head("a")).content_type == "image/webp"


async def test_what_isn_t_there_is_not_found_and_deleting_it_is_silent(storage: S3Storage) -> None:
    for ask in (storage.get, storage.head):
        with pytest.raises(ObjectNotFoundError) as caught:
            await ask("nothing")
        assert caught.value.status == 404
    await storage.delete("nothing")
    await storage.put("a", b"1", content_type="image/png")
    await storage.delete("a")
    with pytest.raises(ObjectNotFoundError):
        await storage.head("a")


async def test_a_listing_is_read_page_by_page(storage: S3Storage) -> None:
    names = [f"t/{number:02}" for number in range(7)]
    await asyncio.gather(*(storage.put(name, name.encode(), content_type="text/plain") for name in [*names, "u/1"]))
    first = await storage.list_objects("t/", limit=3)
    second = await storage.list_objects("t/", limit=3, cursor=first.cursor)
    third = await storage.list_objects("t/", limit=3, cursor=second.cursor)
    pages = [[listed.key for listed in page.objects] for page in (first, second, third)]
    assert pages == [names[:3], names[3:6], names[6:]]
    assert (first.cursor, second.cursor, third.cursor) == ("t/02", "t/05", None)
    assert first.objects[0].size == 4
    assert len((await storage.list_objects("t/", limit=-5)).objects) == 1
    assert len((await storage.list_objects("t/", limit=10**9)).objects) == 7
    assert (await storage.list_objects("none/")).objects == ()


async def test_many_calls_at_once_share_a_bounded_pool(store: ObjectStore, storage: S3Storage) -> None:
    small = storage_of(store, threads=2)
    await storage.put("a", CONTENT, content_type="image/png")
    answers = asyncio.gather(*(small.get("a") for _ in range(20)))
    others = {thread for thread in threading.enumerate() if thread.name.startswith("object-storage")}
    most = 0
    while not answers.done():
        most = max(most, sum(thread.name.startswith("object-storage") for thread in set(threading.enumerate()) - others))
        await asyncio.sleep(0.002)
    assert set(await answers) == {CONTENT}
    assert most <= 2
    await small.close()


async def test_a_store_that_is_away_is_said_soon(store: ObjectStore) -> None:
    away = storage_of(store, endpoint=f"http://127.0.0.1:{free_port()}")
    begun = time.monotonic()
    with pytest.raises(StorageUnavailableError, match="can't be reached at the moment") as caught:
        await away.get("a")
    assert caught.value.status == 503
    assert time.monotonic() - begun < 10
    await away.close()


async def test_a_wrong_secret_or_bucket_is_said_without_telling_either(store: ObjectStore, storage: S3Storage) -> None:
    await storage.put("a", b"1", content_type="image/png")
    stranger = storage_of(store, secret_key="not-the-secret-of-this-store")
    attempts: list[Callable[[], Awaitable[object]]] = [
        lambda: stranger.get("a"),
        lambda: stranger.put("a", b"2", content_type="image/png"),
        lambda: stranger.delete("a"),
        stranger.list_objects,
    ]
    for attempt in attempts:
        with pytest.raises(StorageUnavailableError, match=r"refused the request \(SignatureDoesNotMatch\)") as caught:
            await attempt()
        assert "not-the-secret" not in str(caught.value)
    assert await storage.get("a") == b"1"
    await stranger.close()
    elsewhere = storage_of(store, bucket="no-such-bucket")
    with pytest.raises(StorageUnavailableError, match="has no bucket 'no-such-bucket'"):
        await elsewhere.check()
    await elsewhere.close()
    await storage.check()


async def upload(storage: ObjectStorage, key: str, content: bytes, sent: bytes | None = None, as_type: str = "image/png") -> httpx.Response:
    allowed = await storage.presign_upload(key, content_type="image/png", size=len(content), sha256=hashlib.sha256(content).digest())
    async with httpx.AsyncClient() as browser:
        return await browser.request(
            allowed.method, allowed.url, content=content if sent is None else sent, headers={**allowed.headers, "Content-Type": as_type}
        )


async def test_a_presigned_upload_and_download_go_round(storage: S3Storage) -> None:
    assert (await upload(storage, "a/photo", CONTENT)).status_code == 200
    assert await storage.get("a/photo") == CONTENT
    found = await storage.head("a/photo")
    assert (found.content_type, found.sha256) == ("image/png", hashlib.sha256(CONTENT).digest())

    allowed = await storage.presign_download("a/photo", filename="照片.png")
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(allowed.url)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == "attachment; filename=\"__.png\"; filename*=UTF-8''%E7%85%A7%E7%89%87.png"


async def test_a_repeated_upload_stores_the_same_again(storage: S3Storage) -> None:
    digest = hashlib.sha256(CONTENT).digest()
    allowed = await storage.presign_upload("a", content_type="image/png", size=len(CONTENT), sha256=digest)
    async with httpx.AsyncClient() as browser:
        answers = [await browser.put(allowed.url, content=CONTENT, headers=allowed.headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert await storage.get("a") == CONTENT


async def test_an_upload_of_another_size_type_or_content_is_refused_and_stores_nothing(storage: S3Storage) -> None:
    other = CONTENT[::-1]
    assert (await upload(storage, "a", CONTENT, CONTENT + b"1")).status_code == 403
    assert (await upload(storage, "a", CONTENT, CONTENT[:-1])).status_code == 403
    assert (await upload(storage, "a", CONTENT, b"")).status_code == 403
    assert (await upload(storage, "a", CONTENT, other)).status_code == 400
    assert (await upload(storage, "a", CONTENT, as_type="text/html")).status_code == 403
    assert await keys_of(storage) == []
    assert (await upload(storage, "a", CONTENT)).status_code == 200
    assert (await upload(storage, "a", CONTENT, other)).status_code == 400
    assert await storage.get("a") == CONTENT


async def test_urls_expire(storage: S3Storage) -> None:
    await storage.put("a", b"1", content_type="image/png")
    second = timedelta(seconds=1)
    digest = hashlib.sha256(b"2").digest()
    up = await storage.presign_upload("a", content_type="image/png", size=1, sha256=digest, expires=second)
    down = await storage.presign_download("a", expires=second)
    assert abs(up.expires_at - datetime.now(UTC)) < 2 * second
    await asyncio.sleep(2.1)
    async with httpx.AsyncClient() as browser:
        assert (await browser.get(down.url)).status_code == 403
        assert (await browser.put(up.url, content=b"2", headers=up.headers)).status_code == 403
    assert await storage.get("a") == b"1"


async def test_urls_are_made_for_the_address_that_browsers_use(store: ObjectStore) -> None:
    storage = storage_of(store, public_endpoint="https://files.example")
    download = await storage.presign_download("a")
    assert download.url.startswith("https://files.example/objects/a?response-content-disposition=attachment&X-Amz-Algorithm=AWS4-HMAC-SHA256&")
    await storage.close()


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"size": 0}, ObjectTooLargeError),
        ({"size": -1}, ObjectTooLargeError),
        ({"size": 5 * 1024**3 + 1}, ObjectTooLargeError),
        ({"sha256": b""}, InvalidUploadError),
        ({"sha256": b"x" * 31}, InvalidUploadError),
        ({"content_type": "image/png\r\nx: y"}, InvalidUploadError),
        ({"content_type": ""}, InvalidUploadError),
        ({"content_type": "png"}, InvalidUploadError),
        ({"expires": timedelta(0)}, InvalidUploadError),
        ({"expires": timedelta(days=1)}, InvalidUploadError),
        ({"key": "../a"}, InvalidKeyError),
    ],
)
async def test_an_upload_that_can_t_be_allowed_isn_t_signed(storage: S3Storage, changed: dict[str, Any], error: type[Exception]) -> None:
    wanted: dict[str, Any] = {"key": "a", "content_type": "image/png", "size": 1, "sha256": b"x" * 32, **changed}
    with pytest.raises(error):
        await storage.presign_upload(wanted.pop("key"), **wanted)


TRAVERSAL: list[Callable[[UUID], str]] = [
    lambda other: f"../{other}/secret",
    lambda other: f"/{other}/secret",
    lambda other: f"photos/../../{other}/secret",
    lambda other: f"%2e%2e/{other}/secret",
    lambda other: f"..%2f{other}/secret",
    lambda other: f"%252e%252e%252f{other}/secret",
    lambda other: f"..\\{other}\\secret",
    lambda other: f"photos//../{other}/secret",
    lambda other: f"\x00/{other}/secret",
    lambda other: "",
    lambda other: ".",
    lambda other: "..",
]


@pytest.mark.parametrize("trick", TRAVERSAL)
async def test_a_tenant_can_t_address_another_s_objects(storage: S3Storage, trick: Callable[[UUID], str]) -> None:
    await storage.put(f"{THEIRS}/secret", b"theirs", content_type="image/png")
    ours = TenantStorage(storage, TenantPrefix(OURS))
    key = trick(THEIRS)
    attempts: list[Callable[[], Awaitable[object]]] = [
        lambda: ours.get(key),
        lambda: ours.head(key),
        lambda: ours.delete(key),
        lambda: ours.put(key, b"overwritten", content_type="image/png"),
        lambda: ours.presign_download(key),
        lambda: ours.presign_upload(key, content_type="image/png", size=1, sha256=b"x" * 32),
        lambda: ours.list_objects(cursor=key),
    ]
    for attempt in attempts:
        with pytest.raises(InvalidKeyError):
            await attempt()
    assert await keys_of(storage) == [f"{THEIRS}/secret"]
    assert await storage.get(f"{THEIRS}/secret") == b"theirs"


async def test_two_tenants_use_the_same_names_and_see_their_own(storage: S3Storage) -> None:
    ours, theirs = (TenantStorage(storage, TenantPrefix(tenant)) for tenant in (OURS, THEIRS))
    await ours.put("photos/1", b"ours", content_type="image/png")
    await theirs.put("photos/1", b"theirs", content_type="image/png")
    await theirs.put("photos/2", b"theirs", content_type="image/png")
    assert (await ours.head("photos/1")).key == "photos/1"
    assert await ours.get("photos/1") == b"ours"
    with pytest.raises(ObjectNotFoundError):
        await ours.get("photos/2")
    assert await keys_of(ours) == ["photos/1"]
    assert await keys_of(ours, "photos/") == ["photos/1"]
    page = await theirs.list_objects(limit=1)
    assert page.cursor == "photos/1"
    assert [listed.key for listed in (await theirs.list_objects(limit=1, cursor=page.cursor)).objects] == ["photos/2"]
    assert (await upload(ours, "photos/3", b"123")).status_code == 200
    assert await storage.get(f"{OURS}/photos/3") == b"123"
    await ours.delete("photos/1")
    assert await theirs.get("photos/1") == b"theirs"
