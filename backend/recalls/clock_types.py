"""The law's clocks as GraphQL shows them."""

from datetime import datetime

import strawberry

from backend.recalls import clocks
from backend.recalls.law import LegalDuty as Duty
from backend.recalls.law import Unit
from backend.recalls.law import Words as LawWords
from infra.clock import now

strawberry.enum(clocks.ClockState, name="RecallClockState", description="How a clock of the law stands; SOON from four fifths of its period on.")
strawberry.enum(Unit, name="RecallPeriodUnit", description="In what a period is counted; a day is 24 hours, a working day ends with the day.")


@strawberry.type(description="The same in Chinese and in English.")
class RecallWords:
    """Of a table of the law."""

    zh: str
    en: str

    @classmethod
    def of(cls, words: LawWords) -> "RecallWords":
        """From the table's."""
        return cls(zh=words.zh, en=words.en)


@strawberry.type(
    description="A duty of the law that runs for a recall. `fixed` is false where the period is the company's target for “without delay”."
)
class RecallClock:
    """`remainingSeconds` is negative when it is overdue, and null once it was met or ended. `condition` says when the duty applies at all."""

    rule: str
    occurrence: int
    country: str
    authority: RecallWords
    duty: RecallWords
    citation: RecallWords
    condition: RecallWords | None
    fixed: bool
    begins_at: datetime
    due_at: datetime
    warn_at: datetime
    state: clocks.ClockState
    remaining_seconds: int | None
    met_at: datetime | None
    met_by_name: str
    evidence: str
    ended_at: datetime | None
    ended_reason: str
    waived: bool

    @classmethod
    def of(cls, one: clocks.Clock) -> "RecallClock":
        """As it stands now."""
        moment = now()
        return cls(
            rule=one.rule, occurrence=one.occurrence, country=one.country, authority=RecallWords.of(one.authority), duty=RecallWords.of(one.duty),
            citation=RecallWords.of(one.citation), condition=RecallWords.of(one.condition) if one.condition else None, fixed=one.fixed,
            begins_at=one.begins_at, due_at=one.due_at, warn_at=one.warn_at, state=one.state(moment),
            remaining_seconds=int((one.due_at - moment).total_seconds()) if one.is_open else None, met_at=one.met_at, met_by_name=one.met_name,
            evidence=one.evidence, ended_at=one.ended_at, ended_reason=one.ended_reason, waived=one.waived,
        )  # fmt: skip


@strawberry.type(description="A duty as the table of the law has it. Without `amount` it is to be done without delay.")
class RecallLegalDuty:
    """No legal advice: what a recall really needs, the company's own lawyers know."""

    rule: str
    country: str
    authority: RecallWords
    duty: RecallWords
    citation: RecallWords
    condition: RecallWords | None
    begins: str
    amount: int | None
    unit: Unit | None
    recurs: bool

    @classmethod
    def of(cls, one: Duty) -> "RecallLegalDuty":
        """From the table's."""
        return cls(
            rule=one.key, country=one.country, authority=RecallWords.of(one.authority), duty=RecallWords.of(one.duty),
            citation=RecallWords.of(one.citation), condition=RecallWords.of(one.condition) if one.condition else None, begins=one.begins.name,
            amount=one.period.amount if one.period else None, unit=one.period.unit if one.period else None, recurs=one.every,
        )  # fmt: skip
