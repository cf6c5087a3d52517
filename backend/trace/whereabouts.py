"""Where goods are now: in stock, in transit, in production, shipped to whom, used up, destroyed; by their events, for many at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol

from backend.catalog.sites import Sites
from backend.genealogy.rules import IN_TRANSIT, Certainty
from backend.trace import impact_repository
from backend.trace.answer import ReachedShipment, TraceNode
from infra.clock import now
from infra.database import TenantTransaction


class GoodsState(StrEnum):
    """What became of goods."""

    IN_STOCK = "in_stock"
    IN_TRANSIT = "in_transit"
    IN_PRODUCTION = "in_production"
    SHIPPED = "shipped"
    CONSUMED = "consumed"
    SOLD = "sold"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """How much of a lot is, or has become, what; at a place, or gone to a party.

    `quantity` is None where an event tells none; an empty `uom` counts pieces.
    """

    state: GoodsState
    place: str | None
    party: str | None
    quantity: Decimal | None
    uom: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Total:
    """The same for all goods of a product together; `objects` counts lots and units."""

    state: GoodsState
    gtin: str | None
    place: str | None
    party: str | None
    quantity: Decimal | None
    uom: str
    certainty: Certainty
    objects: int


class Hit(Protocol):
    """What is asked about: an impact, or a part of a recall's scope."""

    @property
    def shipments(self) -> tuple[ReachedShipment, ...]:
        """Those that carried some of it."""

    def certainty_at(self, node: TraceNode, place: str | None) -> Certainty | None:
        """How sure it is that what is at a place now is hit; None where it is proven not to be."""


_ORDER: Final = tuple(GoodsState)
_Amounts = dict[tuple[int, str | None, str], Decimal]


async def whereabouts(tx: TenantTransaction, hit: Hit, nodes: Collection[TraceNode], sites: Sites | None = None) -> dict[int, list[Whereabouts]]:
    """Of these goods of an impact, at `sites`.

    What left inside of a container is taken off the stock of the place that it left from, in the same unit of measure, and what a place
    gave that never came there is taken off the others'; quantities in different units (kilograms made, pieces shipped) stand beside each
    other. What is in stock at no place is so at one that isn't told.
    """
    ids = [node.thing.object_id for node in nodes]
    left = _Left.of(hit, set(ids))
    named = await impact_repository.shipped_by_name(tx, ids, left.shipments, IN_TRANSIT) if left.shipments else []
    for row in named:
        left.by_name[row["object_id"], row["shipment_id"], row["uom"]] += row["quantity"]
    found: dict[int, list[Whereabouts]] = defaultdict(list)
    of = {node.thing.object_id: node for node in nodes}
    used: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for row in await impact_repository.used_inside(tx, ids, sites):
        least = max(of[row["object_id"]].certainty, Certainty(row["certainty"]))
        quantity = row["quantity"] if row["whole"] else None
        found[row["object_id"]].append(Whereabouts(GoodsState.CONSUMED, None, None, quantity, row["uom"], least))
        if row["whole"] and row["certainty"] == Certainty.CERTAIN:
            used[row["object_id"], row["uom"]] += row["quantity"]
    for object_id, one in await _still_here(tx, hit, of, left, used, sites=sites):
        found[object_id].append(one)
    for row in await impact_repository.uses(tx, ids, sites):
        state = GoodsState.CONSUMED if row["finished"] else GoodsState.IN_PRODUCTION
        found[row["object_id"]].append(Whereabouts(state, None, None, row["quantity"], row["uom"], of[row["object_id"]].certainty))
    for row in await impact_repository.destroyed(tx, ids, sites):
        node = of[row["object_id"]]
        state = GoodsState.SOLD if row["sold"] else GoodsState.DESTROYED
        found[row["object_id"]].append(Whereabouts(state, row["place"], None, row["quantity"], row["uom"], node.certainty))
    for object_id, shipped in left.told().items():
        found[object_id] += shipped
    return {object_id: sorted(told, key=_place_in_order) for object_id, told in found.items()}


