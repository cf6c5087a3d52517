"""Trace objects back to everything that they came from, forward to everything made from them and where that went, or both at once."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from backend.catalog.sites import Sites
from backend.events.lookup_service import events_at
from backend.genealogy import containment, reach
from backend.genealogy.rules import Certainty, LinkKind
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.trace import repository
from backend.trace.answer import Gap, ReachedShipment, ShippedLot, Trace, TraceNode
from backend.trace.errors import TraceTooLargeError
from backend.trace.reached_shipments import shipments_of
from backend.trace.rules import Direction, Link, Reached, both, doubt_links, reach_from
from infra import clock
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError

__all__ = ["CONTENTS_LIMIT", "MAXIMUM_LINKS", "Gap", "ReachedShipment", "ShippedLot", "Trace", "TraceNode", "shipments_reached", "trace"]

MAXIMUM_LINKS: Final = 100_000
CONTENTS_LIMIT: Final = 5_000
MAXIMUM_STARTS: Final = 100
LONGEST_KEY: Final = 2_000


async def trace(
    tx: TenantTransaction, key: str | Sequence[str], direction: Direction, *, as_of: datetime | None = None, sites: Sites | None = None
) -> Trace:
    """The closure of one or several objects over the links in force; cycles end at the visited set, and there is no depth limit.

    For a container it starts from what is in it as of `as_of` (now by default). With `as_of`, links of events after it are
    left out. With `sites` it starts from what is met there, and isn't cut at their fence, because reachability decides a recall; of
    a step elsewhere only what it links is told. Raises `ObjectNotFoundError`; `TraceTooLargeError` above 100,000 links;
    `InvalidInputError` for more than 100 keys or none.
    """
    starts = await find_starts(tx, key, sites)
    seeds = await seeds_of(tx, starts, as_of)
    links, reached = await _closure(tx, starts, seeds, direction, as_of)
    ordered = sorted(links, key=lambda link: (link.occurred_at, link.event_id, link.parent_id, link.child_id, link.kind))
    up, down = reached
    every = both(up, down) if up and down else up or down
    for start in starts:
        every[start.object_id] = Reached(0, Certainty.CERTAIN)
    kept = await told([link for link in ordered if link.parent_id in every and link.child_id in every], tx, sites)
    things = await objects.load(tx, every)
    nodes = sorted(
        (
            TraceNode(things[node], how.steps, how.certainty, how.doubts, upstream=node in up, downstream=node in down)
            for node, how in every.items()
            if node in things
        ),
        key=lambda node: (node.steps, node.thing.kind, node.thing.key),
    )
    gaps = await gaps_at(tx, [node.thing.object_id for node in nodes if node.thing.kind is ObjectKind.TRANSFORMATION])
    return Trace(starts[0], direction, as_of, tuple(nodes), tuple(kept), gaps, tuple(starts), tuple(seeds))


async def _closure(
    tx: TenantTransaction, starts: Sequence[TraceableObject], seeds: list[int], direction: Direction, as_of: datetime | None
) -> tuple[Iterable[Link], tuple[dict[int, Reached], dict[int, Reached]]]:
    """The links of one or both ways, and what is reached upwards and downwards."""
    rows: dict[Direction, list[Record]] = {}
    for part in direction.parts:
        read = reach.links_up if part is Direction.BACKWARD else reach.links_down
        rows[part] = await read(tx, seeds, MAXIMUM_LINKS + 1)
        if len(rows[part]) > MAXIMUM_LINKS:
            message = f"More than {MAXIMUM_LINKS} links lead from {starts[0].uri}. Ask from an object nearer to the goods."
            raise TraceTooLargeError(message, field="key")
    links = {part: [link_of(row) for row in found if as_of is None or row["occurred_at"] <= as_of] for part, found in rows.items()}
    made: dict[int, datetime] = {}
    if down := links.get(Direction.FORWARD):
        made = await repository.made_at(tx, {link.parent_id for link in down if link.kind is LinkKind.INPUT}, as_of)
    found: dict[tuple[int, int, int, int], Link] = {}
    reached: dict[Direction, dict[int, Reached]] = {}
    lots = await reach.lots_of(tx, seeds) if Direction.BACKWARD in links and any(start.kind is not ObjectKind.LOT for start in starts) else []
    for part, given in links.items():
        doubted = doubt_links(given, made)
        found |= {(link.parent_id, link.child_id, link.event_id, int(link.kind)): link for link in doubted}
        reached[part] = reach_from([*seeds, *((lot for _, lot in lots) if part is Direction.BACKWARD else ())], doubted, part)
    return found.values(), (reached.get(Direction.BACKWARD, {}), reached.get(Direction.FORWARD, {}))


def link_of(row: Record) -> Link:
    """From a row of the genealogy's."""
    return Link(
        row["parent_id"], row["child_id"], row["event_id"], LinkKind(row["kind"]), row["occurred_at"], row["quantity"], row["uom"],
        Certainty(row["certainty"]),
    )  # fmt: skip


