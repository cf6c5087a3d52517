"""Requests to an object store, to the byte as a stranger or the holder of one presigned URL would send them."""

import base64
import hashlib
import http.client
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from infra.embedded.object_store import ObjectStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "bucket"
ORIGIN = "https://app.example"
OWN, FOREIGN = "t1/own", "t2/secret"
CONTENT = b"what was stored first"
Header = tuple[str, str]


def client_of(store: ObjectStore, *, secret: str | None = None) -> "S3Client":
    return boto3.session.Session().client(
        "s3",
        endpoint_url=store.endpoint,
        region_name="us-east-1",
        aws_access_key_id=store.access_key,
        aws_secret_access_key=secret or store.secret_key,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def everything(client: "S3Client") -> dict[str, tuple[bytes, str]]:
    """Every object with its content and type, to show that a refused request changed nothing."""
    found = {}
    for entry in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        answer = client.get_object(Bucket=BUCKET, Key=entry["Key"])
        found[entry["Key"]] = (answer["Body"].read(), answer["ContentType"])
    return found


UNCHANGED = {OWN: (CONTENT, "image/png"), FOREIGN: (CONTENT, "image/png")}


def send(store: ObjectStore, method: str, target: str, headers: list[Header] = [], body: bytes = b"") -> tuple[int, bytes, dict[str, str]]:  # noqa: B006
    """One request with exactly these bytes in its target and these headers, repeated ones included."""
    connection = http.client.HTTPConnection("127.0.0.1", store.port, timeout=10)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    if not any(name.lower() == "host" for name, _ in headers):
        connection.putheader("Host", f"127.0.0.1:{store.port}")
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders(body or None)
    answer = connection.getresponse()
    result = answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    connection.close()
    return result


def checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def upload_url(client: "S3Client", key: str, content: bytes, *, seconds: int = 60, left_open: str = "") -> str:
    named: dict[str, Any] = {"ContentType": "image/png", "ContentLength": len(content), "ChecksumSHA256": checksum(content)}
    named.pop(left_open, None)
    url = client.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": key, **named}, ExpiresIn=seconds)
    return target_of(url)


def download_url(client: "S3Client", key: str, *, seconds: int = 60, **named: Any) -> str:
    return target_of(client.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": key, **named}, ExpiresIn=seconds))


def target_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def upload_headers(content: bytes, **changed: str) -> list[Header]:
    headers = {"Content-Type": "image/png", "Content-Length": str(len(content)), "x-amz-checksum-sha256": checksum(content)}
    return list({**headers, **{name.replace("_", "-"): value for name, value in changed.items()}}.items())
