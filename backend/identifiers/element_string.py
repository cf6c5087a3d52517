"""Element strings: bracketed, as printed under a GS1 barcode ("(01)09506000134352(10)ABC123"), and as scanners send them."""

import re
from collections.abc import Mapping
from typing import Final

from backend.barcodes.elements import FNC1, GROUP_SEPARATOR
from backend.barcodes.elements import read_element_string as read_elements
from backend.barcodes.errors import BarcodeError
from backend.barcodes.scans import plain_data, read_scan
from backend.identifiers.digital_link import read_path
from backend.identifiers.errors import InvalidIdentifierError
from backend.identifiers.types import Identifier

_ELEMENT: Final = re.compile(r"\((\d{2,4})\)(?:\\.|[^(\\]|\((?!\d{2,4}\)))+", re.ASCII | re.DOTALL)
_ESCAPED: Final = re.compile(r"\\([(\\])")
_PRIMARY: Final = ("00", "01", "8006", "8003", "8004", "8010", "414", "417", "253", "255", "401", "402", "8013", "8017", "8018")
_QUALIFIERS: Final = {"01": ("21", "235", "10", "22"), "8006": ("21", "10", "22"), "8010": ("8011",), "414": ("254",)}


def read_element_string(text: str) -> Identifier:
    """The key among the elements with its qualifiers; other elements (dates, weights) are passed over.

    Raises InvalidIdentifierError where the brackets don't close, an element stands twice with two values, or no key is there.
    """
    elements: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _ELEMENT.match(text, position)
        if match is None:
            raise _refusal(text, f"the brackets cannot be read from character {position + 1} on.")
        ai, value = match[1], _ESCAPED.sub(r"\1", text[match.end(1) + 1 : match.end()]).strip()
        if elements.setdefault(ai, value) != value:
            raise _refusal(text, f"({ai}) stands twice with different values.")
        position = match.end()
    return key_among(text, elements)


def is_scanned(text: str) -> bool:
    """Whether a text is what a scanner sends: with a symbology identifier in front, or with FNC1 in it."""
    return (len(text) > 3 and text[0] == "]" and text[1:3].isalnum()) or GROUP_SEPARATOR in text or text.startswith(FNC1)


def read_scanned(text: str) -> Identifier | str:
    """The key in scan data, or the data themselves where they are no elements: a web address, say. Raises InvalidIdentifierError."""
    if (data := plain_data(text)) is not None:
        return data
    try:
        if text[0] == "]":
            scan = read_scan(text)
            if not scan.elements:
                return scan.data
            elements = scan.elements
        else:
            elements = tuple(read_elements(FNC1 + text.removeprefix(FNC1).removeprefix(GROUP_SEPARATOR)))
    except BarcodeError as problem:
        raise InvalidIdentifierError(text, problem.message, "Scan it again, or type the text that is printed under the code.") from problem
    return key_among(text, {element.ai: element.value for element in elements})


def key_among(text: str, elements: Mapping[str, str]) -> Identifier:
    """The key that stands among elements, with its qualifiers. Raises InvalidIdentifierError where none does."""
    for primary in _PRIMARY:
        if primary in elements:
            qualifiers = [(ai, elements[ai]) for ai in _QUALIFIERS.get(primary, ()) if ai in elements]
            found = read_path(text, [(primary, elements[primary]), *qualifiers])
            if found is None:
                raise _refusal(text, f"({primary}){elements[primary]} or a part belonging to it has a wrong length or character.")
            return found
    raise _refusal(text, "it holds no GS1 key.")


def _refusal(text: str, problem: str) -> InvalidIdentifierError:
    return InvalidIdentifierError(text, problem, "Write (01)GTIN(10)LOT, (01)GTIN(21)SERIAL, (00)SSCC and so on.")
