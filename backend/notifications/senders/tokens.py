"""Access tokens of providers, kept in memory until shortly before they expire; one is fetched at a time."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Final

_MOST: Final = 5_000
_EARLIER: Final = 300.0


class Tokens:
    """For one process. A token belongs to the credentials that it was given for: others never get it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[str, float]] = OrderedDict()
        self._locks: dict[Hashable, asyncio.Lock] = {}

    async def get(self, key: Hashable, fetch: Callable[[], Awaitable[tuple[str, float]]]) -> str:
        """The token, fetched where there is none that lasts; `fetch` gives it with its seconds. Whatever it raises is raised."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            kept = self._kept.get(key)
            if kept is None or kept[1] <= time.monotonic():
                token, seconds = await fetch()
                self._kept[key] = kept = (token, time.monotonic() + max(1.0, seconds - min(_EARLIER, seconds / 2)))
                while len(self._kept) > _MOST:
                    former, _ = self._kept.popitem(last=False)
                    self._locks.pop(former, None)
            return kept[0]

    def forget(self, key: Hashable, token: str) -> None:
        """The provider doesn't take it any more."""
        kept = self._kept.get(key)
        if kept is not None and kept[0] == token:
            del self._kept[key]
