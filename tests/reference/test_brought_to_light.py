"""What the reference has brought to light, one by one."""

from backend.genealogy import containment
from backend.objects import service as objects
from backend.services import Services
from backend.trace import service as traces
from backend.trace.rules import Direction
from infra import clock
from tests.factories import DOUGH, DUMPLING, FLOUR, MEAT, capture, declared_wrong, lot, made, packed, quantity, sscc, transformed, unit
from tests.firms import Firm

F1, D1 = lot(FLOUR, "F1"), lot(DOUGH, "D1")
SOME_FLOUR, SOME_MEAT = f"https://id.gs1.org/01/{FLOUR}", f"https://id.gs1.org/01/{MEAT}"


async def origins(services: Services, firm: Firm, key: str) -> set[str]:
    """The codes of the lots that a thing came from."""
    async with services.database.tenant(firm.tenant_id) as tx:
        found = await traces.trace(tx, key, Direction.BACKWARD)
    return {node.thing.code for node in found.nodes if node.thing.gtin} - {found.start.code}


async def certainties(services: Services, firm: Firm, key: str, direction: Direction, *asked: str) -> list[str]:
    """How surely these things are reached from one."""
    async with services.database.tenant(firm.tenant_id) as tx:
        found = {node.thing.uri: node.certainty.name for node in (await traces.trace(tx, key, direction)).nodes}
    return [found[uri] for uri in asked]


async def gaps(services: Services, firm: Firm, key: str) -> list[str]:
    """The products of which nothing is known where they went in."""
    async with services.database.tenant(firm.tenant_id) as tx:
        return [gap.product.uri for gap in (await traces.trace(tx, key, Direction.BACKWARD)).gaps]


async def test_two_events_that_put_in_as_much_at_one_moment_both_count(services: Services, firm: Firm) -> None:
    box, many = sscc(1), [quantity(F1, 100)]
    await capture(services, firm.tenant_id, packed(box, [], many, 10), packed(box, [unit(DUMPLING, "S1")], many, 10))
    later = clock.now()
    async with services.database.tenant(firm.tenant_id) as tx:
        object_id = (await objects.find(tx, box)).object_id
        for known_at in (None, later):
            rows = await containment.contents(tx, object_id, later, 10, known_at=known_at)
            assert [row["quantity"] for row in rows if row["quantity"]] == [100, 100]


async def test_a_lot_that_was_used_up_soon_after_is_a_candidate_where_its_product_went_in_unnamed(services: Services, firm: Firm) -> None:
    receipt, unnamed = made([], [quantity(F1, 10)], 0), transformed([SOME_FLOUR], [D1], 60)
    await capture(services, firm.tenant_id, receipt, unnamed, transformed([F1], [lot(DOUGH, "D2")], 120))
    assert await origins(services, firm, D1) == {"F1"}


async def test_a_lot_counted_in_two_units_of_measure_is_there_while_it_is_so_in_one(services: Services, firm: Firm) -> None:
    away = made([], [quantity(F1, 10, None)], 10, action="DELETE", bizStep="destroying")
    await capture(services, firm.tenant_id, made([], [quantity(F1, 10)], 0), away, transformed([SOME_FLOUR], [D1], 60 * 72))
    assert await origins(services, firm, D1) == {"F1"}


async def test_a_product_of_which_nothing_was_there_is_a_gap_also_beside_one_of_which_something_was(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(F1, 10)], 0), transformed([SOME_FLOUR, SOME_MEAT], [D1], 60))
    assert await gaps(services, firm, D1) == [SOME_MEAT]


async def test_what_lies_in_a_kit_is_in_what_the_kit_went_into_also_where_it_is_told_last(services: Services, firm: Firm) -> None:
    engine, crank = unit(DUMPLING, "E1"), unit(MEAT, "C1")
    filled, boxed, used = packed(engine, [crank], minutes=20), packed(sscc(1), [engine], minutes=21), transformed([sscc(1)], [D1], 30)
    await capture(services, firm.tenant_id, used, boxed, filled)
    assert await origins(services, firm, D1) == {"E1", "C1"}
    await capture(services, firm.tenant_id, declared_wrong(filled))
    assert await origins(services, firm, D1) == {"E1"}


