"""Pure decisions: which links lead from what lay in containers to the containers as they were used (MODEL: Containment, Tanks; ADR 0021)."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from backend.genealogy.rules import INFINITY, Certainty, LinkKind

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
    `same`: the two containers are declared to be one.
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
    same: bool = False


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


_Element = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Span:
    """Between which of a container's uses, by their number, a stay counts: certainly, and at all. Ends are exclusive."""

    held: Held
    certain: tuple[int, int]
    possible: tuple[int, int]

    def at(self, number: int) -> Certainty | None:
        if self.certain[0] <= number < self.certain[1]:
            return Certainty.CERTAIN
        return Certainty.POSSIBLE if self.possible[0] <= number < self.possible[1] else None


class Contents:
    """What some containers held at each of their uses.

    `stays` are those in the containers, and those of any of them in others, level by level; `direct` the uses that name a container;
    `cleanings` when each was cleaned: the tolerance of clocks doesn't reach over that.
    """

    def __init__(self, stays: Iterable[Held], direct: Mapping[int, Iterable[Use]], cleanings: Mapping[int, Sequence[datetime]]) -> None:
        self._cleanings = {container: sorted(moments) for container, moments in cleanings.items()}
        self._inside: dict[int, list[Held]] = defaultdict(list)
        for stay in stays:
            self._inside[stay.container_id].append(stay)
        self._uses = self._all_uses({container: set(uses) for container, uses in direct.items()})

    def uses(self, container_id: int) -> list[Use]:
        """Events that used the container or one in which it lay then, oldest first."""
        return sorted(self._uses.get(container_id, ()))

    def links(self, container_id: int) -> list[WantedLink]:
        """The links to the container's states: of n fills and m draws, n + m and not n × m."""
        uses = self.uses(container_id)
        if not uses:
            return []
        spans: dict[_Element, list[_Span]] = defaultdict(list)
        times = [use.at for use in uses]
        for stay in self._inside.get(container_id, ()):
            spans[stay.content_id, stay.opened_by].append(self._span(stay, times))
        return _Sweep(container_id, uses, spans).links()

    def _all_uses(self, uses: dict[int, set[Use]]) -> dict[int, set[Use]]:
        """With those that reach a container through the ones in which it lay; to a fixed point, because bad data may pack in circles."""
        packed = [stay for stays in self._inside.values() for stay in stays if stay.is_packing]
        grown = True
        while grown:
            grown = False
            for stay in packed:
                outer = sorted(uses.get(stay.container_id, ()))
                first, end = self._span(stay, [use.at for use in outer]).possible
                inner = uses.setdefault(stay.content_id, set())
                new = set(outer[first:end]) - inner
                inner |= new
                grown = grown or bool(new)
        return uses

    def _span(self, stay: Held, times: Sequence[datetime]) -> _Span:
        """Certain while inside; possible where the clocks' tolerance admits it and no cleaning stands between.

        What is used at the very moment of a cleaning was used before it, and what is put in then was put in before it, too.
        """
        first, end = bisect_left(times, stay.valid_from), bisect_right(times, stay.valid_to)
        nearly, until = bisect_left(times, stay.valid_from - TOLERANCE), len(times)
        if stay.valid_to < INFINITY:
            until = bisect_right(times, stay.valid_to + TOLERANCE)
        cleanings = self._cleanings.get(stay.container_id, ())
        before, after = bisect_left(cleanings, stay.valid_from), bisect_left(cleanings, stay.valid_to)
        if before:
            nearly = max(nearly, bisect_right(times, cleanings[before - 1]))
        if after < len(cleanings):
            until = min(until, bisect_right(times, cleanings[after]))
        possible = (min(nearly, first), max(until, end))
        return _Span(stay, (0, 0) if stay.residue else (first, end), possible)


