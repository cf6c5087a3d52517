"""Schedules: what their patterns mean, and that the next moment is the first one that matches, on every clock."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.subscriptions.errors import SubscriptionControlsError
from backend.subscriptions.schedule import FIELDS, SHORTEST_SECONDS, read_schedule

SHANGHAI, BERLIN, HOWE = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")
ZONES = (ZoneInfo("UTC"), SHANGHAI, BERLIN, HOWE, ZoneInfo("America/St_Johns"), ZoneInfo("Pacific/Apia"), ZoneInfo("Africa/Casablanca"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "comes"),
    [
        ({"hour": "1", "minute": "5"}, SHANGHAI, "2026-03-02T00:00:00+08:00", "2026-03-02T01:05:00+08:00"),
        ({"hour": "1", "minute": "5"}, SHANGHAI, "2026-03-02T01:05:00+08:00", "2026-03-03T01:05:00+08:00"),
        ({"hour": 1, "minute": 5}, SHANGHAI, "2026-03-02T01:04:59.999+08:00", "2026-03-02T01:05:00+08:00"),
        ({"second": "0/30"}, SHANGHAI, "2026-03-02T01:05:00+08:00", "2026-03-02T01:05:30+08:00"),
        ({"minute": "[10-12],40"}, SHANGHAI, "2026-03-02T01:12:00+08:00", "2026-03-02T01:40:00+08:00"),
        ({"dayOfWeek": "[1-5]", "hour": "8"}, SHANGHAI, "2026-03-06T09:00:00+08:00", "2026-03-09T08:00:00+08:00"),
        ({"dayOfWeek": "7"}, SHANGHAI, "2026-03-02T00:00:00+08:00", "2026-03-08T00:00:00+08:00"),
        ({"dayOfMonth": "1"}, SHANGHAI, "2026-03-02T00:00:00+08:00", "2026-04-01T00:00:00+08:00"),
        ({"dayOfMonth": "13", "dayOfWeek": "5"}, SHANGHAI, "2026-03-14T00:00:00+08:00", "2026-11-13T00:00:00+08:00"),
        ({"month": "2"}, SHANGHAI, "2026-03-02T00:00:00+08:00", "2027-02-01T00:00:00+08:00"),
        ({"month": "2", "dayOfMonth": "29"}, SHANGHAI, "2026-03-02T00:00:00+08:00", "2028-02-29T00:00:00+08:00"),
        ({"dayOfMonth": "31"}, SHANGHAI, "2026-04-02T00:00:00+08:00", "2026-05-31T00:00:00+08:00"),
        # The clock is put forward from 02:00 to 03:00: 02:30 doesn't come that day.
        ({"hour": "2", "minute": "30"}, BERLIN, "2026-03-29T00:00:00+01:00", "2026-03-30T02:30:00+02:00"),
        ({"minute": "30"}, BERLIN, "2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00"),
        # Put back from 03:00 to 02:00: 02:30 comes twice.
        ({"hour": "2", "minute": "30"}, BERLIN, "2026-10-25T00:00:00+02:00", "2026-10-25T02:30:00+02:00"),
        ({"hour": "2", "minute": "30"}, BERLIN, "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"),
        ({"hour": "2", "minute": "30"}, BERLIN, "2026-10-25T02:30:00+01:00", "2026-10-26T02:30:00+01:00"),
        # A half hour, on Lord Howe.
        ({"minute": "45"}, HOWE, "2026-04-05T01:45:00+11:00", "2026-04-05T01:45:00+10:30"),
    ],
)
def test_the_next_moment(schedule: dict[str, Any], zone: ZoneInfo, after: str, comes: str) -> None:
    found = read_schedule(schedule).next_after(at(after), zone)
    assert found == at(comes)
    assert found is not None
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        ({}, "schedule"), ("1", "schedule"), (None, "schedule"), ({"hours": "1"}, "schedule"), ({"hour": ""}, "schedule.hour"),
        ({"hour": "24"}, "schedule.hour"), ({"hour": "-1"}, "schedule.hour"), ({"minute": "60"}, "schedule.minute"),
        ({"dayOfMonth": "0"}, "schedule.dayOfMonth"), ({"dayOfMonth": "32"}, "schedule.dayOfMonth"), ({"month": "13"}, "schedule.month"),
        ({"dayOfWeek": "0"}, "schedule.dayOfWeek"), ({"dayOfWeek": "8"}, "schedule.dayOfWeek"), ({"hour": "[5-1]"}, "schedule.hour"),
        ({"hour": "1,"}, "schedule.hour"), ({"hour": "1-5"}, "schedule.hour"), ({"hour": "*"}, "schedule.hour"), ({"hour": True}, "schedule.hour"),
        ({"hour": [1]}, "schedule.hour"), ({"hour": "０"}, "schedule.hour"), ({"hour": "0/0"}, "schedule.hour"),
        ({"hour": "1," * 400}, "schedule.hour"),
        ({"second": "[0-59]"}, "schedule.second"), ({"second": "0,55"}, "schedule.second"),
        ({"dayOfMonth": "31", "month": "4"}, "schedule"), ({"dayOfMonth": "30", "month": "2"}, "schedule"),
    ],
)  # fmt: skip
def test_what_is_no_schedule_is_refused_by_its_field(schedule: Any, field: str) -> None:
    with pytest.raises(SubscriptionControlsError) as refusal:
        read_schedule(schedule)
    assert refusal.value.field == field


def patterns(low: int, high: int) -> st.SearchStrategy[str]:
    numbers = st.integers(low, high)
    ranges = st.tuples(numbers, numbers).map(lambda pair: f"[{min(pair)}-{max(pair)}]")
    return st.lists(numbers.map(str) | ranges, min_size=1, max_size=3).map(",".join)


SCHEDULES = st.fixed_dictionaries(
    {"second": st.sampled_from(["0", "0,30", "0/15", "59"])},
    optional={name: patterns(*bounds) for name, bounds in FIELDS.items() if name not in ("second", "dayOfMonth", "month")},
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001 - made aware here


@given(SCHEDULES, MOMENTS, st.sampled_from(ZONES))
@settings(max_examples=150, deadline=None)
def test_the_next_moment_matches_and_none_before_it_does(given_schedule: dict[str, Any], moment: datetime, zone: ZoneInfo) -> None:
    schedule = read_schedule(given_schedule)
    found = schedule.next_after(moment, zone)
    assert found is not None
    assert found > moment
    assert schedule.matches(found.astimezone(zone))
    # Seconds are 15 apart or at a minute's end: looking at each of them for a day finds whatever there is.
    first = moment.replace(microsecond=0) + timedelta(seconds=1)
    for seconds in range(min(int((found - first).total_seconds()), 20_000)):
        assert not schedule.matches((first + timedelta(seconds=seconds)).astimezone(zone))


@given(SCHEDULES, MOMENTS, st.sampled_from(ZONES))
@settings(max_examples=100, deadline=None)
def test_moments_come_one_after_the_other_and_never_too_often(given_schedule: dict[str, Any], moment: datetime, zone: ZoneInfo) -> None:
    schedule = read_schedule(given_schedule)
    for _ in range(5):
        after = schedule.next_after(moment, zone)
        assert after is not None
        assert schedule.next_after(after - timedelta(seconds=1), zone) == after
        following = schedule.next_after(after, zone)
        assert following is not None
        assert following - after >= timedelta(seconds=SHORTEST_SECONDS)
        moment = after


@given(MOMENTS)
@settings(max_examples=50, deadline=None)
def test_around_the_change_of_a_clock_no_hour_is_left_out_or_doubled(moment: datetime) -> None:
    """Every hour of real time has its half hour, whatever the clock on the wall does."""
    hourly = read_schedule({"minute": "30"})
    for change in (at("2026-03-29T00:00:00+00:00"), at("2026-10-25T00:00:00+00:00")):
        start = change + timedelta(seconds=moment.second)
        seen = []
        for _ in range(6):
            found = hourly.next_after(start, BERLIN)
            assert found is not None
            seen.append(found)
            start = found
        assert {later - earlier for earlier, later in pairwise(seen)} == {timedelta(hours=1)}
