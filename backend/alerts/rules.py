"""What an alert is and may become: severities, states, resolutions, and the decisions on its life. Without input or output."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final

# Of one kind and cause in a minute: what comes above it is counted in its group, and nobody is told of each.
STORM_LIMIT: Final = 30
STORM_WINDOW: Final = timedelta(minutes=1)
# A storm is over when so long none of its kind and cause came.
STORM_QUIET: Final = timedelta(minutes=10)
LONGEST_SNOOZE: Final = timedelta(days=30)


class Severity(IntEnum):
    """How soon somebody has to act; the numbers are stored and never change."""

    CRITICAL = 1
    WARNING = 2
    NOTICE = 3

    def worse_than(self, other: "Severity") -> bool:
        """Whether somebody has to act sooner."""
        return self < other


class Status(StrEnum):
    """Where an alert stands: nobody has taken it up, somebody has, it is put off, or it is over."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    CLOSED = "closed"


class Resolution(IntEnum):
    """How an alert ended; the numbers are stored and never change."""

    RESET = 1
    FIXED = 2
    FALSE_ALARM = 3
    NO_ACTION_NEEDED = 4
    DUPLICATE = 5
    MERGED_ELSEWHERE = 6


# A person closes by one of these; the first one says that the condition itself ended.
BY_HAND: Final = frozenset(Resolution) - {Resolution.RESET}


class Act(IntEnum):
    """What the history tells; the numbers are stored and never change."""

    RAISED = 1
    FOLDED = 2
    SEVERITY_CHANGED = 3
    ACKNOWLEDGED = 4
    ASSIGNED = 5
    COMMENTED = 6
    SNOOZED = 7
    SNOOZE_ENDED = 8
    ESCALATED = 9
    ESCALATION_ENDED = 10
    RESET = 11
    CLOSED = 12
    REOPENED = 13


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an escalation: whom to tell so many minutes after the alert was raised, or came back.

    Each of `receivers` is `owner`, `member:<id>`, `role:<name>` or `team:<id>`; of roles and teams those on duty are told.
    """

    after_minutes: int
    receivers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Who is told when nobody acknowledges an alert. The last step comes again `repeats` times."""

    steps: tuple[Step, ...]
    repeats: int
    repeat_minutes: int

    @property
    def rounds(self) -> int:
        """How many times somebody is told in all."""
        return len(self.steps) + self.repeats

    def step(self, number: int) -> Step:
        """The step that is done as the `number`-th (from 0)."""
        return self.steps[min(number, len(self.steps) - 1)]

    def due(self, number: int, begun: datetime) -> datetime | None:
        """When the `number`-th is done, for an escalation that began then; None behind the last."""
        if number >= self.rounds:
            return None
        again = max(0, number - len(self.steps) + 1)
        return begun + timedelta(minutes=self.step(number).after_minutes + again * self.repeat_minutes)


def status_of(*, closed_at: datetime | None, acknowledged_at: datetime | None, snoozed_until: datetime | None, now: datetime) -> Status:
    """Where an alert stands; a snooze ends by itself."""
    if closed_at is not None:
        return Status.CLOSED
    if snoozed_until is not None and snoozed_until > now:
        return Status.SNOOZED
    return Status.OPEN if acknowledged_at is None else Status.ACKNOWLEDGED


def fits(*, kind: str, severity: Severity, kinds: Collection[str], least_severity: Severity) -> bool:
    """Whether a policy is for an alert: its kind is one of `kinds`, or none are named, and it is at least that severe."""
    return (not kinds or kind in kinds) and severity <= least_severity


def worst(severities: Sequence[Severity]) -> Severity:
    """The severity that asks for the soonest act."""
    return min(severities)
