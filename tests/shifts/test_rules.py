"""Who is on duty by a plan: over midnight, over the changes of the clock, in rotations, and on days that are otherwise."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from backend.shifts.rules import Hours, Shift, ShiftPlan, duty

EARLY, LATE, NIGHT = uuid4(), uuid4(), uuid4()
NAMES = {EARLY: "early", LATE: "late", NIGHT: "night"}
BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 1, 5)


def hours(start: str, end: str, team: UUID) -> Hours:
    return Hours(time.fromisoformat(start), time.fromisoformat(end), team)


def three_shifts(zone: ZoneInfo, **exceptions: list[Hours]) -> ShiftPlan:
    day = (hours("06:00", "14:00", EARLY), hours("14:00", "22:00", LATE), hours("22:00", "06:00", NIGHT))
    shifts = tuple(Shift(1, weekday, each) for weekday in range(1, 8) for each in day)
    return ShiftPlan(zone, 1, MONDAY, shifts, {date.fromisoformat(each.replace("_", "-")[1:]): tuple(found) for each, found in exceptions.items()})


def on(plan: ShiftPlan, moment: str) -> list[str]:
    return sorted(NAMES[team] for team in plan.teams_at(datetime.fromisoformat(moment)))


@pytest.mark.parametrize(
    ("moment", "team"),
    [
        ("2026-11-22T21:59:59+08:00", "late"), ("2026-11-22T22:00:00+08:00", "night"), ("2026-11-23T05:59:59+08:00", "night"),
        ("2026-11-23T06:00:00+08:00", "early"), ("2026-11-22T15:30:00+00:00", "night"), ("2026-11-22T13:59:00+00:00", "late"),
    ],
)  # fmt: skip
def test_shift_over_midnight_is_one_by_the_plants_clock(moment: str, team: str) -> None:
    assert on(three_shifts(SHANGHAI), moment) == [team]


def test_somebody_is_on_duty_at_every_moment_of_the_days_on_which_the_clock_is_changed_and_nobody_doubled() -> None:
    plan = three_shifts(BERLIN)
    for first in (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)):
        for quarter in range(3 * 24 * 4):
            assert len(plan.teams_at(first + timedelta(minutes=15 * quarter))) == 1


@pytest.mark.parametrize(("day", "length"), [(date(2026, 3, 28), 7), (date(2026, 10, 24), 9), (date(2026, 6, 1), 8)])
def test_night_lasts_an_hour_less_or_more_when_the_clock_is_changed(day: date, length: int) -> None:
    begun, over = duty(BERLIN, day, hours("22:00", "06:00", NIGHT))
    assert over - begun == timedelta(hours=length)


def test_hours_that_meet_on_a_skipped_or_doubled_wall_clock_meet_in_time() -> None:
    """At 02:30 the clocks of Berlin are skipped on 29 March and come twice on 25 October."""
    for day in (date(2026, 3, 29), date(2026, 10, 25)):
        first, second = duty(BERLIN, day, hours("00:00", "02:30", EARLY)), duty(BERLIN, day, hours("02:30", "06:00", LATE))
        assert first[1] == second[0]


def test_rotation_goes_on_before_and_after_its_first_monday() -> None:
    plan = ShiftPlan(
        SHANGHAI, 3, MONDAY, tuple(Shift(week, 3, hours("00:00", "00:00", team)) for week, team in ((1, EARLY), (2, LATE), (3, NIGHT))), {}
    )
    wednesday = datetime(2026, 1, 7, 4, tzinfo=UTC)
    found = [[NAMES[team] for team in plan.teams_at(wednesday + timedelta(weeks=week))] for week in range(-3, 5)]
    assert found == [["early"], ["late"], ["night"], ["early"], ["late"], ["night"], ["early"], ["late"]]
    assert plan.teams_at(wednesday + timedelta(days=1)) == frozenset()


def test_exception_replaces_what_begins_on_its_day_and_leaves_the_night_before() -> None:
    plan = three_shifts(SHANGHAI, _2026_10_01=[], _2026_10_02=[hours("08:00", "20:00", EARLY)])
    told = {
        moment: on(plan, f"2026-10-{moment}:00+08:00")
        for moment in ("01T05:00", "01T07:00", "01T23:00", "02T07:00", "02T19:00", "02T21:00", "03T07:00")
    }
    assert list(told.values()) == [["night"], [], [], [], ["early"], [], ["early"]]
