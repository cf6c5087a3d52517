"""Charts that remember: EWMA and tabular CUSUM, with their average run lengths (Siegmund 1985; Roberts 1959; Montgomery ch. 9). No I/O."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from backend.charts.limits import Baseline, Point

LONGEST_RUN_LENGTH: Final = 1e9


def ewma(values: Sequence[float], baseline: Baseline, *, weight: float = 0.2, width: float = 3.0, size: int = 1) -> list[Point]:
    """Exponentially weighted means with exact limits, which widen from the first point on; `size` of the means that are given.

    Raises ValueError unless 0 < weight ≤ 1.
    """
    if not 0 < weight <= 1:
        raise ValueError("the weight of an EWMA lies above 0 and up to 1")
    points: list[Point] = []
    level = baseline.center
    for place, value in enumerate(values, 1):
        level = weight * value + (1 - weight) * level
        spread = baseline.sigma / math.sqrt(size) * math.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * place)))
        points.append(Point(level, baseline.center, spread, baseline.center - width * spread, baseline.center + width * spread))
    return points


@dataclass(frozen=True, slots=True)
class CusumPoint:
    """Both sums after a value, in the value's unit, and since how many values each is above nought; `limit` is the decision interval H."""

    value: float
    above: float
    below: float
    above_since: int
    below_since: int
    limit: float

    @property
    def is_out(self) -> bool:
        """Either sum is beyond the decision interval."""
        return self.above > self.limit or self.below > self.limit


def cusum(values: Sequence[float], baseline: Baseline, *, allowance: float = 0.5, interval: float = 5.0, head_start: float = 0.0) -> list[CusumPoint]:
    """Tabular CUSUM: `allowance` k and `interval` h in standard deviations; `head_start` of h for a fast initial response (Lucas and Crosier)."""
    slack, limit = allowance * baseline.sigma, interval * baseline.sigma
    above = below = head_start * limit
    above_since = below_since = 0
    points = []
    for value in values:
        above = max(0.0, above + value - baseline.center - slack)
        below = max(0.0, below + baseline.center - slack - value)
        above_since = above_since + 1 if above > 0 else 0
        below_since = below_since + 1 if below > 0 else 0
        points.append(CusumPoint(value, above, below, above_since, below_since, limit))
    return points


def cusum_run_length(shift: float, *, allowance: float = 0.5, interval: float = 5.0) -> float:
    """About how many points it takes a two-sided CUSUM to tell a shift of so many standard deviations (Siegmund's approximation)."""
    return 1 / math.fsum(1 / _one_sided(way * shift - allowance, interval) for way in (1, -1))


@lru_cache(maxsize=1_024)
def interval_for(run_length: float, *, allowance: float = 0.5) -> float:
    """The decision interval h with which the process runs so many points on average before a false alarm."""
    if not 1 < run_length <= LONGEST_RUN_LENGTH:
        raise ValueError("the average run length lies above 1 and up to a thousand million")
    low, high = 0.0, 1.0
    while cusum_run_length(0, allowance=allowance, interval=high) < run_length:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if cusum_run_length(0, allowance=allowance, interval=middle) < run_length else (low, middle)
    return high


def _one_sided(drift: float, interval: float) -> float:
    reach = interval + 1.166
    if abs(drift) < 1e-9:
        return reach**2
    return (math.exp(-2 * drift * reach) + 2 * drift * reach - 1) / (2 * drift**2)
