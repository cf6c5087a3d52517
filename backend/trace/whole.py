"""The whole of a trace in short: what it counts, customers, suppliers, containers as of its moment."""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeVar

from backend.catalog.sites import Sites
from backend.genealogy.rules import Certainty
from backend.identifiers import STEPS_OF_GENEALOGY, ObjectKind
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.trace import whole_repository
from backend.trace.answer import ReachedShipment, ShippedLot, Trace
from backend.trace.rules import Direction
from infra import clock
from infra.database import Record, TenantTransaction

K = TypeVar("K", bound=Hashable)
MOST_CONTENTS: Final = 100
AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Counts:
    """How many nodes a whole trace has: in all, by kind, by product (GTIN) and by the place where they are as of its moment, most first."""

    nodes: int
    kinds: tuple[tuple[ObjectKind, int], ...]
    products: tuple[tuple[str, int], ...]
    places: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Customer:
    """To whom goods of the trace went, in how many shipments, and how much of what; `party` is None where the shipment names nobody."""

    party: str | None
    shipments: int
    first_at: datetime
    last_at: datetime
    goods: tuple[ShippedLot, ...]


@dataclass(frozen=True, slots=True)
class Supply:
    """How much of an object was received from a supplier."""

    thing: TraceableObject
    quantity: Decimal
    uom: str
    first_at: datetime


