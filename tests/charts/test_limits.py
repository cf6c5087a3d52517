"""Limits equal to the published ones: piston rings and circuits (Montgomery), NIST's EWMA and CUSUM, tables of constants."""

import csv
import json
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.charts import constants, limits, memory
from tests.shared_data import SHARED_DATA, needs_shared_data

SPC = SHARED_DATA / "manufacturing-data" / "spc"


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SPC / "expected.json").read_text())
    return found


def table(name: str) -> list[list[str]]:
    with Path(SPC / name).open(newline="") as file:
        return list(csv.reader(file))[1:]


def rings() -> list[list[float]]:
    return [[float(value) for value in row] for row in table("pistonrings.csv")]


def test_constants_are_those_of_the_published_tables() -> None:
    published = {
        2: (1.880, 2.659, 0, 3.267, 0.7979, 1.128, 0.853, 0, 3.267),
        5: (0.577, 1.427, 0, 2.089, 0.9400, 2.326, 0.864, 0, 2.114),
        10: (0.308, 0.975, 0.284, 1.716, 0.9727, 3.078, 0.797, 0.223, 1.777),
        15: (0.223, 0.789, 0.428, 1.572, 0.9823, 3.472, 0.756, 0.347, 1.653),
        25: (0.153, 0.606, 0.565, 1.435, 0.9896, 3.931, 0.708, 0.459, 1.541),
    }
    named: tuple[Callable[[int], float], ...] = (
        constants.a2,
        constants.a3,
        constants.b3,
        constants.b4,
        constants.c4,
        constants.d2,
        constants.d3,
        constants.cap_d3,
        constants.cap_d4,
    )
    for size, row in published.items():
        for function, value in zip(named, row, strict=True):
            assert function(size) == pytest.approx(value, abs=6e-4), (function, size)


def test_range_constants_are_the_integrals_that_they_stand_for() -> None:
    from scipy import integrate, stats  # tests only, without stubs

    for size in (2, 5, 12, 25):

        def beyond(x: float, size: int = size) -> float:
            return float(1 - stats.norm.cdf(x) ** size - stats.norm.sf(x) ** size)

        found = integrate.quad(beyond, -9, 9, epsabs=1e-12, limit=300)[0]
        assert constants.d2(size) == pytest.approx(found, abs=1e-8)


@pytest.mark.parametrize("size", [0, 1, 26])
def test_a_range_of_no_sample_or_too_large_a_one_has_no_constants(size: int) -> None:
    with pytest.raises(ValueError, match="samples of 2 to 25"):
        constants.d2(size)


@needs_shared_data
def test_piston_rings_by_ranges(expected: dict[str, Any]) -> None:
    wanted = expected["pistonrings"]
    baseline = limits.baseline_by_ranges(rings()[:25])
    assert baseline.center == pytest.approx(wanted["xbar_R"]["center"], abs=1e-9)
    assert baseline.sigma == pytest.approx(wanted["xbar_R"]["sigma_hat_Rbar_over_d2"], rel=1e-6)
    points = limits.means(rings(), baseline)
    assert (points[0].lower, points[0].upper) == pytest.approx((wanted["xbar_R"]["LCL"], wanted["xbar_R"]["UCL"]), abs=1e-8)
    assert [place + 1 for place, point in enumerate(points) if point.is_out] == wanted["phase2_out_of_limits"]
    spread = limits.ranges(rings(), baseline)
    assert spread[0].center == pytest.approx(wanted["R_chart"]["center"], abs=1e-9)
    assert (spread[0].lower, spread[0].upper) == pytest.approx((0, wanted["R_chart"]["UCL_D4_2.114"]), abs=2e-5)
    assert not [point for point in spread[:25] if point.is_out]


@needs_shared_data
def test_piston_rings_by_deviations(expected: dict[str, Any]) -> None:
    wanted = expected["pistonrings"]["xbar_S"]
    baseline = limits.baseline_by_deviations(rings()[:25])
    assert baseline.sigma == pytest.approx(wanted["sigma_hat_sbar_over_c4"], rel=1e-8)
    points = limits.means(rings()[:25], baseline)
    assert (points[0].lower, points[0].upper) == pytest.approx((wanted["LCL"], wanted["UCL"]), abs=1e-9)
    spread = limits.deviations(rings()[:25], baseline)
    assert spread[0].center == pytest.approx(wanted["sbar"], rel=1e-9)
    assert spread[0].upper == pytest.approx(constants.b4(5) * wanted["sbar"], rel=1e-9)


@needs_shared_data
def test_circuits_on_the_c_chart(expected: dict[str, Any]) -> None:
    wanted = expected["circuits"]
    found = [float(row[1]) for row in table("circuits.csv")]
    points = limits.counts(found)
    assert (points[0].center, points[0].lower, points[0].upper) == pytest.approx((wanted["center"], wanted["LCL"], wanted["UCL"]), abs=1e-9)
    out = [place for place, point in enumerate(points, 1) if point.is_out]
    assert out == wanted["out_of_limits"]
    revised = limits.counts([value for place, value in enumerate(found, 1) if place not in out])[0]
    assert (revised.center, revised.lower, revised.upper) == pytest.approx(tuple(wanted["revised_without_6_20"].values()), abs=1e-9)


