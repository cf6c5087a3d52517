"""What a scanner sends: a symbology identifier (ISO/IEC 15424), then the data; read and written.

Data that begin with "^" are element strings. Plain data that happen to begin so carry a backslash in front, as do those that begin with
backslashes and a "^".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from backend.barcodes.elements import FNC1, GROUP_SEPARATOR, Element, read_element_string, write_element_string
from backend.barcodes.errors import BarcodeError
from backend.barcodes.links import read_link
from backend.barcodes.linters import check_digit, is_digits

_IDENTIFIER: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_LOOKS_LIKE_FNC1: Final = re.compile(r"\\*\^")
_WEB: Final = ("http://", "https://", "HTTP://", "HTTPS://")
_PLAIN: Final[Mapping[str, str]] = MappingProxyType({"]Q1": "QR", "]d1": "DM", "]J0": "DotCode"})
_GS1: Final[Mapping[str, str]] = MappingProxyType({"]Q3": "QR", "]d2": "DM", "]J1": "DotCode", "]e0": "DataBarExpanded", "]C1": "GS1_128_CCA"})
_RETAIL: Final[Mapping[str, tuple[str, int]]] = MappingProxyType({"]E0": ("EAN13", 13), "]E4": ("EAN8", 8), "]I1": ("ITF14", 14)})
_MATRIX: Final = {name: (plain, gs1) for plain, name in _PLAIN.items() for gs1, other in _GS1.items() if other == name}
_RETAIL_LENGTHS: Final = {"EAN13": 13, "EAN8": 8, "UPCA": 12, "UPCE": 12}
_COMPOSITE: Final = "|"


@dataclass(frozen=True, slots=True)
class Scan:
    """What was scanned: `data` as described above, with a composite component behind "|"; the elements where there are any."""

    symbology: str
    data: str
    elements: tuple[Element, ...]


def read_scan(text: str) -> Scan:
    """Read what a scanner sent. Raises `BarcodeError` for data without a symbology identifier, or not as its symbology has them."""
    if not _IDENTIFIER.match(text):
        raise BarcodeError("NO_SYMBOLOGY", "The data don't begin with a symbology identifier such as ]d2; switch it on in the scanner.")
    identifier, data = text[:3], text[3:]
    if identifier in _GS1:
        marked = FNC1 + data.replace(GROUP_SEPARATOR, FNC1)
        return Scan(_GS1[identifier], marked, tuple(read_element_string(marked)))
    if identifier in _PLAIN:
        elements = read_link(data, short_gtins=True).elements if data.startswith(_WEB) else ()
        return Scan(_PLAIN[identifier], f"\\{data}" if _LOOKS_LIKE_FNC1.match(data) else data, elements)
    if identifier in _RETAIL:
        return _read_retail(identifier, data)
    raise BarcodeError("OTHER_SYMBOLOGY", f"{identifier} is no symbology that carries GS1's identifiers.")


def plain_data(text: str) -> str | None:
    """The data of a symbol that holds any text, such as a QR code with a web address; None for scan data of any other kind."""
    return text[3:] if text[:3] in _PLAIN and _IDENTIFIER.match(text) else None


def symbology_of(text: str) -> str | None:
    """The name of the symbology whose identifier stands in front; None where it is none that carries GS1's identifiers."""
    retail = _RETAIL.get(text[:3])
    return _PLAIN.get(text[:3]) or _GS1.get(text[:3]) or (retail[0] if retail else None)


def _read_retail(identifier: str, data: str) -> Scan:
    symbology, length = _RETAIL[identifier]
    primary, composite, rest = data.partition(f"{_COMPOSITE}]e0")
    _require_gtin(primary, length)
    elements = tuple(read_element_string(f"^01{primary.zfill(14)}"))
    if not composite:
        return Scan(symbology, primary, elements)
    marked = FNC1 + rest.replace(GROUP_SEPARATOR, FNC1)
    return Scan(symbology, f"{primary}{_COMPOSITE}{marked}", (*elements, *read_element_string(marked)))


def _require_gtin(text: str, length: int) -> None:
    if len(text) != length or not is_digits(text):
        raise BarcodeError("NOT_A_GTIN", f"This symbology holds {length} digits; “{text[:40]}” is something else.")
    if text[-1] != check_digit(text[:-1]):
        raise BarcodeError("INCORRECT_CHECK_DIGIT", f"The check digit of {text} should be {check_digit(text[:-1])}.")


def write_scan(symbology: str, data: str, *, add_check_digit: bool = False) -> str:
    """What a scanner sends for a symbol with these data. Raises `BarcodeError` where the symbology can't hold them."""
    if symbology in _MATRIX:
        plain, gs1 = _MATRIX[symbology]
        if data.startswith(FNC1):
            return gs1 + _sent(data)
        return plain + (data[1:] if data.startswith("\\") and _LOOKS_LIKE_FNC1.match(data) else data)
    primary, _, composite = data.partition(_COMPOSITE)
    if symbology in _RETAIL_LENGTHS:
        return _write_retail(symbology, primary, composite, add_check_digit=add_check_digit)
    if symbology in ("DataBarOmni", "DataBarLimited"):
        gtin = primary.removeprefix("^01").zfill(14)
        _require_gtin(gtin, 14)
        if symbology == "DataBarLimited" and gtin[0] not in "01":
            raise BarcodeError("NOT_A_GTIN", f"GS1 DataBar Limited holds GTINs that begin with 0 or 1; {gtin} doesn't.")
        return "]e0" + _sent(f"^01{gtin}", composite)
    if symbology == "DataBarExpanded":
        return "]e0" + _sent(primary, composite)
    if symbology in ("GS1_128_CCA", "GS1_128_CCC"):
        return ("]e0" if composite else "]C1") + _sent(primary, composite)
    raise BarcodeError("OTHER_SYMBOLOGY", f"“{symbology[:40]}” is no symbology that is known here.")


def _sent(primary: str, composite: str = "") -> str:
    elements = read_element_string(primary)
    if not composite:
        return primary[1:].replace(FNC1, GROUP_SEPARATOR)
    joined = write_element_string([*elements, *read_element_string(composite)])
    return joined[1:].replace(FNC1, GROUP_SEPARATOR)


def _write_retail(symbology: str, primary: str, composite: str, *, add_check_digit: bool) -> str:
    length = _RETAIL_LENGTHS[symbology]
    digits = primary.removeprefix("^01")
    if digits != primary:
        if digits[:-length].strip("0"):
            raise BarcodeError("NOT_A_GTIN", f"{digits} is too long for {symbology}.")
        digits = digits[-length:]
    if add_check_digit and len(digits) == length - 1 and is_digits(digits):
        digits += check_digit(digits)
    _require_gtin(digits, length)
    sent = f"]E4{digits}" if symbology == "EAN8" else f"]E0{digits.zfill(13)}"
    if composite:
        sent += f"{_COMPOSITE}]e0{_sent(composite)}"
    return sent
