"""Switching rules, lot by lot, as ISO 2859-1 tells them."""

from hypothesis import given
from hypothesis import strategies as st

from backend.sampling.attributes import Severity
from backend.sampling.switching import FREQUENCIES, Lot, Rule, Skipping, State, after, begun, is_inspected

N, T, R, D = Severity.NORMAL, Severity.TIGHTENED, Severity.REDUCED, Severity.DISCONTINUED


def run(
    state: State, lots: str, *, accept_number: int = 1, reduced: bool = True, skip: bool = False, tighter: bool | None = True
) -> tuple[State, list[Rule]]:
    """Lots as "1" and "0", one after the other."""
    rules: list[Rule] = []
    for lot in lots:
        step = after(state, Lot(lot == "1", accept_number, tighter), reduced_allowed=reduced, skip_allowed=skip)
        state, rules = step.state, rules + [rule for rule, _ in step.rules]
    return state, rules


def test_two_of_five_tighten_and_two_of_six_do_not() -> None:
    assert run(State(), "01110")[0].severity is T
    assert run(State(), "00")[0].severity is T
    assert run(State(), "011110")[0].severity is N
    assert run(State(), "0111100") == (begun(T), [Rule.TWO_OF_FIVE])


def test_the_lots_behind_the_switch_are_counted_from_the_first_that_was_not_accepted() -> None:
    state, _ = run(State(), "111011")
    step = after(state, Lot(False, 1), reduced_allowed=False)
    assert step.rules == ((Rule.TWO_OF_FIVE, 4),)


def test_five_in_a_row_make_it_normal_again() -> None:
    assert run(begun(T), "1111")[0].severity is T
    assert run(begun(T), "11110" + "1111")[0].severity is T
    assert run(begun(T), "011111") == (begun(N), [Rule.FIVE_ACCEPTED])


def test_five_not_accepted_under_tightened_inspection_discontinue_it_and_no_lot_changes_that() -> None:
    state, rules = run(begun(T), "0101010110" + "0")
    assert (state.severity, rules) == (D, [Rule.FIVE_NOT_ACCEPTED_WHEN_TIGHTENED])
    assert run(state, "1" * 30)[0] == state
    # Normal inspection in between begins a new count.
    assert run(begun(T), "0000" + "11111" + "00" + "0000")[0].severity is T


def test_the_score_counts_two_a_lot_up_to_ac_1_and_three_above_where_one_aql_tighter_would_accept() -> None:
    assert run(State(), "1" * 14)[0].score == 28
    assert run(State(), "1" * 15) == (begun(R), [Rule.SCORE])
    assert run(State(), "1" * 9, accept_number=2)[0].score == 27
    assert run(State(), "1" * 10, accept_number=2)[0].severity is R
    assert run(State(), "1" * 40, accept_number=2, tighter=False)[0].score == 0
    assert run(State(), "1" * 40, accept_number=2, tighter=None)[0].score == 0
    assert run(State(), "1" * 14 + "0" + "1")[0].score == 2


def test_reduced_inspection_needs_leave_and_ends_with_a_lot_or_with_the_leave() -> None:
    waiting, _ = run(State(), "1" * 20, reduced=False)
    assert (waiting.severity, waiting.score) == (N, 40)
    assert run(begun(R), "1" * 50)[0].severity is R
    assert run(begun(R), "10") == (begun(N), [Rule.NOT_ACCEPTED_WHEN_REDUCED])
    assert run(begun(R), "1", reduced=False)[0].severity is N


def test_skipping_begins_after_ten_gets_rarer_is_interrupted_and_resumed() -> None:
    state, rules = run(State(), "1" * 10, skip=True, reduced=False)
    assert (state.skipping, state.frequency, rules) == (Skipping.SKIPPING, 2, [Rule.SKIP_QUALIFIED])
    state, rules = run(state, "1" * 30, skip=True, reduced=False)
    assert (state.frequency, rules) == (FREQUENCIES[-1], [Rule.SKIP_RARER, Rule.SKIP_RARER])
    state, rules = run(state, "0", skip=True, reduced=False)
    assert (state.skipping, rules) == (Skipping.INTERRUPTED, [Rule.SKIP_INTERRUPTED])
    resumed, rules = run(state, "1111", skip=True, reduced=False)
    assert (resumed.skipping, resumed.frequency, rules) == (Skipping.SKIPPING, 3, [Rule.SKIP_RESUMED])
    ended, rules = run(state, "10", skip=True, reduced=False)
    assert (ended.skipping, ended.frequency, ended.severity) == (Skipping.LOT_BY_LOT, 1, T)
    assert Rule.SKIP_DISQUALIFIED in rules


def test_a_lot_is_drawn_by_its_name_and_always_alike() -> None:
    state = State(skipping=Skipping.SKIPPING, frequency=4)
    drawn = [is_inspected(state, "nonce", f"lot {number}") for number in range(4_000)]
    assert 850 < sum(drawn) < 1_150
    assert drawn == [is_inspected(state, "nonce", f"lot {number}") for number in range(4_000)]
    assert is_inspected(state, "nonce", "")
    assert all(is_inspected(State(), "nonce", f"lot {number}") for number in range(50))


@given(st.text("01", max_size=120), st.integers(0, 3), st.booleans(), st.booleans())
def test_whatever_the_lots_the_state_stays_sound(lots: str, accept_number: int, reduced: bool, skip: bool) -> None:
    state = State()
    for lot in lots:
        before, step = state, after(state, Lot(lot == "1", accept_number, True), reduced_allowed=reduced, skip_allowed=skip)
        state = step.state
        assert len(state.recent) <= 10
        assert state.score >= 0
        assert 0 <= state.refused < 5
        assert (state.skipping is Skipping.LOT_BY_LOT) == (state.frequency == 1)
        if lot == "0" and before.severity is not D:
            assert state.score == 0
            assert state.severity is not R
        if state.severity in (T, D):
            assert state.skipping is Skipping.LOT_BY_LOT
        if before.severity is D:
            assert state == before
