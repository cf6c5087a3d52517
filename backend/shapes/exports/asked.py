"""What a request for an export asks for."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

from backend.balance.tanks import TankPolicy
from backend.events.timestamps import parse_timestamp
from backend.shapes.errors import FormatNotFoundError
from backend.shapes.subject import Question
from backend.trace.rules import Direction
from infra.errors import InvalidInputError

_PARAMETERS: Final = frozenset({"key", "direction", "asOf", "knownAt", "tankPolicy", "boxes"})
_LONGEST: Final = 1_024


class Format(StrEnum):
    """What a trace is exported as; the value is the address's last part and the file's ending."""

    CSV = "csv"
    EPCIS = "json"
    GRAPHML = "graphml"
    SVG = "svg"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        """As RFC 6838 names it, or those who made the format."""
        return _MEDIA_TYPES[self]

    @classmethod
    def of(cls, name: str) -> "Format":
        """Raises `FormatNotFoundError`."""
        try:
            return cls(name)
        except ValueError:
            raise FormatNotFoundError(f"A trace is exported as {', '.join(cls)}; there is no “{name[:40]}”.") from None


_MEDIA_TYPES: Final[Mapping[Format, str]] = {
    Format.CSV: "text/csv",
    Format.EPCIS: "application/ld+json",
    Format.GRAPHML: "application/graphml+xml",
    Format.SVG: "image/svg+xml",
    Format.PDF: "application/pdf",
}


def read_question(given: Mapping[str, str]) -> tuple[Question, int]:
    """The question in a query string, and how many boxes a picture may have. Raises `InvalidInputError` naming the parameter."""
    for name in given:
        if name not in _PARAMETERS:
            raise InvalidInputError(f"There is no parameter “{name[:40]}”; there are {', '.join(sorted(_PARAMETERS))}.", field=name[:40])
    key = given.get("key", "").strip()
    if not key or len(key) > _LONGEST or "\x00" in key:
        raise InvalidInputError("“key” says what is traced: an identifier, or a lot number, serial or SSCC that is unique here.", field="key")
    direction, policy = _direction(given.get("direction", Direction.BOTH)), _policy(given.get("tankPolicy"))
    return Question(key, direction, _moment(given, "asOf"), _moment(given, "knownAt"), policy), _boxes(given.get("boxes"))


def _direction(text: str) -> Direction:
    try:
        return Direction(text.lower())
    except ValueError:
        raise InvalidInputError(f"“direction” is one of {', '.join(Direction)}; it was “{text[:40]}”.", field="direction") from None


def _policy(text: str | None) -> TankPolicy | None:
    if not text:
        return None
    try:
        return TankPolicy(text.lower())
    except ValueError:
        raise InvalidInputError(f"“tankPolicy” is one of {', '.join(TankPolicy)}; it was “{text[:40]}”.", field="tankPolicy") from None


def _moment(given: Mapping[str, str], name: str) -> datetime | None:
    text = given.get(name)
    # In a query string a plus sign that nobody escaped is a blank.
    found = parse_timestamp(text.replace(" ", "+")) if text else None
    if text and found is None:
        raise InvalidInputError(f"“{name}” is a moment with its zone, like 2026-03-02T08:00:00+08:00.", field=name)
    return found


def _boxes(text: str | None) -> int:
    if text is None:
        return 60
    if not text.isascii() or not text.isdigit() or not 10 <= int(text[:9]) <= 200:
        raise InvalidInputError("“boxes” is a number from 10 to 200.", field="boxes")
    return int(text)
