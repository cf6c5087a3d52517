"""The steps of a trace: what happened in each transformation, and what else was done with the goods, for a whole page in a few statements."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from backend.catalog.sites import Sites
from backend.events.canonical import Role
from backend.events.lookup_service import events_by_ids
from backend.events.query_service import RecordedEvent
from backend.genealogy import reach
from backend.genealogy.rules import Certainty, LinkKind
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.trace import step_repository
from backend.trace.answer import ReachedShipment, Trace, TraceNode
from backend.trace.event_words import Condition, Document, EventWords, merged, words_of
from backend.trace.rules import Direction, Link
from infra.database import Record, TenantTransaction

# Of each role in one step; the counts tell how many there are, and the event's own lines give the rest in pages.
LINES: Final = 100
_INPUTS: Final = (Role.INPUT,)
_OUTPUTS: Final = (Role.OUTPUT,)
_SUBJECTS: Final = (Role.SUBJECT, Role.PARENT, Role.CHILD)


@dataclass(frozen=True, slots=True)
class StepLine:
    """One object's part in a step: how much of it, in which unit (None counts pieces). Possible is a lot that merely was there.

    `by_product`: the event calls it one. A product in `thing` is one of which no lot was told.
    """

    thing: TraceableObject
    role: Role
    quantity: Decimal | None
    uom: str | None
    certainty: Certainty
    by_product: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A transformation with all its parts (`node` is set), or another act: one event. What only events at other sites tell is empty (`told` False).

    Of inputs, outputs and subjects at most 100 each are there; the counts tell all. `step_id` is the transformation's or the event's internal id.
    """

    step_id: int
    node: TraceableObject | None
    began: datetime
    ended: datetime
    told: bool
    biz_step: str | None
    disposition: str | None
    offset: str | None
    place: str | None
    operators: tuple[str, ...]
    equipment: tuple[str, ...]
    conditions: tuple[Condition, ...]
    documents: tuple[Document, ...]
    inputs: tuple[StepLine, ...]
    input_count: int
    outputs: tuple[StepLine, ...]
    output_count: int
    subjects: tuple[StepLine, ...]
    subject_count: int
    certainty: Certainty
    event_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StepPlace:
    """Where a step stands among the steps of a trace: by time, transformations first, then by key or public id."""

    at: datetime
    act: UUID | None
    key: str
    step_id: int

    @property
    def order(self) -> tuple[datetime, bool, str]:
        """What a cursor holds."""
        return self.at, self.act is not None, str(self.act or self.key)


