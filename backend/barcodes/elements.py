"""Element strings: application identifiers with their values, read with separators or in brackets, checked and written.

"^" stands for FNC1 in texts, as in GS1's own test material; scanners send the character GS (U+001D) for it.
GS1 General Specifications §7.8; GS1 Barcode Syntax Dictionary.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from backend.barcodes.dictionary import ApplicationIdentifier, Component, application_identifiers, identifier_length, matches
from backend.barcodes.errors import BarcodeError
from backend.barcodes.linters import LINTERS, check_digit

FNC1: Final = "^"
GROUP_SEPARATOR: Final = "\x1d"
MAX_LENGTH: Final = 8_191
_LONGEST_UNKNOWN: Final = 90
_CHARSETS: Final = {"N": "csetnumeric", "X": "cset82", "Y": "cset39", "Z": "cset64"}
_BRACKETED: Final = re.compile(r"\((\d{2,4})\)((?:[^(\\]|\\.)*)")
# (253), (255) and (8003) are serialised only where something follows the part of this length.
_UNSERIALISED: Final = {"253": 13, "255": 13, "8003": 14}


@dataclass(frozen=True, slots=True)
class Element:
    """One application identifier with its value; `entry` is None for one that the dictionary doesn't have."""

    ai: str
    value: str
    entry: ApplicationIdentifier | None

    @property
    def text(self) -> str:
        """As people read it (HRI)."""
        return f"({self.ai}) {self.value}"


def read_element_string(text: str, *, unknown: bool = False) -> list[Element]:
    """The elements of a string that begins with FNC1, as "^" or GS. Raises `BarcodeError`.

    `unknown` admits identifiers that the dictionary lacks, as far as their length can be told.
    """
    normal = text.replace(GROUP_SEPARATOR, FNC1)
    if len(text) > MAX_LENGTH:
        raise BarcodeError("TOO_LONG", f"The content has {len(text)} characters; a barcode holds {MAX_LENGTH} at most.")
    if not normal.startswith(FNC1) or len(normal) == 1:
        raise BarcodeError("NO_FNC1", "This is no element string: it begins with FNC1 (written ^) and holds at least one element.")
    return _run(normal[1:], unknown=unknown)


def _run(rest: str, *, unknown: bool) -> list[Element]:
    elements: list[Element] = []
    while rest:
        entry, ai = _begin(rest, unknown=unknown)
        body = rest[len(ai) :]
        if entry is not None and entry.fixed:
            length = entry.longest
            value, rest = body[:length].partition(FNC1)[0], body[length:]
            # A separator behind a value of fixed length is superfluous, and tolerated.
            rest = rest.removeprefix(FNC1)
        else:
            value, _, rest = body.partition(FNC1)
        elements.append(checked(ai, value, entry))
    return elements


def _begin(rest: str, *, unknown: bool) -> tuple[ApplicationIdentifier | None, str]:
    length = identifier_length(rest)
    if length is None:
        raise BarcodeError("UNKNOWN_AI", f"No application identifier begins with “{rest[:2]}”; the element before it may be too short or too long.")
    ai = rest[:length]
    entry = application_identifiers().get(ai)
    if entry is None and not (unknown and len(ai) == length and ai.isdigit()):
        raise BarcodeError("UNKNOWN_AI", f"({ai}) is no application identifier of GS1.", ai=ai)
    return entry, ai


def read_bracketed(text: str, *, unknown: bool = False) -> list[Element]:
    """The elements of "(01)…(10)…"; a "(" inside of a value is written "\\(". Raises `BarcodeError`."""
    if len(text) > MAX_LENGTH:
        raise BarcodeError("TOO_LONG", f"The content has {len(text)} characters; a barcode holds {MAX_LENGTH} at most.")
    elements, place = [], 0
    while place < len(text):
        found = _BRACKETED.match(text, place)
        if found is None:
            raise BarcodeError("NOT_BRACKETED", f"At character {place + 1} an application identifier in brackets is expected, such as (01).")
        ai, value, place = found[1], found[2].replace("\\(", "(").replace("\\\\", "\\"), found.end()
        entry = application_identifiers().get(ai)
        if entry is None and not unknown:
            raise BarcodeError("UNKNOWN_AI", f"({ai}) is no application identifier of GS1.", ai=ai)
        elements.append(checked(ai, value, entry))
    if not elements:
        raise BarcodeError("NOT_BRACKETED", "The text is empty; write elements like (01)09506000134352(10)LOT1.")
    return elements


