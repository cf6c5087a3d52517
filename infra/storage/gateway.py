"""The embedded object store on the service's own port: presigned requests are passed on as they came, so that one port serves everything.

For a machine of one's own only; elsewhere browsers and phones reach the store at its own public address.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final, cast

import httpx
from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

_HOP_BY_HOP: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
_TIMEOUT: Final = httpx.Timeout(60.0, connect=3.0)


def gateway(bucket: str, endpoint: str, opt: dict[str, Any]) -> ASGIRouteHandler:
    """A mount at `/{bucket}` that forwards method, path, query, host and headers unchanged: they are what the signature covers."""

    @asgi(f"/{bucket}", is_mount=True, copy_scope=True, opt=opt)
    async def forward(scope: Scope, receive: Receive, send: Send) -> None:
        # A client for each request: on one machine a connection costs little, and nothing has to be closed at the end.
        async with httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False, trust_env=False) as client:
            request = _request(client, endpoint, cast(dict[str, Any], scope), receive)
            try:
                answer = await client.send(request, stream=True)
            except httpx.TransportError:
                await send({"type": "http.response.start", "status": 503, "headers": [(b"retry-after", b"1")]})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            kept = [(name.lower(), value) for name, value in answer.headers.raw if name.lower() not in _HOP_BY_HOP]
            await send({"type": "http.response.start", "status": answer.status_code, "headers": kept})
            async for part in answer.aiter_raw():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            await answer.aclose()

    return forward


def _request(client: httpx.AsyncClient, endpoint: str, scope: dict[str, Any], receive: Receive) -> httpx.Request:
    path: bytes = scope["raw_path"] or scope["path"].encode()
    query: bytes = scope["query_string"]
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in _HOP_BY_HOP]
    url = httpx.URL(endpoint).copy_with(raw_path=path + (b"?" + query if query else b""))
    return client.build_request(scope["method"], url, headers=headers, content=_body(receive))


async def _body(receive: Callable[[], Any]) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return
        yield message.get("body", b"")
        more = message.get("more_body", False)
