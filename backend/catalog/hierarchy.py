"""Which place lies in which, from lists of children that may name every level at once. Rules only."""

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

    A child that several name lies in the one that the others name too, for a list of children may hold those of its children. What
    would make a place lie in itself, through whatever levels, is left out with a fault.
    """
    found = Hierarchy()
    candidates: dict[str, dict[str, str]] = {}
    for parent, child, path in told:
        candidates.setdefault(child, {}).setdefault(parent, path)
    for child, of_child in candidates.items():
        if child in fixed:
            continue
        ordered = sorted(of_child, key=lambda parent: -len(of_child.keys() & candidates.get(parent, {}).keys()))
        for parent in ordered:
            if not _lies_in(parent, child, stored, found.parents):
                found.parents[child] = parent
                break
            message = f"{child} would lie in itself, through {parent}."
            found.faults.append(Fault(of_child[parent], _RULE, message, "Leave one of the children out; this one was."))
    return found


def _lies_in(place: str, outer: str, stored: Mapping[str, str], fresh: Mapping[str, str]) -> bool:
    """Whether a place is another one or lies in it; circles that were stored before end."""
    seen: set[str] = set()
    at: str | None = place
    while at is not None and at not in seen:
        if at == outer:
            return True
        seen.add(at)
        at = fresh.get(at) or stored.get(at)
    return False
