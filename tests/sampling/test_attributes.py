"""The tables of ISO 2859-1 against a second writing of them, cell by cell, and against mathematics that knows nothing of tables."""

from decimal import Decimal
from typing import Final

import pytest
from scipy import stats  # it has no types

from backend.sampling.attributes import AQLS, LETTERS, LEVELS, Plan, Severity, code_letter, plan_of, single_plan
from backend.sampling.errors import MissingPlanError, UnknownAqlError, UnknownLevelError, WrongLotSizeError

N, T, R = Severity.NORMAL, Severity.TIGHTENED, Severity.REDUCED
ROWS: Final = LETTERS[:16]
# Columns as the standard prints them, from A to R: an acceptance number, or the arrow that stands there.
PRINTED: Final = {
    (N, "0.010"): "v v v v v v v v v v v v v v 0 ^",
    (N, "0.015"): "v v v v v v v v v v v v v 0 ^ ^",
    (N, "0.025"): "v v v v v v v v v v v v 0 ^ v 1",
    (N, "0.10"): "v v v v v v v v v 0 ^ v 1 2 3 5",
    (N, "0.65"): "v v v v v 0 ^ v 1 2 3 5 7 10 14 21",
    (N, "1.0"): "v v v v 0 ^ v 1 2 3 5 7 10 14 21 ^",
    (N, "1.5"): "v v v 0 ^ v 1 2 3 5 7 10 14 21 ^ ^",
    (N, "2.5"): "v v 0 ^ v 1 2 3 5 7 10 14 21 ^ ^ ^",
    (N, "4.0"): "v 0 ^ v 1 2 3 5 7 10 14 21 ^ ^ ^ ^",
    (N, "6.5"): "0 ^ v 1 2 3 5 7 10 14 21 ^ ^ ^ ^ ^",
    (N, "10"): "v v 1 2 3 5 7 10 14 21 ^ ^ ^ ^ ^ ^",
    (N, "100"): "5 7 10 14 21 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^",
    (N, "150"): "7 10 14 21 30 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^",
    (N, "250"): "10 14 21 30 44 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^",
    (N, "1000"): "30 44 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^",
    (T, "0.010"): "v v v v v v v v v v v v v v v 0",
    (T, "0.015"): "v v v v v v v v v v v v v v 0 ^",
    (T, "1.0"): "v v v v v 0 v v 1 2 3 5 8 12 18 ^",
    (T, "4.0"): "v v 0 v v 1 2 3 5 8 12 18 ^ ^ ^ ^",
    (T, "6.5"): "v 0 v v 1 2 3 5 8 12 18 ^ ^ ^ ^ ^",
    (T, "10"): "0 v v 1 2 3 5 8 12 18 ^ ^ ^ ^ ^ ^",
    (T, "150"): "5 8 12 18 27 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^",
    (T, "1000"): "27 41 ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^ ^",
    (R, "1.0"): "v v v v 0 ^ v v 1 2 3 5 6 8 10 ^",
    (R, "4.0"): "v 0 ^ v v 1 2 3 5 6 8 10 ^ ^ ^ ^",
    (R, "10"): "v v v 1 2 3 5 6 8 10 ^ ^ ^ ^ ^ ^",
}
SIZES: Final = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000)
REDUCED_SIZES: Final = (2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800)


def accepted(plan: Plan, percent: float) -> float:
    """The chance that a lot of this quality is accepted: binomial up to AQL 10."""
    return float(stats.binom.cdf(plan.accept, plan.sample_size, percent / 100))


@pytest.mark.parametrize(("severity", "aql"), PRINTED, ids=str)
def test_a_printed_column_is_told_cell_by_cell_with_its_arrows_followed(severity: Severity, aql: str) -> None:
    cells = PRINTED[severity, aql].split()
    sizes = REDUCED_SIZES if severity is R else SIZES
    for row, letter in enumerate(ROWS):
        at = row
        while cells[at] in "v^":
            at += 1 if cells[at] == "v" else -1
        accept = int(cells[at])
        assert plan_of(letter, Decimal(aql), severity) == Plan(ROWS[at], sizes[at], accept, accept + 1), letter


@pytest.mark.parametrize(
    ("lot_size", "level", "aql", "severity", "expected"),
    [
        (1000, "II", "1.0", N, ("J", 80, 2)), (1000, "II", "1.0", T, ("J", 80, 1)), (1000, "II", "1.0", R, ("J", 32, 1)),
        (1200, "II", "4.0", N, ("J", 80, 7)), (41, "II", "4.0", N, ("E", 13, 1)), (150, "II", "1.5", N, ("G", 32, 1)),
        (3200, "II", "2.5", N, ("K", 125, 7)), (3200, "II", "2.5", T, ("K", 125, 5)), (500_001, "III", "0.010", N, ("Q", 1250, 0)),
        (500_000, "III", "0.025", T, ("S", 3150, 1)), (5000, "S-4", "0.65", N, ("F", 20, 0)), (100, "S-1", "6.5", N, ("A", 2, 0)),
    ],
)  # fmt: skip
def test_a_lot_gets_the_published_plan(lot_size: int, level: str, aql: str, severity: Severity, expected: tuple[str, int, int]) -> None:
    found = single_plan(lot_size, level, Decimal(aql), severity)
    assert (found.code_letter, found.sample_size, found.accept, found.reject) == (*expected, expected[2] + 1)
    assert not found.full


