"""What the routes under /epcis share: versions and limits in headers, pages, tokens."""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request

from backend.epcis.versions import V2_0
from backend.events.contexts import SUYUAN_NAMESPACE
from backend.events.errors import QueryParameterError
from backend.events.query_service import Position
from backend.events.timestamps import write_timestamp
from backend.services import Services, services_of
from infra import clock

VERSIONS: Final = {"GS1-EPCIS-Version": V2_0.epcis, "GS1-CBV-Version": V2_0.cbv, "GS1-Extensions": f"suyuan={SUYUAN_NAMESPACE}"}
DEFAULT_PAGE: Final = 30
LARGEST_PAGE: Final = 200
JSON: Final = "application/json"
TOKEN_LIFE: Final = timedelta(hours=24)
_NOT_OURS: Final = "This nextPageToken is not one of ours. Take it from the Link header of the page before."
_PAGING: Final = ("perPage", "nextPageToken")
_MARK: Final = 12


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a page ended: behind a sequence number, behind the values of an order of its own (and up to which number), or behind a text.

    `left` is how many events may still be told. A token holds it with the digest of what was asked and its last second.
    """

    seq: int = 0
    times: tuple[datetime, ...] = ()
    numbers: tuple[float, ...] = ()
    texts: tuple[str, ...] = ()
    last_id: int = 0
    upto: int = 0
    left: int | None = None
    after: str = ""

    @property
    def position(self) -> Position | None:
        """The place in an order of its own."""
        if not self.upto:
            return None
        if self.times:
            return Position((*self.times, self.last_id), self.upto)
        rank, number = self.numbers
        return Position((int(rank), number, *self.texts, self.last_id), self.upto)

    @classmethod
    def at(cls, position: Position, left: int | None) -> "Cursor":
        """For the token of the page that goes on there."""
        *values, last_id = position.values
        return cls(
            times=tuple(value for value in values if isinstance(value, datetime)),
            numbers=tuple(float(value) for value in values if isinstance(value, int | float)),
            texts=tuple(value for value in values if isinstance(value, str)),
            last_id=int(last_id) if isinstance(last_id, int) else 0,
            upto=position.upto,
            left=left,
        )


class _Token(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    asked: bytes
    expires: int
    cursor: Cursor


def common_headers(services: Services) -> dict[str, str]:
    """What every answer says: the versions, and the bounds of a capture."""
    return VERSIONS | {
        "GS1-EPCIS-Capture-Limit": str(services.settings.capture_max_events),
        "GS1-EPCIS-Capture-File-Size-Limit": str(services.settings.capture_max_bytes),
    }


def paging(request: Request[Any, Any, Any]) -> tuple[int, str | None]:
    """How many a page holds, and the token of the page before. Raises `QueryParameterError`."""
    text = request.query_params.get("perPage", str(DEFAULT_PAGE))
    if not text.isascii() or not text.isdigit() or int(text[:9]) < 1:
        raise QueryParameterError(f"perPage is a whole number from 1; it was “{text[:20]}”.", field="perPage")
    return min(int(text[:9]), LARGEST_PAGE), request.query_params.get("nextPageToken")


def read_cursor(request: Request[Any, Any, Any], tenant_id: int) -> Cursor:
    """Where the page before ended, and the beginning without a token. Raises `QueryParameterError` for one that is none of ours, that
    belongs to another query, and that has run out."""
    text = request.query_params.get("nextPageToken")
    if text is None:
        return Cursor()
    try:
        written = base64.urlsafe_b64decode(text.encode())
    except (binascii.Error, ValueError):
        written = b""
    if not hmac.compare_digest(written[:_MARK], _mark(request, tenant_id, written[_MARK:])):
        raise QueryParameterError(_NOT_OURS, field="nextPageToken")
    token = msgspec.msgpack.decode(written[_MARK:], type=_Token)
    if token.asked != _asked(request):
        raise QueryParameterError(
            "This nextPageToken belongs to another query. Follow the Link header as it is, or leave the token out.", field="nextPageToken"
        )
    if token.expires <= clock.now().timestamp():
        raise QueryParameterError("This nextPageToken has run out. Ask from the beginning, without it.", field="nextPageToken")
    return token.cursor


def _mark(request: Request[Any, Any, Any], tenant_id: int, token: bytes) -> bytes:
    """What only we can put before a tenant's token, so that nothing else that is sent as one is looked at."""
    secret = services_of(request).settings.token_signing_key.get_secret_value().encode()
    key = hmac.digest(secret, b"suyuan page tokens", "sha256")
    return hmac.digest(key, f"{tenant_id}:".encode() + token, "sha256")[:_MARK]


def _asked(request: Request[Any, Any, Any]) -> bytes:
    """A digest of the query's address and its parameters: what a token belongs to. How much a page holds may change."""
    parameters = sorted((name, value) for name, value in request.query_params.multi_items() if name not in _PAGING)
    told = [request.url.path, parameters, request.headers.get("GS1-Extensions", "")]
    return hashlib.sha256(msgspec.json.encode(told)).digest()[:12]


def next_page(request: Request[Any, Any, Any], tenant_id: int, cursor: Cursor | None) -> dict[str, str]:
    """The headers that lead to the next page; none at the end."""
    if cursor is None:
        return {}
    expires = (clock.now() + TOKEN_LIFE).replace(microsecond=0)
    token = msgspec.msgpack.encode(_Token(_asked(request), int(expires.timestamp()), cursor))
    written = base64.urlsafe_b64encode(_mark(request, tenant_id, token) + token).decode()
    return next_link(request, written) | {"GS1-Next-Page-Token-Expires": write_timestamp(expires)}


def read_uuid_token(token: str) -> UUID:
    """The same of a list in the order of ids."""
    try:
        return UUID(token)
    except ValueError:
        raise QueryParameterError(_NOT_OURS, field="nextPageToken") from None


def next_link(request: Request[Any, Any, Any], token: str | None) -> dict[str, str]:
    """The header that leads to the next page; none at the end."""
    if token is None:
        return {}
    others = [(name, value) for name, value in request.query_params.multi_items() if name != "nextPageToken"]
    return {"Link": f'<{written_path(request)}?{urlencode([*others, ("nextPageToken", token)])}>; rel="next"'}


def written_path(request: Request[Any, Any, Any]) -> str:
    """The path as the client wrote it, with its escapes."""
    raw = request.scope.get("raw_path")
    return raw.partition(b"?")[0].decode("ascii", errors="replace") if raw else request.url.path
