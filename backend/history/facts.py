"""What the projections tell of a batch of lots and units, gathered in a fixed number of statements."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from backend.catalog import service as catalog
from backend.catalog.service import Location, Product
from backend.genealogy import reach
from backend.genealogy.rules import Certainty, LinkKind
from backend.history import repository
from backend.history.document import StepKind
from backend.history.rules import EventWords, Fact, passed, read_body
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.shipments import service as shipments
from infra.database import Record, TenantTransaction

MAXIMUM_LINKS: Final = 100_000
OUTBOUND: Final = 1
_SUBJECT, _CHILD, _OUTPUT = 1, 3, 5


@dataclass(frozen=True, slots=True)
class Lot:
    """The lot of a unit."""

    lot_id: int
    key: str
    number: str


@dataclass(slots=True)
class Told:
    """What events tell of one lot or unit: public steps, and the words of those that may carry dates and certificates."""

    facts: list[Fact] = field(default_factory=list)
    words: list[EventWords] = field(default_factory=list)


@dataclass(slots=True)
class Upstream:
    """The links that lead to a batch of goods; None in `links` where they are too many to be listed."""

    links: dict[int, list[tuple[int, LinkKind, Certainty]]] | None
    things: Mapping[int, TraceableObject]
    products: Mapping[str, Product]


async def lots_of(tx: TenantTransaction, units: Collection[int]) -> dict[int, Lot]:
    """Each unit's lot; a unit of which two lots are told has none for certain."""
    told: dict[int, list[Lot]] = defaultdict(list)
    for row in await repository.lots_of_units(tx, units) if units else ():
        told[row["unit_id"]].append(Lot(row["lot_id"], row["key"], row["code"]))
    return {unit: found[0] for unit, found in told.items() if len(found) == 1}


async def gather(tx: TenantTransaction, lots: Sequence[int], units: Sequence[int], lot_of: Mapping[int, Lot]) -> dict[int, Told]:
    """What is told of each lot and unit."""
    rows = await repository.events_of(tx, [*lots, *units])
    by_units = await repository.events_of_units(tx, lots) if lots else []
    wanted = {row["event_id"] for row in rows if _may_carry_words(row, lot_of)} | {row["event_id"] for row in by_units if not row["packing"]}
    words = {event_id: read_body(body) for event_id, body in (await repository.bodies(tx, wanted)).items()} if wanted else {}
    events: dict[int, list[Record]] = defaultdict(list)
    for row in rows:
        events[row["object_id"]].append(row)
    told = {thing: _told_by_own(events[thing], words, unit_of_lot=thing in lot_of) for thing in (*lots, *units)}
    for row in by_units:
        _add_units(told[row["lot_id"]], row, words)
    await _add_shipments(tx, lots, units, told)
    return told


def _may_carry_words(row: Record, lot_of: Mapping[int, Lot]) -> bool:
    """A unit's commissioning says what its lot's making says; every other making and inspection is read."""
    return row["role"] == _OUTPUT or (row["role"] == _SUBJECT and (row["object_id"] not in lot_of or row["biz_step"] == "inspecting"))


def _told_by_own(rows: Sequence[Record], words: Mapping[int, EventWords], *, unit_of_lot: bool) -> Told:
    told = Told()
    came_out = any(row["role"] == _OUTPUT for row in rows)
    for row in rows:
        said = words.get(row["event_id"])
        inspected = row["role"] == _SUBJECT and row["biz_step"] == "inspecting"
        kind = StepKind.MADE
        if inspected:
            kind = StepKind.INSPECTED
        elif row["role"] == _CHILD:
            kind = StepKind.PACKED
        elif row["role"] == _SUBJECT and (unit_of_lot or came_out):
            kind = StepKind.NUMBERED
        at = row["event_time"]
        told.facts.append(Fact(kind, at, at, row["event_offset"], row["place"], inspected and passed(row["disposition"]), said))
        if said:
            told.words.append(said)
    return told


def _add_units(told: Told, row: Record, words: Mapping[int, EventWords]) -> None:
    """What a lot's units tell of their lot: their packing; their making only where none is told of the lot itself."""
    said = words.get(row["event_id"])
    if row["packing"]:
        told.facts.append(Fact(StepKind.PACKED, row["first_at"], row["last_at"], row["event_offset"], row["place"]))
        return
    if not any(fact.kind is StepKind.MADE for fact in told.facts):
        told.facts.append(Fact(StepKind.MADE, row["first_at"], row["last_at"], row["event_offset"], row["place"]))
    if said:
        told.words.append(said)


async def _add_shipments(tx: TenantTransaction, lots: Sequence[int], units: Sequence[int], told: Mapping[int, Told]) -> None:
    """When goods left a place of the tenant's own; not to whom, and not how much."""
    for row in await repository.shipments_of(tx, lots) if lots else ():
        fact = Fact(StepKind.SHIPPED, row["first_at"], row["last_at"], row["event_offset"], row["place"])
        told[row["lot_id"]].facts.append(fact)
    pairs = await shipments.carrying(tx, units)
    ids = {shipment_id for _, shipment_id in pairs}
    shipped = {shipment.shipment_id: shipment for shipment in await shipments.load(tx, ids) if shipment.direction == OUTBOUND} if ids else {}
    offsets = await repository.offsets(tx, shipped) if shipped else {}
    for unit, shipment_id in pairs:
        if shipment := shipped.get(shipment_id):
            at = shipment.shipped_at
            told[unit].facts.append(Fact(StepKind.SHIPPED, at, at, offsets[shipment_id], shipment.from_place))


async def upstream(tx: TenantTransaction, goods: Sequence[int]) -> Upstream:
    """Everything that the goods came from, with what the catalogue says of it."""
    rows = await reach.links_up(tx, goods, MAXIMUM_LINKS + 1) if goods else []
    if len(rows) > MAXIMUM_LINKS:
        return Upstream(None, {}, {})
    links: dict[int, list[tuple[int, LinkKind, Certainty]]] = defaultdict(list)
    for row in rows:
        links[row["child_id"]].append((row["parent_id"], LinkKind(row["kind"]), Certainty(row["certainty"])))
    things = await objects.load(tx, {row[end] for row in rows for end in ("parent_id", "child_id")} | set(goods))
    products = await catalog.products_by_gtin(tx, {thing.gtin for thing in things.values() if thing.gtin})
    return Upstream(links, things, products)


async def locations_with_parents(tx: TenantTransaction, places: Collection[str]) -> dict[str, Location]:
    """These places, as far as the company has said whose they are, and every place that they are a part of."""
    known: dict[str, Location] = {}
    missing = set(places)
    while missing:
        told = await catalog.locations_by_place(tx, missing)
        found = {place: location for place, location in told.items() if not location.undetermined}
        known |= found
        missing = {location.parent_place for location in found.values() if location.parent_place} - known.keys()
    return known
