"""What-if: what is hit, how surely, where it is now; and that asking writes nothing."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from backend.genealogy.rules import Certainty
from backend.services import Services
from backend.trace import impact as impacts
from backend.trace import whole
from backend.trace.impact import Impact
from backend.trace.parts import Part
from backend.trace.whereabouts import GoodsState, Whereabouts, in_stock, totals, whereabouts
from infra.errors import InvalidInputError
from tests.factories import CUSTOMER, DOUGH, DUMPLING, FLOUR, PLANT, SHOP, capture, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm
from tests.state import state_of

F1, D1, D2, DO1 = lot(FLOUR, "F-1"), lot(DUMPLING, "D-1"), lot(DUMPLING, "D-2"), lot(DOUGH, "DO-1")
AT_SHOP: dict[str, Any] = {"bizLocation": {"id": SHOP}}
RECEIPT: dict[str, Any] = {"action": "OBSERVE", "bizStep": "receiving"}
S, P = Certainty.CERTAIN, Certainty.POSSIBLE


async def ask(services: Services, firm: Firm, keys: Sequence[str], part: Part | None = None) -> tuple[Impact, dict[str, list[Whereabouts]]]:
    before = await state_of(services, firm.tenant_id)
    async with services.database.tenant(firm.tenant_id) as tx:
        hit = await impacts.impact(tx, keys, part=part)
        told = await whereabouts(tx, hit, hit.goods())
    assert await state_of(services, firm.tenant_id) == before
    return hit, {node.thing.code: told.get(node.thing.object_id, []) for node in hit.goods()}


def told(found: list[Whereabouts]) -> list[tuple[Any, ...]]:
    return [(one.state, one.place or one.party, one.quantity, one.uom, one.certainty) for one in found]


async def test_each_lot_is_where_its_events_left_it(firm: Firm, services: Services) -> None:
    await capture(
        services, firm.tenant_id, made(amounts=[quantity(F1, 100)]), transformed([F1], [D1], 10, amount=40),
        transformed([F1], [], 12, 5, "urn:example:batch:1"),
        shipped([], [quantity(D1, 15)], minutes=30), made(amounts=[quantity(D1, 3)], minutes=40, action="DELETE", bizStep="destroying"),
        packed(sscc(1), amounts=[quantity(D1, 7)], minutes=50), shipped([sscc(1)], minutes=60),
    )  # fmt: skip
    hit, found = await ask(services, firm, [F1])
    assert told(found["F-1"]) == [
        (GoodsState.IN_STOCK, PLANT, Decimal(55), "KGM", S), (GoodsState.IN_PRODUCTION, None, Decimal(5), "KGM", S),
        (GoodsState.CONSUMED, None, Decimal(40), "KGM", S),
    ]  # fmt: skip
    assert told(found["D-1"]) == [
        (GoodsState.IN_STOCK, PLANT, Decimal(15), "KGM", S), (GoodsState.SHIPPED, CUSTOMER, Decimal(22), "KGM", S),
        (GoodsState.DESTROYED, PLANT, Decimal(3), "KGM", S),
    ]  # fmt: skip
    async with services.database.tenant(firm.tenant_id) as tx:
        summed = totals(hit.goods(), await whereabouts(tx, hit, hit.goods()))
    assert [(one.state, one.quantity, one.objects) for one in summed if one.gtin == DUMPLING] == [
        (GoodsState.IN_STOCK, Decimal(15), 1), (GoodsState.SHIPPED, Decimal(22), 1), (GoodsState.DESTROYED, Decimal(3), 1),
    ]  # fmt: skip


async def test_what_was_used_inside_of_a_container_is_no_stock(firm: Firm, services: Services) -> None:
    await capture(
        services, firm.tenant_id, made(amounts=[quantity(F1, 100)]), packed(sscc(1), amounts=[quantity(F1, 30)], minutes=5),
        transformed([sscc(1)], [D1], 10),
    )  # fmt: skip
    _, found = await ask(services, firm, [F1])
    assert told(found["F-1"]) == [
        (GoodsState.IN_STOCK, PLANT, Decimal(70), "KGM", S), (GoodsState.CONSUMED, None, Decimal(30), "KGM", S),
    ]  # fmt: skip


async def test_goods_that_were_used_and_shipped_elsewhere_than_they_came_in_are_not_in_stock(firm: Firm, services: Services) -> None:
    """Moves within a plant are seldom told: received at one dock, used at a line, shipped inside of a pallet from another dock."""
    await capture(
        services, firm.tenant_id, made(amounts=[quantity(F1, 100)], **AT_SHOP), transformed([F1], [D1], 10, amount=90),
        made([f"https://id.gs1.org/01/{DUMPLING}/10/D-1/21/A"], minutes=12), packed(sscc(1), amounts=[quantity(D1, 70)], minutes=20),
        shipped([sscc(1)], minutes=30, readPoint={"id": SHOP}),
    )  # fmt: skip
    _, found = await ask(services, firm, [F1])
    assert told(found["F-1"]) == [(GoodsState.IN_STOCK, SHOP, Decimal(10), "KGM", S), (GoodsState.CONSUMED, None, Decimal(90), "KGM", S)]
    assert told(found["D-1"]) == [
        (GoodsState.IN_STOCK, PLANT, Decimal(1), "", S), (GoodsState.IN_STOCK, PLANT, Decimal(20), "KGM", S),
        (GoodsState.SHIPPED, CUSTOMER, Decimal(70), "KGM", S),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("places", "left"),
    [
        ({"A": 5, "B": 3}, [("A", 5), ("B", 3)]), ({"A": 5, "B": -3}, [("A", 2)]), ({"A": 5, "B": -5}, []), ({"A": 5, "B": -9}, []),
        ({"A": 5, "B": 4, "C": -3}, [(None, 6)]), ({"A": 5, None: -1}, [("A", 4)]), ({"A": -5}, []), ({}, []),
    ],
)  # fmt: skip
def test_what_one_place_gave_too_much_is_missing_at_the_others(places: dict[str | None, int], left: list[tuple[str | None, int]]) -> None:
    assert in_stock({place: Decimal(quantity) for place, quantity in places.items()}) == [(place, Decimal(quantity)) for place, quantity in left]


async def test_neighbours_on_a_pallet_are_co_packed_and_not_hit(firm: Firm, services: Services) -> None:
    mine, other = unit(DUMPLING, "MINE"), unit(DUMPLING, "OTHER")
    await capture(
        services, firm.tenant_id, made(amounts=[quantity(F1, 100)]), transformed([F1], [D1], 10),
        made([f"https://id.gs1.org/01/{DUMPLING}/10/D-1/21/MINE", f"https://id.gs1.org/01/{DUMPLING}/10/D-2/21/OTHER"], minutes=15),
        packed(sscc(1), [mine, other], minutes=20), packed(sscc(2), [sscc(1)], minutes=25),
    )  # fmt: skip
    async with services.database.tenant(firm.tenant_id) as tx:
        hit = await impacts.impact(tx, [F1])
        boxes = await whole.containers(tx, hit.trace, cursor=None, backward=False, limit=10)
        beside = await whole.neighbours(tx, hit.trace, boxes)
    assert [(box.thing.uri, box.within and box.within.uri, [packed.thing.code for packed in box.contents]) for box in boxes] == [
        (sscc(1), sscc(2), ["D-1"]), (sscc(2), None, []),
    ]  # fmt: skip
    assert [[packed.thing.code for packed in beside.get(box.thing.object_id, ((), 0))[0]] for box in boxes] == [["D-2"], []]
    assert "D-2" not in {node.thing.code for node in hit.goods()}


async def test_part_of_a_lot_hits_what_it_was_used_for_and_leaves_out_what_is_proven_otherwise(firm: Firm, services: Services) -> None:
    await capture(
        services, firm.tenant_id, made(amounts=[quantity(F1, 100)], minutes=0, **RECEIPT),
        made(amounts=[quantity(F1, 50)], minutes=5, **RECEIPT, **AT_SHOP),
        transformed([F1], [D1], 10), transformed([F1], [D2], 20, **AT_SHOP),
    )  # fmt: skip
    whole_lot, _ = await ask(services, firm, [F1])
    assert {node.thing.code for node in whole_lot.goods()} == {"F-1", "D-1", "D-2"}
    hit, found = await ask(services, firm, [F1], Part(SHOP))
    assert {node.thing.code: node.certainty for node in hit.goods()} == {"F-1": S, "D-2": S}
    assert [one.place for one in found["F-1"] if one.state is GoodsState.IN_STOCK] == [SHOP]
    # Some of it left the shop: what is used elsewhere from then on may be of it.
    await capture(services, firm.tenant_id, shipped([], [quantity(F1, 5)], minutes=12, readPoint={"id": SHOP}))
    hit, _ = await ask(services, firm, [F1], Part(SHOP))
    assert {node.thing.code: node.certainty for node in hit.goods()} == {"F-1": S, "D-2": S, "D-1": P}


async def test_part_whose_goods_came_back_by_rework_takes_everything_in_as_possible(firm: Firm, services: Services) -> None:
    await capture(
        services, firm.tenant_id, made(amounts=[quantity(F1, 100)]), made(amounts=[quantity(F1, 50)], minutes=5, **AT_SHOP),
        transformed([F1], [D1], 10), transformed([F1], [DO1], 20, **AT_SHOP), transformed([DO1], [F1], 30, **AT_SHOP),
    )  # fmt: skip
    hit, _ = await ask(services, firm, [F1], Part(SHOP))
    assert {node.thing.code: node.certainty for node in hit.goods()} == {"F-1": S, "DO-1": S, "D-1": P}


async def test_only_lots_have_parts_and_a_part_does_not_end_before_it_begins(firm: Firm, services: Services) -> None:
    await capture(services, firm.tenant_id, made([unit(DUMPLING, "S")]))
    with pytest.raises(InvalidInputError) as refusal:
        await ask(services, firm, [unit(DUMPLING, "S")], Part(PLANT))
    assert refusal.value.field == "part"
