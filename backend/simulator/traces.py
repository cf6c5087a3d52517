"""Traces over the ledger of a simulation: forward, backward, contents as of a time, by plain and slow-but-sure walks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from heapq import heappop, heappush

from backend.simulator.ledger import Ledger, LogisticKind, QuantityMove, Shipment, Stay, Transformation, quantity_at
from backend.simulator.master_data import ProductKind

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a lot or unit went, by canonical key; it is not a part of its own reach unless it was worked back into itself.

    `cases` and `pallets` held a reached unit at any time; `shipments` (delivery notes) and `customers` (GLNs) got one.
    """

    lots: frozenset[str]
    finished_lots: frozenset[str]
    units: frozenset[str]
    cases: frozenset[str]
    pallets: frozenset[str]
    shipments: frozenset[str]
    customers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Origin:
    """What a lot or unit was made of: `units` are serialised components, `suppliers` the GLNs behind the raw lots."""

    lots: frozenset[str]
    raw_lots: frozenset[str]
    units: frozenset[str]
    suppliers: frozenset[str]


class Traces:
    """Keys are canonical paths: `01/{gtin}/10/{lot}`, `01/{gtin}/21/{serial}`, `00/{sscc}`.

    Reachability takes every path, whatever the times say, as a recall must; with `in_time` only paths whose links do not
    run backwards. A lot's units are reached with it, and a unit that was built in elsewhere carries its lot's reach on.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @cached_property
    def _consuming(self) -> dict[str, list[Transformation]]:
        index: dict[str, list[Transformation]] = {}
        for transformation in self._ledger.transformations:
            for key in dict.fromkeys(part.key for part in transformation.inputs):
                index.setdefault(key, []).append(transformation)
        return index

    @cached_property
    def _producing(self) -> dict[str, list[Transformation]]:
        index: dict[str, list[Transformation]] = {}
        for transformation in self._ledger.transformations:
            for part in transformation.outputs:
                index.setdefault(part.key, []).append(transformation)
        return index

    @cached_property
    def _units_by_lot(self) -> dict[str, list[str]]:
        index: dict[str, list[str]] = {}
        for unit in self._ledger.units.values():
            if unit.lot is not None:
                index.setdefault(unit.lot.key, []).append(unit.key)
        return index

    @cached_property
    def _stays_by_content(self) -> dict[str, list[Stay]]:
        index: dict[str, list[Stay]] = {}
        for stay in self._ledger.stays:
            index.setdefault(stay.content, []).append(stay)
        return index

    @cached_property
    def _stays_by_container(self) -> dict[str, list[Stay]]:
        index: dict[str, list[Stay]] = {}
        for stay in self._ledger.stays:
            index.setdefault(stay.container, []).append(stay)
        return index

    @cached_property
    def _moves(self) -> dict[tuple[str, str], list[QuantityMove]]:
        index: dict[tuple[str, str], list[QuantityMove]] = {}
        for move in sorted(self._ledger.quantity_moves, key=lambda move: move.at):
            index.setdefault((move.container, move.lot), []).append(move)
        return index

    def _finished(self, keys: Iterable[str]) -> frozenset[str]:
        lots = self._ledger.lots
        return frozenset(key for key in keys if key in lots and lots[key].product.kind is ProductKind.FINISHED)

    def children(self, key: str) -> frozenset[str]:
        """The lots and units one transformation further, and the units of a lot."""
        outputs = {part.key for transformation in self._consuming.get(key, ()) for part in transformation.outputs}
        return frozenset(outputs.union(self._units_by_lot.get(key, ())))

    def parents(self, key: str) -> frozenset[str]:
        """The lots and units one transformation back, and a unit's own lot."""
        inputs = {part.key for transformation in self._producing.get(key, ()) for part in transformation.inputs}
        unit = self._ledger.units.get(key)
        return frozenset(inputs | {unit.lot.key} if unit and unit.lot else inputs)

    def units_of(self, lot: str) -> frozenset[str]:
        return frozenset(self._units_by_lot.get(lot, ()))

    def forward(self, key: str, *, in_time: bool = False) -> Reach:
        reached = self._reached_in_time(key) if in_time else self._closure(key, forward=True)
        units = self._units_among(key, reached)
        packed = units | ({key} & self._ledger.units.keys())
        kinds = {container: self._ledger.logistic_units[container].kind for container in self._containers_ever(packed)}
        shipments = self.shipments_with(packed)
        return Reach(
            lots=frozenset(reached & self._ledger.lots.keys()),
            finished_lots=self._finished(reached),
            units=units,
            cases=frozenset(container for container, kind in kinds.items() if kind is LogisticKind.CASE),
            pallets=frozenset(container for container, kind in kinds.items() if kind is LogisticKind.PALLET),
            shipments=frozenset(shipment.number for shipment in shipments),
            customers=frozenset(shipment.customer for shipment in shipments),
        )

    def _units_among(self, key: str, reached: set[str]) -> frozenset[str]:
        units = {node for node in reached if node in self._ledger.units}
        units.update(*(self._units_by_lot.get(lot, ()) for lot in (key, *reached)))
        return frozenset(units)

    def shipments_with(self, units: frozenset[str]) -> list[Shipment]:
        return [shipment for shipment in self._ledger.shipments if not shipment.units.isdisjoint(units)]

    def reached_units(self, key: str) -> frozenset[str]:
        """The units of `forward`, without the work of looking for what they were packed into."""
        return self._units_among(key, self._closure(key, forward=True))

    def backward(self, key: str) -> Origin:
        reached = self._closure(key, forward=False)
        lots = frozenset(reached & self._ledger.lots.keys())
        suppliers = {lot: supplier.gln for lot in lots if (supplier := self._ledger.lots[lot].supplier)}
        return Origin(
            lots=lots,
            raw_lots=frozenset(suppliers),
            units=frozenset(reached & self._ledger.units.keys()),
            suppliers=frozenset(suppliers.values()),
        )

    def _closure(self, key: str, *, forward: bool) -> set[str]:
        neighbours = self._next_nodes if forward else self.parents
        reached: set[str] = set()
        waiting = [key]
        while waiting:
            fresh = neighbours(waiting.pop()) - reached
            reached |= fresh
            waiting += fresh
        return reached

    def _next_nodes(self, key: str) -> set[str]:
        """Like `children`, without the units that have no links of their own."""
        nodes = {part.key for transformation in self._consuming.get(key, ()) for part in transformation.outputs}
        return nodes.union(unit for unit in self._units_by_lot.get(key, ()) if unit in self._consuming)

    def _reached_in_time(self, key: str) -> set[str]:
        """Earliest arrival first; a link is taken where it is not earlier than the arrival at its start."""
        arrivals: dict[str, datetime] = {}
        waiting: list[tuple[datetime, str]] = [(BEGINNING, key)]
        expanded: set[str] = set()
        while waiting:
            arrival, here = heappop(waiting)
            if here in expanded:
                continue
            expanded.add(here)
            steps = [(arrival, unit) for unit in self._units_by_lot.get(here, ()) if unit in self._consuming]
            for transformation in self._consuming.get(here, ()):
                entries = [part.at for part in transformation.inputs if part.key == here and part.at >= arrival]
                if entries:
                    steps += [(part.at, part.key) for part in transformation.outputs if part.at >= min(entries)]
            for at, there in steps:
                arrivals.setdefault(there, at)
                heappush(waiting, (at, there))
        return set(arrivals)

    def _containers_ever(self, units: Iterable[str]) -> set[str]:
        containers: set[str] = set()
        for unit in units:
            waiting = list(self._stays_by_content.get(unit, ()))
            while waiting:
                stay = waiting.pop()
                containers.add(stay.container)
                waiting += [outer for outer in self._stays_by_content.get(stay.container, ()) if outer.overlaps(stay)]
        return containers

    def contents(self, container: str, at: datetime) -> frozenset[str]:
        """All that is in a container at a time, at any depth."""
        found: set[str] = set()
        waiting = [container]
        while waiting:
            for stay in self._stays_by_container.get(waiting.pop(), ()):
                if stay.covers(at):
                    found.add(stay.content)
                    waiting.append(stay.content)
        return frozenset(found)

    def container(self, content: str, at: datetime) -> str | None:
        """The case of a unit or the pallet of a case at a time."""
        return next((stay.container for stay in self._stays_by_content.get(content, ()) if stay.covers(at)), None)

    def quantity_in(self, container: str, lot: str, at: datetime) -> Decimal:
        """How much of a lot a supplier's pallet holds at a time."""
        return quantity_at(self._moves.get((container, lot), []), at)

    def units_shipped(self) -> dict[tuple[str, str], int]:
        """How many units of each lot (a unit without a lot counts as its own) went with each delivery note."""
        shipped: dict[tuple[str, str], int] = {}
        for shipment in self._ledger.shipments:
            for key in shipment.units:
                lot = self._ledger.units[key].lot
                pair = (lot.key if lot else key, shipment.number)
                shipped[pair] = shipped.get(pair, 0) + 1
        return shipped
