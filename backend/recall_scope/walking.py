"""The walk of a scope over links of any number: the trace's rules (`trace/rules.py`) on compact arrays. Pure.

Links and nodes stand in arrays, about 20 bytes a link and 100 a node, so that a year's production fits; what is decided is the same as
`rules.reach_from` decides, and a test holds them together.
"""

from array import array
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from backend.genealogy.rules import Certainty, LinkKind
from backend.trace.rules import CLOCK_TOLERANCE, Doubt

MICROSECONDS: Final = 1_000_000
TOLERANCE: Final = int(CLOCK_TOLERANCE.total_seconds()) * MICROSECONDS
_DOUBTS: Final = tuple(Doubt)
_BIT: Final = {doubt: 1 << place for place, doubt in enumerate(_DOUBTS)}
_OF_KIND: Final = {
    LinkKind.CANDIDATE: Doubt.LOT_NOT_TOLD, LinkKind.SHARE: Doubt.UNIT_NOT_TOLD, LinkKind.CONTENT: Doubt.PACKING_NEAR_IN_TIME,
    LinkKind.ALIAS: Doubt.DECLARED_SAME, LinkKind.RESIDUE: Doubt.TAKEN_FROM_TANK,
}  # fmt: skip
_TIMELESS: Final = frozenset({int(LinkKind.MEMBER), int(LinkKind.ALIAS)})
_CONTENTS: Final = frozenset({int(LinkKind.CONTENT), int(LinkKind.RESIDUE)})
_USES: Final = frozenset({int(LinkKind.INPUT), int(LinkKind.SHARE), int(LinkKind.CANDIDATE)})
_OUTPUT: Final = int(LinkKind.OUTPUT)
_UNSEEN: Final = -(2**63)
_EARLIEST: Final = -(2**62)
_LATEST: Final = 2**62


def doubts_of(mask: int) -> tuple[Doubt, ...]:
    """The doubts in a mask."""
    return tuple(doubt for doubt in _DOUBTS if mask & _BIT[doubt])


def mask_of(doubts: Iterable[Doubt]) -> int:
    """Doubts as a mask."""
    return sum({_BIT[doubt] for doubt in doubts})


def doubt_of(kind: int, certainty: int, at: int, made_at: int | None) -> Doubt | None:
    """Why a link is only possible: as its kind says, or because it uses something up more than a day before that was first made."""
    if kind == LinkKind.INPUT and made_at is not None and at - made_at < -TOLERANCE:
        return Doubt.TIMES_CONTRADICT
    return _OF_KIND.get(LinkKind(kind), Doubt.NOT_PROVEN) if certainty == Certainty.POSSIBLE else None


@dataclass(slots=True)
class Reach:
    """What is reached from the seeds: by place in the arrays, an object's id, its distance, the doubts on the shortest way, how sure it is."""

    ids: "array[int]"
    steps: "array[int]"
    masks: "array[int]"
    sure: bytearray
    index: dict[int, int]
    links: int

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, object_id: object) -> bool:
        return object_id in self.index

    def certainty(self, object_id: int) -> Certainty:
        """Of a reached object."""
        return Certainty.CERTAIN if self.sure[self.index[object_id]] else Certainty.POSSIBLE

    def distance(self, object_id: int) -> int:
        """In links from the nearest seed."""
        return self.steps[self.index[object_id]]

    def doubts(self, object_id: int) -> tuple[Doubt, ...]:
        """None for what is certain."""
        place = self.index[object_id]
        return () if self.sure[place] else doubts_of(self.masks[place])

    def in_order(self) -> Iterator[int]:
        """All objects: certain ones first, then nearest, then in the order in which they came to be known."""
        ids, steps, sure = self.ids, self.steps, self.sure
        return (ids[place] for place in sorted(range(len(ids)), key=lambda place: (not sure[place], steps[place], ids[place])))


