"""A code written in every form in which it can be printed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from backend.barcodes.compressed_links import write_compressed_link
from backend.barcodes.elements import Element, hri, read_bracketed, write_bracketed, write_element_string
from backend.barcodes.errors import BarcodeError
from backend.barcodes.links import write_link
from backend.barcodes.pictures import datamatrix_svg, gs1_128_svg, qr_svg
from backend.codes.faults import Fault, of_associations, of_barcode
from backend.codes.reading import read_code
from infra.errors import InvalidInputError

MOST_ELEMENTS: Final = 30
_LONGEST_VALUE: Final = 200
GS: Final = "\x1d"


@dataclass(frozen=True, slots=True)
class Written:
    """`link` and `compressed_link` are None where the elements have no key; nothing is written where there are `faults`."""

    elements: tuple[Element, ...] = ()
    link: str | None = None
    compressed_link: str | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def element_string(self) -> str:
        """With FNC1 in front, as "^", and wherever one is needed: what a printer's driver is told."""
        return write_element_string(self.elements)

    @property
    def data(self) -> str:
        """The same as a scanner sends it: without the first FNC1, the others as the character GS."""
        return self.element_string[1:].replace("^", GS)

    @property
    def bracketed(self) -> str:
        """With brackets around the identifiers."""
        return write_bracketed(self.elements)

    @property
    def hri(self) -> list[str]:
        """The lines that are printed under a barcode."""
        return hri(self.elements)


def write_code(given: Sequence[tuple[str, str]], text: str | None, *, stem: str) -> Written:
    """A code of elements as pairs, or of a text in any form that holds elements, as everything that can be printed of it."""
    if len(given) > MOST_ELEMENTS:
        raise InvalidInputError(f"A code of {len(given)} elements; {MOST_ELEMENTS} are the most.", field="elements")
    if text is not None and not given:
        reading = read_code(text)
        elements, faults = reading.elements, reading.faults
    else:
        elements, faults = _checked(given)
    if not elements and not faults:
        faults = (Fault("NO_ELEMENTS", "There is no element of GS1's in it.", "Give elements such as (01) and (10), or a text that holds some."),)
    if faults:
        return Written(faults=faults)
    return linked(elements, stem)


def _checked(given: Sequence[tuple[str, str]]) -> tuple[tuple[Element, ...], tuple[Fault, ...]]:
    """All faults at once, so that a label is mended in one go."""
    elements: list[Element] = []
    faults: list[Fault] = []
    for number, (ai, value) in enumerate(given, 1):
        try:
            elements += read_bracketed(f"({_identifier(ai)}){value[: _LONGEST_VALUE + 1].replace(chr(92), chr(92) * 2).replace('(', chr(92) + '(')}")
        except BarcodeError as problem:
            found = of_barcode("", problem)
            faults.append(Fault(found.code, found.message, found.mend, number, found.ai))
    faults += of_associations("", elements) if not faults else ()
    return tuple(elements), tuple(faults)


def _identifier(ai: str) -> str:
    if not (ai.isascii() and ai.isdigit() and 2 <= len(ai) <= 4):
        raise BarcodeError("UNKNOWN_AI", f"“{ai[:20]}” is no application identifier: those have two to four digits.")
    return ai


def linked(elements: tuple[Element, ...], stem: str) -> Written:
    """With the links that say the same."""
    return Written(elements, _tried(lambda: write_link(elements, stem=stem)), _tried(lambda: write_compressed_link(elements, stem=stem)))


def _tried(write: Callable[[], str]) -> str | None:
    try:
        return write()
    except BarcodeError:
        return None


def qr_of(written: Written, *, compressed: bool) -> str | None:
    """A QR code of a link; None where there is none."""
    link = written.compressed_link if compressed else written.link
    return _tried(lambda: qr_svg(link)) if link else None


def datamatrix_of(written: Written) -> str | None:
    """A GS1 DataMatrix; None where nothing is written, or too much."""
    return _tried(lambda: datamatrix_svg(written.elements)) if written.elements else None


def gs1_128_of(written: Written) -> str | None:
    """A GS1-128; None where nothing is written, or more than its 48 characters."""
    return _tried(lambda: gs1_128_svg(written.elements)) if written.elements else None
