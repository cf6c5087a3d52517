"""A WebSocket client that speaks to the application in this process, message by message."""

import asyncio
import json
from typing import Any, Self

from litestar import Litestar

PROTOCOL = "graphql-transport-ws"


class Socket:
    """One connection; `closed` is the code with which the server ended it."""

    def __init__(self, app: Litestar, *, protocols: list[str] | None = None, headers: dict[str, str] | None = None) -> None:
        self._app = app
        self._protocols = [PROTOCOL] if protocols is None else protocols
        self._headers = {"host": "suyuan.test", **(headers or {})}
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self.accepted: str | None = None
        self.closed: int | None = None

    async def __aenter__(self) -> Self:
        scope = {
            "type": "websocket", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "scheme": "ws", "path": "/graphql",
            "raw_path": b"/graphql", "query_string": b"", "root_path": "", "client": ("192.0.2.1", 1), "server": ("suyuan.test", 80),
            "headers": [(name.lower().encode(), value.encode()) for name, value in self._headers.items()],
            "subprotocols": self._protocols, "state": {}, "extensions": {},
        }  # fmt: skip
        await self._to_server.put({"type": "websocket.connect"})
        self._task = asyncio.create_task(self._app(scope, self._to_server.get, self._from_server.put))  # type: ignore[arg-type] # ASGI's scope
        opened = await self._message()
        if opened["type"] == "websocket.accept":
            self.accepted = opened.get("subprotocol")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._to_server.put({"type": "websocket.disconnect", "code": 1000})
        if self._task is not None:
            await asyncio.wait_for(asyncio.gather(self._task, return_exceptions=True), timeout=5)

    async def _message(self) -> dict[str, Any]:
        message = await asyncio.wait_for(self._from_server.get(), timeout=8)
        if message["type"] == "websocket.close":
            self.closed = message["code"]
        return message

    async def send(self, message: Any) -> None:
        """Send a message as JSON; text goes as it is."""
        await self._to_server.put({"type": "websocket.receive", "text": message if isinstance(message, str) else json.dumps(message)})

    async def receive(self) -> dict[str, Any]:
        """The next message, or an empty one where the connection was ended."""
        message = await self._message()
        return dict(json.loads(message["text"])) if message["type"] == "websocket.send" else {}

    async def start(self, authorization: str) -> dict[str, Any]:
        """Sign in."""
        await self.send({"type": "connection_init", "payload": {"authorization": authorization}})
        return await self.receive()

    async def subscribe(self, query: str, number: int = 1, **variables: Any) -> None:
        """Start a subscription."""
        await self.send({"type": "subscribe", "id": str(number), "payload": {"query": query, "variables": variables}})
