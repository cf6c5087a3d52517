"""Rules on runs of points: Nelson's eight (Journal of Quality Technology 16/4, 1984) and Western Electric's (Handbook, 1956). No I/O.

A point is given by its distance from the centre in its own standard deviations, so that limits that change from point to point serve as
well. Each function gives the places (from 0) of the points that break the rule, which is each point at which the pattern is complete.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Final

Points = Sequence[float]
Rule = Callable[[Points], list[int]]


def nelson_1(points: Points) -> list[int]:
    """One point more than three deviations from the centre."""
    return [place for place, point in enumerate(points) if abs(point) > 3]


def nelson_2(points: Points) -> list[int]:
    """Nine points in a row on one side of the centre."""
    return _one_side(points, 9)


def nelson_3(points: Points) -> list[int]:
    """Six points in a row, each above the one before, or each below."""
    return _windows(points, 6, _is_trend)


def nelson_4(points: Points) -> list[int]:
    """Fourteen points in a row going up and down by turns."""
    return _windows(points, 14, _alternates)


def nelson_5(points: Points) -> list[int]:
    """Two of three points in a row beyond two deviations on one side, the last one among them."""
    return _some_beyond(points, 2, 3, 2.0)


def nelson_6(points: Points) -> list[int]:
    """Four of five points in a row beyond one deviation on one side, the last one among them."""
    return _some_beyond(points, 4, 5, 1.0)


def nelson_7(points: Points) -> list[int]:
    """Fifteen points in a row within one deviation of the centre: too good, as with mixed subgroups or wrong limits."""
    return _windows(points, 15, lambda window: all(abs(point) < 1 for point in window))


def nelson_8(points: Points) -> list[int]:
    """Eight points in a row none of which is within one deviation, on both sides."""

    def spread(window: Points) -> bool:
        return all(abs(point) > 1 for point in window) and min(window) < 0 < max(window)

    return _windows(points, 8, spread)


def western_electric_1(points: Points) -> list[int]:
    """One point beyond three deviations."""
    return nelson_1(points)


def western_electric_2(points: Points) -> list[int]:
    """Two of three points in a row beyond two deviations on one side."""
    return _some_beyond(points, 2, 3, 2.0)


def western_electric_3(points: Points) -> list[int]:
    """Four of five points in a row beyond one deviation on one side."""
    return _some_beyond(points, 4, 5, 1.0)


def western_electric_4(points: Points) -> list[int]:
    """Eight points in a row on one side of the centre."""
    return _one_side(points, 8)


def western_electric_5(points: Points) -> list[int]:
    """Supplementary: six points in a row going up, or going down."""
    return nelson_3(points)


def western_electric_6(points: Points) -> list[int]:
    """Supplementary, stratification: fifteen points in a row within one deviation."""
    return nelson_7(points)


def western_electric_7(points: Points) -> list[int]:
    """Supplementary, mixture: eight points in a row with none within one deviation, on both sides."""
    return nelson_8(points)


def western_electric_8(points: Points) -> list[int]:
    """Supplementary, systematic variation: fourteen points in a row going up and down by turns."""
    return nelson_4(points)


NELSON: Final[Mapping[int, Rule]] = {
    1: nelson_1, 2: nelson_2, 3: nelson_3, 4: nelson_4, 5: nelson_5, 6: nelson_6, 7: nelson_7, 8: nelson_8,
}  # fmt: skip
WESTERN_ELECTRIC: Final[Mapping[int, Rule]] = {
    1: western_electric_1, 2: western_electric_2, 3: western_electric_3, 4: western_electric_4, 5: western_electric_5, 6: western_electric_6,
    7: western_electric_7, 8: western_electric_8,
}  # fmt: skip
# No rule looks further back than so many points.
LONGEST_RUN: Final = 15


def rule_called(name: str) -> Rule:
    """The rule of a name such as "nelson_2" or "western_electric_4"; raises KeyError."""
    family, _, number = name.rpartition("_")
    return {"nelson": NELSON, "western_electric": WESTERN_ELECTRIC}[family][int(number)]


def _windows(points: Points, length: int, broken: Callable[[Points], bool]) -> list[int]:
    return [end - 1 for end in range(length, len(points) + 1) if broken(points[end - length : end])]


def _one_side(points: Points, length: int) -> list[int]:
    return _windows(points, length, lambda window: all(point > 0 for point in window) or all(point < 0 for point in window))


def _is_trend(window: Points) -> bool:
    steps = [after - before for before, after in itertools.pairwise(window)]
    return all(step > 0 for step in steps) or all(step < 0 for step in steps)


def _alternates(window: Points) -> bool:
    steps = [after - before for before, after in itertools.pairwise(window)]
    return all(first * second < 0 for first, second in itertools.pairwise(steps))


def _some_beyond(points: Points, least: int, length: int, distance: float) -> list[int]:
    """Complete as soon as `least` are there, also where fewer than `length` points have come."""
    found = []
    for place, point in enumerate(points):
        window = points[max(0, place - length + 1) : place + 1]
        if (point > distance and sum(other > distance for other in window) >= least) or (
            point < -distance and sum(other < -distance for other in window) >= least
        ):
            found.append(place)
    return found
