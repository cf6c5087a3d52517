"""The table: one row for each object, step, gap and shipment of a trace, with all that a quality manager asks for."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from backend.genealogy.rules import Certainty, LinkKind
from backend.objects.service import TraceableObject, met_at
from backend.shapes import repository
from backend.shapes.graph import Amounts, Graph, Point, Sort, add
from backend.shapes.graphing import graph_of
from backend.shapes.names import Names, Reader, look_up
from backend.shapes.subject import Question, Side, Subject, look
from backend.shapes.words import step_word
from backend.trace.event_words import Condition
from backend.trace.rules import Doubt
from backend.trace.steps import Step, StepIndex, describe_steps
from infra.clock import isoformat
from infra.database import TenantTransaction

_NEVER: Final = "9999"
RowKey = tuple[str | int, str, str]


class TableOrder(StrEnum):
    """What rows stand in order of."""

    TIME = "time"
    KIND = "kind"
    STEPS = "steps"


@dataclass(frozen=True, slots=True)
class Line:
    """What is known of a row before anything is looked up: `made` and `used` are what came of it and what of it went on."""

    point: Point
    side: Side | None
    thing: TraceableObject | None
    made: Amounts
    used: Amounts
    inputs: int
    outputs: int
    doubts: tuple[Doubt, ...]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row as it is shown. `product`, `place`, `party` and `suppliers` are names in the reader's language.

    Who worked at what, and under which conditions, is told of transformations, as far as their events at the reader's sites tell it.
    """

    line: Line
    product: str | None
    step: str | None
    place: str | None
    party: str | None
    suppliers: tuple[str, ...]
    operators: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """All lines of a trace, in an order; rows are made of those that are shown."""

    subject: Subject
    lines: tuple[Line, ...]
    order: TableOrder

    def key(self, line: Line) -> RowKey:
        """By which lines are in order, and which holds nothing internal."""
        point = line.point
        at = isoformat(point.at) if point.at else _NEVER
        first: dict[TableOrder, str | int] = {
            TableOrder.TIME: f"{at} {point.turn}",
            TableOrder.KIND: str(point.sort),
            TableOrder.STEPS: point.distance,
        }
        return (first[self.order], f"{at} {point.turn}", point.name)


async def table_of(tx: TenantTransaction, reader: Reader, question: Question, order: TableOrder) -> Table:
    """Every line of a question's answer. Raises what `trace` raises."""
    return lines_of(await look(tx, question, reader.sites), order)


def lines_of(subject: Subject, order: TableOrder) -> Table:
    """Every line of what was looked at already."""
    table = Table(subject, (), order)
    return Table(subject, tuple(sorted(_lines(subject, graph_of(subject)), key=table.key)), order)


def _lines(subject: Subject, graph: Graph) -> Iterator[Line]:
    made: dict[str, dict[str, Decimal]] = defaultdict(dict)
    used: dict[str, dict[str, Decimal]] = defaultdict(dict)
    inputs: Counter[str] = Counter()
    outputs: Counter[str] = Counter()
    doubts: dict[str, set[Doubt]] = defaultdict(set)
    until: dict[str, datetime] = {}
    for arrow in graph.arrows:
        outputs[arrow.parent] += 1
        inputs[arrow.child] += 1
        for name in (arrow.parent, arrow.child):
            until[name] = max(until.get(name, arrow.at), arrow.at)
        if arrow.doubt is not None:
            doubts[arrow.child].add(arrow.doubt)
        if arrow.quantity is not None and arrow.kind in (LinkKind.INPUT, LinkKind.OUTPUT, None):
            add(used[arrow.parent], arrow.uom, arrow.quantity)
            add(made[arrow.child], arrow.uom, arrow.quantity)
    ids = {node.thing.key: object_id for object_id, node in subject.nodes.items()}
    for point in graph.points:
        object_id = ids.get(point.name)
        yield Line(
            point, subject.side(object_id) if object_id is not None else None, _thing(subject, object_id),
            made.get(point.name, {}), used.get(point.name, {}), inputs[point.name], outputs[point.name],
            tuple(sorted(doubts.get(point.name, ()))), until.get(point.name),
        )  # fmt: skip


def _thing(subject: Subject, object_id: int | None) -> TraceableObject | None:
    """The object that people know."""
    return None if object_id is None else subject.trace.shown(object_id) or subject.nodes[object_id].thing


async def rows_of(tx: TenantTransaction, reader: Reader, lines: Sequence[Line], steps: StepIndex) -> list[TableRow]:
    """These lines with names; suppliers are told by receipts at the reader's sites."""
    things = {line.thing.object_id for line in lines if line.thing is not None and line.point.sort in (Sort.LOT, Sort.UNIT, Sort.CONTAINER)}
    suppliers: dict[int, list[str]] = defaultdict(list)
    for row in await repository.receipts_of(tx, sorted(await met_at(tx, things, reader.sites)), reader.sites) if things else ():
        if row["counterparty"] not in suppliers[row["object_id"]]:
            suppliers[row["object_id"]].append(row["counterparty"])
    points = [line.point for line in lines]
    parties = {point.party for point in points if point.party} | {party for several in suppliers.values() for party in several}
    names = await look_up(
        tx, reader, gtins={point.gtin for point in points if point.gtin}, places={point.place for point in points if point.place}, parties=parties
    )
    shown = {line.thing.object_id for line in lines if line.thing is not None and line.point.sort is Sort.STEP}
    told = {step.step_id: step for step in await describe_steps(tx, steps.part(shown), reader.sites)} if shown else {}
    return [_row(line, names, suppliers, told.get(line.thing.object_id) if line.thing else None) for line in lines]


def _row(line: Line, names: Names, suppliers: Mapping[int, Sequence[str]], told: Step | None) -> TableRow:
    point = line.point
    step = step_word(point.step, names.reader.language) if point.sort in (Sort.STEP, Sort.SHIPMENT) and point.step else None
    from_whom = suppliers.get(line.thing.object_id, ()) if line.thing is not None else ()
    return TableRow(
        line, names.product(point.gtin, point.at), step, names.place(point.place), names.party(point.party),
        tuple(names.party(party) or party for party in from_whom), told.operators if told else (), told.equipment if told else (),
        told.conditions if told else (),
    )  # fmt: skip


def is_certain(line: Line) -> bool:
    """Whether a row is proven."""
    return line.point.certainty is Certainty.CERTAIN
