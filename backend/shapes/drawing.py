"""The flow as SVG: light, crisp, readable in black and white; certain and possible are told by the style of lines, not by colour alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from backend.genealogy.rules import Certainty
from backend.shapes.flow import Flow, FlowArrow, FlowBox
from backend.shapes.graph import Sort
from backend.shapes.layout import BEND, Spot
from backend.shapes.lettering import cut, width_of
from backend.shapes.sheet import COLUMN, HEAD, HEIGHT, LABEL, LANE, LOOP_SIDE, MARGIN, ROW, WIDTH, Sheet, corner_of, left_of, right_of
from backend.shapes.words import is_chinese, pick, write_amounts

_TEXT: Final = "'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', 'Source Han Sans SC', 'Helvetica Neue', Arial, sans-serif"
# Fill and the line on the left, of equal weight in grey: paper, and one accent a sort.
_PAINT: Final[Mapping[Sort, tuple[str, str]]] = {
    Sort.LOT: ("#f4f7fb", "#3b6ea5"),
    Sort.UNIT: ("#f4f7fb", "#6d8fb8"),
    Sort.CONTAINER: ("#f8f5ef", "#8d7549"),
    Sort.STEP: ("#ffffff", "#5b6470"),
    Sort.SHIPMENT: ("#f1f7f4", "#2f7d5b"),
    Sort.GAP: ("#fff8f0", "#b0601f"),
    Sort.POOL: ("#f6f6f6", "#6d8fb8"),
    Sort.OTHER: ("#f6f6f6", "#8a8f98"),
}
_INK: Final = "#1d2530"
_QUIET: Final = "#5b6470"
_LINE: Final = "#7b8794"


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a drawing, in its pixels; None for what reaches to the end."""

    x: float = 0
    y: float = 0
    width: float | None = None
    height: float | None = None


def size_of(flow: Flow) -> tuple[int, int]:
    """Width and height of the drawing, in pixels."""
    sheet = Sheet(flow, "en")
    return sheet.width, sheet.height


def draw_flow(flow: Flow, *, title: str, language: str, window: Window = Window()) -> str:
    """A whole SVG document, or a window of it; `title` says what it is of."""
    return "".join(_document(Sheet(flow, language), title, window))


def _document(sheet: Sheet, title: str, window: Window) -> Iterator[str]:
    width, height, language = sheet.width, sheet.height, sheet.language
    wide, high = window.width or width - window.x, window.height or height - window.y
    part = f"{window.x:g} {window.y:g} {wide:g} {high:g}"
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{part}" width="{wide:g}" height="{high:g}" '
    yield f'font-family="{_TEXT}" role="img" xml:lang="{"zh-CN" if is_chinese(language) else "en"}">'
    yield f"<title>{escape(title)}</title>" if title else ""
    yield f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    yield from _text(MARGIN, 30, cut(title, width - 2 * MARGIN, 15), size=15, weight=600)
    for arrow in sheet.flow.arrows:
        yield from _arrow(arrow, sheet)
    for arrow in sheet.flow.arrows:
        yield from _label(arrow, sheet)
    for box in sheet.flow.boxes:
        yield from _box(box, sheet)
    yield from _legend(height, width, language)
    yield "</svg>"


def _text(x: float, y: float, text: str, *, size: float, fill: str = _INK, weight: int = 400, anchor: str = "start") -> Iterator[str]:
    if text:
        place = f'x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{fill}"'
        more = (f' font-weight="{weight}"' if weight != 400 else "") + (f' text-anchor="{anchor}"' if anchor != "start" else "")
        yield f"<text {place}{more}>{escape(text)}</text>"


