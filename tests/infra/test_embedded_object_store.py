"""The embedded object store under attack: what a stranger, or the holder of one presigned URL, can make of it."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.embedded.object_store import ObjectStore
from infra.embedded.object_store_app import remove_leftovers
from tests.infra.object_stores import (
    BUCKET,
    CONTENT,
    FOREIGN,
    ORIGIN,
    OWN,
    UNCHANGED,
    Header,
    checksum,
    client_of,
    download_url,
    everything,
    send,
    upload_headers,
    upload_url,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with ObjectStore(tmp_path_factory.mktemp("state") / "objects", origins=[ORIGIN]) as running:
        yield running


@pytest.fixture(scope="module")
def owner(store: ObjectStore) -> Iterator["S3Client"]:
    """A client with the store's own keys. Making one takes long."""
    made = client_of(store)
    made.create_bucket(Bucket=BUCKET)
    yield made
    made.close()


@pytest.fixture
def client(owner: "S3Client") -> "S3Client":
    """The owner's client of the store, in which two tenants have an object each."""
    for entry in owner.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        owner.delete_object(Bucket=BUCKET, Key=entry["Key"])
    for key in (OWN, FOREIGN):
        owner.put_object(Bucket=BUCKET, Key=key, Body=CONTENT, ContentType="image/png")
    return owner


def test_a_presigned_upload_stores_exactly_what_was_signed(store: ObjectStore, client: "S3Client") -> None:
    content = bytes(range(256)) * 5_000
    status, _, _ = send(store, "PUT", upload_url(client, "t1/new", content), upload_headers(content), content)
    assert status == 200
    assert everything(client) == {**UNCHANGED, "t1/new": (content, "image/png")}
    assert client.head_object(Bucket=BUCKET, Key="t1/new", ChecksumMode="ENABLED")["ChecksumSHA256"] == checksum(content)


@pytest.mark.parametrize(
    ("headers", "body", "refusal"),
    [
        pytest.param(upload_headers(b"12345", Content_Type="text/html"), b"12345", (403, b"SignatureDoesNotMatch"), id="another type"),
        pytest.param(upload_headers(b"123456", x_amz_checksum_sha256=checksum(b"12345")), b"123456", (403, b"SignatureDoesNotMatch"), id="longer"),
        pytest.param(upload_headers(b"1234", x_amz_checksum_sha256=checksum(b"12345")), b"1234", (403, b"SignatureDoesNotMatch"), id="shorter"),
        pytest.param(upload_headers(b"54321"), b"54321", (403, b"SignatureDoesNotMatch"), id="another content and its checksum"),
        pytest.param(upload_headers(b"12345"), b"54321", (400, b"BadDigest"), id="another content under the signed checksum"),
        pytest.param(upload_headers(b"12345")[:2], b"12345", (403, b"SignatureDoesNotMatch"), id="no checksum"),
        pytest.param(upload_headers(b"12345")[1:], b"12345", (403, b"SignatureDoesNotMatch"), id="no type"),
        pytest.param([*upload_headers(b"12345"), ("Content-Type", "text/html")], b"12345", (400, b"InvalidRequest"), id="a second type"),
        pytest.param([("Content-Type", "text/html"), *upload_headers(b"12345")], b"12345", (400, b"InvalidRequest"), id="a first type"),
        pytest.param(
            [*upload_headers(b"12345"), ("x-amz-copy-source", f"/{BUCKET}/{FOREIGN}")], b"12345", (501, b"NotImplemented"), id="a copy source"
        ),
        pytest.param([*upload_headers(b"12345"), ("x-amz-meta-owner", "me")], b"12345", (403, b"AccessDenied"), id="unsigned metadata"),
        pytest.param([*upload_headers(b"12345"), ("Content-Encoding", "gzip")], b"12345", (403, b"AccessDenied"), id="an unsigned encoding"),
        pytest.param([*upload_headers(b"12345"), ("Content-Disposition", "inline")], b"12345", (403, b"AccessDenied"), id="an unsigned disposition"),
        pytest.param([*upload_headers(b"12345"), ("x-amz-acl", "public-read")], b"12345", (501, b"NotImplemented"), id="an access list"),
        pytest.param([*upload_headers(b"12345"), ("If-None-Match", "*")], b"12345", (501, b"NotImplemented"), id="a condition"),
        pytest.param([*upload_headers(b"12345"), ("Host", "127.0.0.1:1")], b"12345", (403, b"SignatureDoesNotMatch"), id="another host"),
        pytest.param(
            [*upload_headers(b"12345"), ("Authorization", "AWS4-HMAC-SHA256 x")], b"12345", (400, b"InvalidArgument"), id="a second signature"
        ),
    ],
)
def test_an_upload_that_deviates_from_its_url_is_refused(
    store: ObjectStore, client: "S3Client", headers: list[Header], body: bytes, refusal: tuple[int, bytes]
) -> None:
    target = upload_url(client, "t1/new", b"12345")
    answer, words, _ = send(store, "PUT", target, headers, body)
    assert (answer, refusal[1] in words) == (refusal[0], True), words
    assert everything(client) == UNCHANGED


