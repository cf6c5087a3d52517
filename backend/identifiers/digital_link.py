"""GS1 Digital Link URIs (GS1 Digital Link: URI Syntax §4): read on any domain, brought to the canonical key."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from backend.identifiers.check_digits import check_digit
from backend.identifiers.errors import InvalidIdentifierError
from backend.identifiers.gs1_text import decode, encoded, is_gs1_text
from backend.identifiers.types import DIGITAL_LINK_ROOT, Identifier, ObjectKind

# Keys of free text begin with a company prefix, which tells them from a path that happens to have "401" in it.
_PREFIX: Final = r"[0-9]{6}"
_TEXT_20: Final = r"(?s:.{1,20})"


@dataclass(frozen=True, slots=True)
class _Key:
    """A primary key: its shape, how many of its digits the check digit closes, and what may qualify it.

    `checked` is a slice of the digits including the check digit. `kept` are the qualifiers, finest first, one of which makes the
    canonical key; `dropped` may stand in a link and don't change what is named.
    """

    name: str
    shape: re.Pattern[str]
    kind: ObjectKind
    checked: slice | None = None
    kept: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def _shape(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_KEYS: Final = {
    "00": _Key("SSCC", _shape(r"[0-9]{18}"), ObjectKind.LOGISTIC_UNIT, slice(0, 18)),
    "01": _Key("GTIN", _shape(r"[0-9]{8}|[0-9]{12,14}"), ObjectKind.PRODUCT_CLASS, slice(0, 14), ("21", "235", "10"), ("22",)),
    "253": _Key("GDTI", _shape(r"[0-9]{13}(?s:.{0,17})"), ObjectKind.OTHER, slice(0, 13)),
    "255": _Key("GCN", _shape(r"[0-9]{13}[0-9]{0,12}"), ObjectKind.OTHER, slice(0, 13)),
    "401": _Key("GINC", _shape(_PREFIX + r"(?s:.{0,24})"), ObjectKind.LOGISTIC_UNIT),
    "402": _Key("GSIN", _shape(r"[0-9]{17}"), ObjectKind.LOGISTIC_UNIT, slice(0, 17)),
    "414": _Key("GLN", _shape(r"[0-9]{13}"), ObjectKind.OTHER, slice(0, 13), ("254",), ("7040",)),
    "417": _Key("GLN", _shape(r"[0-9]{13}"), ObjectKind.OTHER, slice(0, 13), (), ("7040",)),
    # Asset identifiers with a wrong check digit are in circulation, down to published EPCIS examples; the digit is not verified.
    "8003": _Key("GRAI", _shape(r"0[0-9]{13}(?s:.{0,16})"), ObjectKind.ASSET),
    "8004": _Key("GIAI", _shape(_PREFIX + r"(?s:.{0,24})"), ObjectKind.ASSET, None, (), ("7040",)),
    "8006": _Key("ITIP", _shape(r"[0-9]{18}"), ObjectKind.PRODUCT_CLASS, slice(0, 14), ("21", "10"), ("22",)),
    "8010": _Key("CPID", _shape(_PREFIX + r"[0-9A-Z#/-]{0,24}"), ObjectKind.PRODUCT_CLASS, None, ("8011",)),
    "8013": _Key("GMN", _shape(_PREFIX + r"(?s:.{0,19})"), ObjectKind.PRODUCT_CLASS),
    "8017": _Key("GSRN", _shape(r"[0-9]{18}"), ObjectKind.OTHER, slice(0, 18), (), ("8019",)),
    "8018": _Key("GSRN", _shape(r"[0-9]{18}"), ObjectKind.OTHER, slice(0, 18), (), ("8019",)),
}
_QUALIFIERS: Final = {
    "10": re.compile(_TEXT_20),
    "21": re.compile(_TEXT_20),
    "22": re.compile(_TEXT_20),
    "235": re.compile(r"(?s:.{1,28})"),
    "254": re.compile(_TEXT_20),
    "7040": re.compile(r"(?s:.{1,4})"),
    "8011": re.compile(r"[0-9]{1,12}"),
    "8019": re.compile(r"[0-9]{1,10}"),
}
# The short names of GS1 Digital Link 1.1, which printed codes still carry.
_SHORT_NAMES: Final = {
    "sscc": "00", "gtin": "01", "gdti": "253", "gcn": "255", "ginc": "401", "gsin": "402", "gln": "414", "party": "417",
    "partygln": "417", "grai": "8003", "giai": "8004", "itip": "8006", "cpid": "8010", "gmn": "8013", "gsrnp": "8017",
    "gsrn": "8018", "lot": "10", "ser": "21", "cpv": "22", "glnx": "254", "cpsn": "8011", "srin": "8019",
}  # fmt: skip
# Names that nobody gives to a path for another reason: a wrong number behind them is a mistake.
_PLAIN_NAMES: Final = {"gtin": "01", "sscc": "00", "gln": "414"}
_WEB_URI: Final = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://([^/?#]+)/([^?#]*)")
_QUALIFIER_IN_QUERY: Final = re.compile(r"\?(?:[^#]*&)?(10|21|lot|ser)=([^&#]+)")
_LONG_NUMBER: Final = re.compile(r"[0-9]{8,}")


def read_digital_link(text: str) -> Identifier | None:
    """The identifier in a web URI; None where it isn't a Digital Link. Raises InvalidIdentifierError for a wrong check digit."""
    match = _WEB_URI.match(text)
    if match is None:
        return None
    segments = match[2].split("/")
    if not segments[-1]:
        segments.pop()
    for start in range(len(segments) - 2, -1, -2):
        ai = _SHORT_NAMES.get(segments[start], segments[start])
        if ai in _KEYS and (found := _read_pairs(text, ai, segments[start:])) is not None:
            _refuse_qualifier_in_query(text, found)
            return found
    return None


