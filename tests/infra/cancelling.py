"""Cancels a coroutine at a chosen one of its awaits: each of them is tried in turn, so nothing depends on timing."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Any


class CancelledAt:
    """Awaits `inner` and cancels the task at its await number `at`, counted from 1.

    Early: as it begins to wait. Late: as what it waited for has happened, and before it hears of it.
    """

    def __init__(self, inner: Awaitable[Any], at: int, *, late: bool) -> None:
        self._inner = inner
        self._at = at
        self._late = late
        self.awaits = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._inner.__await__()
        task = asyncio.current_task()
        assert task is not None
        problem: BaseException | None = None
        while True:
            try:
                waited_for = steps.send(None) if problem is None else steps.throw(problem)
            except StopIteration as ended:
                return ended.value
            self.awaits += 1
            if self.awaits == self._at:
                if self._late and waited_for is not None:
                    waited_for.add_done_callback(lambda _: task.cancel())
                else:
                    task.cancel()
            problem = None
            try:
                yield waited_for
            except BaseException as thrown:
                problem = thrown


async def cancelled_at_every_await(make: Callable[[], Awaitable[Any]], check: Callable[[bool], Awaitable[None]], *, late: bool) -> int:
    """Run `make()` over and over, cancelled one await later each time, until it passes uncancelled; `check(cancelled)` after each run.

    Returns how many awaits it was cancelled at.
    """
    for at in range(1, 1_000):
        work = CancelledAt(make(), at, late=late)
        task = asyncio.create_task(_await(work))
        await asyncio.wait({task})
        await check(task.cancelled())
        if work.awaits < at:
            assert not task.cancelled()
            task.result()
            return at - 1
        if not task.cancelled():
            task.result()
    raise AssertionError("it never came to an end")


async def _await(work: CancelledAt) -> Any:
    return await work
