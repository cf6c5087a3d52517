"""How the value of a field is kept and asked for: as a text, a number, a moment, or as a mixture of them."""

import math
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from backend.events.fields.names import stored_text
from backend.events.timestamps import is_date_time, parse_timestamp

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_DIGITS: Final = frozenset("0123456789")
_DIGITS_OR_POINT: Final = _DIGITS | {"."}
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


# (text, number, moment, unit) of one value; all None says no more than that the field is there.
Value = tuple[str | None, float | None, datetime | None, str | None]
NOTHING: Final[Value] = (None, None, None, None)


def values_of(value: Any) -> list[Value]:
    """The values of a field as JSON has them; of a list each one's, of an object none but its "@value" or "@id"."""
    if isinstance(value, str):
        return [(stored_text(value), read_number(value), read_moment(value), None)]
    if isinstance(value, bool):
        return [(str(value).lower(), None, None, None)]
    if isinstance(value, int | Decimal):
        return [(None, as_float(value), None, None)]
    if isinstance(value, dict):
        plain = value.get("@value", value.get("@id"))
        return [NOTHING] if isinstance(plain, dict | list | None) else values_of(plain)[:1]
    if isinstance(value, list) and value:
        return [each for item in value for each in values_of(item)]
    return [NOTHING]


def as_float(number: int | Decimal) -> float | None:
    """A number that a double can hold."""
    try:
        found = float(number)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def read_number(text: str) -> float | None:
    """The number that a text writes."""
    return as_float(Decimal(text)) if text[-1:] in _DIGITS_OR_POINT and _NUMBER.fullmatch(text) else None


def read_moment(text: str) -> datetime | None:
    """The moment that a text writes; a time without a zone and the beginning of a day are taken in UTC."""
    if text[:1] not in _DIGITS or not _DATE.match(text):
        return None
    if len(text) > 10:
        return parse_timestamp(text) or (parse_timestamp(f"{text}Z") if is_date_time(text) else None)
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    except ValueError:
        return None
