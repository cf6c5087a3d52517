"""The HTTP edge that every route shares: request ids, access log, security headers, problem answers, health."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import asyncpg
import msgspec
import structlog
from litestar import Litestar, Request, Response, get
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ASGIApp, Message, Receive, ReceiveMessage, Scope, Send

from infra.brake import Brake
from infra.errors import SuyuanError
from infra.ids import uuid7
from infra.logging import get_logger

REQUEST_ID_HEADER: Final = "X-Request-Id"
CHECK_SECONDS: Final = 2.0
TOO_MANY: Final = 429
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# A name or address, and a port below 65536; whatever reads the request's URL relies on it.
_HOST: Final = re.compile(
    r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
)
_ANSWER_HEADERS: Final = "suyuan_answer_headers"
_ENDS: Final = "suyuan_ends"
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")
_NO_HOST: Final = "The Host header is no host name with an optional port. Send the name under which you reach the service."
_NUL: Final = "The request holds the character U+0000, which no stored text has. Leave it out."
_log = get_logger("http")


class BodyCutOffError(SuyuanError):
    """The connection ended, or its chunks were no chunks, before the body was whole; mostly nobody is there any more to be told."""

    code = "BODY_CUT_OFF"
    status = 400

    def __init__(self) -> None:
        super().__init__("The body ended before its end. Send it again.", field="$")


def request_id() -> str:
    """The id of the request that is being answered; empty outside of one."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def answer_headers(scope: Scope) -> dict[str, str]:
    """Headers that the answer to this request gets, whoever gives it; may be added to until it starts."""
    headers: dict[str, str] = scope.setdefault(_ANSWER_HEADERS, {})  # type: ignore[typeddict-item] # ours, beside the server's own
    return headers


def when_answered(scope: Scope) -> list[Callable[[], None]]:
    """What is done when the answer has gone out or the request has broken off; may be added to until then."""
    ends: list[Callable[[], None]] = scope.setdefault(_ENDS, [])  # type: ignore[typeddict-item] # ours, beside the server's own
    return ends


def request_id_middleware(app: ASGIApp) -> ASGIApp:
    """Give each request an id (the caller's, if it is well-formed), put it into logs and the answer, and log one line."""

    brake = Brake()

    async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.WEBSOCKET and not _is_host_readable(scope):
            await send({"type": "websocket.close", "code": 4400, "reason": "Host"})
            return
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
        identifier = given if _REQUEST_ID.fullmatch(given) else str(uuid7())
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=identifier)
        started = time.perf_counter()
        status = 500
        body = _Body(receive)

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if status == TOO_MANY:
                    await brake.refused(_who(scope))
                headers = MutableScopeHeaders.from_message(message)
                headers[REQUEST_ID_HEADER] = identifier
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.update(answer_headers(scope))
                if body.is_left_unread(scope):
                    headers["Connection"] = "close"
            await send(message)

        try:
            if not _is_host_readable(scope):
                await _send(send_with_headers, problem(400, "INVALID_INPUT", _NO_HOST, field="Host"))
            elif not _is_length_readable(scope):
                await _send(send_with_headers, problem(400, "INVALID_INPUT", "Content-Length is one whole number.", field="Content-Length"))
            else:
                await app(scope, body.receive, send_with_headers)
        finally:
            for end in when_answered(scope):
                end()
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            _log.info("request", method=scope.get("method"), path=scope["path"][:200], status=status, ms=milliseconds)

    return middleware


def _who(scope: Scope) -> bytes:
    """By what one who is refused is told from the others: the token, or else the address."""
    given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    client = scope.get("client")
    return given[-64:] or (str(client[0]).encode() if client else b"")


class _Body:
    """A request's body on its way in. One that ends before its end is the sender's fault: the framework takes it for one of ours."""

    __slots__ = ("_complete", "_receive")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._complete = False

    async def receive(self) -> ReceiveMessage:
        """The next message."""
        message = await self._receive()
        if message["type"] == "http.disconnect" and not self._complete:
            raise BodyCutOffError
        self._complete = self._complete or (message["type"] == "http.request" and not message.get("more_body", False))
        return message

    def is_left_unread(self, scope: Scope) -> bool:
        """Whether the answer comes before the body is whole: the server ends such a connection, and the caller must not use it again."""
        has_body = any(name in (b"content-length", b"transfer-encoding") and value != b"0" for name, value in scope["headers"])
        return has_body and not self._complete and scope["http_version"].startswith("1")


def with_edge(app: Litestar) -> Litestar:
    """Put the edge around a whole application: as one of its middlewares it would stand behind the router, and never see a 404 or 405."""
    app.asgi_handler = request_id_middleware(app.asgi_handler)
    return app


def _is_host_readable(scope: Scope) -> bool:
    """Whether there is one Host, or for an old client none; the second one of two would be read by somebody else than the first."""
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    return not given or (len(given) == 1 and _HOST.fullmatch(given[0]) is not None)


