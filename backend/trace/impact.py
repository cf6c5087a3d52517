"""What-if: if these goods, or a part of them, are bad, what is hit, and where is it now? Nothing is written."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from backend.catalog.sites import Sites
from backend.genealogy.rules import Certainty, LinkKind
from backend.identifiers import IdentifierRole, ObjectKind, parse_identifier
from backend.trace import impact_repository, parts
from backend.trace.answer import ReachedShipment, Trace, TraceNode
from backend.trace.cut import Asked
from backend.trace.parts import Moved, Part, Story, Use
from backend.trace.reached_shipments import shipments_of
from backend.trace.rules import Direction, Doubt, Link, reach_from
from backend.trace.service import trace_from
from backend.trace.starts import find_starts, seeds_of
from backend.trace.whole import goods_of
from infra.clock import now
from infra.database import TenantTransaction
from infra.errors import InvalidInputError

MAXIMUM_MOVEMENTS: Final = 20_000
_NARROWED: Final = frozenset({LinkKind.INPUT, LinkKind.CANDIDATE})


@dataclass(frozen=True, slots=True)
class Stories:
    """What proves which part of a lot was used: each lot's movements. A place outside of it counts as none."""

    part: Part
    of_lot: dict[int, Story]

    def verdict(self, lot: int, use: Use) -> Certainty | None:
        """Of a use of a lot that is asked about."""
        return parts.verdict(use, self.part, self.of_lot[lot])


@dataclass(frozen=True, slots=True)
class Impact:
    """What is hit: the forward trace, narrowed to the part, and the shipments that carried some of it."""

    trace: Trace
    stories: Stories | None
    shipments: tuple[ReachedShipment, ...]

    def goods(self) -> list[TraceNode]:
        """Lots, units and containers that are hit; certain ones first, nearest first."""
        inner = set(goods_of(self.trace))
        return sorted((node for node in self.trace.nodes if node.thing.object_id in inner), key=order_of)

    def certainty_at(self, node: TraceNode, place: str | None) -> Certainty | None:
        """How sure it is that what is at a place now is hit; None where it is proven not to be."""
        if self.stories is None or node.thing.object_id not in self.stories.of_lot:
            return node.certainty
        return self.stories.verdict(node.thing.object_id, Use(now(), place, counted=True))


def order_of(node: TraceNode) -> tuple[int, int, int, str]:
    """Certain ones first, then nearest."""
    return int(node.certainty), node.steps, int(node.thing.kind), node.thing.key


def part_of(place: str | None, bounds: Part) -> Part:
    """A part as it is asked for, its place read. Raises `InvalidInputError` for bounds the wrong way round, `InvalidIdentifierError` for no place."""
    if bounds.since is not None and bounds.until is not None and bounds.since > bounds.until:
        raise InvalidInputError("The part ends before it begins; “until” must not lie before “since”.", field="part.until")
    return replace(bounds, place=parse_identifier(place.strip(), role=IdentifierRole.PLACE).uri if place else None)


async def impact(
    tx: TenantTransaction, keys: Sequence[str], *, part: Part | None = None, sites: Sites | None = None, continue_after: str | None = None
) -> Impact:
    """What is hit if these objects are bad, or only what of these lots was in the part. Sites as for a trace.

    Raises what a trace raises; `InvalidInputError` for a part of something else than lots; `TraceTooLargeError` for a part of which more
    links lead than one answer may hold.
    """
    starts = await find_starts(tx, keys, sites)
    seeds = await seeds_of(tx, starts, None)
    asked = Asked(seeds, Direction.FORWARD, None, None)
    if part is None:
        trace = await trace_from(tx, starts, asked, sites, continue_after=continue_after)
        return Impact(trace, None, await _shipments(tx, trace, None, sites))
    other = next((start for start in starts if start.kind is not ObjectKind.LOT), None)
    if other is not None:
        raise InvalidInputError(f"Only lots have parts, and {other.uri} is none. Ask for it as a whole.", field="part")
    stories = Stories(part, await stories_of(tx, [start.object_id for start in starts]))

    async def narrow(links: list[Link]) -> list[Link]:
        used = {link.event_id for link in links if link.parent_id in stories.of_lot and link.kind in _NARROWED}
        return narrowed(links, stories, await uses_at(tx, used))

    trace = await trace_from(tx, starts, asked, sites, narrow=narrow)
    return Impact(trace, stories, await _shipments(tx, trace, stories, sites))


def narrowed(links: list[Link], stories: Stories, places: dict[int, str | None]) -> list[Link]:
    """The links without the uses that are proven to be of other parts. Where the part's goods come back into their lot, everything may be of it."""
    starts = stories.of_lot.keys()
    kept, dropped = [], []
    for link in links:
        if link.parent_id not in starts:
            kept.append(link)
            continue
        sure: Certainty | None = Certainty.POSSIBLE
        if link.kind in _NARROWED:
            use = Use(link.occurred_at, places.get(link.event_id), counted=link.quantity is not None)
            sure = stories.verdict(link.parent_id, use)
        if sure is None:
            dropped.append(link)
        else:
            kept.append(link if sure is Certainty.CERTAIN else _possible(link))
    reached = reach_from(starts, kept, Direction.FORWARD)
    back = any(link.child_id in starts and link.parent_id in reached and link.parent_id not in starts for link in kept)
    return [*kept, *(_possible(link) for link in dropped)] if back else kept


def _possible(link: Link) -> Link:
    return link if link.doubt else replace(link, certainty=Certainty.POSSIBLE, doubt=Doubt.PART_NOT_TOLD)


async def uses_at(tx: TenantTransaction, event_ids: Collection[int]) -> dict[int, str | None]:
    """Where each event's goods were."""
    return await impact_repository.places_of_events(tx, event_ids)


async def stories_of(tx: TenantTransaction, ids: Sequence[int]) -> dict[int, Story]:
    """What the movements of these lots prove."""
    if not ids:
        return {}
    rows = await impact_repository.moved(tx, ids, MAXIMUM_MOVEMENTS + 1)
    unsure = await impact_repository.uncounted(tx, ids)
    told: dict[int, list[Moved]] = {lot: [] for lot in ids}
    for row in rows[:MAXIMUM_MOVEMENTS]:
        told[row["object_id"]].append(Moved(row["moved_at"], row["place"], row["came"]))
    # With more movements than are looked through nothing is proven.
    cut = len(rows) > MAXIMUM_MOVEMENTS
    return {lot: Story(moved, whole=not cut and lot not in unsure) for lot, moved in told.items()}


async def _shipments(tx: TenantTransaction, trace: Trace, stories: Stories | None, sites: Sites | None) -> tuple[ReachedShipment, ...]:
    """Shipments of what is hit, each lot as certain as it is hit and as it was in the shipment."""
    nodes = {node.thing.object_id: node for node in trace.nodes}
    found = []
    for reached in await shipments_of(tx, trace.starts, trace.seeds, sites):
        lots = []
        for lot in reached.lots:
            node = nodes.get(lot.lot.object_id)
            sure: Certainty | None = node.certainty if node else None
            if stories is not None and lot.lot.object_id in stories.of_lot:
                sure = stories.verdict(lot.lot.object_id, Use(reached.shipment.shipped_at, reached.shipment.from_place, counted=True))
            if sure is not None:
                lots.append(replace(lot, certainty=max(sure, lot.certainty)))
        if lots:
            found.append(replace(reached, lots=tuple(lots)))
    return tuple(found)
