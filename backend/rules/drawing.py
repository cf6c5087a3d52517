"""A control chart ready to draw: points with their limits and the rules that they break, from values in order. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from backend.charts import limits, memory, runs
from backend.charts.limits import Baseline, Point

SMALLEST: Final = 2


class ChartKind(StrEnum):
    """Which chart."""

    XBAR_R = "xbar_r"
    XBAR_S = "xbar_s"
    INDIVIDUALS = "individuals"
    EWMA = "ewma"
    CUSUM = "cusum"
    P = "p"
    NP = "np"


@dataclass(frozen=True, slots=True)
class Plot:
    """How to draw: `subgroup` values (or pieces) a point, of which the first `baseline` make the limits unless they are `known`."""

    kind: ChartKind
    subgroup: int = 5
    baseline: int = 25
    rules: tuple[str, ...] = ("nelson_1",)
    known: Baseline | None = None
    weight: float = 0.2
    width: float = 3.0
    allowance: float = 0.5
    run_length: float = 465.0


@dataclass(frozen=True, slots=True)
class Value:
    """A measured value, or so many pieces of which `value` is the defective share; `group` keeps apart what was taken together."""

    at: datetime
    value: float
    pieces: float = 1.0
    group: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A point at the time of its last value; `violations` are the rules that are complete with it. A CUSUM has its lower sum in `below`."""

    at: datetime
    value: float
    center: float
    lower: float | None
    upper: float | None
    violations: tuple[str, ...]
    size: float
    below: float | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """`spread` is the chart of ranges, deviations or moving ranges beside it. `baseline` is None while there are too few points for it."""

    points: tuple[Drawn, ...]
    spread: tuple[Drawn, ...]
    baseline: Baseline | None
    baseline_points: int


EMPTY: Final = Chart((), (), None, 0)


def draw(plot: Plot, values: Sequence[Value]) -> Chart:
    """The chart of values in order of time; empty where there is nothing to reckon limits from."""
    if plot.kind in (ChartKind.P, ChartKind.NP):
        return _attributes(plot, values)
    if plot.kind in (ChartKind.XBAR_R, ChartKind.XBAR_S):
        return _subgroups(plot, values)
    return _singles(plot, values)


def _subgroups(plot: Plot, values: Sequence[Value]) -> Chart:
    groups = _grouped(plot, values)
    numbers = [[one.value for one in group] for group in groups]
    phase = numbers[: plot.baseline]
    if plot.known is None and len(phase) < SMALLEST:
        return EMPTY
    by_ranges = plot.kind is ChartKind.XBAR_R
    baseline = plot.known or (limits.baseline_by_ranges(phase) if by_ranges else limits.baseline_by_deviations(phase))
    spread = (limits.ranges if by_ranges else limits.deviations)(numbers, baseline) if numbers else []
    return Chart(
        _drawn(groups, limits.means(numbers, baseline), plot.rules), _drawn(groups, spread, ("nelson_1",)), baseline, 0 if plot.known else len(phase)
    )


def _grouped(plot: Plot, values: Sequence[Value]) -> list[list[Value]]:
    """What an inspection measured is one subgroup where sizes may differ; otherwise so many values in a row are."""
    if plot.kind is ChartKind.XBAR_S and any(one.group for one in values):
        by_group: dict[str, list[Value]] = {}
        for one in values:
            by_group.setdefault(one.group, []).append(one)
        return [group for group in by_group.values() if len(group) >= SMALLEST]
    size = plot.subgroup
    return [list(values[start : start + size]) for start in range(0, len(values) - size + 1, size)]


def _singles(plot: Plot, values: Sequence[Value]) -> Chart:
    numbers = [one.value for one in values]
    phase = numbers[: plot.baseline]
    if plot.known is None and len(phase) < SMALLEST:
        return EMPTY
    baseline = plot.known or limits.baseline_of_individuals(phase)
    used = 0 if plot.known else len(phase)
    groups = [[one] for one in values]
    if plot.kind is ChartKind.INDIVIDUALS:
        spread = _drawn(groups[1:], limits.moving_range_points(numbers, baseline), ("nelson_1",))
        return Chart(_drawn(groups, limits.individuals(numbers, baseline), plot.rules), spread, baseline, used)
    if plot.kind is ChartKind.EWMA:
        points = memory.ewma(numbers, baseline, weight=plot.weight, width=plot.width)
        named = tuple(_one(group, point, ("ewma",) if point.is_out else ()) for group, point in zip(groups, points, strict=True))
        return Chart(named, (), baseline, used)
    interval = memory.interval_for(plot.run_length, allowance=plot.allowance)
    sums = memory.cusum(numbers, baseline, allowance=plot.allowance, interval=interval)
    drawn = tuple(
        Drawn(one.at, point.above, 0.0, -point.limit, point.limit, ("cusum",) if point.is_out else (), 1.0, below=-point.below)
        for one, point in zip(values, sums, strict=True)
    )
    return Chart(drawn, (), baseline, used)


def _attributes(plot: Plot, values: Sequence[Value]) -> Chart:
    groups: list[list[Value]] = [[]]
    for one in values:
        groups[-1].append(one)
        if sum(each.pieces for each in groups[-1]) >= plot.subgroup:
            groups.append([])
    groups.pop()
    if not groups:
        return EMPTY
    sizes = [sum(one.pieces for one in group) for group in groups]
    defective = [sum(one.value * one.pieces for one in group) for group in groups]
    phase = plot.baseline
    share = plot.known.center if plot.known else sum(defective[:phase]) / sum(sizes[:phase])
    if plot.kind is ChartKind.P:
        points = limits.proportions(defective, sizes, share)
    else:
        scaled = [count * plot.subgroup / size for count, size in zip(defective, sizes, strict=True)]
        points = limits.defectives(scaled, plot.subgroup, share)
    return Chart(_drawn(groups, points, plot.rules), (), Baseline(share, 0.0), 0 if plot.known else min(phase, len(groups)))


def _drawn(groups: Sequence[Sequence[Value]], points: Sequence[Point], rules: Sequence[str]) -> tuple[Drawn, ...]:
    distances = [point.distance for point in points]
    broken: dict[int, list[str]] = {}
    for name in rules:
        for place in runs.rule_called(name)(distances):
            broken.setdefault(place, []).append(name)
    found = []
    for place, (group, point) in enumerate(zip(groups, points, strict=True)):
        names = broken.get(place, [])
        # A limit that stops at nought, or at all, is passed without three deviations.
        if point.is_out and not names:
            names = ["limit"]
        found.append(_one(group, point, tuple(names)))
    return tuple(found)


def _one(group: Sequence[Value], point: Point, violations: tuple[str, ...]) -> Drawn:
    return Drawn(group[-1].at, point.value, point.center, point.lower, point.upper, violations, sum(one.pieces for one in group))
