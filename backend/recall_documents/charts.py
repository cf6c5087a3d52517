"""Bars whose parts are told by pattern and by order, not by colour alone; the words stand beside them, so they need no letters."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

WIDTH: Final = 480
HEIGHT: Final = 22
# As fine as lines are in print; each differs from its neighbours in grey too.
_PATTERNS: Final = (
    '<pattern id="p1" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="#cfe0f2"/>'
    '<path d="M-1 1l2 -2M0 6l6 -6M5 7l2 -2" stroke="#3b6ea5" stroke-width="1.3"/></pattern>'
    '<pattern id="p2" width="5" height="5" patternUnits="userSpaceOnUse"><rect width="5" height="5" fill="#e3efe6"/>'
    '<path d="M0 1.2h5" stroke="#2f7d5b" stroke-width="1.4"/></pattern>'
    '<pattern id="p3" width="5" height="5" patternUnits="userSpaceOnUse"><rect width="5" height="5" fill="#f5ecdc"/>'
    '<circle cx="2.5" cy="2.5" r="1.1" fill="#8a5a14"/></pattern>'
    '<pattern id="p4" width="4" height="4" patternUnits="userSpaceOnUse"><rect width="4" height="4" fill="#eeeaf3"/>'
    '<path d="M1 0v4" stroke="#65518a" stroke-width="1"/></pattern>'
)
# Solid, hatched, lined, dotted, upright lines, light grey; the last is white with an outline: what isn't known is empty.
FILLS: Final = ("#22364d", "url(#p1)", "url(#p2)", "url(#p3)", "url(#p4)", "#d5d9de")
UNKNOWN: Final = "#ffffff"
_INK: Final = "#22364d"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar: how much, and which of the fills; -1 for what isn't known."""

    amount: Decimal
    fill: int


def bar(parts: Sequence[Part], whole: Decimal, *, width: int = WIDTH, height: int = HEIGHT) -> str:
    """An address of the picture of a bar; `whole` is as long as it is wide."""
    drawn, x = [], 0.0
    for part in parts:
        if part.amount <= 0 or whole <= 0:
            continue
        # What is there is seen, however little.
        wide = max(1.5, float(part.amount / whole) * width)
        wide = min(wide, width - x)
        fill = UNKNOWN if part.fill < 0 else FILLS[part.fill % len(FILLS)]
        drawn.append(f'<rect x="{x:.1f}" y="0.5" width="{wide:.1f}" height="{height - 1}" fill="{fill}" stroke="{_INK}" stroke-width="0.7"/>')
        x += wide
    return _address("".join(drawn), width, height)


def key(fill: int) -> str:
    """An address of a small square of a fill, for the legend."""
    return bar([Part(Decimal(1), fill)], Decimal(1), width=26, height=14)


def _address(drawn: str, width: int, height: int) -> str:
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-0.5 0 {width + 1} {height}" width="{width}" height="{height}" preserveAspectRatio="none">'
        f"<defs>{_PATTERNS}</defs>{drawn}</svg>"
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