class _Sweep:
    """A walk over a container's uses, oldest first, that looks at what has come and gone since the use before."""

    def __init__(self, container_id: int, uses: Sequence[Use], spans: Mapping[_Element, Sequence[_Span]]) -> None:
        self._container_id = container_id
        self._uses = uses
        self._spans = spans
        self._changes: dict[int, list[tuple[_Element, Certainty | None]]] = defaultdict(list)
        for element, own in spans.items():
            told: Certainty | None = None
            for number in sorted({edge for span in own for edge in (*span.certain, *span.possible)}):
                now = _surest(own, number)
                if now != told:
                    self._changes[number].append((element, now))
                    told = now

    def links(self) -> list[WantedLink]:
        """All links to the states."""
        links: list[WantedLink] = []
        present: dict[_Element, Certainty] = {}
        packings: set[_Element] = set()
        for number in range(len(self._uses)):
            came: list[_Element] = []
            waned: list[_Element] = []
            # What lay in a container that lay in it may have come and gone: its own states tell.
            chained = bool(present) and not packings
            for element, now in self._changes.get(number, ()):
                was = present.get(element)
                if now is None:
                    del present[element]
                    packings.discard(element)
                    chained = False
                    continue
                present[element] = now
                packings |= {element} if any(span.held.is_packing for span in self._spans[element]) else set()
                (came if was is None or now < was else waned).append(element)
            links += self._links_to(number, present, came, waned, chained=chained)
        return links

    def _links_to(
        self, number: int, present: Mapping[_Element, Certainty], came: list[_Element], waned: list[_Element], *, chained: bool
    ) -> list[WantedLink]:
        """The links to one state: through the state of the use before, where nothing has left since and that saves links."""
        fresh = came
        if waned:
            new = set(came)
            fresh = came + [element for element, certainty in present.items() if certainty is Certainty.CERTAIN and element not in new]
        if not chained or len(present) - len(fresh) < _WORTH_A_CHAIN:
            return [link for element in present for link in self._direct(number, element)]
        use, earlier = self._uses[number], StateOf(self._container_id, self._uses[number - 1].event_id)
        kind = LinkKind.RESIDUE if any(self._best(element, number)[1].residue for element in waned) else LinkKind.CONTENT
        certainty = Certainty.POSSIBLE if waned else Certainty.CERTAIN
        chain = WantedLink(earlier, StateOf(self._container_id, use.event_id), use.event_id, kind, use.at, None, None, certainty)
        return [chain, *(link for element in fresh for link in self._direct(number, element))]

    def _direct(self, number: int, element: _Element) -> list[WantedLink]:
        use, (certainty, held) = self._uses[number], self._best(element, number)
        state = StateOf(self._container_id, use.event_id)
        parents: list[int | StateOf] = [held.content_id] if held.is_thing else []
        if held.is_packing and held.content_id != self._container_id:
            parents.append(StateOf(held.content_id, use.event_id))
        kind = LinkKind.ALIAS if held.same else LinkKind.RESIDUE if held.residue else LinkKind.CONTENT
        return [WantedLink(parent, state, held.opened_by, kind, use.at, held.quantity, held.uom, certainty) for parent in parents]

    def _best(self, element: _Element, number: int) -> tuple[Certainty, Held]:
        """The stay that tells best of a content at a use: the surest, then the nearest, then the latest."""
        at = self._uses[number].at

        def rank(told: tuple[Certainty, Held]) -> tuple[int, timedelta, bool, float, str, Decimal]:
            certainty, held = told
            away = max(held.valid_from - at, at - held.valid_to, timedelta(0))
            return int(certainty), away, held.residue, -held.valid_from.timestamp(), held.uom or "", held.quantity or Decimal(0)

        return min(((certainty, span.held) for span in self._spans[element] if (certainty := span.at(number)) is not None), key=rank)


def _surest(spans: Iterable[_Span], number: int) -> Certainty | None:
    return min((certainty for span in spans if (certainty := span.at(number)) is not None), default=None)
