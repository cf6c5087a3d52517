"""What the orders have brought to light, one by one: packing told behind its shipment, goods held by themselves, quantities told twice."""

import json
from uuid import UUID

from backend.holds import service as holds
from backend.objects import service as objects
from backend.services import Services
from backend.trace import service as trace
from backend.trace.rules import Direction
from infra.database import Gate, TenantTransaction
from tests.factories import DOUGH, DUMPLING, FLOUR, MEAT, capture, declared_wrong, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm
from tests.orders.stories import CART
from tests.signing import signature_of

YEARS = 60 * 24 * 365 * 5
F1, D1, D2, P1, S1, S2 = lot(FLOUR, "F1"), lot(DOUGH, "D1"), lot(DOUGH, "D2"), lot(DUMPLING, "P1"), unit(DUMPLING, "S1"), unit(DUMPLING, "S2")
TRACKED = [f"{P1}/21/S1", f"{P1}/21/S2"]


async def carried(services: Services, firm: Firm, key: str) -> list[tuple[str, int, str]]:
    """(code, quantity, certainty) of what shipments took of an object."""
    async with services.database.tenant(firm.tenant_id) as tx:
        reached = await trace.shipments_reached(tx, key)
    return [(each.lot.code, int(each.quantity), each.certainty.name) for shipment in reached for each in shipment.lots]


async def hold(services: Services, firm: Firm, key: str) -> UUID:
    async def use(tx: TenantTransaction) -> UUID:
        return (await holds.place_hold(tx, firm.principal, key=key, reason="salmonella")).hold_id

    return await services.in_tenant(firm.tenant_id, use, gate=Gate.EXCLUSIVE)


async def release(services: Services, firm: Firm, hold_id: UUID, *keys: str) -> None:
    async def use(tx: TenantTransaction) -> None:
        await holds.release_hold(tx, firm.principal, hold_id=hold_id, reason="tested", keys=keys, signature=signature_of(firm.principal))

    await services.in_tenant(firm.tenant_id, use, gate=Gate.EXCLUSIVE)


async def alerted(services: Services, firm: Firm) -> list[str]:
    """The goods of which alerts tell."""
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch("select subject from alert where tenant_id = $1 and kind = 'held_goods_shipped' order by subject")
    return [row["subject"].rsplit("/", 1)[1] for row in rows]


async def test_what_was_told_to_be_packed_after_the_pallet_left_empty_is_possible_in_the_shipment(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made(TRACKED), shipped([sscc(1)], minutes=30), packed(sscc(1), [S1], [quantity(D1, 40)], minutes=45))
    assert await carried(services, firm, S1) == [("S1", 1, "POSSIBLE")]
    assert await carried(services, firm, P1) == [("P1", 1, "POSSIBLE")]
    assert await carried(services, firm, D1) == [("D1", 40, "POSSIBLE")]


async def test_a_pallet_of_which_the_contents_were_known_did_not_carry_what_came_into_it_later(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made(TRACKED), packed(sscc(1), [S1]), shipped([sscc(1)]), packed(sscc(1), [S2], minutes=45))
    assert await carried(services, firm, S1) == [("S1", 1, "CERTAIN")]
    assert await carried(services, firm, S2) == []


async def test_a_pallet_shipped_by_a_clock_years_off_carried_what_was_packed_next(services: Services, firm: Firm) -> None:
    late = packed(sscc(1), [S2], minutes=60 * 72)
    await capture(services, firm.tenant_id, made(TRACKED), packed(sscc(1), [S1]), shipped([sscc(1)], minutes=-YEARS), late)
    assert await carried(services, firm, S1) == [("S1", 1, "POSSIBLE")]
    assert await carried(services, firm, S2) == []


async def test_an_asset_that_went_back_empty_did_not_carry_what_is_in_it_days_later(services: Services, firm: Firm) -> None:
    going_back = shipped([CART], minutes=-60 * 72)
    await capture(services, firm.tenant_id, made(TRACKED), going_back, packed(CART, [S1]))
    assert await carried(services, firm, S1) == []


async def test_equal_amounts_of_one_lot_in_a_shipment_add_up(services: Services, firm: Firm) -> None:
    await capture(
        services, firm.tenant_id, packed(sscc(1), [], [quantity(D1, 5)], minutes=20), packed(sscc(1), [], [quantity(D1, 5)], minutes=21),
        shipped([sscc(1)], [quantity(D1, 5), quantity(D1, 5)]),
    )  # fmt: skip
    assert await carried(services, firm, D1) == [("D1", 20, "CERTAIN")]


async def test_two_lines_of_one_packing_add_up(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, packed(sscc(1), [], [quantity(D1, 5), quantity(D1, 7)]), shipped([sscc(1)]))
    assert await carried(services, firm, D1) == [("D1", 12, "CERTAIN")]