def refuse_failed_link(text: str) -> None:
    """Raise InvalidIdentifierError for a web URI that was meant as a Digital Link, having been read as none.

    A number behind a key name is meant as that key, whatever the domain; everything on GS1's own resolver is meant as a link.
    """
    match = _WEB_URI.match(text)
    if match is not None:
        _refuse_failed_key(text, match[1], match[2].split("/"))


def read_path(text: str, pairs: Sequence[tuple[str, str]]) -> Identifier | None:
    """The identifier in decoded pairs of application identifier and value, primary key first; None where they don't make one."""
    ai, value = pairs[0]
    key = _KEYS.get(ai)
    if key is None or not key.shape.fullmatch(value) or (ai != "8010" and not is_gs1_text(value)):
        return None
    qualifiers = dict(pairs[1:])
    if len(qualifiers) != len(pairs) - 1:
        return None
    for name, qualifier in qualifiers.items():
        if name not in key.kept and name not in key.dropped:
            return None
        if not _QUALIFIERS[name].fullmatch(qualifier) or not is_gs1_text(qualifier):
            return None
    if ai == "01":
        value = value.zfill(14)
    _verify_check_digit(text, key, value)
    return _build(text, ai, value, key, qualifiers)


def _read_pairs(text: str, ai: str, segments: list[str]) -> Identifier | None:
    pairs = []
    for index in range(0, len(segments), 2):
        value = decode(segments[index + 1])
        if value is None:
            return None
        pairs.append((_SHORT_NAMES.get(segments[index], segments[index]) if index else ai, value))
    return read_path(text, pairs)


def _build(text: str, ai: str, value: str, key: _Key, qualifiers: dict[str, str]) -> Identifier:
    path = f"{ai}/{encoded(value)}"
    gtin = value[:14] if ai in ("01", "8006") else None
    finest = next((name for name in key.kept if name in qualifiers), None)
    if finest is None:
        kind = ObjectKind.PRODUCT_CLASS if ai == "8003" and len(value) == 14 else key.kind
        return Identifier(kind, path, text, gtin)
    path = f"{path}/{finest}/{encoded(qualifiers[finest])}"
    lot = qualifiers.get("10")
    if finest == "10":
        return Identifier(ObjectKind.LOT, path, text, gtin, lot)
    if finest == "254":
        return Identifier(ObjectKind.OTHER, path, text)
    return Identifier(ObjectKind.UNIT, path, text, gtin, lot, qualifiers["21"] if ai == "01" and finest == "21" else None)


def _verify_check_digit(text: str, key: _Key, value: str) -> None:
    if key.checked is None:
        return
    digits = value[key.checked]
    right = check_digit(digits[:-1])
    if right != digits[-1]:
        raise InvalidIdentifierError(
            text,
            f"the check digit of {key.name} {digits} is {digits[-1]}, but {digits[:-1]} needs {right}.",
            f"If the other digits are right, write {digits[:-1]}{right}; else look for a mistyped digit.",
        )


def _refuse_qualifier_in_query(text: str, found: Identifier) -> None:
    """A lot or serial behind the question mark would be lost without a word: it belongs into the path (§4.9)."""
    if found.gtin is None or found.kind is not ObjectKind.PRODUCT_CLASS:
        return
    match = _QUALIFIER_IN_QUERY.search(text)
    if match is not None:
        ai = _SHORT_NAMES.get(match[1], match[1])
        raise InvalidIdentifierError(text, f"{match[1]} stands behind the question mark.", f"Write it into the path: …/{found.key}/{ai}/{match[2]}.")


def _refuse_failed_key(text: str, host: str, segments: list[str]) -> None:
    for name, value in pairwise(segments):
        ai = _PLAIN_NAMES.get(name, name)
        key = _KEYS.get(ai)
        if key is not None and _LONG_NUMBER.fullmatch(value) and not key.shape.fullmatch(value):
            raise InvalidIdentifierError(text, f"{value} has {len(value)} digits and is no {key.name} ({ai}).", "Check the number against the label.")
    if host.lower() == "id.gs1.org":
        raise InvalidIdentifierError(
            text,
            "it is not a GS1 Digital Link.",
            f"Write {DIGITAL_LINK_ROOT}01/GTIN/10/LOT, …/01/GTIN/21/SERIAL, …/00/SSCC and so on.",
        )
