"""How far sources reach, both ways, whatever their number: walked in sets over the links in force, in bounded memory."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from backend.genealogy import reach as genealogy
from backend.genealogy.rules import Certainty, LinkKind
from backend.holds.standing import Standing
from backend.identifiers import STEPS_OF_GENEALOGY, ObjectKind
from backend.recall_scope import reach_repository
from backend.recall_scope.errors import ScopeTooLargeError
from backend.recall_scope.walking import Reach, Walk, doubt_of
from backend.trace.impact import stories_of, uses_at
from backend.trace.parts import Part, Story, Use, verdict
from backend.trace.rules import Doubt, lots_in_doubt
from infra.database import Record, TenantTransaction

T = TypeVar("T")
NODES_AT_ONCE: Final = 2_000
MOST_LINKS: Final = 5_000_000
# Walks of more links than this leave the event loop meanwhile.
_ON_THE_LOOP: Final = 20_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# What the genealogy has put between goods.
_NARROWED: Final = frozenset({int(LinkKind.INPUT), int(LinkKind.CANDIDATE)})


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A lot of which only a part is suspected, and what its movements prove."""

    part: Part
    story: Story

    def verdict(self, use: Use) -> Certainty | None:
        """Of a use or a shipment of the lot; None where it is proven to be of another part."""
        return verdict(use, self.part, self.story)


@dataclass(slots=True)
class Seeds(Standing):
    """Where a walk begins. `themselves` are the objects that sources name or that fall into their windows; `parts` of these are lots of which
    only a part is suspected."""

    themselves: set[int] = field(default_factory=set)
    parts: dict[int, Part] = field(default_factory=dict)


@dataclass(slots=True)
class Reached:
    """What is reached forward, with the kind of everything; `narrowed` are the lots of which only a part is."""

    reach: Reach
    kinds: dict[int, int]
    narrowed: dict[int, Narrowed]
    seeds: Seeds

    def goods(self) -> Iterator[int]:
        """Lots, units, containers; certain ones first, then nearest."""
        return (
            object_id for object_id in self.reach.in_order() if self.kinds.get(object_id, int(ObjectKind.TRANSFORMATION)) not in STEPS_OF_GENEALOGY
        )

    def shipped_certainty(self, object_id: int, at: datetime, place: str | None) -> Certainty | None:
        """Of an object's goods that left a place; None where they are proven to be of another part."""
        narrowed = self.narrowed.get(object_id)
        if narrowed is None:
            return self.reach.certainty(object_id)
        return narrowed.verdict(Use(at, place, counted=True))


def parts_of(ids: Iterable[T], size: int = NODES_AT_ONCE) -> Iterator[list[T]]:
    """So many at a time."""
    part: list[T] = []
    for each in ids:
        part.append(each)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


async def forward(tx: TenantTransaction, seeds: Seeds) -> Reached:
    """Everything made from the seeds, certain and possible, with nothing left out. Raises `ScopeTooLargeError` beyond five million links."""
    await tx.plan_for_any_tenant()
    stories = await stories_of(tx, sorted(seeds.parts))
    narrowed = {lot: Narrowed(part, stories[lot]) for lot, part in seeds.parts.items()}
    walk = Walk(sorted(seeds.ids), forward=True, perhaps=seeds.perhaps)
    dropped: list[tuple[int, int, int, int]] = []
    back = False

    async def take(rows: Sequence[Record]) -> None:
        nonlocal back
        made = await reach_repository.made_at(tx, {row["near"] for row in rows if row["kind"] == LinkKind.INPUT})
        used = {row["event_id"] for row in rows if row["near"] in narrowed and row["kind"] in _NARROWED}
        places = await uses_at(tx, used) if used else {}
        for row in rows:
            near, far, kind, at = row["near"], row["far"], row["kind"], row["at"]
            doubt = doubt_of(kind, row["certainty"], at, made.get(near))
            if near in narrowed:
                sure: Certainty | None = Certainty.POSSIBLE
                if kind in _NARROWED:
                    sure = narrowed[near].verdict(Use(moment_of(at), places.get(row["event_id"]), counted=row["counted"]))
                if sure is None:
                    dropped.append((near, far, kind, at))
                    continue
                if sure is not Certainty.CERTAIN:
                    doubt = doubt or Doubt.PART_NOT_TOLD
            elif far in narrowed:
                back = True
            walk.add(near, far, kind, at, doubt)

    await _follow(tx, walk, take, forward=True)
    if back and dropped:
        # The part's goods come back into their lot: then everything of it may be of them.
        for near, far, kind, at in dropped:
            walk.add(near, far, kind, at, Doubt.PART_NOT_TOLD)
        dropped.clear()
        await _follow(tx, walk, take, forward=True)
    reach = await _reach(walk)
    return Reached(reach, await kinds_of(tx, reach.ids), narrowed, seeds)


async def backward(tx: TenantTransaction, seeds: Collection[int], *, lots: bool) -> Reach:
    """Everything from which these came. With `lots` a unit's lot is where the way begins as well."""
    await tx.plan_for_any_tenant()
    pairs = set(await genealogy.lots_of(tx, seeds)) if lots else set()
    begun = sorted({*seeds, *(lot for _, lot in pairs)})
    walk = Walk(begun, forward=False, perhaps=lots_in_doubt(pairs) - set(seeds))

    async def take(rows: Sequence[Record]) -> None:
        inputs = await reach_repository.made_at(tx, {row["far"] for row in rows if row["kind"] == LinkKind.INPUT})
        for row in rows:
            walk.add(row["near"], row["far"], row["kind"], row["at"], doubt_of(row["kind"], row["certainty"], row["at"], inputs.get(row["far"])))

    await _follow(tx, walk, take, forward=False)
    return await _reach(walk)


async def _follow(tx: TenantTransaction, walk: Walk, take: Callable[[Sequence[Record]], Awaitable[None]], *, forward: bool) -> None:
    while fresh := walk.take_fresh(NODES_AT_ONCE):
        rows = await reach_repository.links(tx, fresh, forward=forward)
        for part in parts_of(rows, 20 * NODES_AT_ONCE):
            await take(part)
        if walk.links > MOST_LINKS:
            raise ScopeTooLargeError(MOST_LINKS)


async def _reach(walk: Walk) -> Reach:
    return walk.reach() if walk.links <= _ON_THE_LOOP else await asyncio.to_thread(walk.reach)


async def kinds_of(tx: TenantTransaction, ids: Iterable[int]) -> dict[int, int]:
    """The kind of each object."""
    found: dict[int, int] = {}
    for part in parts_of(ids, 10 * NODES_AT_ONCE):
        found |= await reach_repository.kinds(tx, part)
    return found


async def units_of(tx: TenantTransaction, lots: Iterable[int]) -> dict[int, int]:
    """How many units each of these lots has."""
    found: dict[int, int] = defaultdict(int)
    for part in parts_of(lots):
        found |= await reach_repository.unit_counts(tx, part)
    return found


def moment_of(microseconds: int) -> datetime:
    """A time as links have it."""
    return _EPOCH + timedelta(microseconds=microseconds)
