"""Trace objects back to everything that they came from, forward to everything made from them and where that went, or both at once."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from backend.balance.tanks import TankPolicy
from backend.catalog.sites import Sites
from backend.events.lookup_service import events_at
from backend.genealogy import reach
from backend.genealogy.rules import Certainty, LinkKind
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.trace import repository
from backend.trace.answer import UNCOUNTED, Gap, ReachedShipment, ShippedLot, Trace, TraceNode
from backend.trace.cut import Asked, next_window, sure_of
from backend.trace.errors import TraceTooLargeError
from backend.trace.reached_shipments import shipments_of
from backend.trace.rules import Direction, Doubt, Link, Reached, both, doubt_links, lots_in_doubt, reach_from
from backend.trace.starts import CONTENTS_LIMIT, find_starts, seeds_of, stand_ins
from backend.trace.tanks import Tanks, joined
from infra.database import Record, TenantTransaction

__all__ = [
    "CONTENTS_LIMIT",
    "MAXIMUM_LINKS",
    "Gap",
    "ReachedShipment",
    "ShippedLot",
    "Trace",
    "TraceNode",
    "shipments_reached",
    "trace",
    "trace_from",
]

MAXIMUM_LINKS: Final = 100_000
Narrow = Callable[[list[Link]], Awaitable[list[Link]]]


@dataclass(frozen=True, slots=True)
class _Found:
    """Links with their certainty, and what they reach upwards and downwards."""

    links: Iterable[Link]
    up: Mapping[int, Reached]
    down: Mapping[int, Reached]
    truncated: bool = False
    continue_after: str | None = None


async def trace(
    tx: TenantTransaction,
    key: str | Sequence[str],
    direction: Direction,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    sites: Sites | None = None,
    continue_after: str | None = None,
    tank_policy: TankPolicy | None = None,
) -> Trace:
    """The closure of one or several objects over the links in force; cycles end at the visited set, and there is no depth limit.

    For a container it starts from what is in it as of `as_of` (now by default). With `as_of`, links of events after it are
    left out; with `known_at`, it is what was known then. With `sites` it starts from what is met there, and isn't cut at their fence,
    because reachability decides a recall; of a step elsewhere only what it links is told.

    Above 100,000 links it is cut into windows (`truncated`), which go on with `continue_after`. Raises `ObjectNotFoundError`,
    `TraceTooLargeError` for a container of more than 5,000 contents, and for a policy on more than 50 tanks or on a trace that has to be
    cut; `InvalidInputError` for more than 100 keys, none, or a wrong cursor.
    """
    starts = await find_starts(tx, key, sites)
    seeds = await seeds_of(tx, starts, as_of, known_at)
    asked = Asked(seeds, direction, as_of, known_at)
    if tank_policy is None:
        return await trace_from(tx, starts, asked, sites, continue_after=continue_after)
    read: list[Tanks] = []

    async def by_policy(links: list[Link]) -> list[Link]:
        read.append(await Tanks.read(tx, links, tank_policy, as_of))
        return read[-1].apply(links)

    found = await trace_from(tx, starts, asked, sites, narrow=by_policy)
    return replace(found, tanks=joined(read))


async def trace_from(
    tx: TenantTransaction,
    starts: list[TraceableObject],
    asked: Asked,
    sites: Sites | None,
    *,
    continue_after: str | None = None,
    narrow: Narrow | None = None,
) -> Trace:
    """The same from objects that are found already. `narrow` leaves links out, or makes them possible.

    A trace that has to be cut can't be narrowed: `TraceTooLargeError`.
    """
    await tx.plan_for_any_tenant()
    found = await _closure(tx, starts, asked, narrow) if continue_after is None else None
    if found is None:
        if narrow is not None:
            message = f"More than {MAXIMUM_LINKS} links lead from {starts[0].uri}. Ask without a part or policy, or nearer to the goods."
            raise TraceTooLargeError(message, field="key")
        found = await _window(tx, asked, continue_after)
    return await _answer(tx, starts, asked, found, sites)


async def _answer(tx: TenantTransaction, starts: list[TraceableObject], asked: Asked, found: _Found, sites: Sites | None) -> Trace:
    every = both(found.up, found.down) if found.up and found.down else dict(found.up or found.down)
    for start in starts:
        every[start.object_id] = Reached(0, Certainty.CERTAIN)
    links = [link for link in found.links if link.parent_id in every and link.child_id in every]
    links.sort(key=lambda link: (link.occurred_at, link.event_id, link.parent_id, link.child_id, link.kind))
    things = await objects.load(tx, every)
    nodes = [
        TraceNode(things[node], how.steps, how.certainty, how.doubts, upstream=node in found.up, downstream=node in found.down)
        for node, how in every.items()
        if node in things
    ]
    nodes.sort(key=lambda node: (node.steps, node.thing.kind, node.thing.key))
    steps = [thing.object_id for thing in things.values() if thing.kind is ObjectKind.TRANSFORMATION]
    return Trace(
        starts[0], asked.direction, asked.as_of, tuple(nodes), tuple(await _told(links, tx, sites)), await _gaps(tx, steps, asked.known_at),
        starts=tuple(starts), seeds=tuple(asked.seeds), stands_for=await stand_ins(tx, things.values()), known_at=asked.known_at,
        truncated=found.truncated, continue_after=found.continue_after,
    )  # fmt: skip


async def _closure(tx: TenantTransaction, starts: Sequence[TraceableObject], asked: Asked, narrow: Narrow | None) -> _Found | None:
    """All links of one or both ways, and what is reached; None where there are too many for one answer."""
    given: dict[Direction, list[Link]] = {}
    for part in asked.direction.parts:
        read = reach.links_up if part is Direction.BACKWARD else reach.links_down
        rows = await read(tx, asked.seeds, MAXIMUM_LINKS + 1, known_at=asked.known_at)
        if len(rows) > MAXIMUM_LINKS:
            return None
        given[part] = [_link(row) for row in rows if asked.as_of is None or row["occurred_at"] <= asked.as_of]
    down = given.get(Direction.FORWARD, ())
    made = await repository.made_at(tx, {link.parent_id for link in down if link.kind is LinkKind.INPUT}, asked.as_of, asked.known_at)
    reached: dict[Direction, dict[int, Reached]] = {part: {} for part in (Direction.BACKWARD, Direction.FORWARD)}
    links: dict[tuple[int, int, int, int], Link] = {}
    for part, told in given.items():
        doubted = doubt_links(told, made)
        if narrow is not None:
            doubted = await narrow(doubted)
        links |= {(link.parent_id, link.child_id, link.event_id, int(link.kind)): link for link in doubted}
        lots: set[int] = set()
        perhaps: set[int] = set()
        if part is Direction.BACKWARD and any(start.kind is not ObjectKind.LOT for start in starts):
            pairs = set(await reach.lots_of(tx, asked.seeds, known_at=asked.known_at))
            lots, perhaps = {lot for _, lot in pairs}, lots_in_doubt(pairs) - set(asked.seeds)
        reached[part] = reach_from([*asked.seeds, *lots], doubted, part, perhaps=perhaps)
    return _Found(links.values(), reached[Direction.BACKWARD], reached[Direction.FORWARD])


async def _window(tx: TenantTransaction, asked: Asked, continue_after: str | None) -> _Found:
    """One window. Distances aren't counted in it; certain is what links reach that are certain all along, also those of other windows."""
    found = await next_window(tx, asked, continue_after)
    links = [_link(row) for row in found.rows]
    made = await repository.made_at(tx, {link.parent_id for link in links if link.kind is LinkKind.INPUT}, asked.as_of, asked.known_at)
    nodes = {node for link in links for node in (link.parent_id, link.child_id)} | (set(asked.seeds) if continue_after is None else set())
    sure = await sure_of(tx, asked, found.way, nodes)
    unsure = Reached(UNCOUNTED, Certainty.POSSIBLE, (Doubt.NOT_PROVEN,))
    reached = {node: Reached(UNCOUNTED, Certainty.CERTAIN) if node in sure else unsure for node in nodes}
    up, down = (reached, {}) if found.way is Direction.BACKWARD else ({}, reached)
    return _Found(doubt_links(links, made), up, down, truncated=True, continue_after=found.continue_after)


