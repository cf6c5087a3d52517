"""Serials under their lots, cases, pallets, and everything that is unpacked and packed again on the way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.simulator.identification import Form
from backend.simulator.ledger import LogisticKind, LogisticUnit, Lot, Packed, Unit
from backend.simulator.master_data import Location
from backend.simulator.plant import Plant
from backend.simulator.processing import lot_master_data
from backend.simulator.recorder import Event, extensions

REPACK_CASE_RATE = 0.025  # with the units that move alone, about 3 % of all
MOVE_UNITS_RATE = 0.02
MOVE_CASE_RATE = 0.04
COMMISSIONING_FORMS = (Form.LINK_WITH_LOT, Form.URN, Form.LINK)


@dataclass(frozen=True, slots=True)
class PackingPlan:
    units_per_case: int
    cases_per_pallet: int
    serial_prefix: str
    serial_digits: int
    sscc_form: Form = Form.LINK
    cases_per_commissioning: int = 4


@dataclass(frozen=True, slots=True)
class Ready:
    """A case or pallet and the moment from which it may move on."""

    unit: LogisticUnit
    at: datetime


def chunks(units: Sequence[Unit], size: int) -> Iterator[Sequence[Unit]]:
    return (units[start : start + size] for start in range(0, len(units), size))


class Packing:
    def __init__(self, plant: Plant, plan: PackingPlan) -> None:
        self._plant = plant
        self._plan = plan
        self._loose_cases: list[Ready] = []

    @property
    def loose_cases(self) -> int:
        return len(self._loose_cases)

    def new_serials(self, gtin: str, count: int, at: datetime) -> list[str]:
        prefix, counter = self._plan.serial_prefix.format(at=at), f"serial/{gtin}"
        return [f"{prefix}{self._plant.next_number(counter, 1001):0{self._plan.serial_digits}d}" for _ in range(count)]

    def new_serial(self, gtin: str, at: datetime) -> str:
        return self.new_serials(gtin, 1, at)[0]

    def commission(self, lot: Lot, count: int, at: datetime, place: Location) -> tuple[list[Unit], datetime]:
        """Serials under a lot, a few cases' worth an event; the lines name the lot in three different ways."""
        plant = self._plant
        units = [Unit(lot.product, serial, lot, at) for serial in self.new_serials(lot.product.gtin, count, at)]
        plant.ledger.add_units(units)
        form = COMMISSIONING_FORMS[plant.next_number("commissioned-lots", 0) % len(COMMISSIONING_FORMS)]
        ilmd = {"ilmd": lot_master_data([lot])}
        for batch in chunks(units, self._plan.units_per_case * self._plan.cases_per_commissioning):
            for unit in batch:
                unit.made_at = at
            epcs = [plant.uri.unit(unit, form) for unit in batch]
            plant.observe(at, "commissioning", "active", place, action="ADD", epcs=epcs, fields=ilmd)
            at += plant.minutes(1, 4)
        return units, at

    def pack(self, units: Sequence[Unit], at: datetime, place: Location) -> datetime:
        """Units into cases; some cases are opened again and some units end in another case. Returns when all is done."""
        plant = self._plant
        cases: list[LogisticUnit] = []
        for batch in chunks(units, self._plan.units_per_case):
            case = plant.new_logistic_unit(LogisticKind.CASE)
            self._add(case, batch, at, place, "packing")
            cases.append(case)
            at += plant.minutes(0.8, 2.5)
        packed: list[Ready] = []
        for case in cases:
            final = case
            if plant.quota("repack-case", REPACK_CASE_RATE, first=3):
                final, at = self._repack(case, at, place)
            elif self._loose_cases and plant.quota("move-units", MOVE_UNITS_RATE, first=2):
                at = self._move_units(case, self._loose_cases[-1], at, place)
            packed.append(Ready(final, at))
        self._loose_cases = [Ready(loose.unit, max(loose.at, at)) for loose in self._loose_cases] + packed
        return at

    def _repack(self, case: LogisticUnit, at: datetime, place: Location) -> tuple[LogisticUnit, datetime]:
        """A damaged case: all its units go into a new one."""
        plant = self._plant
        units = list(case.contents.values())
        self._delete(case, units, at + plant.minutes(3, 6), place, name_children=False)
        replacement = plant.new_logistic_unit(LogisticKind.CASE)
        packed_at = at + plant.minutes(7, 12)
        self._add(replacement, units, packed_at, place, "repackaging")
        return replacement, packed_at

    def _move_units(self, case: LogisticUnit, other: Ready, at: datetime, place: Location) -> datetime:
        """Two units go to a case of an earlier lot, which is mixed from then on."""
        plant = self._plant
        units = list(case.contents.values())[:2]
        taken_at = max(at, other.at) + plant.minutes(2, 4)
        self._delete(case, units, taken_at, place, name_children=True)
        packed_at = taken_at + plant.minutes(3, 5)
        self._add(other.unit, units, packed_at, place, "repackaging")
        return packed_at

    def build_pallets(self, at: datetime, *, everything: bool = False) -> list[Ready]:
        """Full pallets from the loose cases, oldest first; `everything` also makes one of what remains."""
        plant, size = self._plant, self._plan.cases_per_pallet
        pallets: list[Ready] = []
        while len(self._loose_cases) >= size or (everything and self._loose_cases):
            cases, self._loose_cases = self._loose_cases[:size], self._loose_cases[size:]
            built_at = max(at, *(case.at for case in cases)) + plant.minutes(6, 15)
            pallet = plant.new_logistic_unit(LogisticKind.PALLET)
            self._add(pallet, [case.unit for case in cases], built_at, plant.site.finished_store, "packing")
            pallets.append(Ready(pallet, built_at))
        if len(pallets) > 1 and plant.quota("move-case", MOVE_CASE_RATE, first=2):
            pallets = self._move_case(pallets)
        return [self._store(pallet) for pallet in pallets]

    def _move_case(self, pallets: list[Ready]) -> list[Ready]:
        plant = self._plant
        first, second, *others = pallets
        at = max(first.at, second.at) + plant.minutes(4, 9)
        case = next(iter(first.unit.contents.values()))
        self._delete(first.unit, [case], at, plant.site.finished_store, name_children=True)
        moved_at = at + plant.minutes(2, 5)
        self._add(second.unit, [case], moved_at, plant.site.finished_store, "repackaging")
        return [Ready(first.unit, moved_at), Ready(second.unit, moved_at), *others]

    def _store(self, pallet: Ready) -> Ready:
        plant = self._plant
        at = pallet.at + plant.minutes(8, 25)
        bin_ = f"{plant.random.choice('ABCD')}-{plant.random.randint(1, 24):02d}-{plant.random.randint(1, 5)}"
        epcs = [plant.uri.logistic_unit(pallet.unit)]
        plant.observe(at, "storing", "sellable_not_accessible", plant.site.finished_store, epcs=epcs, fields=extensions(bin=bin_))
        return Ready(pallet.unit, at)

    def _aggregate(self, action: str, step: str, parent: LogisticUnit, children: Sequence[Packed], *, at: datetime, place: Location) -> None:
        plant = self._plant
        body: Event = {
            "action": action,
            "parentID": plant.uri.logistic_unit(parent, self._plan.sscc_form),
            "childEPCs": [plant.uri.packed(child) for child in children],
            "bizStep": step,
            "disposition": "in_progress",
            **plant.where(place),
            **extensions(operator=plant.operator()),
        }
        if not children:
            del body["childEPCs"]
        plant.recorder.record("AggregationEvent", at, body)

    def _add(self, parent: LogisticUnit, children: Sequence[Packed], at: datetime, place: Location, step: str) -> None:
        self._plant.ledger.put(parent, children, at)
        self._aggregate("ADD", step, parent, children, at=at, place=place)

    def _delete(self, parent: LogisticUnit, children: Sequence[Packed], at: datetime, place: Location, *, name_children: bool) -> None:
        """Without children the event ends all that the container held."""
        self._plant.ledger.take(parent, children, at)
        self._aggregate("DELETE", "unpacking", parent, children if name_children else (), at=at, place=place)

    def unpack(self, parent: LogisticUnit, children: Sequence[Packed], at: datetime, place: Location) -> None:
        self._delete(parent, children, at, place, name_children=True)
