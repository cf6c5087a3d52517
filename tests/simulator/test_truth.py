"""The truth of a simulation agrees with itself, with its events in order, and with its events in disorder."""

from functools import cache

import pytest

from backend.simulator import Industry, Simulation, simulate
from backend.simulator.ledger import CorrectionKind, LogisticKind
from backend.simulator.master_data import ProductKind
from backend.simulator.traces import Reach
from tests.simulator.event_story import Story, effective_events, read_story, story_of

every_industry = pytest.mark.parametrize("industry", list(Industry))
SIZE = 2500


@cache
def simulation_of(industry: Industry, *, messy: bool = False) -> Simulation:
    return simulate(industry, events=SIZE, seed=11, host="suwei.example", messy=messy)


@cache
def story_told(industry: Industry, *, messy: bool) -> Story:
    return read_story(simulation_of(industry, messy=messy))


def reach_told(story: Story, simulation: Simulation, key: str) -> Reach:
    """The reach of a lot as the events tell it; only what a thing *is* comes from the simulation."""
    truth = simulation.truth
    reached = story.reached(key, forward=True)
    units = {item for item in reached if "/21/" in item}
    containers = story.containers_of(units | ({key} if "/21/" in key else set()))
    kinds = {container: truth.logistic_units[container].kind for container in containers}
    shipped = {
        number: customer
        for number, (customer, at, named) in story.shipments.items()
        if any(units & (story.contents(item, at) | {item}) for item in named)
    }
    lots = reached - units
    return Reach(
        lots=frozenset(lots),
        finished_lots=frozenset(lot for lot in lots if truth.lots[lot].product.kind is ProductKind.FINISHED),
        units=frozenset(units),
        cases=frozenset(container for container, kind in kinds.items() if kind is LogisticKind.CASE),
        pallets=frozenset(container for container, kind in kinds.items() if kind is LogisticKind.PALLET),
        shipments=frozenset(shipped),
        customers=frozenset(shipped.values()),
    )


@every_industry
@pytest.mark.parametrize("messy", [False, True])
def test_events_tell_the_same_reach_of_the_contaminated_lot_as_the_truth(industry: Industry, messy: bool) -> None:
    simulation = simulation_of(industry, messy=messy)
    told = reach_told(story_told(industry, messy=messy), simulation, simulation.truth.contaminated_lot)
    assert told == simulation.truth.contaminated_reach


@every_industry
@pytest.mark.parametrize("messy", [False, True])
def test_events_tell_the_same_origin_of_the_sold_unit_as_the_truth(industry: Industry, messy: bool) -> None:
    simulation = simulation_of(industry, messy=messy)
    told = story_told(industry, messy=messy).reached(simulation.truth.sold_unit, forward=False)
    origin = simulation.truth.sold_unit_origin
    assert {key for key in told if "/10/" in key} == origin.lots
    assert {key for key in told if "/21/" in key} == origin.units


@every_industry
def test_disorder_does_not_change_the_truth(industry: Industry) -> None:
    tidy, messy = simulation_of(industry).truth, simulation_of(industry, messy=True).truth
    assert messy.contaminated_lot == tidy.contaminated_lot
    assert messy.contaminated_reach == tidy.contaminated_reach
    assert messy.units_shipped() == tidy.units_shipped()
    assert messy.counts.events == tidy.counts.events
    assert messy.counts.duplicates > 0


@every_industry
def test_events_tell_the_same_links_and_memberships_as_the_truth(industry: Industry) -> None:
    story, truth = story_told(industry, messy=False), simulation_of(industry).truth
    assert len(story.inputs) == len(truth.transformations)
    for transformation in truth.transformations:
        name = transformation.transformation_id or transformation.event_ids[-1]
        assert story.inputs[name] == {part.key for part in transformation.inputs}
        assert story.outputs[name] == {part.key for part in transformation.outputs}
    assert story.lot_of_unit == {unit.key: unit.lot.key for unit in truth.units.values() if unit.lot}


@every_industry
def test_events_tell_the_same_containment_as_the_truth(industry: Industry) -> None:
    story, truth = story_told(industry, messy=False), simulation_of(industry).truth
    stays = [(stay.content, stay.container, stay.since, stay.until) for stay in truth.containments]
    assert sorted(story.stays, key=str) == sorted(stays, key=str)


