"""What a tank's draws took of its fills, by the policy that the user chooses: pure rules, exact in fractions (MODEL: Tanks)."""

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from backend.genealogy.rules import Certainty

NOTHING: Final = Fraction(0)


class TankPolicy(StrEnum):
    """How what was drawn from a tank is told apart. It shapes certainty and quantities, never what is reached: holds take all as possible."""

    EVERYTHING_SINCE_CLEANING = "everything_since_cleaning"
    FIRST_IN_FIRST_OUT = "first_in_first_out"
    WELL_MIXED = "well_mixed"


class Basis(StrEnum):
    """Where a quantity comes from. Allocated: worked out of the other side of the same step, as if nothing were lost in it."""

    MEASURED = "measured"
    ALLOCATED = "allocated"
    NOT_TOLD = "not_told"


class TankStep(IntEnum):
    """What happens to a tank; at one instant it counts in this order: what goes in at a moment can be drawn at it.

    BEGUN: commissioned, or filled for the first time after it was shipped. CLEANED: cleaned, emptied as a whole, or destroyed.
    """

    BEGUN = 1
    FILLED = 2
    DRAWN = 3
    CLEANED = 4


@dataclass(frozen=True, slots=True)
class TankFact:
    """One thing that one event says of a tank. `quantity` is in the tank's base unit, None where it isn't told.

    `content` is the object that went in (a lot, a unit, or the transformation that filled it); of a draw it is the content that the
    event itself names, mostly None. `number` tells facts apart and stands for the event outside of the tenant.
    """

    at: datetime
    step: TankStep
    number: int
    content: int | None = None
    quantity: Fraction | None = None
    basis: Basis = Basis.MEASURED


@dataclass(frozen=True, slots=True)
class Share:
    """How much of one content a draw took, or the tank still holds; None where the policy or the events don't tell."""

    content: int
    quantity: Fraction | None
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Drawn:
    """A draw with its shares. `overdrawn` is what it took beyond all that is known to have been in the tank: that came from elsewhere.

    `by_policy` is false where a quantity that the policy needs isn't told: then everything since the cleaning is told instead.
    """

    fact: TankFact
    shares: tuple[Share, ...]
    overdrawn: Fraction
    level: Fraction | None
    by_policy: bool


@dataclass(frozen=True, slots=True)
class Level:
    """How much was in the tank after a fact; None where it can't be told."""

    fact: TankFact
    level: Fraction | None


@dataclass(frozen=True, slots=True)
class TankHistory:
    """A tank's draws, its levels, and what is in it at the end."""

    policy: TankPolicy
    draws: tuple[Drawn, ...]
    levels: tuple[Level, ...]
    composition: tuple[Share, ...]
    cleaned_at: datetime | None


@dataclass(slots=True)
class _Life:
    """What went in since the last cleaning. Of each content `parts` × `scale` is left; drawing evenly changes the scale alone."""

    parts: dict[int, Fraction] = field(default_factory=dict)
    queue: deque[tuple[int, Fraction]] = field(default_factory=deque)
    scale: Fraction = Fraction(1)
    level: Fraction = NOTHING
    known: bool = True

    def fill(self, content: int, quantity: Fraction | None) -> None:
        """One fill more; from one without a quantity on, no share can be told until the next cleaning."""
        self.known = self.known and quantity is not None
        amount = quantity if quantity is not None else NOTHING
        self.parts[content] = self.parts.get(content, NOTHING) + amount / self.scale
        self.queue.append((content, amount))
        self.level += amount

    def take_mixed(self, quantity: Fraction, *, tell: bool) -> dict[int, Fraction]:
        """Take at most what is there, of everything alike. The parts are worked out only where they are wanted."""
        drawn = min(self.level, quantity)
        factor = self.scale * drawn / self.level if drawn else NOTHING
        taken = {content: part * factor for content, part in self.parts.items() if part} if tell and drawn else {}
        self.level -= drawn
        if self.level:
            self.scale *= self.level / (self.level + drawn)
        else:
            self._emptied()
        return taken

    def take_first(self, quantity: Fraction, only: int | None = None) -> dict[int, Fraction]:
        """Take at most what is there, the oldest first; with `only` of that content."""
        taken: dict[int, Fraction] = {}
        passed: list[tuple[int, Fraction]] = []
        while self.queue and quantity:
            content, left = self.queue.popleft()
            part = min(left, quantity) if only in (None, content) else NOTHING
            taken[content] = taken.get(content, NOTHING) + part
            quantity -= part
            if part < left:
                passed.append((content, left - part))
        self.queue.extendleft(reversed(passed))
        for content, part in taken.items():
            self.parts[content] -= part / self.scale
            self.level -= part
        if not self.level:
            self._emptied()
        return taken

    def take_named(self, content: int, quantity: Fraction) -> dict[int, Fraction]:
        """Take at most what is left of one content in a mixture."""
        part = min(self.parts.get(content, NOTHING) * self.scale, quantity)
        if part:
            self.parts[content] -= part / self.scale
            self.level -= part
        return {content: part} if part else {}

    def left(self) -> dict[int, Fraction]:
        """How much of each content is in the tank."""
        return {content: part * self.scale for content, part in self.parts.items()}

    def _emptied(self) -> None:
        self.parts, self.scale = dict.fromkeys(self.parts, NOTHING), Fraction(1)
        self.queue.clear()