def _box(box: FlowBox, sheet: Sheet) -> Iterator[str]:
    x, y = corner_of(box.spot)
    fill, accent = _PAINT[box.sort]
    possible = box.certainty is Certainty.POSSIBLE
    dash = ' stroke-dasharray="5 3"' if possible else ""
    stroke = 2.2 if box.is_start else 1
    shape = f'rx="{HEIGHT / 2 if box.sort is Sort.STEP else 5:g}" fill="{fill}" stroke="{_INK if box.is_start else accent}"'
    yield f"<g><title>{escape(_told(box, sheet))}</title>"
    if box.count > 1:
        yield f'<rect x="{x + 4:g}" y="{y + 4:g}" width="{WIDTH}" height="{HEIGHT}" {shape} stroke-width="1"{dash}/>'
    yield f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" {shape} stroke-width="{stroke}"{dash}/>'
    middle = box.sort is Sort.STEP
    left = x + WIDTH / 2 if middle else x + 14
    room = WIDTH - (36 if middle else 24)
    if not middle:
        yield f'<rect x="{x:g}" y="{y + 6:g}" width="4" height="{HEIGHT - 12}" rx="2" fill="{accent}"/>'
    lines = [line for line in (box.title, box.subtitle, _third(box, sheet)) if line]
    top = y + HEIGHT / 2 - (len(lines) - 1) * 8 + 4
    for number, line in enumerate(lines):
        size, ink, weight = ((12.0, _INK, 600), (11.0, _INK, 400), (10.0, _QUIET, 400))[number if len(lines) > 1 else 0]
        yield from _text(
            left, top + number * 16, cut(line, room, size, weight), size=size, fill=ink, weight=weight, anchor="middle" if middle else "start"
        )
    yield "</g>"


def _third(box: FlowBox, sheet: Sheet) -> str:
    if box.sort is Sort.STEP:
        return sheet.days(box) if box.since else box.detail
    return write_amounts(box.amounts, sheet.language) or (sheet.days(box) if box.sort is Sort.SHIPMENT else box.detail)


def _told(box: FlowBox, sheet: Sheet) -> str:
    """Everything that a box says, uncut: shown where the pointer rests."""
    language = sheet.language
    doubted = pick(language, f"其中 {box.possible} 个为可能", f"{box.possible} of them only possible") if box.possible and box.count > 1 else ""
    possible = pick(language, "可能", "possible") if box.count == 1 and box.possible else ""
    parts = (box.title, box.subtitle, box.detail, write_amounts(box.amounts, sheet.language), sheet.days(box), doubted, possible)
    return " · ".join(dict.fromkeys(part for part in parts if part))


def _arrow(arrow: FlowArrow, sheet: Sheet) -> Iterator[str]:
    pair = (arrow.parent, arrow.child)
    if arrow.is_loop:
        path = _loop(sheet, arrow)
        x, y = left_of(sheet.boxes[arrow.child], LOOP_SIDE)
    else:
        x, y = left_of(sheet.boxes[arrow.child], sheet.enters[pair])
        path = _path([right_of(sheet.boxes[arrow.parent], sheet.leaves[pair]), *_through(arrow.bends), (x - 6, y)])
    dash = ' stroke-dasharray="2 3"' if arrow.is_loop else ' stroke-dasharray="6 4"' if arrow.certainty is Certainty.POSSIBLE else ""
    yield f'<path d="{path}" fill="none" stroke="{_LINE}" stroke-width="{_weight(arrow):g}"{dash}/><path d="M{x:g} {y:g}l-7 -3.5v7z" fill="{_LINE}"/>'


def _weight(arrow: FlowArrow) -> float:
    """Thicker the more links it stands for, within what stays calm."""
    return 1.2 if arrow.certain + arrow.possible == 1 else 1.8 if arrow.certain + arrow.possible < 20 else 2.6


