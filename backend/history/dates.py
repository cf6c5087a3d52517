"""Dates and times as people of either language write them, in the time zone of the place where things happened."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backend.history.negotiation import Language

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def zone_named(name: str) -> tzinfo:
    """The zone of an IANA name or of an offset such as "+08:00"; UTC for anything else."""
    if name[:1] in ("+", "-"):
        hours, _, minutes = name[1:].partition(":")
        delta = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(-delta if name[0] == "-" else delta)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def write_date(day: date, language: Language) -> str:
    """2026年3月2日, or 2 March 2026."""
    return f"{day.year}年{day.month}月{day.day}日" if language is Language.ZH else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def write_time(at: datetime, language: Language) -> str:
    """2026年3月2日 16:05, or 2 March 2026, 16:05, on the clock that `at` carries."""
    separator = " " if language is Language.ZH else ", "
    return f"{write_date(at.date(), language)}{separator}{at:%H:%M}"


def write_offset(at: datetime) -> str:
    """UTC+8, UTC−3:30 or UTC."""
    offset = at.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else "+"
    return "UTC" if minutes == 0 else f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")
