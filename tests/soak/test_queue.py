"""Hundreds of effects while workers are killed, Valkey is emptied, killed and restarted, and the database drops its connections."""

import asyncio
import os
import signal
from collections import Counter
from random import Random

import pytest

from tests.infra.queues import Queue, relaying
from tests.soak.marks import soak

TENANTS = (601, 602, 603)
ROWS = 600
DISTURBANCES = 60
# What a killed worker had in its hands comes back ten seconds after this.
JOB_TIMEOUT = 2


async def disturb(queue: Queue, chance: Random) -> str:
    """One thing that goes wrong, and what it was."""
    what = chance.choice(
        ["worker killed", "worker killed", "worker killed", "valkey emptied", "valkey killed", "valkey stopped", "connections dropped"]
    )
    if what == "worker killed" and queue.workers:
        await queue.kill(chance.choice(queue.workers))
        await queue.start_worker(JOB_TIMEOUT)
    elif what == "valkey emptied":
        await queue.flush()
    elif what in ("valkey killed", "valkey stopped"):
        if what == "valkey killed" and queue.valkey.pid:
            os.kill(queue.valkey.pid, signal.SIGKILL)
        await asyncio.to_thread(queue.valkey.stop)
        await asyncio.sleep(chance.random())
        await asyncio.to_thread(queue.valkey.start)
    else:
        await queue.superuser.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name in ('suyuan', 'test-queue-worker')"
        )
    return what


async def write_rows(queue: Queue, chance: Random) -> list[str]:
    """Rows of several tenants, some of which take a while, written while things go wrong."""
    keys = [f"effect {number}" for number in range(ROWS)]
    for key in keys:
        seconds = chance.choice([0, 0, 0, 0.05, 0.2, 0.5])
        await queue.enqueue_at_last(chance.choice(TENANTS), "effect", {"key": key, "seconds": seconds})
        await asyncio.sleep(chance.random() * 0.1)
    return keys


@soak
@pytest.mark.timeout(1_500)
@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_is_lost_and_nothing_done_twice(queue: Queue, seed: int) -> None:
    chance = Random(seed)
    happened: Counter[str] = Counter()
    for _ in range(2):
        await queue.start_worker(JOB_TIMEOUT)
    async with relaying(queue):
        writing = asyncio.create_task(write_rows(queue, Random(seed + 100)))
        for _ in range(DISTURBANCES):
            await asyncio.sleep(chance.random())
            happened[await disturb(queue, chance)] += 1
        keys = await writing
        while len(queue.workers) < 2:
            await queue.start_worker(JOB_TIMEOUT)
        await queue.until_done(seconds=900)
    effects = await queue.effects()
    assert effects.keys() == set(keys)
    assert set(effects.values()) == {1}, "an effect was done twice"
    assert min(happened[what] for what in ("worker killed", "valkey emptied", "valkey killed", "connections dropped")) > 0
    assert len(queue.said) > len(keys)
