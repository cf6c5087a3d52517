"""The outbox against real servers: nothing that was committed is lost, and no effect is done twice, whatever is killed or emptied."""

import asyncio
import json
from typing import Any

import asyncpg
import pytest

from infra.database import TenantTransaction
from infra.outbox import first_time, mark_done, mark_failed, read_open
from infra.queue import OFFERED_OF_A_TOPIC, drain, perform
from tests.infra.queue_worker import handlers
from tests.infra.queues import Queue, relaying, until

FIRST, SECOND = 501, 502


async def perform_all(queue: Queue, *tenants: int) -> None:
    for row in await queue.rows():
        if row["done_at"] is None and row["tenant_id"] in tenants:
            await perform(queue.database, handlers(), row["tenant_id"], row["outbox_id"])


async def test_rows_are_written_with_the_transaction_or_not_at_all(queue: Queue) -> None:
    with pytest.raises(ZeroDivisionError):
        async with queue.database.tenant(FIRST) as tx:
            await tx.execute("insert into outbox (tenant_id, topic, payload) values ($1, 'effect', '{}')")
            raise ZeroDivisionError
    assert await queue.rows() == []
    await queue.enqueue(FIRST, "effect")
    assert await queue.rows() == []


async def test_every_open_row_is_performed_once_and_closed(queue: Queue) -> None:
    await queue.enqueue(FIRST, "effect", {"key": "a", "text": "面粉 \u0001 \U0001f95f"}, {"key": "b"})
    await queue.enqueue(SECOND, "effect", {"key": "c"})
    assert await drain(queue.database, queue.relay_database, handlers()) == 3
    assert await queue.effects() == {"a": 1, "b": 1, "c": 1}
    assert [(row["attempts"], row["failure"], row["done_at"] is None) for row in await queue.rows()] == [(0, None, False)] * 3
    assert await drain(queue.database, queue.relay_database, handlers()) == 0


async def test_an_effect_is_done_once_under_its_key_for_each_tenant(queue: Queue) -> None:
    for tenant in (FIRST, SECOND):
        await queue.enqueue(tenant, "effect", {"key": "same"}, {"key": "same"})
    await drain(queue.database, queue.relay_database, handlers())
    assert await queue.effects() == {"same": 2}


async def test_a_claim_waits_for_another_ones_and_goes_on_if_that_was_undone(queue: Queue) -> None:
    async def claim() -> bool:
        async with queue.database.tenant(FIRST) as tx:
            return await first_time(tx, "key")

    with pytest.raises(ZeroDivisionError):
        async with queue.database.tenant(FIRST) as tx:
            assert await first_time(tx, "key")
            waiting = asyncio.create_task(claim())
            await until_blocked(queue)
            raise ZeroDivisionError
    assert await waiting is True
    async with queue.database.tenant(FIRST) as tx:
        assert await first_time(tx, "key") is False


async def until_blocked(queue: Queue) -> None:
    query = "select count(*) > 0 from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0 and datname = current_database()"
    await until(lambda: queue.superuser.fetchval(query))


async def test_a_row_in_another_workers_hands_is_left_to_it(queue: Queue) -> None:
    await queue.enqueue(FIRST, "effect", {"key": "a"})
    [row] = await queue.rows()
    async with queue.database.tenant(FIRST) as tx:
        assert await read_open(tx, row["outbox_id"]) is not None
        # Neither waits for it nor does it.
        await perform(queue.database, handlers(), FIRST, row["outbox_id"])
        assert await queue.effects() == {}
        async with queue.database.tenant(SECOND) as stranger:
            assert await read_open(stranger, row["outbox_id"]) is None
            await mark_done(stranger, row["outbox_id"])
            await mark_failed(stranger, row["outbox_id"], "not mine")
        await mark_done(tx, row["outbox_id"])
        assert await read_open(tx, row["outbox_id"]) is None
    [closed] = await queue.rows()
    assert (closed["done_at"] is not None, closed["attempts"], closed["failure"]) == (True, 0, None)
    await perform(queue.database, handlers(), FIRST, row["outbox_id"])
    assert await queue.effects() == {}


