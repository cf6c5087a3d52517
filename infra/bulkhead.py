"""Places that tenants share: one tenant never takes all of them, and whoever waits is served in turn."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from infra.errors import UnavailableError

MOST_WAITING: Final = 100
PATIENCE_SECONDS: Final = 5.0
_FULL: Final = "Your company has too many requests under way at once. Send fewer side by side, and try again in a second."


class Bulkhead:
    """`places` in all, of which one tenant has `each` at most; the others of a tenant wait in the order in which they came.

    A place that gets free goes to the next tenant in turn, so that a tenant with one request waits for one of each other tenant at most,
    however many those have. Who already has a place in the same task passes without another one: waiting for himself he would wait for ever.
    For one event loop.
    """

    def __init__(self, places: int, *, each: int, waiting: int = MOST_WAITING, patience: float = PATIENCE_SECONDS) -> None:
        if not 1 <= each <= places:
            raise ValueError(f"of {places} places a tenant can't have {each}")
        self._free = places
        self._each = each
        self._most_waiting = waiting
        self._patience = patience
        self._held: Counter[int] = Counter()
        self._waiting: OrderedDict[int, deque[asyncio.Future[None]]] = OrderedDict()
        self._inside: set[tuple[asyncio.Task[Any] | None, int]] = set()

    @asynccontextmanager
    async def place(self, tenant_id: int) -> AsyncIterator[None]:
        """A place while inside. Raises `UnavailableError` where too many of this tenant wait, or for too long."""
        who = (asyncio.current_task(), tenant_id)
        if who in self._inside:
            yield
            return
        await self._take(tenant_id)
        self._inside.add(who)
        try:
            yield
        finally:
            self._inside.discard(who)
            self._give_back(tenant_id)

    def waiting(self, tenant_id: int) -> int:
        """How many of a tenant wait."""
        return len(self._waiting.get(tenant_id, ()))

    async def _take(self, tenant_id: int) -> None:
        if self._free and self._held[tenant_id] < self._each:
            # Who waits while places are free has all of his own.
            self._occupy(tenant_id)
            return
        queue = self._waiting.setdefault(tenant_id, deque())
        if len(queue) >= self._most_waiting:
            raise UnavailableError(_FULL, retry_after=1)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except BaseException as problem:
            self._withdraw(tenant_id, turn)
            if isinstance(problem, TimeoutError):
                raise UnavailableError(_FULL, retry_after=1) from problem
            raise

    def _withdraw(self, tenant_id: int, turn: asyncio.Future[None]) -> None:
        """Out of the queue; a place that was given at the same moment goes to the next."""
        if turn.done() and not turn.cancelled():
            self._give_back(tenant_id)
            return
        queue = self._waiting[tenant_id]
        queue.remove(turn)
        if not queue:
            del self._waiting[tenant_id]

    def _occupy(self, tenant_id: int) -> None:
        self._free -= 1
        self._held[tenant_id] += 1

    def _give_back(self, tenant_id: int) -> None:
        self._free += 1
        self._held[tenant_id] -= 1
        if not self._held[tenant_id]:
            del self._held[tenant_id]
        self._serve()

    def _serve(self) -> None:
        """Give the free place to the first tenant in turn that may have one more, and put that tenant last."""
        for tenant_id, queue in self._waiting.items():
            if self._held[tenant_id] < self._each:
                self._occupy(tenant_id)
                queue.popleft().set_result(None)
                if queue:
                    self._waiting.move_to_end(tenant_id)
                else:
                    del self._waiting[tenant_id]
                return
