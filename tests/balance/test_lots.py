"""Mass balances of lots: by hand, and of everything that a simulated food factory did."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from backend.balance import flow_service
from backend.balance.errors import NotALotError
from backend.balance.flow_service import LotBalance
from backend.balance.flows import LineKind
from backend.balance.tanks import Basis, TankPolicy
from backend.catalog import service as catalog
from backend.sandbox.samples import put_catalogue
from backend.services import Services
from backend.simulator import Industry, simulate
from infra.errors import InvalidInputError
from tests.balance.test_tank_service import TANK, clean, draw, fill
from tests.factories import (
    CUSTOMER,
    DOUGH,
    DUMPLING,
    FLOUR,
    MEAT,
    PLANT,
    SHOP,
    _event,
    at,
    capture,
    declared_wrong,
    lot,
    made,
    packed,
    quantity,
    shipped,
    sscc,
    transformed,
    unit,
)  # fmt: skip
from tests.firms import Firm
from tests.trace.test_simulated_truth import capture_all

F1, D1, P1 = lot(FLOUR, "F1"), lot(DOUGH, "D1"), lot(DUMPLING, "P1")
SUPPLIER = "https://id.gs1.org/417/9506000134031"


async def balance(services: Services, firm: Firm, key: str, **given: Any) -> LotBalance:
    async with services.database.tenant(firm.tenant_id) as tx:
        return await flow_service.lot_balance(tx, key, **given)


def lines(found: LotBalance) -> list[tuple[str, str, str]]:
    return [(line.kind.value, f"{line.quantity:f}", line.uom) for line in found.balance.lines]


def accounts(found: LotBalance) -> dict[str, tuple[str, ...]]:
    """opening, in, out, in stock, in transit, difference."""
    return {
        one.uom: tuple(f"{value:f}" for value in (one.opening, one.incoming, one.outgoing, one.in_stock, one.in_transit, one.difference))
        for one in found.balance.accounts
    }


def received(amount: dict[str, Any], minutes: float, source: str = SUPPLIER, **fields: Any) -> dict[str, Any]:
    parties = {"sourceList": [{"type": "owning_party", "source": source}]}
    return _event(
        "ObjectEvent", minutes, action="OBSERVE", quantityList=[amount], **({"bizStep": "receiving", "bizLocation": {"id": PLANT}} | parties | fields)
    )


def came_back(box: str, minutes: float) -> dict[str, Any]:
    parties = {"sourceList": [{"type": "owning_party", "source": CUSTOMER}]}
    return _event("ObjectEvent", minutes, action="OBSERVE", epcList=[box], bizStep="receiving", bizLocation={"id": PLANT}, **parties)


def used(amount: dict[str, Any], into: str, minutes: float, **fields: Any) -> dict[str, Any]:
    return _event(
        "TransformationEvent", minutes, inputQuantityList=[amount], outputQuantityList=[quantity(into, 1)],
        **({"bizLocation": {"id": PLANT}, "bizStep": "creating_class_instance"} | fields),
    )  # fmt: skip


def destroyed(amount: dict[str, Any], minutes: float, **fields: Any) -> dict[str, Any]:
    return made([], [amount], minutes, **({"action": "DELETE", "bizStep": "destroying"} | fields))


async def test_where_a_lot_went_is_told_line_by_line_and_adds_up(services: Services, firm: Firm) -> None:
    wrong = used(quantity(F1, 400), D1, 21)
    await capture(
        services, firm.tenant_id, received(quantity(F1, 1, "TNE"), 1), used(quantity(F1, 250), D1, 10), used(quantity(F1, 150_000, "GRM"), D1, 20),
        wrong, declared_wrong(wrong), destroyed(quantity(F1, 20), 30), destroyed(quantity(F1, 5), 31, bizStep="stock_taking"),
        shipped([], [quantity(F1, 100)], minutes=40), received(quantity(F1, 30), 50, CUSTOMER, disposition="returned"),
    )  # fmt: skip
    found = await balance(services, firm, F1)
    assert lines(found) == [
        ("received", "1", "TNE"), ("returned", "30", "KGM"), ("used", "150000", "GRM"), ("used", "250", "KGM"), ("shipped", "100", "KGM"),
        ("destroyed", "20", "KGM"), ("missed", "5", "KGM"),
    ]  # fmt: skip
    assert accounts(found) == {"KGM": ("0", "1030", "525", "505", "0", "0")}
    assert [(stock.place, stock.quantity) for stock in found.balance.stock] == [(PLANT, Decimal(505))]
    assert {line.basis for line in found.balance.lines} == {Basis.MEASURED}
    assert [(line.party, line.place) for line in found.balance.lines if line.kind is LineKind.SHIPPED] == [(CUSTOMER, PLANT)]


async def test_pieces_and_kilograms_of_one_lot_are_two_accounts(services: Services, firm: Firm) -> None:
    in_lot = f"https://id.gs1.org/01/{DUMPLING}/10/P1/21/"
    await capture(
        services, firm.tenant_id, transformed([F1], [P1], 10, amount=60), made([f"{in_lot}S{number}" for number in range(5)], minutes=11),
        packed(sscc(1), [unit(DUMPLING, "S0"), unit(DUMPLING, "S1")], minutes=20), packed(sscc(2), [sscc(1)], minutes=21), shipped([sscc(2)]),
        made([unit(DUMPLING, "S2")], minutes=40, action="DELETE", bizStep="destroying"),
    )  # fmt: skip
    found = await balance(services, firm, P1)
    assert accounts(found) == {"": ("0", "5", "3", "2", "0", "0"), "KGM": ("0", "60", "0", "60", "0", "0")}


async def test_serials_given_to_counted_pieces_make_no_more_of_them(services: Services, firm: Firm) -> None:
    in_lot = f"https://id.gs1.org/01/{DUMPLING}/10/P1/21/"
    making = _event(
        "TransformationEvent", 10, inputQuantityList=[quantity(F1, 9)], outputQuantityList=[quantity(P1, 100, None)], bizLocation={"id": PLANT}
    )
    await capture(
        services, firm.tenant_id, making, made([f"{in_lot}S{number}" for number in range(100)], minutes=11), shipped([unit(DUMPLING, "S7")])
    )
    found = await balance(services, firm, P1)
    assert accounts(found) == {"": ("0", "100", "1", "99", "0", "0")}
    assert ("serialised", "100", "") in lines(found)


async def test_period_opens_with_what_was_there(services: Services, firm: Firm) -> None:
    await capture(
        services,
        firm.tenant_id,
        received(quantity(F1, 100), 1),
        used(quantity(F1, 30), D1, 10),
        used(quantity(F1, 20), D1, 50),
        shipped([], [quantity(F1, 10)], minutes=90),
    )
    found = await balance(services, firm, F1, since=datetime.fromisoformat(at(30)), until=datetime.fromisoformat(at(60)))
    assert accounts(found) == {"KGM": ("70", "0", "20", "50", "0", "0")}
    assert lines(found) == [("used", "20", "KGM")]
    with pytest.raises(InvalidInputError):
        await balance(services, firm, F1, since=datetime.fromisoformat(at(60)), until=datetime.fromisoformat(at(30)))


async def test_what_has_no_quantity_or_no_place_is_said_and_never_nought(services: Services, firm: Firm) -> None:
    await capture(
        services, firm.tenant_id, received(quantity(F1, 100), 1), used({"epcClass": F1}, D1, 10), received({"epcClass": F1}, 11),
        used(quantity(F1, 40), D1, 20, bizLocation=None), destroyed({"epcClass": F1}, 30), shipped([], [{"epcClass": F1}], minutes=40),
    )  # fmt: skip
    found = await balance(services, firm, F1)
    assert [(one.kind.value, one.count) for one in found.balance.untold] == [("destroyed", 1), ("received", 1), ("shipped", 1), ("used", 1)]
    # A use at no place leaves no stock: the difference shows it.
    assert accounts(found) == {"KGM": ("0", "100", "40", "100", "0", "-40")}


async def test_transfer_between_own_places_is_in_transit_until_it_arrives(services: Services, firm: Firm) -> None:
    places = [catalog.Location(place, {"en": "x"}, "plant", True, "UTC") for place in (PLANT, SHOP)]
    await services.in_tenant(firm.tenant_id, lambda tx: catalog.put_locations(tx, firm.principal, places))
    to_shop = {"destinationList": [{"type": "location", "destination": SHOP}]}
    await capture(services, firm.tenant_id, received(quantity(F1, 100), 1), shipped([], [quantity(F1, 60)], minutes=10, **to_shop))
    assert accounts(await balance(services, firm, F1))["KGM"] == ("0", "100", "0", "40", "60", "0")
    await capture(services, firm.tenant_id, received(quantity(F1, 50), 20, PLANT, bizLocation={"id": SHOP}))
    found = await balance(services, firm, F1)
    assert accounts(found)["KGM"] == ("0", "100", "0", "90", "10", "0")
    assert [(stock.place, stock.quantity) for stock in found.balance.stock] == [(PLANT, Decimal(40)), (SHOP, Decimal(50))]


async def test_goods_in_a_container_are_received_back_used_up_and_destroyed_with_it(services: Services, firm: Firm) -> None:
    boxes = [sscc(1), sscc(2), sscc(3)]
    await capture(
        services, firm.tenant_id, received(quantity(F1, 100), 1), *[packed(box, [], [quantity(F1, 20)], minutes=5) for box in boxes],
        shipped([boxes[0]], minutes=10),
        came_back(boxes[0], 20),
        transformed([boxes[1]], [D1], 30), made([boxes[2]], minutes=40, action="DELETE", bizStep="destroying"),
    )  # fmt: skip
    found = await balance(services, firm, F1)
    assert lines(found) == [
        ("received", "100", "KGM"),
        ("returned", "20", "KGM"),
        ("used", "20", "KGM"),
        ("shipped", "20", "KGM"),
        ("destroyed", "20", "KGM"),
    ]
    assert accounts(found) == {"KGM": ("0", "120", "60", "60", "0", "0")}


async def test_draws_from_tanks_are_told_by_policy(services: Services, firm: Firm) -> None:
    other = lot(MEAT, "M1")
    await capture(
        services, firm.tenant_id, received(quantity(F1, 600, "LTR"), 0), received(quantity(other, 400, "LTR"), 0),
        fill(F1, 600, 1), fill(other, 400, 2),
        draw(quantity(D1, 500, "LTR"), 3), clean(9),
    )  # fmt: skip
    mixed = await balance(services, firm, F1, policy=TankPolicy.WELL_MIXED)
    assert [(line.kind.value, line.quantity, line.basis) for line in mixed.balance.lines] == [
        ("received", Decimal(600), Basis.MEASURED), ("used", Decimal(300), Basis.ALLOCATED),
    ]  # fmt: skip
    assert accounts(mixed) == {"LTR": ("0", "600", "300", "300", "0", "0")}
    first = await balance(services, firm, F1, policy=TankPolicy.FIRST_IN_FIRST_OUT)
    assert accounts(first) == {"LTR": ("0", "600", "500", "100", "0", "0")}
    unsure = await balance(services, firm, F1)
    assert [(one.kind.value, one.count) for one in unsure.balance.untold] == [("used", 1)]
    assert accounts(unsure) == {"LTR": ("0", "600", "0", "600", "0", "0")}
    assert TANK


async def test_balance_is_of_a_lot(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made([unit(DUMPLING, "S1")]))
    with pytest.raises(NotALotError):
        await balance(services, firm, unit(DUMPLING, "S1"))


async def test_every_lot_of_a_food_factory_is_as_planned(services: Services, firm: Firm) -> None:
    simulation = simulate(Industry.FOOD, events=1_200, seed=11, days=10)
    await services.in_tenant(firm.tenant_id, lambda tx: put_catalogue(tx, firm.principal, simulation.master_data))
    await capture_all(services, firm, simulation)
    truth = simulation.truth
    taken: dict[str, Decimal] = defaultdict(Decimal)
    for step in truth.transformations:
        for part in step.inputs:
            taken[part.key] += part.quantity or 1
    own_units: dict[str, list[str]] = defaultdict(list)
    for key, piece in truth.units.items():
        if piece.lot is not None:
            own_units[piece.lot.key].append(key)
    for key, planned in truth.lots.items():
        found = (await balance(services, firm, key)).balance
        assert found.untold == (), key
        [account] = found.accounts
        assert account.difference == 0, (key, account)
        sums = {kind: sum((line.quantity for line in found.lines if line.kind is kind), Decimal(0)) for kind in LineKind}
        assert sums[LineKind.USED] == taken[key], key
        if own_units[key]:
            units = set(own_units[key])
            # What is sampled at the line never gets a serial.
            assert sums[LineKind.MADE] == planned.quantity, key
            assert sums[LineKind.SERIALISED] in {0, len(units)}, key
            assert sums[LineKind.SHIPPED] == sum(len(units & shipment.units) for shipment in truth.shipments), key
            assert sums[LineKind.RETURNED] == sum(len(units & back.units) for back in truth.returns), key
            assert sums[LineKind.DESTROYED] == len(units & truth.destroyed.keys()), key
        else:
            assert sums[LineKind.MADE] + sums[LineKind.RECEIVED] == planned.quantity, key
            assert account.in_stock == (0 if key in truth.destroyed else planned.remaining), key