def test_an_upload_of_unknown_length_is_refused(store: ObjectStore, client: "S3Client") -> None:
    headers = [("Content-Type", "image/png"), ("x-amz-checksum-sha256", checksum(b"12345")), ("Transfer-Encoding", "chunked")]
    answer, words, _ = send(store, "PUT", upload_url(client, "t1/new", b"12345"), headers, b"5\r\n12345\r\n0\r\n\r\n")
    assert (answer, b"MissingContentLength" in words) == (411, True)
    assert everything(client) == UNCHANGED


@pytest.mark.parametrize("missing", ["ContentType", "ContentLength", "ChecksumSHA256"])
def test_an_upload_url_that_leaves_something_open_is_refused(store: ObjectStore, client: "S3Client", missing: str) -> None:
    target = upload_url(client, "t1/new", b"12345", left_open=missing)
    header = {"ContentType": "Content-Type", "ContentLength": "", "ChecksumSHA256": "x-amz-checksum-sha256"}[missing]
    headers = [(name, value) for name, value in upload_headers(b"12345") if name != header]
    answer, words, _ = send(store, "PUT", target, headers, b"12345")
    assert (answer, b"An upload URL signs length, type and checksum" in words) == (403, True)
    assert everything(client) == UNCHANGED


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param(lambda target: target + "&tagging", 501, id="a sub-resource outside of the signature"),
        pytest.param(lambda target: target + "&acl=", 501, id="a sub-resource"),
        pytest.param(lambda target: target + "&uploads", 501, id="a multipart upload"),
        pytest.param(lambda target: target + "&partNumber=1&uploadId=x", 501, id="a part"),
        pytest.param(lambda target: target.replace("X-Amz-Expires=60", "X-Amz-Expires=600"), 403, id="a longer life"),
        pytest.param(lambda target: target + "&X-Amz-Expires=600", 400, id="a second life"),
        pytest.param(lambda target: target.replace("X-Amz-Expires=60", "X-Amz-Expires=0"), 400, id="no life"),
        pytest.param(lambda target: target.replace("t1/own", "t2/secret"), 403, id="another key"),
        pytest.param(lambda target: target.replace("t1/own", "t1/../t2/secret"), 400, id="a way up"),
        pytest.param(lambda target: target.replace("t1/own", "t1/%2e%2e/t2/secret"), 400, id="an encoded way up"),
        pytest.param(lambda target: target.replace("t1/own", "t1/%252e%252e/t2/secret"), 400, id="a twice encoded way up"),
        pytest.param(lambda target: target.replace("t1/own", "t1%2Fown"), 400, id="an encoded slash"),
        pytest.param(lambda target: target.replace("t1/own", "t1/%256Fwn"), 400, id="a twice encoded letter"),
        pytest.param(lambda target: target.replace("t1/own", "t1//own"), 400, id="an empty segment"),
        pytest.param(lambda target: target.replace("t1/own", "t1/own%3Fx"), 400, id="a question mark in the key"),
        pytest.param(lambda target: target.replace("t1/own", "t1/own%23x"), 400, id="a hash in the key"),
        pytest.param(lambda target: target.replace("t1/own?", "t1/own%3F") + "?", 400, id="the signature in the key"),
        pytest.param(lambda target: target.replace("t1/own", "t1/own%00"), 400, id="a zero byte"),
        pytest.param(lambda target: target.replace("t1/own", "t1/own/"), 400, id="a slash at the end"),
        pytest.param(lambda target: target.replace("t1/own", ".nanio-meta/t2/secret.json"), 400, id="the store's own files"),
        pytest.param(lambda target: target.replace("/bucket/", "/.nanio/"), 400, id="the store's own folder"),
        pytest.param(lambda target: target.replace("/bucket/t1/own", "/bucket"), 501, id="the bucket"),
        pytest.param(lambda target: target.replace("X-Amz-Credential=embedded", "X-Amz-Credential=somebody"), 403, id="another access key"),
        pytest.param(lambda target: target.replace("us-east-1", "eu-west-1"), 403, id="another region"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_presigned_url_opens_nothing_but_its_object(store: ObjectStore, client: "S3Client", change: Any, status: int, method: str) -> None:
    if method == "GET":
        target, headers, body = download_url(client, OWN), [], b""
    else:
        body = b"an overwritten object"
        target, headers = upload_url(client, OWN, body), upload_headers(body)
    changed = change(target)
    assert changed != target
    answer, words, _ = send(store, method, changed, headers, body)
    if changed.partition("?")[0] == "/bucket":
        # A signature for another path, or what the store doesn't do.
        assert answer in {403, 501}
    else:
        assert answer == status, words
    assert CONTENT not in words
    assert everything(client) == UNCHANGED


def test_a_url_can_t_be_freed_of_what_it_signs(store: ObjectStore, client: "S3Client") -> None:
    for name in ("content-length", "content-type", "x-amz-checksum-sha256"):
        target = upload_url(client, OWN, b"12345")
        fewer = target.replace(f"{name}%3B", "").replace(f"%3B{name}", "")
        assert fewer != target
        answer, words, _ = send(store, "PUT", fewer, upload_headers(b"12345"), b"12345")
        assert answer == 403, words
    assert everything(client) == UNCHANGED


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST"])
def test_a_url_for_one_method_is_refused_for_the_others(store: ObjectStore, client: "S3Client", method: str) -> None:
    signed = {"GET": download_url(client, OWN), "PUT": upload_url(client, OWN, b"12345")}
    for allowed, target in signed.items():
        if method != allowed:
            headers = upload_headers(b"12345") if method in {"PUT", "POST"} else []
            answer, words, _ = send(store, method, target, headers, b"12345" if headers else b"")
            assert answer in {403, 501}, words
    assert everything(client) == UNCHANGED


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/", f"/{BUCKET}?list-type=2", f"/{BUCKET}/{FOREIGN}"])
def test_nobody_gets_in_without_a_signature(store: ObjectStore, client: "S3Client", method: str, path: str) -> None:
    headers = upload_headers(b"12345") if method == "PUT" else []
    answer, words, _ = send(store, method, path, headers, b"12345" if headers else b"")
    assert answer in {403, 501}, words
    assert everything(client) == UNCHANGED


def test_a_wrong_secret_is_refused_in_headers_and_in_urls(store: ObjectStore, client: "S3Client") -> None:
    stranger = client_of(store, secret="x" * 43)
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        stranger.get_object(Bucket=BUCKET, Key=OWN)
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        stranger.put_object(Bucket=BUCKET, Key=OWN, Body=b"12345", ContentType="image/png")
    assert send(store, "GET", download_url(stranger, OWN))[0] == 403
    assert send(store, "PUT", upload_url(stranger, OWN, b"12345"), upload_headers(b"12345"), b"12345")[0] == 403
    stranger.close()
    assert everything(client) == UNCHANGED


def test_an_expired_url_is_refused(store: ObjectStore, client: "S3Client") -> None:
    up, down = upload_url(client, OWN, b"12345", seconds=1), download_url(client, OWN, seconds=1)
    time.sleep(2.1)
    assert send(store, "GET", down)[0] == 403
    assert send(store, "PUT", up, upload_headers(b"12345"), b"12345")[0] == 403
    assert everything(client) == UNCHANGED


def test_sub_resources_are_refused_and_harm_nothing(client: "S3Client") -> None:
    one: dict[str, Any] = {"Bucket": BUCKET, "Key": OWN}
    attempts: list[Any] = [
        lambda: client.put_object_tagging(**one, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}),
        lambda: client.delete_object_tagging(**one),
        lambda: client.get_object_tagging(**one),
        lambda: client.put_object_acl(**one, ACL="public-read"),
        lambda: client.get_object_acl(**one),
        lambda: client.put_object_retention(**one, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": "2030-01-01T00:00:00Z"}),
        lambda: client.put_object_legal_hold(**one, LegalHold={"Status": "ON"}),
        lambda: client.restore_object(**one, RestoreRequest={"Days": 1}),
        lambda: client.create_multipart_upload(**one),
        lambda: client.upload_part(**one, UploadId="x", PartNumber=1, Body=b"12345"),
        lambda: client.abort_multipart_upload(**one, UploadId="x"),
        lambda: client.copy_object(Bucket=BUCKET, Key="t1/copy", CopySource={"Bucket": BUCKET, "Key": FOREIGN}),
        lambda: client.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": FOREIGN}]}),
        lambda: client.delete_bucket(Bucket=BUCKET),
        lambda: client.put_bucket_acl(Bucket=BUCKET, ACL="public-read"),
        lambda: client.put_bucket_policy(Bucket=BUCKET, Policy="{}"),
        lambda: client.get_object(**one, VersionId="1"),
        lambda: client.get_object(**one, PartNumber=1),
        lambda: client.list_objects(Bucket=BUCKET),
        lambda: client.list_multipart_uploads(Bucket=BUCKET),
    ]
    for attempt in attempts:
        with pytest.raises(ClientError) as caught:
            attempt()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert everything(client) == UNCHANGED


def test_a_post_policy_form_is_refused(store: ObjectStore, client: "S3Client") -> None:
    post = client.generate_presigned_post(BUCKET, OWN)
    boundary = "b"
    parts = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in post["fields"].items())
    body = f'{parts}--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n12345\r\n--b--\r\n'.encode()
    headers = [("Content-Type", f"multipart/form-data; boundary={boundary}"), ("Content-Length", str(len(body)))]
    assert send(store, "POST", f"/{BUCKET}", headers, body)[0] == 501
    assert everything(client) == UNCHANGED


