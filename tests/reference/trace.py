"""What is reached from a thing, forward and backward, and by which links (MODEL: Time; Holds)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from infra import clock
from tests.reference.containers import contents
from tests.reference.genealogy import Genealogy, Link, Node, State
from tests.reference.told import CONTAINERS

USES: Final = ("input", "content", "share", "candidate")


@dataclass(frozen=True)
class Answer:
    """Things reached, each with whether it is certain; the links that lead there; (transformation, product) of what isn't known."""

    reached: dict[str, bool]
    links: tuple[Link, ...]
    gaps: frozenset[tuple[str, str]]


def thing_of(node: Node) -> str:
    """A container as it was used is shown as the container."""
    return node.container if isinstance(node, State) else node


def trace(genealogy: Genealogy, start: str, forward: bool, *, as_of: datetime | None = None) -> Answer:
    """Everything made from a thing, or everything that it came from. With `as_of` without the links of later events."""
    links = doubted(genealogy, [link for link in genealogy.links if as_of is None or link.at <= as_of])
    seeds = starts(genealogy, start, as_of or clock.now())
    told = [list(genealogy.lots_of_units.get(thing_of(seed), ())) for seed in seeds] if not forward else []
    reached = closure(seeds | {lot for lots in told for lot in lots}, links, forward=forward)
    # Of a unit for which two lots are told, either is possible.
    sure = _certainly(genealogy, seeds | {lot for lots in told if len(lots) == 1 for lot in lots}, links, forward=forward)
    found: dict[str, bool] = {}
    for node in reached:
        found[thing_of(node)] = found.get(thing_of(node), False) or node in sure
    found[start] = True
    walked = tuple(link for link in links if link.parent in reached and link.child in reached)
    return Answer(found, walked, frozenset((node, product) for node, product in genealogy.gaps if node in reached))


def starts(genealogy: Genealogy, start: str, at: datetime) -> set[Node]:
    """The thing itself; of a container what is in it as of the time, and it as it was used until then."""
    if genealogy.kinds.get(start) not in CONTAINERS:
        return {start}
    inside = {stay.content for stay in contents(genealogy.stays, start, at)}
    used = {
        end for link in genealogy.links for end in (link.parent, link.child) if isinstance(end, State) and end.container == start and link.at <= at
    }
    return {start, *inside, *used}


def closure(seeds: Collection[Node], links: Iterable[Link], *, forward: bool, stop_at: Collection[str] = ()) -> set[Node]:
    """Whatever the links lead to, however far; a loop of rework ends where it began."""
    onward: dict[Node, list[Node]] = {}
    for link in links:
        here, there = (link.parent, link.child) if forward else (link.child, link.parent)
        onward.setdefault(here, []).append(there)
    found: set[Node] = set()
    waiting = [seed for seed in seeds if seed not in stop_at]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += [there for there in onward.get(node, ()) if there not in stop_at]
    return found


def _certainly(genealogy: Genealogy, seeds: Collection[Node], links: Iterable[Link], *, forward: bool) -> set[Node]:
    """What a path of certain links leads to, on which nothing is used up more than a day before it was made.

    MODEL, Time: time never excludes a link; a path out of order is possible, since its times contradict.
    """
    onward: dict[Node, list[Link]] = {}
    for link in links:
        if link.certain:
            onward.setdefault(link.parent if forward else link.child, []).append(link)
    walked: set[tuple[Node, datetime | None]] = set()
    # With when the thing was last made on the way (forward), or is used next (backward), where that is known.
    waiting: list[tuple[Node, datetime | None]] = [(seed, None) for seed in seeds]
    while waiting:
        node, when = waiting.pop()
        if (node, when) in walked:
            continue
        walked.add((node, when))
        for link in onward.get(node, ()):
            makes, uses = link.why == "output", link.why in USES
            if forward and uses and when is not None and not genealogy.in_order(made=when, used=link.at):
                continue
            if not forward and makes and when is not None and not genealogy.in_order(made=link.at, used=when):
                continue
            # What lay in a container was used when that was; a transformation knows no order of its parts.
            takes_in = uses and link.why != "content"
            if forward:
                waiting.append((link.child, link.at if makes else None if takes_in else when))
            else:
                waiting.append((link.parent, link.at if takes_in else None if makes else when))
    return {node for node, _ in walked}


def doubted(genealogy: Genealogy, links: Sequence[Link]) -> list[Link]:
    """Those links as possible that use a thing up more than a day before it was first made: their times contradict (docs/adr/0009)."""
    made: dict[Node, datetime] = {}
    for link in links:
        if link.why == "output":
            made[link.child] = min(link.at, made.get(link.child, link.at))
    return [
        replace(link, certain=False)
        if link.why == "input" and link.parent in made and not genealogy.in_order(made=made[link.parent], used=link.at)
        else link
        for link in links
    ]


def held(genealogy: Genealogy, roots: Collection[str], cuts: Collection[str], at: datetime) -> set[str]:
    """MODEL, Holds: a hold goes down, from lots to units, from inputs to outputs, into a container held by name; not through a cut.

    `at` is when the hold was placed: of a container what was in it since, and where it was used since; a use in which nothing is known to
    have been in it also before. Containers that held goods lie in aren't held. A held transformation stands for what came out of it unnamed.
    """
    seeds: set[Node] = set()
    for root in roots:
        inside = {stay.content for stay in contents(genealogy.stays, root, at, residues=True)}
        filled = {link.child for link in genealogy.links if link.why == "content"}
        uses = {link.parent for link in genealogy.links if isinstance(link.parent, State) and (link.at >= at or link.parent not in filled)}
        seeds |= {root, *inside, *(use for use in uses if thing_of(use) in {root, *inside})}
    open_ = [link for link in genealogy.links if thing_of(link.parent) not in cuts and thing_of(link.child) not in cuts]
    goods = {node for node in closure(seeds, open_, forward=True, stop_at=cuts) if isinstance(node, str)}
    units = {unit for unit, lots in genealogy.lots_of_units.items() if unit not in cuts and goods & lots.keys()}
    return goods | units
