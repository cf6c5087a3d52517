"""What events make of links, membership, containment, movements and rollups."""

import itertools
import random
from datetime import datetime
from typing import Any

import pytest

from backend.services import Services
from backend.trace import service as trace
from backend.trace.rules import Direction
from tests.factories import (
    DOUGH,
    DUMPLING,
    FLOUR,
    MEAT,
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
)
from tests.firms import Firm
from tests.state import state_of


async def reached(services: Services, firm: Firm, key: str, direction: Direction = Direction.FORWARD) -> set[str]:
    async with services.database.tenant(firm.tenant_id) as tx:
        answer = await trace.trace(tx, key, direction)
    return {node.thing.code for node in answer.nodes if not node.thing.key.startswith("transformation:")}


async def shipments(services: Services, firm: Firm, key: str) -> int:
    async with services.database.tenant(firm.tenant_id) as tx:
        return len(await trace.shipments_reached(tx, key))


F1, F2, M1, D1, D2, P1 = lot(FLOUR, "F1"), lot(FLOUR, "F2"), lot(MEAT, "M1"), lot(DOUGH, "D1"), lot(DOUGH, "D2"), lot(DUMPLING, "P1")


async def test_transformation_links_every_input_to_every_output(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, transformed([F1, M1], [D1, D2]))
    assert await reached(services, firm, F1) == {"F1", "D1", "D2"}
    assert await reached(services, firm, D2, Direction.BACKWARD) == {"D2", "F1", "M1"}


async def test_parts_of_one_transformation_join_whatever_their_order(services: Services, firm: Firm) -> None:
    await capture(
        services, firm.tenant_id,
        transformed([], [D1], minutes=5, transformation="urn:uuid:11111111-1111-4111-8111-111111111111"),
        transformed([F1], [], minutes=20, transformation="urn:uuid:11111111-1111-4111-8111-111111111111"),
    )  # fmt: skip
    assert await reached(services, firm, F1) == {"F1", "D1"}


async def test_rework_loop_ends_and_shows_every_node_once(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [D1], 10), transformed([D1], [D2], 20), transformed([D2], [D1], 30))
    assert await reached(services, firm, F1) == {"F1", "D1", "D2"}
    assert await reached(services, firm, D1, Direction.BACKWARD) == {"F1", "D1", "D2"}


async def test_unit_is_followed_through_its_lot(services: Services, firm: Firm) -> None:
    serial = f"https://id.gs1.org/01/{DUMPLING}/10/P1/21/S1"
    await capture(services, firm.tenant_id, transformed([F1], [P1]), made([serial], minutes=12), packed(sscc(1), [unit(DUMPLING, "S1")]))
    await capture(services, firm.tenant_id, shipped([sscc(1)]))
    assert await reached(services, firm, unit(DUMPLING, "S1"), Direction.BACKWARD) == {"S1", "P1", "F1"}
    assert await shipments(services, firm, F1) == 1
    assert await shipments(services, firm, unit(DUMPLING, "S1")) == 1
    assert await shipments(services, firm, unit(DUMPLING, "S1")) == await shipments(services, firm, sscc(1))


async def test_unit_with_parts_of_its_own_leaves_its_neighbours_free(services: Services, firm: Firm) -> None:
    part, other_part = unit(MEAT, "C1"), unit(MEAT, "C2")
    engine = f"https://id.gs1.org/01/{DUMPLING}/10/E/21/E1"
    other = f"https://id.gs1.org/01/{DUMPLING}/10/E/21/E2"
    await capture(services, firm.tenant_id, transformed([part], [engine], 10), transformed([other_part], [other], 11))
    assert await reached(services, firm, part) == {"C1", "E1"}
    assert await reached(services, firm, unit(DUMPLING, "E2"), Direction.BACKWARD) == {"E2", "E", "C2"}
    # The lot goes into something as a whole: each of its units may have gone in.
    await capture(services, firm.tenant_id, transformed([lot(DUMPLING, "E")], [D1], 40))
    assert "D1" in await reached(services, firm, part)
    assert "E2" not in await reached(services, firm, part)


