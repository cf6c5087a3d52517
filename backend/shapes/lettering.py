"""How wide a text is in a sans serif typeface, near enough to cut it where its room ends. Rules only."""

import unicodedata
from typing import Final

_NARROW: Final = frozenset("iljt.,:;'|!()[]fI·")
_WIDE: Final = frozenset("mwMW@%—")
ELLIPSIS: Final = "…"


def _em(sign: str) -> float:
    if unicodedata.east_asian_width(sign) in "WF":
        return 1.0
    if unicodedata.combining(sign):
        return 0.0
    if sign in _NARROW:
        return 0.32
    if sign in _WIDE:
        return 0.9
    return 0.66 if sign.isupper() else 0.57


def width_of(text: str, size: float, weight: int = 400) -> float:
    """In the unit of the size."""
    return sum(map(_em, text)) * size * (1.06 if weight >= 600 else 1.0)


def cut(text: str, room: float, size: float, weight: int = 400) -> str:
    """The text, or as much of it as there is room for, with an ellipsis."""
    if width_of(text, size, weight) <= room:
        return text
    kept = text
    while kept and width_of(kept + ELLIPSIS, size, weight) > room:
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS
