"""The characters that lots, serials and other free parts of GS1 keys may hold, and their percent-encoding."""

import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes

# GS1 AI encodable character set 82 (GS1 General Specifications, figure 7.11-1).
_CHARACTER_SET_82: Final = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+")
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]+")
_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


def is_gs1_text(text: str) -> bool:
    return _CHARACTER_SET_82.fullmatch(text) is not None


def encoded(text: str) -> str:
    """The text as a segment of a canonical Digital Link: everything but RFC 3986's unreserved characters is escaped."""
    return text if _UNRESERVED.fullmatch(text) else quote(text, safe="")


def decode(text: str) -> str | None:
    """The text with its percent-escapes resolved; None where an escape is broken or doesn't make UTF-8."""
    if "%" not in text:
        return text
    if _BROKEN_ESCAPE.search(text):
        return None
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        return None
