"""Pure identity patterns (GS1 EPC Tag Data Standard §13): which keys they mean, for queries that ask for many things at once.

Of components from the right any number may be "*"; what stands before them decides how a key begins.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from backend.identifiers.check_digits import with_check_digit
from backend.identifiers.errors import InvalidIdentifierError

_PATTERN: Final = re.compile(r"[Uu][Rr][Nn]:[Ee][Pp][Cc]:[Ii][Dd][Pp][Aa][Tt]:(?P<scheme>[A-Za-z]+):(?P<components>[0-9A-Z.*%#/-]+)")
_MEND: Final = "Write it as urn:epc:idpat:sgtin:CompanyPrefix.IndicatorAndItem.* with * from some component to the last."


@dataclass(frozen=True, slots=True)
class KeyPattern:
    """Keys that begin with one of `prefixes` and have the `shape`; the prefixes are at most ten, so that an index finds each range."""

    prefixes: tuple[str, ...]
    shape: re.Pattern[str]

    def matches(self, key: str) -> bool:
        """Whether a canonical key is meant."""
        return key.startswith(self.prefixes) and self.shape.fullmatch(key) is not None


@dataclass(frozen=True, slots=True)
class _Scheme:
    """`shape` of a whole key; `stem` makes its beginnings from the components that are given, company prefix first."""

    components: int
    shape: str
    stem: Callable[[tuple[str, ...]], tuple[str, ...]]


def _led(ai: str, lead: int) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """Keys of which a digit, told with the reference, stands before the company prefix; with `lead` digits before the check digit."""

    def stem(given: tuple[str, ...]) -> tuple[str, ...]:
        if len(given) == 1:
            return tuple(f"{ai}/{digit}{given[0]}" for digit in range(10))
        digits = given[1][:1] + given[0] + given[1][1:]
        return (f"{ai}/{with_check_digit(digits)}" if len(digits) == lead else "",)

    return stem


def _closed(ai: str, together: int) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """Keys of company prefix and reference with a check digit behind both."""

    def stem(given: tuple[str, ...]) -> tuple[str, ...]:
        digits = "".join(given)
        return (f"{ai}{digits}" if len(given) == 1 else f"{ai}{with_check_digit(digits)}" if len(digits) == together else "",)

    return stem


_TEXT: Final = r"[^/]+"
_SCHEMES: Final = {
    "sgtin": _Scheme(3, rf"01/[0-9]{{14}}/21/{_TEXT}", _led("01", 13)),
    "upui": _Scheme(3, rf"01/[0-9]{{14}}/235/{_TEXT}", _led("01", 13)),
    "sscc": _Scheme(2, r"00/[0-9]{18}", _led("00", 17)),
    "sgln": _Scheme(3, rf"414/[0-9]{{13}}(?:/254/{_TEXT})?", _closed("414/", 12)),
    "pgln": _Scheme(2, r"417/[0-9]{13}", _closed("417/", 12)),
    "grai": _Scheme(3, rf"8003/[0-9]{{14}}{_TEXT}", _closed("8003/0", 12)),
    "gdti": _Scheme(3, rf"253/[0-9]{{13}}{_TEXT}", _closed("253/", 12)),
    "sgcn": _Scheme(3, r"255/[0-9]{14,25}", _closed("255/", 12)),
    "gsrn": _Scheme(2, r"8018/[0-9]{18}", _closed("8018/", 17)),
    "gsrnp": _Scheme(2, r"8017/[0-9]{18}", _closed("8017/", 17)),
    "giai": _Scheme(2, rf"8004/[0-9]{{6}}{_TEXT}", _closed("8004/", 0)),
}


def read_pattern(text: str) -> KeyPattern | None:
    """The keys that a pattern means; None for a text that is no pattern. Raises InvalidIdentifierError for a malformed one."""
    if not text[:14].lower().startswith("urn:epc:idpat:"):
        return None
    found = _PATTERN.fullmatch(text)
    scheme = _SCHEMES.get(found["scheme"].lower()) if found else None
    if found is None or scheme is None:
        raise InvalidIdentifierError(text, "it is no pattern of a scheme that patterns are known of.", _MEND)
    components = found["components"].split(".")
    given = tuple(component for component in components if component != "*")
    if len(components) != scheme.components or len(given) == len(components) or components[len(given) :] != ["*"] * (len(components) - len(given)):
        raise InvalidIdentifierError(text, f"it needs {scheme.components} components, the last of them *.", _MEND)
    if any(not component.isdigit() for component in given) or (given and not 6 <= len(given[0]) <= 12):
        raise InvalidIdentifierError(text, "company prefix and reference must be of digits, 6 to 12 in the prefix.", _MEND)
    prefixes = scheme.stem(given) if given else (scheme.shape[: scheme.shape.index("/") + 1],)
    if "" in prefixes:
        raise InvalidIdentifierError(text, "company prefix and reference have a wrong number of digits together.", _MEND)
    return KeyPattern(prefixes, re.compile(scheme.shape))
