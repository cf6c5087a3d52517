"""A receiver of reports: a real HTTP server on this machine, which answers as a test tells it to."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

Answer = int | bytes | None


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def report_id(self) -> str:
        return self.headers["suyuan-report-id"]

    @property
    def results(self) -> dict[str, Any]:
        """The query results of a report in JSON."""
        found: dict[str, Any] = json.loads(self.body)["epcisBody"]["queryResults"]
        return found

    @property
    def events(self) -> list[str]:
        """The ids of its events."""
        return [event["eventID"] for event in self.results["resultsBody"]["eventList"]]


@dataclass
class Receiver:
    """Answers 200 unless `answer` says otherwise: a status, raw bytes, or None for silence."""

    answer: Callable[[Received], Answer] = lambda _: 200
    received: list[Received] = field(default_factory=list)
    port: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, count: int) -> None:
        """Wait until so many requests have come."""
        while len(self.received) < count:
            self._news.clear()
            await self._news.wait()

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{quote(path)}"

    @property
    def events(self) -> list[str]:
        """The ids of all events that were told, in order."""
        return [event for each in self.received for event in each.events]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            request = Received(head[0].split(" ")[1], headers, body)
            self.received.append(request)
            self._news.set()
            answer = self.answer(request)
            if answer is None:
                await asyncio.sleep(30)
            elif isinstance(answer, bytes):
                writer.write(answer)
            else:
                location = b"Location: http://127.0.0.1:1/elsewhere\r\n" if 300 <= answer < 400 else b""
                writer.write(f"HTTP/1.1 {answer} Told\r\nContent-Length: 2\r\n".encode() + location + b"Connection: close\r\n\r\nok")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a port of its own."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
