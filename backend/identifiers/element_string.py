"""Bracketed element strings, as printed under a GS1 barcode: "(01)09506000134352(10)ABC123"."""

import re
from typing import Final

from backend.identifiers.digital_link import read_path
from backend.identifiers.errors import InvalidIdentifierError
from backend.identifiers.types import Identifier

_ELEMENT: Final = re.compile(r"\((\d{2,4})\)([^(]+|\((?!\d{2,4}\))[^(]*)+", re.ASCII)
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
        ai, value = match[1], text[match.end(1) + 1 : match.end()].strip()
        if elements.setdefault(ai, value) != value:
            raise _refusal(text, f"({ai}) stands twice with different values.")
        position = match.end()
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
