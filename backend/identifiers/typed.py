"""What people type and wedge scanners send, made into what the standards write."""

import re
import unicodedata
from typing import Final

from backend.barcodes.elements import GROUP_SEPARATOR
from backend.barcodes.linters import check_digit

# What keyboards and terminals show in place of the control character GS.
_SEPARATORS: Final = re.compile(r"\u241d|<GS>|\{GS\}|\\x1[dD]|\\u001[dD]")
_WITHOUT_SCHEME: Final = re.compile(r"(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?::[0-9]{1,5})?/[^\s]+")
_PLAIN: Final = re.compile(r"(?:00(?P<sscc>[0-9]{18})|01(?P<gtin>[0-9]{14}))")


def tidied(text: str) -> str:
    """Without white space around it, with half-width brackets and digits, and true separators."""
    text = _SEPARATORS.sub(GROUP_SEPARATOR, text.strip(" \t\r\n\f\v\u3000\ufeff"))
    if text[:1] in ("\uff08", "\u3016", "\u3010", "\uff3b", "[") and len(text) > 1 and unicodedata.normalize("NFKC", text[1]).isdigit():
        text = unicodedata.normalize("NFKC", text.translate(_BRACKETS))
    return text


def lacks_scheme(text: str) -> bool:
    """Whether a text is a web address but for the "https://" in front, which people leave out."""
    return _WITHOUT_SCHEME.fullmatch(text) is not None


_BRACKETS: Final = str.maketrans({"\u3016": "(", "\u3017": ")", "\u3010": "(", "\u3011": ")", "\uff3b": "(", "\uff3d": ")", "[": "(", "]": ")"})


def is_plain_element_string(text: str) -> bool:
    """Whether a text begins as an element string of an SSCC or a GTIN does, whose check digit is right: without FNC1 nothing else tells."""
    found = _PLAIN.match(text)
    if found is None:
        return False
    key: str = found["sscc"] or found["gtin"]
    return key[-1] == check_digit(key[:-1])
