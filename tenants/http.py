"""The gate at the HTTP edge: every route declares who may pass, and a bearer token becomes a principal."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.routes import ASGIRoute, HTTPRoute, WebSocketRoute

from infra.errors import NotAuthenticatedError, PermissionDeniedError
from infra.http import answer_headers, request_id, when_answered
from tenants.devices.dpop import escaped_path
from tenants.devices.errors import CHALLENGE_HEADER, DeviceRevokedError, ProofInvalidError
from tenants.devices.service import Presented
from tenants.errors import TokenInvalidError
from tenants.limits import edge as limits
from tenants.permissions import Permission
from tenants.principal import ActorKind, Principal
from tenants.round_trip import RoundTrip
from tenants.service import Caller, Identity

PERMISSION: Final = "permission"
SIGNED_IN: Final = "signed_in"
PUBLIC: Final = "public"
UNCOUNTED: Final = "uncounted"
TAKES_LEFTOVERS: Final = "takes_leftovers"
IDENTITY: Final = "identity"
# Longer ones are read and captured in the lane.
SHORT_BODY: Final = 100_000
_TURN: Final = "suyuan_turn"
# RFC 6750 §3: what an answer that refuses a token, or the lack of one, says of it.
BEARER_CHALLENGE: Final = 'Bearer realm="suyuan"'
SIGN_IN_FIRST: Final = "Sign in first: this address needs 'Authorization: Bearer …'."

_TOKEN_CHALLENGE: Final = {CHALLENGE_HEADER: 'DPoP error="invalid_token", algs="ES256"'}

Connection = ASGIConnection[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class RevokedDevice:
    """Stands in the place of the caller for a phone that was revoked, so that nothing takes it for one."""

    device: Principal


def requires(permission: Permission, *, takes_leftovers: bool = False) -> dict[str, Any]:
    """The declaration of a route that needs a permission: `@get("/x", opt=requires(Permission.TRACE_READ))`.

    With `takes_leftovers` a revoked phone passes too: the handler asks `leftovers_of` first, and only sets aside what it is given.
    """
    return {PERMISSION: permission, TAKES_LEFTOVERS: True} if takes_leftovers else {PERMISSION: permission}


def signed_in(reason: str) -> dict[str, Any]:
    """The declaration of a route that is open to whoever has signed in; `reason` says why no permission is needed."""
    return {SIGNED_IN: reason}


def public(reason: str, *, counted: bool = True) -> dict[str, Any]:
    """The declaration of a route that is open to everyone; `reason` says why. With `counted=False` the address isn't charged for it here."""
    return {PUBLIC: reason} if counted else {PUBLIC: reason, UNCOUNTED: True}


async def authorize(connection: Connection, handler: BaseRouteHandler) -> None:
    """The application's one guard. What a handler declares beats what its router does, and the strictest of several counts."""
    permission = handler.opt.get(PERMISSION)
    if permission is None and SIGNED_IN not in handler.opt:
        if PUBLIC in handler.opt or _is_automatic_options(handler):
            if UNCOUNTED not in handler.opt:
                await charge(connection, None)
            return
        raise PermissionDeniedError("This address doesn't say who may use it, so nobody may. Please report it.")
    try:
        principal = await authenticate_and_charge(connection)
    except DeviceRevokedError as refusal:
        if TAKES_LEFTOVERS not in handler.opt:
            raise
        connection.scope["user"] = RevokedDevice(refusal.device)
        return
    if principal is None:
        answer_headers(connection.scope)[CHALLENGE_HEADER] = BEARER_CHALLENGE
        raise NotAuthenticatedError(SIGN_IN_FIRST)
    if permission is not None:
        if principal.kind is ActorKind.CLIENT and permission not in principal.permissions:
            answer_headers(connection.scope)[CHALLENGE_HEADER] = f'{BEARER_CHALLENGE}, error="insufficient_scope", scope="{permission}"'
        principal.require(permission)


