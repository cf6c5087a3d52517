"""What became of affected goods, so many at a time: quantities, where they are, who got some of them; and sums over all."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from backend.genealogy import reach as genealogy
from backend.genealogy.rules import Certainty
from backend.holds import service as holds
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.recall_scope import reach_repository, telling_repository
from backend.recall_scope.answer import Affected, Amount, Balance, CoPacked, ScopeState, ScopeTotal, Whereabouts
from backend.recall_scope.reaching import Reached, parts_of
from backend.shipments import service as shipments
from backend.trace import whereabouts
from backend.trace.answer import ReachedShipment, ShippedLot, TraceNode
from backend.trace.parts import Use
from backend.trace.whereabouts import GoodsState
from infra import clock
from infra.database import TenantTransaction

GOODS_AT_ONCE: Final = 500
UNITS_AT_ONCE: Final = 20_000
_ORDER: Final = tuple(ScopeState)
_STOCK: Final = (ScopeState.IN_STOCK, ScopeState.ON_HOLD)
_USED: Final = (ScopeState.CONSUMED, ScopeState.IN_PRODUCTION)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some of the scope's goods, with the shipments that carried them: only what is of these stands in the shipments."""

    reached: Reached
    things: dict[int, TraceableObject]
    units: dict[int, int]
    shipments: tuple[ReachedShipment, ...]

    def certainty_at(self, node: TraceNode, place: str | None) -> Certainty | None:
        """How sure it is that what is at a place now is affected."""
        narrowed = self.reached.narrowed.get(node.thing.object_id)
        return node.certainty if narrowed is None else narrowed.verdict(Use(clock.now(), place, counted=True))


async def chunks(tx: TenantTransaction, ids: Iterable[int]) -> list[list[int]]:
    """The goods in parts that hold so many lots and units at most, in their order."""
    found: list[list[int]] = []
    for part in parts_of(ids):
        units, held = await reach_repository.unit_counts(tx, part), 0
        found.append([])
        for object_id in part:
            if found[-1] and (len(found[-1]) >= GOODS_AT_ONCE or held + units.get(object_id, 0) > UNITS_AT_ONCE):
                found.append([])
                held = 0
            found[-1].append(object_id)
            held += units.get(object_id, 0)
    return found


async def chunk_of(tx: TenantTransaction, reached: Reached, ids: Sequence[int]) -> Chunk:
    """These goods with their shipments."""
    things = await objects.load(tx, ids)
    return Chunk(reached, things, await reach_repository.unit_counts(tx, ids), await shipments_of(tx, reached, ids, things))


async def shipments_of(
    tx: TenantTransaction, reached: Reached, ids: Collection[int], things: dict[int, TraceableObject]
) -> tuple[ReachedShipment, ...]:
    """Shipments that carried some of these, oldest first, each lot as certain as it is affected and as it was in the shipment."""
    carried: dict[int, dict[tuple[int, str], ShippedLot]] = defaultdict(dict)
    for row in await telling_repository.shipped(tx, ids):
        carried[row["shipment_id"]][row["lot_id"], row["uom"]] = ShippedLot(
            things[row["lot_id"]], row["quantity"], row["uom"], Certainty(row["certainty"])
        )
    # Of what stands for itself in the sources, and isn't a lot, the packing tells by what it went.
    singles = [each for each in reached.seeds.ids & set(ids) if things[each].kind is ObjectKind.UNIT or _is_named(reached, things[each])]
    for object_id, shipment_id in await shipments.carrying(tx, singles):
        carried[shipment_id].setdefault((object_id, ""), ShippedLot(things[object_id], Decimal(1), "", Certainty.CERTAIN))
    for object_id, shipment_id in await shipments.perhaps_carrying(tx, singles):
        carried[shipment_id].setdefault((object_id, ""), ShippedLot(things[object_id], Decimal(1), "", Certainty.POSSIBLE))
    found = []
    for one in await shipments.load(tx, carried):
        lots = []
        for lot in carried[one.shipment_id].values():
            sure = reached.shipped_certainty(lot.lot.object_id, one.shipped_at, one.from_place)
            if sure is not None:
                lots.append(replace(lot, certainty=max(sure, lot.certainty)))
        if lots:
            found.append(ReachedShipment(one, tuple(lots)))
    return tuple(found)


def _is_named(reached: Reached, thing: TraceableObject) -> bool:
    return thing.object_id in reached.seeds.themselves and thing.kind is not ObjectKind.LOT


async def told(tx: TenantTransaction, chunk: Chunk) -> list[Affected]:
    """Everything about these goods, in the order in which they were asked for."""
    reach = chunk.reached.reach
    nodes = [
        TraceNode(thing, reach.distance(object_id), reach.certainty(object_id), reach.doubts(object_id))
        for object_id, thing in chunk.things.items()
    ]  # fmt: skip
    places = await whereabouts.whereabouts(tx, chunk, nodes)
    held = await held_among(tx, chunk.things)
    quantities = await came_of(tx, chunk.things)
    return [
        Affected(
            node.thing, node.certainty, node.doubts, node.steps, node.thing.object_id in chunk.reached.seeds.themselves,
            chunk.units.get(node.thing.object_id, 0), node.thing.object_id in held, quantities.get(node.thing.object_id, ()),
            tuple(sorted((_where(one, on_hold=node.thing.object_id in held) for one in places.get(node.thing.object_id, ())), key=_place_in_order)),
        )
        for node in nodes
    ]  # fmt: skip


