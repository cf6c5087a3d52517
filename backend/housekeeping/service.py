"""The round that each worker tries to make, and one at a time makes: tenant by tenant, in small transactions."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

import asyncpg

from backend.bulk.staging import remove_old_documents
from backend.documents.storing import remove_expired
from backend.housekeeping import repository
from backend.instruments import watch as instruments
from backend.photos.checking import remove_left_over
from backend.recall_drills import schedule as recall_drills
from backend.services import Services
from infra.logging import get_logger
from tenants.audit.exports import remove_expired_files
from tenants.throttle import ACCOUNT_FAILURES

INTERVAL_SECONDS: Final = 3_600.0
# A worker that was just started has better things to do.
FIRST_AFTER_SECONDS: Final = 120.0
ROWS_AT_ONCE: Final = 500
# What is beyond it waits for the next round: a tenant with a million old rows keeps nobody else waiting.
BATCHES_OF_A_TENANT: Final = 20
FILES_OF_A_TENANT: Final = 200
ATTEMPTS_AT_ONCE: Final = 5_000
STATEMENT_TIMEOUT_MS: Final = 10_000
# Beside `infra.database.GATE_CLASS`; taken for the session, so that it falls with the worker that holds it.
ROUND_LOCK: Final = 0x5361
EXPORT_FILES: Final = "export files"
CAPTURE_FILES: Final = "captured documents"
DOCUMENTS: Final = "documents"
PHOTOS_LEFT: Final = "photos left in quarantine"
_log = get_logger(__name__)


class Housekeeping:
    """Removes expired sessions, saved answers, finished outbox rows with their effects, exports and whatever else says when it may go."""

    def __init__(self, services: Services, *, rows_at_once: int = ROWS_AT_ONCE, batches: int = BATCHES_OF_A_TENANT) -> None:
        self._services = services
        self._rows_at_once = rows_at_once
        self._batches = batches

    async def run(self, stop: asyncio.Event, *, first_after: float = FIRST_AFTER_SECONDS, interval: float = INTERVAL_SECONDS) -> None:
        """A round every hour until `stop` is set; an outage is logged and outlived."""
        wait = first_after
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=wait)
            if stop.is_set():
                return
            wait = interval
            try:
                await self.round()
            except Exception as problem:
                _log.warning("housekeeping_failed", problem=repr(problem))

    async def round(self) -> Mapping[str, int] | None:
        """Remove what may go, of everybody; returns how much of what, or None where another worker is at it."""
        async with self._alone() as alone:
            if not alone:
                return None
            removed: Counter[str] = Counter()
            services = self._services
            for tenant in await repository.tenants(services.database):
                try:
                    removed.update(await self._of_tenant(tenant["tenant_id"], tenant["public_id"]))
                except Exception as problem:
                    # One tenant's trouble is not the others'.
                    _log.warning("housekeeping_of_tenant_failed", tenant_id=tenant["tenant_id"], problem=repr(problem))
            attempts = await repository.purge_attempts(services.auth_database, blocking=ACCOUNT_FAILURES, limit=ATTEMPTS_AT_ONCE)
            removed.update({"sign_in_attempt": attempts})
            done = {name: count for name, count in sorted(removed.items()) if count}
            _log.info("housekeeping_done", **done)
            return done

    async def of_tenant(self, tenant_id: int, public_id: UUID) -> Mapping[str, int]:
        """The same of one tenant, whoever else is at it: removing is the same done twice."""
        return {name: count for name, count in (await self._of_tenant(tenant_id, public_id)).items() if count}

    async def _of_tenant(self, tenant_id: int, public_id: UUID) -> dict[str, int]:
        removed: dict[str, int] = {}
        tables = repository.purged_tables()
        async with self._services.database.tenant(tenant_id, timeout_ms=STATEMENT_TIMEOUT_MS) as tx:
            due = await repository.due(tx, tables)
        for table in (table for table in tables if table.name in due):
            for _ in range(self._batches):
                async with self._services.database.tenant(tenant_id, timeout_ms=STATEMENT_TIMEOUT_MS) as tx:
                    count = await repository.purge(tx, table, self._rows_at_once)
                removed[table.name] = removed.get(table.name, 0) + count
                if count < self._rows_at_once:
                    break
        removed[EXPORT_FILES] = await remove_expired_files(self._services.storage, public_id, at_most=FILES_OF_A_TENANT)
        removed[CAPTURE_FILES] = await remove_old_documents(self._services.storage, public_id, at_most=FILES_OF_A_TENANT)
        database, storage = self._services.database, self._services.storage
        removed[DOCUMENTS] = await remove_expired(database, storage, tenant_id, public_id, at_most=FILES_OF_A_TENANT)
        removed[PHOTOS_LEFT] = await remove_left_over(self._services.storage, public_id, at_most=FILES_OF_A_TENANT)
        async with self._services.database.tenant(tenant_id, timeout_ms=STATEMENT_TIMEOUT_MS) as tx:
            await instruments.raise_due(tx)
            await recall_drills.remind_who_never_drilled(tx)
        return removed

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[bool]:
        """Whether no other worker makes its round; nobody else begins one until this ends."""
        async with self._services.database.connection() as connection:
            alone = bool(await connection.fetchval("select pg_try_advisory_lock($1)", ROUND_LOCK))
            try:
                yield alone
            finally:
                if alone:
                    with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                        await connection.execute("select pg_advisory_unlock($1)", ROUND_LOCK)
