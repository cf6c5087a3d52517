"""Single sampling by variables in form k, for one measured characteristic that is normally distributed (ISO 3951-1, clauses 16 and 17).

The way of deciding is the standard's: the quality statistic of each limit against k, each limit by itself. Sizes and constants are not
those of its tables B and C, which couldn't be verified cell by cell: `plan` gives the smallest n with a k such that a lot at the quality
which the plan by attributes of the same letter and AQL accepts 95 times of 100 is accepted at least as often, and one at the quality which
it accepts 10 times of 100 at most as often. Whoever has agreed on n and k of a table puts these into his plan (`agreed`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from functools import lru_cache
from math import fsum, isfinite, sqrt
from typing import Final

from backend.sampling import attributes
from backend.sampling.attributes import AQLS, Severity
from backend.sampling.errors import UnknownAqlError
from backend.sampling.variables_table import MATCHED
from infra.errors import InvalidInputError

# Percent nonconforming: nonconformities per 100 items can't be measured.
COLUMNS: Final = AQLS[:16]


class Method(IntEnum):
    """Whether the process's standard deviation is estimated from the sample or known; the numbers are stored and never change."""

    S = 1
    SIGMA = 2


@dataclass(frozen=True, slots=True)
class VariablesPlan:
    """How many items are measured, and the constant k. `full`: the lot has no more items than these, all are measured."""

    code_letter: str
    method: Method
    sample_size: int
    k: Decimal
    full: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a sample says: its mean, its standard deviation (sigma where that is known), the quality statistic of each limit that there is."""

    accepted: bool
    mean: float
    deviation: float
    upper: float | None
    lower: float | None


def plan(lot_size: int, level: str, aql: Decimal, severity: Severity = Severity.NORMAL, method: Method = Method.S) -> VariablesPlan:
    """The plan for a lot. Raises as `attributes.single_plan` does, and `UnknownAqlError` above AQL 10."""
    if aql not in COLUMNS:
        raise UnknownAqlError(COLUMNS)
    found = attributes.plan_of(attributes.code_letter(lot_size, level), aql, severity)
    size, k = _matched()[found.sample_size, found.accept][0 if method is Method.S else 1]
    return VariablesPlan(found.code_letter, method, min(size, lot_size), k, full=size >= lot_size)


def agreed(lot_size: int, method: Method, sample_size: int, k: Decimal) -> VariablesPlan:
    """A plan that two parties have agreed on, from a table of theirs."""
    return VariablesPlan("", method, min(sample_size, lot_size), k, full=sample_size >= lot_size)


def judge(measured: Sequence[float], k: Decimal, *, lower: float | None = None, upper: float | None = None, sigma: float | None = None) -> Judgement:
    """Accept where the quality statistic of every limit reaches k: Q_U = (U - mean) / s, Q_L = (mean - L) / s; with `sigma` in place of s.

    Two limits are controlled separately. Combined control, by the greatest standard deviation that may be (MSD), isn't built. A sample
    without any variation is accepted where its mean lies within the limits. Raises `InvalidInputError`.
    """
    _check(measured, lower, upper, sigma)
    mean = fsum(measured) / len(measured)
    deviation = sigma if sigma is not None else sqrt(fsum((value - mean) ** 2 for value in measured) / (len(measured) - 1))
    above = _statistic(upper - mean, deviation) if upper is not None else None
    below = _statistic(mean - lower, deviation) if lower is not None else None
    accepted = all(one >= float(k) for one in (above, below) if one is not None)
    return Judgement(accepted, mean, deviation, above, below)


def _statistic(distance: float, deviation: float) -> float:
    if deviation > 0:
        return distance / deviation
    return float("inf") if distance >= 0 else float("-inf")


def _check(measured: Sequence[float], lower: float | None, upper: float | None, sigma: float | None) -> None:
    numbers = [*measured, *(one for one in (lower, upper, sigma) if one is not None)]
    if not all(isfinite(number) for number in numbers):
        raise InvalidInputError("A measured value or a limit is no finite number.", field="measured")
    if len(measured) < (2 if sigma is None else 1):
        raise InvalidInputError("Too few measured values: give two at least, or one where the standard deviation is known.", field="measured")
    if sigma is not None and sigma <= 0:
        raise InvalidInputError("“sigma” must be greater than zero.", field="sigma")
    if lower is None and upper is None:
        raise InvalidInputError("Give a lower limit, an upper limit, or both.", field="upper")
    if lower is not None and upper is not None and lower >= upper:
        raise InvalidInputError("The lower limit must be below the upper one.", field="lower")


@lru_cache(maxsize=1)
def _matched() -> Mapping[tuple[int, int], tuple[tuple[int, Decimal], tuple[int, Decimal]]]:
    found = {}
    for line in MATCHED.strip().splitlines():
        for item in line.split("|"):
            size, accept, s_size, s_k, sigma_size, sigma_k = item.split()
            found[int(size), int(accept)] = ((int(s_size), Decimal(s_k)), (int(sigma_size), Decimal(sigma_k)))
    return found
