"""The one door through which every written form of an identifier is read."""

import re
from dataclasses import replace
from functools import lru_cache
from typing import Final

from backend.identifiers.compressed_link import read_compressed
from backend.identifiers.digital_link import read_digital_link, refuse_failed_link
from backend.identifiers.element_string import is_scanned, read_element_string, read_scanned
from backend.identifiers.epc_urn import read_urn
from backend.identifiers.errors import InvalidIdentifierError
from backend.identifiers.private_forms import read_private
from backend.identifiers.tags import pure_identity
from backend.identifiers.typed import is_plain_element_string, lacks_scheme, tidied
from backend.identifiers.types import DIGITAL_LINK_ROOT, LONGEST_IDENTIFIER, Identifier, IdentifierRole, ObjectKind

# RFC 3987 without what no URI may hold anywhere: white space, controls, delimiters, private use, unpaired surrogates.
_URI: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s\x00-\x20\x7f-\xa0\"<>\\^`{|}\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff\ue000-\uf8ff\ufff0-\uffff]+"
)
# In EPC URNs the quotation mark and the angle brackets of GS1's own character set are met unescaped.
_EPC_URN: Final = re.compile(r"urn:epc:[!-~]+", re.IGNORECASE)
_KEY_PATH: Final = re.compile(r"(?:[0-9]{2,4}/[^/]+)(?:/[0-9]{2,4}/[^/]+)*")


def is_uri(text: str) -> bool:
    """Whether the text is an absolute URI or IRI (RFC 3986 §4.3, RFC 3987 §2.2), by its characters."""
    return _URI.fullmatch(text) is not None


@lru_cache(maxsize=32768)
def parse_identifier(text: str, *, role: IdentifierRole = IdentifierRole.TYPED) -> Identifier:
    """The identifier that `text` writes: EPC URN, Digital Link URI, private form or any other URI; in the role TYPED also
    a bracketed element string, what a scanner sends, an EPC Tag URI or the content of a tag, or a stored key.

    Raises InvalidIdentifierError for a text that is no URI or too long, and for a malformed GS1 key, which only the role
    REFERENCE keeps as it is.
    """
    if len(text) > LONGEST_IDENTIFIER or (not text.isascii() and len(text.encode(errors="replace")) > LONGEST_IDENTIFIER):
        raise InvalidIdentifierError(text, f"it is longer than {LONGEST_IDENTIFIER} bytes.", "Write a shorter identifier.")
    if role is IdentifierRole.TYPED and (found := _read_typed(tidied(text))) is not None:
        return found
    text = text.strip() if role is IdentifierRole.TYPED else text
    try:
        return _read_uri(text, text, compressed=role is not IdentifierRole.REFERENCE)
    except InvalidIdentifierError:
        if role is IdentifierRole.REFERENCE and is_uri(text):
            return Identifier(ObjectKind.OTHER, text, text)
        raise


def _read_typed(text: str) -> Identifier | None:
    """What only people and scanners write; None for a text that can be nothing but a URI."""
    if text.startswith("("):
        return read_element_string(text)
    if (identity := pure_identity(text)) is not None:
        return _read_uri(identity, identity)
    if is_scanned(text) or is_plain_element_string(text):
        scanned = read_scanned(text)
        return scanned if isinstance(scanned, Identifier) else replace(_read_uri(scanned, scanned), captured=text)
    if _KEY_PATH.fullmatch(text):
        return _read_uri(text, DIGITAL_LINK_ROOT + text)
    if lacks_scheme(text):
        found = _read_uri(f"https://{text}", f"https://{text}")
        return found if found.is_gs1 else None
    return None


def _read_uri(captured: str, uri: str, *, compressed: bool = True) -> Identifier:
    if uri[:8].lower() == "urn:epc:":
        if not _EPC_URN.fullmatch(uri):
            raise _not_a_uri(captured)
        return read_urn(uri)
    if not is_uri(uri):
        raise _not_a_uri(captured)
    private = read_private(uri)
    if private is not None:
        return _digital_link_under_private_path(uri) or private
    found = read_digital_link(uri) or (read_compressed(uri) if compressed else None)
    if found is None:
        refuse_failed_link(uri)
        return Identifier(ObjectKind.OTHER, uri, captured)
    return found if uri == captured else replace(found, captured=captured)


def _digital_link_under_private_path(uri: str) -> Identifier | None:
    """A path .../class/01/09506000134352 is a Digital Link, .../class/01/20261231 the lot 20261231 of a product called 01."""
    try:
        found = read_digital_link(uri)
    except InvalidIdentifierError:
        return None
    return found if found is not None and f"/{found.key.split('/')[1]}" in uri else None


def _not_a_uri(text: str) -> InvalidIdentifierError:
    return InvalidIdentifierError(
        text, "it is not a URI.", f"Write an EPC URN (urn:epc:id:sgtin:…), a Digital Link ({DIGITAL_LINK_ROOT}01/…) or your URI."
    )