async def authenticate(connection: Connection) -> Principal | None:
    """The request's principal, looked up once; None without an Authorization header. A token that doesn't hold is refused."""
    return (await _authenticate(connection))[0]


async def _authenticate(connection: Connection) -> tuple[Principal | None, RoundTrip | None]:
    """The principal, and the message to Redis in which he was looked up just now."""
    known = connection.scope.get("user")
    if isinstance(known, Principal):
        return known, None
    values = connection.headers.getall("authorization", [])
    if not values:
        return None, None
    scheme, _, token = values[0].partition(" ")
    if len(values) != 1 or scheme.lower() not in ("bearer", "dpop") or not token:
        raise TokenInvalidError
    trip = identity_of(connection).round_trip(token, content_bytes=limits.announced_length(connection))
    try:
        if scheme.lower() == "dpop":
            principal = await _authenticate_with_proof(connection, token, trip)
        else:
            principal = await _authenticate_bearer(connection, token, trip)
    except NotAuthenticatedError:
        trip.refused()
        raise
    connection.scope["user"] = principal
    return principal, trip


async def _authenticate_bearer(connection: Connection, token: str, trip: RoundTrip) -> Principal:
    try:
        return await identity_of(connection).authenticate(token, caller=caller_of(connection), trip=trip)
    except NotAuthenticatedError:
        answer_headers(connection.scope)[CHALLENGE_HEADER] = f'{BEARER_CHALLENGE}, error="invalid_token"'
        raise


async def _authenticate_with_proof(connection: Connection, token: str, trip: RoundTrip) -> Principal:
    with proof_refusals_told(connection):
        devices = identity_of(connection).devices
        return await devices.authenticate(token, presented_proof(connection), caller=caller_of(connection), trip=trip)


@contextmanager
def proof_refusals_told(connection: Connection) -> Iterator[None]:
    """A refusal puts into the answer's headers what is asked for, and what the next proof needs (RFC 9449 §7.1 and §8)."""
    try:
        yield
    except NotAuthenticatedError as refusal:
        answer_headers(connection.scope).update(refusal.detail.get("headers", _TOKEN_CHALLENGE))
        raise


def presented_proof(connection: Connection) -> Presented:
    """The one proof in the header DPoP, with the method and path of the request. Raises `ProofInvalidError` for none or several."""
    proofs = connection.headers.getall("dpop", [])
    if len(proofs) != 1:
        raise ProofInvalidError("the request needs exactly one header DPoP")
    return Presented(proofs[0], str(connection.scope.get("method", "")), _path_of(connection))


def proof_of_socket(connection: Connection, proof: str) -> Presented:
    """A proof that came in a WebSocket's first message, for the request that has opened it: a GET (RFC 6455 §4.1)."""
    return Presented(proof, "GET", _path_of(connection))


def _path_of(connection: Connection) -> str:
    raw = connection.scope.get("raw_path")
    return raw.split(b"?")[0].decode("latin-1") if raw else escaped_path(connection.scope["path"])


async def authenticate_and_charge(connection: Connection) -> Principal | None:
    """The same, charged to the caller's limits, or to the address where nobody has signed in or a token doesn't hold. Raises `RateLimitedError`."""
    try:
        principal, trip = await _authenticate(connection)
    except NotAuthenticatedError:
        await charge(connection, None)
        raise
    if principal is not None and trip is not None and trip.levels is not None:
        limits.settle(connection, trip.levels)
        await _take_turn(connection, identity_of(connection), principal.tenant_id)
        return principal
    await charge(connection, principal)
    if principal is not None and trip is not None:
        trip.let_in(principal)
    return principal


async def charge(connection: Connection, principal: Principal | None) -> None:
    """Charge one request and its body. Raises `RateLimitedError`; the answer's header fields tell the limits in any case."""
    identity = identity_of(connection)
    if principal is None:
        await limits.charge_address(connection, identity.limits, client_address(connection, identity.settings.trusted_proxies))
    else:
        await limits.charge_caller(connection, identity.limits, principal)
        await _take_turn(connection, identity, principal.tenant_id)


