"""A queue with everything around it: a database, a Valkey that may be emptied and restarted, worker processes that may be killed."""

import asyncio
import contextlib
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from redis.asyncio import Redis

from infra.database import Database
from infra.embedded.valkey import ValkeyServer
from infra.errors import UnavailableError
from infra.outbox import enqueue
from infra.provision import DatabaseUrls
from infra.queue import LONG, SHORT, Relay

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Queue:
    """The whole thing, as a test handles it."""

    urls: DatabaseUrls
    valkey: ValkeyServer
    database: Database
    relay_database: Database
    superuser: asyncpg.Connection
    workers: list[Process] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    _readers: list[asyncio.Task[None]] = field(default_factory=list)

    _relays: list[Relay] = field(default_factory=list)

    def relay(self, *long_topics: str) -> Relay:
        """A new relay."""
        self._relays.append(Relay(self.relay_database, self.valkey.url, dict.fromkeys(long_topics, LONG)))
        return self._relays[-1]

    async def enqueue(self, tenant_id: int, topic: str, *payloads: dict[str, Any]) -> None:
        """Write outbox rows."""
        async with self.database.tenant(tenant_id) as tx:
            await enqueue(tx, topic, payloads)

    async def enqueue_at_last(self, tenant_id: int, topic: str, payload: dict[str, Any]) -> None:
        """Write a row, again after an outage; what was told to have failed may have been stored, as for any client."""
        while True:
            try:
                return await self.enqueue(tenant_id, topic, payload)
            except UnavailableError:
                await asyncio.sleep(0.01)

    async def rows(self) -> list[dict[str, Any]]:
        """Every outbox row, as the superuser sees it."""
        return [dict(row) for row in await self.superuser.fetch("select * from suyuan.outbox order by outbox_id")]

    async def open_rows(self) -> int:
        """How many rows are still to be done."""
        count: int = await self.superuser.fetchval("select count(*) from suyuan.outbox where done_at is null")
        return count

    async def effects(self) -> dict[str, int]:
        """How often each effect was done."""
        rows = await self.superuser.fetch("select subject, count(*) as times from suyuan.audit_entry where action = 'effect.done' group by 1")
        return {row["subject"]: row["times"] for row in rows}

    async def start_worker(self, job_timeout: int = 20) -> Process:
        """A new worker process, ready to work."""
        arguments = ("-m", "tests.infra.queue_worker", self.valkey.url, self.urls.app, str(job_timeout))
        worker = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, stdout=PIPE)
        self.workers.append(worker)
        assert worker.stdout is not None
        assert (await worker.stdout.readline()).strip() == b"ready"
        self._readers.append(asyncio.create_task(self._read(worker.stdout)))
        return worker

    async def _read(self, output: asyncio.StreamReader) -> None:
        while line := await output.readline():
            self.said.append(line.decode().strip())

    async def kill(self, worker: Process) -> None:
        """SIGKILL, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            worker.send_signal(signal.SIGKILL)
        await worker.wait()
        self.workers.remove(worker)

    async def flush(self) -> None:
        """Lose everything that Valkey holds."""
        async with Redis.from_url(self.valkey.url) as redis:
            await redis.flushall()

    async def queued(self) -> int:
        """How many jobs wait in Valkey."""
        async with Redis.from_url(self.valkey.url) as redis:
            return int(await redis.zcard(SHORT.name))

    async def offered(self, queue_name: str = SHORT.name) -> list[str]:
        """The jobs in Valkey, in the order in which workers take them up."""
        async with Redis.from_url(self.valkey.url) as redis:
            return [job.decode() for job in await redis.zrange(queue_name, 0, -1)]

    async def until_said(self, line: str) -> None:
        """Wait until a worker has said this."""

        async def was_said() -> bool:
            return line in self.said

        await until(was_said)

    async def until_done(self, seconds: float = 60) -> None:
        """Wait until no row is open."""
        await until(self._is_done, seconds=seconds)

    async def _is_done(self) -> bool:
        return await self.open_rows() == 0

    async def close(self) -> None:
        """End everything."""
        for worker in list(self.workers):
            await self.kill(worker)
        for reader in self._readers:
            await reader
        for relay in self._relays:
            await relay.close()
        await self.database.close()
        await self.relay_database.close()
        await self.superuser.close()


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = 60) -> None:
    """Look again and again until it holds."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - another process changes it, and tells nobody
            await asyncio.sleep(0.02)


@asynccontextmanager
async def relaying(queue: Queue, *long_topics: str) -> AsyncIterator[None]:
    """A relay at work."""
    stop = asyncio.Event()
    task = asyncio.create_task(queue.relay(*long_topics).run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


@asynccontextmanager
async def queue_of(urls: DatabaseUrls, valkey: ValkeyServer, admin_dsn: str) -> AsyncIterator[Queue]:
    """An empty queue."""
    superuser = await asyncpg.connect(admin_dsn, database=urls.app.rsplit("/", 1)[1])
    for table in ("outbox", "effect", "audit_entry"):
        await superuser.execute(f"delete from suyuan.{table}")
    queue = Queue(urls, valkey, Database(urls.app, pool_size=8), Database(urls.relay, pool_size=2), superuser)
    await queue.flush()
    try:
        yield queue
    finally:
        await queue.close()