async def test_a_contradiction_at_one_use_of_a_container_leaves_a_later_use_of_it_certain(services: Services, firm: Firm) -> None:
    pieces = [unit(DUMPLING, "S1"), unit(DUMPLING, "S2")]
    making = transformed([F1], pieces, 60 * 27)
    early, late = transformed([sscc(1)], [lot(DOUGH, "D2")], 30), transformed([sscc(1)], [D1], 60 * 29)
    await capture(services, firm.tenant_id, making, packed(sscc(1), pieces, [quantity(lot(MEAT, "M1"), 5)], minutes=1), early, late)
    assert await certainties(services, firm, F1, Direction.FORWARD, D1, lot(DOUGH, "D2")) == ["CERTAIN", "POSSIBLE"]
    assert await certainties(services, firm, D1, Direction.BACKWARD, F1) == ["CERTAIN"]
    assert await certainties(services, firm, lot(DOUGH, "D2"), Direction.BACKWARD, F1) == ["POSSIBLE"]


async def test_of_two_lots_told_for_a_unit_either_is_possible(services: Services, firm: Firm) -> None:
    one, other, alone, crank = (f"https://id.gs1.org/01/{DUMPLING}/10/{number}" for number in ("P1", "P2", "P3", "C1"))
    piece, neighbour = unit(DUMPLING, "S1"), unit(DUMPLING, "S2")
    making = {**transformed([F1], [], 10), "inputEPCList": [crank + "/21/C1"], "outputEPCList": [one + "/21/S1", alone + "/21/S2"]}
    seen = made([other + "/21/S1"], minutes=20, action="OBSERVE", bizStep="inspecting")
    await capture(services, firm.tenant_id, making, transformed([F1], [one, other, alone], 5))
    assert await certainties(services, firm, one, Direction.FORWARD, piece) == ["CERTAIN"]
    await capture(services, firm.tenant_id, seen)
    for told in (one, other):
        assert await certainties(services, firm, told, Direction.FORWARD, piece) == ["POSSIBLE"]
        assert await certainties(services, firm, piece, Direction.BACKWARD, told) == ["POSSIBLE"]
    assert await certainties(services, firm, neighbour, Direction.BACKWARD, alone) == ["CERTAIN"]
    await capture(services, firm.tenant_id, declared_wrong(seen))
    assert await certainties(services, firm, one, Direction.FORWARD, piece) == ["CERTAIN"]


async def test_lots_of_a_private_product_are_candidates_where_it_went_in_unnamed(services: Services, firm: Firm) -> None:
    beans, other = "https://firm.example/class/beans", "https://firm.example/class/beans2/B9"
    unnamed = transformed([beans], [D1], 60)
    await capture(services, firm.tenant_id, made([], [quantity(other, 10)], 0), unnamed)
    assert await gaps(services, firm, D1) == [beans]
    receipt = made([], [quantity(f"{beans}/B1", 10)], 0)
    await capture(services, firm.tenant_id, receipt)
    assert await gaps(services, firm, D1) == []
    assert await certainties(services, firm, D1, Direction.BACKWARD, f"{beans}/B1") == ["POSSIBLE"]
    assert await certainties(services, firm, f"{beans}/B1", Direction.FORWARD, D1) == ["POSSIBLE"]
    async with services.database.tenant(firm.tenant_id) as tx:
        names = {node.thing.uri for node in (await traces.trace(tx, D1, Direction.BACKWARD)).nodes}
    assert other not in names
    await capture(services, firm.tenant_id, declared_wrong(receipt))
    assert await gaps(services, firm, D1) == [beans]
