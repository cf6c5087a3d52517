"""Whether what an instrument measured at a moment counts: decided from its calibrations and outages alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final
from uuid import UUID

SOON: Final = timedelta(days=30)


class Finding(IntEnum):
    """What a calibration found; the numbers are stored and never change."""

    IN_TOLERANCE = 1
    OUT_OF_TOLERANCE = 2
    NOT_DETERMINED = 3


class InstrumentStatus(IntEnum):
    """How an instrument stands now."""

    IN_USE = 1
    DUE = 2
    OVERDUE = 3
    NOT_CALIBRATED = 4
    OUT_OF_SERVICE = 5


class Fault(IntEnum):
    """Why what was measured doesn't count."""

    OUT_OF_SERVICE = 1
    NOT_CALIBRATED = 2
    OVERDUE = 3
    LEFT_OUT_OF_TOLERANCE = 4
    LATER_FOUND_OUT_OF_TOLERANCE = 5


@dataclass(frozen=True, slots=True)
class Checked:
    """A calibration that counts: when, as found, as left, until when."""

    calibration_id: UUID
    performed_at: datetime
    as_found: Finding
    as_left: Finding
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Outage:
    """A time out of service; open where `ended_at` is None."""

    began_at: datetime
    ended_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Span:
    """A time whose measurements are in doubt: from the last calibration that found it right (None: from the beginning) to the one that didn't."""

    since: datetime | None
    until: datetime
    calibration_id: UUID


@dataclass(frozen=True, slots=True)
class InstrumentState:
    """Whether a measurement at that moment counts. `reason` is empty where it does; `due_at` is None where it wasn't calibrated by then."""

    valid: bool
    due_at: datetime | None
    reason: str
    fault: Fault | None = None


def state_at(checks: Sequence[Checked], outages: Sequence[Outage], at: datetime) -> InstrumentState:
    """`checks` in order of time. A calibration on the very moment counts for it."""
    last = next((one for one in reversed(checks) if one.performed_at <= at), None)
    due_at = last.due_at if last else None
    fault, reason = _fault(checks, outages, last, at)
    return InstrumentState(fault is None, due_at, reason, fault)


def _fault(checks: Sequence[Checked], outages: Sequence[Outage], last: Checked | None, at: datetime) -> tuple[Fault | None, str]:
    outage = next((one for one in outages if one.began_at <= at and (one.ended_at is None or at < one.ended_at)), None)
    if outage is not None:
        return Fault.OUT_OF_SERVICE, f"The instrument was out of service: {outage.reason}"
    if last is None:
        return Fault.NOT_CALIBRATED, "The instrument had not been calibrated by then."
    if last.as_left is Finding.OUT_OF_TOLERANCE:
        return Fault.LEFT_OUT_OF_TOLERANCE, "The last calibration left the instrument out of tolerance."
    if at >= last.due_at:
        return Fault.OVERDUE, f"The calibration was due on {last.due_at.date().isoformat()}."
    if any((span.since is None or span.since <= at) and at < span.until for span in doubtful(checks)):
        return Fault.LATER_FOUND_OUT_OF_TOLERANCE, "A later calibration found the instrument out of tolerance."
    return None, ""


def doubtful(checks: Sequence[Checked]) -> list[Span]:
    """The times whose measurements a later calibration threw into doubt, in order."""
    spans: list[Span] = []
    good: datetime | None = None
    for one in checks:
        if one.as_found is Finding.OUT_OF_TOLERANCE:
            spans.append(Span(good, one.performed_at, one.calibration_id))
        if Finding.OUT_OF_TOLERANCE not in (one.as_found, one.as_left) or one.as_left is Finding.IN_TOLERANCE:
            good = one.performed_at
    return spans


def status_now(due_at: datetime | None, now: datetime, *, out_of_service: bool) -> InstrumentStatus:
    """For lists: by its due date."""
    if out_of_service:
        return InstrumentStatus.OUT_OF_SERVICE
    if due_at is None:
        return InstrumentStatus.NOT_CALIBRATED
    if now >= due_at:
        return InstrumentStatus.OVERDUE
    return InstrumentStatus.DUE if now >= due_at - SOON else InstrumentStatus.IN_USE
