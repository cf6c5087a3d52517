"""What came from what: every link by which one thing leads to another, worked out from the events alone (MODEL: Objects and links)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Final, NamedTuple

from backend.identifiers import ObjectKind
from tests.reference.containers import FOREVER, TOLERANCE, Stay, all_stays, cleanings
from tests.reference.told import CONTAINERS, Body, Line, Told, in_force, memberships, read

RECEIVING: Final = ("receiving", "arriving")
SHIPPING: Final = ("shipping", "departing")
IN_TRANSIT: Final = "in transit"
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class State(NamedTuple):
    """A container as one event used it or filled it: what was in it at another time has no part in this."""

    container: str
    event: str
    what: str


Node = str | State


@dataclass(frozen=True)
class Link:
    """From what went in to what came out. `why` is the rule by which it is there; what is not `certain` is possible."""

    parent: Node
    child: Node
    why: str
    at: datetime
    event: str
    amount: Decimal | None = None
    uom: str | None = None
    certain: bool = True


@dataclass(frozen=True)
class Alias:
    """Two objects that a person has declared to be the same (MODEL: Aliases)."""

    one: str
    other: str


class Genealogy:
    """All links of a set of events. Slow and plain: each rule looks at every event."""

    def __init__(self, arrivals: Iterable[Body], aliases: Sequence[Alias] = ()) -> None:
        arrivals = list(arrivals)
        self.told = self.in_force(arrivals)
        self.aliases = aliases
        self.lots_of_units = memberships(self.told)
        self.kinds: dict[str, ObjectKind] = {line.thing: line.kind for event in self.told for line in event.lines}
        self.kinds |= {lot: ObjectKind.LOT for lots in self.lots_of_units.values() for lot in lots}
        self.kinds |= {event.node: ObjectKind.TRANSFORMATION for event in self.transformations}
        # A container that is declared to be another is one also where all that named it was declared wrong since.
        ends = {end for alias in aliases for end in (alias.one, alias.other)}
        known = {line.thing: line.kind for body in arrivals if ends for line in read(body).lines}
        self.kinds |= {end: known[end] for end in ends if known.get(end) in CONTAINERS}

    def in_force(self, arrivals: Sequence[Body]) -> list[Told]:
        """The events that count."""
        return in_force(arrivals)

    @cached_property
    def transformations(self) -> list[Told]:
        return [event for event in self.told if event.type == "TransformationEvent"]

    @cached_property
    def stays(self) -> list[Stay]:
        one_in_the_other = [
            Stay(container, content, LONG_AGO, FOREVER, None, None, f"alias {alias}", same=True)
            for alias in self.aliases
            for container, content in ((alias.one, alias.other), (alias.other, alias.one))
            if self.kinds.get(container) in CONTAINERS
        ]
        return all_stays(self.told) + one_in_the_other

    @cached_property
    def links(self) -> list[Link]:
        """Every rule in turn; a later one may rest on what an earlier one gave."""
        stated = [link for event in self.transformations for link in self.stated(event)]
        packed = [link for event in self.transformations for link in self.taken_as_a_whole(event)]
        unnamed = [link for event in self.transformations for link in self.candidates(event)]
        used = [*stated, *packed, *unnamed, *self.same_as()]
        shares = self.shares(used)
        return [*used, *shares, *self.members([*used, *shares])]

    def stated(self, event: Told) -> list[Link]:
        """MODEL, Objects and links: n inputs and m outputs cost n + m links, and all inputs reach all outputs of one transformationID."""
        inputs = [line for line in event.named("input") if line.kind is not ObjectKind.PRODUCT_CLASS]
        outputs = [line for line in event.named("output") if line.kind is not ObjectKind.PRODUCT_CLASS]
        # A serial that comes out stands for its lot, unless serials went in: then each one has parts of its own.
        has_parts = any(line.kind is ObjectKind.UNIT for line in inputs)
        links: dict[tuple[Node, Node], Link] = {}
        for line in inputs:
            parent: Node = State(line.thing, event.name, "used") if line.kind in CONTAINERS else line.thing
            _add(links, Link(parent, event.node, "input", event.at, event.name, line.amount, line.uom))
        for line in outputs:
            if line.kind in CONTAINERS:
                filled = State(line.thing, event.name, "filled")
                _add(links, Link(event.node, filled, "output", event.at, event.name, line.amount, line.uom))
            elif line.lot and not has_parts:
                _add(links, Link(event.node, line.lot, "output", event.at, event.name, Decimal(1)))
            else:
                _add(links, Link(event.node, line.thing, "output", event.at, event.name, line.amount, line.uom))
        return list(links.values())

    def taken_as_a_whole(self, event: Told) -> list[Link]:
        """What lay in a container that went in went in with it, through every level of packing: certain if in it at that moment,
        possible if only a clock may have put it elsewhere (MODEL, Time: 24 hours)."""
        links: dict[tuple[Node, Node], Link] = {}
        waiting = [line.thing for line in event.named("input") if line.kind in CONTAINERS]
        seen: set[str] = set()
        while waiting:
            container = waiting.pop()
            if container in seen:
                continue
            seen.add(container)
            state = State(container, event.name, "used")
            for stay in self.stays:
                if stay.container != container or not self.near(stay, event.at):
                    continue
                certain = stay.since <= event.at <= stay.until and not stay.residue
                why = "alias" if stay.same else "content"
                if self.is_packing(stay.content) and stay.content != container:
                    waiting.append(stay.content)
                    _surest(links, Link(State(stay.content, event.name, "used"), state, why, event.at, event.name, certain=certain))
                if self.kinds[stay.content] not in CONTAINERS:
                    _surest(links, Link(stay.content, state, "content", event.at, event.name, certain=certain))
        return list(links.values())

    def is_packing(self, thing: str) -> bool:
        """Whether something may lie in it: in a container, and in a kit, which is a thing besides."""
        return self.kinds[thing] in CONTAINERS or any(stay.container == thing for stay in self.stays)

    def near(self, stay: Stay, at: datetime) -> bool:
        """Whether it was in there, or a clock that is off by no more than the tolerance may have put it elsewhere; but what was in a container
        before it was cleaned wasn't behind that (MODEL, Tanks: since clean-out)."""
        between = (at, stay.since) if at < stay.since else (stay.until, at)
        cleaned = any(between[0] <= moment < between[1] for moment in cleanings(stay.container, self.told))
        return stay.since - at <= TOLERANCE and at - stay.until <= TOLERANCE and not cleaned

    def in_order(self, made: datetime, used: datetime) -> bool:
        """Whether a thing can have been used up after it was made, by clocks no more off than the tolerance."""
        return used >= made - TOLERANCE

    def candidates(self, event: Told) -> list[Link]:
        """MODEL: a product that went in without its lot is each lot of it that was present there then, only possibly."""
        return [
            Link(lot, event.node, "candidate", event.at, event.name, certain=False) for line in _unnamed(event) for lot in self.present(line, event)
        ]

    def present(self, unnamed: Line, event: Told) -> list[str]:
        lots = {line.thing for other in self.told for line in other.lines if line.kind is ObjectKind.LOT and line.product == unnamed.product}
        return sorted(lot for lot in lots if self.was_there(lot, event.place, event.at))

    def was_there(self, lot: str, place: str | None, at: datetime) -> bool:
        """Whether some of it was at the place at any moment within the tolerance (MODEL, Movements: a position is their sum)."""
        moves = [(when, amount, uom) for when, thing, where, amount, uom in self.movements if thing == lot and place in (where, None)]
        moments = {at + TOLERANCE, *(when for when, _, _ in moves if at - TOLERANCE <= when <= at + TOLERANCE), at - TOLERANCE}
        return any(
            sum(amount for when, amount, of in moves if of == uom and when <= moment) > 0 for moment in moments for uom in {of for _, _, of in moves}
        )

    @cached_property
    def movements(self) -> list[tuple[datetime, str, str, Decimal, str | None]]:
        """(when, what, where, how much more or less, unit of measure)."""
        return [(event.at, *move) for event in self.told for line in event.lines for move in _moves(event, line)]

    @cached_property
    def gaps(self) -> set[tuple[str, str]]:
        """(transformation, product) for what went in of which nothing is known."""
        return {(event.node, line.thing) for event in self.transformations for line in _unnamed(event) if not self.present(line, event)}

    def same_as(self) -> list[Link]:
        """MODEL, Aliases: followed both ways, as of any time at which either was there."""
        links = []
        for alias in self.aliases:
            at = min((event.at for event in self.told for line in event.lines if line.thing in (alias.one, alias.other)), default=LONG_AGO)
            links += [Link(alias.one, alias.other, "alias", at, ""), Link(alias.other, alias.one, "alias", at, "")]
        return links

    def shares(self, used: Sequence[Link]) -> list[Link]:
        """Where a lot was used as a whole, each of its units that has a making of its own may have gone in (docs/model.md: SHARE)."""
        makings = {unit: [link.at for link in used if link.why == "output" and link.child == unit] for unit in self.lots_of_units}
        return [
            Link(unit, link.child, "share", max(link.at, min(makings[unit])), link.event, certain=False)
            for unit, lots in self.lots_of_units.items()
            if makings[unit]
            for link in used
            if link.why in ("input", "content", "candidate") and link.parent in lots
        ]

    def members(self, links: Sequence[Link]) -> list[Link]:
        """A unit that has links of its own hangs under its lot by one more (MODEL: a member edge from its lot)."""
        linked = {end for link in links for end in (link.parent, link.child)}
        return [
            # Two lots told for one unit: either is possible.
            Link(lot, unit, "member", event.at, event.name, certain=len(lots) == 1)
            for unit, lots in self.lots_of_units.items()
            if unit in linked
            for lot, taught in lots.items()
            for event in taught
        ]


