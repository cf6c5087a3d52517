"""A scope, both ways at once: a pure function of the log, the sources and the bounds. Nothing is written."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from backend.events import moments
from backend.genealogy import reach as genealogy
from backend.genealogy.rules import Certainty
from backend.identifiers import STEPS_OF_GENEALOGY, ObjectKind
from backend.objects import service as objects
from backend.recall_scope import reach_repository, telling, telling_repository
from backend.recall_scope.answer import RecallScope, ScopeCounts, Suspect
from backend.recall_scope.reaching import Reached, backward, forward, kinds_of, parts_of, units_of
from backend.recall_scope.resolving import seeds_of, settled, things_of
from backend.recall_scope.sources import NO_BOUNDS, Bounds, Source
from backend.recall_scope.telling import Sums
from backend.trace.answer import ReachedShipment
from infra import clock
from infra.database import TenantTransaction

# So many of each list are told in one answer, by their nearness; more are counted, and frozen all the same.
MOST_GOODS: Final = 5_000
MOST_SUSPECTS: Final = 1_000
MOST_CO_PACKED: Final = 1_000
MOST_SHIPMENTS: Final = 2_000
# Of so many sources it is told which suspects they have in common.
_COMPARED_SOURCES: Final = 50


@dataclass(frozen=True, slots=True)
class Within:
    """What is reached within the bounds, whatever its size: `goods` in their order, `others` may have been shipped without a name of their own."""

    reached: Reached
    bounds: Bounds
    goods: list[int]
    others: list[int]
    left_out: int
    units: int

    def certain(self) -> int:
        """How many of the goods are affected for certain."""
        return sum(self.reached.reach.certainty(object_id) is Certainty.CERTAIN for object_id in self.goods)


@dataclass(slots=True)
class Carried:
    """The shipments of a scope, put together from those of its parts."""

    include_possible: bool
    shipments: dict[int, ReachedShipment] = field(default_factory=dict)
    parties: set[str | None] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)

    def add(self, shipments: Iterable[ReachedShipment]) -> tuple[ReachedShipment, ...]:
        """Count these in; returns what of them is within the bounds."""
        taken = []
        for one in shipments:
            lots = tuple(lot for lot in one.lots if self.include_possible or lot.certainty is Certainty.CERTAIN)
            if not lots:
                continue
            known = self.shipments.get(one.shipment.shipment_id)
            self.shipments[one.shipment.shipment_id] = replace(one, lots=(*known.lots, *lots) if known else lots)
            self.parties.add(one.shipment.to_party)
            taken.append(replace(one, lots=lots))
        return tuple(taken)

    def forget(self) -> None:
        """Keep the numbers, and let go of what is written by now."""
        self.seen |= self.shipments.keys()
        self.shipments.clear()

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self.seen | self.shipments.keys())

    def ordered(self) -> list[ReachedShipment]:
        """Oldest first."""
        return sorted(self.shipments.values(), key=lambda one: (one.shipment.shipped_at, one.shipment.shipment_id))


async def compute(tx: TenantTransaction, sources: Sequence[Source], bounds: Bounds = NO_BOUNDS, sites: None = None) -> RecallScope:
    """What these sources reach now within the bounds. No sources reach nothing.

    Recalls are the whole company's: `sites` is always None. Raises what `resolving.settled` raises, and `ScopeTooLargeError`.
    """
    del sites
    sources, bounds = await settled(tx, sources, bounds)
    return await scope_of(tx, sources, bounds)


async def scope_of(tx: TenantTransaction, sources: Sequence[Source], bounds: Bounds) -> RecallScope:
    """The same for sources and bounds that are settled."""
    known_at = await moments.last(tx) or clock.now()
    within = await reach_within(tx, sources, bounds)
    sums, told, carried = Sums(), [], Carried(bounds.include_possible)
    for ids in await telling.chunks(tx, within.goods[:MOST_GOODS]):
        chunk = await telling.chunk_of(tx, within.reached, ids)
        carried.add(chunk.shipments)
        goods = await telling.told(tx, chunk)
        sums.add(goods)
        told += goods
    await carry(tx, within, carried, [*within.goods[MOST_GOODS:], *within.others])
    suspects, all_suspects = await suspects_of(tx, sources, within.reached)
    beside = await telling.co_packed(tx, within.reached, within.goods)
    totals, balances = sums.told()
    counts = counts_of(within, carried, suspects=all_suspects, co_packed=len(beside))
    ordered = carried.ordered()
    beyond = counts.affected > MOST_GOODS or counts.suspects > len(suspects) or counts.co_packed > MOST_CO_PACKED
    return RecallScope(
        tuple(sources), bounds, tuple(suspects), tuple(told), tuple(beside[:MOST_CO_PACKED]), totals, balances, tuple(ordered[:MOST_SHIPMENTS]),
        counts, beyond or len(ordered) > MOST_SHIPMENTS, known_at,
    )  # fmt: skip


async def count(tx: TenantTransaction, sources: Sequence[Source], bounds: Bounds) -> tuple[ScopeCounts, tuple[ReachedShipment, ...]]:
    """A scope in numbers, and its shipments: for comparing. Sources and bounds are settled."""
    within = await reach_within(tx, sources, bounds)
    carried = Carried(bounds.include_possible)
    await carry(tx, within, carried, [*within.goods, *within.others])
    return counts_of(within, carried, suspects=0, co_packed=0), tuple(carried.ordered())


async def carry(tx: TenantTransaction, within: Within, carried: Carried, ids: Sequence[int]) -> None:
    """Count the shipments of these in."""
    for part in parts_of(ids):
        carried.add(await telling.shipments_of(tx, within.reached, part, await objects.load(tx, part)))


def counts_of(within: Within, carried: Carried, *, suspects: int, co_packed: int) -> ScopeCounts:
    """All of it in numbers."""
    sure = within.certain()
    return ScopeCounts(
        len(within.goods), sure, len(within.goods) - sure, within.left_out, within.units, suspects, co_packed, carried.number,
        len(carried.parties), within.reached.reach.links,
    )  # fmt: skip


async def reach_within(tx: TenantTransaction, sources: Sequence[Source], bounds: Bounds) -> Within:
    """What settled sources reach within the bounds; nothing is left out but what the bounds leave out."""
    reached = await forward(tx, await seeds_of(tx, sources, bounds))

    def taken(ids: Iterable[int]) -> list[int]:
        if bounds.include_possible:
            return list(ids)
        return [object_id for object_id in ids if reached.reach.certainty(object_id) is Certainty.CERTAIN]

    every = list(reached.goods())
    goods = taken(every)
    others = taken(object_id for object_id in reached.reach.ids if reached.kinds.get(object_id) == ObjectKind.TRANSFORMATION)
    lots = [object_id for object_id in goods if reached.kinds.get(object_id) == ObjectKind.LOT]
    units = sum((await units_of(tx, lots)).values())
    return Within(reached, bounds, goods, others, len(every) - len(goods), units)


async def suspects_of(tx: TenantTransaction, sources: Sequence[Source], reached: Reached) -> tuple[list[Suspect], int]:
    """From what the sources came: shared by most of the objects named, then certain ones, then nearest; the first, and how many in all."""
    seeds = reached.seeds
    if not seeds.ids:
        return [], 0
    up = await backward(tx, seeds.ids, lots=True)
    kinds = await kinds_of(tx, up.ids)
    ids = [object_id for object_id in up.in_order() if kinds.get(object_id, 0) not in STEPS_OF_GENEALOGY and object_id not in seeds.ids]
    shared = await _shared(tx, sources)
    ids.sort(key=lambda object_id: (-shared[object_id], int(up.certainty(object_id)), up.distance(object_id), object_id))
    found: list[Suspect] = []
    for part in parts_of(ids[:MOST_SUSPECTS]):
        things, made = await objects.load(tx, part), await telling_repository.made_of_something(tx, part)
        suppliers: dict[int, list[str]] = {}
        for row in await reach_repository.suppliers(tx, part):
            suppliers.setdefault(row["object_id"], []).append(row["counterparty"])
        found += [
            Suspect(
                things[each], up.certainty(each), up.doubts(each), up.distance(each), shared[each], each not in made, tuple(suppliers.get(each, ()))
            )
            for each in part
        ]
    return found, len(ids)


async def _shared(tx: TenantTransaction, sources: Sequence[Source]) -> Counter[int]:
    """Of how many of the objects named each is an ancestor."""
    things = await things_of(tx, sources)
    shared: Counter[int] = Counter()
    if len(things) <= _COMPARED_SOURCES:
        for thing in things.values():
            inside = await reach_repository.contents_now(tx, [thing.object_id])
            shared.update(await genealogy.ancestors(tx, [thing.object_id, *inside]))
    return shared


async def shipments_within(tx: TenantTransaction, sources: Sequence[Source], bounds: Bounds) -> tuple[ReachedShipment, ...]:
    """All shipments that carried some of the scope of settled sources, oldest first."""
    return (await count(tx, sources, bounds))[1]
