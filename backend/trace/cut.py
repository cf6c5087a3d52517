"""Windows on a trace that is too large for one answer: so many links at a time, from where the window before ended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from backend.genealogy.past import LinkKey
from backend.genealogy.rules import LinkKind
from backend.genealogy.windows import Way, window
from backend.objects import service as objects
from backend.trace import repository
from backend.trace.rules import Direction
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError

WINDOW_LINKS: Final = 20_000
_WAYS: Final = {Direction.BACKWARD: Way.UP, Direction.FORWARD: Way.DOWN}


class _Place(msgspec.Struct, array_like=True):
    """Behind which link to go on, in words that mean the same outside."""

    direction: str
    parent: str
    child: str
    event: UUID | None
    kind: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a window is cut from."""

    seeds: Sequence[int]
    direction: Direction
    as_of: datetime | None
    known_at: datetime | None


@dataclass(frozen=True, slots=True)
class Window:
    """Links of one way, and how to go on; None at the end."""

    way: Direction
    rows: Sequence[Record]
    continue_after: str | None


async def next_window(tx: TenantTransaction, asked: Asked, continue_after: str | None) -> Window:
    """The window behind `continue_after`; both ways come one after the other. Raises `InvalidInputError` for a cursor that isn't of a trace."""
    ways = asked.direction.parts
    way, after = await _read(tx, continue_after, ways) if continue_after is not None else (ways[0], None)
    rows = await window(tx, asked.seeds, _WAYS[way], WINDOW_LINKS + 1, after=after, as_of=asked.as_of, known_at=asked.known_at)
    if len(rows) <= WINDOW_LINKS:
        following = ways[ways.index(way) + 1 :]
        return Window(way, rows, _write(_Place(following[0].value, "", "", None, 0)) if following else None)
    kept = rows[:WINDOW_LINKS]
    # An alias is stated by no event, so it can't be named outside: the window ends before it.
    while kept[-1]["kind"] == LinkKind.ALIAS:
        kept.pop()
    return Window(way, kept, await _place_of(tx, way, kept[-1]))


async def sure_of(tx: TenantTransaction, asked: Asked, way: Direction, nodes: Collection[int]) -> set[int]:
    """Those of a window's nodes that are certain. By what was known earlier that isn't looked up, and none is."""
    if asked.known_at is not None:
        return set(asked.seeds) & set(nodes)
    return await repository.surely_reached(tx, asked.seeds, nodes, asked.as_of, upwards=way is Direction.BACKWARD)


async def _place_of(tx: TenantTransaction, way: Direction, row: Record) -> str:
    ends = await objects.load(tx, {row["parent_id"], row["child_id"]})
    event = await repository.public_id(tx, row["event_id"])
    return _write(_Place(way.value, ends[row["parent_id"]].key, ends[row["child_id"]].key, event, row["kind"]))


def _write(place: _Place) -> str:
    return msgspec.json.encode(place).decode()


async def _read(tx: TenantTransaction, cursor: str, ways: Sequence[Direction]) -> tuple[Direction, LinkKey | None]:
    unknown = InvalidInputError("The cursor in “continueAfter” isn't one of this trace. Take it from the answer before.", field="continueAfter")
    try:
        place = msgspec.json.decode(cursor, type=_Place)
        way = Direction(place.direction)
    except (msgspec.MsgspecError, ValueError) as problem:
        raise unknown from problem
    if way not in ways:
        raise unknown
    if not place.parent:
        return way, None
    found = await repository.link_key(tx, place.parent, place.child, place.event)
    if found is None or not 0 <= place.kind < 100:
        raise unknown
    return way, (*found, place.kind)
