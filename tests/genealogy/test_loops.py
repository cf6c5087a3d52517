"""Returns and returns of returns, disassembly, by-products, rework: what leads to what where goods go round."""

from typing import Any

from backend.identifiers import ObjectKind
from backend.services import Services
from backend.trace import service as trace
from backend.trace.rules import Direction
from tests.factories import CUSTOMER, DOUGH, DUMPLING, FLOUR, MEAT, PLANT, capture, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm

F1, M1, D1, D2, P1 = lot(FLOUR, "F1"), lot(MEAT, "M1"), lot(DOUGH, "D1"), lot(DOUGH, "D2"), lot(DUMPLING, "P1")


async def reached(services: Services, firm: Firm, key: str, direction: Direction = Direction.FORWARD) -> set[str]:
    async with services.database.tenant(firm.tenant_id) as tx:
        answer = await trace.trace(tx, key, direction)
    return {node.thing.code for node in answer.nodes if node.thing.kind in (ObjectKind.LOT, ObjectKind.UNIT)}


async def carried(services: Services, firm: Firm, key: str) -> int:
    async with services.database.tenant(firm.tenant_id) as tx:
        return len(await trace.shipments_reached(tx, key))


def came_back(of: list[str], minutes: float, amounts: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return made(
        of, amounts or [], minutes, action="OBSERVE", bizStep="receiving", disposition="returned", readPoint={"id": PLANT},
        sourceList=[{"type": "possessing_party", "source": CUSTOMER}],
    )  # fmt: skip


async def test_a_unit_that_came_back_and_was_sent_out_twice_is_in_every_shipment_that_took_it(services: Services, firm: Firm) -> None:
    one = f"{P1}/21/S1"
    bare = unit(DUMPLING, "S1")
    await capture(
        services, firm.tenant_id, transformed([F1], [P1], 5), made([one], minutes=10), packed(sscc(1), [bare], minutes=20),
        shipped([sscc(1)], minutes=30), packed(sscc(1), [bare], minutes=40, action="DELETE"), came_back([bare], 50),
        packed(sscc(2), [bare], minutes=60), shipped([sscc(2)], minutes=70), came_back([sscc(2)], 80),
        packed(sscc(2), [bare], minutes=90, action="DELETE"), shipped([sscc(2)], minutes=100),
    )  # fmt: skip
    assert await carried(services, firm, bare) == 2
    assert await carried(services, firm, F1) == 2
    assert await reached(services, firm, bare, Direction.BACKWARD) == {"S1", "P1", "F1"}


async def test_a_returned_lot_worked_into_the_next_one_leads_on(services: Services, firm: Firm) -> None:
    await capture(
        services, firm.tenant_id, transformed([F1], [D1], 10), shipped([], [quantity(D1, 10)], 20), came_back([], 30, [quantity(D1, 4)]),
        transformed([D1, M1], [P1], 40), shipped([], [quantity(P1, 10)], 50),
    )  # fmt: skip
    assert await reached(services, firm, F1) == {"F1", "D1", "P1"}
    assert await carried(services, firm, F1) == 2
    assert await carried(services, firm, M1) == 1


async def test_disassembly_keeps_what_the_parts_came_from_and_adds_the_step(services: Services, firm: Firm) -> None:
    """An engine taken apart: its parts have their own history, were in the engine, and go on by themselves."""
    piston, crank = unit(MEAT, "C1"), unit(MEAT, "C2")
    engine, car, other_car = unit(DUMPLING, "E1"), unit(DOUGH, "K1"), unit(DOUGH, "K2")
    await capture(
        services, firm.tenant_id, transformed([M1], [piston], 1), transformed([F1], [crank], 2), transformed([piston, crank], [engine], 10),
        transformed([engine], [car], 20), transformed([engine], [piston, crank], 50), transformed([piston], [other_car], 60),
    )  # fmt: skip
    assert await reached(services, firm, other_car, Direction.BACKWARD) == {"K2", "C1", "C2", "E1", "M1", "F1"}
    assert await reached(services, firm, M1) == {"M1", "C1", "C2", "E1", "K1", "K2"}
    assert await reached(services, firm, crank, Direction.BACKWARD) == {"C2", "F1", "E1", "C1", "M1"}
    async with services.database.tenant(firm.tenant_id) as tx:
        steps = {link.event_id for link in (await trace.trace(tx, piston, Direction.BACKWARD)).links if link.kind.name == "OUTPUT"}
    assert len(steps) == 4


async def test_by_products_come_from_all_that_went_in_and_not_from_each_other(services: Services, firm: Firm) -> None:
    whey, cream = lot(DUMPLING, "WHEY"), lot(DUMPLING, "CREAM")
    await capture(services, firm.tenant_id, transformed([F1, M1], [D1, whey, cream], 10), transformed([whey], [D2], 20))
    assert await reached(services, firm, M1) == {"M1", "D1", "WHEY", "CREAM", "D2"}
    assert await reached(services, firm, D2, Direction.BACKWARD) == {"D2", "WHEY", "F1", "M1"}
    assert await reached(services, firm, cream) == {"CREAM"}


async def test_rework_into_itself_and_back_ends(services: Services, firm: Firm) -> None:
    await capture(
        services, firm.tenant_id, transformed([F1], [D1], 10), transformed([D1, M1], [D1], 20), transformed([D1], [D2], 30),
        transformed([D2], [D1], 40), transformed([D1], [P1], 50),
    )  # fmt: skip
    assert await reached(services, firm, M1) == {"M1", "D1", "D2", "P1"}
    assert await reached(services, firm, P1, Direction.BACKWARD) == {"P1", "D1", "D2", "M1", "F1"}
    assert await reached(services, firm, D2) == {"D1", "D2", "P1"}


async def test_a_lot_that_was_there_at_any_moment_within_the_tolerance_is_a_candidate(services: Services, firm: Firm) -> None:
    """It came after the use and was gone again within the day: by the clocks it may have been there."""
    class_only = f"https://id.gs1.org/01/{FLOUR}"
    gone = shipped([], [quantity(F1, 100)], 90)
    await capture(services, firm.tenant_id, made([], [quantity(F1, 100)], 5), transformed([class_only], [D1], 50), gone)
    assert await reached(services, firm, D1, Direction.BACKWARD) == {"D1", "F1"}
