"""What the evaluation of a rule remembers of one series between events: bounded, and kept as JSON. No I/O."""

from bisect import bisect_right, insort
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

# Beyond it the oldest readings are dropped: a window of a month at two a minute would hold more.
MOST_IN_WINDOW: Final = 3_000
MOST_POINTS: Final = 16


class Memory(msgspec.Struct, omit_defaults=True):
    """`window`: (time, value) in order of time. `group`: values of the subgroup that is being filled. `baseline`: (centre, deviation)."""

    window: list[tuple[datetime, float]] = []
    run: int = 0
    group: list[float] = []
    phase: list[list[float]] = []
    baseline: tuple[float, float] | None = None
    distances: list[float] = []
    spreads: list[float] = []
    level: float = 0.0
    above: float = 0.0
    below: float = 0.0
    count: int = 0
    pieces: float = 0.0
    defective: float = 0.0
    places: list[str] = []
    device: str | None = None

    def take(self, at: datetime, value: float, horizon: timedelta) -> None:
        """Put a reading where its time is, and forget what lies further back than the horizon from the newest."""
        entry = (at, value)
        if not self.window or entry > self.window[-1]:
            self.window.append(entry)
        elif entry not in self.window[max(0, bisect_right(self.window, entry) - 2) :]:
            insort(self.window, entry)
        first = bisect_right(self.window, (self.window[-1][0] - horizon, float("inf")))
        # The one before the window says what held as it began.
        self.window = self.window[max(0, first - 1, len(self.window) - MOST_IN_WINDOW) :]

    def note(self, distance: float, spread: float = 0.0) -> None:
        """Remember a point of a chart, as far back as any rule on runs looks."""
        self.distances = [*self.distances, _finite(distance)][-MOST_POINTS:]
        self.spreads = [*self.spreads, _finite(spread)][-MOST_POINTS:]


def _finite(distance: float) -> float:
    return max(-1e9, min(1e9, distance))


def remembered(text: str) -> Memory:
    """From what is kept."""
    return msgspec.json.decode(text, type=Memory)


def kept(memory: Memory) -> str:
    """As it is kept."""
    return msgspec.json.encode(memory).decode()


def plain(detail: dict[str, Any]) -> str:
    """Facts of a finding as JSON."""
    return msgspec.json.encode(detail, order="sorted").decode()
