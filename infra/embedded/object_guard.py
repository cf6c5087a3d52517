"""The gate before nanio: refuses what `object_rules` refuse, answers cross-origin questions, hardens what browsers get."""

from collections.abc import Collection
from contextvars import ContextVar
from xml.sax.saxutils import escape

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.embedded.object_rules import RESPONSE_OVERRIDES, Expectation, Refusal, StoreRequest, check_request, read_request

READY_PATH = "/-/ready"
EXPECTED_UPLOAD: ContextVar[Expectation | None] = ContextVar("expected_upload", default=None)

_Headers = list[tuple[bytes, bytes]]
_CORS_METHODS = b"GET, HEAD, PUT"
_CORS_REQUEST_HEADERS = frozenset({"content-type", "x-amz-checksum-sha256", "range"})
_CORS_EXPOSED = b"ETag, Content-Length, Content-Range, x-amz-checksum-sha256"
# Nothing that is served from here is a page: it gets no script, no frame and no guess at its type.
_HARDENING: _Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"referrer-policy", b"no-referrer"),
]


class ObjectGuard:
    """An ASGI application around nanio's. `origins` are the web origins (`https://host:port`) whose pages may up- and download."""

    def __init__(self, app: ASGIApp, *, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["path"] == READY_PATH:
            await _answer(send, 200, b"ready\n", [(b"content-type", b"text/plain")])
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        extra = self._cross_origin(scope)
        if scope["method"] == "OPTIONS":
            await _preflight(scope, send, extra)
            return
        try:
            request = read_request(scope)
            expectation = check_request(request)
        except Refusal as refusal:
            await _refuse(send, refusal, extra)
            return
        EXPECTED_UPLOAD.set(expectation)
        body = _Body(receive, request)
        await self._app(scope, body.receive, _hardened(send, extra, _overrides(request), body))

    def _cross_origin(self, scope: Scope) -> _Headers:
        """The headers that let a page of ours read the answer; for any other origin only the note that answers differ by origin."""
        origin = next((value for name, value in scope["headers"] if name == b"origin"), b"")
        if origin.decode("latin-1") not in self._origins:
            return [(b"vary", b"Origin")]
        return [
            (b"vary", b"Origin"),
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", _CORS_EXPOSED),
        ]


class _Body:
    """Knows whether the request's body has been read to its end."""

    def __init__(self, receive: Receive, request: StoreRequest) -> None:
        self._receive = receive
        self.unread = request.headers.get("content-length", "0") != "0"

    async def receive(self) -> Message:
        """The next part of it."""
        message = await self._receive()
        if not message.get("more_body", False):
            self.unread = False
        return message


def _overrides(request: StoreRequest) -> dict[bytes, bytes]:
    """The response headers that a signed download asks for; nanio ignores them."""
    if request.method != "GET":
        return {}
    return {header: request.query[name].encode("ascii") for name, header in RESPONSE_OVERRIDES.items() if name in request.query}


def _hardened(send: Send, extra: _Headers, overrides: dict[bytes, bytes], body: _Body) -> Send:
    async def send_hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers: _Headers = list(message.get("headers", ()))
            if message["status"] in (200, 206):
                headers = [(name, value) for name, value in headers if name.lower() not in overrides]
                headers += overrides.items()
            # A client that was answered before it sent its body may never send it, and its next request would be taken for the body.
            closing = [(b"connection", b"close")] if body.unread else []
            message = {**message, "headers": [*headers, *_HARDENING, *extra, *closing]}
        await send(message)

    return send_hardened


async def _preflight(scope: Scope, send: Send, extra: _Headers) -> None:
    wanted = next((value for name, value in scope["headers"] if name == b"access-control-request-headers"), b"")
    names = {name.strip().lower() for name in wanted.decode("latin-1").split(",")} - {""}
    if len(extra) == 1 or not names <= _CORS_REQUEST_HEADERS:
        await _refuse(send, Refusal("AccessForbidden", 403, "This origin, or one of these headers, isn't allowed."), extra[:1])
        return
    allowed: _Headers = [(b"access-control-allow-methods", _CORS_METHODS), (b"access-control-max-age", b"600")]
    if names:
        allowed.append((b"access-control-allow-headers", ", ".join(sorted(names)).encode("ascii")))
    await _answer(send, 204, b"", [*extra, *allowed])


async def _refuse(send: Send, refusal: Refusal, extra: _Headers) -> None:
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{escape(refusal.code)}</Code><Message>{escape(refusal.message)}</Message></Error>'
    ).encode()
    # As above: the body of what is refused here is never read.
    await _answer(send, refusal.status, body, [(b"content-type", b"application/xml"), (b"connection", b"close"), *extra])


async def _answer(send: Send, status: int, body: bytes, headers: _Headers) -> None:
    complete = [(b"content-length", str(len(body)).encode()), *headers, *_HARDENING]
    await send({"type": "http.response.start", "status": status, "headers": complete})
    await send({"type": "http.response.body", "body": body})
