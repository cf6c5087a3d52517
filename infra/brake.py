"""Whoever is refused again and again, and asks again at once, is told so more slowly: a refusal costs something too."""

import asyncio
import time
from collections import OrderedDict
from typing import Final

# So many in a second are told at once.
AT_ONCE: Final = 10
WAIT_SECONDS: Final = 0.5
REMEMBERED: Final = 10_000


class Brake:
    """For one event loop; by whatever tells one who asks from the others."""

    def __init__(self) -> None:
        # When the second began, and how many refusals it has had.
        self._seen: OrderedDict[bytes, tuple[float, int]] = OrderedDict()

    async def refused(self, who: bytes) -> None:
        """Return when the refusal may be told."""
        moment = time.monotonic()
        begun, count = self._seen.pop(who, (moment, 0))
        if moment - begun >= 1.0:
            begun, count = moment, 0
        self._seen[who] = begun, count + 1
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        if count >= AT_ONCE:
            await asyncio.sleep(WAIT_SECONDS)
