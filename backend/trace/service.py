"""Trace an object back to everything that it came from, or forward to everything made from it and where that went."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from backend.catalog.sites import Sites
from backend.events.lookup_service import events_at
from backend.genealogy import containment, reach
from backend.genealogy import query_service as genealogy
from backend.genealogy.rules import Certainty, LinkKind
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.shipments import service as shipments
from backend.shipments.service import Shipment
from backend.trace import repository
from backend.trace.errors import TraceTooLargeError
from backend.trace.rules import Direction, Link, doubt_links, steps_from
from infra import clock
from infra.database import TenantTransaction

MAXIMUM_LINKS = 100_000
CONTENTS_LIMIT = 5_000


@dataclass(frozen=True, slots=True)
class TraceNode:
    """One object of a trace; `steps` is its distance in links from the object asked about."""

    thing: TraceableObject
    steps: int
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Gap:
    """A product went into a step without its lot, and no lot of it was known to be present."""

    node_id: int
    product: TraceableObject
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class ShippedLot:
    """How much of one lot (or one unit) a shipment carried."""

    lot: TraceableObject
    quantity: Decimal
    uom: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class ReachedShipment:
    """A shipment that carried something of the trace."""

    shipment: Shipment
    lots: tuple[ShippedLot, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """The whole answer; pages are cut from it. `nodes` stand in order of their steps, `links` in order of time."""

    start: TraceableObject
    direction: Direction
    as_of: datetime | None
    nodes: tuple[TraceNode, ...]
    links: tuple[Link, ...]
    gaps: tuple[Gap, ...]


async def trace(tx: TenantTransaction, key: str, direction: Direction, *, as_of: datetime | None = None, sites: Sites | None = None) -> Trace:
    """The closure of an object over the links in force; cycles end at the visited set, and there is no depth limit.

    For a container it starts from what is in it as of `as_of` (now by default). With `as_of`, links of events after it are
    left out. With `sites` it starts from what is met there, and isn't cut at their fence, because reachability decides a recall; of
    a step elsewhere only what it links is told. Raises `ObjectNotFoundError`; `TraceTooLargeError` above 100,000 links.
    """
    start = await objects.find(tx, key, sites)
    seeds = await _seeds(tx, start, as_of)
    if direction is Direction.BACKWARD:
        rows = await reach.links_up(tx, seeds, MAXIMUM_LINKS + 1)
        memberships = await reach.lots_of(tx, seeds)
    else:
        rows = await reach.links_down(tx, seeds, MAXIMUM_LINKS + 1)
        memberships = []
    if len(rows) > MAXIMUM_LINKS:
        raise TraceTooLargeError(f"More than {MAXIMUM_LINKS} links lead from {start.uri}. Ask from an object nearer to the goods.", field="key")
    links = [
        Link(
            row["parent_id"], row["child_id"], row["event_id"], LinkKind(row["kind"]), row["occurred_at"], row["quantity"], row["uom"],
            Certainty(row["certainty"]),
        )
        for row in rows
        if as_of is None or row["occurred_at"] <= as_of
    ]  # fmt: skip
    doubted = sorted(doubt_links(links), key=lambda link: (link.occurred_at, link.event_id, link.parent_id, link.child_id, link.kind))
    reached = steps_from([*seeds, *(lot for _, lot in memberships)], doubted, direction)
    reached[start.object_id] = (0, Certainty.CERTAIN)
    kept = await _told([link for link in doubted if link.parent_id in reached and link.child_id in reached], tx, sites)
    things = await _things(tx, reached)
    nodes = sorted(
        (TraceNode(things[node], steps, certainty) for node, (steps, certainty) in reached.items() if node in things),
        key=lambda node: (node.steps, node.thing.kind, node.thing.key),
    )
    gaps = await _gaps(tx, [node.thing.object_id for node in nodes if node.thing.kind is ObjectKind.TRANSFORMATION])
    return Trace(start, direction, as_of, tuple(nodes), tuple(kept), gaps)


async def _things(tx: TenantTransaction, nodes: Collection[int]) -> dict[int, TraceableObject]:
    """The objects of nodes: a container for each of its states, the lot for its pool."""
    things = await objects.load(tx, nodes)
    states = await genealogy.containers_of(tx, [node for node, thing in things.items() if thing.kind is ObjectKind.CONTAINER_STATE])
    stands_for = {state: container for state, (container, _) in states.items()}
    pools = await genealogy.lots_of_pools(tx, [node for node, thing in things.items() if thing.kind is ObjectKind.POOL])
    named = await objects.load(tx, {*stands_for.values(), *pools.values()}) if stands_for or pools else {}
    shown = {state: replace(named[container], object_id=state) for state, container in stands_for.items()}
    return things | shown | {pool: replace(named[lot], object_id=pool, kind=ObjectKind.POOL) for pool, lot in pools.items()}


async def _told(links: list[Link], tx: TenantTransaction, sites: Sites | None) -> list[Link]:
    """The links without the quantities that only events at other sites tell."""
    if sites is None:
        return links
    here = await events_at(tx, {link.event_id for link in links}, sites)
    return [link if link.event_id in here else replace(link, quantity=None, uom=None) for link in links]


async def _seeds(tx: TenantTransaction, start: TraceableObject, as_of: datetime | None) -> list[int]:
    if start.kind not in containment.CONTAINERS:
        return [start.object_id]
    rows = await containment.contents(tx, start.object_id, as_of or clock.now(), CONTENTS_LIMIT + 1)
    if len(rows) > CONTENTS_LIMIT:
        raise TraceTooLargeError(f"{start.uri} holds more than {CONTENTS_LIMIT} objects. Ask for one of them.", field="key")
    states = await genealogy.states_of(tx, [start.object_id], as_of)
    return list(dict.fromkeys([start.object_id, *(row["content_id"] for row in rows), *states]))


async def _gaps(tx: TenantTransaction, nodes: list[int]) -> tuple[Gap, ...]:
    rows = await repository.gaps(tx, nodes) if nodes else []
    products = await objects.load(tx, {row["product_id"] for row in rows})
    return tuple(Gap(row["node_id"], products[row["product_id"]], row["occurred_at"]) for row in rows)


async def shipments_reached(tx: TenantTransaction, key: str, sites: Sites | None = None) -> list[ReachedShipment]:
    """Every shipment, from or to `sites`, that carried the object or anything made from it, oldest first: the heart of a recall's scope.

    A lot is followed through the rollup, a unit or container through the packing that it lay in as each shipment left.
    """
    start = await objects.find(tx, key, sites)
    seeds = await _seeds(tx, start, None)
    rows = [row for row in await reach.lots_and_shipments(tx, seeds) if row["shipment_id"] is not None]
    things = await objects.load(tx, {row["lot_id"] for row in rows} | set(seeds))
    carried: dict[int, dict[tuple[int, str], ShippedLot]] = defaultdict(dict)
    for row in rows:
        lot = ShippedLot(things[row["lot_id"]], row["quantity"], row["uom"], Certainty(row["certainty"]))
        carried[row["shipment_id"]][(row["lot_id"], row["uom"])] = lot
    start_itself = {start.object_id} if start.kind is not ObjectKind.LOT else set()
    singles = [seed for seed in seeds if things[seed].kind is ObjectKind.UNIT or seed in start_itself]
    for object_id, shipment_id in await shipments.carrying(tx, singles):
        lot = ShippedLot(things[object_id], Decimal(1), "", Certainty.CERTAIN)
        carried[shipment_id].setdefault((object_id, ""), lot)
    for object_id, shipment_id in await shipments.perhaps_carrying(tx, singles):
        lot = ShippedLot(things[object_id], Decimal(1), "", Certainty.POSSIBLE)
        carried[shipment_id].setdefault((object_id, ""), lot)
    return [ReachedShipment(shipped, tuple(carried[shipped.shipment_id].values())) for shipped in await shipments.load(tx, carried, sites)]
