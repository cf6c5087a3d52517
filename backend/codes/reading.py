"""Any text that may be a code, read: what form it has, what it names, every element that it holds, and what is wrong with it."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from backend.barcodes.compressed_links import looks_compressed, read_compressed_link
from backend.barcodes.elements import FNC1, GROUP_SEPARATOR, Element, read_bracketed, read_element_string
from backend.barcodes.errors import BarcodeError
from backend.barcodes.links import Link, read_link
from backend.barcodes.retail import gtin_of, upc_a_of
from backend.barcodes.scans import plain_data, read_scan, symbology_of
from backend.codes.faults import Fault, of_associations, of_barcode, of_identifier
from backend.identifiers import Identifier, InvalidIdentifierError, parse_identifier
from backend.identifiers.element_string import key_among
from backend.identifiers.tags import pure_identity
from backend.identifiers.typed import is_plain_element_string, tidied

# No code holds more: a QR code has room for 7,089 digits.
LONGEST: Final = 8_192
_NUMBER: Final = re.compile(r"[0-9]{8}|[0-9]{12,14}|[0-9]{18}", re.ASCII)
_SYMBOLOGY: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")


class CodeForm(StrEnum):
    """How a code is written."""

    SCAN_DATA = "scan_data"
    ELEMENT_STRING = "element_string"
    BRACKETED = "bracketed"
    NUMBER = "number"
    DIGITAL_LINK = "digital_link"
    COMPRESSED_DIGITAL_LINK = "compressed_digital_link"
    EPC_URN = "epc_urn"
    EPC_TAG = "epc_tag"
    URI = "uri"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says. `identifier` is None where it names nothing, `elements` are empty where it holds none of GS1's.

    `parameters` are those of a link that aren't GS1's.
    """

    text: str
    form: CodeForm
    symbology: str | None = None
    identifier: Identifier | None = None
    elements: tuple[Element, ...] = ()
    parameters: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


def read_code(text: str) -> Reading:
    """Read it as far as it goes: what is wrong is told in `faults`, never raised."""
    if len(text) > LONGEST:
        return Reading(text, CodeForm.OTHER, faults=(Fault("TOO_LONG", f"The text has {len(text)} characters.", f"Send {LONGEST} at most."),))
    tidy = tidied(text)
    started = Reading(tidy, _form_of(tidy))
    try:
        found = _READERS.get(started.form, _read_identifier)(started)
    except BarcodeError as problem:
        return replace(started, text=text, faults=(of_barcode(tidy, problem),))
    return replace(found, text=text, faults=(*found.faults, *of_associations(tidy, found.elements)))


def _form_of(text: str) -> CodeForm:
    if _SYMBOLOGY.match(text):
        return CodeForm.SCAN_DATA
    if text.startswith("("):
        return CodeForm.BRACKETED
    if _NUMBER.fullmatch(text):
        return CodeForm.NUMBER
    if text.startswith(FNC1) or GROUP_SEPARATOR in text or is_plain_element_string(text):
        return CodeForm.ELEMENT_STRING
    if pure_identity(text) is not None:
        return CodeForm.EPC_TAG
    return CodeForm.EPC_URN if text[:8].lower() == "urn:epc:" else CodeForm.URI


def _read_scan(reading: Reading) -> Reading:
    found = replace(reading, symbology=symbology_of(reading.text))
    data = plain_data(reading.text)
    if data is not None:
        return replace(_read_identifier(replace(found, text=data, form=CodeForm.URI)), text=reading.text, form=CodeForm.SCAN_DATA)
    return _named(replace(found, elements=read_scan(reading.text).elements))


def _read_elements(read: Callable[[str], Sequence[Element]]) -> Callable[[Reading], Reading]:
    return lambda reading: _named(replace(reading, elements=tuple(read(reading.text))))


def _raw(text: str) -> Sequence[Element]:
    return read_element_string(FNC1 + text.removeprefix(FNC1).removeprefix(GROUP_SEPARATOR))


def _number(text: str) -> Sequence[Element]:
    """Eighteen digits are an SSCC, fewer a GTIN, or a UPC-E: what stands under the bars on a pallet or in a shop."""
    if len(text) == 18:
        return read_bracketed(f"(00){text}")
    try:
        return read_bracketed(f"(01){gtin_of(text)}")
    except BarcodeError:
        if len(text) == 8 and text[0] in "01":
            with suppress(BarcodeError):
                return read_bracketed(f"(01){upc_a_of(text).zfill(14)}")
        raise


def _named(reading: Reading) -> Reading:
    """With what the elements name. Elements without a key name nothing, which is no fault: a second symbol may have the key."""
    try:
        found = key_among(reading.text, {element.ai: element.value for element in reading.elements})
    except InvalidIdentifierError:
        return reading
    return replace(reading, identifier=found)


def _read_identifier(reading: Reading) -> Reading:
    try:
        identifier = parse_identifier(reading.text)
    except InvalidIdentifierError as problem:
        # What isn't meant as a URI at all may still be a lot number.
        form = reading.form if ":" in reading.text else CodeForm.OTHER
        return replace(reading, form=form, faults=(of_identifier(problem),))
    found = replace(reading, identifier=identifier)
    if not identifier.is_gs1:
        return found
    if reading.form is not CodeForm.URI:
        return replace(found, elements=read_link(identifier.uri).elements)
    return _read_link(found, identifier.captured if identifier.captured[:4].lower() == "http" else identifier.uri)


def _read_link(reading: Reading, uri: str) -> Reading:
    """With all that a link says, its attributes too; what is wrong with those doesn't make it name another thing."""
    form = CodeForm.DIGITAL_LINK
    try:
        link = _plain_link(uri)
    except BarcodeError as problem:
        if problem.rule != "NO_KEY" or not looks_compressed(uri):
            return replace(reading, form=form, faults=(of_barcode(uri, problem),))
        form, link = CodeForm.COMPRESSED_DIGITAL_LINK, read_compressed_link(uri)
    return replace(reading, form=form, elements=link.elements, parameters=link.ignored)


def _plain_link(uri: str) -> Link:
    return read_link(uri, short_names=True, short_gtins=True)


_READERS: Final[dict[CodeForm, Callable[[Reading], Reading]]] = {
    CodeForm.SCAN_DATA: _read_scan,
    CodeForm.BRACKETED: _read_elements(read_bracketed),
    CodeForm.ELEMENT_STRING: _read_elements(_raw),
    CodeForm.NUMBER: _read_elements(_number),
}
