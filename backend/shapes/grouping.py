"""Which points share a box, so that a person can read the picture: nothing is left out, every box says how many it stands for. Rules only."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from backend.genealogy.rules import Certainty
from backend.shapes.graph import Arrow, Graph, Point, Sort, add, add_all
from backend.trace.rules import Doubt

READABLE: Final = 60
# Of what is grouped, how many boxes an opened group is divided into at most.
DIVISIONS: Final = 24
_Key = tuple[str, ...]
_Level = Callable[["Point", "_Surroundings"], _Key]


@dataclass(slots=True)
class Box:
    """One point, or a group of them. `certain` and `possible` count its points, `inner` the arrows between them.

    `expand_key` opens a group; None for one point. `amounts` are those of all its points, by unit of measure.
    """

    name: str
    points: list[Point]
    expand_key: str | None
    amounts: dict[str, Decimal] = field(default_factory=dict)
    inner: int = 0

    @property
    def first(self) -> Point:
        """The oldest."""
        return self.points[0]

    @property
    def certain(self) -> int:
        """How many of its points are certain."""
        return sum(point.certainty is Certainty.CERTAIN for point in self.points)

    @property
    def possible(self) -> int:
        """How many are only possible."""
        return len(self.points) - self.certain

    @property
    def since(self) -> datetime | None:
        """When the first of them came into being."""
        return min((point.at for point in self.points if point.at), default=None)

    @property
    def until(self) -> datetime | None:
        """When the last of them did."""
        return max((point.at for point in self.points if point.at), default=None)


@dataclass(slots=True)
class Band:
    """All arrows from one box to another. `untold` counts those whose quantity isn't told to the reader, or by nobody."""

    parent: str
    child: str
    certain: int = 0
    possible: int = 0
    untold: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)
    doubts: set[Doubt] = field(default_factory=set)
    since: datetime | None = None
    until: datetime | None = None

    def take(self, arrow: Arrow) -> None:
        """Add an arrow."""
        if arrow.certainty is Certainty.CERTAIN:
            self.certain += 1
        else:
            self.possible += 1
        if arrow.doubt is not None:
            self.doubts.add(arrow.doubt)
        if arrow.quantity is None:
            self.untold += arrow.stated
        else:
            add(self.amounts, arrow.uom, arrow.quantity)
        if not arrow.stated:
            return
        self.since = arrow.at if self.since is None else min(self.since, arrow.at)
        self.until = arrow.at if self.until is None else max(self.until, arrow.at)