def _is_length_readable(scope: Scope) -> bool:
    given = {value for name, value in scope["headers"] if name == b"content-length"}
    return not given or (len(given) == 1 and _LENGTH.fullmatch(given.pop()) is not None)


async def _send(send: Send, answer: Response[bytes]) -> None:
    """An answer that is given before the framework has seen the request."""
    headers = [(b"content-type", str(answer.media_type).encode()), (b"content-length", str(len(answer.content)).encode())]
    await send({"type": "http.response.start", "status": answer.status_code or 500, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content, "more_body": False})


def problem(status: int, code: str, message: str, **extra: Any) -> Response[bytes]:
    """An `application/problem+json` answer (RFC 9457) that carries the request id."""
    body = {"type": "about:blank", "title": code, "status": status, "detail": message, "code": code, "requestId": request_id(), **extra}
    headers = {"Retry-After": str(extra["retryAfter"])} if "retryAfter" in extra else None
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/problem+json", headers=headers)


def answer_refusal(_request: Request[Any, Any, Any], error: SuyuanError) -> Response[bytes]:
    """An expected refusal, told in full."""
    extra: dict[str, Any] = {"field": error.field} if error.field else {}
    if "retry_after" in error.detail:
        extra["retryAfter"] = error.detail["retry_after"]
    # Where the problem has a registered type of its own, with its members (RFC 9457 §3.1.1, §3.2).
    extra |= error.detail.get("problem", {})
    if error.status >= 500:
        _log.warning("unavailable", code=error.code, problem=repr(error.__cause__))
    return problem(error.status, error.code, error.message if error.code != "INTERNAL" else "Something went wrong on our side.", **extra)


def answer_http_error(_request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """The framework's own refusals: unknown route, wrong method, unreadable or oversized body."""
    extra: dict[str, Any] = {}
    message = error.detail
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        faults = [item for item in error.extra if isinstance(item, dict)]
        extra["errors"] = [{"field": str(item.get("key", "")), "message": str(item.get("message", ""))} for item in faults]
        message = "; ".join(f"{item['field']}: {item['message']}" for item in extra["errors"]) or message
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "TOO_LARGE"}.get(error.status_code, "INVALID_INPUT")
    if error.status_code >= 500:
        return answer_unexpected(_request, error)
    return problem(error.status_code, code, message, **extra)


def answer_unexpected(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Anything else: logged whole, told as nothing but its request id. A statement cut off by its timeout asks to try again."""
    if isinstance(error, asyncpg.QueryCanceledError | asyncpg.LockNotAvailableError | TimeoutError):
        _log.warning("timed_out", problem=repr(error))
        return problem(503, "UNAVAILABLE", "This took too long just now. Try again in a moment, or ask for less.", retryAfter=1)
    if isinstance(error, RecursionError) and "deserializing" in str(error):
        return problem(400, "INVALID_INPUT", "The body is nested too deeply to be read. Send it flatter.")
    if isinstance(error, UnicodeDecodeError) and _is_of_the_body(error):
        return problem(400, "INVALID_INPUT", "The body is not UTF-8. Send JSON in UTF-8.")
    if isinstance(error, asyncpg.CharacterNotInRepertoireError):
        return problem(400, "INVALID_INPUT", _NUL)
    _log.error("unexpected", exc_info=error)
    return problem(500, "INTERNAL", "Something went wrong on our side. Report the request id, and we can find it in the log.")


def _is_of_the_body(error: UnicodeDecodeError) -> bool:
    """Whether it was raised while the framework read the body, which it doesn't tell apart from a defect of ours."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return place is not None and str(place.tb_frame.f_globals.get("__name__")).startswith("litestar.serialization")


EXCEPTION_HANDLERS: Final[dict[Any, Any]] = {
    SuyuanError: answer_refusal,
    HTTPException: answer_http_error,
    Exception: answer_unexpected,
}

Check = Callable[[], Awaitable[None]]


async def _answers(name: str, check: Check) -> bool:
    """Whether a part answers in time: one that hangs is as good as away, and whoever asks doesn't wait for ever."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except Exception as trouble:
        _log.warning("not_ready", part=name, problem=repr(trouble))
        return False
    return True


def health_routes(checks: dict[str, Check], opt: dict[str, Any], *, spared: frozenset[str] = frozenset()) -> list[Any]:
    """`/health/live` (the process answers) and `/health/ready` (each part that it needs answers).

    Without a part in `spared` the process goes on, slower or with less: it is ready then, and says that it is degraded.
    """

    @get("/health/live", opt=opt, include_in_schema=False)
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @get("/health/ready", opt=opt, include_in_schema=False)
    async def ready() -> Response[dict[str, Any]]:
        answers = await asyncio.gather(*(_answers(name, check) for name, check in checks.items()))
        away = {name for name, answered in zip(checks, answers, strict=True) if not answered}
        status = "unavailable" if away - spared else "degraded" if away else "ok"
        parts = {name: "unavailable" if name in away else "ok" for name in checks}
        return Response({"status": status, "parts": parts}, status_code=503 if status == "unavailable" else 200)

    return [live, ready]