def test_a_signed_body_that_isn_t_the_one_that_was_signed_is_refused(store: ObjectStore, client: "S3Client") -> None:
    """nanio trusts the SHA-256 that an ordinary signed request names."""
    recorded: list[tuple[str, dict[str, str]]] = []

    def record(request: Any, **_: Any) -> None:
        recorded.append((request.url, {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}))

    client.meta.events.register("before-send.s3.PutObject", record)
    client.put_object(Bucket=BUCKET, Key=OWN, Body=CONTENT, ContentType="image/png")
    url, headers = recorded[0]
    replayed = [(name, value) for name, value in headers.items() if name.lower() not in {"expect", "content-length"}]
    other = CONTENT[::-1]
    answer, words, _ = send(store, "PUT", urlsplit(url).path, [*replayed, ("Content-Length", str(len(other)))], other)
    assert (answer, b"BadDigest" in words) == (400, True)
    assert everything(client) == UNCHANGED


def test_chunked_signatures_are_refused_rather_than_stored(store: ObjectStore, client: "S3Client") -> None:
    """nanio would store the framing of an unsigned trailer as content."""
    framing = Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    plain = boto3.session.Session().client(
        "s3",
        endpoint_url=store.endpoint,
        region_name="us-east-1",
        aws_access_key_id=store.access_key,
        aws_secret_access_key=store.secret_key,
        config=framing,
    )
    with pytest.raises(ClientError, match="NotImplemented"):
        plain.put_object(Bucket=BUCKET, Key="t1/new", Body=b"12345", ContentType="image/png", ChecksumAlgorithm="CRC32")
    plain.close()
    assert everything(client) == UNCHANGED


