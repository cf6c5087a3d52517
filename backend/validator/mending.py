"""Single values put right where the sender plainly meant something: a word's spelling, a time's form, a check digit."""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, Final

from backend.events.timestamps import is_offset, parse_timestamp
from backend.events.vocabulary import BUSINESS_STEP, DISPOSITION, Vocabulary
from backend.identifiers import InvalidIdentifierError, parse_identifier

_LONGEST: Final = 200
_CHECK_DIGIT: Final = re.compile(r"the check digit of \w+ ([0-9]+) is")
_RIGHT: Final = re.compile(r"write ([0-9]+);")
_OFFSET: Final = re.compile(r"(?:UTC|GMT)?\s*([+-])([0-9]{1,2})(?::?([0-9]{2}))?")
_UNITS: Final = {
    "kg": "KGM", "g": "GRM", "mg": "MGM", "t": "TNE", "l": "LTR", "ml": "MLT", "m": "MTR", "cm": "CMT", "mm": "MMT", "m2": "MTK", "m3": "MTQ",
    "pc": "H87", "pcs": "H87", "piece": "H87", "pieces": "H87", "c": "CEL", "°c": "CEL", "lb": "LBR", "oz": "ONZ",
}  # fmt: skip
_WORDS: Final = {"bizStep": BUSINESS_STEP, "disposition": DISPOSITION}
_ACTIONS: Final = ("ADD", "OBSERVE", "DELETE")


def attempts(name: str, value: Any) -> Iterator[Any]:
    """The value itself, then what it may have been meant to be. Whether any of them is good, the caller finds out."""
    yield value
    if isinstance(value, str) and len(value) <= _LONGEST:
        yield from _of_text(name, value)
    elif name == "quantity" and isinstance(value, int | Decimal) and not isinstance(value, bool):
        yield abs(value)


def _of_text(name: str, text: str) -> Iterator[Any]:
    if name in _WORDS:
        yield from _words(_WORDS[name], text)
    elif name == "action":
        yield from get_close_matches(text.strip().upper(), _ACTIONS, 1, 0.6)
    elif name in ("eventTime", "declarationTime"):
        yield from _times(text)
    elif name == "eventTimeZoneOffset":
        yield from _offsets(text)
    elif name == "uom":
        yield _UNITS.get(text.strip().lower(), text.strip().upper())
        yield text.strip().upper()
    elif name == "quantity":
        yield from _numbers(text)
    else:
        yield from _identifiers(text)


def _words(vocabulary: Vocabulary, text: str) -> Iterator[str]:
    plain = re.split(r"[:/#-]", text.strip())[-1].strip().lower().replace(" ", "_")
    yield plain
    yield from get_close_matches(plain, sorted(vocabulary.words), 1, 0.75)


def _times(text: str) -> Iterator[str]:
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "T", 1))
    except ValueError:
        return
    yield moment.isoformat(timespec="milliseconds") + ("" if moment.tzinfo else "Z")


def _offsets(text: str) -> Iterator[str]:
    if text.strip() in ("Z", "z", "UTC", "GMT"):
        yield "+00:00"
    match = _OFFSET.fullmatch(text.strip())
    if match is not None:
        yield f"{match[1]}{int(match[2]):02d}:{match[3] or '00'}"


def _numbers(text: str) -> Iterator[Decimal]:
    try:
        number = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        return
    if number.is_finite() and abs(number) < 10**15:
        yield abs(number)


def _identifiers(text: str) -> Iterator[str]:
    stripped = text.strip()
    try:
        yield parse_identifier(stripped).uri
    except InvalidIdentifierError as error:
        wrong, right = _CHECK_DIGIT.search(error.problem), _RIGHT.search(error.mend)
        if wrong and right:
            # A GTIN is told with 14 digits, and written with fewer.
            for cut in range(len(wrong[1])):
                written = wrong[1][cut:]
                if written in stripped:
                    yield stripped.replace(written, right[1][cut:], 1)
                    return
                if wrong[1][cut] != "0":
                    return


def offset_of(event_time: Any) -> str | None:
    """The offset in which a good time is written."""
    if not isinstance(event_time, str) or parse_timestamp(event_time) is None:
        return None
    return "+00:00" if event_time.endswith("Z") else event_time[-6:] if is_offset(event_time[-6:]) else None