def checked(ai: str, value: str, entry: ApplicationIdentifier | None) -> Element:
    """An element whose value is what the dictionary says. Raises `BarcodeError` with the broken rule."""
    if not value:
        raise BarcodeError("NO_VALUE", f"({ai}) has no value.", ai=ai)
    if entry is None:
        if len(value) > _LONGEST_UNKNOWN:
            raise BarcodeError("TOO_LONG", f"The value of ({ai}) has {len(value)} characters; {_LONGEST_UNKNOWN} are the most.", ai=ai)
        _lint(ai, "cset82", value, value)
        return Element(ai, value, None)
    rest = value
    for component in entry.components:
        rest = _consume(ai, value, rest, component)
    if rest:
        raise BarcodeError("TOO_LONG", f"({ai}) {entry.title} has at most {entry.longest} characters; “{value}” has {len(value)}.", ai=ai)
    return Element(ai, value, entry)


def _consume(ai: str, value: str, rest: str, component: Component) -> str:
    if not rest and component.optional:
        return ""
    part = rest[: component.longest]
    if len(part) < component.shortest:
        missing = component.shortest - len(part)
        raise BarcodeError("TOO_SHORT", f"The value “{value}” of ({ai}) is {missing} character{'s' if missing > 1 else ''} too short.", ai=ai)
    for linter in (_CHARSETS[component.charset], *component.linters):
        _lint(ai, linter, part, value)
    return rest[len(part) :]


def _lint(ai: str, linter: str, part: str, value: str) -> None:
    rule = LINTERS[linter](part)
    if rule is not None:
        where = "" if part == value else f", in its part “{part}”"
        if rule == "INCORRECT_CHECK_DIGIT":
            where += f"; {part[:-1]}{check_digit(part[:-1])} would be right"
        raise BarcodeError(rule, f"The value “{value}” of ({ai}) breaks the rule {rule.replace('_', ' ').lower()}{where}.", ai=ai)


def write_element_string(elements: Sequence[Element]) -> str:
    """The elements with "^" for each FNC1; none stands behind a value of predefined length, or at the end."""
    written = FNC1
    for place, element in enumerate(elements):
        last = place == len(elements) - 1
        written += element.ai + element.value + ("" if last or (element.entry and element.entry.fixed) else FNC1)
    return written


def write_bracketed(elements: Iterable[Element]) -> str:
    """The elements with their identifiers in brackets."""
    return "".join(f"({element.ai}){element.value.replace(chr(92), chr(92) * 2).replace('(', chr(92) + '(')}" for element in elements)


def hri(elements: Iterable[Element], *, titles: bool = False) -> list[str]:
    """The lines that are printed under a barcode, on request with GS1's data titles."""
    return [f"{element.entry.title} {element.text}" if titles and element.entry else element.text for element in elements]


def require_associations(elements: Sequence[Element]) -> None:
    """Raise `BarcodeError` where elements contradict, exclude or lack each other (GS1 General Specifications §4.13)."""
    require_equal_repeats(elements)
    require_no_exclusions(elements)
    require_requisites(elements)
    require_serialised_keys(elements)


def require_equal_repeats(elements: Sequence[Element]) -> None:
    """An identifier may come again only with the same value."""
    values: dict[str, str] = {}
    for element in elements:
        if values.setdefault(element.ai, element.value) != element.value:
            raise BarcodeError("REPEATED_AI", f"({element.ai}) stands twice with different values; keep the right one.", ai=element.ai)


def require_no_exclusions(elements: Sequence[Element]) -> None:
    """Some identifiers can't speak of one thing together."""
    given = {element.ai for element in elements}
    for element in elements:
        for pattern in element.entry.excludes if element.entry else ():
            other = next((ai for ai in sorted(given) if ai != element.ai and matches(pattern, ai)), None)
            if other is not None:
                raise BarcodeError("EXCLUDED_AI", f"({element.ai}) and ({other}) must not stand together; remove one of them.", ai=element.ai)


def require_requisites(elements: Sequence[Element]) -> None:
    """Some identifiers speak of another one's thing."""
    given = {element.ai for element in elements}
    for element in elements:
        for alternatives in element.entry.requires if element.entry else ():
            if not any(all(any(matches(pattern, ai) for ai in given) for pattern in group) for group in alternatives):
                wanted = " or ".join("+".join(f"({pattern})" for pattern in group) for group in alternatives)
                raise BarcodeError("MISSING_AI", f"({element.ai}) needs {wanted} beside it.", ai=element.ai)


def require_serialised_keys(elements: Sequence[Element]) -> None:
    """A digital signature (8030) signs one item, so its key has a serial number."""
    if any(element.ai == "8030" for element in elements):
        for element in elements:
            if len(element.value) == _UNSERIALISED.get(element.ai):
                raise BarcodeError("UNSERIALISED_KEY", f"({element.ai}) has no serial number, which a digital signature (8030) needs.", ai=element.ai)
