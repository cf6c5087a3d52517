"""The flow on paper: as large as it can be read, over as many landscape pages as that takes."""

import base64
from dataclasses import dataclass
from math import ceil
from typing import Final

from backend.shapes.drawing import Window, draw_flow, size_of
from backend.shapes.flow import Flow
from backend.shapes.words import pick

# What of the drawing, in its pixels, has room on one page at the size at which its smallest text is still read.
ROOM: Final = (1_480, 850)
# More pages than this nobody lays side by side: the picture is made smaller.
MOST_PAGES: Final = 12


@dataclass(frozen=True, slots=True)
class Picture:
    """A page's part of the drawing; `told` is what who can't see it is told."""

    title: str
    address: str
    told: str


def pictures_of(flow: Flow, *, title: str, language: str) -> tuple[list[Picture], str]:
    """The pages, from left to right and then down, and all that they write."""
    width, height = size_of(flow)
    across, down = _pages(width, height)
    found: list[Picture] = []
    svg = ""
    for number in range(across * down):
        window = Window(number % across, number // across, across, down)
        svg = draw_flow(flow, title=title, language=language, window=window)
        part = f" {number + 1}/{across * down}" if across * down > 1 else ""
        address = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
        found.append(Picture(pick(language, "流程图", "Process flow") + part, address, _told(flow, language)))
    return found, svg


def _pages(width: int, height: int) -> tuple[int, int]:
    if width <= ROOM[0] * 1.3 and height <= ROOM[1] * 1.3:
        return 1, 1
    across, down = ceil(width / ROOM[0]), ceil(height / ROOM[1])
    while across * down > MOST_PAGES:
        across, down = (across - 1, down) if across >= down else (across, down - 1)
    return max(1, across), max(1, down)


def _told(flow: Flow, language: str) -> str:
    return pick(
        language, f"流程图：{len(flow.boxes)} 个框，{len(flow.arrows)} 条连线；内容见后面的表格。",
        f"Flow chart of {len(flow.boxes)} boxes and {len(flow.arrows)} arrows; the tables behind it say the same in words.",
    )  # fmt: skip