def follow(facts: Iterable[TankFact], policy: TankPolicy, *, wanted: Collection[int] | None = None, begun: bool = True) -> TankHistory:
    """The history of a tank, as a function of the set of facts: in what order they are given doesn't matter.

    Shares are told of the draws whose facts have the numbers `wanted`, of all for None. Where the facts don't begin with the tank's own
    beginning (`begun`), nothing is told by the policy before the first cleaning among them.
    """
    life, draws, levels, cleaned_at = _Life(known=begun), [], [], None
    for fact in sorted(facts, key=lambda fact: (fact.at, fact.step, fact.number, fact.content or 0)):
        if fact.step in (TankStep.BEGUN, TankStep.CLEANED):
            life, cleaned_at = _Life(), fact.at
        elif fact.step is TankStep.DRAWN:
            draws.append(_draw(life, fact, policy, tell=wanted is None or fact.number in wanted))
        elif fact.content is not None:
            life.fill(fact.content, fact.quantity)
        levels.append(Level(fact, life.level if life.known else None))
    return TankHistory(policy, tuple(draws), tuple(levels), _inside(life, policy), cleaned_at)


def _draw(life: _Life, fact: TankFact, policy: TankPolicy, *, tell: bool) -> Drawn:
    """After a draw without a quantity nothing can be told by a policy until the next cleaning."""
    if not life.known or fact.quantity is None:
        life.known = False
        shares = _everything(life, fact, None) if tell else ()
        return Drawn(fact, shares, NOTHING, None, by_policy=policy is TankPolicy.EVERYTHING_SINCE_CLEANING)
    taken = _take(life, fact, fact.quantity, mixed=policy is TankPolicy.WELL_MIXED, tell=tell)
    shares = ()
    if tell and policy is TankPolicy.EVERYTHING_SINCE_CLEANING:
        shares = _everything(life, fact, taken.quantity)
    elif tell:
        shares = tuple(_share(content, taken.parts.get(content, NOTHING)) for content in life.parts)
    return Drawn(fact, shares, fact.quantity - taken.quantity, life.level, by_policy=True)


def _share(content: int, quantity: Fraction) -> Share:
    """What the policy says came out is certain under it; the rest stays in reach, with nothing of it taken."""
    return Share(content, quantity, Certainty.CERTAIN if quantity else Certainty.POSSIBLE)


def _everything(life: _Life, fact: TankFact, quantity: Fraction | None) -> tuple[Share, ...]:
    """All that went in since the cleaning may have come out; what was alone in the tank, or is named by the event, did."""
    alone = len(life.parts) == 1
    return tuple(
        Share(content, quantity if alone else None, Certainty.CERTAIN if alone or content == fact.content else Certainty.POSSIBLE)
        for content in life.parts
    )


class _Taken(NamedTuple):
    quantity: Fraction
    parts: dict[int, Fraction]


def _take(life: _Life, fact: TankFact, quantity: Fraction, *, mixed: bool, tell: bool) -> _Taken:
    """Take a quantity out: first of the content that the event names, then by the policy; at most what is there."""
    before = life.level
    named: dict[int, Fraction] = {}
    if fact.content is not None:
        named = life.take_named(fact.content, quantity) if mixed else life.take_first(quantity, fact.content)
    rest = quantity - sum(named.values(), NOTHING)
    others = life.take_mixed(rest, tell=tell) if mixed else life.take_first(rest)
    parts = {content: named.get(content, NOTHING) + others.get(content, NOTHING) for content in named.keys() | others.keys()}
    return _Taken(before - life.level, parts)


def _inside(life: _Life, policy: TankPolicy) -> tuple[Share, ...]:
    """What is in the tank now. Without a policy that tells, all that went in since the cleaning may be, unless the tank is empty."""
    if life.known and not life.level:
        return ()
    alone = len(life.parts) == 1
    if life.known and (alone or policy is not TankPolicy.EVERYTHING_SINCE_CLEANING):
        return tuple(Share(content, quantity, Certainty.CERTAIN) for content, quantity in life.left().items() if quantity)
    return tuple(Share(content, None, Certainty.CERTAIN if alone else Certainty.POSSIBLE) for content in life.parts)
