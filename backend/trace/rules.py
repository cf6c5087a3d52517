"""Pure decisions over the links of a trace: which are certain, and what is reached, how far, how certainly and why not (MODEL: Time)."""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from backend.balance.tanks import Basis
from backend.genealogy.rules import Certainty, LinkKind

CLOCK_TOLERANCE = timedelta(hours=24)
_EARLIEST: Final = datetime(1, 1, 3, tzinfo=UTC)
_LATEST: Final = datetime(9999, 12, 29, tzinfo=UTC)
# Neither says when something was used or made: a membership is taught, and an alias declared, at any time.
_TIMELESS: Final = frozenset({LinkKind.MEMBER, LinkKind.ALIAS})
_CONTENTS: Final = frozenset({LinkKind.CONTENT, LinkKind.RESIDUE})
_USES: Final = frozenset({LinkKind.INPUT, LinkKind.SHARE, LinkKind.CANDIDATE})


class Direction(StrEnum):
    """Which way a trace looks from its object."""

    BACKWARD = "backward"
    FORWARD = "forward"
    BOTH = "both"

    @property
    def parts(self) -> tuple["Direction", ...]:
        """The plain directions in it."""
        return (Direction.BACKWARD, Direction.FORWARD) if self is Direction.BOTH else (self,)


class Doubt(StrEnum):
    """Why a link, or the way to an object, is possible and not certain."""

    LOT_NOT_TOLD = "lot_not_told"
    UNIT_NOT_TOLD = "unit_not_told"
    PACKING_NEAR_IN_TIME = "packing_near_in_time"
    TAKEN_FROM_TANK = "taken_from_tank"
    TIMES_CONTRADICT = "times_contradict"
    DECLARED_SAME = "declared_same"
    NOT_PROVEN = "not_proven"
    PART_NOT_TOLD = "part_not_told"
    TANK_POLICY = "tank_policy"


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
    allocated: bool = False

    @property
    def basis(self) -> Basis | None:
        """None where no quantity is told."""
        if self.quantity is None:
            return None
        return Basis.ALLOCATED if self.allocated else Basis.MEASURED


@dataclass(frozen=True, slots=True)
class Reached:
    """How an object is reached: distance in links, certainty, and what is doubtful on the shortest way where it is only possible."""

    steps: int
    certainty: Certainty
    doubts: tuple[Doubt, ...] = ()


_DOUBTS = {
    LinkKind.CANDIDATE: Doubt.LOT_NOT_TOLD, LinkKind.SHARE: Doubt.UNIT_NOT_TOLD, LinkKind.CONTENT: Doubt.PACKING_NEAR_IN_TIME,
    LinkKind.ALIAS: Doubt.DECLARED_SAME, LinkKind.RESIDUE: Doubt.TAKEN_FROM_TANK,
}  # fmt: skip


def doubt_links(links: Iterable[Link], made_at: Mapping[int, datetime] | None = None) -> list[Link]:
    """Each link with its certainty: what is used up more than a day before it was made contradicts itself, and stays in as possible.

    `made_at` tells when objects were first made whose making isn't among the links.
    """
    given = list(links)
    made: dict[int, datetime] = dict(made_at or {})
    for link in given:
        if link.kind is LinkKind.OUTPUT:
            made[link.child_id] = min(made.get(link.child_id, link.occurred_at), link.occurred_at)
    answers = []
    for link in given:
        doubt = _DOUBTS.get(link.kind, Doubt.NOT_PROVEN) if link.certainty is Certainty.POSSIBLE else None
        born = made.get(link.parent_id)
        if link.kind is LinkKind.INPUT and born is not None and link.occurred_at - born < -CLOCK_TOLERANCE:
            doubt = Doubt.TIMES_CONTRADICT
        answers.append(replace(link, certainty=Certainty.POSSIBLE, doubt=doubt) if doubt else link)
    return answers


def lots_in_doubt(pairs: Collection[tuple[int, int]]) -> set[int]:
    """Of (unit, lot) pairs the lots that belong to no unit for certain: of a unit for which two lots are told either is possible."""
    lots: dict[int, set[int]] = defaultdict(set)
    for unit, lot in pairs:
        lots[unit].add(lot)
    sure = {lot for told in lots.values() if len(told) == 1 for lot in told}
    return {lot for _, lot in pairs} - sure


