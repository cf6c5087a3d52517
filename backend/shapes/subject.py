"""What a shape is drawn of: the trace in one direction or both, its shipments, and what its steps were."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from backend.balance.tanks import TankPolicy
from backend.catalog.sites import Sites
from backend.genealogy import reach
from backend.genealogy.rules import Certainty
from backend.identifiers import ObjectKind
from backend.objects.service import TraceableObject
from backend.shapes import repository
from backend.trace import service as traces
from backend.trace.answer import Gap, ReachedShipment, Trace, TraceNode
from backend.trace.reached_shipments import shipments_of
from backend.trace.rules import Direction, Link
from infra.database import Record, TenantTransaction

AT_ONCE: Final = 20_000
# A trace that is cut is put together from this many windows at most, which hold 300,000 links.
MOST_WINDOWS: Final = 15
CONTAINERS: Final = (ObjectKind.LOGISTIC_UNIT, ObjectKind.ASSET, ObjectKind.TANK)


class Side(StrEnum):
    """Where an object of a trace stands, seen from the one asked about."""

    START = "start"
    BEFORE = "before"
    BEHIND = "behind"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: `as_of` leaves later events out, `known_at` what wasn't known then; `tank_policy` shapes what was drawn from tanks."""

    key: str
    direction: Direction = Direction.BOTH
    as_of: datetime | None = None
    known_at: datetime | None = None
    tank_policy: TankPolicy | None = None


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
    """The whole answer, as far as it was read: `truncated` where there is more. `told` holds the events that the reader may see, by the log's ids.

    `members` are (unit, lot) of what the trace starts from; `contents` what lay in the container that it starts from.
    """

    question: Question
    trace: Trace
    nodes: dict[int, TraceNode]
    shipments: tuple[ReachedShipment, ...]
    told: dict[int, Told]
    members: tuple[tuple[int, int], ...] = ()
    contents: tuple[int, ...] = ()

    @property
    def start(self) -> TraceableObject:
        """What is asked about."""
        return self.trace.start

    @property
    def links(self) -> tuple[Link, ...]:
        """In order of time."""
        return self.trace.links

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Inputs of which nothing is known."""
        return self.trace.gaps

    @property
    def truncated(self) -> bool:
        """Whether there is more than was read."""
        return self.trace.truncated

    def side(self, object_id: int) -> Side | None:
        """Where an object stands."""
        node = self.nodes[object_id]
        if object_id == self.start.object_id:
            return Side.START
        if node.upstream and node.downstream:
            return Side.BOTH
        return Side.BEFORE if node.upstream else Side.BEHIND if node.downstream else None


async def look(tx: TenantTransaction, question: Question, sites: Sites | None) -> Subject:
    """Everything about a question. Raises what `trace` raises."""
    trace = await _whole(tx, question, sites)
    shipments: list[ReachedShipment] = []
    if question.direction is not Direction.BACKWARD:
        shipments = await shipments_of(tx, trace.starts, trace.seeds, sites, as_of=question.as_of, known_at=question.known_at)
    nodes = {node.thing.object_id: node for node in trace.nodes}
    members = await reach.lots_of(tx, trace.seeds, known_at=question.known_at)
    contents = set(trace.seeds) - {lot for _, lot in members} - {trace.start.object_id} if trace.start.kind in CONTAINERS else set()
    told = await _tell(tx, {link.event_id for link in trace.links}, sites)
    return Subject(question, trace, nodes, tuple(shipments), told, tuple(members), tuple(sorted(contents)))


async def _whole(tx: TenantTransaction, question: Question, sites: Sites | None) -> Trace:
    """The trace, put together from its windows where it has several."""

    async def ask(behind: str | None) -> Trace:
        return await traces.trace(
            tx, question.key, question.direction, as_of=question.as_of, known_at=question.known_at, sites=sites, continue_after=behind,
            tank_policy=question.tank_policy,
        )  # fmt: skip

    first = await ask(None)
    if first.continue_after is None:
        return first
    nodes = {node.thing.object_id: node for node in first.nodes}
    links, gaps = list(first.links), list(first.gaps)
    behind: str | None = first.continue_after
    stands_for = dict(first.stands_for)
    for _ in range(MOST_WINDOWS - 1):
        window = await ask(behind)
        for node in window.nodes:
            nodes[node.thing.object_id] = _merged(nodes.get(node.thing.object_id), node)
        links += window.links
        gaps += window.gaps
        stands_for |= window.stands_for
        behind = window.continue_after
        if behind is None:
            break
    ordered = {(link.parent_id, link.child_id, link.event_id, int(link.kind)): link for link in links}.values()
    return replace(
        first, nodes=tuple(nodes.values()), gaps=tuple(dict.fromkeys(gaps)), stands_for=stands_for, truncated=behind is not None, continue_after=None,
        links=tuple(sorted(ordered, key=lambda link: (link.occurred_at, link.event_id, link.parent_id, link.child_id, link.kind))),
    )  # fmt: skip


def _merged(known: TraceNode | None, found: TraceNode) -> TraceNode:
    if known is None:
        return found
    return replace(
        known, steps=min(known.steps, found.steps), certainty=Certainty(min(known.certainty, found.certainty)),
        upstream=known.upstream or found.upstream, downstream=known.downstream or found.downstream,
    )  # fmt: skip


async def _tell(tx: TenantTransaction, event_ids: Collection[int], sites: Sites | None) -> dict[int, Told]:
    """What these events tell, as far as they are at the sites."""
    told: dict[int, Told] = {}
    ids = sorted(event_ids)
    for at in range(0, len(ids), AT_ONCE):
        for row in await repository.steps_told(tx, ids[at : at + AT_ONCE], sites):
            told[row["event_id"]] = _told(row)
    return told


def _told(row: Record) -> Told:
    return Told(row["event_id"], row["biz_step"], row["disposition"], row["place"], row["event_time"], row["event_offset"])
