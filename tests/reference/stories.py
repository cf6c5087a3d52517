"""Genealogies made by chance: stories put together from parts, and the orders in which they arrive."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final
from uuid import UUID

from tests.factories import at, declared_wrong
from tests.reference.told import Body
from tests.reference.works import DAY, Part, Works


@dataclass(frozen=True)
class Story:
    """What a works told, part by part, in the order in which it happened; and in which batches it arrived."""

    seed: int
    parts: tuple[tuple[str, tuple[Body, ...]], ...]
    batches: tuple[tuple[Body, ...], ...]

    @property
    def arrivals(self) -> list[Body]:
        """All that arrived, in its order."""
        return [event for batch in self.batches for event in batch]

    def without(self, part: int, event: int | None = None) -> "Story":
        """The story without one of its parts, or without one event of it; the rest arrives as it did."""
        parts = list(self.parts)
        name, events = parts[part]
        gone = events if event is None else events[event : event + 1]
        parts[part] = (name, tuple(each for each in events if not _among(each, gone)))
        batches = (tuple(each for each in batch if not _among(each, gone)) for batch in self.batches)
        return Story(self.seed, tuple(parts), tuple(batch for batch in batches if batch))

    def text(self) -> str:
        """A line for each event, as it happened, and the order in which they arrived."""
        told = [(name, event) for name, part in self.parts for event in part]
        numbers = [[next(number for number, (_, other) in enumerate(told) if other is event) for event in batch] for batch in self.batches]
        return "\n".join([*(f"{number} {name}: {_brief(event)}" for number, (name, event) in enumerate(told)), f"arrived: {numbers}"])


def _among(event: Body, events: Sequence[Body]) -> bool:
    return any(event is each for each in events)


def _arriving(seed: int, events: Sequence[Body]) -> tuple[tuple[Body, ...], ...]:
    """In batches, in any order, some twice. Of two events with one id the order stays as it happened: the first told counts."""
    chance = Random(f"arrivals {seed}")
    order = list(events) if chance.random() < 0.2 else _shuffled(events, chance)
    order += chance.sample(order, len(order) // 10)
    most = chance.choice([1, 4, 4, 12, 100])
    batches = []
    while order:
        size = chance.randint(1, most)
        batches.append(tuple(order[:size]))
        order = order[size:]
    return tuple(batches)


def _shuffled(events: Sequence[Body], chance: Random) -> list[Body]:
    order = list(events)
    chance.shuffle(order)
    first: dict[str, Body] = {}
    for event in events:
        if "errorDeclaration" not in event and "eventID" in event:
            first.setdefault(event["eventID"], event)
    seen: set[str] = set()
    for place, event in enumerate(order):
        name = event.get("eventID", "")
        if name in first and "errorDeclaration" not in event and name not in seen:
            seen.add(name)
            other = next(at for at, each in enumerate(order) if each is first[name])
            order[place], order[other] = order[other], order[place]
    return order


def _brief(event: Body) -> str:
    left_out = ("type", "eventTime", "eventTimeZoneOffset", "bizStep", "disposition", "destinationList", "eventID")
    said = " ".join(f"{name}={value}" for name, value in event.items() if name not in left_out)
    return f"{event['type']} {event['eventTime'][:16]} {event.get('bizStep', '')} {said} ({event.get('eventID', 'no id')[-6:]})"


_PARTS: Final[dict[str, int]] = {
    "receipt": 4, "recipe": 4, "rework": 1, "in_parts": 2, "without_lot": 2, "pieces": 3, "assembly": 2, "disassembly": 1, "packing": 4,
    "unpacking": 2, "crate": 2, "nested_use": 2, "tank": 2, "shipping": 4, "associated": 1, "kit": 1,
}  # fmt: skip


def story_of(seed: int, *, parts: int | None = None, only: Sequence[str] = ()) -> Story:
    """The story of a seed, always the same: its parts, with some of their events declared wrong, told twice, or told otherwise later."""
    chance = Random(f"genealogy {seed}")
    works = Works(chance)
    weights = {name: weight for name, weight in _PARTS.items() if not only or name in only}
    told: list[tuple[str, tuple[Body, ...]]] = []
    for name in chance.choices(list(weights), list(weights.values()), k=parts or chance.randint(8, 20)):
        tell: Callable[[], Part] = getattr(works, name)
        events = tuple(_named(event, chance) for event in tell())
        told.append((name, events))
        if chance.random() < 0.15:
            works.later(chance.choice([0.5, 2, 40]))
    told += [(f"{name}, corrected", (declared_wrong(event, 1_000_000),)) for name, part in told for event in part if chance.random() < 0.05]
    told += [
        (f"{name}, told otherwise", ({**event, "bizStep": "other", "eventTime": at(90 * DAY)},))
        for name, part in told
        for event in part
        if "eventID" in event and "errorDeclaration" not in event and chance.random() < 0.04
    ]
    return Story(seed, tuple(told), _arriving(seed, [event for _, part in told for event in part]))


def _named(event: Body, chance: Random) -> Body:
    """With an id by the seed; few have none."""
    named = {name: value for name, value in event.items() if value is not None} | {
        "eventID": f"urn:uuid:{UUID(int=chance.getrandbits(128), version=4)}"
    }
    if chance.random() < 0.05:
        del named["eventID"]
    return named
