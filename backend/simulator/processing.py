"""Turning inputs into outputs: weighing, transformations in one or two parts, inspections, scrap, and wrong scans put right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from backend.simulator.identification import Form
from backend.simulator.ledger import Correction, CorrectionKind, Lot, Part, Transformation, Unit
from backend.simulator.master_data import Location, Product
from backend.simulator.plant import Plant, quantity_element, share_of, transaction_list
from backend.simulator.recorder import Event, extensions, number
from backend.simulator.sensors import Curve, curve_elements, spot_elements
from backend.simulator.stores import Portion, Stores

WRONG_SCAN_RATE = 0.004


@dataclass(frozen=True, slots=True)
class Inputs:
    """`untracked` are products without lots, such as tap water."""

    draws: Sequence[Portion] = ()
    units: Sequence[Unit] = ()
    untracked: Sequence[tuple[Product, Decimal]] = ()

    @property
    def untracked_gtins(self) -> tuple[str, ...]:
        return tuple(product.gtin for product, _ in self.untracked)


@dataclass(frozen=True, slots=True)
class Work:
    """The circumstances of a process step; `began` and `ended` bound it, the event bears the time of its end."""

    order: str
    place: Location
    step: str
    began: datetime
    ended: datetime
    curve: Curve | None = None
    disposition: str = "in_progress"


class Processing:
    def __init__(self, plant: Plant, stores: Stores) -> None:
        self._plant = plant
        self._stores = stores

    def weigh(self, order: str, draws: Sequence[Portion], at: datetime) -> None:
        """The store weighs out for one order and notes what is left of each lot."""
        plant = self._plant
        left = [
            {"plant:lotNumber": draw.lot.number, "plant:quantity": number(draw.lot.remaining), "plant:uom": draw.lot.product.unit_of_measure}
            for draw in draws
        ]
        plant.observe(
            at,
            "picking",
            "in_progress",
            plant.site.raw_store,
            quantities=plant.quantities((draw.lot, draw.quantity) for draw in draws),
            transactions=self._transactions(order),
            fields=extensions(scale=plant.instrument(plant.site.raw_store, "scale"), remaining=left),
        )

    def transform(self, work: Work, inputs: Inputs, *, lots: Sequence[Portion] = (), units: Sequence[Unit] = (), in_two_parts: bool = False) -> None:
        """`lots` and serialised `units` come out; all inputs reach all of them."""
        if in_two_parts and len(inputs.draws) > 1:
            self._transform_in_two_parts(work, inputs, lots, units)
            return
        body = self._input_fields(inputs, inputs.draws) | self._output_fields(lots, units) | self._circumstances(work)
        event_id = self._record(work, body, inputs)
        taken, made = parts(inputs.draws, inputs.units, work.ended), parts(lots, units, work.ended)
        self._note(Transformation(None, (event_id,), taken, made, inputs.untracked_gtins), units)

    def _transform_in_two_parts(self, work: Work, inputs: Inputs, lots: Sequence[Portion], units: Sequence[Unit]) -> None:
        plant = self._plant
        half = len(inputs.draws) // 2
        first = Inputs(inputs.draws[:half], inputs.units)
        second = Inputs(inputs.draws[half:], (), inputs.untracked)
        transformation_id = f"{plant.uri.base}/id/transformation/{work.order}-{plant.next_number('transformation')}"
        identity = {"transformationID": transformation_id}
        charged_at = work.began + share_of(work.ended - work.began, 0.1)
        charge = identity | self._input_fields(first, first.draws) | self._setting(work)
        charge_event = plant.recorder.record("TransformationEvent", charged_at, charge)
        discharge = identity | self._input_fields(second, second.draws) | self._output_fields(lots, units) | self._circumstances(work)
        discharge_event = plant.recorder.record("TransformationEvent", work.ended, discharge)
        taken = parts(first.draws, first.units, charged_at) + parts(second.draws, (), work.ended)
        event_ids = charge_event["eventID"], discharge_event["eventID"]
        made = parts(lots, units, work.ended)
        self._note(Transformation(transformation_id, event_ids, taken, made, inputs.untracked_gtins), units)

    def _record(self, work: Work, body: Event, inputs: Inputs) -> str:
        """Record the event; now and then with a wrong lot at first, which someone notices later."""
        swap = self._possible_wrong_scan(inputs, work.began)
        if swap is None or not self._plant.quota("wrong-scan", WRONG_SCAN_RATE, first=4):
            return str(self._plant.recorder.record("TransformationEvent", work.ended, body)["eventID"])
        position, mistaken = swap
        meant = inputs.draws[position]
        draws = [*inputs.draws[:position], Portion(mistaken, meant.quantity), *inputs.draws[position + 1 :]]
        return self._record_corrected(work, body, body | self._input_fields(inputs, draws), mistaken, meant.lot)

    def _possible_wrong_scan(self, inputs: Inputs, before: datetime) -> tuple[int, Lot] | None:
        if len(inputs.draws) > 1:
            for position, draw in enumerate(inputs.draws):
                mistaken = self._stores.another_lot(inputs.draws, draw.lot.product, before)
                if mistaken is not None:
                    return position, mistaken
        return None

    def _record_corrected(self, work: Work, right: Event, wrong: Event, mistaken: Lot, meant: Lot) -> str:
        plant = self._plant
        noticed_at = work.ended + plant.minutes(45, 420)
        wrong_event, right_event = plant.recorder.record_corrected("TransformationEvent", work.ended, wrong, right, noticed_at)
        ids = wrong_event["eventID"], right_event["eventID"]
        plant.note_correction(Correction(CorrectionKind.WRONG_INPUT_LOT, *ids, noticed_at, mistaken.key, meant.key))
        return str(ids[1])

    def _input_fields(self, inputs: Inputs, draws: Sequence[Portion]) -> Event:
        uri = self._plant.uri
        quantities = self._plant.quantities((draw.lot, draw.quantity) for draw in draws)
        quantities += [quantity_element(uri.product_class(product), product, quantity) for product, quantity in inputs.untracked]
        fields: Event = {}
        if inputs.units:
            fields["inputEPCList"] = [uri.unit(unit) for unit in inputs.units]
        if quantities:
            fields["inputQuantityList"] = quantities
        return fields

    def _output_fields(self, lots: Sequence[Portion], units: Sequence[Unit]) -> Event:
        fields: Event = {}
        if units:
            fields["outputEPCList"] = [self._plant.uri.unit(unit, Form.LINK_WITH_LOT) for unit in units]
        if lots:
            fields["outputQuantityList"] = self._plant.quantities((portion.lot, portion.quantity) for portion in lots)
            fields["ilmd"] = lot_master_data([portion.lot for portion in lots])
        return fields

    def _setting(self, work: Work) -> Event:
        plant = self._plant
        return {
            "bizStep": work.step,
            "disposition": work.disposition,
            **plant.where(work.place),
            "bizTransactionList": transaction_list(self._transactions(work.order)),
            **extensions(operator=plant.operator(), equipment=plant.machine(work.place)),
        }

    def _circumstances(self, work: Work) -> Event:
        if work.curve is None:
            return self._setting(work)
        device = self._plant.instrument(work.place)
        elements = curve_elements(work.curve, device, work.began, work.ended, self._plant.random)
        return self._setting(work) | {"sensorElementList": elements}

    def _transactions(self, order: str) -> list[tuple[str, str]]:
        return [("prodorder", self._plant.uri.transaction(self._plant.company, order))]

    def _note(self, transformation: Transformation, units: Sequence[Unit]) -> None:
        self._plant.ledger.transformations.append(transformation)
        self._plant.ledger.add_units(units)

    def inspect(
        self,
        at: datetime,
        disposition: str,
        *,
        lots: Iterable[Lot] = (),
        units: Iterable[Unit] = (),
        curves: tuple[Curve, ...] = (),
        place: Location | None = None,
    ) -> None:
        plant = self._plant
        room = place or plant.site.laboratory
        sensors = {"sensorElementList": spot_elements(curves, plant.instrument(room, "balance"), at, plant.random)} if curves else {}
        quantities = plant.quantities((lot, lot.remaining) for lot in lots)
        epcs = [plant.uri.unit(unit) for unit in units]
        plant.observe(at, "inspecting", disposition, room, epcs=epcs, quantities=quantities, fields=sensors)

    def scrap(self, at: datetime, lots: Sequence[Lot], place: Location, reason: str) -> None:
        """What is left of these lots is destroyed."""
        quantities = self._plant.quantities((lot, lot.remaining) for lot in lots)
        self._plant.destroy(at, place, reason, epcs=(), quantities=quantities, keys=[lot.key for lot in lots])
        for lot in lots:
            lot.remaining = Decimal(0)

    def store_twice_by_mistake(self, lots: Sequence[Lot], at: datetime, place: Location) -> None:
        """A put-away scanned in the wrong place that never was: declared, with nothing in its stead."""
        plant = self._plant
        quantities = plant.quantities((lot, lot.remaining) for lot in lots)
        event = plant.observe(at, "storing", "sellable_not_accessible", place, quantities=quantities)
        noticed_at = at + plant.minutes(30, 200)
        plant.recorder.declare_error(event, noticed_at, "did_not_occur")
        plant.note_correction(Correction(CorrectionKind.DID_NOT_OCCUR, event["eventID"], None, noticed_at))


def parts(portions: Sequence[Portion], units: Sequence[Unit], at: datetime) -> tuple[Part, ...]:
    return tuple(Part(portion.lot.key, portion.quantity, at) for portion in portions) + tuple(Part(unit.key, None, at) for unit in units)


def lot_master_data(lots: Sequence[Lot]) -> Event:
    """ILMD holds for all outputs at once: a lot number only where there is one lot."""
    fields: Event = {}
    if len(lots) == 1:
        fields["cbvmda:lotNumber"] = lots[0].number
    expiry = {lot.expires for lot in lots}
    if len(expiry) == 1 and (date := lots[0].expires):
        fields["cbvmda:itemExpirationDate"] = date.isoformat()
    return fields | extensions(productionDate=lots[0].made_at.date().isoformat())
