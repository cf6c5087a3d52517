"""What the law wants of a recall: duties by country, sector and class, with the article of each. Pure; the tables are in `law_*.py`.

A duty has a fixed period, or is to be done without delay; then it is shown with the company's own target. Both sides are told apart by
`LegalDuty.is_fixed`. This is a table of periods and no legal advice: what a case really needs, the company's own lawyers know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from backend.recalls.kinds import RecallClass, RecallDecision, Sector

TAKING_BACK: Final = frozenset({RecallDecision.RECALL, RecallDecision.WITHDRAWAL})
EVERY_CLASS: Final = frozenset(RecallClass)


class Words(NamedTuple):
    """The same in Chinese and in English."""

    zh: str
    en: str


class Unit(IntEnum):
    """In what a period is counted. A day is 24 hours; a working day ends with the day."""

    HOURS = 1
    DAYS = 2
    WORKING_DAYS = 3


class Begins(IntEnum):
    """From which act on a clock runs."""

    KNOWN = 1
    DECIDED = 2
    ANNOUNCED = 3
    COMPLETED = 4
    # An authority asks: somebody tells the service when.
    REQUESTED = 5


class MetBy(IntEnum):
    """Which act meets a duty; by HAND somebody says so, with his evidence, which is possible for every duty."""

    HAND = 1
    DECISION = 2
    ANNOUNCEMENT = 3
    COMPLETION = 4


@dataclass(frozen=True, slots=True)
class Period:
    """How long, in one unit."""

    amount: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class LegalDuty:
    """One duty. `key` is stored with each clock and never changes its meaning; a duty that was abolished stays, `in_force` false.

    Without a `period` the law says "without delay" or the like. `every` makes the duty recur until the recall is completed. `condition`
    says when it applies at all, where that is nothing that the case knows.
    """

    key: str
    country: str
    sector: Sector
    classes: frozenset[RecallClass]
    authority: Words
    duty: Words
    citation: Words
    begins: Begins
    period: Period | None
    met_by: MetBy = MetBy.HAND
    every: bool = False
    condition: Words | None = None
    decisions: frozenset[RecallDecision] = TAKING_BACK
    in_force: bool = True

    @property
    def is_fixed(self) -> bool:
        """Whether the law itself gives the period."""
        return self.period is not None


def hours(amount: int) -> Period:
    """So many hours."""
    return Period(amount, Unit.HOURS)


def days(amount: int) -> Period:
    """So many times 24 hours."""
    return Period(amount, Unit.DAYS)


def working_days(amount: int) -> Period:
    """So many working days; the day of the beginning isn't counted."""
    return Period(amount, Unit.WORKING_DAYS)


# The members of the Union, and of the European Economic Area, where its law on these goods holds too.
EU: Final = frozenset(
    {
        "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO",
        "SK", "SI", "ES", "SE", "IS", "LI", "NO", "EU",
    }
)  # fmt: skip


def law_of(country: str) -> str:
    """Whose law holds in a country: "EU" for its members, else the country's own."""
    return "EU" if country in EU else country


def duties_for(
    duties: Sequence[LegalDuty], *, countries: Sequence[str], sector: Sector, recall_class: RecallClass | None, decision: RecallDecision | None
) -> list[LegalDuty]:
    """Those that apply, in the table's order. Before a class is known, the gravest one counts; before the decision, that goods are taken back."""
    laws = {law_of(country) for country in countries}
    grave, decided = recall_class or RecallClass.I, decision or RecallDecision.RECALL
    return [
        duty for duty in duties
        if duty.in_force and duty.country in laws and duty.sector is sector and grave in duty.classes and decided in duty.decisions
    ]  # fmt: skip


def unknown_countries(duties: Sequence[LegalDuty], countries: Sequence[str], sector: Sector) -> list[str]:
    """Of which of these countries the table holds nothing for the sector."""
    known = {duty.country for duty in duties if duty.sector is sector}
    return [country for country in countries if law_of(country) not in known]


def by_key(duties: Sequence[LegalDuty]) -> Mapping[str, LegalDuty]:
    """The table by key; raises where two have the same."""
    found = {duty.key: duty for duty in duties}
    if len(found) != len(duties):
        raise ValueError("two duties of the law have the same key")
    return found
