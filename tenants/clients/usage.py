"""When and from where a key was last used: noted once a minute, behind the request's back."""

import asyncio
import time
from typing import Final
from uuid import UUID

from infra.clock import now
from infra.database import Database
from infra.logging import get_logger
from tenants.clients import repository
from tenants.optional_redis import OptionalRedis

EVERY_SECONDS: Final = 60
_MOST_REMEMBERED: Final = 10_000
_log = get_logger(__name__)


class KeyUsage:
    """Writes in tasks of its own; what is lost when the process ends is a minute of news."""

    def __init__(self, app: Database, redis: OptionalRedis) -> None:
        self._app = app
        self._redis = redis
        self._noted: dict[UUID, float] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def note(self, tenant_id: int, secret_id: UUID, address: str) -> None:
        """A key was used just now; returns at once."""
        moment = time.monotonic()
        if moment - self._noted.get(secret_id, -EVERY_SECONDS) < EVERY_SECONDS:
            return
        if len(self._noted) >= _MOST_REMEMBERED:
            self._noted.clear()
        self._noted[secret_id] = moment
        task = asyncio.create_task(self._write(tenant_id, secret_id, address))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def settle(self) -> None:
        """Wait until what was noted is written: before the connections are closed."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def _write(self, tenant_id: int, secret_id: UUID, address: str) -> None:
        try:
            # One of several processes writes; without Redis each does.
            name = f"suyuan:key-used:{secret_id}"
            if await self._redis.attempt(lambda redis: redis.set(name, b"1", ex=EVERY_SECONDS - 1, nx=True, get=True)) is not None:
                return
            async with self._app.tenant(tenant_id) as tx:
                await repository.note_use(tx, secret_id, now(), address)
        except Exception as problem:
            _log.warning("key_use_not_noted", problem=repr(problem))