async def _take_turn(connection: Connection, identity: Identity, tenant_id: int) -> None:
    """Wait for the tenant's turn, which ends with the answer. Long documents have turns of their own, lest they hold up the short ones."""
    scope = connection.scope
    if scope["type"] != ScopeType.HTTP or _TURN in scope:
        return
    turns = identity.turns if limits.announced_length(connection) <= SHORT_BODY else identity.long_turns
    scope[_TURN] = None  # type: ignore[typeddict-unknown-key] # ours, beside the server's own
    begun = await turns.enter(tenant_id)
    scope[_TURN] = partial(turns.leave, tenant_id, begun)  # type: ignore[typeddict-unknown-key]
    when_answered(cast(Any, scope)).append(partial(end_turn, connection))


def end_turn(connection: Connection) -> None:
    """End the tenant's turn before the answer, where the rest of a request is waiting for something else."""
    scope = cast(dict[str, Any], connection.scope)
    leave = scope.get(_TURN)
    scope[_TURN] = None
    if leave is not None:
        leave()


def principal_of(connection: Connection) -> Principal:
    """The principal in a handler behind `requires` or `signed_in`, which the guard has looked up."""
    principal = connection.scope.get("user")
    if not isinstance(principal, Principal):
        raise NotAuthenticatedError(SIGN_IN_FIRST)
    return principal


def leftovers_of(connection: Connection) -> Principal | None:
    """The revoked phone behind a request to a route that takes what such a phone still holds; as a principal that may do nothing."""
    user = connection.scope.get("user")
    return user.device if isinstance(user, RevokedDevice) else None


def identity_of(connection: Connection) -> Identity:
    """The application's identity service, put into its state at start."""
    return cast(Identity, connection.app.state[IDENTITY])


def caller_of(connection: Connection) -> Caller:
    """Address, user agent and request id of a request."""
    return Caller(
        address=client_address(connection, identity_of(connection).settings.trusted_proxies),
        user_agent=connection.headers.get("user-agent", ""),
        request_id=request_id(),
    )


def client_address(connection: Connection, trusted_proxies: int) -> str:
    """The address that the outermost trusted proxy saw. What stands left of it in X-Forwarded-For anyone may have written."""
    peer = connection.client.host if connection.client else ""
    if trusted_proxies == 0:
        return peer
    forwarded = [part.strip() for value in connection.headers.getall("x-forwarded-for", []) for part in value.split(",")]
    # The last proxy is the peer; each proxy appended the address that it saw.
    seen = [*forwarded, peer]
    return seen[max(0, len(seen) - 1 - trusted_proxies)][:64]


def undeclared_routes(app: Litestar) -> list[str]:
    """Routes of an application that declare neither a permission nor why they need none; a test keeps it empty."""
    return sorted(f"{method} {path}" for path, method, handler in _handlers(app) if not _declares(handler))


def declared_routes(app: Litestar) -> list[tuple[str, str, dict[str, Any]]]:
    """Path, method and declaration of every route, for tests that try each of them."""
    return [(path, method, dict(handler.opt)) for path, method, handler in _handlers(app) if _declares(handler)]


def _handlers(app: Litestar) -> Iterator[tuple[str, str, BaseRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if not _is_automatic_options(handler):
                    yield from ((route.path, method, handler) for method in sorted(handler.http_methods))
        elif isinstance(route, ASGIRoute | WebSocketRoute):
            yield route.path, type(route).__name__.removesuffix("Route").upper(), route.route_handler


def _declares(handler: BaseRouteHandler) -> bool:
    return not {PERMISSION, SIGNED_IN, PUBLIC}.isdisjoint(handler.opt)


def _is_automatic_options(handler: BaseRouteHandler) -> bool:
    """Litestar's own answer to OPTIONS, which lists methods and does nothing."""
    return getattr(handler.fn, "__module__", "").startswith("litestar.") and getattr(handler, "http_methods", None) == {"OPTIONS"}
