"""Plans by variables: the risks that they promise, by the noncentral t distribution; and judgements worked out by hand."""

from decimal import Decimal
from math import sqrt

import pytest
from scipy import stats  # it has no types

from backend.sampling import variables
from backend.sampling.attributes import Severity, code_letter, plan_of
from backend.sampling.errors import UnknownAqlError
from backend.sampling.variables import Method, judge, plan
from backend.sampling.variables_table import MATCHED
from infra.errors import InvalidInputError


def chance(method: Method, size: int, k: float, nonconforming: float) -> float:
    """Of acceptance with one limit, for a normal process with this part beyond it."""
    z = float(stats.norm.isf(nonconforming))
    if method is Method.SIGMA:
        return float(stats.norm.sf((k - z) * sqrt(size)))
    return float(stats.nct.sf(k * sqrt(size), size - 1, z * sqrt(size)))


def quality(size: int, accept: int, accepted: float) -> float:
    """The quality that a plan by attributes accepts so often (Clopper and Pearson)."""
    return float(stats.beta.isf(accepted, accept + 1, size - accept))


def test_every_plan_keeps_both_risks_and_none_smaller_would() -> None:
    items = [item.split() for line in MATCHED.strip().splitlines() for item in line.split("|")]
    assert len(items) > 100
    for told in items:
        size, accept, s_size, sigma_size = (int(told[index]) for index in (0, 1, 2, 4))
        good, bad = quality(size, accept, 0.95), quality(size, accept, 0.10)
        for method, n, k in ((Method.S, s_size, float(told[3])), (Method.SIGMA, sigma_size, float(told[5]))):
            assert chance(method, n, k, good) >= 0.95 - 0.002, told
            assert chance(method, n, k, bad) <= 0.10 + 0.002, told
        if s_size > 3:
            smaller = s_size - 1
            least = float(stats.nct.isf(0.10, smaller - 1, stats.norm.isf(bad) * sqrt(smaller))) / sqrt(smaller)
            assert chance(Method.S, smaller, least, good) < 0.95, told


@pytest.mark.parametrize("severity", [Severity.NORMAL, Severity.TIGHTENED, Severity.REDUCED])
def test_every_lot_that_has_a_plan_by_attributes_has_a_smaller_one_by_variables(severity: Severity) -> None:
    for lot in (5, 40, 100, 1_000, 9_000, 100_000):
        for aql in variables.COLUMNS:
            items = plan_of(code_letter(lot, "II"), aql, severity).sample_size
            estimated, known = plan(lot, "II", aql, severity), plan(lot, "II", aql, severity, Method.SIGMA)
            assert known.sample_size <= estimated.sample_size <= max(items, 3)


def test_a_lot_of_a_thousand() -> None:
    found = plan(1000, "II", Decimal("1.0"))
    assert (found.code_letter, found.method, found.full) == ("J", Method.S, False)
    assert found.sample_size < 80
    with pytest.raises(UnknownAqlError):
        plan(1000, "II", Decimal(15))


def test_judging_one_upper_limit() -> None:
    measured = [53.0, 57, 49, 58, 59, 54, 58, 56, 50, 50, 55, 54, 57]
    found = judge(measured, Decimal("1.426"), upper=60.0)
    assert found.mean == pytest.approx(54.615, abs=0.001)
    assert found.deviation == pytest.approx(3.330, abs=0.001)
    assert found.upper == pytest.approx(1.617, abs=0.001)
    assert (found.accepted, found.lower) == (True, None)
    assert not judge(measured, Decimal("1.7"), upper=60.0).accepted


def test_two_limits_are_each_asked_for_k() -> None:
    measured = [9.0, 10.0, 11.0]
    assert judge(measured, Decimal("1.5"), lower=8.0, upper=12.0).accepted
    assert not judge(measured, Decimal("1.5"), lower=9.0, upper=12.0).accepted
    known = judge(measured, Decimal("1.5"), lower=8.0, upper=12.0, sigma=2.0)
    assert (known.accepted, known.deviation, known.upper, known.lower) == (False, 2.0, 1.0, 1.0)


def test_a_sample_without_variation_is_accepted_within_the_limits() -> None:
    assert judge([10.0, 10.0, 10.0], Decimal(2), lower=9.0, upper=11.0).accepted
    assert not judge([12.0, 12.0], Decimal(2), upper=11.0).accepted


@pytest.mark.parametrize(
    ("measured", "given"),
    [([1.0], {"upper": 2.0}), ([1.0, 2.0], {}), ([1.0, 2.0], {"lower": 3.0, "upper": 2.0}), ([1.0, float("nan")], {"upper": 2.0}),
     ([1.0, 2.0], {"upper": 3.0, "sigma": 0.0}), ([], {"upper": 3.0, "sigma": 1.0}), ([1.0, float("inf")], {"upper": 2.0})],
)  # fmt: skip
def test_what_can_not_be_judged_is_refused(measured: list[float], given: dict[str, float]) -> None:
    with pytest.raises(InvalidInputError):
        judge(measured, Decimal(1), **given)


def test_an_agreed_plan_is_taken_as_it_is() -> None:
    found = variables.agreed(100, Method.S, 13, Decimal("1.426"))
    assert (found.sample_size, found.k, found.full) == (13, Decimal("1.426"), False)
    assert variables.agreed(10, Method.S, 13, Decimal("1.426")).full
