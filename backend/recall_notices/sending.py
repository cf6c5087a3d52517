"""Sends the mails that are due, outside of transactions: few at a time of each tenant, so that a server that hangs holds up nobody else.

The outbox tells when to look (`ring`). Should this process die, the outbox has another one look again when the lease has ended: a mail
may come twice then, under the same Message-ID.
"""

import asyncio
from typing import Any, Final
from uuid import UUID

from backend.notifications.outside import Post
from backend.recall_notices import attempts, bells
from infra.bulkhead import Bulkhead
from infra.database import Database, TenantTransaction
from infra.errors import UnavailableError
from infra.logging import get_logger
from infra.outward import Outward
from infra.settings import Settings

AT_ONCE: Final = 32
OF_A_TENANT: Final = 6
MOST_WAITING: Final = 2_000
# Less than the lease: what has waited so long is looked at again by the next bell.
PATIENCE_SECONDS: Final = 50.0
_log = get_logger(__name__)
Key = tuple[int, UUID]


class NoticeMail:
    """For one process and event loop. `ring` is the worker's handler; whoever closes the process calls `close`."""

    def __init__(self, database: Database, settings: Settings, *, outward: Outward | None = None) -> None:
        self._database = database
        self._public_url = settings.public_url
        self._post = Post(settings, outward=outward)
        self._places = Bulkhead(AT_ONCE, each=OF_A_TENANT, waiting=MOST_WAITING, patience=PATIENCE_SECONDS)
        self._tasks: dict[Key, asyncio.Task[None]] = {}

    async def ring(self, tx: TenantTransaction, payload: dict[str, Any]) -> None:
        """A mail is due."""
        delivery_id, due_at = bells.rung(payload)
        if await attempts.wake(tx, delivery_id, due_at):
            self.offer(tx.tenant_id, delivery_id)

    def offer(self, tenant_id: int, delivery_id: UUID) -> None:
        """Send it as soon as it is its turn; what is too much for this process rings again when its lease has ended."""
        key = (tenant_id, delivery_id)
        if key not in self._tasks and len(self._tasks) < MOST_WAITING * 2:
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
            async with self._places.place(key[0]):
                await self._attempt(*key)
        except (UnavailableError, TimeoutError):
            # The outbox has it looked at again.
            _log.info("recall_mail_waits", tenant_id=key[0], delivery_id=str(key[1]))
        except Exception:
            _log.exception("recall_mail_broken_off", tenant_id=key[0], delivery_id=str(key[1]))
        finally:
            del self._tasks[key]

    async def _attempt(self, tenant_id: int, delivery_id: UUID) -> None:
        async with self._database.tenant(tenant_id) as tx:
            taken = await attempts.take(tx, delivery_id, self._post, self._public_url)
        if taken is None:
            return
        outcome = await self._post.send(taken.letter, taken.channel)
        async with self._database.tenant(tenant_id) as tx:
            await attempts.conclude(tx, taken, outcome)
