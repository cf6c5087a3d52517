"""The process flow: lots, steps and shipments in columns from left to right, few enough to be read, each with what it is called."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from backend.genealogy.rules import Certainty
from backend.shapes.clocks import PlantTime, plant_time
from backend.shapes.graph import Amounts, Graph, Point, Sort
from backend.shapes.graphing import graph_of
from backend.shapes.grouping import READABLE, Band, Box, Grouped, group
from backend.shapes.layout import Drawing, Spot, draw
from backend.shapes.names import Names, Reader, look_up
from backend.shapes.subject import Question, Subject, look
from backend.shapes.words import pick, sort_word, step_word, write_count
from backend.trace.rules import Doubt
from infra.database import TenantTransaction
from infra.errors import InvalidInputError

FEWEST: Final = 10
MOST: Final = 200
MOST_OPENED: Final = 50
LONGEST_KEY: Final = 200
LARGE: Final = 2_000


@dataclass(frozen=True, slots=True)
class FlowBox:
    """One box. `title`, `subtitle` and `detail` are its lines of text; `count` points stand in it, of which `certain` and `possible` ones."""

    name: str
    sort: Sort
    object_key: str | None
    spot: Spot
    title: str
    subtitle: str
    detail: str
    step: str | None
    place: str | None
    count: int
    certain: int
    possible: int
    amounts: Amounts
    since: datetime | None
    until: datetime | None
    is_start: bool
    inner: int
    expand_key: str | None

    @property
    def certainty(self) -> Certainty:
        """Certain where anything in it is."""
        return Certainty.CERTAIN if self.certain else Certainty.POSSIBLE


@dataclass(frozen=True, slots=True)
class FlowArrow:
    """All links from one box to another. `bends` are points that it passes through, in columns between; a loop goes back to the left."""

    parent: str
    child: str
    certain: int
    possible: int
    untold: int
    amounts: Amounts
    doubts: tuple[Doubt, ...]
    since: datetime | None
    until: datetime | None
    is_loop: bool
    bends: tuple[Spot, ...]

    @property
    def certainty(self) -> Certainty:
        """Certain where one of its links is."""
        return Certainty.CERTAIN if self.certain else Certainty.POSSIBLE


@dataclass(frozen=True, slots=True)
class Flow:
    """The drawing. `counts` say how many of each sort the trace holds, whatever is drawn of them; `links` how many links."""

    subject: Subject
    columns: int
    rows: float
    boxes: tuple[FlowBox, ...]
    arrows: tuple[FlowArrow, ...]
    counts: Mapping[Sort, int]
    links: int
    clock: PlantTime
    is_collapsed: bool = field(default=False)


async def flow(tx: TenantTransaction, reader: Reader, question: Question, *, readable: int = READABLE, opened: Collection[str] = ()) -> Flow:
    """The flow of a question. Raises `InvalidInputError` for a size that nobody can read, and what `trace` raises."""
    if not FEWEST <= readable <= MOST:
        raise InvalidInputError(f"“boxes” is {readable}; it must be from {FEWEST} to {MOST}. Open groups for more.", field="boxes")
    if len(opened) > MOST_OPENED or any(len(key) > LONGEST_KEY for key in opened):
        raise InvalidInputError(f"“open” takes up to {MOST_OPENED} keys of groups, as “expandKey” tells them.", field="open")
    return await flow_of(tx, reader, await look(tx, question, reader.sites), readable=readable, opened=opened)


async def flow_of(tx: TenantTransaction, reader: Reader, subject: Subject, *, readable: int = READABLE, opened: Collection[str] = ()) -> Flow:
    """The flow of what was looked at already."""
    if len(subject.links) > LARGE:
        # Tenths of a second, in which other requests would wait.
        graph, grouped, drawing = await asyncio.to_thread(_computed, subject, readable, opened)
    else:
        graph, grouped, drawing = _computed(subject, readable, opened)
    heads = [box.first for box in grouped.boxes]
    names = await look_up(
        tx, reader, gtins={point.gtin for point in heads if point.gtin}, places={point.place for point in heads if point.place},
        parties={point.party for point in heads if point.party},
    )  # fmt: skip
    counts: dict[Sort, int] = {}
    for point in graph.points:
        counts[point.sort] = counts.get(point.sort, 0) + 1
    return Flow(
        subject, drawing.columns, drawing.rows, tuple(_box(box, drawing, names) for box in grouped.boxes), tuple(_arrows(grouped, drawing)), counts,
        len(graph.arrows), plant_time(subject, names.places.values()), is_collapsed=len(grouped.boxes) < len(graph.points),
    )  # fmt: skip


def _computed(subject: Subject, readable: int, opened: Collection[str]) -> tuple[Graph, Grouped, Drawing[str]]:
    graph = graph_of(subject)
    grouped = group(graph, readable=readable, opened=opened)
    return graph, grouped, draw([box.name for box in grouped.boxes], [(band.parent, band.child) for band in grouped.bands])


def _box(box: Box, drawing: Drawing[str], names: Names) -> FlowBox:
    point = box.first
    single = len(box.points) == 1
    title, subtitle, detail = _lines(box, names)
    return FlowBox(
        name=box.name, sort=point.sort, object_key=point.name if single and point.sort not in (Sort.SHIPMENT, Sort.GAP) else None,
        spot=drawing.spots[box.name], title=title, subtitle=subtitle, detail=detail, step=point.step, place=_common_place(box, names),
        count=len(box.points), certain=box.certain, possible=box.possible, amounts=dict(box.amounts), since=box.since, until=box.until,
        is_start=point.is_start, inner=box.inner, expand_key=box.expand_key,
    )  # fmt: skip


def _lines(box: Box, names: Names) -> tuple[str, str, str]:
    """What stands in a box: what it is, which one or how many, where."""
    point, language, single = box.first, names.reader.language, len(box.points) == 1
    many = write_count(len(box.points), point.sort, language)
    place = _common_place(box, names) or ""
    if point.sort is Sort.STEP:
        return step_word(point.step, language), many if not single else place, place if not single else ""
    if point.sort is Sort.SHIPMENT:
        party = _common(box, lambda one: one.party)
        return names.party(party) or pick(language, "客户未知", "Customer unknown"), point.code if single else many, place
    gtins = {one.gtin for one in box.points}
    if len(gtins) > 1:
        title = pick(language, f"{len(gtins)} 种产品", f"{len(gtins)} products")
    else:
        title = names.product(point.gtin, point.at) or sort_word(point.sort, language).capitalize()
    if point.sort is Sort.POOL and single:
        return (
            title,
            pick(language, f"批次 {point.code} 的单件", f"units of lot {point.code}"),
            pick(language, "未指明是哪些", "which ones isn't told"),
        )
    if point.sort is Sort.GAP and single:
        return title, pick(language, "批次未知", "Lot unknown"), ""
    return title, _code(point.code, point.sort) if single else many, ""


def _code(code: str, sort: Sort) -> str:
    return code if sort in (Sort.LOT, Sort.UNIT) else code.rsplit("/", 1)[-1]


def _common(box: Box, of: Callable[[Point], str | None]) -> str | None:
    """What all points of a box have in common."""
    found = {of(point) for point in box.points}
    return found.pop() if len(found) == 1 else None


def _common_place(box: Box, names: Names) -> str | None:
    return names.place(_common(box, lambda point: point.place))


def _arrows(grouped: Grouped, drawing: Drawing[str]) -> list[FlowArrow]:
    return [_arrow(band, drawing) for band in grouped.bands]


def _arrow(band: Band, drawing: Drawing[str]) -> FlowArrow:
    pair = (band.parent, band.child)
    return FlowArrow(
        band.parent, band.child, band.certain, band.possible, band.untold, dict(band.amounts), tuple(sorted(band.doubts)), band.since, band.until,
        pair in drawing.loops, drawing.bends.get(pair, ()),
    )  # fmt: skip