@pytest.mark.parametrize(
    ("topic", "problem", "reason"),
    [
        ("failing", "no such printer", "RuntimeError: no such printer"),
        ("failing", "x" * 1_000, "RuntimeError: " + "x" * 486),
        ("failing", "NUL \x00 in it", "RuntimeError: NUL \\x00 in it"),
        ("unheard of", "", "KeyError: 'unheard of'"),
    ],
)
async def test_a_failure_undoes_the_effect_is_told_and_put_off(queue: Queue, topic: str, problem: str, reason: str) -> None:
    await queue.superuser.execute(
        "insert into suyuan.outbox (tenant_id, topic, payload) values ($1, $2, $3)", FIRST, topic, json.dumps({"key": "failed", "problem": problem})
    )
    await queue.enqueue(FIRST, "effect", {"key": "neighbour"})
    for attempt in range(4):
        before = await queue.superuser.fetchval("select clock_timestamp()")
        assert await drain(queue.database, queue.relay_database, handlers()) == (2 if attempt == 0 else 1)
        after = await queue.superuser.fetchval("select clock_timestamp()")
        row = (await queue.rows())[0]
        assert (row["attempts"], row["failure"], row["done_at"]) == (attempt + 1, reason, None)
        waits = row["due_at"].timestamp() - 2**attempt
        assert before.timestamp() <= waits <= after.timestamp()
        await queue.superuser.execute("update suyuan.outbox set due_at = now()")
    assert await queue.effects() == {"neighbour": 1}


async def test_a_failure_whose_text_can_not_be_stored_is_counted_all_the_same(queue: Queue) -> None:
    async def half_a_pair(_tx: TenantTransaction, _payload: dict[str, Any]) -> None:
        raise RuntimeError("half a pair \ud83e")

    await queue.enqueue(FIRST, "effect", {"key": "x"})
    await drain(queue.database, queue.relay_database, {"effect": half_a_pair})
    assert [(row["attempts"], row["failure"]) for row in await queue.rows()] == [(1, "RuntimeError: half a pair \\ud83e")]


async def test_a_handler_that_never_ends_is_cut_off_and_put_off(queue: Queue) -> None:
    await queue.enqueue(FIRST, "effect", {"key": "endless", "seconds": 60}, {"key": "neighbour"})
    await drain(queue.database, queue.relay_database, handlers(), seconds=0.3)
    assert [(row["attempts"], row["failure"]) for row in await queue.rows()] == [(1, "TimeoutError: "), (0, None)]
    assert await queue.effects() == {"neighbour": 1}


async def test_a_row_that_always_fails_is_tried_once_an_hour(queue: Queue) -> None:
    await queue.enqueue(FIRST, "failing", {"key": "x", "problem": "still broken"})
    await queue.superuser.execute("update suyuan.outbox set attempts = 40")
    await perform_all(queue, FIRST)
    assert await queue.superuser.fetchval("select due_at - now() between interval '59 minutes' and interval '1 hour' from suyuan.outbox")


async def test_what_failed_before_is_done_when_its_cause_is_gone(queue: Queue) -> None:
    await queue.enqueue(FIRST, "effect", {"key": "mended"})
    [row] = await queue.rows()
    await perform(queue.database, {}, FIRST, row["outbox_id"])
    await perform(queue.database, handlers(), FIRST, row["outbox_id"])
    [row] = await queue.rows()
    assert (row["attempts"], row["failure"], row["done_at"] is None, await queue.effects()) == (1, None, False, {"mended": 1})


async def test_the_relay_sees_all_tenants_and_offers_each_due_row_once(queue: Queue) -> None:
    await queue.enqueue(FIRST, "effect", {"key": "a"}, {"key": "b"}, {"key": "later"})
    await queue.enqueue(SECOND, "effect", {"key": "c"})
    await queue.superuser.execute("update suyuan.outbox set due_at = now() + interval '1 hour' where payload like '%later%'")
    relay = queue.relay()
    for _ in range(4):
        assert await relay.offer_open_rows() == 3
    assert await queue.relay().offer_open_rows() == 3
    assert await queue.queued() == 3