def _label(arrow: FlowArrow, sheet: Sheet) -> Iterator[str]:
    """The quantity, at whichever end fewer arrows meet; where there is no room it is told by the boxes and in the table."""
    told = write_amounts(arrow.amounts, sheet.language)
    if not told or arrow.is_loop:
        return
    pair = (arrow.parent, arrow.child)
    text = cut(told, COLUMN - WIDTH - 18, LABEL)
    width = width_of(text, LABEL)
    x, y = right_of(sheet.boxes[arrow.parent], sheet.leaves[pair])
    end_x, end_y = left_of(sheet.boxes[arrow.child], sheet.enters[pair])
    ends = [(x + 5, y), (end_x - 10 - width, end_y)]
    if _level(arrow, sheet, at_parent=False) < _level(arrow, sheet, at_parent=True):
        ends.reverse()
    for left, line in ends:
        if sheet.is_free(left, line - 4, width):
            yield f'<rect x="{left - 1:.4g}" y="{line - 12:g}" width="{width + 2:.4g}" height="10.5" fill="#ffffff" fill-opacity="0.85"/>'
            yield from _text(round(left, 1), line - 4, text, size=LABEL, fill=_QUIET)
            return


def _level(arrow: FlowArrow, sheet: Sheet, *, at_parent: bool) -> float:
    """How far from level the arrow is at one end: where it is alone, not at all."""
    return abs(sheet.leaves[(arrow.parent, arrow.child)] if at_parent else sheet.enters[(arrow.parent, arrow.child)])


def _through(bends: tuple[Spot, ...]) -> Iterator[tuple[float, float]]:
    """An arrow passes a column level, from its left side to its right."""
    for bend in bends:
        x, y = MARGIN + bend.column * COLUMN, HEAD + (bend.row + BEND / 2) * ROW
        yield x, y
        yield x + WIDTH, y


def _path(points: list[tuple[float, float]]) -> str:
    (x, y), *rest = points
    parts = [f"M{x:g} {y:g}"]
    for next_x, next_y in rest:
        if abs(next_y - y) < 0.5:
            parts.append(f"L{next_x:g} {next_y:g}")
        else:
            reach = (next_x - x) / 2
            parts.append(f"C{x + reach:g} {y:g} {next_x - reach:g} {next_y:g} {next_x:g} {next_y:g}")
        x, y = next_x, next_y
    return "".join(parts)


def _loop(sheet: Sheet, arrow: FlowArrow) -> str:
    """Back to the left in a lane below all boxes, up and down between the columns, with round corners."""
    number = sheet.lanes[(arrow.parent, arrow.child)]
    lane = sheet.below + 8 + number * LANE
    (x, y), (end_x, end_y) = right_of(sheet.boxes[arrow.parent], LOOP_SIDE), left_of(sheet.boxes[arrow.child], LOOP_SIDE)
    out, back = x + 12 + 3 * number, end_x - 13 - 2 * number
    return (
        f"M{x:g} {y:g}H{out - 6:g}q6 0 6 6V{lane - 6:g}q0 6 -6 6H{back + 6:g}q-6 0 -6 -6V{end_y + 6:g}q0 -6 6 -6H{end_x - 6:g}"
    )  # fmt: skip


def _legend(height: int, width: int, language: str) -> Iterator[str]:
    y, x = height - 18, float(MARGIN)
    yield f'<path d="M{MARGIN} {y - 18}H{width - MARGIN}" stroke="#dfe3e8"/>'
    back = pick(language, "返回（返工，或因合并）", "leads back (rework, or what is grouped)")
    for dash, words in (("", pick(language, "确定", "certain")), ("6 4", pick(language, "可能", "possible")), ("2 3", back)):
        pattern = f' stroke-dasharray="{dash}"' if dash else ""
        yield f'<path d="M{x:g} {y - 4}h34" stroke="{_LINE}" stroke-width="1.6"{pattern}/>'
        yield from _text(x + 42, y, words, size=10, fill=_QUIET)
        x += 62 + width_of(words, 10)
    yield f'<rect x="{x + 4:g}" y="{y - 9}" width="20" height="11" rx="2" fill="#ffffff" stroke="{_LINE}"/>'
    yield f'<rect x="{x:g}" y="{y - 13}" width="20" height="11" rx="2" fill="#ffffff" stroke="{_LINE}"/>'
    words = pick(language, "多个合并，数量见框内", "several in one box, which says how many")
    yield from _text(x + 32, y, words, size=10, fill=_QUIET)