def test_a_sample_as_large_as_the_lot_means_every_item_with_the_same_numbers() -> None:
    found = single_plan(40, "II", Decimal("0.40"), N)
    assert (found.sample_size, found.accept, found.full) == (32, 0, False)
    found = single_plan(30, "II", Decimal("0.40"), N)
    assert (found.sample_size, found.accept, found.reject, found.full) == (30, 0, 1, True)


@pytest.mark.parametrize(("lot_size", "letters"), [(2, "AAAAAAB"), (8, "AAAAAAB"), (9, "AAAAABC"), (280, "BCDEEGH"), (281, "BCDEFHJ"),
                                                   (150_000, "DEGJLNP"), (500_000, "DEGJMPQ"), (500_001, "DEHKNQR")])  # fmt: skip
def test_code_letters_change_where_the_standard_changes_them(lot_size: int, letters: str) -> None:
    assert "".join(code_letter(lot_size, level) for level in LEVELS) == letters


def test_letters_grow_with_the_lot_and_the_level() -> None:
    for level in LEVELS:
        assert list(LEVELS[level]) == sorted(LEVELS[level])
    for general in zip(*(LEVELS[level] for level in ("I", "II", "III")), strict=True):
        assert list(general) == sorted(general)


@pytest.mark.parametrize("severity", [N, T, R])
def test_plans_know_their_severity_at_the_aql(severity: Severity) -> None:
    """The chance of accepting a lot at the AQL: 87 of 100 at least normally, less when tightened, more when reduced."""
    for letter in ROWS:
        for aql in AQLS[:16]:
            try:
                plan = plan_of(letter, aql, severity)
            except MissingPlanError:
                continue
            chance = accepted(plan, float(aql))
            low = {N: 0.87, T: 0.79, R: 0.87}[severity]
            assert chance >= low, (letter, aql, plan, chance)


def test_tightened_is_never_easier_than_normal_nor_reduced_harder() -> None:
    for letter in ROWS:
        for aql in AQLS[:16]:
            normal, tightened = plan_of(letter, aql, N), plan_of(letter, aql, T)
            for percent in (float(aql) * 0.5, float(aql), float(aql) * 3):
                if percent < 50:
                    assert accepted(tightened, percent) <= accepted(normal, percent) + 1e-9, (letter, aql)
            try:
                reduced = plan_of(letter, aql, R)
            except MissingPlanError:
                continue
            assert reduced.sample_size <= normal.sample_size
            assert accepted(reduced, float(aql)) >= accepted(normal, float(aql)) - 0.02


def test_a_column_discriminates_better_with_every_letter_that_has_a_plan_of_its_own() -> None:
    for severity in (N, T):
        for aql in AQLS[:16]:
            plans = {plan.code_letter: plan for plan in (plan_of(letter, aql, severity) for letter in ROWS)}
            limits = [float(stats.beta.isf(0.10, plan.accept + 1, plan.sample_size - plan.accept)) for plan in plans.values()]
            assert limits == sorted(limits, reverse=True), (severity, aql)


def test_n_times_aql_is_constant_along_a_diagonal() -> None:
    """Each step is a factor of about 1.6 in both, so that a diagonal has one acceptance number and one chance."""
    for letter in range(4, 15):
        for aql in range(2, 15):
            one, other = plan_of(ROWS[letter], AQLS[aql], N), plan_of(ROWS[letter + 1], AQLS[aql - 1], N)
            if one.code_letter == ROWS[letter] and other.code_letter == ROWS[letter + 1]:
                assert one.accept == other.accept
                ratio = one.sample_size * float(AQLS[aql]) / (other.sample_size * float(AQLS[aql - 1]))
                assert 0.9 < ratio < 1.12


def test_above_aql_10_nonconformities_per_100_items_follow_poisson() -> None:
    for letter in "ABCDE":
        for aql in AQLS[17:]:
            plan = plan_of(letter, aql, N)
            chance = float(stats.poisson.cdf(plan.accept, plan.sample_size * float(aql) / 100))
            assert chance >= 0.87, (letter, aql, plan)


def test_what_is_not_in_the_tables_is_refused() -> None:
    with pytest.raises(UnknownAqlError):
        single_plan(100, "II", Decimal("2.0"))
    with pytest.raises(UnknownLevelError):
        single_plan(100, "IV", Decimal("2.5"))
    for wrong in (1, 0, -5, 1_000_000_001):
        with pytest.raises(WrongLotSizeError):
            single_plan(wrong, "II", Decimal("2.5"))
    with pytest.raises(MissingPlanError):
        single_plan(1000, "II", Decimal(25), R)
    for letter in "QR":
        with pytest.raises(MissingPlanError):
            plan_of(letter, Decimal("0.025"), R)


def test_every_other_cell_leads_to_a_plan() -> None:
    for letter in ROWS:
        for aql in AQLS:
            assert plan_of(letter, aql, N).accept >= 0
            assert plan_of(letter, aql, T).accept >= 0
            if aql <= 10 and not (letter in "QR" and aql == Decimal("0.025")):
                assert plan_of(letter, aql, R).accept >= 0
