"""The standard's QuerySchedule (EPCIS 2.0 §8.2.5.3): six patterns for the wall clock of a time zone, and the moments that they match.

A moment matches where all given patterns match the wall clock at it. A field finer than the finest one given stands at its lowest value, as
in a cron job, any other field that isn't given matches everything: `{"hour": "1", "minute": "5"}` is 01:05:00 of every day. Where a clock
is put forward, moments that it skips don't come; where it is put back, those that it shows twice come twice.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from backend.subscriptions.errors import SubscriptionControlsError

# By fineness; the days are two patterns of the same fineness.
FIELDS: Final[Mapping[str, tuple[int, int]]] = {
    "second": (0, 59), "minute": (0, 59), "hour": (0, 23), "dayOfMonth": (1, 31), "dayOfWeek": (1, 7), "month": (1, 12),
}  # fmt: skip
MAX_PATTERN: Final = 500
SHORTEST_SECONDS: Final = 10
# The longest that a date can be away: 29 February on a given day of the week, over a century without a leap year.
_YEARS: Final = 41
_ELEMENT: Final = re.compile(r"(?P<one>\d{1,2})|\[(?P<low>\d{1,2})-(?P<high>\d{1,2})\]|(?P<from>\d{1,2})/(?P<step>\d{1,2})")


@dataclass(frozen=True, slots=True)
class Schedule:
    """The values that each field may have, ascending; a day must be one of the month's and one of the week's."""

    second: tuple[int, ...]
    minute: tuple[int, ...]
    hour: tuple[int, ...]
    days_of_month: frozenset[int]
    days_of_week: frozenset[int]
    months: frozenset[int]

    def matches(self, moment: datetime) -> bool:
        """Whether a moment's wall clock, in the moment's own time zone, is one of the schedule's."""
        return self._is_day(moment.date()) and moment.second in self.second and moment.minute in self.minute and moment.hour in self.hour

    def next_after(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """The first matching moment after this one, in UTC; None where none comes within decades."""
        start = moment.astimezone(UTC).replace(microsecond=0)
        # A day of the wall clock may have begun a day before the UTC one.
        for day in self._days(start.astimezone(zone).date()):
            if (found := self._on(day, start, zone)) is not None:
                return found
        return None

    def _is_day(self, day: date) -> bool:
        return day.month in self.months and day.day in self.days_of_month and day.isoweekday() in self.days_of_week

    def _days(self, first: date) -> Iterator[date]:
        day = first
        last = first.year + _YEARS
        while day.year <= last:
            if day.month not in self.months:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
                continue
            if self._is_day(day):
                yield day
            day += timedelta(days=1)

    def _on(self, day: date, after: datetime, zone: ZoneInfo) -> datetime | None:
        """The first matching moment of a day of the wall clock."""
        midnight = datetime.combine(day, time(), tzinfo=UTC)
        offsets = {(midnight + timedelta(hours=hours)).astimezone(zone).utcoffset() or timedelta() for hours in range(-15, 40)}
        found = [moment for offset in offsets if (moment := self._with(day, offset, after, zone)) is not None]
        return min(found, default=None)

    def _with(self, day: date, offset: timedelta, after: datetime, zone: ZoneInfo) -> datetime | None:
        """The same while the wall clock differs from UTC by an offset."""
        for clock in self._clocks(day, (after + offset).replace(tzinfo=None)):
            moment = (clock - offset).replace(tzinfo=UTC)
            if moment.astimezone(zone).utcoffset() == offset:
                return moment
        return None

    def _clocks(self, day: date, after: datetime) -> Iterator[datetime]:
        """The wall clocks of a day that match, behind one of them."""
        if after.date() > day:
            return
        first = after.time() if after.date() == day else None
        for hour in self.hour:
            if first is not None and hour < first.hour:
                continue
            for minute in self.minute:
                if first is not None and (hour, minute) < (first.hour, first.minute):
                    continue
                for second in self.second:
                    if first is None or (hour, minute, second) > (first.hour, first.minute, first.second):
                        yield datetime.combine(day, time(hour, minute, second))


def read_schedule(given: Any) -> Schedule:
    """A schedule as JSON has it: an object of patterns. Raises `SubscriptionControlsError` naming the field."""
    if not isinstance(given, dict) or not given:
        raise SubscriptionControlsError('A schedule is an object such as {"hour": "1", "minute": "5"}.', field="schedule")
    if unknown := sorted(str(name) for name in given.keys() - FIELDS.keys()):
        raise SubscriptionControlsError(f"A schedule has the fields {', '.join(FIELDS)}; {unknown[0][:60]} is none of them.", field="schedule")
    values = {name: _values(name, pattern) for name, pattern in given.items()}
    finest = next(place for place, name in enumerate(FIELDS) if name in values)
    for place, (name, (low, high)) in enumerate(FIELDS.items()):
        # The days are as fine as each other, so neither stands still for the other.
        still = place < finest and not (name == "dayOfMonth" and "dayOfWeek" in values)
        values.setdefault(name, (low,) if still else tuple(range(low, high + 1)))
    schedule = Schedule(
        values["second"], values["minute"], values["hour"],
        frozenset(values["dayOfMonth"]), frozenset(values["dayOfWeek"]), frozenset(values["month"]),
    )  # fmt: skip
    _require_sensible(schedule)
    return schedule


def _values(name: str, pattern: Any) -> tuple[int, ...]:
    low, high = FIELDS[name]
    text = str(pattern) if isinstance(pattern, int) and not isinstance(pattern, bool) else pattern
    if not isinstance(text, str) or len(text) > MAX_PATTERN:
        raise _refusal(name, pattern)
    found: set[int] = set()
    for element in text.split(","):
        match = _ELEMENT.fullmatch(element.strip())
        if match is None or not element.strip().isascii():
            raise _refusal(name, pattern)
        if match["one"] is not None:
            numbers = range(int(match["one"]), int(match["one"]) + 1)
        elif match["low"] is not None:
            numbers = range(int(match["low"]), int(match["high"]) + 1)
        else:
            numbers = range(int(match["from"]), high + 1, max(1, int(match["step"])))
        if not numbers or numbers[0] < low or numbers[-1] > high or match["step"] in ("0", "00"):
            raise _refusal(name, pattern)
        found.update(numbers)
    return tuple(sorted(found))


def _refusal(name: str, pattern: Any) -> SubscriptionControlsError:
    low, high = FIELDS[name]
    return SubscriptionControlsError(
        f"schedule.{name} is a list of numbers from {low} to {high}, of ranges [{low}-{high}] and of steps {low}/10, "
        f"with commas between them; it was “{str(pattern)[:60]}”.",
        field=f"schedule.{name}",
    )


def _require_sensible(schedule: Schedule) -> None:
    """Refuse what never comes, and what comes so often that only a stream serves it."""
    seconds = schedule.second
    gaps = [later - earlier for earlier, later in zip(seconds, (*seconds[1:], seconds[0] + 60), strict=True)]
    if min(gaps) < SHORTEST_SECONDS:
        raise SubscriptionControlsError(
            f"A schedule comes every {SHORTEST_SECONDS} seconds at most; for events as they come, subscribe with stream: true.",
            field="schedule.second",
        )
    if schedule.next_after(datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("UTC")) is None:
        raise SubscriptionControlsError("This schedule never comes: no date matches it.", field="schedule")
