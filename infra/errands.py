"""Work that a process does outside of transactions after a doorbell: one task a thing, few at once of each tenant, with its end waited for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from infra.bulkhead import Bulkhead
from infra.errors import UnavailableError
from infra.logging import get_logger

AT_ONCE: Final = 40
OF_A_TENANT: Final = 4
PATIENCE_SECONDS: Final = 50.0
_log = get_logger(__name__)
Key = tuple[int, UUID]


class Errands:
    """For one process and event loop. `step` does one piece of a thing's work and says whether there is more to do at once.

    Whoever offers a thing has seen to it that the outbox offers it again, should this process die. `name` is what the log calls it.
    """

    def __init__(self, name: str, step: Callable[[int, UUID], Awaitable[bool]]) -> None:
        self._name = name
        self._step = step
        self._places = Bulkhead(AT_ONCE, each=OF_A_TENANT, waiting=1_000, patience=PATIENCE_SECONDS)
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._again: set[Key] = set()

    def offer(self, tenant_id: int, thing: UUID) -> None:
        """Look at a thing as soon as it is its turn; one that is being looked at, once more afterwards."""
        key = (tenant_id, thing)
        if key in self._tasks:
            self._again.add(key)
            return
        self._tasks[key] = asyncio.create_task(self._look(key))

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def close(self) -> None:
        """Break off what is under way; another process goes on with it when the leases have ended."""
        for task in self._tasks.values():
            task.cancel()
        await self.settle()

    async def _look(self, key: Key) -> None:
        try:
            more = True
            while more:
                self._again.discard(key)
                # For each piece anew, so that a long backlog lets the tenant's others in between.
                async with self._places.place(key[0]):
                    more = await self._step(*key)
                more = more or key in self._again
        except UnavailableError as problem:
            # The outbox has it looked at again.
            _log.info("errand_waits", errand=self._name, tenant_id=key[0], thing=str(key[1]), problem=problem.message)
        except Exception:
            _log.exception("errand_broken_off", errand=self._name, tenant_id=key[0], thing=str(key[1]))
        finally:
            del self._tasks[key]
            self._again.discard(key)