def _link(row: Record) -> Link:
    return Link(
        row["parent_id"], row["child_id"], row["event_id"], LinkKind(row["kind"]), row["occurred_at"], row["quantity"], row["uom"],
        Certainty(row["certainty"]),
    )  # fmt: skip


async def _told(links: list[Link], tx: TenantTransaction, sites: Sites | None) -> list[Link]:
    """The links without the quantities that only events at other sites tell."""
    if sites is None:
        return links
    here = await events_at(tx, {link.event_id for link in links}, sites)
    return [link if link.event_id in here else replace(link, quantity=None, uom=None) for link in links]


async def _gaps(tx: TenantTransaction, nodes: Collection[int], known_at: datetime | None) -> tuple[Gap, ...]:
    rows = await repository.gaps(tx, nodes, known_at=known_at) if nodes else []
    products = await objects.load(tx, {row["product_id"] for row in rows})
    return tuple(Gap(row["node_id"], products[row["product_id"]], row["occurred_at"]) for row in rows)


async def shipments_reached(tx: TenantTransaction, key: str, sites: Sites | None = None) -> list[ReachedShipment]:
    """Every shipment, from or to `sites`, that carried the object or anything made from it, oldest first: the heart of a recall's scope.

    A lot is followed through the rollup, a unit or container through the packing that it lay in as each shipment left.
    """
    start = await objects.find(tx, key, sites)
    return await shipments_of(tx, [start], await seeds_of(tx, [start], None), sites)
