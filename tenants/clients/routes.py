"""OAuth 2.0 for machines: the token endpoint (RFC 6749 §4.4, client credentials) and the metadata that finds it (RFC 8414)."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.exceptions import HTTPException

from infra.errors import InvalidInputError, SuyuanError, TooManyRequestsError, UnavailableError
from infra.http import EXCEPTION_HANDLERS, answer_unexpected, request_id
from infra.settings import Settings
from tenants.clients.errors import KeyInvalidError, ScopeRefusedError
from tenants.http import caller_of, identity_of, public
from tenants.permissions import MACHINES

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - an address
METADATA_PATH: Final = "/.well-known/oauth-authorization-server"
GRANT_TYPE: Final = "client_credentials"
MAX_BODY: Final = 8_192
# RFC 6749 §5.1: neither an answer nor a refusal is kept by anybody.
_NOT_KEPT: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_NAMES: Final = frozenset({"grant_type", "client_id", "client_secret", "scope"})
OAuthRequest = Request[Any, Any, Any]


class OAuthError(SuyuanError):
    """A refusal as RFC 6749 §5.2 words it: `error` is one of its names."""

    code = "OAUTH"
    status = 400

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the client says of itself; `by_header` where it did so by HTTP Basic."""

    client_id: str
    key: str = field(repr=False)
    by_header: bool


@post(
    TOKEN_PATH,
    status_code=200,
    opt=public("the client's key in the request is the proof"),
    request_max_body_size=MAX_BODY,
    tags=["auth"],
)
async def token(request: OAuthRequest) -> Response[bytes]:
    """Exchange a client's key for a token of ten minutes, for all its scopes or for those named in `scope`."""
    given = await _form(request)
    credentials = _credentials(request, given)
    if given.get("grant_type") is None:
        raise OAuthError("invalid_request", f"grant_type is missing: send grant_type={GRANT_TYPE}.")
    if given["grant_type"] != GRANT_TYPE:
        raise OAuthError("unsupported_grant_type", f"The only grant here is {GRANT_TYPE}.")
    made = await identity_of(request).clients.exchange(credentials.client_id, credentials.key, given.get("scope"), caller=caller_of(request))
    answer = {"access_token": made.access_token, "token_type": "Bearer", "expires_in": made.expires_in, "scope": " ".join(made.scopes)}
    return Response(msgspec.json.encode(answer), status_code=200, media_type="application/json", headers=_NOT_KEPT)


def oauth_routes(settings: Settings) -> list[Any]:
    """The routes, to be mounted once."""
    base = settings.public_url.rstrip("/")
    metadata = msgspec.json.encode(
        {
            "issuer": base,
            "token_endpoint": base + TOKEN_PATH,
            "response_types_supported": [],
            "grant_types_supported": [GRANT_TYPE],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "scopes_supported": sorted(MACHINES),
        }
    )

    @get(METADATA_PATH, opt=public("it says where tokens are to be had, the same to everyone"), tags=["auth"])
    async def authorization_server() -> Response[bytes]:
        """RFC 8414 §3."""
        return Response(metadata, media_type="application/json", headers={"Cache-Control": "public, max-age=3600"})

    return [Router("/", route_handlers=[token], exception_handlers=dict.fromkeys(EXCEPTION_HANDLERS, answer_refusal)), authorization_server]


async def _form(request: OAuthRequest) -> dict[str, str]:
    """The parameters of the body, each given once; one without a value is none (RFC 6749 §3.2)."""
    # First, so that one that is too long is told as that, whatever it is.
    body = await request.body()
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "Send the parameters as application/x-www-form-urlencoded.")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=False, errors="strict", max_num_fields=20)
    except ValueError:
        raise OAuthError("invalid_request", "The body can't be read as application/x-www-form-urlencoded in UTF-8.") from None
    names = [name for name, _ in pairs]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise OAuthError("invalid_request", f"{', '.join(repeated)[:100]} is given more than once.")
    return {name: value for name, value in pairs if name in _NAMES and value}


def _credentials(request: OAuthRequest, given: dict[str, str]) -> Credentials:
    """Name and key, by HTTP Basic or in the body, never both (RFC 6749 §2.3.1)."""
    headers = request.headers.getall("authorization", [])
    if not headers:
        return Credentials(given.get("client_id", ""), given.get("client_secret", ""), by_header=False)
    if len(headers) > 1 or "client_secret" in given:
        raise OAuthError("invalid_request", "Say who you are once: by HTTP Basic, or by client_id and client_secret in the body.")
    scheme, _, encoded = headers[0].partition(" ")
    try:
        name, colon, key = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        name, colon, key = "", "", ""
    name, key = unquote_plus(name), unquote_plus(key)
    if scheme.lower() != "basic" or not colon or given.get("client_id", name) != name:
        raise KeyInvalidError
    return Credentials(name, key, by_header=True)


def answer_refusal(request: OAuthRequest, error: Exception) -> Response[bytes]:
    """Any refusal of the token endpoint in the words of RFC 6749 §5.2; one that needs patience says for how long."""
    status, name, description = _told(error)
    headers = dict(_NOT_KEPT)
    if status >= 500 and not isinstance(error, UnavailableError):
        answer_unexpected(request, error)
    if name == "invalid_client" and "authorization" in request.headers:
        headers["WWW-Authenticate"] = 'Basic realm="suyuan", charset="UTF-8"'
    if isinstance(error, SuyuanError) and "retry_after" in error.detail:
        headers["Retry-After"] = str(error.detail["retry_after"])
    body = {"error": name, "error_description": description, "requestId": request_id()}
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/json", headers=headers)


def _told(error: Exception) -> tuple[int, str, str]:
    """Status, error and description; §5.2 allows for the description printable ASCII without quotation marks and backslashes."""
    status, name, description = 500, "server_error", "Something went wrong on our side."
    if isinstance(error, OAuthError):
        status, name, description = error.status, error.error, error.message
    elif isinstance(error, KeyInvalidError):
        status, name, description = 401, "invalid_client", "No such client, or its key does not hold here."
    elif isinstance(error, ScopeRefusedError | InvalidInputError):
        status, name, description = 400, "invalid_scope", "The client lacks a scope that is asked for, or there is no such scope."
    elif isinstance(error, TooManyRequestsError | UnavailableError):
        status, name, description = error.status, "temporarily_unavailable", "Wait a while before trying again."
    elif isinstance(error, HTTPException) and error.status_code < 500:
        status, name, description = error.status_code, "invalid_request", "The request can not be read as a request for a token."
    return status, name, "".join(character for character in description if character.isascii() and character.isprintable() and character not in '"\\')