async def test_the_relay_offers_the_oldest_of_a_backlog_first(queue: Queue) -> None:
    await queue.enqueue(FIRST, "effect", *({"key": str(number)} for number in range(OFFERED_OF_A_TOPIC + 20)))
    for _ in range(2):
        assert await queue.relay().offer_open_rows() == OFFERED_OF_A_TOPIC
    rows = await queue.rows()
    assert await queue.offered() == [f"ob:{FIRST}:{row['outbox_id']}" for row in rows[:OFFERED_OF_A_TOPIC]]
    await queue.superuser.execute(
        "update suyuan.outbox set done_at = now() where outbox_id in (select outbox_id from suyuan.outbox order by 1 limit $1)", OFFERED_OF_A_TOPIC
    )
    assert await queue.relay().offer_open_rows() == 20


async def test_the_relay_reads_the_outbox_and_can_write_nothing(queue: Queue) -> None:
    await queue.enqueue(FIRST, "effect", {"key": "a"})
    async with queue.relay_database.connection() as connection:
        assert await connection.fetchval("select count(*) from outbox") == 1
        for statement in (
            "update outbox set done_at = now()",
            "delete from outbox",
            "insert into outbox (tenant_id, topic, payload) values (501, 'effect', '{}')",
            "select * from outbox for update",
            "select * from effect",
            "insert into effect (tenant_id, effect_key) values (501, 'x')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


async def test_workers_do_what_the_relay_offers(queue: Queue) -> None:
    keys = [str(number) for number in range(60)]
    await queue.start_worker()
    async with relaying(queue):
        for place, key in enumerate(keys):
            await queue.enqueue((FIRST, SECOND)[place % 2], "effect", {"key": key})
        await queue.until_done()
    assert await queue.effects() == dict.fromkeys(keys, 1)


async def test_a_worker_killed_in_the_middle_and_an_emptied_valkey_lose_and_double_nothing(queue: Queue) -> None:
    worker = await queue.start_worker()
    async with relaying(queue):
        await queue.enqueue(FIRST, "effect", {"key": "cut off", "seconds": 1.0}, {"key": "beside"})
        await queue.until_said("started cut off")
        await queue.kill(worker)
        assert await queue.open_rows() >= 1
        await queue.flush()
        await queue.start_worker()
        await queue.until_done()
    assert queue.said.count("started cut off") == 2
    assert await queue.effects() == {"cut off": 1, "beside": 1}


async def test_what_a_killed_worker_had_in_its_hands_is_done_by_the_next(queue: Queue) -> None:
    """With Valkey as it is: what it remembers of the job that broke off must not keep it from being offered again."""
    worker = await queue.start_worker(job_timeout=2)
    async with relaying(queue):
        await queue.enqueue(FIRST, "effect", {"key": "broken off", "seconds": 1.0})
        await queue.until_said("started broken off")
        await queue.kill(worker)
        await queue.start_worker(job_timeout=2)
        # Ten seconds after the job's longest time it is known that nobody works on it any more.
        await queue.until_done(seconds=30)
    assert await queue.effects() == {"broken off": 1}


async def test_a_valkey_that_was_emptied_while_rows_wait_is_filled_again(queue: Queue) -> None:
    await queue.enqueue(FIRST, "effect", *({"key": str(number)} for number in range(20)))
    relay = queue.relay()
    await relay.offer_open_rows()
    await queue.flush()
    assert await queue.queued() == 0
    assert await relay.offer_open_rows() == 20
    assert await queue.queued() == 20


async def test_a_valkey_that_is_restarted_under_relay_and_worker_is_outlived_by_both(queue: Queue) -> None:
    await queue.start_worker()
    async with relaying(queue):
        await queue.enqueue(FIRST, "effect", {"key": "before"})
        await queue.until_done()
        queue.valkey.stop()
        await queue.enqueue(FIRST, "effect", {"key": "during"})
        # The relay meets the outage.
        await asyncio.sleep(0.5)
        queue.valkey.start()
        await queue.enqueue(FIRST, "effect", {"key": "after"})
        await queue.until_done()
    assert await queue.effects() == {"before": 1, "during": 1, "after": 1}


async def test_a_database_that_drops_its_connections_is_outlived_too(queue: Queue) -> None:
    await queue.start_worker()
    async with relaying(queue):
        for number in range(5):
            await queue.enqueue_at_last(FIRST, "effect", {"key": str(number), "seconds": 0.05})
            await queue.superuser.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name in ('suyuan', 'test-queue-worker')"
            )
        await queue.until_done()
    assert await queue.effects() == {str(number): 1 for number in range(5)}
