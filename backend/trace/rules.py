"""Pure decisions over the links of a trace: order of steps, and what is certain or only possible (MODEL: Time)."""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from backend.genealogy.rules import Certainty, LinkKind

CLOCK_TOLERANCE = timedelta(hours=24)


class Direction(StrEnum):
    """Which way a trace looks from its object."""

    BACKWARD = "backward"
    FORWARD = "forward"


class Doubt(StrEnum):
    """Why a link is possible and not certain."""

    LOT_NOT_TOLD = "lot_not_told"
    UNIT_NOT_TOLD = "unit_not_told"
    PACKING_NEAR_IN_TIME = "packing_near_in_time"
    TAKEN_FROM_TANK = "taken_from_tank"
    TIMES_CONTRADICT = "times_contradict"


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a trace, from what went in to what came out."""

    parent_id: int
    child_id: int
    event_id: int
    kind: LinkKind
    occurred_at: datetime
    quantity: Decimal | None
    uom: str | None
    certainty: Certainty
    doubt: Doubt | None = None


_DOUBTS = {
    LinkKind.CANDIDATE: Doubt.LOT_NOT_TOLD, LinkKind.SHARE: Doubt.UNIT_NOT_TOLD, LinkKind.CONTENT: Doubt.PACKING_NEAR_IN_TIME,
    LinkKind.RESIDUE: Doubt.TAKEN_FROM_TANK,
}  # fmt: skip


def doubt_links(links: Iterable[Link]) -> list[Link]:
    """Each link with its certainty: what is used up more than a day before it was made contradicts itself, and stays in as possible."""
    given = list(links)
    made: dict[int, datetime] = {}
    for link in given:
        if link.kind is LinkKind.OUTPUT:
            made[link.child_id] = min(made.get(link.child_id, link.occurred_at), link.occurred_at)
    answers = []
    for link in given:
        doubt = _DOUBTS.get(link.kind) if link.certainty is Certainty.POSSIBLE else None
        born = made.get(link.parent_id)
        if link.kind is LinkKind.INPUT and born is not None and link.occurred_at < born - CLOCK_TOLERANCE:
            doubt = Doubt.TIMES_CONTRADICT
        certainty = Certainty.POSSIBLE if doubt else link.certainty
        answers.append(Link(link.parent_id, link.child_id, link.event_id, link.kind, link.occurred_at, link.quantity, link.uom, certainty, doubt))
    return answers


def steps_from(start: Collection[int], links: Iterable[Link], direction: Direction) -> dict[int, tuple[int, Certainty]]:
    """Each node reached with its distance in links and its certainty: certain where one path is certain all along."""
    onward: dict[int, list[tuple[int, Certainty]]] = defaultdict(list)
    for link in links:
        here, there = (link.parent_id, link.child_id) if direction is Direction.FORWARD else (link.child_id, link.parent_id)
        onward[here].append((there, link.certainty))
    distance = dict.fromkeys(start, 0)
    queue = deque(start)
    while queue:
        node = queue.popleft()
        for there, _ in onward[node]:
            if there not in distance:
                distance[there] = distance[node] + 1
                queue.append(there)
    certain = set(start)
    queue = deque(start)
    while queue:
        for there, certainty in onward[queue.popleft()]:
            if certainty is Certainty.CERTAIN and there not in certain:
                certain.add(there)
                queue.append(there)
    return {node: (steps, Certainty.CERTAIN if node in certain else Certainty.POSSIBLE) for node, steps in distance.items()}
