"""The gate at the HTTP edge: every route declares who may pass, and a bearer token becomes a principal."""

from collections.abc import Iterator
from typing import Any, Final, cast

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.routes import ASGIRoute, HTTPRoute, WebSocketRoute

from infra.errors import NotAuthenticatedError, PermissionDeniedError
from infra.http import request_id
from tenants.errors import TokenInvalidError
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.service import Caller, Identity

PERMISSION: Final = "permission"
SIGNED_IN: Final = "signed_in"
PUBLIC: Final = "public"
IDENTITY: Final = "identity"
SIGN_IN_FIRST: Final = "Sign in first: this address needs 'Authorization: Bearer …'."

Connection = ASGIConnection[Any, Any, Any, Any]


def requires(permission: Permission) -> dict[str, Any]:
    """The declaration of a route that needs a permission: `@get("/x", opt=requires(Permission.TRACE_READ))`."""
    return {PERMISSION: permission}


def signed_in(reason: str) -> dict[str, Any]:
    """The declaration of a route that is open to whoever has signed in; `reason` says why no permission is needed."""
    return {SIGNED_IN: reason}


def public(reason: str) -> dict[str, Any]:
    """The declaration of a route that is open to everyone; `reason` says why."""
    return {PUBLIC: reason}


async def authorize(connection: Connection, handler: BaseRouteHandler) -> None:
    """The application's one guard. What a handler declares beats what its router does, and the strictest of several counts."""
    permission = handler.opt.get(PERMISSION)
    if permission is None and SIGNED_IN not in handler.opt:
        if PUBLIC in handler.opt or _is_automatic_options(handler):
            return
        raise PermissionDeniedError("This address doesn't say who may use it, so nobody may. Please report it.")
    principal = await authenticate(connection)
    if principal is None:
        raise NotAuthenticatedError(SIGN_IN_FIRST)
    if permission is not None:
        principal.require(permission)


async def authenticate(connection: Connection) -> Principal | None:
    """The request's principal, looked up once; None without an Authorization header. A token that doesn't hold is refused."""
    known = connection.scope.get("user")
    if isinstance(known, Principal):
        return known
    values = connection.headers.getall("authorization", [])
    if not values:
        return None
    scheme, _, token = values[0].partition(" ")
    if len(values) != 1 or scheme.lower() != "bearer" or not token:
        raise TokenInvalidError
    principal = await identity_of(connection).authenticate(token, caller=caller_of(connection))
    connection.scope["user"] = principal
    return principal


def principal_of(connection: Connection) -> Principal:
    """The principal in a handler behind `requires` or `signed_in`, which the guard has looked up."""
    principal = connection.scope.get("user")
    if not isinstance(principal, Principal):
        raise NotAuthenticatedError(SIGN_IN_FIRST)
    return principal


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
