"""A worker that is killed between a delivery and its commit: told twice at most, under the same id, and nothing is lost."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from backend.services import Services
from tests import outbox
from tests.subscriptions.conftest import Desk, received
from tests.subscriptions.receiver import Received, Receiver

ROOT = Path(__file__).parents[2]


def as_json(services: Services) -> bytes:
    """The settings with their secrets, for a process of our own."""
    given = services.settings.model_dump()
    plain = {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in given.items() if value is not None}
    return json.dumps(plain, default=str).encode()


@asynccontextmanager
async def working(services: Services) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.subscriptions.worker", str(outbox.begun_at()), cwd=ROOT, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(as_json(services))
    process.stdin.close()
    await process.stdout.readline()
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_killed_while_the_receiver_answers_the_report_comes_again(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    await desk.subscribe(receiver.url())
    await desk.work()
    first = await desk.capture(received(1), received(2))
    async with working(desk.services) as worker:

        def kill(_: Received) -> int:
            os.kill(worker.pid, signal.SIGKILL)
            return 200

        receiver.answer = kill
        await asyncio.wait_for(worker.wait(), 30)
    assert receiver.events == first
    receiver.answer = lambda _: 200
    # What came meanwhile doesn't get into a report that may have been taken.
    second = await desk.capture(received(3))
    await desk.later(timedelta(minutes=2))
    assert [each.events for each in receiver.received] == [first, first, second]
    ids = [each.report_id for each in receiver.received]
    assert ids[0] == ids[1] != ids[2]


async def test_killed_again_and_again_nothing_is_lost_and_nothing_out_of_order(desk: Desk, receiver: Receiver) -> None:
    await desk.name()
    await desk.subscribe(receiver.url())
    await desk.work()
    captured = await desk.capture(*map(received, range(130)))
    for round_number in range(2):
        async with working(desk.services) as worker:

            def kill(_: Received, pid: int = worker.pid) -> int:
                os.kill(pid, signal.SIGKILL)
                return 200

            receiver.answer = kill
            await asyncio.wait_for(worker.wait(), 30)
        captured += await desk.capture(received(200 + round_number))
        await desk.later(timedelta(minutes=2), work=False)
    receiver.answer = lambda _: 200
    await desk.later(timedelta(days=1))
    by_id = {each.report_id: each.events for each in receiver.received}
    assert all(each.events == by_id[each.report_id] for each in receiver.received)
    # Each report once, as a receiver that heeds its id takes it.
    assert [event for events in by_id.values() for event in events] == captured


async def test_no_bell_rings_for_nobody(desk: Desk, receiver: Receiver) -> None:
    """Whatever becomes of Redis or a worker, an outbox row is open for the moment at which a subscription is due."""
    await desk.name()
    await desk.subscribe(receiver.url())
    for schedule in ({"dayOfMonth": "1", "month": "1"}, {"minute": "0/5"}):
        await desk.subscribe(receiver.url(), schedule=schedule)
    for number in range(3):
        await desk.capture(received(number))
        await desk.work()
        async with desk.services.database.tenant(desk.firm.tenant_id) as tx:
            due = await tx.fetch("select subscription_id, due_at from query_subscription where tenant_id = $1")
            rows = await tx.fetch("select payload from outbox where tenant_id = $1 and topic = 'subscription.due' and done_at is null")
        open_bells = {tuple(json.loads(row["payload"]).values()) for row in rows}
        assert {(str(row["subscription_id"]), row["due_at"].isoformat()) for row in due} <= open_bells
