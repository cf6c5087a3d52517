"""Samples of what takes how long: taken in turns, so that a busy machine slows figure and limit alike."""

import gc
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

Act = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Samples:
    """Durations in seconds."""

    seconds: tuple[float, ...]

    def percentile(self, share: float) -> float:
        """The nearest-rank percentile; `share` 0.5 is the median."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]

    @property
    def p50(self) -> float:
        """The median."""
        return self.percentile(0.5)

    @property
    def told(self) -> str:
        """p50 / p95 / p99 in milliseconds."""
        return " / ".join(milliseconds(self.percentile(share)) for share in (0.5, 0.95, 0.99)) + " ms"


def milliseconds(seconds: float) -> str:
    """Three significant digits."""
    value = seconds * 1000
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


async def in_turns(acts: Sequence[Act], *, repetitions: int, warm_up: int = 5, shuffled: bool = False) -> list[Samples]:
    """Each act `repetitions` times, one after the other in turns; the first `warm_up` rounds are not counted.

    `shuffled` changes the order from round to round, so that no act always finds what the same other one has left in the caches.
    """
    taken: list[list[float]] = [[] for _ in acts]
    order = Random(3)
    gc.collect()
    gc.disable()
    try:
        for round_number in range(warm_up + repetitions):
            turns = list(zip(acts, taken, strict=True))
            if shuffled:
                order.shuffle(turns)
            for act, seconds in turns:
                begun = time.perf_counter()
                await act()
                if round_number >= warm_up:
                    seconds.append(time.perf_counter() - begun)
    finally:
        gc.enable()
    return [Samples(tuple(seconds)) for seconds in taken]