async def test_a_unit_named_beside_its_pallet_counts_once(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made(TRACKED), packed(sscc(1), [S1]), shipped([sscc(1), S1]))
    assert await carried(services, firm, P1) == [("P1", 1, "CERTAIN")]


async def test_a_held_unit_that_left_is_told_of_also_where_its_lot_is_free(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made(TRACKED), packed(sscc(1), [S1, S2]))
    await hold(services, firm, S1)
    await capture(services, firm.tenant_id, shipped([S2]))
    assert await alerted(services, firm) == []
    await capture(services, firm.tenant_id, shipped([sscc(1)]))
    assert await alerted(services, firm) == ["S1"]


async def test_a_unit_cut_free_from_its_lots_hold_leaves_without_an_alert_and_its_neighbours_with_one(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made(TRACKED))
    await release(services, firm, await hold(services, firm, P1), S1)
    await capture(services, firm.tenant_id, shipped([S1]))
    assert await alerted(services, firm) == []
    await capture(services, firm.tenant_id, shipped([S1, S2], minutes=31))
    assert await alerted(services, firm) == ["P1"]


async def test_what_lies_in_a_held_pallet_and_left_by_itself_is_told_of_in_either_order(services: Services, firm: Firm, other_firm: Firm) -> None:
    packing, leaving = packed(sscc(1), [S1]), shipped([S1])
    for each, order in ((firm, (packing, leaving)), (other_firm, (leaving, packing))):
        await capture(services, each.tenant_id, made(TRACKED), made([sscc(1)]))
        await hold(services, each, sscc(1))
        await capture(services, each.tenant_id, *order)
        assert await alerted(services, each) == ["S1"]


async def test_a_held_pallet_that_left_is_told_of_once(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made(TRACKED), packed(sscc(1), [S1, S2]))
    await hold(services, firm, sscc(1))
    await capture(services, firm.tenant_id, shipped([sscc(1)]))
    assert await alerted(services, firm) == [sscc(1).rsplit("/", 1)[1]]


async def test_a_making_told_behind_its_lots_use_leads_there_all_the_same(services: Services, firm: Firm) -> None:
    engine, part = f"{lot(DUMPLING, 'E')}/21/E1", unit(MEAT, "C1")
    fitted, whole, making = transformed([engine], [D2], 20), transformed([lot(DUMPLING, "E")], [D1], 40), transformed([part], [engine], 10)
    await capture(services, firm.tenant_id, fitted, whole, making)
    async with services.database.tenant(firm.tenant_id) as tx:
        found = await trace.trace(tx, part, Direction.FORWARD)
    assert {"D1", "D2"} <= {node.thing.code for node in found.nodes}


async def test_what_lay_within_a_container_in_a_container_loses_its_links_with_the_outer_ones_use(services: Services, firm: Firm) -> None:
    used = transformed([sscc(2)], [D1], 50)
    await capture(services, firm.tenant_id, packed(sscc(1), [S1], minutes=20), packed(sscc(2), [sscc(1)], minutes=21), used)
    async with services.database.tenant(firm.tenant_id) as tx:
        assert "D1" in {node.thing.code for node in (await trace.trace(tx, S1, Direction.FORWARD)).nodes}
    await capture(services, firm.tenant_id, declared_wrong(used))
    async with services.database.tenant(firm.tenant_id) as tx:
        assert (await trace.trace(tx, S1, Direction.FORWARD)).links == ()


async def test_a_shipment_of_what_a_lots_unit_may_have_gone_into_has_its_alert_when_the_lot_is_learnt_last(services: Services, firm: Firm) -> None:
    """The unit was made from what is held; that it belongs to the lot that was used up for the shipped one is told at the end."""
    await capture(services, firm.tenant_id, made([], [quantity(F1, 5)]))
    await hold(services, firm, F1)
    await capture(services, firm.tenant_id, shipped([S2], minutes=-60), transformed([F1], [S1]), transformed([P1], [S2], minutes=30))
    assert await alerted(services, firm) == []
    await capture(services, firm.tenant_id, made([f"{P1}/21/S1"], minutes=15))
    assert await alerted(services, firm) == ["S2"]


async def test_goods_that_wait_since_a_correction_and_are_in_the_held_pallet_again_are_told_with_the_pallet(services: Services, firm: Firm) -> None:
    await hold(services, firm, sscc(1))
    wrong = packed(sscc(1), [S1], minutes=5)
    await capture(services, firm.tenant_id, wrong)
    await capture(services, firm.tenant_id, declared_wrong(wrong))
    await capture(services, firm.tenant_id, packed(sscc(1), [S1], minutes=10))
    await capture(services, firm.tenant_id, shipped([S1], minutes=30))
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch("select detail from alert where tenant_id = $1 and kind = 'held_goods_shipped'")
        [cause] = await holds.why_held(tx, [(await objects.find(tx, S1)).object_id])
    assert [json.loads(row["detail"])["root"] for row in rows] == [sscc(1)]
    assert (cause.root_uri, cause.correction_pending) == (sscc(1), False)
