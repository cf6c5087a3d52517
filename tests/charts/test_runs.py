"""Each rule on runs at its edge: the pattern complete, and one point short of it."""

import pytest

from backend.charts.limits import Baseline, means
from backend.charts.runs import NELSON, WESTERN_ELECTRIC, rule_called

COMPLETE = {
    1: [0, 3.01],
    2: [0.1] * 9,
    3: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
    4: [0.5, -0.5] * 7,
    5: [2.1, 0, 2.1],
    6: [1.1, 1.1, 0, 1.1, 1.1],
    7: [0.9, -0.9, 0.1] * 5,
    8: [1.1, -1.1, 1.2, -1.2] * 2,
}


@pytest.mark.parametrize("number", NELSON)
def test_nelson_rule_fires_where_its_pattern_is_complete_and_not_before(number: int) -> None:
    points = COMPLETE[number]
    assert NELSON[number](points) == [len(points) - 1]
    assert NELSON[number](points[:-1]) == []


def test_nelson_rules_stay_silent_at_their_edges() -> None:
    assert NELSON[1]([3.0, -3.0]) == []
    assert NELSON[2]([0.1] * 4 + [0.0] + [0.1] * 8) == []
    assert NELSON[3]([1, 2, 3, 3, 4, 5, 6]) == []
    assert NELSON[5]([2.1, 0, 0, 2.1]) == []
    assert NELSON[5]([2.1, -2.1, 0]) == []
    assert NELSON[6]([1.1, 1.1, -1.1, 0, 1.1]) == []
    assert NELSON[8]([1.1] * 8) == []


def test_rules_look_at_both_sides() -> None:
    for number in (1, 2, 3, 4, 5, 6, 8):
        mirrored = [-point for point in COMPLETE[number]]
        assert NELSON[number](mirrored) == [len(mirrored) - 1], number


def test_western_electric_takes_eight_on_one_side() -> None:
    assert WESTERN_ELECTRIC[4]([0.1] * 8) == [7]
    assert WESTERN_ELECTRIC[4]([0.1] * 7) == []
    assert WESTERN_ELECTRIC[2]([0, -2.5, -2.5]) == [2]
    assert WESTERN_ELECTRIC[3]([1.5, 1.5, 1.5, 0, 1.5]) == [4]


def test_rules_are_found_by_name() -> None:
    assert rule_called("nelson_2") is NELSON[2]
    assert rule_called("western_electric_4") is WESTERN_ELECTRIC[4]
    with pytest.raises(KeyError):
        rule_called("nelson_9")


def test_distances_follow_each_points_own_limits() -> None:
    points = means([[1.0] * 4, [1.0] * 16], Baseline(0, 1))
    assert [point.distance for point in points] == [2.0, 4.0]
    assert NELSON[1]([point.distance for point in points]) == [1]
