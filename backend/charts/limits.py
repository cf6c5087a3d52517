"""Shewhart charts: centre, deviation and limits of means, ranges, deviations, individuals, proportions and counts. No I/O.

In floating point: the constants are irrational, a measured value has six digits at most, and every published table and program that
results are compared with computes so. Quantities of goods, which are counted and added, are `Decimal` everywhere else.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from backend.charts.constants import c4, cap_d3, cap_d4, d2

Subgroups = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Point:
    """One point with the limits that count for it; `distance` is how far it is from the centre, in its own standard deviations."""

    value: float
    center: float
    sigma: float
    lower: float
    upper: float

    @property
    def distance(self) -> float:
        """Nought on a chart without any spread, unless the point is off the centre."""
        if self.sigma > 0:
            return (self.value - self.center) / self.sigma
        return 0.0 if self.value == self.center else math.copysign(math.inf, self.value - self.center)

    @property
    def is_out(self) -> bool:
        """Beyond a limit; on it is within."""
        return not self.lower <= self.value <= self.upper


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a process does while nothing is wrong: the mean of single values and their standard deviation, found in the first phase."""

    center: float
    sigma: float


def baseline_by_ranges(subgroups: Subgroups) -> Baseline:
    """By the mean range: R̄/d2. For equal sizes from 2 to 25; raises ValueError otherwise."""
    size = _equal_size(subgroups)
    return Baseline(_mean_of_all(subgroups), _mean([_range(group) for group in subgroups]) / d2(size))


def baseline_by_deviations(subgroups: Subgroups) -> Baseline:
    """By the standard deviations, each divided by its c4; for sizes that differ, weighted as by minimum variance (ISO 7870-2, Burr 1969)."""
    if not subgroups or min(len(group) for group in subgroups) < 2:
        raise ValueError("a chart of deviations takes subgroups of two values or more")
    weights = [c4(len(group)) ** 2 / (1 - c4(len(group)) ** 2) for group in subgroups]
    each = [deviation(group) / c4(len(group)) for group in subgroups]
    return Baseline(_mean_of_all(subgroups), math.fsum(w * s for w, s in zip(weights, each, strict=True)) / math.fsum(weights))


def baseline_of_individuals(values: Sequence[float]) -> Baseline:
    """By the mean moving range of two: MR̄/d2(2)."""
    if len(values) < 2:
        raise ValueError("a chart of individuals takes two values or more")
    return Baseline(_mean(values), _mean(moving_ranges(values)) / d2(2))


def means(subgroups: Subgroups, baseline: Baseline, width: float = 3.0) -> list[Point]:
    """The X-bar chart; each point's limits by its own size."""
    return [_point(_mean(group), baseline.center, baseline.sigma / math.sqrt(len(group)), width) for group in subgroups]


def ranges(subgroups: Subgroups, baseline: Baseline) -> list[Point]:
    """The R chart with limits D3·R̄ and D4·R̄."""
    size = _equal_size(subgroups)
    center = baseline.sigma * d2(size)
    sigma = center * (cap_d4(size) - 1) / 3
    return [Point(_range(group), center, sigma, center * cap_d3(size), center * cap_d4(size)) for group in subgroups]


def deviations(subgroups: Subgroups, baseline: Baseline) -> list[Point]:
    """The S chart with limits B3·s̄ and B4·s̄, by each point's size."""
    points = []
    for group in subgroups:
        constant = c4(len(group))
        points.append(_point(deviation(group), baseline.sigma * constant, baseline.sigma * math.sqrt(1 - constant**2), floor=0.0))
    return points


def individuals(values: Sequence[float], baseline: Baseline, width: float = 3.0) -> list[Point]:
    """The chart of single values."""
    return [_point(value, baseline.center, baseline.sigma, width) for value in values]


def moving_range_points(values: Sequence[float], baseline: Baseline) -> list[Point]:
    """The chart of moving ranges of two, beside that of the single values; it has one point fewer."""
    center = baseline.sigma * d2(2)
    return [Point(value, center, center * (cap_d4(2) - 1) / 3, 0.0, center * cap_d4(2)) for value in moving_ranges(values)]


def proportions(defective: Sequence[float], sizes: Sequence[float], center: float | None = None) -> list[Point]:
    """The p chart; `center` is the known proportion, otherwise that of all. Limits by each sample's size, within 0 and 1."""
    share = math.fsum(defective) / math.fsum(sizes) if center is None else center
    if not 0 <= share <= 1:
        raise ValueError("a proportion lies from 0 to 1")
    return [
        _point(count / size, share, math.sqrt(share * (1 - share) / size), floor=0.0, ceiling=1.0)
        for count, size in zip(defective, sizes, strict=True)
    ]


def defectives(defective: Sequence[float], size: int, center: float | None = None) -> list[Point]:
    """The np chart: numbers of defectives in samples of one size."""
    share = math.fsum(defective) / (size * len(defective)) if center is None else center
    if not 0 <= share <= 1:
        raise ValueError("a proportion lies from 0 to 1")
    sigma = math.sqrt(size * share * (1 - share))
    return [_point(count, size * share, sigma, floor=0.0, ceiling=float(size)) for count in defective]


def counts(defects: Sequence[float], center: float | None = None) -> list[Point]:
    """The c chart: defects in samples of one size."""
    middle = _mean(defects) if center is None else center
    return [_point(count, middle, math.sqrt(middle), floor=0.0) for count in defects]


def defects_per_unit(defects: Sequence[float], sizes: Sequence[float], center: float | None = None) -> list[Point]:
    """The u chart: defects per unit in samples of any size."""
    middle = math.fsum(defects) / math.fsum(sizes) if center is None else center
    return [_point(count / size, middle, math.sqrt(middle / size), floor=0.0) for count, size in zip(defects, sizes, strict=True)]


def moving_ranges(values: Sequence[float]) -> list[float]:
    """Distances of neighbours."""
    return [abs(after - before) for before, after in itertools.pairwise(values)]


def deviation(values: Sequence[float]) -> float:
    """A sample's standard deviation, by n - 1."""
    mean = _mean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _point(value: float, center: float, sigma: float, width: float = 3.0, *, floor: float = -math.inf, ceiling: float = math.inf) -> Point:
    return Point(value, center, sigma, max(floor, center - width * sigma), min(ceiling, center + width * sigma))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _mean_of_all(subgroups: Subgroups) -> float:
    return math.fsum(value for group in subgroups for value in group) / sum(len(group) for group in subgroups)


def _range(group: Sequence[float]) -> float:
    return max(group) - min(group)


def _equal_size(subgroups: Subgroups) -> int:
    sizes = {len(group) for group in subgroups}
    if len(sizes) != 1:
        raise ValueError("a chart of ranges takes subgroups of one size; take the chart of deviations where sizes differ")
    return sizes.pop()
