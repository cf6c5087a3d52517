"""Redis as the doorbell: the relay offers open outbox rows, workers take them up. The only module that imports arq."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.constants import job_key_prefix
from arq.worker import Worker, func
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from infra.database import Database, Record, TenantTransaction
from infra.logging import get_logger
from infra.outbox import Postponed, mark_done, mark_failed, postpone, put_off, read_open

# What a handler leaves to be done after its transaction, outside of any: see `perform`.
Rest = Callable[[], Awaitable[None]]
Handler = Callable[[TenantTransaction, dict[str, Any]], Awaitable[Rest | None]]

RELAY_INTERVAL_SECONDS = 0.2
RELAY_BATCH = 500
# Of one tenant and topic, so many wait in Redis at most; the others stay in the outbox until it is their turn.
OFFERED_OF_A_TOPIC = 25
# Redis serves by a score, the time of the offer. A row is offered as if it had come so much later for each row of its tenant and topic
# before it, hence a tenant with one row stands before the second row of one with a thousand.
TURN_SECONDS = 0.2
# How many are looked at in one go: whatever comes meanwhile waits for them. More than two or three killed workers had in their hands.
JOBS_LOOKED_AT = 50
POLL_SECONDS = 0.02
# The distinct tenants and topics by skipping from one to the next in the index, then the oldest due rows of each: a backlog costs nothing.
_OPEN_ROWS = """
with recursive backlog(tenant_id, topic) as (
  (select tenant_id, topic from outbox where done_at is null order by tenant_id, topic limit 1)
  union all
  select n.tenant_id, n.topic from backlog b cross join lateral
    (select o.tenant_id, o.topic from outbox o where o.done_at is null and (o.tenant_id, o.topic) > (b.tenant_id, b.topic)
     order by o.tenant_id, o.topic limit 1) n
)
select r.tenant_id, r.outbox_id, b.topic, row_number() over (partition by r.tenant_id, b.topic order by r.outbox_id) as turn
from backlog b cross join lateral
  (select o.tenant_id, o.outbox_id from outbox o
   where o.tenant_id = b.tenant_id and o.topic = b.topic and o.done_at is null and o.due_at <= now() order by o.outbox_id limit $2) r
order by turn, outbox_id limit $1
"""
# The same over all shards of a Citus cluster, which takes no recursion across tenants: each shard numbers the open rows of its own.
_OPEN_ROWS_OF_SHARDS = """
select tenant_id, outbox_id, topic, turn from (
  select o.tenant_id, o.outbox_id, o.topic, row_number() over (partition by o.tenant_id, o.topic order by o.outbox_id) as turn
  from outbox o where o.done_at is null and o.due_at <= now()) r
where turn <= $2 order by turn, outbox_id limit $1
"""
_IS_DISTRIBUTED = "select to_regclass('pg_catalog.pg_dist_partition') is not null"
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """One of the queues in which jobs wait. `job_seconds` is the most that one may take, and what one lost to SIGKILL stays away."""

    name: str
    job_seconds: float
    jobs: int


SHORT: Final = Line("suyuan:outbox", 20, 8)
# For topics whose jobs take long, so that exports don't stand in the way of alerts.
LONG: Final = Line("suyuan:outbox:long", 300, 2)
# For what computes without an end, some seconds at a time: captures of long documents.
BULK: Final = Line("suyuan:outbox:bulk", 30, 1)


def redis_settings(url: str) -> RedisSettings:
    """Settings that outlive a Redis outage of some seconds; without them arq's worker ends at the first lost connection."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_timeout = 5
    settings.retry_on_timeout = True
    settings.retry_on_error = [RedisConnectionError, RedisTimeoutError, OSError]
    settings.retry = Retry(ExponentialBackoff(cap=2, base=0.2), 30)
    return settings


class Relay:
    """Offers open and due outbox rows again and again until a worker has closed them; losing Redis loses nothing.

    Tenants take turns: each round offers the oldest rows of every tenant and topic. `lines` says which topics don't go to the short one.
    """

    def __init__(self, database: Database, redis_url: str, lines: Mapping[str, Line] | None = None) -> None:
        self._database = database
        self._redis_url = redis_url
        self._lines = lines or {}
        self._redis: ArqRedis | None = None
        self._statement: str | None = None

    async def offer_open_rows(self) -> int:
        """One round; returns how many rows it looked at. What is queued or running already isn't offered twice."""
        async with self._database.connection() as connection:
            if self._statement is None:
                self._statement = _OPEN_ROWS_OF_SHARDS if await connection.fetchval(_IS_DISTRIBUTED) else _OPEN_ROWS
            rows = await connection.fetch(self._statement, RELAY_BATCH, OFFERED_OF_A_TOPIC)
        if rows:
            if self._redis is None:
                self._redis = await create_pool(redis_settings(self._redis_url))
            offers = [(f"ob:{row['tenant_id']}:{row['outbox_id']}", row) for row in rows]
            async with self._redis.pipeline(transaction=False) as pipe:
                for job_id, _ in offers:
                    pipe.exists(job_key_prefix + job_id)
                queued = await pipe.execute()
            for (job_id, row), is_queued in zip(offers, queued, strict=True):
                if not is_queued:
                    await self._offer(self._redis, job_id, row)
        return len(rows)

    async def _offer(self, redis: ArqRedis, job_id: str, row: Record) -> None:
        # In the past all of it: a later moment would be waited for.
        later = TURN_SECONDS * (row["turn"] - OFFERED_OF_A_TOPIC - 1)
        queue_name = self._lines.get(row["topic"], SHORT).name
        place = timedelta(seconds=later)
        await redis.enqueue_job("perform", row["tenant_id"], row["outbox_id"], _job_id=job_id, _queue_name=queue_name, _defer_by=place)

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


