"""Watch a trace: which new events touch it, and how it has grown since. What is kept for a watcher is bounded."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from backend.catalog.sites import Sites
from backend.events.query_service import last_seq
from backend.genealogy import reach
from backend.genealogy.containment import CONTAINERS
from backend.genealogy.windows import Way, closure_counts
from backend.trace import watch_repository
from backend.trace.rules import Direction
from backend.trace.starts import find_starts, seeds_of
from infra.database import TenantTransaction

# Above this what a trace reaches isn't kept; then each new event is followed to the objects asked about.
MOST_KEPT: Final = 20_000
EVENTS_AT_ONCE: Final = 100
# An event's own objects that are followed; one that names more counts as touching what is too large to be kept.
MOST_FOLLOWED: Final = 1_000
_WAYS: Final = {Direction.BACKWARD: Way.UP, Direction.FORWARD: Way.DOWN}


@dataclass(frozen=True, slots=True)
class Change:
    """What events up to `seq` have done to a trace: its size, by how much it grew or shrank, and which events touched it."""

    seq: int
    nodes: int
    links: int
    new_nodes: int
    new_links: int
    event_ids: tuple[int, ...]


@dataclass(slots=True)
class Watch:
    """One watcher's state. `kept` is None where the trace is too large to be kept."""

    key: str
    direction: Direction
    seq: int = 0
    seeds: tuple[int, ...] = ()
    kept: set[int] | None = None
    nodes: int = 0
    links: int = 0
    touched: list[int] = field(default_factory=list)

    async def begin(self, tx: TenantTransaction, sites: Sites | None, seq: int | None) -> None:
        """Look at the trace as it is, and listen from behind `seq`, else from now on. Raises what a trace raises."""
        self.seq = await last_seq(tx) if seq is None else seq
        await self._look(tx, sites)

    async def listen(self, tx: TenantTransaction) -> bool:
        """Read on; whether there may be more at once. Events that touch the trace are gathered in `touched`."""
        if await last_seq(tx) <= self.seq:
            return False
        named: dict[int, set[int]] = defaultdict(set)
        boxes: dict[int, set[int]] = defaultdict(set)
        rows = await watch_repository.named_since(tx, self.seq, EVENTS_AT_ONCE)
        for row in rows:
            if row["object_id"] is not None:
                named[row["event_id"]].add(row["object_id"])
                if row["kind"] in CONTAINERS:
                    boxes[row["event_id"]].add(row["object_id"])
        for event_id, objects in named.items():
            if await self._touches(tx, objects, boxes[event_id]):
                self.touched.append(event_id)
                if self.kept is not None:
                    # What it brings is looked at anew when all is told; until then what names its objects touches too.
                    self.kept |= objects
        if rows:
            self.seq = rows[-1]["seq"]
        return len({row["event_id"] for row in rows}) == EVENTS_AT_ONCE

    async def change(self, tx: TenantTransaction, sites: Sites | None) -> Change:
        """Look again, and say how the trace has changed since the last look."""
        nodes, links = self.nodes, self.links
        await self._look(tx, sites)
        event_ids, self.touched = tuple(dict.fromkeys(self.touched)), []
        return Change(self.seq, self.nodes, self.links, self.nodes - nodes, self.links - links, event_ids)

    async def _touches(self, tx: TenantTransaction, objects: set[int], boxes: set[int]) -> bool:
        if self.kept is not None and not self.kept.isdisjoint(objects):
            return True
        around = objects | (await reach.ever_inside(tx, boxes) if boxes else set())
        around |= {lot for _, lot in await reach.lots_of(tx, around)}
        if self.kept is not None:
            return not self.kept.isdisjoint(around)
        if len(around) > MOST_FOLLOWED:
            return True
        return await self._leads_to_seeds(tx, around)

    async def _leads_to_seeds(self, tx: TenantTransaction, objects: Collection[int]) -> bool:
        for part in self.direction.parts:
            follow = reach.ancestors if part is Direction.FORWARD else reach.descendants
            if not (await follow(tx, objects)).isdisjoint(self.seeds):
                return True
        return False

    async def _look(self, tx: TenantTransaction, sites: Sites | None) -> None:
        starts = await find_starts(tx, self.key, sites)
        self.seeds = tuple(await seeds_of(tx, starts, None))
        kept: set[int] = set(self.seeds)
        self.nodes = self.links = 0
        for part in self.direction.parts:
            kept |= await watch_repository.reached(tx, self.seeds, MOST_KEPT + 1, upwards=part is Direction.BACKWARD)
            counts = await closure_counts(tx, self.seeds, _WAYS[part])
            self.nodes += sum(counts.nodes.values())
            self.links += sum(counts.links.values())
        self.kept = kept if len(kept) <= MOST_KEPT else None
