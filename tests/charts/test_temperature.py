"""Mean kinetic temperature, time out of range and rate of change against worked examples."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.charts.temperature import mean_kinetic_temperature, out_of_range, rate_of_change, weighted_by_time

START = datetime(2026, 3, 2, tzinfo=UTC)


def series(*values: float, minutes: float = 10) -> list[tuple[datetime, float]]:
    return [(START + place * timedelta(minutes=minutes), value) for place, value in enumerate(values)]


def test_mean_kinetic_temperature_is_the_formula_of_the_pharmacopoeia() -> None:
    # ΔH/R is 10,000 K with USP's figures: -10000 / ln((e^(-10000/T1) + … ) / n).
    kelvins = [celsius + 273.15 for celsius in (15.8, 17.2, 19.0, 22.8, 25.0, 30.1)]
    direct = 10_000 / -math.log(sum(math.exp(-10_000 / one) for one in kelvins) / len(kelvins))
    assert mean_kinetic_temperature(kelvins) == pytest.approx(direct, abs=1e-9)
    assert mean_kinetic_temperature(kelvins) > sum(kelvins) / len(kelvins)


def test_weights_count_as_readings_repeated() -> None:
    assert mean_kinetic_temperature([280.0, 300.0], weights=[3, 1]) == pytest.approx(mean_kinetic_temperature([280.0] * 3 + [300.0]))


@pytest.mark.parametrize("readings", [[], [0.0], [280.0, -1.0]])
def test_mean_kinetic_temperature_refuses_what_cannot_be(readings: list[float]) -> None:
    with pytest.raises(ValueError, match="absolute zero"):
        mean_kinetic_temperature(readings)


@given(st.lists(st.floats(200, 400), min_size=1, max_size=40))
def test_mean_kinetic_temperature_lies_between_mean_and_maximum(kelvins: list[float]) -> None:
    found = mean_kinetic_temperature(kelvins)
    assert sum(kelvins) / len(kelvins) - 1e-6 <= found <= max(kelvins) + 1e-6


def test_time_out_of_range_counts_what_a_reading_holds_and_no_gap() -> None:
    readings = [*series(5, 9, 9, 5, 9), (START + timedelta(hours=9), 9.0)]
    found = out_of_range(readings, lower=2, upper=8, longest_gap=timedelta(hours=1))
    assert found.cumulated == found.longest == timedelta(minutes=20)
    assert found.since == START + timedelta(minutes=40)
    assert out_of_range(series(5, 6), lower=2, upper=8, longest_gap=timedelta(hours=1)).since is None


def test_weights_leave_gaps_out() -> None:
    readings = [*series(4, 6), (START + timedelta(days=1), 20.0)]
    assert weighted_by_time(readings, longest=timedelta(hours=1)) == ([5.0], [600.0])


def test_rate_of_change_is_per_hour() -> None:
    assert rate_of_change(series(1, 2, 3, 4)) == pytest.approx(6.0)
    assert rate_of_change(series(1)) is None
    assert rate_of_change([(START, 1.0), (START, 2.0)]) is None