@dataclass(frozen=True, slots=True)
class Supplier:
    """From whom goods of the trace were received."""

    party: str
    goods: tuple[Supply, ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """How much of an object of the trace lies directly in a container; units count under their lot where that is in the trace."""

    thing: TraceableObject
    quantity: Decimal
    uom: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Container:
    """A container with goods of the trace in it as of its moment; `contents` are at most 100 of `content_count`."""

    thing: TraceableObject
    within: TraceableObject | None
    contents: tuple[Packed, ...]
    content_count: int


def moment_of(trace: Trace) -> datetime:
    """As of when the trace looks."""
    return trace.as_of or clock.now()


def goods_of(trace: Trace) -> list[int]:
    """The objects of a trace that lie, move and are sold: not what the genealogy has put between them."""
    return [node.thing.object_id for node in trace.nodes if node.thing.kind not in STEPS_OF_GENEALOGY]


def lying_in(trace: Trace) -> list[int]:
    """What may lie in a container: goods, and a transformation whose outcome was filled in."""
    states = (ObjectKind.CONTAINER_STATE, ObjectKind.POOL)
    return [node.thing.object_id for node in trace.nodes if node.thing.kind not in states]


async def counts(tx: TenantTransaction, trace: Trace, sites: Sites | None = None) -> Counts:
    """Of the whole, also where the trace is cut; places are those in `sites`. By what was known earlier, a cut trace counts as known now."""
    at = moment_of(trace)
    kinds: Counter[ObjectKind] = Counter()
    products: Counter[str] = Counter()
    if trace.truncated:
        ways = {"upwards": Direction.BACKWARD in trace.direction.parts, "downwards": Direction.FORWARD in trace.direction.parts}
        for row in await whole_repository.counts(tx, trace.seeds, at, **ways):
            kinds[ObjectKind(row["kind"])] += row["number"]
            if row["gtin"]:
                products[row["gtin"]] += row["number"]
        placed = await whole_repository.place_counts(tx, trace.seeds, at, **ways)
    else:
        kinds.update(node.thing.kind for node in trace.nodes)
        products.update(node.thing.gtin for node in trace.nodes if node.thing.gtin)
        placed = await whole_repository.places_of(tx, goods_of(trace), at)
    places = {row["place"]: row["number"] for row in placed if sites is None or sites.cover(row["place"])}
    return Counts(kinds.total(), _most(kinds), _most(products), _most(Counter(places)))


def _most(found: Counter[K]) -> tuple[tuple[K, int], ...]:
    return tuple(sorted(found.items(), key=lambda one: (-one[1], str(one[0]))))


def customers(reached: Iterable[ReachedShipment]) -> list[Customer]:
    """By party. Quantities of one lot in one unit are added; a sum is as certain as the least certain of its parts."""
    by_party: dict[str | None, list[ReachedShipment]] = defaultdict(list)
    for one in reached:
        by_party[one.shipment.to_party].append(one)
    found = []
    for party, shipped in by_party.items():
        goods: dict[tuple[int, str], ShippedLot] = {}
        for lot in (lot for one in shipped for lot in one.lots):
            known = goods.get((lot.lot.object_id, lot.uom))
            quantity, certainty = (
                (lot.quantity, lot.certainty) if known is None else (known.quantity + lot.quantity, max(known.certainty, lot.certainty))
            )
            goods[lot.lot.object_id, lot.uom] = ShippedLot(lot.lot, quantity, lot.uom, Certainty(certainty))
        moments = [one.shipment.shipped_at for one in shipped]
        ordered = tuple(sorted(goods.values(), key=lambda lot: (lot.lot.key, lot.uom)))
        found.append(Customer(party, len(shipped), min(moments), max(moments), ordered))
    return sorted(found, key=lambda customer: customer.party or "")


async def suppliers(tx: TenantTransaction, trace: Trace, sites: Sites | None = None) -> list[Supplier]:
    """From whom goods of the trace were received at `sites`, by their receipts."""
    rows = await whole_repository.received(tx, goods_of(trace), moment_of(trace), trace.known_at)
    rows = [row for row in rows if sites is None or sites.cover(row["place"])]
    things = {node.thing.object_id: node.thing for node in trace.nodes}
    by_party: dict[str, dict[tuple[int, str], Supply]] = defaultdict(dict)
    for row in rows:
        goods, key = by_party[row["counterparty"]], (row["object_id"], row["uom"])
        known = goods.get(key)
        quantity, first = (
            (row["quantity"], row["first_at"]) if known is None else (known.quantity + row["quantity"], min(known.first_at, row["first_at"]))
        )
        goods[key] = Supply(things[row["object_id"]], quantity, row["uom"], first)
    return [
        Supplier(party, tuple(sorted(goods.values(), key=lambda supply: (supply.thing.key, supply.uom)))) for party, goods in sorted(by_party.items())
    ]


async def containers(
    tx: TenantTransaction, trace: Trace, *, cursor: str | None, backward: bool, limit: int, sites: Sites | None = None
) -> list[Container]:
    """Containers in which goods of the trace, or units of them, lay as of its moment, by key from behind the cursor, in the order of going.

    A container is met at `sites`; then so is all that it holds.
    """
    goods, at = lying_in(trace), moment_of(trace)
    ids: list[int] = []
    while len(ids) < limit:
        asked = limit if sites is None else max(limit, AT_ONCE)
        boxes = await whole_repository.containers(tx, goods, at, known_at=trace.known_at, cursor=cursor, backward=backward, limit=asked)
        met = await objects.met_at(tx, [row["object_id"] for row in boxes], sites)
        ids += [row["object_id"] for row in boxes if row["object_id"] in met]
        if len(boxes) < asked:
            break
        cursor = boxes[-1]["key"]
    ids = ids[:limit]
    rows = await whole_repository.contents_of(tx, ids, goods, at, known_at=trace.known_at, limit=MOST_CONTENTS)
    outer = await whole_repository.outer_of(tx, ids, at, trace.known_at)
    things = await objects.load(tx, {*ids, *outer.values(), *(row["object_id"] for row in rows)})
    inside: dict[int, list[Record]] = defaultdict(list)
    for row in rows:
        inside[row["container_id"]].append(row)
    return [
        Container(things[box], things.get(outer.get(box, 0)), _packed(inside[box], things), inside[box][0]["total"] if inside[box] else 0)
        for box in ids
    ]


async def neighbours(tx: TenantTransaction, trace: Trace, boxes: Collection[Container]) -> dict[int, tuple[tuple[Packed, ...], int]]:
    """What lies beside the trace's goods directly in each of these containers, at most 100 of the number told: co-packed, not reached."""
    ids = [box.thing.object_id for box in boxes]
    rows = await whole_repository.neighbours(tx, ids, lying_in(trace), moment_of(trace), MOST_CONTENTS)
    things = await objects.load(tx, {row["object_id"] for row in rows})
    beside: dict[int, list[Record]] = defaultdict(list)
    for row in rows:
        beside[row["container_id"]].append(row)
    return {box: (_packed(found, things), found[0]["total"]) for box, found in beside.items()}


def _packed(rows: Collection[Record], things: dict[int, TraceableObject]) -> tuple[Packed, ...]:
    return tuple(Packed(things[row["object_id"]], row["quantity"], row["uom"], row["since"]) for row in rows)
