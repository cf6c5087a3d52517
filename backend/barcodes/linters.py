"""The checks that the Syntax Dictionary names, one function each: the broken rule's name, or None (GS1 Barcode Syntax Tests)."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from backend.barcodes.codes import COUNTRY_LETTERS, COUNTRY_NUMBERS, CURRENCIES, MEDIA
from backend.barcodes.coupons import check_coupon, check_positive_offer

Linter = Callable[[str], str | None]

CSET82: Final = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
CSET39: Final = "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CSET64: Final = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_CHECK_CHARACTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_POSITION: Final = re.compile(r"[0-9]+/[0-9]+")
_PACKAGE: Final = re.compile(r"(?!00$)[0-9A-Z]{2,3}")


def is_digits(text: str) -> bool:
    """ASCII digits alone; an empty text is."""
    return all("0" <= character <= "9" for character in text)


def check_digit(digits: str) -> str:
    """The digit that goes behind a GS1 key's others (GS1 General Specifications §7.9)."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-weighted % 10)


def check_pair(model: str) -> str:
    """The pair of check characters behind a GMN's others (GS1 General Specifications §7.9.5)."""
    weights = _primes(len(model))
    total = sum(CSET82.index(character) * weight for character, weight in zip(reversed(model), weights, strict=True)) % 1021
    return _CHECK_CHARACTERS[total >> 5] + _CHECK_CHARACTERS[total & 31]


def _primes(count: int) -> list[int]:
    found: list[int] = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def _set(allowed: str, rule: str) -> Linter:
    characters = frozenset(allowed)
    return lambda text: None if characters.issuperset(text) else rule


def _one_of(allowed: frozenset[str], rule: str) -> Linter:
    return lambda text: None if text in allowed else rule


def _base64url(text: str) -> str | None:
    body = text.rstrip("=")
    padding = len(text) - len(body)
    if _set(CSET64, "")(body) is not None:
        return "INVALID_CSET64_CHARACTER"
    if padding and (padding > 2 or len(text) % 3 or not body):
        return "INVALID_CSET64_PADDING"
    return None


def _check_sum(text: str) -> str | None:
    if not is_digits(text):
        return "NON_DIGIT_CHARACTER"
    return None if text and text[-1] == check_digit(text[:-1]) else "INCORRECT_CHECK_DIGIT"


def _check_pair(text: str) -> str | None:
    if len(text) < 2:
        return "TOO_SHORT_FOR_CHECK_PAIR"
    if len(text) > 99:
        return "TOO_LONG_FOR_CHECK_PAIR_IMPLEMENTATION"
    if _set(CSET82, "")(text[:-2]) is not None:
        return "INVALID_CSET82_CHARACTER"
    return None if text[-2:] == check_pair(text[:-2]) else "INCORRECT_CHECK_PAIR"


def _company_prefix(offset: int) -> Linter:
    """Which prefixes are licensed nobody outside of GS1 can tell; that there is one can be seen."""

    def check(text: str) -> str | None:
        prefix = text[offset : offset + 4]
        if len(prefix) < 4:
            return "TOO_SHORT_FOR_GCP"
        return None if is_digits(prefix) else "INVALID_GCP_PREFIX"

    return check


def _two_digits(name: str, limit: int) -> Linter:
    def check(text: str) -> str | None:
        if len(text) != 2:
            return f"{name}_TOO_SHORT" if len(text) < 2 else f"{name}_TOO_LONG"
        if not is_digits(text):
            return "NON_DIGIT_CHARACTER"
        return None if int(text) < limit else f"ILLEGAL_{name}"

    return check


def _hour_and_minute(text: str) -> str | None:
    if len(text) != 4:
        return "HOUR_WITH_MINUTE_TOO_SHORT" if len(text) < 4 else "HOUR_WITH_MINUTE_TOO_LONG"
    if not is_digits(text):
        return "NON_DIGIT_CHARACTER"
    return "ILLEGAL_HOUR" if int(text[:2]) > 23 else "ILLEGAL_MINUTE" if int(text[2:]) > 59 else None


def _date(length: int, *, day_may_be_zero: bool) -> Linter:
    def check(text: str) -> str | None:
        if len(text) != length:
            return "DATE_TOO_SHORT" if len(text) < length else "DATE_TOO_LONG"
        if not is_digits(text):
            return "NON_DIGIT_CHARACTER"
        year, month, day = int(text[:-4]) + (2000 if length == 6 else 0), int(text[-4:-2]), int(text[-2:])
        if not 1 <= month <= 12:
            return "ILLEGAL_MONTH"
        if day == 0:
            return None if day_may_be_zero else "ILLEGAL_DAY"
        try:
            date(year or 4, month, day)
        except ValueError:
            return "ILLEGAL_DAY"
        return None

    return check


def _iban(text: str) -> str | None:
    if not 10 <= len(text) <= 34:
        return "IBAN_TOO_SHORT" if len(text) < 10 else "IBAN_TOO_LONG"
    if not all(character.isascii() and character.isalnum() and character.upper() == character for character in text):
        return "INVALID_IBAN_CHARACTER"
    if text[:2] not in COUNTRY_LETTERS:
        return "ILLEGAL_IBAN_COUNTRY_CODE"
    number = "".join(str(int(character, 36)) for character in text[4:] + text[:4])
    return None if int(number) % 97 == 1 else "INCORRECT_IBAN_CHECKSUM"


