"""Whether a condition is met: each kind a function of what a series remembers and of what comes. No I/O.

The same functions judge what the worker reads and what a trial replays, so that a rule finds once it is on what it was tried to find.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from backend.charts import limits, runs
from backend.charts.limits import Baseline
from backend.charts.memory import interval_for
from backend.charts.temperature import mean_kinetic_temperature, out_of_range, rate_of_change, weighted_by_time
from backend.rules import forms
from backend.rules.memory import Memory
from backend.units.sensors import base_unit, in_base_unit

LEAST_FOR_A_RATE: Final = 3
# Over how much of the window a mean kinetic temperature must be measured before it counts.
LEAST_COVERED: Final = 0.5
_ABSOLUTE: Final = "KEL"


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a series, in the base unit; `weight` is how many pieces it stands for."""

    at: datetime
    value: float
    extreme: bool = False
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`met`: the condition holds (True), holds no more (False), or the sample doesn't decide (None). `detail` tells the figures."""

    met: bool | None
    detail: Mapping[str, Any]


UNDECIDED: Final = Verdict(None, {})
Judge = Callable[[Any, Memory, Sample], Verdict]


def judge(condition: forms.AnyCondition, memory: Memory, sample: Sample) -> Verdict:
    """Take a sample into the memory, and say whether the condition is met."""
    return _JUDGES[type(condition)](condition, memory, sample)


def is_by_series(condition: forms.AnyCondition) -> bool:
    """Whether the kind is judged sample by sample."""
    return type(condition) in _JUDGES


def in_unit(value: float, uom: str) -> float:
    """A value of the base unit in the rule's own, for people."""
    if base_unit(uom) == _ABSOLUTE and uom in ("CEL", "FAH"):
        celsius = value - 273.15
        return round(celsius if uom == "CEL" else celsius * 9 / 5 + 32, 6)
    factor = in_base_unit(Decimal(1), uom)
    return float(f"{value / factor:.9g}") if factor else value


def _base(value: float | None, uom: str) -> float | None:
    return None if value is None else in_base_unit(Decimal(repr(value)), uom)


def _beyond(value: float, lower: float | None, upper: float | None) -> bool:
    return (lower is not None and value < lower) or (upper is not None and value > upper)


def _limit(condition: forms.Limit, memory: Memory, sample: Sample) -> Verdict:
    uom = condition.characteristic.uom
    lower, upper = _base(condition.lower, uom), _base(condition.upper, uom)
    detail = {"value": in_unit(sample.value, uom), "lower": condition.lower, "upper": condition.upper, "uom": uom}
    if _beyond(sample.value, lower, upper):
        memory.run += 1
        return Verdict(True if memory.run >= condition.readings else None, detail | {"readings": memory.run})
    memory.run = 0
    # A margin is a distance: of a temperature, in degrees without their zero point.
    margin = in_base_unit(Decimal(repr(condition.margin)), uom, spread=True)
    back = not _beyond(sample.value, None if lower is None else lower + margin, None if upper is None else upper - margin)
    return Verdict(False if back else None, detail)


def _duration(condition: forms.DurationOverLimit, memory: Memory, sample: Sample) -> Verdict:
    uom = condition.characteristic.uom
    lower, upper = _base(condition.lower, uom), _base(condition.upper, uom)
    gap = timedelta(minutes=condition.lost_minutes)
    wanted = timedelta(minutes=condition.minutes)
    memory.take(sample.at, sample.value, timedelta(hours=condition.window_hours))
    found = out_of_range(memory.window, lower=lower, upper=upper, longest_gap=gap)
    newest = memory.window[-1]
    at_once = newest[0] - found.since if found.since is not None else timedelta(0)
    held = found.cumulated if condition.cumulated else min(at_once, found.longest)
    detail = {
        "minutes": round(held.total_seconds() / 60, 1), "limitMinutes": condition.minutes, "value": in_unit(newest[1], uom), "lower": condition.lower,
        "upper": condition.upper, "uom": uom, "since": found.since.isoformat() if found.since else None,
    }  # fmt: skip
    return Verdict(held >= wanted, detail)