def _surest(links: dict[tuple[Node, Node], Link], link: Link) -> None:
    """Of two stays of one thing that which tells more surely."""
    known = links.get((link.parent, link.child))
    if known is None or not known.certain:
        links[link.parent, link.child] = link


def _add(links: dict[tuple[Node, Node], Link], link: Link) -> None:
    """Two lines of one event about one thing are one amount, where the unit of measure is one."""
    known = links.get((link.parent, link.child))
    if known is None:
        links[link.parent, link.child] = link
    elif known.uom == link.uom and known.amount and link.amount:
        links[link.parent, link.child] = Link(known.parent, known.child, known.why, known.at, known.event, known.amount + link.amount, known.uom)


def _unnamed(event: Told) -> list[Line]:
    return [line for line in event.named("input") if line.kind is ObjectKind.PRODUCT_CLASS]


def _moves(event: Told, line: Line) -> list[tuple[str, str, Decimal, str | None]]:
    """Making adds at the place, using up and destroying take away, shipping takes into transit, receiving out of it."""
    amount = Decimal(1) if line.amount is None and line.kind is not ObjectKind.LOT else line.amount
    if amount is None or line.kind is ObjectKind.PRODUCT_CLASS:
        return []
    place = event.place
    moves: list[tuple[str | None, int]] = []
    if event.type == "TransformationEvent":
        moves = [(place, -1 if line.part == "input" else 1)]
    elif line.part == "subject" and event.type in ("ObjectEvent", "TransactionEvent"):
        if event.step in SHIPPING:
            left_from = next(iter(event.left_from), None)
            moves = [(left_from, -1), (left_from and IN_TRANSIT, 1)]
        elif event.step in RECEIVING:
            moves = [(place and IN_TRANSIT, -1), (place, 1)]
        elif event.type == "ObjectEvent" and event.action in ("ADD", "DELETE"):
            moves = [(place, 1 if event.action == "ADD" else -1)]
    return [(line.thing, where, amount * sign, line.uom) for where, sign in moves if where]