def test_deviations_of_unequal_sizes_have_limits_of_their_own() -> None:
    groups = [[10.0, 11.0, 12.0], [9.0, 10.0, 11.0, 12.0, 13.0], [10.0, 12.0]]
    points = limits.means(groups, limits.baseline_by_deviations(groups))
    widths = [point.upper - point.center for point in points]
    assert widths[2] > widths[0] > widths[1]
    assert widths[0] * math.sqrt(3) == pytest.approx(widths[1] * math.sqrt(5))
    with pytest.raises(ValueError, match="one size"):
        limits.baseline_by_ranges(groups)


def test_individuals_and_moving_ranges_as_nist_computes_them() -> None:
    # NIST/SEMATECH e-Handbook 6.3.2.2: flow rates, mean 50.81, mean moving range 1.8778.
    flow = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    baseline = limits.baseline_of_individuals(flow)
    point = limits.individuals(flow, baseline)[0]
    assert (point.center, point.upper, point.lower) == pytest.approx((50.81, 55.8041, 45.8159), abs=2e-3)
    assert limits.moving_range_points(flow, baseline)[0].center == pytest.approx(1.8778, abs=1e-4)


def test_ewma_as_nist_computes_it() -> None:
    # NIST/SEMATECH e-Handbook 6.3.2.4: target 50, s 2.0539, weight 0.3.
    values = [52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    points = memory.ewma(values, limits.Baseline(50, 2.0539), weight=0.3)
    told = [
        50.60,
        49.52,
        50.56,
        50.18,
        50.16,
        49.21,
        49.75,
        49.85,
        50.26,
        50.33,
        50.11,
        49.36,
        49.52,
        50.05,
        49.38,
        49.92,
        50.73,
        51.23,
        51.94,
        51.99,
    ]
    assert [point.value for point in points] == pytest.approx(told, abs=6e-3)
    assert (points[-1].upper, points[-1].lower) == pytest.approx((52.5884, 47.4115), abs=2e-3)
    assert not [point for point in points if point.is_out]


def test_cusum_as_montgomery_computes_it() -> None:
    # Statistical Quality Control, table 9.1: target 10, deviation 1, k 0.5, h 5; the shift is told at observation 29.
    values = [
        9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51, 9.40, 10.08, 9.37, 10.62, 10.31, 8.52, 10.84,
        10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52,
    ]  # fmt: skip
    points = memory.cusum(values, limits.Baseline(10, 1))
    assert [place for place, point in enumerate(points, 1) if point.is_out] == [29, 30]
    assert points[28].above == pytest.approx(5.28)
    assert points[28].above_since == 7


@pytest.mark.parametrize(("shift", "length"), [(0, 465), (0.5, 38), (1, 10.4), (2, 4.01)])
def test_cusum_run_lengths_are_the_published_ones(shift: float, length: float) -> None:
    # k 0.5, h 5 (Montgomery, table 9.3); Siegmund's approximation is within a few per cent.
    assert memory.cusum_run_length(shift) == pytest.approx(length, rel=0.05)


def test_interval_gives_the_run_length_that_was_asked_for() -> None:
    interval = memory.interval_for(370)
    assert interval == pytest.approx(4.77, abs=0.03)
    assert memory.cusum_run_length(0, interval=interval) == pytest.approx(370, rel=1e-6)


def test_proportions_and_defectives_agree_for_equal_sizes() -> None:
    # NIST/SEMATECH e-Handbook 6.3.3.2: 30 wafers with 50 chips, p-bar 0.2313, limits 0.0524 and 0.4102.
    told = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]
    points = limits.proportions(told, [50] * 30)
    assert (points[0].center, points[0].lower, points[0].upper) == pytest.approx((0.2313, 0.0524, 0.4102), abs=1e-4)
    out = [place for place, point in enumerate(points, 1) if point.is_out]
    assert out == [15, 23]
    counted = limits.defectives(told, 50)
    assert [point.value / 50 for point in counted] == pytest.approx([point.value for point in points])
    assert [place for place, point in enumerate(counted, 1) if point.is_out] == out


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=50))
def test_every_chart_of_individuals_centres_on_the_mean(values: list[float]) -> None:
    baseline = limits.baseline_of_individuals(values)
    points = limits.individuals(values, baseline)
    assert all(point.lower <= point.center <= point.upper for point in points)
    assert all(point.distance != point.distance or not math.isnan(point.distance) for point in points)
    assert [abs(after - before) for before, after in pairwise(values)] == limits.moving_ranges(values)