async def test_repacked_unit_is_in_the_shipment_of_its_second_case_only(services: Services, firm: Firm) -> None:
    one = unit(DUMPLING, "S1")
    await capture(
        services, firm.tenant_id,
        made([one]), packed(sscc(1), [one], minutes=20), packed(sscc(1), [one], minutes=25, action="DELETE"),
        packed(sscc(2), [one], minutes=26), shipped([sscc(1)], minutes=30), shipped([sscc(2)], minutes=31),
    )  # fmt: skip
    assert await shipments(services, firm, one) == 1


async def test_partial_delete_of_a_quantity_leaves_the_rest(services: Services, firm: Firm) -> None:
    await capture(
        services, firm.tenant_id,
        packed(sscc(1), [], [quantity(P1, 100)], minutes=20), packed(sscc(1), [], [quantity(P1, 40)], minutes=25, action="DELETE"),
    )  # fmt: skip
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch("select quantity, valid_to < '9999-01-01' as closed from containment where tenant_id = $1 order by valid_from")
    assert [(row["quantity"], row["closed"]) for row in rows] == [(100, True), (60, False)]


async def test_delete_without_children_empties_the_container(services: Services, firm: Firm) -> None:
    await capture(
        services, firm.tenant_id, packed(sscc(1), [unit(DUMPLING, "S1"), unit(DUMPLING, "S2")]), packed(sscc(1), minutes=40, action="DELETE")
    )
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from containment where tenant_id = $1 and valid_to > '9999-01-01'") == 0


async def test_pallet_used_up_whole_passes_its_contents_on(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, transformed([sscc(7)], [D1], 50))
    await capture(services, firm.tenant_id, packed(sscc(7), [], [quantity(F1, 500)], minutes=40))
    assert "D1" in await reached(services, firm, F1)


async def test_input_without_its_lot_counts_every_lot_that_was_present_as_possible(services: Services, firm: Firm) -> None:
    class_only = f"https://id.gs1.org/01/{FLOUR}"
    await capture(services, firm.tenant_id, transformed([class_only], [D1], 50), made([], [quantity(F1, 100)], 5), made([], [quantity(F2, 9)], 5000))
    async with services.database.tenant(firm.tenant_id) as tx:
        answer = await trace.trace(tx, D1, Direction.BACKWARD)
    assert {node.thing.code: node.certainty.name for node in answer.nodes if node.thing.code in ("F1", "F2")} == {"F1": "POSSIBLE"}
    assert answer.gaps == ()


async def test_input_without_its_lot_and_none_present_is_a_gap(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, transformed([f"https://id.gs1.org/01/{FLOUR}", M1], [D1], 50))
    async with services.database.tenant(firm.tenant_id) as tx:
        answer = await trace.trace(tx, D1, Direction.BACKWARD)
    assert [gap.product.gtin for gap in answer.gaps] == [FLOUR]


async def test_times_that_contradict_stay_in_as_possible(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [D1], minutes=60 * 72), transformed([D1], [P1], minutes=0))
    async with services.database.tenant(firm.tenant_id) as tx:
        answer = await trace.trace(tx, F1, Direction.FORWARD)
    assert {node.thing.code: node.certainty.name for node in answer.nodes if node.thing.code == "P1"} == {"P1": "POSSIBLE"}


async def test_trace_as_of_leaves_later_links_out(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [D1], 10), transformed([D1], [P1], 100))
    async with services.database.tenant(firm.tenant_id) as tx:
        answer = await trace.trace(tx, F1, Direction.FORWARD, as_of=datetime.fromisoformat(at(50)))
    assert {node.thing.code for node in answer.nodes} >= {"F1", "D1"}
    assert "P1" not in {node.thing.code for node in answer.nodes}


async def test_declared_event_takes_its_links_and_packing_out_of_force(services: Services, firm: Firm) -> None:
    wrong, packing = transformed([F1], [D1]), packed(sscc(1), [], [quantity(D1, 5)])
    await capture(services, firm.tenant_id, wrong, packing, shipped([sscc(1)]))
    assert await shipments(services, firm, F1) == 1
    await capture(services, firm.tenant_id, declared_wrong(wrong))
    assert await shipments(services, firm, F1) == 0
    assert await shipments(services, firm, D1) == 1
    await capture(services, firm.tenant_id, declared_wrong(packing))
    assert await shipments(services, firm, D1) == 0


