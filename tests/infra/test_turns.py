"""Turns: whoever asks for much steps back while others ask, and for nobody else."""

import asyncio

import pytest

from infra import turns
from infra.errors import UnavailableError
from infra.turns import Turns

BUSY, QUIET = 1, 2


class Kitchen:
    """Work that takes a while, and how much of each tenant's was under way at once."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.under_way = {BUSY: 0, QUIET: 0}
        self.most = {BUSY: 0, QUIET: 0}

    async def work(self, tenant_id: int, seconds: float = 0.01) -> None:
        begun = await self.turns.enter(tenant_id)
        self.under_way[tenant_id] += 1
        self.most[tenant_id] = max(self.most[tenant_id], self.under_way[tenant_id])
        try:
            await asyncio.sleep(seconds)
        finally:
            self.under_way[tenant_id] -= 1
            self.turns.leave(tenant_id, begun)


@pytest.fixture
def kitchen(monkeypatch: pytest.MonkeyPatch) -> Kitchen:
    monkeypatch.setattr(turns, "LITTLE_SECONDS", 0.05)
    return Kitchen()


async def test_who_is_alone_is_served_side_by_side(kitchen: Kitchen) -> None:
    await asyncio.gather(*(kitchen.work(BUSY) for _ in range(100)))
    assert kitchen.most[BUSY] == turns.TOGETHER


async def test_who_has_used_much_is_served_one_by_one_while_another_asks(kitchen: Kitchen) -> None:
    await asyncio.gather(*(kitchen.work(BUSY) for _ in range(30)))
    await kitchen.work(QUIET, 0.001)
    kitchen.most[BUSY] = 0
    await asyncio.gather(*(kitchen.work(BUSY, 0.005) for _ in range(5)), kitchen.work(QUIET, 0.001))
    assert kitchen.most[BUSY] == 1


async def test_who_asks_little_never_waits(kitchen: Kitchen) -> None:
    await asyncio.gather(*(kitchen.work(BUSY) for _ in range(30)))
    flood = [asyncio.create_task(kitchen.work(BUSY)) for _ in range(50)]
    await asyncio.sleep(0)
    async with asyncio.timeout(1):
        await asyncio.gather(*(kitchen.work(QUIET, 0) for _ in range(10)))
    assert kitchen.most[QUIET] == 10
    for task in flood:
        task.cancel()
    await asyncio.gather(*flood, return_exceptions=True)
    assert kitchen.under_way == {BUSY: 0, QUIET: 0}


async def test_the_busy_one_is_let_in_again_when_the_other_has_gone(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MEMORY_SECONDS", 0.05)
    await asyncio.gather(*(kitchen.work(BUSY) for _ in range(30)))
    await kitchen.work(QUIET, 0)
    kitchen.most[BUSY] = 0
    async with asyncio.timeout(5):
        await asyncio.gather(*(kitchen.work(BUSY) for _ in range(60)))
    assert kitchen.most[BUSY] > 1


async def test_a_queue_has_an_end(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MOST_WAITING", 3)
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.05)
    begun = [await kitchen.turns.enter(BUSY) for _ in range(turns.TOGETHER)]
    waiting = [asyncio.create_task(kitchen.turns.enter(BUSY)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(UnavailableError) as refusal:
        await kitchen.turns.enter(BUSY)
    assert refusal.value.detail["retry_after"] == 1
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(problem) for problem in ended} == {UnavailableError}
    for moment in begun:
        kitchen.turns.leave(BUSY, moment)
    kitchen.turns.leave(BUSY, await kitchen.turns.enter(BUSY))


async def test_a_cancelled_request_gives_its_turn_back(kitchen: Kitchen) -> None:
    begun = [await kitchen.turns.enter(BUSY) for _ in range(turns.TOGETHER)]
    waiting = asyncio.create_task(kitchen.turns.enter(BUSY))
    await asyncio.sleep(0)
    kitchen.turns.leave(BUSY, begun.pop())
    # The turn was given in this very moment, and nobody is there to take it.
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    begun.append(await kitchen.turns.enter(BUSY))
    assert len(begun) == turns.TOGETHER