async def find_starts(tx: TenantTransaction, key: str | Sequence[str], sites: Sites | None) -> list[TraceableObject]:
    """The objects that are asked about, each once. Raises `ObjectNotFoundError`; `InvalidInputError` for too many, too long ones or none."""
    keys = [key] if isinstance(key, str) else list(dict.fromkeys(key))
    if not 1 <= len(keys) <= MAXIMUM_STARTS:
        raise InvalidInputError(f"A trace starts from 1 to {MAXIMUM_STARTS} objects; {len(keys)} were named. Ask in several requests.", field="keys")
    if any(len(each) > LONGEST_KEY for each in keys):
        raise InvalidInputError(f"A code has at most {LONGEST_KEY} characters.", field="keys")
    found = [await objects.find(tx, each, sites) for each in keys]
    return list({thing.object_id: thing for thing in found}.values())


async def told(links: list[Link], tx: TenantTransaction, sites: Sites | None) -> list[Link]:
    """The links without the quantities that only events at other sites tell."""
    if sites is None:
        return links
    here = await events_at(tx, {link.event_id for link in links}, sites)
    return [link if link.event_id in here else replace(link, quantity=None, uom=None) for link in links]


async def seeds_of(tx: TenantTransaction, starts: Sequence[TraceableObject], as_of: datetime | None) -> list[int]:
    """Where a walk begins: the objects, and of containers what is in them as of a moment."""
    seeds = [start.object_id for start in starts]
    for start in starts:
        if start.kind not in containment.CONTAINERS:
            continue
        rows = await containment.contents(tx, start.object_id, as_of or clock.now(), CONTENTS_LIMIT + 1)
        if len(rows) > CONTENTS_LIMIT:
            raise TraceTooLargeError(f"{start.uri} holds more than {CONTENTS_LIMIT} objects. Ask for one of them.", field="key")
        seeds += [row["content_id"] for row in rows]
    return list(dict.fromkeys(seeds))


async def gaps_at(tx: TenantTransaction, nodes: Collection[int]) -> tuple[Gap, ...]:
    """Where something went into these steps of which nothing is known."""
    rows = await repository.gaps(tx, nodes) if nodes else []
    products = await objects.load(tx, {row["product_id"] for row in rows})
    return tuple(Gap(row["node_id"], products[row["product_id"]], row["occurred_at"]) for row in rows)


async def shipments_reached(tx: TenantTransaction, key: str, sites: Sites | None = None) -> list[ReachedShipment]:
    """Every shipment, from or to `sites`, that carried the object or anything made from it, oldest first: the heart of a recall's scope.

    A lot is followed through the rollup, a unit or container through the packing that it lay in as each shipment left.
    """
    start = await objects.find(tx, key, sites)
    return await shipments_of(tx, [start], await seeds_of(tx, [start], None), sites)