def _story() -> list[dict[str, Any]]:
    """Late, repeated and corrected: one of everything that projections have to get right in any order."""
    serials = [f"https://id.gs1.org/01/{DUMPLING}/10/P1/21/S{number}" for number in range(3)]
    bare = [unit(DUMPLING, f"S{number}") for number in range(3)]
    wrong = transformed([M1], [D2], 11)
    return [
        made([], [quantity(F1, 100)], 1),
        transformed([F1, M1], [D1], 10),
        wrong,
        transformed([D1], [P1], 14),
        transformed([f"https://id.gs1.org/01/{FLOUR}"], [D2], 15),
        made(serials, minutes=16),
        packed(sscc(1), bare[:2], minutes=20),
        packed(sscc(1), bare[1:2], minutes=22, action="DELETE"),
        packed(sscc(2), bare[1:], minutes=23),
        packed(sscc(3), [sscc(1), sscc(2)], minutes=24),
        shipped([sscc(3)], minutes=30),
        packed(sscc(1), [bare[2]], minutes=500),
        declared_wrong(wrong),
    ]


@pytest.mark.parametrize("seed", range(8))
async def test_any_order_of_arrival_ends_in_the_same_state(services: Services, new_firm: Any, seed: int) -> None:
    story = _story()
    tidy, shuffled = await new_firm(), await new_firm()
    await capture(services, tidy.tenant_id, *story)
    order = story + random.Random(seed).sample(story, 4)
    random.Random(seed).shuffle(order)
    for size in itertools.cycle([1, 3, 2]):
        if not order:
            break
        await capture(services, shuffled.tenant_id, *order[:size], together=True)
        order = order[size:]
    assert await state_of(services, shuffled.tenant_id) == await state_of(services, tidy.tenant_id)


async def test_same_object_in_two_tenants_is_two_objects(services: Services, firm: Firm, other_firm: Firm) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [D1]))
    await capture(services, other_firm.tenant_id, made([], [quantity(F1, 1)]))
    assert await reached(services, other_firm, F1) == {"F1"}


async def test_unit_without_a_gtin_is_followed_through_its_private_lot(services: Services, firm: Firm) -> None:
    lot_key, serial = "https://firm.example/class/beans/B1", "https://firm.example/obj/beans/S1"
    tracked = made([serial], minutes=12, ilmd={"cbvmda:lotNumber": "B1"})
    await capture(services, firm.tenant_id, transformed([F1], [lot_key]), tracked)
    assert await reached(services, firm, serial, Direction.BACKWARD) == {"S1", "B1", "F1"}


async def test_pallet_packed_before_it_is_used_up_passes_its_contents_on(services: Services, firm: Firm) -> None:
    eaten = transformed([sscc(7)], [D1], 50)
    await capture(services, firm.tenant_id, packed(sscc(7), [], [quantity(F1, 500)], minutes=40), eaten)
    assert "D1" in await reached(services, firm, F1)
    await capture(services, firm.tenant_id, declared_wrong(eaten))
    assert await reached(services, firm, F1) == {"F1"}


def _own_making() -> list[dict[str, Any]]:
    """A unit with parts of its own, its lot and its pallet used up as wholes, and the making declared wrong afterwards."""
    engine = f"https://id.gs1.org/01/{DUMPLING}/10/E/21/E1"
    making = transformed([unit(MEAT, "C1")], [engine], 10)
    boxed = packed(sscc(9), [unit(DUMPLING, "E1")], minutes=12)
    used_whole = transformed([sscc(9)], [D2], 41)
    return [
        making,
        made([engine], minutes=11),
        boxed,
        transformed([lot(DUMPLING, "E")], [D1], 40),
        used_whole,
        declared_wrong(making),
        declared_wrong(boxed),
        declared_wrong(used_whole),
    ]


@pytest.mark.parametrize("left_out", [(), (5,), (6,), (7,), (5, 6), (6, 7)])
async def test_corrected_making_ends_the_same_in_any_order(services: Services, new_firm: Any, left_out: tuple[int, ...]) -> None:
    story = [event for number, event in enumerate(_own_making()) if number not in left_out]
    tidy = await new_firm()
    await capture(services, tidy.tenant_id, *story)
    expected = await state_of(services, tidy.tenant_id)
    for seed in range(4):
        other, order = await new_firm(), story.copy()
        random.Random(seed).shuffle(order)
        await capture(services, other.tenant_id, *order, together=seed == 3)
        assert await state_of(services, other.tenant_id) == expected, seed
