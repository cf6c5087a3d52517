"""The rollup from lot to shipment: which lots, and how much of each, every shipment carried."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from backend.genealogy import reach
from backend.genealogy.rules import Certainty
from backend.identifiers import ObjectKind
from backend.shipments import repository
from infra.database import Record, TenantTransaction

# What stands in the rollup besides units: containers and products without a lot do not. A transformation stands for what it filled
# into a container without giving it a lot.
COUNTED = (ObjectKind.LOT, ObjectKind.OTHER, ObjectKind.TRANSFORMATION)


@dataclass(frozen=True, slots=True)
class Good:
    """One lot (with a quantity) or unit in a shipment."""

    shipment_id: int
    object_id: int
    is_unit: bool
    quantity: Decimal
    uom: str
    certainty: int = int(Certainty.CERTAIN)


Row = tuple[int, int, str, Decimal, int]


def counted(goods: Iterable[Good], lots: Mapping[int, Collection[int]], nodes: Collection[int]) -> list[Row]:
    """(lot, shipment, uom, quantity, certainty), sorted.

    A unit counts once, under its lot; under itself besides where it has links of its own, and instead where its lot isn't known.
    Two lots told for one unit make both possible. What is only possible counts where nothing certain does.
    """
    sums: dict[tuple[int, int, str], dict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    doubtful: set[tuple[int, int, str]] = set()
    for good in goods:
        own = lots.get(good.object_id, ()) if good.is_unit else ()
        counted_under = list(own)
        if not own or good.object_id in nodes:
            counted_under.append(good.object_id)
        for lot_id in counted_under:
            key = (lot_id, good.shipment_id, "" if good.is_unit else good.uom)
            sums[key][good.certainty] += 1 if good.is_unit else good.quantity
            if lot_id in own and len(own) > 1:
                doubtful.add(key)
    return [(*key, told[best], int(Certainty.POSSIBLE) if key in doubtful else best) for key, told in sorted(sums.items()) if (best := min(told))]


async def roll_up(tx: TenantTransaction, shipments: Collection[int]) -> None:
    """Make the rollup of these shipments what containment and membership say as of each one's time."""
    goods: list[Good] = []
    unit_certainty: dict[tuple[int, int], int] = {}
    for row in await repository.goods_in(tx, shipments):
        if row["kind"] == ObjectKind.UNIT:
            place = (row["shipment_id"], row["object_id"])
            unit_certainty[place] = min(row["certainty"], unit_certainty.get(place, row["certainty"]))
        elif row["kind"] in COUNTED:
            goods.append(Good(row["shipment_id"], row["object_id"], False, row["quantity"] or Decimal(0), row["uom"], row["certainty"]))
    goods += [Good(shipment, unit, True, Decimal(1), "", certainty) for (shipment, unit), certainty in unit_certainty.items()]
    units = {good.object_id for good in goods if good.is_unit}
    lots: dict[int, set[int]] = defaultdict(set)
    nodes: set[int] = set()
    if units:
        for unit, lot in await reach.lots_of(tx, units):
            lots[unit].add(lot)
        nodes = await reach.linked(tx, units)
    await _settle(tx, shipments, counted(goods, lots, nodes))


async def _settle(tx: TenantTransaction, shipments: Collection[int], wanted: Iterable[Row]) -> None:
    """Make these rows the whole rollup of the shipments, row by row: what stays as it is isn't written again, what goes is kept as past."""
    before = {_key(row): row for row in (_as_row(record) for record in await repository.rollup_of(tx, shipments))}
    after = {_key(row): row for row in wanted}
    gone = [key for key, row in before.items() if after.get(key) != row]
    new = [row for key, row in after.items() if before.get(key) != row]
    if gone:
        await repository.take_from_rollup(tx, gone)
    if new:
        await repository.add_to_rollup(tx, new)


def _as_row(record: Record) -> Row:
    return record["lot_id"], record["shipment_id"], record["uom"], record["quantity"], record["certainty"]


def _key(row: Row) -> tuple[int, int, str]:
    return row[0], row[1], row[2]