def test_an_upload_that_breaks_off_leaves_nothing(store: ObjectStore, client: "S3Client") -> None:
    content = b"x" * 100_000
    target = upload_url(client, "t1/new", content)
    head = "".join(f"{name}: {value}\r\n" for name, value in [("Host", f"127.0.0.1:{store.port}"), *upload_headers(content)])
    with socket.create_connection(("127.0.0.1", store.port)) as connection:
        connection.sendall(f"PUT {target} HTTP/1.1\r\n{head}\r\n".encode() + content[:50_000])
        time.sleep(0.3)
        # What is under way isn't listed.
        assert everything(client) == UNCHANGED
    deadline = time.monotonic() + 5
    while leftovers := list((store.data_dir / BUCKET).rglob(".tmp.*")):
        assert time.monotonic() < deadline, leftovers
        time.sleep(0.05)
    assert everything(client) == UNCHANGED


def test_a_listing_has_every_key_once_in_order_whatever_the_size_of_its_pages(client: "S3Client") -> None:
    names = ["t1/a/z", "t1/a.txt", "t1/a-b", "t1/a/b/c", "t1/a0", "t1/B", "t1/b"]
    for name in names:
        client.put_object(Bucket=BUCKET, Key=name, Body=b"1", ContentType="image/png")
    expected = sorted([*names, OWN])
    for size in (1, 2, 3, 100):
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="t1/", PaginationConfig={"PageSize": size})
        assert [entry["Key"] for page in pages for entry in page.get("Contents", [])] == expected
    found = client.list_objects_v2(Bucket=BUCKET, Prefix="t1/a/").get("Contents", [])
    assert [entry["Key"] for entry in found] == ["t1/a/b/c", "t1/a/z"]
    assert "Contents" not in client.list_objects_v2(Bucket=BUCKET, Prefix="t3/")