def reach_from(start: Collection[int], links: Iterable[Link], direction: Direction, *, perhaps: Collection[int] = ()) -> dict[int, Reached]:
    """Each node reached, one way. Certain is what one path reaches that is certain all along and runs in the order of time.

    In the order of time, within the tolerance: nothing on the path is used before it was made on the path, even where it was also made earlier
    of something else. The same holds seen from the other end, so that both directions agree. From those of the start that are in `perhaps`
    everything is only possible.
    """
    walk = _Walk(links, forward=direction is Direction.FORWARD)
    shortest = walk.shortest({node: (Doubt.NOT_PROVEN,) if node in perhaps else () for node in start})
    certain = walk.certain([node for node in start if node not in perhaps])
    return {
        node: Reached(steps, Certainty.CERTAIN) if node in certain else Reached(steps, Certainty.POSSIBLE, doubts)
        for node, (steps, doubts) in shortest.items()
    }


def both(up: Mapping[int, Reached], down: Mapping[int, Reached]) -> dict[int, Reached]:
    """What either direction reaches, by the nearer way; certain where one of them is."""
    found = dict(up)
    for node, reached in down.items():
        known = found.get(node)
        if known is None:
            found[node] = reached
            continue
        steps = min(known.steps, reached.steps)
        surer = min(known, reached, key=lambda one: (one.certainty, one.steps))
        found[node] = replace(surer, steps=steps)
    return found


class _Walk:
    """The links as they are walked from one end. A `bound` is the time before (backward: after) which what was made (used) isn't used (made)."""

    def __init__(self, links: Iterable[Link], *, forward: bool) -> None:
        self._forward = forward
        self._onward: dict[int, list[Link]] = defaultdict(list)
        # In this order the first link to a node gives the best bound, so that hardly any node is walked twice.
        for link in sorted(links, key=lambda link: link.occurred_at, reverse=not forward):
            self._onward[link.parent_id if forward else link.child_id].append(link)
        self._free = _EARLIEST if forward else _LATEST

    def _far(self, link: Link) -> int:
        return link.child_id if self._forward else link.parent_id

    def _in_order(self, link: Link, bound: datetime) -> bool:
        if link.kind in _TIMELESS or (link.kind is LinkKind.OUTPUT) is self._forward:
            return True
        late = link.occurred_at - bound if self._forward else bound - link.occurred_at
        return late >= -CLOCK_TOLERANCE

    def _bound(self, link: Link, bound: datetime) -> datetime:
        """Behind a link. A transformation binds nothing: all its inputs reach all its outputs, whatever the order of its parts."""
        if link.kind is LinkKind.OUTPUT:
            return link.occurred_at if self._forward else self._free
        if link.kind in _USES:
            return self._free if self._forward else link.occurred_at
        return bound

    def _better(self, one: datetime, other: datetime) -> bool:
        return one < other if self._forward else one > other

    def shortest(self, start: Mapping[int, tuple[Doubt, ...]]) -> dict[int, tuple[int, tuple[Doubt, ...]]]:
        """Distance, and the doubts on the way, from nodes that may be doubtful themselves."""
        found = {node: (0, doubts) for node, doubts in start.items()}
        bounds = dict.fromkeys(start, self._free)
        queue = deque(found)
        while queue:
            node = queue.popleft()
            steps, doubts = found[node]
            for link in self._onward[node]:
                there = self._far(link)
                if there in found:
                    continue
                doubt = link.doubt or (None if self._in_order(link, bounds[node]) else Doubt.TIMES_CONTRADICT)
                found[there] = (steps + 1, doubts if doubt is None or doubt in doubts else (*doubts, doubt))
                bounds[there] = self._bound(link, bounds[node])
                queue.append(there)
        return found

    def certain(self, start: Collection[int]) -> set[int]:
        """What a certain path in the order of time reaches."""
        # By node, and whether the way to it is in order so far.
        bounds = {(node, True): self._free for node in start}
        queue = deque(bounds)
        while queue:
            node, ordered = queue.popleft()
            for link in self._onward[node]:
                in_order = self._in_order(link, bounds[node, ordered])
                # What is out of order at one use of a container may be in order at a later one, which takes over from that.
                if link.certainty is not Certainty.CERTAIN or not (in_order or link.kind in _CONTENTS):
                    continue
                # A link that knows no time puts nothing in order.
                there = self._far(link), in_order and (ordered or link.kind not in _TIMELESS)
                bound = self._bound(link, bounds[node, ordered])
                if there not in bounds or self._better(bound, bounds[there]):
                    bounds[there] = bound
                    queue.append(there)
        return {node for node, ordered in bounds if ordered}
