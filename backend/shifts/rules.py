"""Which team is on duty by a shift plan: weekly shifts by the plant's wall clock, rotations, and days that are otherwise. No input or output."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """A team's duty from `start` to `end` of the wall clock; up to the next day where `end` isn't after `start`."""

    start: time
    end: time
    team_id: UUID


@dataclass(frozen=True, slots=True)
class Shift:
    """Hours on a day of the week (ISO 8601: Monday is 1) in one of the rotation's weeks (from 1)."""

    week: int
    weekday: int
    hours: Hours


@dataclass(frozen=True, slots=True)
class ShiftPlan:
    """`first_monday` begins a week 1 of the rotation. An exception replaces all shifts that begin on its day; a holiday has none."""

    zone: ZoneInfo
    weeks: int
    first_monday: date
    shifts: tuple[Shift, ...]
    exceptions: Mapping[date, tuple[Hours, ...]]

    @property
    def teams(self) -> frozenset[UUID]:
        """All that the plan names."""
        return frozenset(
            [shift.hours.team_id for shift in self.shifts] + [hours.team_id for day in self.exceptions.values() for hours in day]
        )  # fmt: skip

    def week_of(self, day: date) -> int:
        """Which week of the rotation a day is in."""
        monday = day - timedelta(days=day.weekday())
        return (monday - self.first_monday) // WEEK % self.weeks + 1

    def hours_on(self, day: date) -> Iterator[Hours]:
        """What begins on a day of the wall clock."""
        if day in self.exceptions:
            yield from self.exceptions[day]
            return
        week = self.week_of(day)
        yield from (shift.hours for shift in self.shifts if (shift.week, shift.weekday) == (week, day.isoweekday()))

    def teams_at(self, at: datetime) -> frozenset[UUID]:
        """The teams on duty at a moment. The end of a shift belongs to the next one."""
        today = at.astimezone(self.zone).date()
        found = set()
        for day in (today - DAY, today):
            for hours in self.hours_on(day):
                begun, over = duty(self.zone, day, hours)
                if begun <= at < over:
                    found.add(hours.team_id)
        return frozenset(found)


def duty(zone: ZoneInfo, day: date, hours: Hours) -> tuple[datetime, datetime]:
    """From when to when hours of a day last, in UTC: an hour less or more where the clock is changed meanwhile.

    A wall clock that is skipped stands for the moment as far behind the change, one that comes twice for the first. Hours that meet on
    the wall clock so meet in time, too.
    """
    until = day if hours.end > hours.start else day + DAY
    return _moment(zone, day, hours.start), _moment(zone, until, hours.end)


def _moment(zone: ZoneInfo, day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
