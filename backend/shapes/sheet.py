"""What a drawing of the flow is laid out on: measures, where boxes stand, where arrows leave and enter them, and where labels have room."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from backend.shapes.flow import Flow, FlowArrow, FlowBox
from backend.shapes.layout import BEND, Spot
from backend.shapes.words import write_span

# Pixels.
COLUMN: Final = 270
WIDTH: Final = 186
ROW: Final = 76
HEIGHT: Final = 58
MARGIN: Final = 24
HEAD: Final = 58
FOOT: Final = 46
LANES: Final = 6
LANE: Final = 9
LABEL: Final = 9.5
# Loops leave and enter a box below its other arrows.
LOOP_SIDE: Final = HEIGHT / 2 - 5


@dataclass
class Sheet:
    """What is known while a drawing is made: where arrows leave and enter each box, the lanes of loops, and where labels stand already."""

    flow: Flow
    language: str
    boxes: dict[str, FlowBox] = field(init=False)
    leaves: dict[tuple[str, str], float] = field(init=False)
    enters: dict[tuple[str, str], float] = field(init=False)
    lanes: dict[tuple[str, str], int] = field(init=False)
    labels: dict[int, list[tuple[float, float, float]]] = field(init=False, default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.boxes = {box.name: box for box in self.flow.boxes}
        onward = [arrow for arrow in self.flow.arrows if not arrow.is_loop]
        self.leaves = _ports(onward, self.boxes, at_parent=True)
        self.enters = _ports(onward, self.boxes, at_parent=False)
        loops = [arrow for arrow in self.flow.arrows if arrow.is_loop]
        self.lanes = {(arrow.parent, arrow.child): number % LANES for number, arrow in enumerate(loops)}

    @property
    def width(self) -> int:
        return max(2 * MARGIN + (self.flow.columns - 1) * COLUMN + WIDTH, 640)

    @property
    def below(self) -> float:
        """Where the boxes end and the lanes of loops begin."""
        return HEAD + self.flow.rows * ROW

    @property
    def height(self) -> int:
        return round(self.below + (min(len(self.lanes), LANES) * LANE + 8 if self.lanes else 0) + FOOT)

    def days(self, box: FlowBox) -> str:
        """When what stands in a box came into being."""
        return write_span(box.since, box.until, self.flow.clock.zone)

    def is_free(self, x: float, y: float, width: float) -> bool:
        """Take the place of a label, unless another one is there."""
        taken = [each for near in (-1, 0, 1) for each in self.labels[int(y // 12) + near]]
        if any(abs(other_y - y) < 11 and x < other_x + other_width and other_x < x + width for other_x, other_y, other_width in taken):
            return False
        self.labels[int(y // 12)].append((x, y, width))
        return True


def _ports(arrows: Sequence[FlowArrow], boxes: Mapping[str, FlowBox], *, at_parent: bool) -> dict[tuple[str, str], float]:
    """How far from a box's middle each arrow leaves or enters it: in the order of where they come from or go to."""
    of_box: dict[str, list[FlowArrow]] = defaultdict(list)
    for arrow in arrows:
        of_box[arrow.parent if at_parent else arrow.child].append(arrow)
    ports: dict[tuple[str, str], float] = {}
    for several in of_box.values():
        ordered = sorted(several, key=lambda arrow: _towards(arrow, boxes, at_parent=at_parent))
        gap = min(14.0, (HEIGHT - 14) / max(1, len(ordered) - 1))
        for number, arrow in enumerate(ordered):
            ports[(arrow.parent, arrow.child)] = round((number - (len(ordered) - 1) / 2) * gap, 2)
    return ports


def _towards(arrow: FlowArrow, boxes: Mapping[str, FlowBox], *, at_parent: bool) -> tuple[float, str]:
    if arrow.bends:
        return arrow.bends[0 if at_parent else -1].row - BEND / 2, arrow.child
    other = boxes[arrow.child if at_parent else arrow.parent]
    return other.spot.row, other.name


def corner_of(spot: Spot) -> tuple[float, float]:
    """The upper left corner of a box."""
    return MARGIN + spot.column * COLUMN, HEAD + spot.row * ROW + (ROW - HEIGHT) / 2


def right_of(box: FlowBox, port: float = 0.0) -> tuple[float, float]:
    x, y = corner_of(box.spot)
    return x + WIDTH, y + HEIGHT / 2 + port


def left_of(box: FlowBox, port: float = 0.0) -> tuple[float, float]:
    x, y = corner_of(box.spot)
    return x, y + HEIGHT / 2 + port