def _kinetic(condition: forms.MeanKineticTemperature, memory: Memory, sample: Sample) -> Verdict:
    window = timedelta(hours=condition.window_hours)
    memory.take(sample.at, sample.value, window)
    newest = memory.window[-1][0]
    inside = [reading for reading in memory.window if reading[0] >= newest - window and reading[1] > 0]
    values, seconds = weighted_by_time(inside, longest=timedelta(minutes=condition.lost_minutes))
    covered = sum(seconds) / window.total_seconds()
    if covered < LEAST_COVERED:
        return UNDECIDED
    found = mean_kinetic_temperature(values, weights=seconds, activation_energy=condition.activation_energy * 1_000)
    detail = {"value": round(found - 273.15, 3), "upper": condition.upper, "uom": "CEL", "covered": round(covered, 3), "readings": len(inside)}
    return Verdict(found - 273.15 > condition.upper, detail)


def _rate(condition: forms.RateOfChange, memory: Memory, sample: Sample) -> Verdict:
    uom, window = condition.characteristic.uom, timedelta(minutes=condition.window_minutes)
    memory.take(sample.at, sample.value, window)
    newest = memory.window[-1][0]
    inside = [reading for reading in memory.window if reading[0] >= newest - window]
    found = rate_of_change(inside) if len(inside) >= LEAST_FOR_A_RATE else None
    if found is None:
        return UNDECIDED
    per_hour = found / in_base_unit(Decimal(1), uom, spread=True)
    signed = {"rise": per_hour, "fall": -per_hour, "both": abs(per_hour)}[condition.direction]
    detail = {"perHour": float(f"{per_hour:.6g}"), "limit": condition.per_hour, "uom": uom, "readings": len(inside)}
    return Verdict(signed > condition.per_hour, detail)


def _missing(_condition: forms.MissingData, _memory: Memory, _sample: Sample) -> Verdict:
    """Something came: whatever was missing isn't any more."""
    return Verdict(False, {})


def _defects(condition: forms.DefectRate, memory: Memory, sample: Sample) -> Verdict:
    memory.pieces += sample.weight
    memory.defective += sample.value * sample.weight
    if memory.pieces < condition.subgroup:
        return UNDECIDED
    pieces, defective = memory.pieces, memory.defective
    memory.pieces = memory.defective = 0.0
    if condition.expected is None and memory.baseline is None:
        memory.phase = [*memory.phase, [defective, pieces]]
        if len(memory.phase) >= condition.baseline_points:
            share = sum(one[0] for one in memory.phase) / sum(one[1] for one in memory.phase)
            memory.baseline, memory.phase = (share, 0.0), []
        return UNDECIDED
    share = condition.expected if condition.expected is not None else (memory.baseline or (0.0, 0.0))[0]
    if condition.chart == "p":
        point = limits.proportions([defective], [pieces], share)[0]
    else:
        # Of points of one size: what a batch brings beyond it counts with it in proportion.
        point = limits.defectives([defective * condition.subgroup / pieces], condition.subgroup, share)[0]
    memory.note(point.distance)
    detail = {
        "value": round(point.value, 6),
        "center": round(point.center, 6),
        "upper": round(point.upper, 6),
        "pieces": pieces,
        "defective": defective,
    }
    return Verdict(point.value > point.upper, detail)


def _chart(condition: forms.ControlChart, memory: Memory, sample: Sample) -> Verdict:
    if sample.extreme:
        return UNDECIDED
    single = condition.chart in ("individuals", "ewma", "cusum")
    memory.group = [*memory.group, sample.value]
    if len(memory.group) < (1 if single else condition.subgroup_size):
        return UNDECIDED
    group, memory.group = memory.group, []
    baseline = _baseline(condition, memory, group)
    return UNDECIDED if baseline is None else _SHOWN[condition.chart](condition, memory, group, baseline)


def _baseline(condition: forms.ControlChart, memory: Memory, group: list[float]) -> Baseline | None:
    """What is known or was found; while it is being found, None."""
    uom = condition.characteristic.uom
    if condition.center is not None and condition.sigma is not None:
        spread = in_base_unit(Decimal(repr(condition.sigma)), uom, spread=True)
        return Baseline(in_base_unit(Decimal(repr(condition.center)), uom), spread)
    if memory.baseline is not None:
        return Baseline(*memory.baseline)
    memory.phase = [*memory.phase, group]
    if len(memory.phase) >= condition.baseline_points:
        found = baseline_for(condition.chart, memory.phase)
        memory.baseline, memory.phase = (found.center, found.sigma), []
    return None


