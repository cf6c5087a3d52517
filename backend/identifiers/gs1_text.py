"""The characters that lots, serials and other free parts of GS1 keys may hold, and their percent-encoding."""

import re
from typing import Final
from urllib.parse import unquote_to_bytes

# GS1 AI encodable character set 82 (GS1 General Specifications, figure 7.11-1).
_CHARACTER_SET_82: Final = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+")
_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


def is_gs1_text(text: str) -> bool:
    return _CHARACTER_SET_82.fullmatch(text) is not None


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