async def held_among(tx: TenantTransaction, things: Collection[int]) -> set[int]:
    """Those of these that the lists of holds in force name, or their lot."""
    lots: dict[int, set[int]] = defaultdict(set)
    for unit, lot in await genealogy.lots_of(tx, things):
        lots[lot].add(unit)
    listed = await holds.listed(tx, {*things, *lots})
    return {each for each in things if each in listed} | {unit for lot in listed for unit in lots.get(lot, ())}


async def came_of(tx: TenantTransaction, ids: Collection[int]) -> dict[int, tuple[Amount, ...]]:
    """How much of each was made here or received: in each unit of measure that events tell."""
    found: dict[int, list[Amount]] = defaultdict(list)
    for row in await telling_repository.came(tx, ids):
        # Without a word of whom it came from, what was received may be what was shipped from another place before.
        received = row["bought"] or max(Decimal(0), row["received"] - row["shipped"])
        if quantity := row["made"] + received:
            found[row["object_id"]].append(Amount(quantity, row["uom"]))
    return {object_id: tuple(sorted(amounts, key=lambda one: one.uom)) for object_id, amounts in found.items()}


def _where(one: whereabouts.Whereabouts, *, on_hold: bool) -> Whereabouts:
    state = ScopeState.ON_HOLD if on_hold and one.state is GoodsState.IN_STOCK else ScopeState(one.state.value)
    return Whereabouts(state, one.place, one.party, one.quantity, one.uom, one.certainty)


def _place_in_order(one: Whereabouts) -> tuple[int, str, str, str, int]:
    return _ORDER.index(one.state), one.place or "", one.party or "", one.uom, int(one.certainty)


@dataclass(slots=True)
class Sums:
    """Totals and balances, added up over parts of a scope."""

    totals: dict[tuple[ScopeState, str | None, str | None, str | None, str, Certainty], ScopeTotal] = field(default_factory=dict)
    balances: dict[tuple[str | None, str], dict[str, Decimal]] = field(default_factory=dict)

    def add(self, goods: Iterable[Affected]) -> None:
        """Count these in."""
        for one in goods:
            for amount in one.quantities:
                self._balance(one.thing.gtin, amount.uom, "came", amount.quantity)
            for where in one.places:
                self._total(one.thing.gtin, where)
                if where.quantity is not None:
                    self._balance(one.thing.gtin, where.uom, _column(where.state), where.quantity)

    def _balance(self, gtin: str | None, uom: str, column: str, quantity: Decimal) -> None:
        sums = self.balances.setdefault((gtin, uom), defaultdict(Decimal))
        sums[column] += quantity

    def _total(self, gtin: str | None, one: Whereabouts) -> None:
        key = (one.state, gtin, one.place, one.party, one.uom, one.certainty)
        known = self.totals.get(key)
        if known is None:
            self.totals[key] = ScopeTotal(*key[:4], one.quantity, one.uom, one.certainty, 1)
            return
        quantity = None if known.quantity is None or one.quantity is None else known.quantity + one.quantity
        self.totals[key] = replace(known, quantity=quantity, objects=known.objects + 1)

    def told(self) -> tuple[tuple[ScopeTotal, ...], tuple[Balance, ...]]:
        """In order of states and products."""
        columns = ("came", "stock", "in_transit", "used", "shipped", "sold", "destroyed")
        balances = [
            Balance(gtin, uom, *(sums.get(column, Decimal(0)) for column in columns))
            for (gtin, uom), sums in sorted(self.balances.items(), key=lambda one: (one[0][0] or "", one[0][1]))
        ]
        ordered = sorted(
            self.totals.values(),
            key=lambda one: (_ORDER.index(one.state), one.gtin or "", one.place or "", one.party or "", one.uom, one.certainty),
        )
        return tuple(ordered), tuple(balances)


def _column(state: ScopeState) -> str:
    if state in _STOCK:
        return "stock"
    return "used" if state in _USED else state.value


async def co_packed(tx: TenantTransaction, reached: Reached, goods: Collection[int]) -> list[CoPacked]:
    """What lies beside the goods now and isn't reached, by key. It is told and never held."""
    boxes: set[int] = set()
    for part in await chunks(tx, goods):
        boxes |= await telling_repository.around(tx, part)
    units = [object_id for object_id in goods if reached.kinds.get(object_id) == ObjectKind.UNIT]
    found: dict[tuple[int, str], tuple[Decimal, int]] = {}
    for some in parts_of(sorted(boxes)):
        for row in await telling_repository.beside(tx, some, units):
            if row["object_id"] in reached.reach or row["object_id"] in boxes:
                continue
            quantity, containers = found.get((row["object_id"], row["uom"]), (Decimal(0), 0))
            found[row["object_id"], row["uom"]] = (quantity + row["quantity"], containers + row["containers"])
    things: dict[int, TraceableObject] = {}
    for ids in parts_of({object_id for object_id, _ in found}):
        things |= await objects.load(tx, ids)
    ordered = sorted(found.items(), key=lambda one: (things[one[0][0]].key, one[0][1]))
    return [CoPacked(things[object_id], quantity, uom, containers) for (object_id, uom), (quantity, containers) in ordered]
