"""Which place lies in which, from lists of children that may name every level at once. Rules only."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from backend.events.faults import Fault

_RULE = "EPCIS 2.0 §8.2.7.2 children form a hierarchy"


@dataclass(slots=True)
class Hierarchy:
    """The parent of each place that a document puts somewhere, and the edges that would have closed a circle."""

    parents: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def hierarchy(told: Sequence[tuple[str, str, str]], stored: Mapping[str, str], fixed: Collection[str]) -> Hierarchy:
    """From (parent, child, where in the document); `stored` are the parents that are known, those of `fixed` children stay.

    A list of children may hold those of its children, so a child that several name lies in the one that names the fewest. What would
    make a place lie in itself, through whatever levels, is left out with a fault: of a circle's edges the one told last.
    """
    sizes = Counter(parent for parent, _, _ in told)
    found = Hierarchy()
    edges: dict[str, tuple[int, str]] = {}
    for order, (parent, child, path) in enumerate(told):
        if child not in fixed and (child not in edges or sizes[parent] < sizes[found.parents[child]]):
            found.parents[child] = parent
            edges[child] = (order, path)
    settled: set[str] = set()
    for child in list(edges):
        while circle := _circle(child, stored, found.parents, settled):
            last = max((place for place in circle if place in found.parents), key=lambda place: edges[place][0])
            message = f"{last} would lie in itself, through {found.parents.pop(last)}."
            found.faults.append(Fault(edges[last][1], _RULE, message, "Leave one of the children out; this one was."))
    return found


def _circle(start: str, stored: Mapping[str, str], fresh: Mapping[str, str], settled: set[str]) -> list[str]:
    """The places of a circle above a place, unless all of it was stored before; without one, everything above is settled."""
    places: dict[str, int] = {}
    at: str | None = start
    while at is not None and at not in settled:
        if at in places:
            circle = list(places)[places[at] :]
            if any(place in fresh for place in circle):
                return circle
            break
        places[at] = len(places)
        at = fresh.get(at) or stored.get(at)
    settled.update(places)
    return []
