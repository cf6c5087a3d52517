"""When severity switches (ISO 2859-1:1999, 9.3 and 9.4), and when lots are skipped: pure, one lot after the other.

Each class of nonconformities of a plan switches by itself. Skipping lots follows the states of ISO 2859-3: lot by lot, skipping,
interrupted. Its tables of cumulative sample sizes and scores could not be verified; lots qualify here by their number alone.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from backend.sampling.attributes import Severity

WINDOW: Final = 5
TIGHTEN_AFTER: Final = 2
NORMAL_AFTER: Final = 5
DISCONTINUE_AFTER: Final = 5
REDUCE_AT: Final = 30
QUALIFY_AFTER: Final = 10
RESUME_AFTER: Final = 4
DISQUALIFY_AFTER: Final = 10
# One lot of so many is inspected; more are skipped step by step.
FREQUENCIES: Final = (2, 3, 4)


class Skipping(IntEnum):
    """State of skip-lot sampling (ISO 2859-3, 5); the numbers are stored and never change."""

    LOT_BY_LOT = 1
    SKIPPING = 2
    INTERRUPTED = 3


class Rule(IntEnum):
    """Why a state changed; the numbers are stored and never change."""

    TWO_OF_FIVE = 1
    FIVE_ACCEPTED = 2
    SCORE = 3
    NOT_ACCEPTED_WHEN_REDUCED = 4
    FIVE_NOT_ACCEPTED_WHEN_TIGHTENED = 5
    BY_DECISION = 6
    SKIP_QUALIFIED = 7
    SKIP_RARER = 8
    SKIP_INTERRUPTED = 9
    SKIP_RESUMED = 10
    SKIP_DISQUALIFIED = 11


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot on original inspection. `tighter_accepted`: whether it would have been accepted one AQL tighter; None where nobody counted."""

    accepted: bool
    accept_number: int
    tighter_accepted: bool | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Where a class of a plan stands for a product and supplier.

    `recent`: the lots of this severity, newest last, "1" accepted and "0" not, at most ten. `refused`: not accepted since tightened
    inspection began. `skip_run`: inspected lots accepted one after the other since skipping last changed.
    """

    severity: Severity = Severity.NORMAL
    score: int = 0
    recent: str = ""
    refused: int = 0
    skipping: Skipping = Skipping.LOT_BY_LOT
    frequency: int = 1
    skip_run: int = 0
    skip_lots: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """The state after a lot, and the rules that it fulfilled with the number of lots that each needed."""

    state: State
    rules: tuple[tuple[Rule, int], ...] = ()


def after(state: State, lot: Lot, *, reduced_allowed: bool, skip_allowed: bool = False) -> Step:
    """The state after one more lot. Under discontinued inspection nothing changes: lots then are not decided by sampling."""
    if state.severity is Severity.DISCONTINUED:
        return Step(state)
    state = replace(state, recent=(state.recent + ("1" if lot.accepted else "0"))[-2 * WINDOW :])
    decide = {Severity.NORMAL: _normal, Severity.TIGHTENED: _tightened, Severity.REDUCED: _reduced}[state.severity]
    step = decide(state, lot, reduced_allowed)
    return _skip(step, lot) if skip_allowed else step


def begun(severity: Severity) -> State:
    """A severity that begins: what was counted before it counts no more."""
    return State(severity)


def is_inspected(state: State, nonce: str, reference: str) -> bool:
    """Whether a lot is drawn for inspection: by chance at the state's frequency, always the same for the same reference; without one, always."""
    if state.skipping is not Skipping.SKIPPING or state.frequency <= 1 or not reference:
        return True
    drawn = int.from_bytes(hashlib.sha256(f"{nonce}\n{reference}".encode()).digest()[:8])
    return drawn % state.frequency == 0


def _switched(state: State, severity: Severity, rule: Rule, lots: int) -> Step:
    kept = replace(begun(severity), skipping=state.skipping, frequency=state.frequency, skip_run=state.skip_run, skip_lots=state.skip_lots)
    return Step(kept, ((rule, lots),))


def _normal(state: State, lot: Lot, reduced_allowed: bool) -> Step:
    state = replace(state, score=_score(state.score, lot))
    window = state.recent[-WINDOW:]
    if window.count("0") >= TIGHTEN_AFTER:
        return _switched(state, Severity.TIGHTENED, Rule.TWO_OF_FIVE, len(window) - window.index("0"))
    if state.score >= REDUCE_AT and reduced_allowed:
        return _switched(state, Severity.REDUCED, Rule.SCORE, len(state.recent))
    return Step(state)


