"""Constants of control charts for samples from a normal distribution. No I/O.

`d2` and `d3` (mean and standard deviation of the range, in deviations) are integrals without a closed form and stand here to nine and
eight digits; all the others follow. Published tables round them to three or four (ISO 7870-2, ASTM MNL 7, Montgomery appendix VI).
"""

import math
from functools import cache
from typing import Final

SMALLEST: Final = 2
# Beyond it a range wastes what the sample tells: the standard deviation's chart has no bound.
LARGEST_RANGE: Final = 25
_RANGE: Final = {
    2: (1.128379167, 0.85250247),
    3: (1.692568751, 0.88836800),
    4: (2.058750746, 0.87980820),
    5: (2.325928947, 0.86408194),
    6: (2.534412721, 0.84803969),
    7: (2.704356751, 0.83320534),
    8: (2.847200612, 0.81983149),
    9: (2.970026324, 0.80783427),
    10: (3.077505462, 0.79705067),
    11: (3.172872704, 0.78731462),
    12: (3.258455280, 0.77847834),
    13: (3.335980354, 0.77041620),
    14: (3.406763108, 0.76302310),
    15: (3.471826890, 0.75621143),
    16: (3.531982786, 0.74990809),
    17: (3.587883962, 0.74405178),
    18: (3.640063758, 0.73859085),
    19: (3.688963023, 0.73348150),
    20: (3.734950120, 0.72868635),
    21: (3.778335830, 0.72417334),
    22: (3.819384643, 0.71991481),
    23: (3.858323423, 0.71588674),
    24: (3.895348148, 0.71206818),
    25: (3.930629220, 0.70844077),
}


def d2(size: int) -> float:
    """Mean range of a sample, in standard deviations; raises ValueError unless 2 ≤ size ≤ 25."""
    return _of_range(size)[0]


def d3(size: int) -> float:
    """Standard deviation of a sample's range, in standard deviations."""
    return _of_range(size)[1]


@cache
def c4(size: int) -> float:
    """Mean of a sample's standard deviation, in standard deviations."""
    if size < SMALLEST:
        raise ValueError(f"a sample of {size} has no deviation; it takes {SMALLEST} or more")
    return math.sqrt(2 / (size - 1)) * math.exp(math.lgamma(size / 2) - math.lgamma((size - 1) / 2))


def a2(size: int) -> float:
    """From the mean range to the distance of the mean's limits."""
    return 3 / (d2(size) * math.sqrt(size))


def a3(size: int) -> float:
    """From the mean standard deviation to the distance of the mean's limits."""
    return 3 / (c4(size) * math.sqrt(size))


def b3(size: int) -> float:
    """Lower limit of the standard deviation over its mean."""
    return max(0.0, 1 - 3 * math.sqrt(1 - c4(size) ** 2) / c4(size))


def b4(size: int) -> float:
    """Upper limit of the standard deviation over its mean."""
    return 1 + 3 * math.sqrt(1 - c4(size) ** 2) / c4(size)


def cap_d3(size: int) -> float:
    """D3: lower limit of the range over its mean."""
    return max(0.0, 1 - 3 * d3(size) / d2(size))


def cap_d4(size: int) -> float:
    """D4: upper limit of the range over its mean."""
    return 1 + 3 * d3(size) / d2(size)


def _of_range(size: int) -> tuple[float, float]:
    if size not in _RANGE:
        raise ValueError(f"a range's chart takes samples of {SMALLEST} to {LARGEST_RANGE}, not of {size}")
    return _RANGE[size]