class StepIndex:
    """A trace's links by step, so that page after page of steps can be described without going through all links each time."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._nodes = {node.thing.object_id: node for node in trace.nodes if node.thing.kind is ObjectKind.TRANSFORMATION}
        self._links: dict[int, list[Link]] = defaultdict(list)
        for link in trace.links:
            for end in (link.parent_id, link.child_id):
                if end in self._nodes:
                    self._links[end].append(link)

    def part(self, steps: Collection[int]) -> Trace:
        """The trace with these steps, and the links and gaps at them, alone."""
        nodes = tuple(self._nodes[step] for step in steps if step in self._nodes)
        links = dict.fromkeys(link for step in steps for link in self._links.get(step, ()))
        return replace(self._trace, nodes=nodes, links=tuple(links), gaps=tuple(gap for gap in self._trace.gaps if gap.node_id in steps))


def transformations(trace: Trace) -> list[StepPlace]:
    """The transformations of a trace in the order of their first link."""
    first: dict[int, datetime] = {}
    for link in trace.links:
        for node in (link.parent_id, link.child_id):
            first[node] = min(link.occurred_at, first.get(node, link.occurred_at))
    gaps = {gap.node_id: gap.occurred_at for gap in trace.gaps}
    found = [
        StepPlace(at, None, node.thing.key, node.thing.object_id)
        for node in trace.nodes
        if node.thing.kind is ObjectKind.TRANSFORMATION and (at := first.get(node.thing.object_id, gaps.get(node.thing.object_id))) is not None
    ]
    return sorted(found, key=lambda place: place.order)


async def describe_steps(tx: TenantTransaction, trace: Trace, sites: Sites | None = None, *, only: Collection[int] | None = None) -> list[Step]:
    """Every transformation of a trace, in the order of time; with `only`, of those ids. The number of statements is always the same.

    All inputs and outputs of a step are told, also those that the trace itself doesn't reach: what was used up or destroyed since is there too.
    """
    places = [place for place in transformations(trace) if only is None or place.step_id in only]
    nodes = {node.thing.object_id: node for node in trace.nodes if only is None or node.thing.object_id in only}
    events = await _events_of(tx, trace, [place.step_id for place in places])
    reader = await _read(tx, events, sites, set(), nodes)
    return [reader.step(place, nodes[place.step_id]) for place in places]


async def describe_acts(
    tx: TenantTransaction, trace: Trace, places: Sequence[StepPlace], sites: Sites | None = None, *, shipments: Collection[ReachedShipment] = ()
) -> list[Step]:
    """Acts on a trace's goods, given by `acts`, in their order; the goods that are in the trace stand first among the objects.

    An act is as certain as the surest of the trace's goods that it names, their units and containers that were shipped included.
    """
    sure = {node.thing.object_id: node.certainty for node in trace.nodes}
    shipped = {one.shipment.shipment_id: min(max(sure.get(lot.lot.object_id, lot.certainty), lot.certainty) for lot in one.lots) for one in shipments}
    reader = await _read(tx, {place.step_id: [place.step_id] for place in places}, sites, sure.keys(), {})
    lots = await reach.lots_of(tx, reader.units(), known_at=trace.known_at)
    sure |= {unit: sure[lot] for unit, lot in lots if lot in sure and unit not in sure}
    return [reader.act(place, sure, shipped) for place in places if place.step_id in reader.events]


async def acts(
    tx: TenantTransaction,
    trace: Trace,
    *,
    cursor: tuple[datetime, UUID | None] | None,
    backward: bool,
    limit: int,
    sites: Sites | None,
    shipments: Collection[ReachedShipment] = (),
) -> list[StepPlace]:
    """What else was done with the goods of a trace at `sites`, in the order of time and going: receiving, inspecting, packing, shipping.

    Of lots that are asked about or lie downstream, what was done with their units too; and these shipments.
    """
    goods = [node.thing.object_id for node in trace.nodes if node.thing.kind is not ObjectKind.TRANSFORMATION]
    asked = {start.object_id for start in trace.starts} if Direction.FORWARD in trace.direction.parts else set()
    lots = [node.thing.object_id for node in trace.nodes if node.thing.kind is ObjectKind.LOT and (node.downstream or node.thing.object_id in asked)]
    also = [one.shipment.shipment_id for one in shipments]
    rows = await step_repository.acts(tx, goods, lots=lots, also=also, cursor=cursor, backward=backward, until=trace.as_of, limit=limit, sites=sites)
    return [StepPlace(row["event_time"], row["public_id"], "", row["event_id"]) for row in rows]


async def _events_of(tx: TenantTransaction, trace: Trace, nodes: Sequence[int]) -> dict[int, list[int]]:
    """Each transformation's events: those of the trace's links, and those that it doesn't reach; as known or as of earlier, only the former."""
    found: dict[int, set[int]] = {node: set() for node in nodes}
    for link in trace.links:
        if link.kind in (LinkKind.INPUT, LinkKind.OUTPUT):
            for node in (link.parent_id, link.child_id):
                if node in found:
                    found[node].add(link.event_id)
    if nodes and trace.known_at is None:
        for node, event_id in await step_repository.events_of_nodes(tx, nodes, trace.as_of):
            found[node].add(event_id)
    return {node: sorted(events) for node, events in found.items()}


