"""What a drill measures and when it passes, when the next one is due, and what its steps are. No I/O.

A traceability test answers within four hours, both ways and with quantities, and is done at least once a year: BRCGS Food Safety issue 9,
3.9 and 3.11; IFS Food version 8, 4.18 and 5.9. The company's own targets may be stricter, and no drill is further off than a year.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Final

from backend.balance.lines import Balance
from backend.recall_checks.facts import percent
from backend.recall_checks.own_part import OwnRow
from backend.recall_drills.errors import RecallDrillStateError
from infra.errors import InvalidInputError

YEAR_DAYS: Final = 366
WEEK_SECONDS: Final = 7 * 24 * 3_600
MOST_PARTICIPANTS: Final = 50
NAME: Final = 200


class DrillState(IntEnum):
    """Where a drill stands; the numbers are stored and never change."""

    RUNNING = 1
    FINISHED = 2
    CONCLUDED = 3
    CANCELLED = 4


class DrillStep(IntEnum):
    """What is timed, in this order; the numbers are stored and never change."""

    SCOPE = 1
    CUSTOMERS = 2
    RECONCILIATION = 3


class FindingSeverity(IntEnum):
    """How grave a finding is; the numbers are stored and never change."""

    MINOR = 1
    MAJOR = 2
    CRITICAL = 3


class MissingKind(StrEnum):
    """A record that should be there and isn't, or tells less than it should."""

    QUANTITY_NOT_TOLD = "quantity_not_told"
    SHIPPED_WITHOUT_CUSTOMER = "shipped_without_customer"
    CUSTOMER_NOT_IN_CATALOGUE = "customer_not_in_catalogue"
    LOT_NOT_TOLD = "lot_not_told"
    SUPPLIER_NOT_TOLD = "supplier_not_told"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the company asks of its drills, and how often; `warn_days` before the next is due somebody is told."""

    target_seconds: int = 4 * 3_600
    target_percent: Decimal = Decimal("99.5")
    every_days: int = 365
    warn_days: int = 30


@dataclass(frozen=True, slots=True)
class Missing:
    """So many records that are missing, of one kind, about an object's key or a party."""

    kind: MissingKind
    subject: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How far goods could be reconciled: the worst product counts. None where there is nothing to be reconciled."""

    percent: Decimal | None
    rows: tuple[OwnRow, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """How a drill went. `seconds` is until the last step was done, each of `steps` counted from the start."""

    seconds: Decimal
    steps: dict[DrillStep, Decimal]
    forward: Decimal | None
    backward: Decimal | None
    completeness: Decimal | None
    passed: bool


def check_policy(policy: Policy) -> None:
    """Raise `InvalidInputError` for targets that make no sense, and for drills further apart than a year."""
    for field, wrong, message in (
        ("targetSeconds", not 60 <= policy.target_seconds <= WEEK_SECONDS, f"The target is a time of 60 to {WEEK_SECONDS} seconds."),
        ("targetPercent", not (policy.target_percent.is_finite() and 50 <= policy.target_percent <= 100), "The target is 50 to 100 per cent."),
        ("everyDays", not 1 <= policy.every_days <= YEAR_DAYS, f"Drills are at least yearly: say 1 to {YEAR_DAYS} days."),
        ("warnDays", not 0 <= policy.warn_days <= policy.every_days, "Say 0 days up to as many as lie between two drills."),
    ):
        if wrong:
            raise InvalidInputError(message, field=field)


def participants_of(given: Sequence[str]) -> list[str]:
    """Names, and what each does; raises `InvalidInputError`."""
    if len(given) > MOST_PARTICIPANTS:
        raise InvalidInputError(f"Name at most {MOST_PARTICIPANTS} participants.", field="participants")
    cleaned = [one.strip() for one in given]
    if any(not one or len(one) > NAME or "\x00" in one for one in cleaned):
        raise InvalidInputError(f"Each participant is a name of 1 to {NAME} characters.", field="participants")
    return cleaned


def require_next(step: DrillStep, done: Collection[DrillStep]) -> None:
    """Raise `RecallDrillStateError` unless it is this step's turn."""
    expected = next((one for one in DrillStep if one not in done), None)
    if step in done:
        raise RecallDrillStateError(f"The step {step.name} is done already; its time stands.", field="step")
    if step is not expected and expected is not None:
        raise RecallDrillStateError(f"First comes {expected.name}: the steps are timed one after the other.", field="step")


def reconciled(rows: Iterable[OwnRow]) -> Reconciled:
    """By product, whether certain or possible; the worst counts, because good products don't make up for a bad one."""
    told = tuple(rows)
    known = [row.reconciled for row in told if row.reconciled is not None]
    # What was used or shipped and never came is no hundred per cent of nothing.
    lost = any(row.reconciled is None and (row.difference or row.shipped or row.used) for row in told)
    return Reconciled(Decimal(0) if lost else min(known, default=None), told)


def completeness(records: int, missing: Iterable[Missing]) -> Decimal | None:
    """Per cent of the records looked at that are there and whole; None of none."""
    lacking = sum(one.count for one in missing)
    return percent(Decimal(max(0, records - lacking)), Decimal(max(records, lacking)))


def records_in(balances: Iterable[Balance]) -> int:
    """How many events and shipments tell of these goods, whether or not they tell how much."""
    found = list(balances)
    return sum(line.count for each in found for line in each.lines) + sum(one.count for each in found for one in each.untold)


def score_of(
    steps: dict[DrillStep, Decimal], policy: Policy, *, forward: Decimal | None, backward: Decimal | None, complete: Decimal | None
) -> Score:
    """Passed: in time, and reconciled both ways as far as there is something to reconcile, which forwards there must be."""
    seconds = max(steps.values(), default=Decimal(0))
    enough = forward is not None and forward >= policy.target_percent and (backward is None or backward >= policy.target_percent)
    passed = steps.keys() == set(DrillStep) and seconds <= policy.target_seconds and enough
    return Score(seconds, steps, forward, backward, complete, passed)


def next_due(last: datetime | None, policy: Policy, began: datetime) -> datetime:
    """When the next drill is due: a period after the last one, or after the company `began` here where there never was one."""
    return (last or began) + timedelta(days=policy.every_days)


def reminders(due: datetime, policy: Policy, now: datetime) -> list[datetime]:
    """When somebody is to be reminded, as far as that is still to come: before it is due, and when it is."""
    return [moment for moment in sorted({due - timedelta(days=policy.warn_days), due}) if moment > now]
