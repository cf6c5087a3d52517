"""Whether what an instrument measured counts, moment by moment."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from backend.instruments.rules import Checked, Fault, Finding, InstrumentStatus, Outage, Span, doubtful, state_at, status_now

RIGHT, WRONG, UNKNOWN = Finding.IN_TOLERANCE, Finding.OUT_OF_TOLERANCE, Finding.NOT_DETERMINED
START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def checked(at: int, due: int, found: Finding = RIGHT, left: Finding = RIGHT) -> Checked:
    return Checked(uuid4(), day(at), found, left, day(due))


ONCE = [checked(10, 100)]


@pytest.mark.parametrize(("at", "fault"), [(9, Fault.NOT_CALIBRATED), (10, None), (99, None), (100, Fault.OVERDUE), (400, Fault.OVERDUE)])
def test_a_calibration_counts_from_its_moment_until_it_is_due(at: int, fault: Fault | None) -> None:
    found = state_at(ONCE, [], day(at))
    assert (found.valid, found.fault, bool(found.reason)) == (fault is None, fault, fault is not None)
    assert found.due_at == (day(100) if at >= 10 else None)


def test_out_of_service_is_out_of_service_until_it_ends() -> None:
    outages = [Outage(day(20), day(30), "dropped"), Outage(day(50), None, "lost")]
    faults = [state_at(ONCE, outages, day(at)).fault for at in (19, 20, 29, 30, 49, 50, 90)]
    out = Fault.OUT_OF_SERVICE
    assert faults == [None, out, out, None, None, out, out]
    assert "dropped" in state_at(ONCE, outages, day(25)).reason


def test_left_out_of_tolerance_nothing_counts() -> None:
    checks = [checked(10, 100), checked(50, 200, WRONG, WRONG)]
    assert state_at(checks, [], day(60)).fault is Fault.LEFT_OUT_OF_TOLERANCE


def test_found_wrong_all_since_the_last_good_one_is_in_doubt() -> None:
    checks = [checked(10, 100), checked(50, 150), checked(90, 200, WRONG, RIGHT), checked(120, 300)]
    assert doubtful(checks) == [Span(day(50), day(90), checks[2].calibration_id)]
    faults = [state_at(checks, [], day(at)).fault for at in (49, 50, 89, 90, 130)]
    later = Fault.LATER_FOUND_OUT_OF_TOLERANCE
    assert faults == [None, later, later, None, None]


def test_the_first_calibration_that_finds_it_wrong_doubts_everything_before() -> None:
    checks = [checked(10, 100, WRONG, RIGHT), checked(50, 200, WRONG, WRONG), checked(60, 200, WRONG, RIGHT)]
    assert [(span.since, span.until) for span in doubtful(checks)] == [(None, day(10)), (day(10), day(50)), (day(10), day(60))]


def test_what_was_not_determined_throws_nothing_into_doubt() -> None:
    assert doubtful([checked(10, 100, UNKNOWN, RIGHT), checked(50, 200, RIGHT, UNKNOWN)]) == []


@pytest.mark.parametrize(
    ("due", "out", "status"),
    [(None, False, InstrumentStatus.NOT_CALIBRATED), (31, False, InstrumentStatus.IN_USE), (30, False, InstrumentStatus.DUE),
     (0, False, InstrumentStatus.OVERDUE), (31, True, InstrumentStatus.OUT_OF_SERVICE)],
)  # fmt: skip
def test_status_by_due_date(due: int | None, out: bool, status: InstrumentStatus) -> None:
    assert status_now(None if due is None else day(due), day(0), out_of_service=out) is status


def test_the_span_names_the_calibration() -> None:
    [span] = doubtful([checked(1, 2, WRONG)])
    assert isinstance(span.calibration_id, UUID)