def _coordinate(name: str, most: int) -> Linter:
    def check(text: str) -> str | None:
        if len(text) != 10:
            return f"{name}_INVALID_LENGTH"
        if not is_digits(text):
            return "NON_DIGIT_CHARACTER"
        return None if int(text) <= most else f"INVALID_{name}"

    return check


def _piece_of_total(text: str) -> str | None:
    half = len(text) // 2
    if not text or len(text) % 2:
        return "INVALID_LENGTH_FOR_PIECE_OF_TOTAL"
    if not is_digits(text):
        return "NON_DIGIT_CHARACTER"
    piece, total = int(text[:half]), int(text[half:])
    if piece == 0:
        return "ZERO_PIECE_NUMBER"
    return "ZERO_TOTAL_PIECES" if total == 0 else "PIECE_NUMBER_EXCEEDS_TOTAL" if piece > total else None


def _position(text: str) -> str | None:
    if not _POSITION.fullmatch(text):
        return "POSITION_IN_SEQUENCE_MALFORMED"
    place, _, end = text.partition("/")
    if place[0] == "0" or end[0] == "0":
        return "ILLEGAL_ZERO_PREFIX"
    return None if int(place) <= int(end) else "POSITION_EXCEEDS_END"


def _digits_then(rule: str, broken: Callable[[str], bool]) -> Linter:
    return lambda text: "NON_DIGIT_CHARACTER" if not is_digits(text) else rule if broken(text) else None


def _importer(text: str) -> str | None:
    if len(text) != 1:
        return "IMPORTER_IDX_MUST_BE_ONE_CHARACTER"
    return _set(CSET64, "INVALID_IMPORT_IDX_CHARACTER")(text)


LINTERS: Final[Mapping[str, Linter]] = MappingProxyType(
    {
        "couponcode": check_coupon,
        "couponposoffer": check_positive_offer,
        "cset39": _set(CSET39, "INVALID_CSET39_CHARACTER"),
        "cset64": _base64url,
        "cset82": _set(CSET82, "INVALID_CSET82_CHARACTER"),
        "csetnumeric": _set("0123456789", "NON_DIGIT_CHARACTER"),
        "csum": _check_sum,
        "csumalpha": _check_pair,
        "gcppos1": _company_prefix(0),
        "gcppos2": _company_prefix(1),
        "hasnondigit": lambda text: "REQUIRES_NON_DIGIT_CHARACTER" if is_digits(text) else None,
        "hh": _two_digits("HOUR", 24),
        "hhmi": _hour_and_minute,
        "hyphen": lambda text: None if text and not text.strip("-") else "NOT_HYPHEN",
        "iban": _iban,
        "importeridx": _importer,
        "iso3166": _one_of(COUNTRY_NUMBERS, "NOT_ISO3166"),
        "iso3166999": _one_of(COUNTRY_NUMBERS | {"999"}, "NOT_ISO3166_OR_999"),
        "iso3166alpha2": _one_of(COUNTRY_LETTERS, "NOT_ISO3166_ALPHA2"),
        "iso4217": _one_of(frozenset(CURRENCIES), "NOT_ISO4217"),
        "iso5218": _one_of(frozenset("0129"), "INVALID_BIOLOGICAL_SEX_CODE"),
        "latitude": _coordinate("LATITUDE", 1_800_000_000),
        "longitude": _coordinate("LONGITUDE", 3_600_000_000),
        "mediatype": _one_of(MEDIA, "INVALID_MEDIA_TYPE"),
        "mi": _two_digits("MINUTE", 60),
        "nonzero": _digits_then("ILLEGAL_ZERO_VALUE", lambda text: not text.strip("0")),
        "nozeroprefix": _digits_then("ILLEGAL_ZERO_PREFIX", lambda text: text[:1] == "0"),
        # Of UN/ECE Recommendation 21 only the form is checked: its list grows twice a year.
        "packagetype": lambda text: None if _PACKAGE.fullmatch(text) else "INVALID_PACKAGE_TYPE",
        "pcenc": lambda text: "INVALID_PERCENT_SEQUENCE" if _PERCENT.search(text) else None,
        "pieceoftotal": _piece_of_total,
        "posinseqslash": _position,
        "ss": _two_digits("SECOND", 60),
        "winding": _one_of(frozenset("019"), "INVALID_WINDING_DIRECTION"),
        "yesno": _one_of(frozenset("01"), "NOT_ZERO_OR_ONE"),
        "yymmd0": _date(6, day_may_be_zero=True),
        "yymmdd": _date(6, day_may_be_zero=False),
        "yyyymmd0": _date(8, day_may_be_zero=True),
        "yyyymmdd": _date(8, day_may_be_zero=False),
        "zero": lambda text: None if text and not text.strip("0") else "NOT_ZERO",
    }
)
