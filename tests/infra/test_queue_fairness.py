"""A backlog of one tenant, or of one topic, keeps nobody else's jobs waiting."""

import pytest

from backend.services import Services
from backend.worker import LINES, handlers
from infra import queue as module
from infra.queue import _OPEN_ROWS, LONG, OFFERED_OF_A_TOPIC, RELAY_BATCH
from tests.infra.queue_worker import handlers as handlers_of_tests
from tests.infra.queues import Queue, relaying, until

FLOODING, QUIET, THIRD = 701, 702, 703
BACKLOG = 20_000


async def flood(queue: Queue, tenant_id: int, rows: int, topic: str = "effect") -> None:
    await queue.superuser.execute(
        """insert into suyuan.outbox (tenant_id, topic, payload)
           select $1, $2, json_build_object('key', 'flood ' || n)::text from generate_series(1, $3) n""",
        tenant_id, topic, rows,
    )  # fmt: skip
    await queue.superuser.execute("analyze suyuan.outbox")


async def job(queue: Queue, key: str) -> str:
    row = await queue.superuser.fetchrow("select tenant_id, outbox_id from suyuan.outbox where payload like $1", f'%"{key}"%')
    return f"ob:{row['tenant_id']}:{row['outbox_id']}"


async def is_done(queue: Queue, key: str) -> bool:
    return await queue.effects() == {key: 1}


async def test_a_row_behind_a_backlog_of_another_tenant_is_offered_in_the_next_round_and_taken_up_second(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long it takes from the first round to the second.
    monkeypatch.setattr(module, "TURN_SECONDS", 600)
    await flood(queue, FLOODING, BACKLOG)
    relay = queue.relay()
    assert await relay.offer_open_rows() == OFFERED_OF_A_TOPIC
    await queue.enqueue(QUIET, "effect", {"key": "quiet"})
    assert await relay.offer_open_rows() == OFFERED_OF_A_TOPIC + 1
    assert (await queue.offered()).index(await job(queue, "quiet")) == 1
    assert await queue.queued() == OFFERED_OF_A_TOPIC + 1


async def test_tenants_take_turns_row_by_row(queue: Queue) -> None:
    for tenant_id, rows in ((FLOODING, 50), (QUIET, 2), (THIRD, 3)):
        await flood(queue, tenant_id, rows)
    await queue.relay().offer_open_rows()
    first = [int(offered.split(":")[1]) for offered in (await queue.offered())[:10]]
    assert sorted(first[:3]) == [FLOODING, QUIET, THIRD]
    assert sorted(first[3:6]) == [FLOODING, QUIET, THIRD]
    assert sorted(first[6:8]) == [FLOODING, THIRD]
    assert first[8:] == [FLOODING, FLOODING]


async def test_a_topic_with_a_backlog_keeps_no_other_topic_of_its_tenant_waiting(queue: Queue) -> None:
    await flood(queue, FLOODING, BACKLOG)
    await queue.enqueue(FLOODING, "alert", {"key": "alert"})
    await queue.relay().offer_open_rows()
    assert (await queue.offered()).index(await job(queue, "alert")) <= 1


async def test_a_round_offers_no_more_than_its_batch_and_every_tenant_of_it_first(queue: Queue) -> None:
    for tenant_id in range(801, 801 + 2 * RELAY_BATCH // OFFERED_OF_A_TOPIC):
        await flood(queue, tenant_id, OFFERED_OF_A_TOPIC)
    await flood(queue, QUIET, 1)
    assert await queue.relay().offer_open_rows() == RELAY_BATCH
    assert any(offered.startswith(f"ob:{QUIET}:") for offered in await queue.offered())


async def test_rows_that_are_not_due_or_done_give_their_turn_to_the_next(queue: Queue) -> None:
    await flood(queue, FLOODING, 6)
    await queue.superuser.execute("update suyuan.outbox set due_at = now() + interval '1 hour' where payload like '%flood 1\"%'")
    await queue.superuser.execute("update suyuan.outbox set done_at = now() where payload like '%flood 2\"%'")
    assert await queue.relay().offer_open_rows() == 4
    assert (await queue.offered())[0] == await job(queue, "flood 3")


async def test_a_backlog_is_read_through_the_index_alone_up_to_what_is_offered(queue: Queue) -> None:
    await flood(queue, FLOODING, BACKLOG)
    await flood(queue, QUIET, 1)
    async with queue.relay_database.connection() as connection:
        plan = "\n".join(row[0] for row in await connection.fetch(f"explain (analyze, costs off, timing off) {_OPEN_ROWS}", RELAY_BATCH, 100))
    assert "Seq Scan on outbox" not in plan
    assert f"rows={BACKLOG}" not in plan


async def test_long_topics_wait_in_a_queue_of_their_own(queue: Queue) -> None:
    await flood(queue, FLOODING, 20, topic="long")
    await queue.enqueue(FLOODING, "effect", {"key": "short"})
    await queue.relay("long").offer_open_rows()
    assert await queue.offered() == [await job(queue, "short")]
    assert len(await queue.offered(LONG.name)) == 20


async def test_the_worker_of_the_short_topics_leaves_the_long_ones_alone(queue: Queue) -> None:
    await queue.start_worker()
    async with relaying(queue, "failing"):
        await queue.enqueue(FLOODING, "failing", {"key": "long", "problem": "never tried"})
        await queue.enqueue(FLOODING, "effect", {"key": "short"})
        await until(lambda: is_done(queue, "short"))
    assert [(row["topic"], row["attempts"], row["done_at"] is None) for row in await queue.rows()] == [("failing", 0, True), ("effect", 0, False)]
    assert await queue.offered(LONG.name) == [await job(queue, "long")]


def test_every_long_topic_is_one_that_the_worker_does(services: Services) -> None:
    assert handlers(services).keys() >= LINES.keys()
    assert handlers_of_tests().keys().isdisjoint(LINES)
