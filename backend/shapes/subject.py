"""What a shape is drawn of: the trace in one direction or both, its shipments, and what its steps were."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from backend.catalog.sites import Sites
from backend.genealogy import reach
from backend.genealogy.rules import Certainty
from backend.objects.service import TraceableObject
from backend.shapes import repository
from backend.trace import service as traces
from backend.trace.rules import Direction, Link
from backend.trace.service import Gap, ReachedShipment, Trace, TraceNode
from infra.database import Record, TenantTransaction

AT_ONCE: Final = 20_000


class Side(StrEnum):
    """Where an object of a trace stands, seen from the one asked about."""

    START = "start"
    BEFORE = "before"
    BEHIND = "behind"
    BOTH = "both"


class Extent(StrEnum):
    """Which way a shape looks from its object."""

    BACKWARD = "backward"
    FORWARD = "forward"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: `as_of` leaves later events out."""

    key: str
    extent: Extent = Extent.BOTH
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What an event at the reader's sites tells of a step."""

    event_id: int
    step: str | None
    disposition: str | None
    place: str | None
    at: datetime
    offset: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The whole answer, both directions in one. `told` holds the events that the reader may see, by the log's ids.

    `members` are (unit, lot) of what the trace starts from; `contents` what lay in the container that it starts from.
    """

    question: Question
    start: TraceableObject
    nodes: dict[int, TraceNode]
    links: tuple[Link, ...]
    gaps: tuple[Gap, ...]
    shipments: tuple[ReachedShipment, ...]
    told: dict[int, Told]
    sides: dict[int, Side]
    members: tuple[tuple[int, int], ...] = ()
    contents: tuple[int, ...] = ()


async def look(tx: TenantTransaction, question: Question, sites: Sites | None) -> Subject:
    """Everything about a question. Raises what `trace` raises."""
    found = [await _trace(tx, question, direction, sites) for direction in _directions(question.extent)]
    nodes: dict[int, TraceNode] = {}
    links: dict[tuple[int, int, int, int], Link] = {}
    gaps: dict[tuple[int, int, datetime], Gap] = {}
    for trace in found:
        for node in trace.nodes:
            nodes[node.thing.object_id] = _nearer(nodes.get(node.thing.object_id), node)
        links |= {(link.parent_id, link.child_id, link.event_id, int(link.kind)): link for link in trace.links}
        gaps |= {(gap.node_id, gap.product.object_id, gap.occurred_at): gap for gap in trace.gaps}
    ordered = sorted(links.values(), key=lambda link: (link.occurred_at, link.event_id, link.parent_id, link.child_id, link.kind))
    seeds = [node.thing.object_id for node in nodes.values() if node.steps == 0]
    members = await reach.lots_of(tx, seeds)
    contents = set(seeds) - {lot for _, lot in members} - {found[0].start.object_id}
    return Subject(
        question, found[0].start, nodes, tuple(ordered), tuple(gaps.values()), tuple(await _shipments(tx, question, found[0].start, sites)),
        await tell(tx, {link.event_id for link in ordered}, sites), _sides(found), tuple(members), tuple(sorted(contents)),
    )  # fmt: skip


def _sides(found: Iterable[Trace]) -> dict[int, Side]:
    sides: dict[int, Side] = {}
    for trace in found:
        side = Side.BEFORE if trace.direction is Direction.BACKWARD else Side.BEHIND
        for node in trace.nodes:
            object_id = node.thing.object_id
            other = sides.get(object_id)
            sides[object_id] = Side.START if object_id == trace.start.object_id else side if other in (None, side) else Side.BOTH
    return sides


def _directions(extent: Extent) -> list[Direction]:
    return [Direction.BACKWARD, Direction.FORWARD] if extent is Extent.BOTH else [Direction(extent)]


async def _trace(tx: TenantTransaction, question: Question, direction: Direction, sites: Sites | None) -> Trace:
    return await traces.trace(tx, question.key, direction, as_of=question.as_of, sites=sites)


def _nearer(known: TraceNode | None, found: TraceNode) -> TraceNode:
    if known is None:
        return found
    return replace(known, steps=min(known.steps, found.steps), certainty=Certainty(min(known.certainty, found.certainty)))


async def _shipments(tx: TenantTransaction, question: Question, start: TraceableObject, sites: Sites | None) -> Iterable[ReachedShipment]:
    if question.extent is Extent.BACKWARD:
        return ()
    reached = await traces.shipments_reached(tx, start.key, sites)
    return [one for one in reached if question.as_of is None or one.shipment.shipped_at <= question.as_of]


async def tell(tx: TenantTransaction, event_ids: Collection[int], sites: Sites | None) -> dict[int, Told]:
    """What these events tell, as far as they are at the sites."""
    told: dict[int, Told] = {}
    ids = sorted(event_ids)
    for at in range(0, len(ids), AT_ONCE):
        for row in await repository.steps_told(tx, ids[at : at + AT_ONCE], sites):
            told[row["event_id"]] = _told(row)
    return told


def _told(row: Record) -> Told:
    return Told(row["event_id"], row["biz_step"], row["disposition"], row["place"], row["event_time"], row["event_offset"])
