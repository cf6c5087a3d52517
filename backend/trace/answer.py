"""What a trace answers: nodes, links, gaps and shipments, as the service gives them to whoever shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from backend.genealogy.rules import Certainty
from backend.objects.service import TraceableObject
from backend.shipments.service import Shipment
from backend.trace.rules import Direction, Doubt, Link
from backend.trace.tanks import Tanks

# Behind every distance, so that what is asked about stands first.
UNCOUNTED: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class TraceNode:
    """One object of a trace; `steps` is its distance in links from the objects asked about, `UNCOUNTED` in a window of a trace that is cut.

    `doubts` say why it is only possible: what is doubtful on the shortest way. A trace both ways tells which of them reaches it.
    """

    thing: TraceableObject
    steps: int
    certainty: Certainty
    doubts: tuple[Doubt, ...] = ()
    upstream: bool = False
    downstream: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What a node of the genealogy's own stands for: a container as of when it was used, or the lot of whose units one isn't told."""

    thing: TraceableObject
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Gap:
    """A product went into a step without its lot, and no lot of it was known to be present."""

    node_id: int
    product: TraceableObject
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class ShippedLot:
    """How much of one lot (or one unit) a shipment carried."""

    lot: TraceableObject
    quantity: Decimal
    uom: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class ReachedShipment:
    """A shipment that carried something of the trace."""

    shipment: Shipment
    lots: tuple[ShippedLot, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """The whole answer, or one window of it (`truncated`); pages are cut from it. `nodes` stand in order of their steps, `links` in order of time.

    `start` is the first of `starts`. `seeds` are the ids from which was walked: the starts and, of containers, what is in them.
    `tanks` hold what was drawn by the policy that was asked for. `stands_for` holds the nodes that are shown as another object.
    `continue_after` leads to the next window, None in the last.
    """

    start: TraceableObject
    direction: Direction
    as_of: datetime | None
    nodes: tuple[TraceNode, ...]
    links: tuple[Link, ...]
    gaps: tuple[Gap, ...]
    starts: tuple[TraceableObject, ...] = ()
    seeds: tuple[int, ...] = ()
    stands_for: Mapping[int, Shown] = field(default_factory=dict)
    known_at: datetime | None = None
    tanks: Tanks | None = None
    truncated: bool = False
    continue_after: str | None = None

    def shown(self, object_id: int) -> TraceableObject | None:
        """The object that a node is shown as, where it isn't itself one that people know."""
        shown = self.stands_for.get(object_id)
        return shown.thing if shown else None
