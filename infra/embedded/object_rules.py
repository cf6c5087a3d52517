"""Which S3 requests the embedded object store answers; everything else is refused before it reaches nanio.

nanio verifies signatures and expiry, and leaves open what these rules close (tried with 0.1.7): it takes a sub-resource for the object
itself (`PUT ?tagging` overwrites it, `DELETE ?tagging` deletes it), obeys `x-amz-*` headers that nobody signed (a copy source added to an
upload URL copies any object), checks a repeated header in its last and uses it in its first form, leaves a query parameter without `=` out
of the signature, decodes paths twice, and stores the framing of a chunked upload as content. Bodies are checked in `object_store_app`.
"""

import base64
import binascii
import re
from collections import Counter
from dataclasses import dataclass
from urllib.parse import unquote

from starlette.types import Scope

SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
KEY = re.compile(rf"{SEGMENT}(?:/{SEGMENT})*")
KEY_PREFIX = re.compile(rf"(?:{SEGMENT}/)*(?:{SEGMENT})?")
_PATH = re.compile(rf"/(?:(?P<bucket>[a-z0-9][a-z0-9.-]{{1,61}}[a-z0-9])(?:/(?P<key>{KEY.pattern})?)?)?")
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::\d+)?|\[[0-9A-Fa-f:]+\](?::\d+)?")
_HEX_SHA256 = re.compile(r"[0-9a-f]{64}")

_UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
_SIGNING = frozenset(f"X-Amz-{name}" for name in ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"))
RESPONSE_OVERRIDES = {
    "response-content-disposition": b"content-disposition",
    "response-content-type": b"content-type",
    "response-cache-control": b"cache-control",
}
_LISTING = frozenset({"list-type", "prefix", "max-keys", "continuation-token", "start-after", "encoding-type", "fetch-owner"})

# (what is addressed, method) -> the query parameters that it may carry besides `x-id` and those of a signature.
_OPERATIONS: dict[tuple[str, str], frozenset[str]] = {
    ("service", "GET"): frozenset(),
    ("bucket", "GET"): _LISTING,
    ("bucket", "HEAD"): frozenset(),
    ("bucket", "PUT"): frozenset(),
    ("object", "GET"): frozenset(RESPONSE_OVERRIDES),
    ("object", "HEAD"): frozenset(),
    ("object", "PUT"): frozenset(),
    ("object", "DELETE"): frozenset(),
}
_AMZ_HEADERS = frozenset({"x-amz-date", "x-amz-content-sha256", "x-amz-checksum-sha256", "x-amz-checksum-mode", "x-amz-sdk-checksum-algorithm"})
# What the store keeps of an upload's headers, or judges it by.
_STORED_HEADERS = frozenset({"content-type", "content-disposition", "content-encoding", "cache-control", "content-language", "expires"})
_SINGLE_HEADERS = _STORED_HEADERS | {"host", "authorization", "content-length", "content-md5", "transfer-encoding", "range", "origin"}
_SIGNED_IN_UPLOAD_URLS = frozenset({"host", "content-length", "content-type", "x-amz-checksum-sha256"})


class Refusal(Exception):  # noqa: N818 - an answer in S3's own terms
    """Why a request isn't answered: S3's error code, the HTTP status, a sentence."""

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the body of an upload must be: its length and every SHA-256 that the request named."""

    size: int
    digests: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class StoreRequest:
    """A request as far as the rules look at it; header names in lower case, the query decoded."""

    method: str
    kind: str
    query: dict[str, str]
    headers: dict[str, str]
    signed: frozenset[str]

    @property
    def is_upload(self) -> bool:
        """Whether its body becomes an object."""
        return self.method == "PUT" and self.kind == "object"


def read_request(scope: Scope) -> StoreRequest:
    """The request, or a Refusal where its path, query or headers can be read in two ways."""
    path = scope["path"]
    match = _PATH.fullmatch(path)
    if match is None or scope["raw_path"] != path.encode("ascii", "replace"):
        raise Refusal("InvalidURI", 400, "Bucket and key consist of letters, digits, '.', '_', '-' and '/', none of them percent-encoded.")
    kind = "object" if match["key"] else "bucket" if match["bucket"] else "service"
    headers = _read_headers(scope["headers"])
    query = _read_query(scope["query_string"].decode("ascii", "replace"))
    return StoreRequest(scope["method"], kind, query, headers, _signed_headers(headers, query))


def _read_headers(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    names = [name.decode("latin-1").lower() for name, _ in pairs]
    for name, count in Counter(names).items():
        if count > 1 and (name in _SINGLE_HEADERS or name.startswith("x-amz-")):
            raise Refusal("InvalidRequest", 400, f"The header {name} is given more than once.")
    headers = {name: value.decode("latin-1") for name, (_, value) in zip(names, pairs, strict=True)}
    if not _HOST.fullmatch(headers.get("host", "")):
        raise Refusal("InvalidRequest", 400, "The Host header is missing or malformed.")
    return headers


def _read_query(text: str) -> dict[str, str]:
    query: dict[str, str] = {}
    for part in text.split("&") if text else ():
        name, equals, value = part.partition("=")
        if not equals:
            raise Refusal("NotImplemented", 501, f"The sub-resource {name!r} isn't implemented.")
        if name in query:
            raise Refusal("InvalidArgument", 400, f"The parameter {name!r} is given more than once.")
        query[name] = unquote(value)
    return query


def _signed_headers(headers: dict[str, str], query: dict[str, str]) -> frozenset[str]:
    """The names that the signature covers. Whether it is right, nanio says."""
    in_query = not _SIGNING.isdisjoint(query)
    if in_query and "authorization" in headers:
        raise Refusal("InvalidArgument", 400, "The request is signed twice: in its URL and in its headers.")
    if in_query:
        listed = query.get("X-Amz-SignedHeaders", "")
    else:
        match = re.search(r"SignedHeaders=([^,\s]+)", headers.get("authorization", ""))
        listed = match[1] if match else ""
    return frozenset(listed.split(";"))


def check_request(request: StoreRequest) -> Expectation | None:
    """Raise a Refusal unless the request is one that the store answers; what an upload's body must be, None for others."""
    allowed = _OPERATIONS.get((request.kind, request.method))
    unknown = request.query.keys() - (allowed or frozenset()) - _SIGNING - {"x-id"}
    if allowed is None or unknown:
        what = f"the sub-resource {min(unknown)!r}" if unknown else f"{request.method} on a {request.kind}"
        raise Refusal("NotImplemented", 501, f"This store doesn't implement {what}.")
    _check_values(request)
    _check_headers(request)
    return _expectation(request) if request.is_upload else None


def _check_values(request: StoreRequest) -> None:
    if request.kind == "bucket" and request.method == "GET" and request.query.get("list-type") != "2":
        raise Refusal("NotImplemented", 501, "This store lists by ListObjectsV2 only.")
    for name in ("prefix", "start-after"):
        if not KEY_PREFIX.fullmatch(request.query.get(name, "")):
            raise Refusal("InvalidArgument", 400, f"{name} isn't the beginning of a key.")
    for name in RESPONSE_OVERRIDES:
        if not all(" " <= character <= "~" for character in request.query.get(name, "")):
            raise Refusal("InvalidArgument", 400, f"{name} isn't a header's value.")


def _check_headers(request: StoreRequest) -> None:
    for name in request.headers:
        is_amz = name.startswith("x-amz-")
        if is_amz and name not in _AMZ_HEADERS and not name.startswith("x-amz-meta-"):
            raise Refusal("NotImplemented", 501, f"This store doesn't implement the header {name}.")
        if request.method == "PUT" and name.startswith("if-"):
            raise Refusal("NotImplemented", 501, "This store doesn't implement conditional writes.")
        matters = is_amz or (request.is_upload and name in _STORED_HEADERS)
        if matters and name not in request.signed:
            raise Refusal("AccessDenied", 403, f"The header {name} is in the request and isn't signed.")


def _expectation(request: StoreRequest) -> Expectation:
    headers = request.headers
    length = headers.get("content-length", "")
    if not re.fullmatch(r"\d{1,13}", length) or "transfer-encoding" in headers:
        raise Refusal("MissingContentLength", 411, "An upload tells its exact length.")
    digests = []
    if "x-amz-checksum-sha256" in headers:
        digests.append(_decode_checksum(headers["x-amz-checksum-sha256"]))
    if "authorization" not in headers:
        if missing := _SIGNED_IN_UPLOAD_URLS - request.signed:
            raise Refusal("AccessDenied", 403, f"An upload URL signs length, type and checksum; this one doesn't sign {min(missing)}.")
        return Expectation(int(length), tuple(digests))
    payload = headers.get("x-amz-content-sha256", "")
    if _HEX_SHA256.fullmatch(payload):
        digests.append(bytes.fromhex(payload))
    elif payload != _UNSIGNED_PAYLOAD or not digests:
        raise Refusal("NotImplemented", 501, "An upload names the SHA-256 of its whole content; chunked signatures aren't implemented.")
    return Expectation(int(length), tuple(digests))


def _decode_checksum(text: str) -> bytes:
    try:
        digest = base64.b64decode(text, validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != 32:
        raise Refusal("InvalidRequest", 400, "x-amz-checksum-sha256 isn't the base64 of a SHA-256.")
    return digest