async def _read(
    tx: TenantTransaction, events: dict[int, list[int]], sites: Sites | None, first: Collection[int], nodes: dict[int, TraceNode]
) -> "_Reader":
    pairs = [(step, event_id) for step, ids in events.items() for event_id in ids]
    recorded = await events_by_ids(tx, {event_id for _, event_id in pairs}, sites)
    asked = [(step, event_id, event_id in recorded) for step, event_id in pairs]
    rows = await step_repository.lines(tx, asked, first=first, limit=LINES) if asked else []
    possible = await step_repository.candidates(tx, nodes.keys(), LINES) if nodes else []
    things = await objects.load(tx, {row["object_id"] for row in (*rows, *possible)})
    return _Reader(events, recorded, rows, possible, things)


class _Reader:
    """Puts the steps of a page together from what was read for all of them."""

    def __init__(
        self,
        events: dict[int, list[int]],
        recorded: dict[int, RecordedEvent],
        rows: Iterable[Record],
        possible: Iterable[Record],
        things: dict[int, TraceableObject],
    ) -> None:
        self.events = recorded
        self._of_step = events
        self._things = things
        self._rows: dict[int, list[Record]] = defaultdict(list)
        self._possible: dict[int, list[Record]] = defaultdict(list)
        for row in rows:
            self._rows[row["step"]].append(row)
        for row in possible:
            self._possible[row["step"]].append(row)

    def step(self, place: StepPlace, node: TraceNode) -> Step:
        """A transformation."""
        return self._put_together(place, node.thing, node.certainty)

    def units(self) -> list[int]:
        """The units that are named."""
        return [object_id for object_id, thing in self._things.items() if thing.kind is ObjectKind.UNIT]

    def act(self, place: StepPlace, sure: Mapping[int, Certainty], shipped: Mapping[int, Certainty]) -> Step:
        """An event; as certain as the surest of the trace's objects in it."""
        named = [sure[row["object_id"]] for row in self._rows[place.step_id] if row["object_id"] in sure]
        if place.step_id in shipped:
            named.append(shipped[place.step_id])
        return self._put_together(place, None, min(named, default=Certainty.POSSIBLE))

    def _put_together(self, place: StepPlace, node: TraceableObject | None, certainty: Certainty) -> Step:
        event_ids = self._of_step[place.step_id]
        parts = sorted((self.events[one] for one in event_ids if one in self.events), key=lambda event: (event.event_time, event.event_key))
        words = merged(words_of(event.body) for event in parts)
        main = parts[0] if parts else None
        inputs, input_count = self._lines(place.step_id, _INPUTS, words)
        outputs, output_count = self._lines(place.step_id, _OUTPUTS, words)
        subjects, subject_count = self._lines(place.step_id, _SUBJECTS, words)
        lots = [StepLine(self._things[row["object_id"]], Role.INPUT, None, None, Certainty.POSSIBLE) for row in self._possible[place.step_id]]
        more = self._possible[place.step_id][0]["total"] if lots else 0
        return Step(
            place.step_id, node, parts[0].event_time if parts else place.at, parts[-1].event_time if parts else place.at, bool(parts),
            next((event.biz_step for event in parts if event.biz_step), None),
            next((event.disposition for event in reversed(parts) if event.disposition), None), main.event_offset if main else None,
            next((at for event in parts if (at := event.biz_location or event.read_point)), None), words.operators, words.equipment,
            words.conditions, words.documents, (*inputs, *lots), input_count + more, outputs, output_count, subjects, subject_count, certainty,
            tuple(event.event_id for event in parts),
        )  # fmt: skip

    def _lines(self, step: int, roles: Collection[Role], words: EventWords) -> tuple[tuple[StepLine, ...], int]:
        rows = [row for row in self._rows[step] if row["role"] in roles]
        found = []
        for row in rows:
            thing, role = self._things[row["object_id"]], Role(row["role"])
            by_product = role is Role.OUTPUT and bool(words.by_products & {thing.key, f"01/{thing.gtin}"})
            found.append(StepLine(thing, role, row["quantity"], row["uom"] or None, Certainty.CERTAIN, by_product))
        return tuple(found), sum({row["role"]: row["total"] for row in rows}.values())