class Walk:
    """Collects links from the seeds on, one way, and says what they reach. Nodes are given by their ids."""

    def __init__(self, seeds: Collection[int], *, forward: bool, perhaps: Collection[int] = ()) -> None:
        self._forward = forward
        self._index: dict[int, int] = {}
        self._ids = array("q")
        self._near, self._far, self._at = array("i"), array("i"), array("q")
        self._kinds, self._masks = array("b"), array("h")
        self._asked = 0
        for seed in seeds:
            self._place(seed)
        self._seeds = len(self._ids)
        self._perhaps = frozenset(perhaps)

    def __contains__(self, object_id: object) -> bool:
        return object_id in self._index

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def links(self) -> int:
        """How many."""
        return len(self._near)

    def take_fresh(self, limit: int) -> list[int]:
        """Nodes from which no links were asked for so far, at most so many, each once."""
        taken = self._ids[self._asked : self._asked + limit].tolist()
        self._asked += len(taken)
        return taken

    def add(self, near: int, far: int, kind: int, at: int, doubt: Doubt | None) -> None:
        """A link from a node that is known to one that perhaps isn't; `at` in microseconds since 1970. Without a doubt it is certain."""
        self._near.append(self._index[near])
        self._far.append(self._place(far))
        self._at.append(at)
        self._kinds.append(kind)
        self._masks.append(_BIT[doubt] if doubt is not None else 0)

    def _place(self, object_id: int) -> int:
        place = self._index.get(object_id)
        if place is None:
            place = self._index[object_id] = len(self._ids)
            self._ids.append(object_id)
        return place

    def reach(self) -> Reach:
        """What the links reach. Takes seconds for a million of them: not to be called on the event loop then."""
        order, begins = self._ordered()
        steps, masks = self._shortest(order, begins)
        sure = self._certain(order, begins)
        return Reach(self._ids, steps, masks, sure, self._index, self.links)

    def _ordered(self) -> "tuple[array[int], array[int]]":
        """The links by the node that they lead from and by time, the best for a bound first; and where each node's begin."""
        at, near, forward = self._at, self._near, self._forward
        by_time = sorted(range(len(near)), key=at.__getitem__, reverse=not forward)
        counts = array("i", bytes(4 * (len(self._ids) + 1)))
        for place in near:
            counts[place + 1] += 1
        begins = array("i", accumulate(counts))
        filled = array("i", begins)
        order = array("i", bytes(4 * len(near)))
        for link in by_time:
            place = near[link]
            order[filled[place]] = link
            filled[place] += 1
        return order, begins

    @property
    def _free(self) -> int:
        return _EARLIEST if self._forward else _LATEST

    def _in_order(self, kind: int, at: int, bound: int) -> bool:
        if kind in _TIMELESS or (kind == _OUTPUT) is self._forward:
            return True
        return (at - bound if self._forward else bound - at) >= -TOLERANCE

    def _bound(self, kind: int, at: int, bound: int) -> int:
        """Behind a link. A transformation binds nothing: all its inputs reach all its outputs."""
        if kind == _OUTPUT:
            return at if self._forward else self._free
        if kind in _USES:
            return self._free if self._forward else at
        return bound

    def _shortest(self, order: "array[int]", begins: "array[int]") -> "tuple[array[int], array[int]]":
        size = len(self._ids)
        steps, masks = array("i", [-1]) * size, array("h", bytes(2 * size))
        bounds = array("q", [self._free]) * size
        unproven, contradicting = _BIT[Doubt.NOT_PROVEN], _BIT[Doubt.TIMES_CONTRADICT]
        queue: deque[int] = deque(range(self._seeds))
        for place in queue:
            steps[place] = 0
            masks[place] = unproven if self._ids[place] in self._perhaps else 0
        while queue:
            node = queue.popleft()
            for link in order[begins[node] : begins[node + 1]]:
                there = self._far[link]
                if steps[there] >= 0:
                    continue
                kind, at = self._kinds[link], self._at[link]
                mask = self._masks[link] or (0 if self._in_order(kind, at, bounds[node]) else contradicting)
                steps[there], masks[there] = steps[node] + 1, masks[node] | mask
                bounds[there] = self._bound(kind, at, bounds[node])
                queue.append(there)
        return steps, masks

    def _certain(self, order: "array[int]", begins: "array[int]") -> bytearray:
        """What a certain path in the order of time reaches; see `rules._Walk.certain`."""
        # By node, and whether the way to it is in order so far: 2 * place + 1 where it is.
        bounds = array("q", [_UNSEEN]) * (2 * len(self._ids))
        queue: deque[int] = deque()
        for place in range(self._seeds):
            if self._ids[place] not in self._perhaps:
                bounds[2 * place + 1] = self._free
                queue.append(2 * place + 1)
        forward = self._forward
        while queue:
            here = queue.popleft()
            node, ordered, before = here >> 1, here & 1, bounds[here]
            for link in order[begins[node] : begins[node + 1]]:
                if self._masks[link]:
                    continue
                kind, at = self._kinds[link], self._at[link]
                in_order = self._in_order(kind, at, before)
                # What is out of order at one use of a container may be in order at a later one, which takes over from that.
                if not (in_order or kind in _CONTENTS):
                    continue
                # A link that knows no time puts nothing in order.
                there = 2 * self._far[link] + (1 if in_order and (ordered or kind not in _TIMELESS) else 0)
                bound, known = self._bound(kind, at, before), bounds[there]
                if known == _UNSEEN or (bound < known if forward else bound > known):
                    bounds[there] = bound
                    queue.append(there)
        return bytearray(bounds[2 * place + 1] != _UNSEEN for place in range(len(self._ids)))
