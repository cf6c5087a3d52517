"""What temperature does to goods over time: mean kinetic temperature, time out of range, rate of change. No I/O."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

# Activation energy (USP <1079>, ICH Q1A), in J/mol, and the gas constant of the same texts, so that results agree with theirs.
ACTIVATION_ENERGY: Final = 83_144.0
GAS_CONSTANT: Final = 8.3144
ZERO_CELSIUS: Final = 273.15
Series = Sequence[tuple[datetime, float]]


def mean_kinetic_temperature(
    kelvins: Sequence[float], *, activation_energy: float = ACTIVATION_ENERGY, weights: Sequence[float] | None = None
) -> float:
    """The one temperature that would have done as much (Haynes 1971, USP <1079>), in kelvins, of readings in kelvins at equal intervals.

    `weights` are how long each held where intervals differ. Raises ValueError without readings, and for one that isn't above 0 K.
    """
    if not kelvins or min(kelvins) <= 0:
        raise ValueError("mean kinetic temperature needs readings above absolute zero")
    shares = [1.0] * len(kelvins) if weights is None else list(weights)
    total = math.fsum(shares)
    if total <= 0:
        raise ValueError("the readings held for no time")
    ratio = activation_energy / GAS_CONSTANT
    # Taken off before the exponential and put back after it: exp(-34) and its kind would lose digits.
    warmest = max(kelvins)
    mean = math.fsum(share * math.exp(ratio / warmest - ratio / value) for share, value in zip(shares, kelvins, strict=True)) / total
    return ratio / (ratio / warmest - math.log(mean))


def weighted_by_time(series: Series, *, longest: timedelta) -> tuple[list[float], list[float]]:
    """(values, seconds): each stretch between two readings with their mean. A stretch longer than `longest` is a gap, and counts for nothing."""
    values: list[float] = []
    seconds: list[float] = []
    for (began, first), (ended, second) in itertools.pairwise(series):
        if timedelta(0) < ended - began <= longest:
            values.append((first + second) / 2)
            seconds.append((ended - began).total_seconds())
    return values, seconds


@dataclass(frozen=True, slots=True)
class OutOfRange:
    """How long in all, how long at once at most, and since when (None: in range at the last reading)."""

    cumulated: timedelta
    longest: timedelta
    since: datetime | None


def out_of_range(series: Series, *, lower: float | None, upper: float | None, longest_gap: timedelta) -> OutOfRange:
    """Time outside of the limits, of readings in order of time. A reading holds until the next one, and through a gap for no time at all."""
    cumulated = longest = current = timedelta(0)
    since: datetime | None = None
    for place, (at, value) in enumerate(series):
        outside = (lower is not None and value < lower) or (upper is not None and value > upper)
        if not outside:
            since, current = None, timedelta(0)
            continue
        since = since or at
        if place + 1 < len(series) and timedelta(0) < series[place + 1][0] - at <= longest_gap:
            held = series[place + 1][0] - at
            cumulated, current = cumulated + held, current + held
            longest = max(longest, current)
    return OutOfRange(cumulated, longest, since)


def rate_of_change(series: Series) -> float | None:
    """Change per hour by least squares over readings in order of time; None where they don't span any time."""
    if len(series) < 2:
        return None
    began = series[0][0]
    hours = [(at - began).total_seconds() / 3600 for at, _ in series]
    middle, mean = math.fsum(hours) / len(hours), math.fsum(value for _, value in series) / len(series)
    spread = math.fsum((hour - middle) ** 2 for hour in hours)
    if spread <= 0:
        return None
    return math.fsum((hour - middle) * (value - mean) for hour, (_, value) in zip(hours, series, strict=True)) / spread
