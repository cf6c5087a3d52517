"""The typeface of printed documents: Noto Sans SC, from a wheel, reduced to the characters that a document uses.

The whole font has 17 MB and takes seconds to be put into a document; what is left of it after this takes a tenth of one.
"""

import importlib.util
from io import BytesIO
from pathlib import Path
from typing import Final

from fontTools import subset
from fontTools.ttLib import TTFont

_PACKAGE: Final = "justmytype_intl_cjk"
_FILE: Final = "fonts/ofl/notosanssc/NotoSansSC[wght].ttf"
# What the shell's own parts may print whatever the document says: digits, Latin letters, common signs.
_ALWAYS: Final = "".join(map(chr, range(0x20, 0x7F))) + "…–—·×→←°±³²“”‘’：，。（）、；？！ \u00a0\u202f"


def font_path() -> Path:
    """Where the font lies. Raises `FileNotFoundError` where the wheel isn't installed."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise FileNotFoundError(f"{_PACKAGE} is not installed; printing needs its font")
    return Path(found.origin).parent / _FILE


def font_for(text: str) -> bytes:
    """A variable font (weights 100 to 900) with the characters of a text, as far as the typeface has them."""
    options = subset.Options()
    options.layout_features = ["kern", "ccmp", "locl", "mark", "mkmk"]
    options.notdef_outline = True
    options.name_IDs = ["*"]
    with TTFont(font_path(), lazy=True) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes={ord(sign) for sign in text + _ALWAYS})
        subsetter.subset(font)
        written = BytesIO()
        font.save(written)
    return written.getvalue()
