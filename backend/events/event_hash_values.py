"""How the CBV 2.0 event hash writes single values: times, numbers, URIs and words of the vocabulary."""

import math
import re
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from backend.events.contexts import STANDARD_PREFIXES
from backend.events.timestamps import parse_timestamp
from backend.events.vocabulary import Vocabulary
from backend.identifiers import DIGITAL_LINK_ROOT, IdentifierRole, InvalidIdentifierError, parse_identifier

_HALF_MILLISECOND: Final = timedelta(microseconds=500)
_CBV_URN: Final = "urn:epcglobal:cbv:"
_CBV_NAMES: Final = {"bizstep": "BizStep-", "disp": "Disp-", "btt": "BTT-", "sdt": "SDT-", "er": "ER-"}
_COMPACT: Final = {prefix: STANDARD_PREFIXES[prefix] for prefix in ("cbv", "gs1", "epcis")}

# No leading zero and no exponent: "00120" and "12E3" are codes, and another code must give another hash.
_PLAIN_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
# Beyond these powers of ten a number is written with an exponent, so that "1E999999999" stays short.
_LARGEST_POWER: Final = 60
# Long texts are not cached: some thousands of them would fill the memory.
_LONGEST_CACHED: Final = 256
_CACHED: Final = 16384


def hash_time(text: str) -> str:
    """UTC with milliseconds, rounded half up at the fourth decimal. What is no moment is kept: refusing it is the reader's work."""
    moment = parse_timestamp(text.strip())
    if moment is None:
        return text.strip()
    try:
        return (moment + _HALF_MILLISECOND).isoformat(timespec="milliseconds")[:-6] + "Z"
    except OverflowError:
        return text.strip()


def hash_number(value: Any) -> str:
    """A quantity or sensor value without trailing zeros; text that is no number is kept."""
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _decimal(Decimal(repr(value)))
    text = str(value).strip()
    return _plain(text) if _PLAIN_NUMBER.fullmatch(text) else text


def hash_measured_text(value: Any) -> str:
    """A sensor's stringValue. The published vectors take a text of digits for a double, and so must every implementation."""
    text = str(value).strip()
    if _PLAIN_NUMBER.fullmatch(text):
        number = float(text)
        if math.isfinite(number):
            return str(int(number)) if number.is_integer() else repr(number)
    return text


def hash_scalar(value: Any) -> str:
    """A value of an extension or of master data: XML knows only text, so text that is a plain number is written as one."""
    if not isinstance(value, str):
        return hash_number(value)
    return _cached_text(value) if len(value) <= _LONGEST_CACHED else _text(value)


def hash_word(value: str, vocabulary: Vocabulary) -> str:
    """The web URI of a bare word; any other spelling as a URI."""
    return vocabulary.stems[0] + value if value in vocabulary.words else hash_uri(value)


def hash_identifier(text: str, role: IdentifierRole) -> str:
    """The name of an object or a place: a constrained Digital Link for a GS1 key, any other URI as it is.

    Not cached itself: the reader has just asked the parser's cache for the same text in the same role.
    """
    try:
        found = parse_identifier(text, role=role)
    except InvalidIdentifierError:
        stripped = text.strip()
        return text if stripped == text else hash_identifier(stripped, role)
    return DIGITAL_LINK_ROOT + found.key if found.key[0].isdigit() else text


def hash_uri(text: str) -> str:
    """A URI in its canonical form: GS1 keys as constrained Digital Link, vocabulary as GS1 web URI, anything else as it is.

    Only the compact prefixes of the standard are expanded. The algorithm's text asks for all of them, but its published
    vectors, XML and JSON alike, leave "example:x" alone.
    """
    return _cached_uri(text) if len(text) <= _LONGEST_CACHED else _uri(text)


def _uri(text: str) -> str:
    text = text.strip()
    if text.startswith(_CBV_URN):
        name, _, word = text[len(_CBV_URN) :].partition(":")
        return _COMPACT["cbv"] + _CBV_NAMES[name] + word if name in _CBV_NAMES else text
    scheme, _, rest = text.partition(":")
    if scheme in _COMPACT:
        return _COMPACT[scheme] + rest
    return hash_identifier(text, IdentifierRole.REFERENCE) if scheme.lower() in ("urn", "http", "https") else text


def _text(text: str) -> str:
    stripped = text.strip()
    return _plain(stripped) if _PLAIN_NUMBER.fullmatch(stripped) else hash_uri(stripped)


_cached_uri = lru_cache(maxsize=_CACHED)(_uri)
_cached_text = lru_cache(maxsize=_CACHED)(_text)


def _decimal(number: Decimal) -> str:
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_POWER:
        return str(number)
    return _plain(format(number, "f"))


def _plain(digits: str) -> str:
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return "0" if digits == "-0" else digits
