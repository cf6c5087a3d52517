"""Raw materials: what suppliers deliver when stocks run low, its receipt, inspection and putting away."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal

from backend.simulator.identification import Form
from backend.simulator.ledger import LogisticKind, LogisticUnit, Lot, QuantityMove, Unit
from backend.simulator.master_data import ONE_PIECE, Partner, Product
from backend.simulator.plant import Plant, transaction_list
from backend.simulator.recorder import Event, extensions
from backend.simulator.sensors import Curve, spot_elements
from backend.simulator.stores import NOTHING, Stores

REJECT_RATE = 0.015


@dataclass(frozen=True, slots=True)
class SupplyRule:
    """A delivered lot lasts for `orders` draws. `content` is what one serialised unit holds (None: not serialised)."""

    supplier: Partner
    orders: tuple[int, int]
    content: Decimal | None = None
    arrival: tuple[Curve, ...] = ()


@dataclass(frozen=True, slots=True)
class SupplierManner:
    """How a supplier numbers its lots and writes its identifiers, and whether it sends its own events ahead."""

    lot_pattern: str
    form: Form
    sends_advice: bool


MANNERS = (
    SupplierManner("L{at:%y%m%d}-{number:02d}", Form.LINK, sends_advice=False),
    SupplierManner("A/{at:%y}-{at:%j}/{number}", Form.URN, sends_advice=True),
    SupplierManner("{at:%m%d}k{number:03d}", Form.LINK, sends_advice=False),
    SupplierManner("{at:%Y%m%d}{number:03d}", Form.URN, sends_advice=False),
    SupplierManner("CN{at:%y%j}.{number}", Form.LINK, sends_advice=True),
)


@dataclass(slots=True)
class _Delivery:
    supplier: Partner
    manner: SupplierManner
    arrives_at: datetime
    documents: list[tuple[str, str]]
    lots: list[Lot]
    units: dict[str, list[Unit]] = field(default_factory=dict)
    pallet: LogisticUnit | None = None

    @property
    def loose_lots(self) -> list[Lot]:
        return [lot for lot in self.lots if lot.key not in self.units]


class Deliveries:
    def __init__(self, plant: Plant, stores: Stores) -> None:
        self._plant = plant
        self._stores = stores
        self._rules: dict[str, SupplyRule] = {}
        self._products: list[Product] = []
        self._need: dict[str, Decimal] = {}
        self._manners: dict[str, SupplierManner] = {}

    def register(self, product: Product, rule: SupplyRule) -> None:
        self._rules[product.gtin] = rule
        self._products.append(product)
        self._manners.setdefault(rule.supplier.gln, MANNERS[len(self._manners) % len(MANNERS)])

    def ensure(self, needs: Sequence[tuple[Product, Decimal]], at: datetime) -> None:
        """Have suppliers deliver before `at` what is short, and with it what else of theirs runs low."""
        wanted: dict[str, Decimal] = {}
        for product, quantity in needs:
            if product.gtin in self._rules:
                wanted[product.gtin] = wanted.get(product.gtin, NOTHING) + quantity * 11 / 10
        for gtin, quantity in wanted.items():
            self._need[gtin] = max(quantity, self._need.get(gtin, NOTHING))
        bought = [product for product in self._products if product.gtin in wanted]
        while short := [product for product in bought if self._stores.available(product, at) < wanted[product.gtin]]:
            supplier = self._rules[short[0].gtin].supplier
            self._deliver(supplier, [product for product in self._products if self._runs_low(product, supplier, at)], at)

    def _runs_low(self, product: Product, supplier: Partner, at: datetime) -> bool:
        need = self._need.get(product.gtin, NOTHING)
        return self._rules[product.gtin].supplier is supplier and self._stores.available(product, at) < need * 3 / 2

    def _deliver(self, supplier: Partner, products: Sequence[Product], needed_at: datetime) -> None:
        plant = self._plant
        at = plant.arrival_before(needed_at)
        documents = [
            ("po", plant.uri.transaction(plant.company, plant.document("PO", at))),
            ("desadv", plant.uri.transaction(supplier, plant.document("ASN", at))),
        ]
        delivery = _Delivery(supplier, self._manners[supplier.gln], at, documents, [])
        for product in products:
            self._add_lot(delivery, product)
        self._advise(delivery, at - plant.minutes(300, 1200))
        self._receive(delivery)
        accepted = self._inspect(delivery, at + plant.minutes(12, 30))
        if accepted:
            self._put_away(delivery, accepted, at + plant.minutes(35, 60))

    def _add_lot(self, delivery: _Delivery, product: Product) -> None:
        plant, at = self._plant, delivery.arrives_at
        rule = self._rules[product.gtin]
        quantity = self._need[product.gtin] * plant.scaled(*rule.orders)
        if rule.content is not None:
            quantity = Decimal(-(-int(quantity) // int(rule.content)))
        else:
            quantity = quantity.quantize(ONE_PIECE if quantity > 50 else product.smallest, ROUND_UP)
        lot_number = delivery.manner.lot_pattern.format(at=at, number=plant.next_number(f"supplier-lot/{product.gtin}"))
        expires = at.date() + timedelta(days=product.shelf_life_days) if product.shelf_life_days else None
        lot = plant.ledger.add_lot(Lot(product, lot_number, at, quantity, rule.supplier, expires))
        delivery.lots.append(lot)
        if rule.content is not None:
            counter = f"serial/{product.gtin}"
            delivery.units[lot.key] = [
                Unit(product, f"R{plant.next_number(counter, 10_000):06d}", lot, at, rule.content) for _ in range(int(quantity))
            ]
            plant.ledger.add_units(delivery.units[lot.key])

    def _advise(self, delivery: _Delivery, at: datetime) -> None:
        """The supplier's own packing and shipping events: to us an expected receipt, never a shipment."""
        plant, supplier, form = self._plant, delivery.supplier, delivery.manner.form
        if not delivery.manner.sends_advice or not delivery.loose_lots or at < plant.start:
            return
        delivery.pallet = pallet = plant.new_logistic_unit(LogisticKind.SUPPLIER_PALLET, supplier.company_prefix)
        body: Event = {
            "action": "ADD",
            "parentID": plant.uri.logistic_unit(pallet, form),
            "childQuantityList": plant.quantities(((lot, lot.quantity) for lot in delivery.loose_lots), form),
            "bizStep": "packing",
            "disposition": "in_progress",
            **plant.where(supplier.site, form=form),
        }
        plant.recorder.record("AggregationEvent", at, body)
        plant.ledger.quantity_moves.extend(QuantityMove(lot.key, pallet.key, lot.quantity, at) for lot in delivery.loose_lots)
        body = {
            "action": "OBSERVE",
            "epcList": [plant.uri.logistic_unit(pallet, form)],
            "bizStep": "shipping",
            "disposition": "in_transit",
            "readPoint": {"id": plant.uri.place(supplier.site, form)},
            "bizTransactionList": transaction_list(delivery.documents),
            **plant.parties(supplier, plant.company, form),
        }
        plant.recorder.record("ObjectEvent", at + plant.minutes(20, 90), body)

    def _receive(self, delivery: _Delivery) -> None:
        plant, form = self._plant, delivery.manner.form
        loose = plant.quantities(((lot, lot.quantity) for lot in delivery.loose_lots), form)
        epcs = [plant.uri.unit(unit, Form.LINK_WITH_LOT) for units in delivery.units.values() for unit in units]
        if delivery.pallet:
            epcs.append(plant.uri.logistic_unit(delivery.pallet))
        expiry = extensions(expiryDates=[lot.expires.isoformat() for lot in delivery.lots if lot.expires] or None)
        plant.observe(
            delivery.arrives_at,
            "receiving",
            "in_progress",
            plant.site.inbound_dock,
            epcs=epcs,
            quantities=loose,
            transactions=delivery.documents,
            fields=plant.parties(delivery.supplier, plant.company, form) | expiry,
        )
        if delivery.pallet:
            self._unpack(delivery, delivery.pallet, delivery.arrives_at + plant.minutes(2, 6))

    def _unpack(self, delivery: _Delivery, pallet: LogisticUnit, at: datetime) -> None:
        """First a part of the first lot, then everything else: what is taken out in parts must add up."""
        plant = self._plant
        first = delivery.loose_lots[0]
        part = (first.quantity * 2 / 5).quantize(first.product.smallest, ROUND_UP)
        rest = [(lot, lot.quantity - part if lot is first else lot.quantity) for lot in delivery.loose_lots]
        for portions in ([(first, part)], rest):
            body: Event = {
                "action": "DELETE",
                "parentID": plant.uri.logistic_unit(pallet),
                "childQuantityList": plant.quantities(portions),
                "bizStep": "unpacking",
                "disposition": "in_progress",
                **plant.where(plant.site.inbound_dock),
            }
            plant.recorder.record("AggregationEvent", at, body)
            plant.ledger.quantity_moves.extend(QuantityMove(lot.key, pallet.key, -quantity, at) for lot, quantity in portions)
            at += plant.minutes(2, 5)

    def _inspect(self, delivery: _Delivery, at: datetime) -> list[Lot]:
        plant, laboratory = self._plant, self._plant.site.laboratory
        curves = tuple(curve for lot in delivery.lots for curve in self._rules[lot.product.gtin].arrival)[:4]
        rejected = [lot for lot in delivery.loose_lots[:1] if plant.quota("rejected-receipt", REJECT_RATE, first=9)]
        accepted = [lot for lot in delivery.lots if lot not in rejected]
        sensors = {"sensorElementList": spot_elements(curves, plant.instrument(laboratory), at, plant.random)} if curves else {}
        if accepted:
            epcs = [plant.uri.unit(unit) for lot in accepted for unit in delivery.units.get(lot.key, ())]
            quantities = plant.quantities((lot, lot.quantity) for lot in accepted if lot in delivery.loose_lots)
            plant.observe(at, "inspecting", "conformant", laboratory, epcs=epcs, quantities=quantities, fields=sensors)
        if rejected:
            refused = plant.quantities((lot, lot.quantity) for lot in rejected)
            plant.observe(at + plant.minutes(2, 9), "inspecting", "non_conformant", laboratory, quantities=refused)
            keys = [lot.key for lot in rejected]
            reason = "rejected on receipt"
            plant.destroy(at + plant.minutes(60, 90), plant.site.inbound_dock, reason, epcs=(), quantities=refused, keys=keys)
        return accepted

    def _put_away(self, delivery: _Delivery, lots: Sequence[Lot], at: datetime) -> None:
        plant = self._plant
        epcs = [plant.uri.unit(unit) for lot in lots for unit in delivery.units.get(lot.key, ())]
        quantities = plant.quantities((lot, lot.quantity) for lot in lots if lot.key not in delivery.units)
        plant.observe(at, "storing", "sellable_not_accessible", plant.site.raw_store, epcs=epcs, quantities=quantities)
        for lot in lots:
            lot.available_at = at
            if lot.key in delivery.units:
                self._stores.put_units(delivery.units[lot.key])
            else:
                self._stores.put(lot)
