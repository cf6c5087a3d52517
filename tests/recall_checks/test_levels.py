"""Levels A to E, samples that can be drawn again, and what a check's answers say."""

from decimal import Decimal

import pytest

from backend.recall_checks.levels import Answers, CheckLevel, CheckState, Stock, changes, counts_of, sample_of, sample_size, share_of, state_of
from infra.errors import InvalidInputError

PARTIES = [f"https://example.com/party/{number}" for number in range(200)]


@pytest.mark.parametrize(("level", "share"), [(CheckLevel.A, 100), (CheckLevel.C, 10), (CheckLevel.D, 2), (CheckLevel.E, 0)])
def test_a_level_has_its_share(level: CheckLevel, share: int) -> None:
    assert share_of(level, None) == share
    with pytest.raises(InvalidInputError):
        share_of(level, Decimal(50))


@pytest.mark.parametrize("percentage", [None, "10", "100", "0", "-5", "NaN", "Infinity"])
def test_level_b_needs_a_share_between_ten_and_a_hundred(percentage: str | None) -> None:
    with pytest.raises(InvalidInputError) as refused:
        share_of(CheckLevel.B, Decimal(percentage) if percentage is not None else None)
    assert refused.value.field == "percentage"
    assert share_of(CheckLevel.B, Decimal("10.5")) == Decimal("10.5")


@pytest.mark.parametrize(("population", "share", "size"), [(200, "100", 200), (200, "2", 4), (3, "10", 1), (1, "2", 1), (0, "100", 0), (50, "0", 0)])
def test_a_sample_is_rounded_up_to_somebody(population: int, share: str, size: int) -> None:
    assert sample_size(population, Decimal(share)) == size


def test_a_sample_is_drawn_again_by_its_seed_whatever_the_order() -> None:
    first = sample_of(PARTIES, Decimal(10), "seed")
    assert (len(first), first) == (20, sample_of(reversed(PARTIES), Decimal(10), "seed"))  # type: ignore[arg-type]
    assert set(first) != set(sample_of(PARTIES, Decimal(10), "another"))


def test_a_greater_share_holds_the_smaller_and_a_new_customer_moves_nobody() -> None:
    small, great = sample_of(PARTIES, Decimal(2), "s"), sample_of(PARTIES, Decimal(50), "s")
    assert great[: len(small)] == small
    more = sample_of([*PARTIES, "new"], Decimal(50), "s")
    assert [party for party in more if party != "new"][:100] == great[: len([p for p in more if p != "new"])]


def test_a_sample_is_spread_evenly() -> None:
    taken = [sum(PARTIES[0] in sample_of(PARTIES, Decimal(10), str(seed)) for seed in range(400))]
    assert 20 < taken[0] < 64


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        (Answers(False), CheckState.UNREACHED),
        (Answers(True, True, True, Stock.NONE), CheckState.EFFECTIVE),
        (Answers(True, True, True, Stock.SET_APART, True), CheckState.EFFECTIVE),
        (Answers(True, True, True, Stock.STILL_ON_SALE), CheckState.INEFFECTIVE),
        (Answers(True, True, True, Stock.NOT_TOLD), CheckState.INEFFECTIVE),
        (Answers(True, False, True, Stock.NONE), CheckState.INEFFECTIVE),
        (Answers(True, True, False, Stock.NONE), CheckState.INEFFECTIVE),
        (Answers(True, True, True, Stock.NONE, False), CheckState.INEFFECTIVE),
    ],
)
def test_what_is_said_decides_whether_it_worked(answers: Answers, state: CheckState) -> None:
    assert state_of(answers) is state


def test_who_was_reached_says_whether_he_was_told() -> None:
    with pytest.raises(InvalidInputError) as refused:
        state_of(Answers(True, True))
    assert refused.value.field == "acted"


def test_a_new_sample_keeps_what_was_asked_and_drops_what_was_not() -> None:
    standing = {"a": CheckState.OPEN, "b": CheckState.EFFECTIVE, "c": CheckState.DROPPED, "d": CheckState.OPEN}
    assert changes(["c", "d", "e"], standing) == (["e"], ["c"], ["a"])


def test_counts_leave_out_whom_the_sample_dropped() -> None:
    counts = counts_of(40, {CheckState.OPEN: 2, CheckState.EFFECTIVE: 2, CheckState.INEFFECTIVE: 1, CheckState.DROPPED: 5}, 1)
    assert (counts.sample, counts.effectiveness, counts.performed) == (5, Decimal("66.66"), Decimal("60.00"))
    assert (counts_of(0, {}, 0).effectiveness, counts_of(0, {}, 0).performed) == (None, None)
