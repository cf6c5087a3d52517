"""Puts the documents of a batch of lots and units together from what is told of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.catalog import service as catalog
from backend.catalog import versions
from backend.catalog.service import Location, Product
from backend.catalog.versions import NamesThen
from backend.history import facts, recalled, repository
from backend.history.document import History, Names, Recalled, Status, encode
from backend.history.facts import Lot, Told, Upstream
from backend.history.rules import materials_of, steps_of
from backend.holds import reach as holds_reach
from backend.holds import service as holds
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from infra.database import TenantTransaction

Row = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class Called:
    """What products and places were called through time: goods and what went into them are named as when they were made, a step's place
    as when it was taken. The page of a product by itself names it as today.
    """

    products: NamesThen
    places: NamesThen


def product_key(gtin: str) -> str:
    """The key of a product's own page."""
    return f"01/{gtin}"


async def compile_rows(tx: TenantTransaction, lots: Sequence[int], units: Sequence[int]) -> list[Row]:
    """(key, the lot's key, document) for each lot and unit, and for the products that they are of."""
    things = await objects.load(tx, [*lots, *units])
    products = await catalog.products_by_gtin(tx, {thing.gtin for thing in things.values() if thing.gtin})
    lot_of = await facts.lots_of(tx, units)
    told = await facts.gather(tx, lots, units, lot_of)
    locations = await facts.locations_with_parents(tx, {fact.place for item in told.values() for fact in item.facts if fact.place})
    alone = await repository.with_own_making(tx, units) | {unit for unit in units if unit not in lot_of} if units else set()
    up = await facts.upstream(tx, [*lots, *sorted(alone)])
    statuses = await _statuses(tx, things, lot_of)
    called = Called(
        await versions.names_then(tx, Product, {*products, *up.products}), await versions.names_then(tx, Location, locations)
    )  # fmt: skip
    recalls, of_products = await recalled.of_objects(tx, things), await recalled.of_products(tx, products)
    rows: list[Row] = [
        (product_key(product.gtin), None, encode(_of_product(product, of_products.get(product.gtin, ())))) for product in products.values()
    ]
    for thing_id, thing in sorted(things.items()):
        lot = lot_of.get(thing_id)
        shares_materials = thing.kind is ObjectKind.UNIT and thing_id not in alone
        history = _history(
            thing, products[thing.gtin or ""], told[thing_id], locations, called, lot=lot, status=statuses[thing_id],
            up=None if shares_materials else up, recalls=recalls.get(thing_id, ()),
        )  # fmt: skip
        rows.append((thing.key, lot.key if lot else None, encode(history)))
    return rows


def _of_product(product: Product, recalls: tuple[Recalled, ...]) -> History:
    return History(gtin=product.gtin, names=dict(product.names), shelf_life_days=product.shelf_life_days, recalls=recalls)


def _history(
    thing: TraceableObject,
    product: Product,
    told: Told,
    locations: Mapping[str, Location],
    called: "Called",
    *,
    lot: Lot | None,
    status: Status | None,
    up: Upstream | None,
    recalls: tuple[Recalled, ...],
) -> History:
    is_lot = thing.kind is ObjectKind.LOT
    number = thing.code if is_lot else lot.number if lot else None
    words = [said for said in told.words if said.tells_of(number)]
    made = min((fact.at for fact in told.facts), default=None)

    def named(of: Product) -> Names:
        return dict(called.products.of(of.gtin, made, of.names) if made else of.names)

    return History(
        gtin="" if lot else product.gtin,
        names={} if lot else named(product),
        lot=None if lot else number,
        serial=None if is_lot else thing.code,
        status=status,
        produced_on=next((said.produced_on for said in words if said.produced_on), None),
        expires_on=next((said.expires_on for said in words if said.expires_on), None),
        best_before=next((said.best_before for said in words if said.best_before), None),
        steps=steps_of(told.facts, locations, called.places),
        materials=materials_of(thing.object_id, up.links, up.things, up.products, named) if up and up.links is not None else None,
        certificates=tuple(dict.fromkeys(address for said in words for address in said.certificates)),
        recalls=recalls,
    )


async def _statuses(tx: TenantTransaction, things: Mapping[int, TraceableObject], lot_of: Mapping[int, Lot]) -> dict[int, Status | None]:
    """Each one's status; None for a unit that is held, or free, just as its lot is.

    A unit of a held lot is held with it, unless a release named the unit: only those, and the units of free lots, are asked about.
    """
    lots = {thing.key: thing_id for thing_id, thing in things.items() if thing.kind is ObjectKind.LOT}
    held = await _held(tx, lots | {lot.key: lot.lot_id for lot in lot_of.values()})
    named = {cut for _, cuts in (await holds_reach.holds_reaching(tx)).values() for cut in cuts} if held else set()
    through_lot = {unit for unit, lot in lot_of.items() if lot.lot_id in held and unit not in named}
    asked = {thing.key: thing_id for thing_id, thing in things.items() if thing.kind is ObjectKind.UNIT and thing_id not in through_lot}
    held |= through_lot | await _held(tx, asked)
    statuses: dict[int, Status | None] = {thing: Status.REVIEW if thing in held else Status.CLEAR for thing in things}
    return statuses | {unit: None for unit, lot in lot_of.items() if (unit in held) is (lot.lot_id in held)}


async def _held(tx: TenantTransaction, goods: Mapping[str, int]) -> set[int]:
    """Which of these goods, by key, the gate would refuse to ship. An answer names some causes, not all: what it names is asked no more."""
    remaining = dict(goods)
    held: set[int] = set()
    while remaining and (causes := await holds.why_held(tx, list(remaining.values()))):
        told = {remaining.pop(cause.held_key) for cause in causes if cause.held_key in remaining}
        if not told:
            # Something inside the goods is held, and in which of them it lies isn't said.
            return held | {thing for thing in remaining.values() if await holds.why_held(tx, [thing])}
        held |= told
    return held
