"""Plans with acceptance number zero against the plans that they stand for."""

from decimal import Decimal

import pytest
from scipy import stats  # it has no types

from backend.sampling import zero
from backend.sampling.attributes import Severity, plan_of, single_plan
from backend.sampling.errors import UnknownAqlError, WrongLotSizeError

LOTS = (8, 15, 25, 50, 90, 150, 280, 500, 1_200, 3_200, 10_000, 35_000, 150_000, 500_000, 900_000)


@pytest.mark.parametrize(
    ("lot_size", "aql", "size"),
    [
        (1000, "1.0", 34), (1000, "2.5", 19), (1000, "0.40", 73), (500, "0.65", 47), (5000, "0.40", 86), (100_000, "0.10", 294), (60, "10", 4),
        (8, "6.5", 2),
    ],
)  # fmt: skip
def test_a_published_size(lot_size: int, aql: str, size: int) -> None:
    found = zero.plan(lot_size, Decimal(aql))
    assert (found.sample_size, found.accept, found.reject, found.full) == (size, 0, 1, False)


def test_a_star_means_every_item() -> None:
    found = zero.plan(50, Decimal("0.25"))
    assert (found.sample_size, found.full) == (50, True)


def test_each_column_asks_for_more_with_the_lot_and_each_row_for_less_with_the_aql() -> None:
    for aql in zero.COLUMNS:
        sizes = [found.sample_size for found in (zero.plan(lot, aql) for lot in LOTS) if not found.full]
        assert sizes == sorted(sizes), aql
    for lot in LOTS:
        sizes = [zero.plan(lot, aql).sample_size for aql in zero.COLUMNS]
        assert sizes == sorted(sizes, reverse=True), lot


def test_the_limiting_quality_is_that_of_the_normal_plan_at_level_ii() -> None:
    """Where the lot is large against the sample: n with no nonconforming item is about that of the plan with Ac of one or more."""
    compared = 0
    for lot in LOTS[8:14]:
        for aql in zero.COLUMNS:
            stands_for, found = single_plan(lot, "II", aql), zero.plan(lot, aql)
            if stands_for.full or found.full or stands_for.accept == 0 or lot < 20 * stands_for.sample_size:
                continue
            limit = float(stats.beta.isf(0.10, stands_for.accept + 1, stands_for.sample_size - stands_for.accept))
            chance = float(stats.binom.cdf(0, found.sample_size, limit))
            assert 0.06 < chance < 0.14, (lot, aql, found, stands_for, chance)
            compared += 1
    assert compared > 40


def test_zeros_of_the_normal_table_are_the_same_plans() -> None:
    for aql, letter in (("0.25", "H"), ("0.40", "G"), ("0.10", "K")):
        assert zero.plan(1_000, Decimal("0.10")).sample_size == 125
        assert plan_of(letter, Decimal(aql), Severity.NORMAL).accept == 0


def test_what_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(UnknownAqlError):
        zero.plan(100, Decimal(15))
    with pytest.raises(WrongLotSizeError):
        zero.plan(1, Decimal("1.0"))
