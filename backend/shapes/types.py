"""The flow as GraphQL gives it: whatever a client draws, without further computing."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import strawberry

from backend.genealogy.rules import Certainty
from backend.graphql.directives import ListSize, requires
from backend.objects.types import TraceableObject
from backend.shapes import flow as flows
from backend.shapes.graph import Amounts, Sort
from backend.shapes.layout import Spot
from backend.shapes.words import sort_word, unit_word
from backend.trace import types as _declared  # noqa: F401 - it names the enumerations of links
from backend.trace.rules import Direction, Doubt
from tenants.permissions import Permission

strawberry.enum(Sort, name="BoxKind", description="What a box stands for.")


@strawberry.type(description="How much, in one unit of measure; amounts of different units are never added up.")
class Amount:
    """`uom` is empty where pieces are counted; `unit` is what people write behind the number, in the reader's language."""

    quantity: Decimal
    uom: str
    unit: str


def amounts_of(amounts: Amounts, language: str) -> list[Amount]:
    """In order of the units."""
    return [Amount(quantity=quantity, uom=uom, unit=unit_word(uom, language)) for uom, quantity in sorted(amounts.items())]


@strawberry.type(description="A point of the drawing: a column, and a row in quarters of a box. A box takes one column and one row.")
class GridPoint:
    """From 0 on, to the right and down."""

    column: int
    row: float

    @classmethod
    def of(cls, spot: Spot) -> "GridPoint":
        """From the layout's."""
        return cls(column=spot.column, row=spot.row)


@strawberry.type(description="A lot, unit, container, step or shipment of the flow, or several of one kind.")
class FlowBox:
    """`title`, `subtitle` and `detail` are its lines in the reader's language. `count` is how many stand in it, certain and possible ones.

    `object` is null for a group, a shipment and a gap. `expandKey` given back in `open` shows a group in parts. `innerLinks` counts links
    between what stands in it. What only events at other sites than yours tell is null.
    """

    id: str
    kind: Sort
    column: int
    row: float
    title: str
    subtitle: str
    detail: str
    step: str | None
    place: str | None
    object: TraceableObject | None
    count: int
    certain_count: int
    possible_count: int
    certainty: Certainty
    amounts: list[Amount] = strawberry.field(directives=(ListSize(assumed_size=2),))
    since: datetime | None
    until: datetime | None
    is_start: bool
    inner_links: int
    expand_key: str | None


@strawberry.type(description="All links from one box to another.")
class FlowArrow:
    """`parent` and `child` are ids of boxes. It leads to the right, through `bends`; a loop (`isLoop`) leads back to the left.

    `untoldCount` counts links whose quantity isn't in `amounts`, because no event, or only one at another site, tells it.
    """

    parent: str
    child: str
    certain_count: int
    possible_count: int
    certainty: Certainty
    doubts: list[Doubt] = strawberry.field(directives=(ListSize(assumed_size=1),))
    amounts: list[Amount] = strawberry.field(directives=(ListSize(assumed_size=2),))
    untold_count: int
    since: datetime | None
    until: datetime | None
    is_loop: bool
    bends: list[GridPoint] = strawberry.field(directives=(ListSize(assumed_size=3),))


@strawberry.type(description="How many there are of one kind.")
class BoxCount:
    """`name` in the reader's language."""

    kind: Sort
    name: str
    count: int


@strawberry.type(description="A column of the flow.")
class FlowLayer:
    """What stands in it, and from when to when that came into being."""

    column: int
    box_count: int
    since: datetime | None
    until: datetime | None


@strawberry.type(
    description="The process flow, drawn: inputs to the left, what came of them to the right, with shipments and customers.",
    directives=requires(Permission.TRACE_READ),
)
class Flow:
    """At most about as many boxes as were asked for, and those of opened groups; `counts` are of the whole trace, whatever is drawn of it.

    `truncated` where a trace has more links than are read for one picture, 300,000 each way. Days are those of `timeZone`.
    """

    start: TraceableObject
    direction: Direction
    as_of: datetime | None
    known_at: datetime | None
    truncated: bool
    columns: int
    rows: float
    time_zone: str
    is_collapsed: bool
    link_count: int
    counts: list[BoxCount] = strawberry.field(directives=(ListSize(assumed_size=7),))
    layers: list[FlowLayer] = strawberry.field(directives=(ListSize(assumed_size=10),))
    boxes: list[FlowBox] = strawberry.field(directives=(ListSize(assumed_size=60),))
    arrows: list[FlowArrow] = strawberry.field(directives=(ListSize(assumed_size=100),))

    @classmethod
    def of(cls, found: flows.Flow, language: str) -> "Flow":
        """From the service's."""
        shown = {box.object_key: box.since for box in found.boxes if box.object_key}
        nodes = [node.thing for node in found.subject.nodes.values() if node.thing.key in shown]
        things = {thing.key: TraceableObject.of(found.subject.trace.shown(thing.object_id) or thing, shown[thing.key]) for thing in nodes}
        question = found.subject.question
        return cls(
            start=TraceableObject.of(found.subject.start), direction=question.direction, as_of=question.as_of, known_at=question.known_at,
            truncated=found.subject.truncated, columns=found.columns, rows=found.rows,
            time_zone=found.clock.name, is_collapsed=found.is_collapsed, link_count=found.links,
            counts=[BoxCount(kind=sort, name=sort_word(sort, language, count), count=count) for sort, count in found.counts.items()],
            layers=_layers(found), boxes=[_box(box, things, language) for box in found.boxes],
            arrows=[_arrow(arrow, language) for arrow in found.arrows],
        )  # fmt: skip


def _layers(found: flows.Flow) -> list[FlowLayer]:
    layers = []
    for column in range(found.columns):
        boxes = [box for box in found.boxes if box.spot.column == column]
        since, until = [box.since for box in boxes if box.since], [box.until for box in boxes if box.until]
        layers.append(FlowLayer(column=column, box_count=len(boxes), since=min(since, default=None), until=max(until, default=None)))
    return layers


def _box(box: flows.FlowBox, things: Mapping[str, TraceableObject], language: str) -> FlowBox:
    return FlowBox(
        id=box.name, kind=box.sort, column=box.spot.column, row=box.spot.row, title=box.title, subtitle=box.subtitle, detail=box.detail,
        step=box.step, place=box.place, object=things.get(box.object_key) if box.object_key else None, count=box.count, certain_count=box.certain,
        possible_count=box.possible, certainty=box.certainty, amounts=amounts_of(box.amounts, language), since=box.since, until=box.until,
        is_start=box.is_start, inner_links=box.inner, expand_key=box.expand_key,
    )  # fmt: skip


def _arrow(arrow: flows.FlowArrow, language: str) -> FlowArrow:
    return FlowArrow(
        parent=arrow.parent, child=arrow.child, certain_count=arrow.certain, possible_count=arrow.possible, certainty=arrow.certainty,
        doubts=list(arrow.doubts), amounts=amounts_of(arrow.amounts, language), untold_count=arrow.untold, since=arrow.since, until=arrow.until,
        is_loop=arrow.is_loop, bends=[GridPoint.of(bend) for bend in arrow.bends],
    )  # fmt: skip
