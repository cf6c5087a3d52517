"""Decisions without input or output: when to remind and to call in others, and whether what a customer says of a lot can be."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from backend.recall_notices.content import Lot
from backend.recall_notices.errors import MoreThanReceivedError
from backend.recall_notices.kinds import ANSWERED, NoticeKind, NoticeState
from backend.units.amounts import comparable, convert
from infra.errors import InvalidInputError

MOST_STEPS: Final = 10
MOST_HOURS: Final = 24 * 60
MOST_QUANTITY: Final = Decimal(10) ** 15
MOST_LINES_AT_ONCE: Final = 200
_NUMBER: Final = re.compile(r"\d{1,15}(\.\d{1,9})?")
QUANTITIES: Final = ("found", "returned", "destroyed", "forwarded")


class Plan(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """By when to answer, when to remind (hours after the notice was written), when to call in others, and whom beside the case's owner.

    `team` is `role:<key>`, `team:<id>` or empty.
    """

    answer_hours: int = 72
    acknowledge: tuple[int, ...] = (4, 24, 48)
    report: tuple[int, ...] = (24, 48, 72)
    escalate_hours: int = 24
    team: str = ""


class Act(StrEnum):
    """What a step of the plan does."""

    REMIND_ACKNOWLEDGE = "acknowledge"
    REMIND_REPORT = "report"
    ESCALATE_SILENCE = "silence"
    ESCALATE_UNREPORTED = "unreported"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `name` is what a reminder is known by, so that nobody gets it twice."""

    hours: int
    act: Act
    name: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a customer says of one lot as a whole, in the lot's own unit. `confirmed`: more than was delivered is meant so."""

    line: int
    found: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)
    destroyed: Decimal = Decimal(0)
    forwarded: Decimal = Decimal(0)
    uom: str | None = None
    nothing: bool = False
    forwarded_to: str = ""
    note: str = ""
    confirmed: bool = False
    over: bool = False

    @property
    def total(self) -> Decimal:
        """Everything that is accounted for."""
        return self.found + self.returned + self.destroyed + self.forwarded


def check_plan(plan: Plan) -> Plan:
    """The plan with its hours in order. Raises `InvalidInputError` naming the field."""
    for name, hours in (("acknowledgeReminderHours", plan.acknowledge), ("reportReminderHours", plan.report)):
        if len(hours) > MOST_STEPS or not all(1 <= hour <= MOST_HOURS for hour in hours):
            raise InvalidInputError(f"Name at most {MOST_STEPS} times, each of 1 to {MOST_HOURS} hours after the notice.", field=name)
    for name, hour in (("answerHours", plan.answer_hours), ("escalateHours", plan.escalate_hours)):
        if not 1 <= hour <= MOST_HOURS:
            raise InvalidInputError(f"Give 1 to {MOST_HOURS} hours.", field=name)
    return msgspec.structs.replace(plan, acknowledge=tuple(sorted(set(plan.acknowledge))), report=tuple(sorted(set(plan.report))))


def steps_of(plan: Plan, kind: NoticeKind) -> list[Step]:
    """The plan's steps in order of time; the end of a recall is told once, and asks for nothing."""
    if kind is NoticeKind.END:
        return []
    found = [Step(hours, Act.REMIND_ACKNOWLEDGE, f"acknowledge-{hours}") for hours in plan.acknowledge]
    found += [Step(hours, Act.REMIND_REPORT, f"report-{hours}") for hours in plan.report]
    found += [Step(plan.escalate_hours, Act.ESCALATE_SILENCE, "silence"), Step(plan.answer_hours, Act.ESCALATE_UNREPORTED, "unreported")]
    return sorted(found, key=lambda step: (step.hours, step.name))


def still_due(step: Step, state: NoticeState, *, acknowledged: bool) -> bool:
    """Whether a step is still to be done with a notice as it stands."""
    if state in (NoticeState.REPORTED, NoticeState.WOULD_SEND):
        return False
    reached = state in (NoticeState.QUEUED, NoticeState.SENT) or state in ANSWERED
    match step.act:
        case Act.REMIND_ACKNOWLEDGE:
            return reached and not acknowledged
        case Act.REMIND_REPORT:
            return reached and acknowledged
        case Act.ESCALATE_SILENCE:
            return not acknowledged
        case Act.ESCALATE_UNREPORTED:
            return True


def due_steps(steps: list[Step], done: int, begun_at: datetime, moment: datetime) -> list[Step]:
    """The steps whose time has come since."""
    return [step for step in steps[done:] if begun_at + timedelta(hours=step.hours) <= moment]


def next_look(steps: list[Step], done: int, begun_at: datetime) -> datetime | None:
    """When the next step is due; None after the last."""
    return begun_at + timedelta(hours=steps[done].hours) if done < len(steps) else None


def number_in(text: str, field: str) -> Decimal:
    """A quantity as somebody types it, in any digits; nothing typed is nothing. Raises `InvalidInputError`."""
    given = unicodedata.normalize("NFKC", text).strip().replace("。", ".")
    if not given:
        return Decimal(0)
    if not _NUMBER.fullmatch(given):
        raise InvalidInputError("Write a quantity as digits, with a point before decimals: 12 or 12.5.", field=field)
    return Decimal(given)


def checked(said: Said, lot: Lot) -> Said:
    """What is said of a lot, in its own unit. Raises `InvalidInputError`, `MoreThanReceivedError` unless that was confirmed."""
    field = f"lines.{said.line}"
    for name in QUANTITIES:
        value: Decimal = getattr(said, name)
        if not value.is_finite() or not 0 <= value < MOST_QUANTITY:
            raise InvalidInputError("A quantity is nought or more.", field=field)
    if said.nothing and said.total:
        raise InvalidInputError("Either nothing was found, or say how much: not both.", field=field)
    if not said.nothing and not said.total:
        raise InvalidInputError("Say how much was found, returned, destroyed or passed on; or that nothing was found.", field=field)
    found = said if said.uom is None or said.uom == lot.uom else _in_unit_of(said, lot, field)
    received = lot.received
    over = received is not None and found.total > received
    if over and not said.confirmed:
        raise MoreThanReceivedError(said.line, f"{found.total:f}", f"{received:f}")
    return replace(found, uom=lot.uom, over=over)


def _in_unit_of(said: Said, lot: Lot, field: str) -> Said:
    if not comparable(said.uom, lot.uom):
        raise InvalidInputError(f"This lot was delivered in “{lot.uom or 'pieces'}”; “{said.uom}” can't be compared with that.", field=field)
    return replace(said, **{name: convert(getattr(said, name), said.uom, lot.uom) for name in QUANTITIES})


def is_whole(lots: Collection[Lot], reported: Iterable[int]) -> bool:
    """Whether every lot is answered for."""
    return {lot.line for lot in lots} <= set(reported)