def in_turn(*handlers: Handler) -> Handler:
    """One topic that several have to do with: in this order, in one transaction."""

    async def handle(tx: TenantTransaction, payload: dict[str, Any]) -> None:
        for one in handlers:
            await one(tx, payload)

    return handle


async def perform(database: Database, handlers: Mapping[str, Handler], tenant_id: int, outbox_id: int, *, seconds: float = SHORT.job_seconds) -> None:
    """Do one row's effect and close the row in one transaction; a failure is counted and the row stays open. `seconds`: how long it may take.

    A handler that computes for long gives back what is to be done outside of its transaction: the row is put off for as long as that may
    take, and closed afterwards. Where the worker is killed meanwhile, the row is offered again after that time.
    """
    topic = "?"
    try:
        # Before arq cuts the job off, which would leave no failure to count and the row to be taken up again at once.
        async with asyncio.timeout(seconds * 0.9):
            async with database.tenant(tenant_id, timeout_ms=int(seconds * 1_000)) as tx:
                row = await read_open(tx, outbox_id)
                if row is None:
                    return
                topic = row.topic
                rest = await handlers[row.topic](tx, row.payload)
                await (mark_done(tx, outbox_id) if rest is None else put_off(tx, outbox_id, seconds))
            if rest is not None:
                await _do_rest(database, tenant_id, outbox_id, rest)
    except Postponed as later:
        async with database.tenant(tenant_id) as tx:
            await postpone(tx, outbox_id, later.seconds)
    except Exception as problem:
        _log.exception("job_failed", topic=topic, tenant_id=tenant_id, outbox_id=outbox_id)
        async with database.tenant(tenant_id) as tx:
            await mark_failed(tx, outbox_id, f"{type(problem).__name__}: {problem}")


async def _do_rest(database: Database, tenant_id: int, outbox_id: int, rest: Rest) -> None:
    try:
        await rest()
    except asyncio.CancelledError:
        # The worker ends, or it took too long: whoever is there takes it up at once.
        await asyncio.shield(_offer_again(database, tenant_id, outbox_id))
        raise
    async with database.tenant(tenant_id) as tx:
        await mark_done(tx, outbox_id)


async def _offer_again(database: Database, tenant_id: int, outbox_id: int) -> None:
    async with database.tenant(tenant_id) as tx:
        await put_off(tx, outbox_id, 0)


async def drain(database: Database, relay_database: Database, handlers: Mapping[str, Handler], *, seconds: float = SHORT.job_seconds) -> int:
    """Perform every open row here and now, without Redis; returns how many. For set-up commands and tests."""
    done = 0
    while True:
        async with relay_database.connection() as connection:
            rows = await connection.fetch(_OPEN_ROWS, RELAY_BATCH, RELAY_BATCH)
        if not rows:
            return done
        for row in sorted(rows, key=lambda row: row["outbox_id"]):
            await perform(database, handlers, row["tenant_id"], row["outbox_id"], seconds=seconds)
        done += len(rows)


async def run_worker(redis_url: str, database: Database, handlers: Mapping[str, Handler], line: Line = SHORT) -> None:
    """Run an arq worker on one of the queues until it is told to stop."""

    async def perform_job(_context: dict[Any, Any], tenant_id: int, outbox_id: int) -> None:
        await perform(database, handlers, tenant_id, outbox_id, seconds=line.job_seconds)

    worker = Worker(
        functions=[func(cast(Any, perform_job), name="perform", keep_result=0, timeout=line.job_seconds, max_tries=1)],
        redis_settings=redis_settings(redis_url),
        queue_name=line.name,
        handle_signals=False,
        # Also of what failed, such as the job of a killed worker on its second try: while its result is kept it can't be offered again.
        keep_result=0,
        max_jobs=line.jobs,
        queue_read_limit=JOBS_LOOKED_AT,
        poll_delay=POLL_SECONDS,
        health_check_interval=5,
        job_completion_wait=10,
    )
    try:
        await worker.async_run()
    finally:
        await worker.close()
