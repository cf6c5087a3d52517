"""xsd:dateTimeStamp and time-zone offsets (EPCIS 2.0 §7.4.1)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

# XML Schema 1.1 part 2 §3.4.28: a zone is required and reaches to 14:00; 24:00:00 is the next day's midnight.
_STAMP: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T)(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|(24:00:00(?:\.0+)?))"
    r"(Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
)
_OFFSET: Final = re.compile(r"[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00)")


def parse_timestamp(text: str) -> datetime | None:
    """The moment in UTC; None where the text is no xsd:dateTimeStamp, or lies outside the years 1 to 9999."""
    match = _STAMP.fullmatch(text)
    return None if match is None or match[3] is None else _moment(match, match[3])


def is_date_time(text: str) -> bool:
    """Whether the text is an xsd:dateTime, whose zone may be missing."""
    match = _STAMP.fullmatch(text)
    return match is not None and _moment(match, match[3] or "Z") is not None


def is_offset(text: str) -> bool:
    return _OFFSET.fullmatch(text) is not None


def write_timestamp(moment: datetime) -> str:
    """UTC with milliseconds, as record times are written: "2026-07-22T06:45:00.000Z"."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(match: re.Match[str], zone: str) -> datetime | None:
    try:
        if match[2] is not None:
            return (datetime.fromisoformat(f"{match[1]}00:00:00{zone}") + timedelta(days=1)).astimezone(UTC)
        text = match[0]
        return datetime.fromisoformat(text if match[3] else text + zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
