"""Pure decisions: which links lead from what lay in containers to the containers as they were used (MODEL: Containment, Tanks; ADR 0021)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from backend.genealogy.rules import Certainty, LinkKind

TOLERANCE: Final = timedelta(hours=24)
# A state takes over from that of the use before where this saves links: a chain costs one, and is one step more to walk.
_WORTH_A_CHAIN: Final = 2


class Use(NamedTuple):
    """An event that used a container, or one in which it lay."""

    at: datetime
    event_key: str
    event_id: int


class StateOf(NamedTuple):
    """The node of a container as an event used it."""

    container_id: int
    event_id: int


@dataclass(frozen=True, slots=True)
class Held:
    """A content's stay in a container, as it is stored.

    `is_packing`: it may hold something in its turn. `is_thing`: it is itself what went in, and no mere container. A kit is both.
    """

    container_id: int
    content_id: int
    valid_from: datetime
    valid_to: datetime
    opened_by: int
    quantity: Decimal | None
    uom: str | None
    residue: bool
    is_packing: bool
    is_thing: bool


@dataclass(frozen=True, slots=True)
class WantedLink:
    """A link that should be there; states are still without ids."""

    parent: int | StateOf
    child: StateOf
    event_id: int
    kind: LinkKind
    at: datetime
    quantity: Decimal | None
    uom: str | None
    certainty: Certainty


class _Item(NamedTuple):
    certainty: Certainty
    kind: LinkKind
    held: Held


_Element = tuple[int, int]
_Deep = tuple[frozenset[_Element], frozenset[_Element]]


class Contents:
    """What some containers held at each of their uses.

    `stays` are those in the containers, and those of any of them in others, level by level; `direct` the uses that name a container;
    `cleanings` when each was cleaned: the tolerance of clocks doesn't reach over that.
    """

    def __init__(self, stays: Iterable[Held], direct: Mapping[int, Iterable[Use]], cleanings: Mapping[int, Sequence[datetime]]) -> None:
        self._cleanings = cleanings
        self._inside: dict[int, list[Held]] = defaultdict(list)
        for stay in stays:
            self._inside[stay.container_id].append(stay)
        self._uses = self._all_uses({container: set(uses) for container, uses in direct.items()})
        self._known: dict[tuple[int, Use], _Deep] = {}

    def uses(self, container_id: int) -> list[Use]:
        """Events that used the container or one in which it lay then, oldest first."""
        return sorted(self._uses.get(container_id, ()))

    def links(self, container_id: int) -> list[WantedLink]:
        """The links to the container's states: of n fills and m draws, n + m and not n × m."""
        links: list[WantedLink] = []
        before: Use | None = None
        for use in self.uses(container_id):
            links += self._links_of(container_id, use, before)
            before = use
        return links

    def _all_uses(self, uses: dict[int, set[Use]]) -> dict[int, set[Use]]:
        """With those that reach a container through the ones in which it lay; to a fixed point, because bad data may pack in circles."""
        packed = [stay for stays in self._inside.values() for stay in stays if stay.is_packing]
        grown = True
        while grown:
            grown = False
            for stay in packed:
                inner = uses.setdefault(stay.content_id, set())
                new = {use for use in uses.get(stay.container_id, ()) if use not in inner and self._admits(stay, use.at) is not None}
                inner |= new
                grown = grown or bool(new)
        return uses

    def _admits(self, stay: Held, at: datetime) -> Certainty | None:
        """Certain while inside; possible where the clocks' tolerance admits it and no cleaning stands between."""
        if stay.valid_from <= at <= stay.valid_to:
            return Certainty.POSSIBLE if stay.residue else Certainty.CERTAIN
        if at < stay.valid_from:
            near, between = stay.valid_from - at <= TOLERANCE, (at, stay.valid_from)
        else:
            near, between = at - stay.valid_to <= TOLERANCE, (stay.valid_to, at)
        cleaned = self._cleanings.get(stay.container_id, ())
        # What is used at the very moment of a cleaning was used before it, and what is put in then was, too.
        parted = any(between[0] <= moment < between[1] for moment in cleaned)
        return Certainty.POSSIBLE if near and not parted else None

    def _items(self, container_id: int, use: Use) -> dict[_Element, _Item]:
        """By content and opening event, the stay that tells best."""
        found: dict[_Element, tuple[tuple[int, timedelta, bool, float, str, Decimal], _Item]] = {}
        for stay in self._inside.get(container_id, ()):
            certainty = self._admits(stay, use.at)
            if certainty is None:
                continue
            away = max(stay.valid_from - use.at, use.at - stay.valid_to, timedelta(0))
            rank = (int(certainty), away, stay.residue, -stay.valid_from.timestamp(), stay.uom or "", stay.quantity or Decimal(0))
            place = (stay.content_id, stay.opened_by)
            item = _Item(certainty, LinkKind.RESIDUE if stay.residue else LinkKind.CONTENT, stay)
            if place not in found or rank < found[place][0]:
                found[place] = (rank, item)
        return {place: item for place, (_, item) in found.items()}

    def _deep(self, container_id: int, use: Use, above: frozenset[int] = frozenset()) -> _Deep:
        """All that is certainly, and all that is possibly in it, through every level of packing."""
        if not above and (container_id, use) in self._known:
            return self._known[container_id, use]
        certain: set[_Element] = set()
        every: set[_Element] = set()
        within = above | {container_id}
        for place, item in self._items(container_id, use).items():
            inner = self._deep(place[0], use, within) if item.held.is_packing and place[0] not in within else (frozenset(), frozenset())
            itself = frozenset({place}) if item.held.is_thing else frozenset()
            every |= inner[1] | itself
            if item.certainty is Certainty.CERTAIN:
                certain |= inner[0] | itself
        answer = (frozenset(certain), frozenset(every))
        if not above:
            self._known[container_id, use] = answer
        return answer

    def _links_of(self, container_id: int, use: Use, before: Use | None) -> list[WantedLink]:
        state = StateOf(container_id, use.event_id)
        items = self._items(container_id, use)
        nested = {place: item for place, item in items.items() if item.held.is_packing}
        own = {place: item for place, item in items.items() if item.held.is_thing}
        links = [_link(StateOf(place[0], use.event_id), state, use, item) for place, item in nested.items() if place[0] != container_id]
        chain = self._chain(container_id, use, before, own) if before else None
        if before and chain:
            certain, every = self._deep(container_id, before)
            covered = {place for place in own if self._covers(place, own[place], chain[0], certain, every)}
            if len(covered) >= _WORTH_A_CHAIN:
                earlier = StateOf(container_id, before.event_id)
                links.append(WantedLink(earlier, state, use.event_id, chain[1], use.at, None, None, chain[0]))
                own = {place: item for place, item in own.items() if place not in covered}
        return links + [_link(place[0], state, use, item) for place, item in own.items()]

    def _chain(self, container_id: int, use: Use, before: Use, own: Mapping[_Element, _Item]) -> tuple[Certainty, LinkKind] | None:
        """How the state of the use before leads to this one: only where all that was in it then, is now."""
        certain_then, every_then = self._deep(container_id, before)
        certain_now, every_now = self._deep(container_id, use)
        if not every_then <= every_now:
            return None
        lost = certain_then - certain_now
        if not lost:
            return Certainty.CERTAIN, LinkKind.CONTENT
        is_residue = any(place in own and own[place].kind is LinkKind.RESIDUE for place in lost)
        return Certainty.POSSIBLE, LinkKind.RESIDUE if is_residue else LinkKind.CONTENT

    @staticmethod
    def _covers(place: _Element, item: _Item, chain: Certainty, certain: frozenset[_Element], every: frozenset[_Element]) -> bool:
        """Whether the chain tells of a content as much as a link of its own would."""
        if item.certainty is Certainty.POSSIBLE:
            return place in every
        return chain is Certainty.CERTAIN and place in certain


def _link(parent: int | StateOf, state: StateOf, use: Use, item: _Item) -> WantedLink:
    return WantedLink(parent, state, item.held.opened_by, item.kind, use.at, item.held.quantity, item.held.uom, item.certainty)
