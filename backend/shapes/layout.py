"""A layered drawing of a directed graph: loops broken, layers by longest path, few crossings, straight lines. Rules only.

Everything is linear in boxes and arrows, but for sorting, and for the bends of long arrows, which are bounded.
"""

from collections import defaultdict, deque
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from backend.shapes.alignment import align, count_crossings

N = TypeVar("N", bound=Hashable)
# Rows: what a box takes, and what an arrow takes that passes through a column.
BOX: Final = 1.0
BEND: Final = 0.5
SWEEPS: Final = 4
# Above this many arrows of one drawing nobody sees a crossing: they are not counted, and the last order counts.
COUNTED_ARROWS: Final = 5_000
BENDS_PER_BOX: Final = 6


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a box stands: its column, and its row in quarters of a box. Both are from 0 on; the box reaches one further in each direction."""

    column: int
    row: float


@dataclass(frozen=True, slots=True)
class Drawing(Generic[N]):
    """Where boxes stand, and through which points (column, row) of a column's middle each long arrow passes; `loops` go to the left."""

    spots: Mapping[N, Spot]
    bends: Mapping[tuple[N, N], tuple[Spot, ...]]
    loops: frozenset[tuple[N, N]]
    columns: int
    rows: float


def draw(boxes: Sequence[N], arrows: Iterable[tuple[N, N]], *, first: Collection[N] = (), last: Collection[N] = ()) -> Drawing[N]:
    """Draw `boxes`, given in the order in which they should be met (time), and the arrows between them; the rest follows from that.

    Boxes in `first`, which nothing leads to, have the first column for themselves, those in `last`, which lead nowhere, the last one.
    """
    place = {box: at for at, box in enumerate(boxes)}
    between = {arrow for arrow in arrows if arrow[0] != arrow[1] and arrow[0] in place and arrow[1] in place}
    plain = sorted(between, key=lambda arrow: (place[arrow[0]], place[arrow[1]]))
    loops = find_loops(boxes, plain)
    onward = [(child, parent) if (parent, child) in loops else (parent, child) for parent, child in plain]
    layers = _with_ends(find_layers(boxes, dict.fromkeys(onward)), first, last)
    rows = _Rows(boxes, layers)
    chains = {arrow: rows.chain(*arrow) for arrow in plain if arrow not in loops}
    rows.order()
    heights = rows.place()
    spots = {box: Spot(layers[box], heights[rows.number[box]]) for box in boxes}
    bends = {arrow: tuple(Spot(rows.column[bend], heights[bend]) for bend in chain) for arrow, chain in chains.items() if chain}
    bottom = max((edge + height for edge, height in zip(heights, rows.height, strict=True)), default=0.0)
    return Drawing(spots, bends, frozenset(loops), max(layers.values(), default=-1) + 1, bottom)


def find_loops(boxes: Sequence[N], arrows: Collection[tuple[N, N]]) -> set[tuple[N, N]]:
    """The arrows that lead back, within a circle, to what was met before: without them there is no circle, and each of them is part of one."""
    place = {box: at for at, box in enumerate(boxes)}
    circle = find_circles(boxes, arrows)
    return {(parent, child) for parent, child in arrows if circle[parent] == circle[child] and place[parent] > place[child]}


def find_circles(boxes: Sequence[N], arrows: Iterable[tuple[N, N]]) -> dict[N, int]:
    """A number for each box, the same for those of which each leads to each other (Tarjan's strongly connected components)."""
    onward: dict[N, list[N]] = defaultdict(list)
    for arrow in arrows:
        onward[arrow[0]].append(arrow[1])
    found: dict[N, int] = {}
    entered: dict[N, int] = {}
    lowest: dict[N, int] = {}
    open_boxes: list[N] = []
    for start in boxes:
        if start in entered:
            continue
        entered[start] = lowest[start] = len(entered)
        open_boxes.append(start)
        path = [(start, iter(onward[start]))]
        while path:
            box, rest = path[-1]
            child = next(rest, None)
            if child is not None and child not in entered:
                entered[child] = lowest[child] = len(entered)
                open_boxes.append(child)
                path.append((child, iter(onward[child])))
            elif child is not None:
                if child not in found:
                    lowest[box] = min(lowest[box], entered[child])
            else:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[box])
                if lowest[box] == entered[box]:
                    _close(box, open_boxes, found, entered[box])
    return found


def _close(root: N, open_boxes: list[N], found: dict[N, int], number: int) -> None:
    while True:
        box = open_boxes.pop()
        found[box] = number
        if box == root:
            return


