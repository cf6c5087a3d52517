"""When a period ends: hours, days, and working days with weekends, days off and weekends worked. Pure.

Hours and days run from the moment on, so that what is shown is never later than the law's own end. A working day ends with the day,
and the day of the beginning isn't counted (Civil Code of China, art. 201 and 203; Regulation (EEC, Euratom) 1182/71, art. 3).
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from backend.recalls.law import Period, Unit

_SATURDAY: Final = 5
# When warnings go out, as parts of the period.
WARNED_AT: Final = (0.5, 0.8, 1.0)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Where days begin and end, which weekdays are off, and which weekend days are worked, as China moves them."""

    zone: ZoneInfo
    holidays: Collection[date] = field(default_factory=frozenset)
    workdays: Collection[date] = field(default_factory=frozenset)

    def is_working(self, day: date) -> bool:
        """Whether it counts."""
        return day in self.workdays or (day.weekday() < _SATURDAY and day not in self.holidays)


def due(begins_at: datetime, period: Period, calendar: WorkCalendar) -> datetime:
    """When a period that begins then ends."""
    if period.unit is Unit.HOURS:
        return begins_at + timedelta(hours=period.amount)
    if period.unit is Unit.DAYS:
        return begins_at + timedelta(days=period.amount)
    day, left = begins_at.astimezone(calendar.zone).date(), period.amount
    while left:
        day += timedelta(days=1)
        left -= calendar.is_working(day)
    last = datetime(day.year, day.month, day.day, tzinfo=calendar.zone) + timedelta(days=1)
    return (last - timedelta(seconds=1)).astimezone(begins_at.tzinfo)


def warnings(begins_at: datetime, due_at: datetime) -> list[datetime]:
    """When somebody is warned: at half of the period, at four fifths, and when it is over."""
    return [begins_at + (due_at - begins_at) * part for part in WARNED_AT]
