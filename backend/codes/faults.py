"""What is wrong with a code, where, and how to put it right."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from backend.barcodes.elements import (
    Element,
    require_equal_repeats,
    require_no_exclusions,
    require_requisites,
    require_serialised_keys,
)
from backend.barcodes.errors import BarcodeError
from backend.identifiers import InvalidIdentifierError
from backend.identifiers.describe import printable

_LONGEST_MESSAGE: Final = 500
_MEND: Final = "Scan it again, or type the text that is printed under the code."
_MENDS: Final = {
    "INCORRECT_CHECK_DIGIT": "Compare the digits with the label; one of them is mistyped.",
    "UNKNOWN_AI": "Look whether the element before it is complete, and whether a separator is missing.",
    "TOO_SHORT": "Complete the value, or put the separator where it ends.",
    "TOO_LONG": "Shorten the value, or put the separator where it ends.",
    "MISSING_AI": "Add what is missing, or leave this element out.",
    "EXCLUDED_AI": "Leave one of them out.",
    "REPEATED_AI": "Keep the right one.",
    "NO_SYMBOLOGY": "Switch symbology identifiers on in the scanner, or send the text alone.",
    "NO_KEY": "Add the key that the elements speak of, such as (01), (00) or (414).",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """`code` is the rule's name; `position` counts characters from 1, None where it can't be told; `ai` is the element concerned."""

    code: str
    message: str
    mend: str
    position: int | None = None
    ai: str | None = None


def of_barcode(text: str, problem: BarcodeError) -> Fault:
    """The fault that a reader of barcodes found in a text."""
    return Fault(problem.rule, _cut(problem.message), _MENDS.get(problem.rule, _MEND), _position(text, problem.ai), problem.ai)


def of_identifier(problem: InvalidIdentifierError) -> Fault:
    """The fault that the reader of identifiers found."""
    return Fault("INVALID_IDENTIFIER", _cut(problem.message), _cut(problem.mend))


_ASSOCIATIONS: Final[tuple[Callable[[Sequence[Element]], None], ...]] = (
    require_equal_repeats,
    require_no_exclusions,
    require_requisites,
    require_serialised_keys,
)


def of_associations(text: str, elements: Sequence[Element]) -> Iterator[Fault]:
    """Elements that contradict, exclude or lack each other: each is right by itself (GS1 General Specifications §4.13)."""
    for require in _ASSOCIATIONS:
        try:
            require(elements)
        except BarcodeError as problem:
            yield of_barcode(text, problem)


def _position(text: str, ai: str | None) -> int | None:
    """Where an element begins in a bracketed text or a link; in a bare element string digits could be anything."""
    if ai is None:
        return None
    written = re.escape(ai)
    found = re.search(rf"\({written}\)|[/?&;]{written}[/=]", text)
    return found.start() + 1 if found else None


def _cut(text: str) -> str:
    return printable(text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}…")