def baseline_for(chart: forms.ChartKind, groups: list[list[float]]) -> Baseline:
    """The baseline of a first phase, as the chart's kind finds it."""
    if chart == "xbar_r":
        return limits.baseline_by_ranges(groups)
    if chart == "xbar_s":
        return limits.baseline_by_deviations(groups)
    return limits.baseline_of_individuals([value for group in groups for value in group])


def _means(condition: forms.ControlChart, memory: Memory, group: list[float], baseline: Baseline) -> Verdict:
    mean = limits.means([group], baseline)[0]
    spread = (limits.ranges if condition.chart == "xbar_r" else limits.deviations)([group], baseline)[0]
    memory.note(mean.distance, spread.distance)
    broken = _broken(condition, memory)
    if spread.is_out:
        broken.append("spread")
    return Verdict(bool(broken), _told(condition, mean) | {"rules": broken, "spread": float(f"{spread.value:.9g}")})


def _individuals(condition: forms.ControlChart, memory: Memory, group: list[float], baseline: Baseline) -> Verdict:
    point = limits.individuals(group, baseline)[0]
    memory.note(point.distance)
    broken = _broken(condition, memory)
    return Verdict(bool(broken), _told(condition, point) | {"rules": broken})


def _ewma(condition: forms.ControlChart, memory: Memory, group: list[float], baseline: Baseline) -> Verdict:
    weight = condition.weight
    memory.count = min(memory.count + 1, 10_000)
    before = memory.level if memory.count > 1 else baseline.center
    memory.level = weight * group[0] + (1 - weight) * before
    spread = baseline.sigma * (weight / (2 - weight) * (1 - (1 - weight) ** (2 * memory.count))) ** 0.5
    point = limits.Point(
        memory.level, baseline.center, spread, baseline.center - condition.width * spread, baseline.center + condition.width * spread
    )
    return Verdict(point.is_out, _told(condition, point) | {"rules": ["ewma"] if point.is_out else []})


def _cusum(condition: forms.ControlChart, memory: Memory, group: list[float], baseline: Baseline) -> Verdict:
    slack = condition.allowance * baseline.sigma
    limit = interval_for(condition.run_length, allowance=condition.allowance) * baseline.sigma
    # Once it has signalled, it goes on from the limit: otherwise a long fault would keep it open for as long again.
    memory.above = max(0.0, min(memory.above, limit) + group[0] - baseline.center - slack)
    memory.below = max(0.0, min(memory.below, limit) + baseline.center - slack - group[0])
    out = memory.above > limit or memory.below > limit
    factor = in_base_unit(Decimal(1), condition.characteristic.uom, spread=True) or 1.0
    detail = {name: float(f"{value / factor:.9g}") for name, value in (("above", memory.above), ("below", memory.below), ("limit", limit))}
    return Verdict(out, detail | {"value": in_unit(group[0], condition.characteristic.uom), "rules": ["cusum"] if out else []})


def _broken(condition: forms.ControlChart, memory: Memory) -> list[str]:
    last = len(memory.distances) - 1
    return [name for name in condition.rules if last in runs.rule_called(name)(memory.distances)]


def _told(condition: forms.ControlChart, point: limits.Point) -> dict[str, Any]:
    uom = condition.characteristic.uom
    named = (("value", point.value), ("center", point.center), ("lower", point.lower), ("upper", point.upper))
    return {name: in_unit(value, uom) for name, value in named} | {"uom": uom}


_SHOWN: Final = {"xbar_r": _means, "xbar_s": _means, "individuals": _individuals, "ewma": _ewma, "cusum": _cusum}
_JUDGES: Final[Mapping[type, Judge]] = {
    forms.Limit: _limit, forms.DurationOverLimit: _duration, forms.MeanKineticTemperature: _kinetic, forms.RateOfChange: _rate,
    forms.MissingData: _missing, forms.DefectRate: _defects, forms.ControlChart: _chart,
}  # fmt: skip