def _score(score: int, lot: Lot) -> int:
    """The switching score for single sampling (9.3.3.2.2)."""
    if not lot.accepted:
        return 0
    if lot.accept_number <= 1:
        return score + 2
    if lot.tighter_accepted is None:
        return score
    return score + 3 if lot.tighter_accepted else 0


def _tightened(state: State, lot: Lot, reduced_allowed: bool) -> Step:
    del reduced_allowed
    state = replace(state, refused=state.refused + (not lot.accepted))
    if state.refused >= DISCONTINUE_AFTER:
        return _switched(state, Severity.DISCONTINUED, Rule.FIVE_NOT_ACCEPTED_WHEN_TIGHTENED, DISCONTINUE_AFTER)
    if state.recent.endswith("1" * NORMAL_AFTER):
        return _switched(state, Severity.NORMAL, Rule.FIVE_ACCEPTED, NORMAL_AFTER)
    return Step(state)


def _reduced(state: State, lot: Lot, reduced_allowed: bool) -> Step:
    if not lot.accepted:
        return _switched(state, Severity.NORMAL, Rule.NOT_ACCEPTED_WHEN_REDUCED, 1)
    if not reduced_allowed:
        return _switched(state, Severity.NORMAL, Rule.BY_DECISION, 1)
    return Step(state)


def _skip(step: Step, lot: Lot) -> Step:
    """The lot's effect on skipping. Tightened and discontinued inspection end it."""
    state = step.state
    if state.severity in (Severity.TIGHTENED, Severity.DISCONTINUED):
        changed = replace(state, skipping=Skipping.LOT_BY_LOT, frequency=1, skip_run=0, skip_lots=0)
        ended = ((Rule.SKIP_DISQUALIFIED, 1),) if state.skipping is not Skipping.LOT_BY_LOT else ()
        return Step(changed, step.rules + ended)
    run, lots = (state.skip_run + 1 if lot.accepted else 0), state.skip_lots + 1
    state = replace(state, skip_run=run, skip_lots=lots)
    decide = {Skipping.LOT_BY_LOT: _lot_by_lot, Skipping.SKIPPING: _skipping, Skipping.INTERRUPTED: _interrupted}[state.skipping]
    changed, rules = decide(state, lot)
    return Step(changed, step.rules + rules)


_Rules = tuple[tuple[Rule, int], ...]


def _lot_by_lot(state: State, lot: Lot) -> tuple[State, _Rules]:
    del lot
    if state.skip_run < QUALIFY_AFTER:
        return state, ()
    return replace(state, skipping=Skipping.SKIPPING, frequency=FREQUENCIES[0], skip_run=0, skip_lots=0), ((Rule.SKIP_QUALIFIED, QUALIFY_AFTER),)


def _skipping(state: State, lot: Lot) -> tuple[State, _Rules]:
    if not lot.accepted:
        return replace(state, skipping=Skipping.INTERRUPTED, skip_run=0, skip_lots=0), ((Rule.SKIP_INTERRUPTED, 1),)
    if state.skip_run < QUALIFY_AFTER or state.frequency == FREQUENCIES[-1]:
        return state, ()
    return replace(state, frequency=state.frequency + 1, skip_run=0, skip_lots=0), ((Rule.SKIP_RARER, QUALIFY_AFTER),)


def _interrupted(state: State, lot: Lot) -> tuple[State, _Rules]:
    if state.skip_run >= RESUME_AFTER:
        frequency = max(FREQUENCIES[0], state.frequency - 1)
        return replace(state, skipping=Skipping.SKIPPING, frequency=frequency, skip_run=0, skip_lots=0), ((Rule.SKIP_RESUMED, RESUME_AFTER),)
    if not lot.accepted or state.skip_lots >= DISQUALIFY_AFTER:
        return replace(state, skipping=Skipping.LOT_BY_LOT, frequency=1, skip_run=0, skip_lots=0), ((Rule.SKIP_DISQUALIFIED, 1),)
    return state, ()


def lots_behind(rules: Sequence[tuple[Rule, int]], rule: Rule) -> int:
    """How many of the last lots made a rule apply."""
    return next((lots for found, lots in rules if found is rule), 1)