@every_industry
def test_events_tell_the_same_shipments_as_the_truth(industry: Industry) -> None:
    story, truth = story_told(industry, messy=False), simulation_of(industry).truth
    assert story.shipments == {item.number: (item.customer, item.shipped_at, item.named) for item in truth.shipments}


@every_industry
def test_contents_of_a_pallet_as_of_its_shipment_are_the_units_shipped(industry: Industry) -> None:
    truth = simulation_of(industry).truth
    for shipment in truth.shipments:
        inside = frozenset[str]().union(*(truth.contents(item, shipment.shipped_at) for item in shipment.named))
        assert {key for key in inside if "/21/" in key} == shipment.units
        assert inside | set(shipment.named) == shipment.units | shipment.logistic_units


@every_industry
def test_forward_and_backward_agree_for_every_raw_lot(industry: Industry) -> None:
    truth = simulation_of(industry).truth
    shipped = sorted(key for item in truth.shipments for key in item.units)[:: SIZE // 40]
    behind = {unit: truth.backward(unit).lots for unit in shipped}
    for lot in [lot for lot in truth.lots.values() if lot.supplier]:
        reached = truth.reached_units(lot.key)
        assert {unit for unit in shipped if unit in reached} == {unit for unit in shipped if lot.key in behind[unit]}


@every_industry
def test_parents_and_children_mirror_each_other(industry: Industry) -> None:
    truth = simulation_of(industry).truth
    for lot in truth.lots:
        assert all(lot in truth.parents(child) for child in truth.children(lot))
        assert all(lot in truth.children(parent) for parent in truth.parents(lot))


@every_industry
def test_contamination_reached_several_but_not_all_goods_and_customers(industry: Industry) -> None:
    truth = simulation_of(industry).truth
    reach = truth.contaminated_reach
    all_customers = {shipment.customer for shipment in truth.shipments}
    assert truth.lots[truth.contaminated_lot].supplier is not None
    assert 1 < len(reach.customers) < len(all_customers)
    assert 1 < len(reach.shipments) < len(truth.shipments)
    if truth.counts.finished_lots:
        assert 1 < len(reach.finished_lots) < truth.counts.finished_lots
    assert truth.contaminated_lot in truth.sold_unit_origin.raw_lots
    assert truth.sold_unit in reach.units


@every_industry
def test_time_bound_reach_is_a_part_of_the_whole(industry: Industry) -> None:
    truth = simulation_of(industry).truth
    for lot in [lot.key for lot in truth.lots.values() if lot.supplier][:40]:
        whole, in_time = truth.forward(lot), truth.forward(lot, in_time=True)
        assert in_time.units <= whole.units
        assert in_time.lots <= whole.lots
    assert truth.forward(truth.contaminated_lot, in_time=True).units


@every_industry
def test_nothing_is_used_packed_or_shipped_before_it_exists(industry: Industry) -> None:
    truth = simulation_of(industry).truth
    made_at = {key: lot.made_at for key, lot in truth.lots.items()} | {key: unit.made_at for key, unit in truth.units.items()}
    for transformation in truth.transformations:
        assert all(made_at[part.key] <= part.at for part in (*transformation.inputs, *transformation.outputs))
    for stay in truth.containments:
        assert stay.content not in made_at or made_at[stay.content] < stay.since
        assert stay.until is None or stay.since < stay.until
    for shipment in truth.shipments:
        assert all(made_at[unit] < shipment.shipped_at for unit in shipment.units)


@every_industry
def test_no_unit_is_in_two_places_at_once(industry: Industry) -> None:
    truth = simulation_of(industry).truth
    by_content: dict[str, list[tuple[object, object]]] = {}
    for stay in sorted(truth.containments, key=lambda stay: stay.since):
        earlier = by_content.setdefault(stay.content, [])
        assert all(until is not None and until <= stay.since for _, until in earlier)  # type: ignore[operator]
        earlier.append((stay.since, stay.until))


@every_industry
def test_quantities_drawn_never_exceed_what_was_received_or_made(industry: Industry) -> None:
    truth = simulation_of(industry).truth
    drawn = {key: lot.quantity - lot.quantity for key, lot in truth.lots.items()}
    for transformation in truth.transformations:
        for part in transformation.inputs:
            if part.quantity is not None:
                drawn[part.key] += part.quantity
    assert all(drawn[key] <= lot.quantity for key, lot in truth.lots.items())


def test_a_reader_who_ignores_error_declarations_traces_wrongly() -> None:
    simulation = simulation_of(Industry.FOOD)
    truth = simulation.truth
    wrong_scans = [item for item in truth.corrections if item.kind is CorrectionKind.WRONG_INPUT_LOT]
    believed = [event for event in simulation.events if "errorDeclaration" not in event]
    naive = story_of(sorted(believed, key=lambda event: str(event["eventTime"])), simulation.master_data.company.gln)
    mistaken = [item for item in wrong_scans if item.named and naive.reached(item.named, forward=True) != truth.reached_units(item.named)]
    assert wrong_scans
    assert any(
        naive.reached(item.named, forward=True) - truth.forward(item.named).lots - truth.forward(item.named).units for item in mistaken if item.named
    )


@every_industry
def test_corrections_carry_the_wrong_events_id_and_its_whole_body(industry: Industry) -> None:
    simulation = simulation_of(industry)
    events = list(simulation.events)
    originals = {event["eventID"]: event for event in events if "errorDeclaration" not in event}
    declarations = [event for event in events if "errorDeclaration" in event]
    assert len(declarations) == len(simulation.truth.corrections) > 1
    corrections = {item.event_id: item for item in simulation.truth.corrections}
    for declaration in declarations:
        body = {name: value for name, value in declaration.items() if name != "errorDeclaration"}
        correction = corrections[declaration["eventID"]]
        assert body == originals[declaration["eventID"]]
        assert declaration["errorDeclaration"].get("correctiveEventIDs", []) == (
            [correction.corrective_event_id] if correction.corrective_event_id else []
        )
        assert correction.corrective_event_id is None or correction.corrective_event_id in originals


def test_food_has_every_case_that_a_trace_must_master() -> None:
    simulation = simulation_of(Industry.FOOD)
    truth, events = simulation.truth, effective_events(simulation)
    parts = [event["transformationID"] for event in events if "transformationID" in event]
    kinds = {correction.kind for correction in truth.corrections}
    moves = [stay.content for stay in truth.containments if stay.until is not None and "/21/" in stay.content]
    packed_again = {stay.content for stay in truth.containments if stay.since > min(item.shipped_at for item in truth.shipments)}
    fan_in = [len(item.inputs) for item in truth.transformations if len(item.inputs) > 2]
    assert len(set(parts)) * 2 == len(parts) > 0
    assert kinds == {CorrectionKind.WRONG_INPUT_LOT, CorrectionKind.WRONG_CUSTOMER, CorrectionKind.DID_NOT_OCCUR}
    assert any(key in truth.backward(key).lots for key in truth.lots), "a rework cycle"
    assert any(len(item.outputs) > 1 for item in truth.transformations), "several outputs"
    assert any(item.untracked for item in truth.transformations), "an input without a lot"
    assert {item.restocked for item in truth.returns} == {True, False}
    assert any(lot in truth.destroyed for lot in truth.lots if truth.lots[lot].product.kind is ProductKind.FINISHED), "a scrapped lot"
    assert 0.015 < len(set(moves) & packed_again) / len(truth.units) < 0.06
    assert max(fan_in) <= 8
    assert any(event["action"] == "DELETE" and "childEPCs" not in event for event in events if event["type"] == "AggregationEvent")


def test_supplier_pallets_add_up_to_nothing_once_they_are_unpacked() -> None:
    simulation = simulation_of(Industry.FOOD)
    truth = simulation.truth
    pallets = [unit.key for unit in truth.logistic_units.values() if unit.kind is LogisticKind.SUPPLIER_PALLET]
    end = max(shipment.shipped_at for shipment in truth.shipments)
    packed = [event for event in effective_events(simulation) if event["type"] == "AggregationEvent" and "childQuantityList" in event]
    assert pallets
    assert len(packed) == 3 * len(pallets)
    assert all(truth.quantity_in(pallet, lot, end) == 0 for pallet in pallets for lot in truth.lots)


@pytest.mark.parametrize("industry", [Industry.AUTO_PARTS, Industry.ELECTRONICS])
def test_serial_components_have_a_genealogy_of_their_own(industry: Industry) -> None:
    truth = simulation_of(industry).truth
    origin = truth.sold_unit_origin
    cycles = [key for key in truth.units if key in truth.backward(key).units]
    assert origin.units
    assert any(truth.units[key].lot is not None for key in origin.units), "a purchased component under its supplier's lot"
    assert any(truth.units[key].lot is None for key in origin.units), "a component of its own"
    assert cycles, "taken apart and built in again, or repaired"