async def _still_here(
    tx: TenantTransaction,
    hit: Hit,
    of: Mapping[int, TraceNode],
    left: "_Left",
    used: Mapping[tuple[int, str], Decimal],
    *,
    sites: Sites | None,
) -> list[tuple[int, Whereabouts]]:
    """What is in stock or in transit. What was used inside of a container (`used`) has no movements of its own."""
    stock: dict[tuple[int, str], dict[str | None, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    moving: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for row in await impact_repository.positions(tx, list(of), now()):
        if sites is not None and not sites.cover(row["place"]):
            continue
        if row["place"] == IN_TRANSIT:
            moving[row["object_id"], row["uom"]] += row["quantity"]
        else:
            stock[row["object_id"], row["uom"]][row["place"]] += row["quantity"]
    for (object_id, place, uom), quantity in left.inside().items():
        stock[object_id, uom][place] -= quantity
    for (object_id, _, uom), quantity in left.outside().items():
        moving[object_id, uom] -= quantity
    for part, quantity in used.items():
        stock[part][None] -= quantity
    told = [(part, GoodsState.IN_STOCK, place, quantity) for part, places in stock.items() for place, quantity in in_stock(places)]
    told += [(part, GoodsState.IN_TRANSIT, None, quantity) for part, quantity in moving.items() if quantity > 0]
    return [
        (object_id, Whereabouts(state, place, None, quantity, uom, sure))
        for (object_id, uom), state, place, quantity in told
        if (sure := hit.certainty_at(of[object_id], place)) is not None
    ]


def in_stock(places: Mapping[str | None, Decimal]) -> list[tuple[str | None, Decimal]]:
    """What is left, and where, of what came to places and was taken from them.

    More was taken from a place than came there where the way between two places isn't told: it came from the others, so their goods are
    fewer. Where that may be more than one other, what is left is at no place that could be named.
    """
    there = {place: quantity for place, quantity in places.items() if quantity > 0}
    missing = -sum((quantity for quantity in places.values() if quantity < 0), Decimal(0))
    if not missing:
        return list(there.items())
    left = sum(there.values(), Decimal(0)) - missing
    if left <= 0:
        return []
    return [(next(iter(there)) if len(there) == 1 else None, left)]


def totals(nodes: Iterable[TraceNode], told: dict[int, list[Whereabouts]]) -> list[Total]:
    """By state, product, place or party, and unit of measure; certain and possible apart."""
    summed: dict[tuple[object, ...], Total] = {}
    for node in nodes:
        for one in told.get(node.thing.object_id, ()):
            key = (one.state, node.thing.gtin, one.place, one.party, one.uom, one.certainty)
            known = summed.get(key)
            if known is None:
                summed[key] = Total(one.state, node.thing.gtin, one.place, one.party, one.quantity, one.uom, one.certainty, 1)
                continue
            quantity = None if known.quantity is None or one.quantity is None else known.quantity + one.quantity
            summed[key] = Total(one.state, node.thing.gtin, one.place, one.party, quantity, one.uom, one.certainty, known.objects + 1)
    return sorted(
        summed.values(),
        key=lambda one: (_ORDER.index(one.state), one.gtin or "", one.place or "", one.party or "", one.uom, one.certainty),
    )


def _place_in_order(one: Whereabouts) -> tuple[int, str, str, str, int]:
    return _ORDER.index(one.state), one.place or "", one.party or "", one.uom, int(one.certainty)


class _Left:
    """What left in shipments: by name, or inside of a container that was named."""

    def __init__(self, rows: Sequence[tuple[int, int, str | None, str | None, Decimal, str, Certainty]]) -> None:
        self._rows = rows
        self.by_name: dict[tuple[int, int, str], Decimal] = defaultdict(Decimal)
        self.shipments = {row[1] for row in rows}

    @classmethod
    def of(cls, hit: Hit, ids: Collection[int]) -> "_Left":
        """(object, shipment, from place, to party, quantity, unit of measure, certainty) of these goods."""
        rows = []
        for shipment, lots in ((reached.shipment, reached.lots) for reached in hit.shipments):
            for lot in (lot for lot in lots if lot.lot.object_id in ids):
                moved = (lot.quantity, lot.uom, lot.certainty)
                rows.append((lot.lot.object_id, shipment.shipment_id, shipment.from_place, shipment.to_party, *moved))
        return cls(rows)

    def inside(self) -> _Amounts:
        """How much left a place inside of containers, so that its own movements don't tell of it."""
        found: _Amounts = defaultdict(Decimal)
        for object_id, shipment_id, place, _, quantity, uom, _ in self._rows:
            found[object_id, place, uom] += max(Decimal(0), quantity - self.by_name.get((object_id, shipment_id, uom), Decimal(0)))
        return found

    def outside(self) -> _Amounts:
        """How much is in transit by its movements that is told as shipped to somebody."""
        found: _Amounts = defaultdict(Decimal)
        for (object_id, _, uom), quantity in self.by_name.items():
            found[object_id, None, uom] += quantity
        return found

    def told(self) -> dict[int, list[Whereabouts]]:
        """Added up by party; as certain as the least certain part."""
        summed: dict[tuple[int, str | None, str], tuple[Decimal, Certainty]] = {}
        for object_id, _, _, party, quantity, uom, sure in self._rows:
            known, least = summed.get((object_id, party, uom), (Decimal(0), Certainty.CERTAIN))
            summed[object_id, party, uom] = (known + quantity, max(least, sure))
        found: dict[int, list[Whereabouts]] = defaultdict(list)
        for (object_id, party, uom), (quantity, sure) in summed.items():
            found[object_id].append(Whereabouts(GoodsState.SHIPPED, None, party, quantity, uom, sure))
        return found