def find_layers(boxes: Sequence[N], arrows: Iterable[tuple[N, N]]) -> dict[N, int]:
    """The column of each box of a graph without circles: behind all that leads to it; what nothing leads to stands next to what it leads to."""
    onward: dict[N, list[N]] = defaultdict(list)
    waiting: dict[N, int] = dict.fromkeys(boxes, 0)
    for parent, child in arrows:
        onward[parent].append(child)
        waiting[child] += 1
    sources = [box for box in boxes if not waiting[box]]
    layers = dict.fromkeys(boxes, 0)
    queue = deque(sources)
    while queue:
        box = queue.popleft()
        for child in onward[box]:
            layers[child] = max(layers[child], layers[box] + 1)
            waiting[child] -= 1
            if not waiting[child]:
                queue.append(child)
    for box in sources:
        if onward[box]:
            layers[box] = min(layers[child] for child in onward[box]) - 1
    return layers


def _with_ends(layers: dict[N, int], first: Collection[N], last: Collection[N]) -> dict[N, int]:
    inner = [layer for box, layer in layers.items() if box not in first and box not in last]
    shift = (1 if first else 0) - min(inner, default=0)
    behind = max(inner, default=-1) + shift + 1
    return {box: 0 if box in first else behind if box in last else layer + shift for box, layer in layers.items()}


@dataclass
class _Rows(Generic[N]):
    """The columns with what stands in each, in order: boxes by number, then the bends of arrows that pass through."""

    boxes: Sequence[N]
    layers: Mapping[N, int]
    number: dict[N, int] = field(init=False)
    column: list[int] = field(init=False)
    height: list[float] = field(init=False)
    columns: list[list[int]] = field(init=False)
    left: dict[int, list[int]] = field(init=False, default_factory=lambda: defaultdict(list))
    right: dict[int, list[int]] = field(init=False, default_factory=lambda: defaultdict(list))
    room: int = field(init=False)

    def __post_init__(self) -> None:
        self.number = {box: at for at, box in enumerate(self.boxes)}
        self.column = [self.layers[box] for box in self.boxes]
        self.height = [BOX] * len(self.boxes)
        self.columns = [[] for _ in range(max(self.column, default=-1) + 1)]
        for at, column in enumerate(self.column):
            self.columns[column].append(at)
        self.room = BENDS_PER_BOX * len(self.boxes) + 200

    def chain(self, parent: N, child: N) -> list[int]:
        """The bends of an arrow, one in each column that it passes through, and the neighbours that this makes."""
        at, end = self.number[parent], self.number[child]
        between = range(self.column[at] + 1, self.column[end])
        passed: list[int] = []
        if len(between) <= self.room:
            for column in between:
                bend = len(self.column)
                self.column.append(column)
                self.height.append(BEND)
                self.columns[column].append(bend)
                passed.append(bend)
            self.room -= len(passed)
        for one, next_one in zip([at, *passed], [*passed, end], strict=True):
            self.right[one].append(next_one)
            self.left[next_one].append(one)
        return passed

    def order(self) -> None:
        """Sort each column by the middle of its neighbours, to the right and to the left in turn; the order with the fewest crossings stays."""
        best, fewest = [list(column) for column in self.columns], self._crossings()
        for sweep in range(2 * SWEEPS):
            if not fewest:
                break
            rightward = sweep % 2 == 0
            neighbours = self.left if rightward else self.right
            for at in range(len(self.columns)) if rightward else reversed(range(len(self.columns))):
                self._sort(at, neighbours)
            crossings = self._crossings()
            if crossings < fewest or fewest == _UNCOUNTED:
                best, fewest = [list(column) for column in self.columns], crossings
        self.columns = best

    def _sort(self, at: int, neighbours: Mapping[int, list[int]]) -> None:
        place = {item: row for column in self.columns[max(0, at - 1) : at + 2] for row, item in enumerate(column)}
        own = {item: row for row, item in enumerate(self.columns[at])}

        def middle(item: int) -> float:
            near = [place[other] for other in neighbours.get(item, ()) if other in place]
            return sum(near) / len(near) if near else float(own[item])

        self.columns[at].sort(key=lambda item: (middle(item), own[item]))

    def _crossings(self) -> int:
        if sum(map(len, self.right.values())) > COUNTED_ARROWS:
            return _UNCOUNTED
        return sum(count_crossings(one, next_one, self.right) for one, next_one in zip(self.columns, self.columns[1:], strict=False))

    def place(self) -> list[float]:
        """The row of each item: as near as there is room to the middle of its neighbours, in the column's order."""
        return align(self.columns, self.height, self.left, self.right)


_UNCOUNTED: Final = 1 << 60
