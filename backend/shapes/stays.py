"""From the events of a life to its stays at places, its steps, transports and waits. Rules only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from backend.events.vocabulary import SHIPPING_STEPS

ARRIVING: Final = frozenset({"receiving", "arriving", "accepting"})
SHORTEST_WAIT: Final = timedelta(minutes=1)


class RowKind(StrEnum):
    """What a row of a life shows."""

    OBJECT = "object"
    CONTAINER = "container"
    STAY = "stay"
    STEP = "step"
    WAIT = "wait"
    TRANSPORT = "transport"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a life: `since` and `until` are the event's time, or those over which its sensors measured."""

    event_id: int
    step: str | None
    place: str | None
    at: datetime
    since: datetime
    until: datetime
    disposition: str | None = None

    @property
    def tells_place(self) -> bool:
        """Goods that are held or recalled, at no place that is told, are where they were."""
        return self.place is not None or self.step != "holding"


@dataclass(frozen=True, slots=True)
class Period:
    """A row; `until` is None while it lasts."""

    kind: RowKind
    since: datetime
    until: datetime | None
    step: str | None = None
    place: str | None = None
    to_place: str | None = None
    event_id: int | None = None
    disposition: str | None = None


def periods(happenings: Sequence[Happening]) -> list[Period]:
    """Stays, steps, transports, and the waits between, in order of time. `happenings` stand in order of time."""
    steps = [
        Period(RowKind.STEP, one.since, one.until, one.step, one.place, event_id=one.event_id, disposition=one.disposition) for one in happenings
    ]
    moves = list(_transports(happenings))
    found = [*steps, *moves, *_stays(happenings), *_waits([*steps, *moves])]
    return sorted(found, key=lambda period: (period.since, period.kind, period.event_id or 0))


def _transports(happenings: Sequence[Happening]) -> Iterator[Period]:
    """From leaving until the next event that isn't another one of leaving; it lasts where there is none."""
    moves = [one for one in happenings if one.tells_place]
    for place, one in enumerate(moves):
        if one.step not in SHIPPING_STEPS:
            continue
        behind = next((later for later in moves[place + 1 :] if later.step not in SHIPPING_STEPS), None)
        if any(later.step in SHIPPING_STEPS for later in moves[place + 1 : place + 2]):
            continue
        yield Period(RowKind.TRANSPORT, one.at, behind.at if behind else None, one.step, one.place, behind.place if behind else None, one.event_id)


def _stays(happenings: Sequence[Happening]) -> Iterator[Period]:
    """From the first event at a place to the one that left it, or to the first at another place."""
    here: str | None = None
    since: datetime | None = None
    for one in happenings:
        if one.place is None:
            continue
        if one.place != here:
            if here is not None and since is not None:
                yield Period(RowKind.STAY, since, one.at, place=here)
            here, since = one.place, one.at
        if one.step in SHIPPING_STEPS and since is not None:
            yield Period(RowKind.STAY, since, one.at, place=here)
            here, since = None, None
    if here is not None and since is not None:
        yield Period(RowKind.STAY, since, None, place=here)


def _waits(busy: Sequence[Period]) -> Iterator[Period]:
    """Where nothing was done for a minute or longer between two steps or transports."""
    ends: datetime | None = None
    for period in sorted(busy, key=lambda period: (period.since, period.until or datetime.max.replace(tzinfo=period.since.tzinfo))):
        if ends is not None and period.since - ends >= SHORTEST_WAIT:
            yield Period(RowKind.WAIT, ends, period.since)
        if period.until is None:
            return
        ends = period.until if ends is None else max(ends, period.until)


def lanes(periods_of_a_kind: Sequence[tuple[datetime, datetime | None]]) -> list[int]:
    """A lane for each, given in order of their beginnings, so that no two in one lane overlap; as few lanes as there can be."""
    free: list[datetime | None] = []
    found: list[int] = []
    for since, until in periods_of_a_kind:
        lane = next((number for number, end in enumerate(free) if end is not None and end <= since), len(free))
        if lane == len(free):
            free.append(until)
        else:
            free[lane] = until
        found.append(lane)
    return found
