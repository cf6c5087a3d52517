"""The right answers about a simulation, worked out from its ledger alone and never from its events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from backend.simulator.ledger import Correction, CustomerReturn, Ledger, LogisticKind, LogisticUnit, Lot, Shipment, Stay, Transformation, Unit
from backend.simulator.master_data import ProductKind
from backend.simulator.traces import Origin, Reach, Traces


@dataclass(frozen=True, slots=True)
class Counts:
    """`events` are the distinct submissions, error declarations among them; `duplicates` were sent once more."""

    events: int
    duplicates: int
    lots: int
    raw_lots: int
    finished_lots: int
    units: int
    cases: int
    pallets: int
    transformations: int
    shipments: int
    returns: int
    corrections: int


class Truth(Traces):
    """What was made of what, packed into what, shipped when to whom; and the story that a demo tells."""

    def __init__(self, ledger: Ledger, *, contaminated_lot: str, sold_unit: str, events: int, duplicates: int) -> None:
        super().__init__(ledger)
        self.contaminated_lot = contaminated_lot
        self.sold_unit = sold_unit
        self._events = events
        self._duplicates = duplicates

    @property
    def lots(self) -> Mapping[str, Lot]:
        return self._ledger.lots

    @property
    def units(self) -> Mapping[str, Unit]:
        return self._ledger.units

    @property
    def transformations(self) -> tuple[Transformation, ...]:
        return tuple(self._ledger.transformations)

    @property
    def shipments(self) -> tuple[Shipment, ...]:
        return tuple(self._ledger.shipments)

    @property
    def returns(self) -> tuple[CustomerReturn, ...]:
        return tuple(self._ledger.returns)

    @property
    def corrections(self) -> tuple[Correction, ...]:
        return tuple(self._ledger.corrections)

    @property
    def containments(self) -> tuple[Stay, ...]:
        return tuple(self._ledger.stays)

    @property
    def destroyed(self) -> Mapping[str, datetime]:
        return self._ledger.destroyed

    @property
    def logistic_units(self) -> Mapping[str, LogisticUnit]:
        return self._ledger.logistic_units

    @cached_property
    def counts(self) -> Counts:
        ledger = self._ledger
        kinds = [unit.kind for unit in ledger.logistic_units.values()]
        return Counts(
            events=self._events,
            duplicates=self._duplicates,
            lots=len(ledger.lots),
            raw_lots=sum(lot.supplier is not None for lot in ledger.lots.values()),
            finished_lots=sum(lot.product.kind is ProductKind.FINISHED for lot in ledger.lots.values()),
            units=len(ledger.units),
            cases=kinds.count(LogisticKind.CASE),
            pallets=kinds.count(LogisticKind.PALLET),
            transformations=len(ledger.transformations),
            shipments=len(ledger.shipments),
            returns=len(ledger.returns),
            corrections=len(ledger.corrections),
        )

    @cached_property
    def contaminated_reach(self) -> Reach:
        return self.forward(self.contaminated_lot)

    @cached_property
    def sold_unit_origin(self) -> Origin:
        return self.backward(self.sold_unit)
