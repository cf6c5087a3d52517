"""A lane for long work beside the main event loop: a thread with a loop and a pool of connections of its own.

What computes for long there shares the processor with the main loop in slices of a twentieth of a millisecond, instead of holding it up.
"""

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from infra.database import Database

# The interpreter's own five milliseconds would pass at each of a request's turns in the main loop.
SWITCH_SECONDS: Final = 0.00005

T = TypeVar("T")


class Lane:
    """Started with its first work. `make_database` makes the pool in the lane's loop; closed from the main loop."""

    def __init__(self, make_database: Callable[[], Database]) -> None:
        self._make_database = make_database
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._database: Database | None = None

    async def run(self, work: Callable[[Database], Awaitable[T]]) -> T:
        """What `work` gives with the lane's database. A cancellation passes through; so do the request's id and other context."""

        async def task() -> T:
            if self._database is None:
                self._database = self._make_database()
            return await work(self._database)

        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(task(), self._started()))

    async def compute(self, function: Callable[..., T], *values: Any) -> T:
        """The same for a function that only computes."""

        async def work(_database: Database) -> T:
            return function(*values)

        return await self.run(work)

    async def close(self) -> None:
        """End the lane; what runs in it is cut off."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._end(), loop))
        loop.call_soon_threadsafe(loop.stop)
        await asyncio.to_thread(thread.join)
        loop.close()
        self._loop = self._thread = None

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._database is not None:
            await self._database.close()
            self._database = None

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                sys.setswitchinterval(SWITCH_SECONDS)
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="lane", daemon=True)
                self._thread.start()
            return self._loop
