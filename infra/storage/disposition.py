"""The Content-Disposition header (RFC 6266) of a download, for file names in any language."""

import re
import unicodedata
from urllib.parse import quote

_MAX_NAME = 120


def attachment(filename: str | None) -> str:
    """`attachment` with the name in both of its forms: plain ASCII for old clients, UTF-8 for all others."""
    if filename is None:
        return "attachment"
    printable = "".join(character for character in unicodedata.normalize("NFC", filename) if character.isprintable())
    name = re.sub(r'[/\\:*?"<>|;%]', "_", printable).strip(". ")[-_MAX_NAME:] or "download"
    plain = name.encode("ascii", "replace").decode("ascii").replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
