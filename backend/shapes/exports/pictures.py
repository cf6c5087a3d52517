"""The flow on paper: as large as it can be read, over as many landscape pages as that takes."""

import base64
from dataclasses import dataclass
from math import ceil
from typing import Final

from backend.shapes.drawing import Window, draw_flow, size_of
from backend.shapes.flow import Flow
from backend.shapes.sheet import COLUMN, MARGIN, ROW, WIDTH
from backend.shapes.words import pick

# What of the drawing, in its pixels, has room on one page at the size at which its smallest text is still read.
ROOM: Final = (1_480, 850)
# A drawing that is a little larger is made smaller, and stays on one page.
SMALLEST: Final = 1.25
# More pages than this nobody lays side by side: the picture is made smaller.
MOST_PAGES: Final = 12


@dataclass(frozen=True, slots=True)
class Picture:
    """A page's part of the drawing; `told` is what who can't see it is told."""

    title: str
    address: str
    told: str


def pictures_of(flow: Flow, *, language: str) -> tuple[list[Picture], str]:
    """The pages, from left to right and then down, and all that they write."""
    windows = windows_of(*size_of(flow))
    found: list[Picture] = []
    svg = ""
    for number, window in enumerate(windows, start=1):
        svg = draw_flow(flow, title="", language=language, window=window)
        part = f" {number}/{len(windows)}" if len(windows) > 1 else ""
        address = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
        found.append(Picture(pick(language, "流程图", "Process flow") + part, address, _told(flow, language)))
    return found, svg


def windows_of(width: int, height: int) -> list[Window]:
    """What each page shows. It is cut between columns, and pages below each other share a row, so that every box is whole on one of them."""
    if width <= ROOM[0] * SMALLEST and height <= ROOM[1] * SMALLEST:
        return [Window()]
    across, down = ceil(width / (ROOM[0] - COLUMN / 2)), ceil((height - ROW) / (ROOM[1] - ROW))
    while across * down > MOST_PAGES:
        across, down = (across - 1, down) if across >= down else (across, down - 1)
    columns = ceil((width - 2 * MARGIN) / COLUMN / across)
    lefts = [
        max(0.0, MARGIN + at * columns * COLUMN - (COLUMN - WIDTH) / 2) for at in range(across) if MARGIN + at * columns * COLUMN < width - MARGIN
    ]
    step = (height - ROW) / down
    rights = [*lefts[1:], float(width)]
    return [
        Window(left, row * step, right - left, step + ROW) for row in range(down) for left, right in zip(lefts, rights, strict=True)
    ]  # fmt: skip


def _told(flow: Flow, language: str) -> str:
    return pick(
        language, f"流程图：{len(flow.boxes)} 个框，{len(flow.arrows)} 条连线；内容见后面的表格。",
        f"Flow chart of {len(flow.boxes)} boxes and {len(flow.arrows)} arrows; the tables behind it say the same in words.",
    )  # fmt: skip
