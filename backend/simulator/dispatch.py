"""Finished goods on their way: orders, shipments to customers, goods that come back, and a customer booked by mistake."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate

from backend.simulator.ledger import (
    Correction,
    CorrectionKind,
    CustomerReturn,
    LogisticKind,
    LogisticUnit,
    Packed,
    Shipment,
    Unit,
    contents_of,
)
from backend.simulator.master_data import Partner
from backend.simulator.packing import Packing, Ready
from backend.simulator.plant import Plant, share_of, transaction_list
from backend.simulator.recorder import Event, extensions

ORDER_RATE = 0.5
STAGING_RATE = 0.35
RETURN_RATE = 0.06
WRONG_CUSTOMER_RATE = 0.006
RETURN_COMPLAINTS = ("damaged in transit", "short shelf life", "ordered too much")


class Dispatch:
    def __init__(self, plant: Plant, packing: Packing, customers: Sequence[Partner]) -> None:
        self._plant = plant
        self._packing = packing
        self._customers = customers
        self._weights = list(accumulate(1 / (rank + 1.5) for rank in range(len(customers))))
        self._ready: list[Ready] = []

    @property
    def waiting(self) -> int:
        return len(self._ready)

    def queue(self, pallets: Sequence[Ready]) -> None:
        self._ready += pallets

    def ship_ready(self, *, everything: bool = False) -> None:
        """Loads of one to three pallets as they become ready, each to one customer."""
        while self._ready:
            load_size = self._plant.random.randint(1, self._plant.shrunk(3))
            if len(self._ready) < load_size and not everything:
                return
            load, self._ready = self._ready[:load_size], self._ready[load_size:]
            leaves_at = self._plant.departure_after(max(pallet.at for pallet in load))
            self._ship([pallet.unit for pallet in load], leaves_at)

    def _pick_customer(self) -> Partner:
        return self._plant.random.choices(self._customers, cum_weights=self._weights)[0]

    def _ship(self, load: Sequence[Packed], at: datetime) -> None:
        plant = self._plant
        customer = self._pick_customer()
        number = plant.document("DN", at)
        documents = [
            ("desadv", plant.uri.transaction(plant.company, number)),
            ("po", plant.uri.transaction(customer, plant.document("SO", at))),
        ]
        epcs = [plant.uri.packed(item) for item in load]
        if plant.quota("order", ORDER_RATE):
            self._assign(documents, epcs, at - plant.minutes(30, 80))
        if plant.quota("staging", STAGING_RATE):
            staged_at = at - plant.minutes(8, 25)
            plant.observe(staged_at, "staging_outbound", "sellable_not_accessible", plant.site.outbound_dock, epcs=epcs)
        event = self._record_shipping(customer, documents, epcs, at)
        logistic_units, units = contents_of(load)
        named = tuple(item.key for item in load)
        shipment = Shipment(number, event["eventID"], customer.gln, at, named, logistic_units, units)
        plant.ledger.shipments.append(shipment)
        if plant.quota("return", RETURN_RATE, first=2):
            self._take_back(load, customer, at)

    def _assign(self, documents: Sequence[tuple[str, str]], epcs: Sequence[str], at: datetime) -> None:
        plant = self._plant
        body: Event = {
            "action": "ADD",
            "bizTransactionList": transaction_list(documents),
            "epcList": list(epcs),
            "bizStep": "reserving",
            "disposition": "reserved",
            **plant.where(plant.site.finished_store),
        }
        plant.recorder.record("TransactionEvent", at, body)

    def _record_shipping(self, customer: Partner, documents: Sequence[tuple[str, str]], epcs: Sequence[str], at: datetime) -> Event:
        plant = self._plant
        body: Event = {
            "action": "OBSERVE",
            "epcList": list(epcs),
            "bizStep": "shipping",
            "disposition": "in_transit",
            "readPoint": {"id": plant.uri.place(plant.site.outbound_dock)},
            "bizTransactionList": transaction_list(documents),
            **plant.parties(plant.company, customer),
            **extensions(vehicle=f"TRUCK-{plant.random.randint(1, 18):02d}", operator=plant.operator()),
        }
        if not plant.quota("wrong-customer", WRONG_CUSTOMER_RATE, first=3):
            return plant.recorder.record("ObjectEvent", at, body)
        booked = next(other for other in self._customers if other is not customer)
        wrong = body | plant.parties(plant.company, booked)
        noticed_at = at + plant.minutes(60, 300)
        wrong_event, event = plant.recorder.record_corrected("ObjectEvent", at, wrong, body, noticed_at)
        ids = wrong_event["eventID"], event["eventID"]
        plant.note_correction(Correction(CorrectionKind.WRONG_CUSTOMER, *ids, noticed_at, booked.gln, customer.gln))
        return event

    def _take_back(self, load: Sequence[Packed], customer: Partner, shipped_at: datetime) -> None:
        """A case comes back whole, or a few units of it alone; some of it is sold again, the rest destroyed."""
        plant = self._plant
        at = shipped_at + min(plant.minutes(2 * 1440, 6 * 1440), share_of(plant.end - shipped_at, 0.6))
        pallet = load[0]
        if not isinstance(pallet, LogisticUnit) or pallet.kind is not LogisticKind.PALLET or at + timedelta(hours=8) > plant.end:
            return
        case = list(pallet.contents.values())[-1]
        if not isinstance(case, LogisticUnit):
            return
        whole_case = plant.next_number("returned", 0) % 3 != 2
        returned: list[Packed] = [case] if whole_case else list(case.contents.values())[:3]
        restocked = whole_case and plant.next_number("restocked", 0) % 2 == 1
        self._receive_back(returned, customer, at, restocked=restocked)
        container = pallet if whole_case else case
        self._packing.unpack(container, returned, at + plant.minutes(3, 9), plant.site.inbound_dock)
        if restocked:
            self._sell_again(case, at)
        else:
            self._destroy_returned(returned, at)

    def _receive_back(self, returned: Sequence[Packed], customer: Partner, at: datetime, *, restocked: bool) -> None:
        plant = self._plant
        number = plant.document("RMA", at)
        event = plant.observe(
            at,
            "receiving",
            "returned",
            plant.site.inbound_dock,
            epcs=[plant.uri.packed(item) for item in returned],
            transactions=[("rma", plant.uri.transaction(plant.company, number))],
            fields=plant.parties(customer, plant.company) | extensions(complaint=plant.random.choice(RETURN_COMPLAINTS)),
        )
        named = tuple(item.key for item in returned)
        units = contents_of(returned)[1]
        plant.ledger.returns.append(CustomerReturn(number, event["eventID"], customer.gln, at, named, units, restocked))

    def _sell_again(self, case: LogisticUnit, returned_at: datetime) -> None:
        plant = self._plant
        epcs = [plant.uri.logistic_unit(case)]
        plant.observe(returned_at + plant.minutes(20, 50), "inspecting", "conformant", plant.site.laboratory, epcs=epcs)
        at = returned_at + plant.minutes(60, 90)
        plant.observe(at, "storing", "sellable_not_accessible", plant.site.finished_store, epcs=epcs)
        if plant.end - at > timedelta(hours=20):
            self._ship([case], plant.departure_after(at))

    def _destroy_returned(self, returned: Sequence[Packed], returned_at: datetime) -> None:
        plant = self._plant
        units = [unit for item in returned for unit in (item.contents.values() if isinstance(item, LogisticUnit) else (item,))]
        loose = [unit for unit in units if isinstance(unit, Unit)]
        place = plant.site.laboratory
        epcs = [plant.uri.unit(unit) for unit in loose]
        plant.observe(returned_at + plant.minutes(20, 50), "inspecting", "non_conformant", place, epcs=epcs)
        at = returned_at + plant.minutes(90, 200)
        for item in returned:
            if isinstance(item, LogisticUnit):
                self._packing.unpack(item, list(item.contents.values()), at - plant.minutes(5, 20), place)
        plant.destroy(at, place, "returned by customer", epcs=epcs, quantities=(), keys=[unit.key for unit in loose])
