"""A wire between the service and a server, which a test can cut, or let go silent, and mend again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Wire:
    """Passes bytes on to a port of this machine."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server: asyncio.Server | None = None
        self._streams: set[asyncio.StreamWriter] = set()
        self._is_cut = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._copies: set[asyncio.Task[None]] = set()
        self.port = 0

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Nobody answers any more: connections end at once, new ones too."""
        self._is_cut = True
        for stream in list(self._streams):
            stream.transport.abort()

    def is_cut(self) -> bool:
        """Whether it is."""
        return self._is_cut

    def mend(self) -> None:
        """New connections are passed on again."""
        self._is_cut = False

    def silence(self) -> None:
        """Whatever is sent is taken, and no answer comes."""
        self._flowing.clear()

    def restore(self) -> None:
        """What was held back goes on."""
        self._flowing.set()

    async def close(self) -> None:
        """End everything."""
        self.restore()
        self.cut()
        if self._server is not None:
            self._server.close()
        for copy in list(self._copies):
            copy.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await copy

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut():
            writer.transport.abort()
            return
        self._streams.add(writer)
        onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._streams.add(onward_writer)
        if self.is_cut():
            self.cut()
        for source, sink in ((reader, onward_writer), (onward_reader, writer)):
            copy = asyncio.create_task(self._copy(source, sink))
            self._copies.add(copy)
            copy.add_done_callback(self._copies.discard)

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                await self._flowing.wait()
                sink.write(data)
                await sink.drain()
        sink.transport.abort()
        self._streams.discard(sink)


@asynccontextmanager
async def wire_to(port: int) -> AsyncIterator[Wire]:
    """An open wire, closed at the end."""
    wire = Wire(port)
    await wire.open()
    try:
        yield wire
    finally:
        await wire.close()
