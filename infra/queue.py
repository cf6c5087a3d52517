"""Redis as the doorbell: the relay offers open outbox rows, workers take them up. The only module that imports arq."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.worker import Worker, func
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from infra.database import Database, TenantTransaction
from infra.logging import get_logger
from infra.outbox import Postponed, mark_done, mark_failed, postpone, read_open

Handler = Callable[[TenantTransaction, dict[str, Any]], Awaitable[None]]

QUEUE_NAME = "suyuan:outbox"
RELAY_INTERVAL_SECONDS = 0.2
RELAY_BATCH = 500
JOB_TIMEOUT_SECONDS: float = 20
_OPEN_ROWS = "select tenant_id, outbox_id from outbox where done_at is null and due_at <= now() order by outbox_id limit $1"
_log = get_logger(__name__)


def redis_settings(url: str) -> RedisSettings:
    """Settings that outlive a Redis outage of some seconds; without them arq's worker ends at the first lost connection."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_timeout = 5
    settings.retry_on_timeout = True
    settings.retry_on_error = [RedisConnectionError, RedisTimeoutError, OSError]
    settings.retry = Retry(ExponentialBackoff(cap=2, base=0.2), 30)
    return settings


class Relay:
    """Offers every open and due outbox row again and again until a worker has closed it; losing Redis loses nothing."""

    def __init__(self, database: Database, redis_url: str) -> None:
        self._database = database
        self._redis_url = redis_url
        self._redis: ArqRedis | None = None

    async def offer_open_rows(self) -> int:
        """One round; returns how many rows were open. arq drops an offer whose job is already queued or running."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_OPEN_ROWS, RELAY_BATCH)
        if rows:
            if self._redis is None:
                self._redis = await create_pool(redis_settings(self._redis_url))
            for row in rows:
                job_id = f"ob:{row['tenant_id']}:{row['outbox_id']}"
                await self._redis.enqueue_job("perform", row["tenant_id"], row["outbox_id"], _job_id=job_id, _queue_name=QUEUE_NAME)
        return len(rows)

    async def run(self, stop: asyncio.Event) -> None:
        """Offer until `stop` is set; an outage of either side is logged and outlived."""
        while not stop.is_set():
            try:
                await self.offer_open_rows()
            except Exception as problem:
                _log.warning("relay_round_failed", problem=repr(problem))
                await self.close()
            try:
                await asyncio.wait_for(stop.wait(), timeout=RELAY_INTERVAL_SECONDS)
            except TimeoutError:
                continue
        await self.close()

    async def close(self) -> None:
        """Give the connections to Redis back; the next round opens new ones."""
        redis, self._redis = self._redis, None
        if redis is not None:
            with contextlib.suppress(RedisError, OSError):
                await redis.aclose()


async def perform(database: Database, handlers: Mapping[str, Handler], tenant_id: int, outbox_id: int) -> None:
    """Do one row's effect and close the row in one transaction; a failure is counted and the row stays open."""
    topic = "?"
    try:
        # Before arq cuts the job off, which would leave no failure to count and the row to be taken up again at once.
        async with asyncio.timeout(JOB_TIMEOUT_SECONDS * 0.9), database.tenant(tenant_id, timeout_ms=int(JOB_TIMEOUT_SECONDS * 1_000)) as tx:
            row = await read_open(tx, outbox_id)
            if row is None:
                return
            topic = row.topic
            await handlers[row.topic](tx, row.payload)
            await mark_done(tx, outbox_id)
    except Postponed:
        async with database.tenant(tenant_id) as tx:
            await postpone(tx, outbox_id)
    except Exception as problem:
        _log.exception("job_failed", topic=topic, tenant_id=tenant_id, outbox_id=outbox_id)
        async with database.tenant(tenant_id) as tx:
            await mark_failed(tx, outbox_id, f"{type(problem).__name__}: {problem}")


async def drain(database: Database, relay_database: Database, handlers: Mapping[str, Handler]) -> int:
    """Perform every open row here and now, without Redis; returns how many. For set-up commands and tests."""
    done = 0
    while True:
        async with relay_database.connection() as connection:
            rows = await connection.fetch(_OPEN_ROWS, RELAY_BATCH)
        if not rows:
            return done
        for row in rows:
            await perform(database, handlers, row["tenant_id"], row["outbox_id"])
        done += len(rows)


async def run_worker(redis_url: str, database: Database, handlers: Mapping[str, Handler]) -> None:
    """Run an arq worker until it is told to stop; jobs are short, so that one lost to SIGKILL comes back within half a minute."""

    async def perform_job(_context: dict[Any, Any], tenant_id: int, outbox_id: int) -> None:
        await perform(database, handlers, tenant_id, outbox_id)

    worker = Worker(
        functions=[func(cast(Any, perform_job), name="perform", keep_result=0, timeout=JOB_TIMEOUT_SECONDS, max_tries=1)],
        redis_settings=redis_settings(redis_url),
        queue_name=QUEUE_NAME,
        handle_signals=False,
        max_jobs=8,
        poll_delay=0.1,
        health_check_interval=5,
        job_completion_wait=10,
    )
    try:
        await worker.async_run()
    finally:
        await worker.close()
