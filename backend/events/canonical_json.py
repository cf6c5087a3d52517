"""Canonical JSON (RFC 8785): the bytes over which content is compared and proven.

A Decimal or an integer is written with all its digits in the form that ECMAScript gives numbers, so that two quantities that
differ never hash alike; for every number that a double carries exactly these are the bytes of RFC 8785.
"""

from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any, Final

import msgspec

_FAST: Final = msgspec.json.Encoder(decimal_format="number", order="sorted")
_FIRST_BYTE_BEYOND_THE_BASIC_PLANE: Final = 0xF0


def canonical_json(value: Any) -> bytes:
    """The canonical bytes of a JSON value of dicts, lists, strings, numbers, booleans and None.

    Raises ValueError for what JSON cannot say: a number that isn't finite, an unpaired surrogate, a value of another type.
    """
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts).encode()


def canonical_json_of_plain(value: Any) -> bytes:
    """The same for a value whose numbers are plain (`is_plain_number`), an order of magnitude faster."""
    raw = _FAST.encode(value)
    if not raw.isascii() and max(raw) >= _FIRST_BYTE_BEYOND_THE_BASIC_PLANE:
        # Beyond the basic plane the order of UTF-16 code units, which the RFC asks for, is another than that of UTF-8.
        return canonical_json(value)
    return raw


def is_plain_number(value: Decimal | int) -> bool:
    """Whether `str` already writes the number as ECMAScript does: no exponent, no trailing zeros behind the point."""
    if isinstance(value, int):
        return abs(value) < 10**21
    _, digits, exponent = value.as_tuple()
    return isinstance(exponent, int) and exponent < 0 and digits[-1] != 0 and -7 < value.adjusted() < 21


def number_text(value: Decimal | float) -> str:
    """A number as ECMAScript's Number::toString lays it out (ECMA-262 §6.1.6.1.20)."""
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    sign, digit_tuple, exponent = exact.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"JSON has no number {value}")  # noqa: TRY004 -- the type is right, its value isn't
    digits = "".join(map(str, digit_tuple)).lstrip("0")
    stripped = digits.rstrip("0")
    if not stripped:
        return "0"
    exponent += len(digits) - len(stripped)
    minus = "-" if sign else ""
    point = len(stripped) + exponent
    if exponent >= 0 and point <= 21:
        return f"{minus}{stripped}{'0' * exponent}"
    if 0 < point <= 21:
        return f"{minus}{stripped[:point]}.{stripped[point:]}"
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{stripped}"
    mantissa = stripped[0] + (f".{stripped[1:]}" if len(stripped) > 1 else "")
    return f"{minus}{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def _write(value: Any, parts: list[str]) -> None:
    if isinstance(value, str):
        parts.append(encode_basestring(value))
    elif value is None or isinstance(value, bool):
        parts.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, int | float | Decimal):
        parts.append(number_text(value))
    elif isinstance(value, dict):
        separator = "{"
        for name in sorted(value, key=_utf16):
            parts.append(f"{separator}{encode_basestring(name)}:")
            _write(value[name], parts)
            separator = ","
        parts.append("}" if value else "{}")
    elif isinstance(value, list | tuple):
        separator = "["
        for item in value:
            parts.append(separator)
            _write(item, parts)
            separator = ","
        parts.append("]" if value else "[]")
    else:
        raise ValueError(f"JSON cannot hold a {type(value).__name__}")


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")
