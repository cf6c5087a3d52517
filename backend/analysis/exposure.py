"""What each of some goods was exposed to: ancestors by the links, and what the events on the way say. No I/O."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from backend.analysis.factors import Factor, FactorKind, Reading, bands
from backend.events.canonical import EventType
from backend.events.query_service import RecordedEvent
from backend.identifiers import ObjectKind
from backend.objects.service import TraceableObject
from backend.trace.event_words import Condition, words_of

# What is done because of what the goods are, or after they were made, explains nothing about how they became so.
AFTERWARDS: Final = frozenset(
    {
        "inspecting", "sampling", "holding", "shipping", "departing", "returning", "destroying", "dispensing", "retail_selling", "void_shipping",
        "stocking", "loading", "staging_outbound", "decommissioning", "disposing", "entering_exiting", "cycle_counting", "accepting",
    }
)  # fmt: skip
_NAMED: Final = frozenset({ObjectKind.LOT, ObjectKind.UNIT, ObjectKind.LOGISTIC_UNIT, ObjectKind.ASSET, ObjectKind.TANK, ObjectKind.OTHER})
_SHIFTS: Final = ((6, "06-14"), (14, "14-22"), (22, "22-06"))


@dataclass(frozen=True, slots=True)
class Link:
    """A way from a parent to what came of it, by an event (negative: by what a person declared); `made` out of a transformation."""

    parent: int
    child: int
    event: int
    made: bool


def covered(starts: Sequence[Collection[int]], links: Sequence[Link]) -> dict[int, int]:
    """Of each node, the goods that came of it. `starts` are the nodes of each of the goods: itself, and the lots that it belongs to.

    Cycles of rework end: a node is looked at again only where it has got more.
    """
    parents: dict[int, list[int]] = defaultdict(list)
    for link in links:
        parents[link.child].append(link.parent)
    masks: dict[int, int] = defaultdict(int)
    for number, nodes in enumerate(starts):
        for node in nodes:
            masks[node] |= 1 << number
    waiting = dict.fromkeys(masks)
    while waiting:
        node, _ = waiting.popitem()
        mask = masks[node]
        for parent in parents.get(node, ()):
            if mask & ~masks[parent]:
                masks[parent] |= mask
                waiting[parent] = None
    return dict(masks)


class Way:
    """The goods behind each node and each event. `starts` as in `covered`."""

    def __init__(self, starts: Sequence[Collection[int]], links: Sequence[Link]) -> None:
        self.masks = covered(starts, links)
        self.concerned: dict[int, int] = defaultdict(int)
        self._count = len(starts)
        self._making: dict[int, int] = defaultdict(int)
        self._naming: dict[int, int] = defaultdict(int)
        self._born: dict[int, int] = defaultdict(int)
        for number, nodes in enumerate(starts):
            for node in nodes:
                self._born[node] |= 1 << number
        for link in links:
            if link.event > 0:
                self.concerned[link.event] |= self.masks.get(link.child, 0)
                if link.made and link.child in self._born:
                    self._making[link.event] |= self._born[link.child]

    def named(self, event: int, node: int) -> None:
        """An event names a node."""
        self.concerned[event] |= self.masks.get(node, 0)
        if node in self._born:
            self._naming[event] |= self._born[node]

    def births(self, read: Mapping[int, RecordedEvent]) -> Iterator[tuple[int, int]]:
        """(event, goods): each of the goods was made by the first event out of which it came; where none tells, by the first that names it."""
        left = (1 << self._count) - 1
        for told in (self._making, self._naming):
            for event_id in sorted((each for each in told if each in read), key=lambda each: read[each].event_time):
                if goods := told[event_id] & left:
                    yield event_id, goods
                    left &= ~goods


class Exposures:
    """Gathers the factors of goods; each method takes what one kind of source tells."""

    def __init__(self, masks: Mapping[int, int], own: Collection[int]) -> None:
        # `own`: the goods themselves, which explain nothing. The lot that units share may.
        self._masks = masks
        self._own = own
        self._factors: dict[Factor, int] = defaultdict(int)
        self._readings: dict[tuple[str, str, str], list[Reading]] = defaultdict(list)

    def ancestors(self, things: Mapping[int, TraceableObject]) -> None:
        """What they came from, and its product."""
        for node, thing in things.items():
            if node in self._own or thing.kind not in _NAMED or node not in self._masks:
                continue
            self._add(Factor(FactorKind.OBJECT, thing.key), self._masks[node])
            if thing.gtin:
                self._add(Factor(FactorKind.MATERIAL, thing.gtin), self._masks[node])

    def suppliers(self, parties: Mapping[int, Sequence[str]]) -> None:
        """Who delivered an ancestor."""
        for node, told in parties.items():
            for party in told:
                self._add(Factor(FactorKind.SUPPLIER, party), self._masks.get(node, 0))

    def event(self, event: RecordedEvent, goods: int) -> None:
        """A step that they, or what they came from, went through."""
        step = event.biz_step or ("transforming" if event.type is EventType.TRANSFORMATION else "")
        if not goods or (event.type is not EventType.TRANSFORMATION and (not step or step in AFTERWARDS)):
            return
        words = words_of(event.body)
        self._add(Factor(FactorKind.STEP, step), goods)
        for kind, values in (
            (FactorKind.READ_POINT, [event.read_point]), (FactorKind.PLACE, [event.biz_location]),
            (FactorKind.EQUIPMENT, words.equipment), (FactorKind.OPERATOR, words.operators),
        ):  # fmt: skip
            for value in values:
                if value:
                    self._add(Factor(kind, value, step), goods)
        for condition in words.conditions:
            number = _number(condition)
            if number is not None:
                self._readings[condition.kind, step, condition.uom or ""].append(Reading(number, goods))

    def made(self, moment: datetime, offset: str, goods: int) -> None:
        """When they were made, on the clock of the place."""
        local = moment.astimezone(timezone(_offset(offset)))
        shift = next((name for begins, name in reversed(_SHIFTS) if local.hour >= begins), _SHIFTS[-1][1])
        self._add(Factor(FactorKind.DAY, f"{local:%Y-%m-%d}"), goods)
        self._add(Factor(FactorKind.HOUR, f"{local:%H}"), goods)
        self._add(Factor(FactorKind.SHIFT, shift), goods)

    def factors(self) -> dict[Factor, int]:
        """All of them, parameters in bands."""
        found = dict(self._factors)
        for (name, step, unit), readings in self._readings.items():
            found |= bands(name, step, unit, readings)
        return found

    def _add(self, factor: Factor, goods: int) -> None:
        if goods:
            self._factors[factor] |= goods


def _number(condition: Condition) -> float | None:
    number = condition.mean if condition.mean is not None else condition.value
    return None if number is None else float(number)


def _offset(text: str) -> timedelta:
    """An event's own, such as +08:00."""
    try:
        hours, minutes = int(text[1:3]), int(text[4:6])
    except ValueError:
        return timedelta()
    return timedelta(hours=hours, minutes=minutes) * (-1 if text.startswith("-") else 1)
