"""Effectiveness checks by level (21 CFR 7.42(b)(3)): how many consignees are asked, which ones, what they are asked, and what it says. No I/O."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from math import ceil
from typing import Final

from backend.recall_checks.facts import percent
from infra.errors import InvalidInputError


class CheckLevel(IntEnum):
    """How many of the consignees are checked (21 CFR 7.42(b)(3)(i)–(v)); the numbers are stored and never change."""

    A = 1
    B = 2
    C = 3
    D = 4
    E = 5


class CheckMethod(IntEnum):
    """How a consignee is asked (21 CFR 7.42(b)(3): visits, telephone, letters or a combination); the numbers are stored and never change."""

    CALL = 1
    VISIT = 2
    LETTER = 3


class CheckState(IntEnum):
    """Where a check stands; the numbers are stored and never change."""

    OPEN = 1
    # Tried, and nobody answered.
    UNREACHED = 2
    INEFFECTIVE = 3
    EFFECTIVE = 4
    # No longer in the sample, before anybody was asked.
    DROPPED = 5


class Stock(IntEnum):
    """What a consignee says of stock that he still has; the numbers are stored and never change."""

    NONE = 1
    SET_APART = 2
    STILL_ON_SALE = 3
    NOT_TOLD = 4


OPEN_STATES: Final = frozenset({CheckState.OPEN, CheckState.UNREACHED})
# What may still be recorded on: an ineffective check is followed up and asked again.
RECORDABLE: Final = OPEN_STATES | {CheckState.INEFFECTIVE}
_FIXED: Final = {CheckLevel.A: Decimal(100), CheckLevel.C: Decimal(10), CheckLevel.D: Decimal(2), CheckLevel.E: Decimal(0)}
SEED_LENGTH: Final = 100


@dataclass(frozen=True, slots=True)
class Answers:
    """What a consignee says. None where he wasn't reached, or couldn't say."""

    reached: bool
    received_notice: bool | None = None
    acted: bool | None = None
    stock: Stock = Stock.NOT_TOLD
    told_onward: bool | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A line of the script: asked in Chinese and English, answered in the field `field` of what is recorded."""

    field: str
    zh: str
    en: str


SCRIPT: Final[Sequence[Question]] = (
    Question(
        "receivedNotice",
        "您是否收到了我们关于该产品的召回通知？何时、由谁收到？",
        "Did you receive our notice about this product? When, and who took it?",
    ),
    Question(
        "acted",
        "您是否已按通知的要求处理（停止销售、隔离、退回或销毁）？",
        "Have you done what it asks: stopped selling, set apart, returned or destroyed?",
    ),
    Question("stock", "您现在还有多少该批次的库存？是否已单独存放并标识？", "How much of these lots do you still have? Is it set apart and marked?"),
    Question("toldOnward", "如果您已转售，是否已通知您的客户？", "If you sold any on, have you told your customers?"),
    Question("note", "您是否收到过与该产品有关的投诉、伤害或疾病的反映？", "Have you heard of complaints, injury or illness from this product?"),
)


def share_of(level: CheckLevel, percentage: Decimal | None) -> Decimal:
    """Per cent of the consignees to be checked. Level B names its own, above 10 and below 100; no other level may."""
    if level is not CheckLevel.B:
        if percentage is not None:
            raise InvalidInputError(f"Level {level.name} has a percentage of its own; name one for level B alone.", field="percentage")
        return _FIXED[level]
    if percentage is None:
        message = "Level B needs its percentage: above 10 and below 100 per cent of the consignees (21 CFR 7.42(b)(3)(ii))."
        raise InvalidInputError(message, field="percentage")
    if not percentage.is_finite() or not 10 < percentage < 100:
        raise InvalidInputError("The percentage of level B is above 10 and below 100 (21 CFR 7.42(b)(3)(ii)).", field="percentage")
    return percentage


def sample_size(population: int, share: Decimal) -> int:
    """How many of so many consignees: rounded up, so that a share above nought of anybody is somebody."""
    return min(population, ceil(population * share / 100))


def sample_of(parties: Collection[str], share: Decimal, seed: str) -> list[str]:
    """A random sample that everybody who knows the seed draws again, in the order in which it was drawn.

    Each consignee's lot is the SHA-256 of seed and party. So a greater share holds the smaller one, and whoever is added later moves nobody.
    """
    drawn = sorted(set(parties), key=lambda party: (hashlib.sha256(f"{seed}\n{party}".encode()).digest(), party))
    return drawn[: sample_size(len(drawn), share)]


def state_of(answers: Answers) -> CheckState:
    """Effective: notified, and has acted, and nothing is left on sale (21 CFR 7.42(b)(3); 7.49)."""
    if not answers.reached:
        return CheckState.UNREACHED
    if answers.received_notice is None or answers.acted is None:
        message = "Say whether the customer received the notice and has acted on it; if that can't be told, he wasn't reached."
        raise InvalidInputError(message, field="receivedNotice" if answers.received_notice is None else "acted")
    works = answers.received_notice and answers.acted and answers.stock in {Stock.NONE, Stock.SET_APART} and answers.told_onward is not False
    return CheckState.EFFECTIVE if works else CheckState.INEFFECTIVE


@dataclass(frozen=True, slots=True)
class Counts:
    """How far the checks are. `effectiveness` is per cent of those that were reached, `performed` of the sample; None of none."""

    population: int
    sample: int
    open: int
    unreached: int
    ineffective: int
    effective: int
    overdue: int

    @property
    def effectiveness(self) -> Decimal | None:
        """Effective, per cent of those who could be asked."""
        return percent(Decimal(self.effective), Decimal(self.effective + self.ineffective))

    @property
    def performed(self) -> Decimal | None:
        """Asked with an answer, per cent of the sample."""
        return percent(Decimal(self.effective + self.ineffective), Decimal(self.sample))


def counts_of(population: int, states: Mapping[CheckState, int], overdue: int) -> Counts:
    """From how many checks stand where."""
    of = {state: states.get(state, 0) for state in CheckState}
    sample = sum(of.values()) - of[CheckState.DROPPED]
    return Counts(population, sample, of[CheckState.OPEN], of[CheckState.UNREACHED], of[CheckState.INEFFECTIVE], of[CheckState.EFFECTIVE], overdue)


def is_overdue(state: CheckState, due_at: datetime, now: datetime) -> bool:
    """Whether a check should have been done by now."""
    return state in RECORDABLE and due_at <= now


def changes(wanted: Iterable[str], standing: Mapping[str, CheckState]) -> tuple[list[str], list[str], list[str]]:
    """(new, taken up again, dropped) where a sample is drawn anew: what was asked stays, whatever the sample."""
    sample = list(dict.fromkeys(wanted))
    new = [party for party in sample if party not in standing]
    again = [party for party in sample if standing.get(party) is CheckState.DROPPED]
    dropped = sorted(party for party, state in standing.items() if state is CheckState.OPEN and party not in set(sample))
    return new, again, dropped
