"""Compressed Digital Links (GS1 Digital Link 1.1 §8) read as the key that they name."""

from dataclasses import replace

from backend.barcodes.compressed_links import looks_compressed, read_compressed_link
from backend.barcodes.errors import BarcodeError
from backend.barcodes.links import write_link
from backend.identifiers.digital_link import read_digital_link
from backend.identifiers.errors import InvalidIdentifierError
from backend.identifiers.types import DIGITAL_LINK_ROOT, Identifier


def read_compressed(text: str) -> Identifier | None:
    """The identifier in a compressed link; None for any other web URI.

    Nothing but its content tells such a link from others, so all of it must be right: every value, the order, the filling at the end.
    Raises InvalidIdentifierError for what is none on GS1's own resolver.
    """
    if text[:4].lower() != "http" or not looks_compressed(text):
        return None
    try:
        link = read_compressed_link(text)
    except BarcodeError as problem:
        if text[: len(DIGITAL_LINK_ROOT)].lower() == DIGITAL_LINK_ROOT and problem.rule != "NO_URI":
            raise InvalidIdentifierError(text, problem.message, "Scan the code again, or copy the whole address.") from problem
        return None
    found = read_digital_link(write_link(link.elements))
    return replace(found, captured=text) if found is not None else None
