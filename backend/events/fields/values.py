"""How the value of a field is kept and asked for: as a text, a number, a moment, or as a mixture of them."""

import math
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from backend.events.fields.names import stored_text
from backend.events.timestamps import is_date_time, parse_timestamp

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Value(NamedTuple):
    """One value; all None says no more than that the field is there."""

    text: str | None = None
    number: float | None = None
    moment: datetime | None = None
    unit: str | None = None


def values_of(value: Any) -> Iterable[Value]:
    """The values of a field as JSON has them; of a list each one's, of an object none but its "@value" or "@id"."""
    if isinstance(value, list):
        if not value:
            yield Value()
        for item in value:
            yield from values_of(item)
    elif isinstance(value, dict):
        plain = value.get("@value", value.get("@id"))
        yield Value() if isinstance(plain, dict | list | None) else next(iter(values_of(plain)))
    elif isinstance(value, bool):
        yield Value(str(value).lower())
    elif isinstance(value, int | Decimal):
        yield Value(number=as_float(value))
    elif isinstance(value, str):
        yield Value(stored_text(value), read_number(value), read_moment(value))
    else:
        yield Value()


def as_float(number: int | Decimal) -> float | None:
    """A number that a double can hold."""
    try:
        found = float(number)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def read_number(text: str) -> float | None:
    """The number that a text writes."""
    return as_float(Decimal(text)) if _NUMBER.fullmatch(text) else None


def read_moment(text: str) -> datetime | None:
    """The moment that a text writes; a time without a zone and the beginning of a day are taken in UTC."""
    if not _DATE.match(text[:10]):
        return None
    if len(text) > 10:
        return parse_timestamp(text) or (parse_timestamp(f"{text}Z") if is_date_time(text) else None)
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    except ValueError:
        return None