@pytest.mark.parametrize("prefix", ["../", "t1/../t2/", "/etc/", ".nanio-meta/", "t1//", "t1/%2e%2e/"])
def test_a_listing_can_t_leave_the_bucket(client: "S3Client", prefix: str) -> None:
    with pytest.raises(ClientError, match="InvalidArgument"):
        client.list_objects_v2(Bucket=BUCKET, Prefix=prefix)


def test_only_our_own_pages_may_read_across_origins(store: ObjectStore, client: "S3Client") -> None:
    target = download_url(client, OWN)
    asked = [("Origin", ORIGIN), ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "content-type,x-amz-checksum-sha256")]
    status, _, headers = send(store, "OPTIONS", target, asked)
    assert status == 204
    assert headers["access-control-allow-origin"] == ORIGIN
    assert headers["access-control-allow-headers"] == "content-type, x-amz-checksum-sha256"
    assert headers["access-control-allow-methods"] == "GET, HEAD, PUT"

    status, body, headers = send(store, "GET", target, [("Origin", ORIGIN)])
    assert (status, body, headers["access-control-allow-origin"], headers["vary"]) == (200, CONTENT, ORIGIN, "Origin")

    for origin in ("https://app.example.evil", "null", "https://APP.example", "http://app.example"):
        status, _, headers = send(store, "OPTIONS", target, [("Origin", origin), *asked[1:]])
        assert (status, "access-control-allow-origin" in headers) == (403, False)
        assert "access-control-allow-origin" not in send(store, "GET", target, [("Origin", origin)])[2]
    status, _, headers = send(store, "OPTIONS", target, [*asked[:2], ("Access-Control-Request-Headers", "x-amz-copy-source")])
    assert (status, "access-control-allow-headers" in headers) == (403, False)


def test_what_a_browser_gets_is_no_page(store: ObjectStore, client: "S3Client") -> None:
    client.put_object(Bucket=BUCKET, Key="t1/page", Body=b"<script>alert(1)</script>", ContentType="text/html")
    disposition = 'attachment; filename="x.html"'
    status, _, headers = send(store, "GET", download_url(client, "t1/page", ResponseContentDisposition=disposition))
    assert status == 200
    assert headers["content-disposition"] == disposition
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert "server" not in headers


@pytest.mark.parametrize("value", ["attachment\r\nSet-Cookie: a=b", "attachment\nX: y", "attachment\x00", "附件"])
def test_a_header_can_t_be_smuggled_into_the_answer(store: ObjectStore, client: "S3Client", value: str) -> None:
    status, _, headers = send(store, "GET", download_url(client, OWN, ResponseContentDisposition=value))
    assert status == 400
    assert "set-cookie" not in headers


def test_an_unsigned_disposition_is_refused(store: ObjectStore, client: "S3Client") -> None:
    assert send(store, "GET", download_url(client, OWN) + "&response-content-disposition=" + quote("inline", safe=""))[0] == 403


def test_what_a_killed_store_left_half_written_is_removed_at_the_next_start(tmp_path: Path) -> None:
    kept = [tmp_path / "bucket" / "t1" / "x", tmp_path / "bucket" / ".nanio-meta" / "t1" / "x.json", tmp_path / "bucket" / "t1" / "y.json.tmp"]
    left = [tmp_path / "bucket" / "t1" / ".tmp.0123", tmp_path / "bucket" / ".nanio-meta" / "t1" / "x.json.tmp"]
    for path in (*kept, *left):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    remove_leftovers(tmp_path)
    assert [path.exists() for path in kept] == [True, True, True]
    assert [path.exists() for path in left] == [False, False]


def test_a_killed_store_starts_again_on_its_port_with_its_objects(tmp_path: Path) -> None:
    with ObjectStore(tmp_path / "objects") as store:
        client = client_of(store)
        client.create_bucket(Bucket=BUCKET)
        client.put_object(Bucket=BUCKET, Key=OWN, Body=CONTENT, ContentType="image/png")
        assert store.pid is not None
        os.kill(store.pid, signal.SIGKILL)
        while store.poll() is None:
            time.sleep(0.01)
        store.start()
        assert everything(client) == {OWN: (CONTENT, "image/png")}
        client.close()