@dataclass(frozen=True, slots=True)
class Grouped:
    """Boxes in order of time, and the bands between them."""

    boxes: list[Box]
    bands: list[Band]


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What a lot is grouped by beside its product: the step that made it; and what a step is by: the products that it made."""

    step_of: Mapping[str, str]
    made_by: Mapping[str, str]


def group(graph: Graph, *, readable: int = READABLE, opened: Collection[str] = ()) -> Grouped:
    """At most about `readable` boxes, by the finest division that allows it; groups named in `opened` (their keys) are divided further.

    Units are grouped by lot and shipments by customer first, then lots by product and step, at last whatever is smallest by its kind.
    The object asked about always has a box of its own.
    """
    parts = _divide(graph, readable)
    boxes: list[Box] = []
    # Whoever opens a part has opened what it is a part of.
    wanted = {key[: at if at >= 0 else len(key)] for key in opened for at in _ends(key)}
    for key, points in parts.items():
        boxes += _opened(key, points, wanted)
    return _with_arrows(graph, boxes)


def _divide(graph: Graph, readable: int) -> dict[_Key, list[Point]]:
    around = _surroundings(graph)
    parts: dict[_Key, list[Point]] = {}
    for level in _LEVELS:
        parts = _by_key(graph.points, level, around)
        if len(parts) <= readable:
            return parts
    return _merge_smallest(parts, readable)


def _by_key(points: Sequence[Point], level: _Level, around: _Surroundings) -> dict[_Key, list[Point]]:
    parts: dict[_Key, list[Point]] = defaultdict(list)
    for point in points:
        parts[("start", point.name) if point.is_start else level(point, around)].append(point)
    return parts


def _merge_smallest(parts: Mapping[_Key, list[Point]], readable: int) -> dict[_Key, list[Point]]:
    """The largest groups stay, the others are put together by their kind."""
    sorts = {points[0].sort for points in parts.values()}
    ranked = sorted(parts, key=lambda key: (key[0] != "start", -len(parts[key]), key))
    kept = set(ranked[: max(1, readable - len(sorts))])
    merged: dict[_Key, list[Point]] = defaultdict(list)
    for key, points in parts.items():
        merged[key if key in kept else ("rest", str(points[0].sort))] += points
    return merged


def _surroundings(graph: Graph) -> _Surroundings:
    points = {point.name: point for point in graph.points}
    step_of: dict[str, str] = {}
    made: dict[str, Counter[str]] = defaultdict(Counter)
    for arrow in graph.arrows:
        parent, child = points[arrow.parent], points[arrow.child]
        if parent.sort is Sort.STEP and child.sort is not Sort.STEP:
            step_of.setdefault(child.name, parent.step or "")
            made[parent.name][child.gtin or ""] += 1
    return _Surroundings(step_of, {step: min(gtins) for step, gtins in made.items()})


def _alone(point: Point, _around: _Surroundings) -> _Key:
    return ("one", point.name)


def _units_and_shipments(point: Point, around: _Surroundings) -> _Key:
    if point.sort is Sort.UNIT:
        return ("units", point.family or point.gtin or "")
    if point.sort is Sort.SHIPMENT:
        return ("shipments", point.party or "")
    return _alone(point, around)


def _lots_by_step(point: Point, around: _Surroundings) -> _Key:
    if point.sort is Sort.LOT:
        return ("lots", point.gtin or "", around.step_of.get(point.name, ""))
    if point.sort is Sort.STEP:
        return ("steps", point.step or "", around.made_by.get(point.name, ""), point.place or "")
    if point.sort is Sort.UNIT:
        return ("units", point.gtin or "", around.step_of.get(point.name, ""))
    if point.sort in (Sort.CONTAINER, Sort.GAP, Sort.POOL, Sort.OTHER):
        return (str(point.sort), point.gtin or "")
    return _units_and_shipments(point, around)


def _by_product(point: Point, around: _Surroundings) -> _Key:
    if point.sort is Sort.STEP:
        return ("steps", point.step or "", around.made_by.get(point.name, ""))
    if point.sort in (Sort.LOT, Sort.UNIT):
        return (str(point.sort), point.gtin or "")
    return _lots_by_step(point, around)


_LEVELS: Final[tuple[_Level, ...]] = (_alone, _units_and_shipments, _lots_by_step, _by_product)


def _opened(key: _Key, points: list[Point], opened: Collection[str], path: str = "") -> list[Box]:
    """The boxes of a group: one, or where it is opened its parts, which may be opened in turn."""
    name = points[0].name if len(points) == 1 else f"group:{_digest(key)}{path}"
    if len(points) == 1 or name not in opened:
        return [Box(name, points, name if len(points) > 1 else None)]
    if len(points) <= DIVISIONS:
        return [Box(point.name, [point], None) for point in points]
    size = -(-len(points) // DIVISIONS)
    boxes: list[Box] = []
    for at in range(0, len(points), size):
        boxes += _opened(key, points[at : at + size], opened, f"{path}.{at // size + 1}")
    return boxes


def _ends(key: str) -> list[int]:
    """Where a key may be cut: behind each of its parts."""
    return [at for at, sign in enumerate(key) if sign == "."] + [-1]


def _digest(key: _Key) -> str:
    return hashlib.sha256("\x1f".join(key).encode()).hexdigest()[:16]


def _with_arrows(graph: Graph, boxes: list[Box]) -> Grouped:
    home = {point.name: box for box in boxes for point in box.points}
    for name, amounts in graph.amounts().items():
        add_all(home[name].amounts, amounts)
    bands: dict[tuple[str, str], Band] = {}
    for arrow in graph.arrows:
        parent, child = home[arrow.parent], home[arrow.child]
        if parent is child:
            parent.inner += 1
            continue
        bands.setdefault((parent.name, child.name), Band(parent.name, child.name)).take(arrow)
    place = {point.name: at for at, point in enumerate(graph.points)}
    return Grouped(sorted(boxes, key=lambda box: place[box.first.name]), list(bands.values()))
