"""Tanks by exact examples, and what holds of every history: mass is kept, whatever the policy."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from backend.balance.tanks import Share, TankFact, TankHistory, TankPolicy, TankStep, follow
from backend.genealogy.rules import Certainty

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
A, B, C = 1, 2, 3
CERTAIN, POSSIBLE = Certainty.CERTAIN, Certainty.POSSIBLE
EVERYTHING, FIFO, MIXED = TankPolicy.EVERYTHING_SINCE_CLEANING, TankPolicy.FIRST_IN_FIRST_OUT, TankPolicy.WELL_MIXED


def fact(minute: int, step: TankStep, quantity: int | None = None, content: int | None = None) -> TankFact:
    return TankFact(BEGIN + timedelta(minutes=minute), step, minute, content, None if quantity is None else Fraction(quantity))


def filled(minute: int, content: int, quantity: int | None) -> TankFact:
    return fact(minute, TankStep.FILLED, quantity, content)


def drawn(minute: int, quantity: int | None, content: int | None = None) -> TankFact:
    return fact(minute, TankStep.DRAWN, quantity, content)


def cleaned(minute: int) -> TankFact:
    return fact(minute, TankStep.CLEANED)


def shares(history: TankHistory) -> list[dict[int, tuple[Fraction | None, Certainty]]]:
    return [{share.content: (share.quantity, share.certainty) for share in draw.shares} for draw in history.draws]


FILLED_TWICE = [filled(1, A, 60), filled(2, B, 40), drawn(3, 50), drawn(4, 50)]


def test_everything_since_cleaning_is_possible() -> None:
    found = follow(FILLED_TWICE, EVERYTHING)
    assert shares(found) == [{A: (None, POSSIBLE), B: (None, POSSIBLE)}] * 2
    assert [level.level for level in found.levels] == [60, 100, 50, 0]
    assert found.composition == ()


def test_what_is_alone_in_the_tank_is_certain_under_every_policy() -> None:
    for policy in TankPolicy:
        found = follow([filled(1, A, 60), drawn(2, 20)], policy)
        assert shares(found) == [{A: (Fraction(20), CERTAIN)}]
        assert found.composition == (Share(A, Fraction(40), CERTAIN),)


def test_first_in_goes_first_out() -> None:
    assert shares(follow(FILLED_TWICE, FIFO)) == [
        {A: (Fraction(50), CERTAIN), B: (Fraction(0), POSSIBLE)},
        {A: (Fraction(10), CERTAIN), B: (Fraction(40), CERTAIN)},
    ]


def test_well_mixed_goes_out_in_proportion() -> None:
    half = {A: (Fraction(30), CERTAIN), B: (Fraction(20), CERTAIN)}
    assert shares(follow(FILLED_TWICE, MIXED)) == [half, half]
    story = [filled(1, A, 60), drawn(2, 30), filled(3, B, 30), drawn(4, 20), filled(5, C, 20)]
    assert follow(story, MIXED).composition == (
        Share(A, Fraction(20), CERTAIN), Share(B, Fraction(20), CERTAIN), Share(C, Fraction(20), CERTAIN),
    )  # fmt: skip


def test_thirds_are_exact() -> None:
    found = follow([filled(1, A, 1), filled(2, B, 2), drawn(3, 1)], MIXED)
    assert shares(found) == [{A: (Fraction(1, 3), CERTAIN), B: (Fraction(2, 3), CERTAIN)}]


@pytest.mark.parametrize("policy", list(TankPolicy))
def test_nothing_passes_a_cleaning(policy: TankPolicy) -> None:
    found = follow([filled(1, A, 60), cleaned(2), filled(3, B, 40), drawn(4, 10)], policy)
    assert shares(found) == [{B: (Fraction(10), CERTAIN)}]
    assert found.cleaned_at == BEGIN + timedelta(minutes=2)


@pytest.mark.parametrize("policy", list(TankPolicy))
def test_overdraw_is_said_and_comes_from_nowhere(policy: TankPolicy) -> None:
    found = follow([filled(1, A, 30), drawn(2, 50), filled(3, B, 10), drawn(4, 10)], policy)
    assert [draw.overdrawn for draw in found.draws] == [20, 0]
    assert shares(found)[0] == {A: (Fraction(30), CERTAIN)}
    # What was taken too much before doesn't eat what is filled in later.
    assert found.draws[1].level == 0
    if policy is not EVERYTHING:
        assert shares(found)[1][B] == (Fraction(10), CERTAIN)


@pytest.mark.parametrize("policy", [FIFO, MIXED])
def test_policy_is_silent_from_a_quantity_that_is_not_told_to_the_next_cleaning(policy: TankPolicy) -> None:
    story = [filled(1, A, None), filled(2, B, 40), drawn(3, 10), cleaned(4), filled(5, C, 5), filled(6, A, 5), drawn(7, 5)]
    found = follow(story, policy)
    assert shares(found)[0] == {A: (None, POSSIBLE), B: (None, POSSIBLE)}
    assert [draw.by_policy for draw in found.draws] == [False, True]
    assert [level.level for level in found.levels] == [None, None, None, 0, 5, 10, 5]
    assert follow([filled(1, A, 10), filled(2, B, 10), drawn(3, None), drawn(4, 5)], policy).draws[1].by_policy is False


def test_content_that_the_event_names_goes_first() -> None:
    story = [filled(1, A, 50), filled(2, B, 50), drawn(3, 40, B)]
    for policy in (FIFO, MIXED):
        found = follow(story, policy)
        assert shares(found) == [{A: (Fraction(0), POSSIBLE), B: (Fraction(40), CERTAIN)}]
        assert found.composition == (Share(A, Fraction(50), CERTAIN), Share(B, Fraction(10), CERTAIN))
    assert shares(follow(story, EVERYTHING)) == [{A: (None, POSSIBLE), B: (None, CERTAIN)}]
    more = follow([filled(1, A, 50), filled(2, B, 50), drawn(3, 60, B)], MIXED)
    assert shares(more) == [{A: (Fraction(10), CERTAIN), B: (Fraction(50), CERTAIN)}]


def test_facts_that_begin_in_the_middle_tell_nothing_before_the_first_cleaning() -> None:
    found = follow([filled(1, A, 10), filled(2, B, 10), drawn(3, 5), cleaned(4), filled(5, C, 5), drawn(6, 5)], FIFO, begun=False)
    assert [draw.by_policy for draw in found.draws] == [False, True]


def test_only_wanted_draws_are_told() -> None:
    found = follow(FILLED_TWICE, MIXED, wanted={4})
    assert shares(found) == [{}, {A: (Fraction(30), CERTAIN), B: (Fraction(20), CERTAIN)}]


AMOUNTS = some.integers(min_value=1, max_value=10**6).map(lambda number: Fraction(number, 1000))
STEPS = some.one_of(
    some.tuples(some.just(TankStep.FILLED), AMOUNTS, some.sampled_from([A, B, C])),
    some.tuples(some.just(TankStep.DRAWN), AMOUNTS, some.sampled_from([None, None, A, B])),
    some.tuples(some.just(TankStep.CLEANED), some.none(), some.none()),
)


@given(some.lists(STEPS, max_size=30), some.sampled_from([FIFO, MIXED]))
def test_mass_is_kept(steps: list[tuple[TankStep, Fraction | None, int | None]], policy: TankPolicy) -> None:
    facts = [TankFact(BEGIN + timedelta(minutes=minute), step, minute, content, quantity) for minute, (step, quantity, content) in enumerate(steps)]
    found = follow(facts, policy)
    last = max((one.number for one in facts if one.step is TankStep.CLEANED), default=-1)
    since = [one for one in facts if one.number > last]
    out = [share for draw in found.draws if draw.fact.number > last for share in draw.shares]
    for content in (A, B, C):
        put_in = sum((one.quantity or 0 for one in since if one.step is TankStep.FILLED and one.content == content), Fraction(0))
        assert put_in == sum((share.quantity or 0 for share in (*out, *found.composition) if share.content == content), Fraction(0))
    for draw in found.draws:
        taken = sum((share.quantity or 0 for share in draw.shares), Fraction(0))
        assert draw.fact.quantity == taken + draw.overdrawn
        assert all((share.quantity or 0) >= 0 for share in draw.shares)
    assert (found.levels[-1].level if found.levels else 0) == sum((share.quantity or 0 for share in found.composition), Fraction(0))


@given(some.lists(STEPS, max_size=20), some.randoms(use_true_random=False))
def test_order_of_telling_does_not_matter(steps: list[tuple[TankStep, Fraction | None, int | None]], chance: object) -> None:
    facts = [TankFact(BEGIN + timedelta(minutes=minute), step, minute, content, quantity) for minute, (step, quantity, content) in enumerate(steps)]
    shuffled = list(facts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    for policy in TankPolicy:
        assert follow(facts, policy) == follow(shuffled, policy)
