"""Traces over small ledgers whose answers can be seen by eye."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from backend.simulator.ledger import Ledger, LogisticKind, LogisticUnit, Lot, Part, QuantityMove, Shipment, Transformation, Unit, contents_of
from backend.simulator.master_data import Location, LocationKind, Partner, PartnerRole, Product, ProductKind
from backend.simulator.traces import Traces

START = datetime(2025, 9, 1, tzinfo=UTC)
SITE = Location("9521001100014", None, "厂", "Mill", LocationKind.PARTNER_SITE, None, "9521001100014", False, "Asia/Shanghai", "95210011")
MILL = Partner("9521001100014", "面粉厂", "Mill", PartnerRole.SUPPLIER, "路", "Road", SITE, "95210011")
FLOUR = Product("09521001100014", "面粉", "Flour", "KGM", ProductKind.RAW, None, "95210011")
DOUGH = Product("09520001000010", "面团", "Dough", "KGM", ProductKind.INTERMEDIATE, 2, "9520001")
BUN = Product("09520001000027", "包子", "Bun", "H87", ProductKind.FINISHED, 90, "9520001")


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


def lot(ledger: Ledger, product: Product, number: str, at: int) -> Lot:
    return ledger.add_lot(Lot(product, number, hour(at), Decimal(10), MILL if product is FLOUR else None))


def transform(ledger: Ledger, inputs: list[Lot], outputs: list[Lot], at: int) -> None:
    def parts(lots: list[Lot]) -> tuple[Part, ...]:
        return tuple(Part(item.key, Decimal(1), hour(at)) for item in lots)

    ledger.transformations.append(Transformation(None, (f"event-{at}",), parts(inputs), parts(outputs), ()))


def test_cycle_is_walked_once_and_time_cuts_the_path_that_runs_backwards() -> None:
    ledger = Ledger()
    first, second = lot(ledger, FLOUR, "F1", 0), lot(ledger, FLOUR, "F2", 0)
    dough, early, late = lot(ledger, DOUGH, "D", 1), lot(ledger, BUN, "B1", 2), lot(ledger, BUN, "B2", 4)
    transform(ledger, [first], [dough], 1)
    transform(ledger, [dough], [early], 2)
    transform(ledger, [early, second], [dough], 3)
    transform(ledger, [dough], [late], 4)
    traces = Traces(ledger)
    assert traces.forward(second.key).lots == {dough.key, early.key, late.key}
    assert traces.forward(second.key, in_time=True).lots == {dough.key, late.key}
    assert traces.forward(first.key, in_time=True).finished_lots == {early.key, late.key}
    assert traces.backward(early.key).raw_lots == {first.key, second.key}
    assert traces.backward(dough.key).lots == {first.key, second.key, dough.key, early.key}
    assert traces.backward(late.key).suppliers == {MILL.gln}


def test_repacked_unit_is_in_its_new_case_from_then_on_and_ships_with_it() -> None:
    ledger = Ledger()
    bun = lot(ledger, BUN, "B", 0)
    stays, moves = (Unit(BUN, serial, bun, hour(1)) for serial in ("1", "2"))
    ledger.add_units([stays, moves])
    old, new = (LogisticUnit(sscc, LogisticKind.CASE, "9520001") for sscc in ("195200010000000017", "195200010000000024"))
    ledger.logistic_units.update({case.key: case for case in (old, new)})
    ledger.put(old, [stays, moves], hour(2))
    ledger.take(old, [moves], hour(3))
    ledger.put(new, [moves], hour(4))
    cases, units = contents_of([new])
    ledger.shipments.append(Shipment("DN1", "event", "9523000010018", hour(5), (new.key,), cases, units))
    traces = Traces(ledger)
    assert traces.contents(old.key, hour(2)) == {stays.key, moves.key}
    assert traces.contents(old.key, hour(3)) == {stays.key}
    assert traces.container(moves.key, hour(3)) is None
    assert traces.container(moves.key, hour(4)) == new.key
    assert traces.forward(bun.key).cases == {old.key, new.key}
    assert traces.forward(stays.key).shipments == frozenset()
    assert traces.forward(moves.key).customers == {"9523000010018"}
    assert traces.units_shipped() == {(bun.key, "DN1"): 1}


def test_quantity_taken_out_in_parts_leaves_the_difference() -> None:
    ledger = Ledger()
    flour = lot(ledger, FLOUR, "F", 0)
    for quantity, at in ((100, 1), (-40, 2), (-60, 3)):
        ledger.quantity_moves.append(QuantityMove(flour.key, "00/pallet", Decimal(quantity), hour(at)))
    traces = Traces(ledger)
    assert [traces.quantity_in("00/pallet", flour.key, hour(at)) for at in range(4)] == [0, 100, 60, 0]
