"""The statistics against SciPy, and against what is published."""

from random import Random

import pytest
from scipy import stats  # it has no stubs

from backend.analysis.statistics import adjusted, fisher_greater, weighted_quantiles


def test_the_lady_tasting_tea() -> None:
    # Fisher, The Design of Experiments (1935): three of four cups told rightly.
    assert fisher_greater(3, 1, 1, 3) == pytest.approx(17 / 70)
    assert fisher_greater(4, 0, 0, 4) == pytest.approx(1 / 70)


@pytest.mark.parametrize("seed", range(20))
def test_fishers_test_is_scipys(seed: int) -> None:
    chance = Random(seed)
    most = chance.choice([5, 30, 300, 5_000])
    for _ in range(25):
        table = [chance.randint(0, most) for _ in range(4)]
        told = stats.fisher_exact([[table[0], table[1]], [table[2], table[3]]], alternative="greater").pvalue
        assert fisher_greater(*table) == pytest.approx(told, rel=1e-6, abs=1e-12), table


def test_margins_of_nothing_prove_nothing() -> None:
    for table in ((0, 0, 0, 0), (0, 5, 3, 2), (0, 0, 3, 4), (5, 3, 0, 0), (2, 0, 0, 0)):
        assert fisher_greater(*table) == pytest.approx(1)


def test_the_smallest_p_values_stay_above_zero_where_they_can() -> None:
    assert 0 < fisher_greater(150, 0, 0, 850) < 1e-150


@pytest.mark.parametrize("seed", range(20))
def test_the_adjustment_is_scipys(seed: int) -> None:
    chance = Random(seed)
    ps = [chance.random() ** chance.choice([1, 3, 9]) for _ in range(chance.randint(1, 200))]
    ps += ps[: len(ps) // 3]
    assert adjusted(ps) == pytest.approx(list(stats.false_discovery_control(ps)))
    assert adjusted([]) == []


def test_quantiles_count_weights() -> None:
    assert weighted_quantiles([(1, 1), (2, 8), (3, 1)], [0.1, 0.5, 0.9, 1]) == [1, 2, 2, 3]
    assert weighted_quantiles([(5, 3)], [0.1, 0.9]) == [5, 5]
