"""Bins that go round, tanks that are drawn from and cleaned, boxes in boxes: what was in them at each use, and what holds make of it."""

import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from backend.genealogy import containment, query_service
from backend.holds import service as holds
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.services import Services
from backend.trace import service as trace
from backend.trace.rules import Direction, Doubt
from infra import clock
from infra.database import Gate, TenantTransaction
from tests.factories import DOUGH, DUMPLING, FLOUR, MEAT, capture, declared_wrong, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm
from tests.signing import signature_of
from tests.state import state_of

BIN = "https://id.gs1.org/8003/095060001342947"
TANK = "https://firm.example/obj/tank/T1"
OWN_WORD = "https://firm.example/bizstep/cleaning"
F1, F2, M1, D1, D2, P1 = lot(FLOUR, "F1"), lot(FLOUR, "F2"), lot(MEAT, "M1"), lot(DOUGH, "D1"), lot(DOUGH, "D2"), lot(DUMPLING, "P1")
DAY = 60 * 24
Event = dict[str, Any]


def used(vessel: str, outputs: Sequence[str], minutes: float, *others: str) -> Event:
    """A transformation that takes a container, and other things, as inputs."""
    event = transformed([*others], outputs, minutes)
    return {**event, "inputEPCList": [*(event.get("inputEPCList") or []), vessel]}


def filled(inputs: Sequence[str], vessel: str, minutes: float) -> Event:
    """A transformation whose output is a container."""
    return {**transformed(inputs, [], minutes), "outputEPCList": [vessel]}


def put_in(vessel: str, what: str, minutes: float, amount: float = 100) -> Event:
    return packed(vessel, [], [quantity(what, amount)], minutes)


def taken_out(vessel: str, what: str, minutes: float, amount: float = 100) -> Event:
    return packed(vessel, [], [quantity(what, amount)], minutes, action="DELETE")


def emptied(vessel: str, minutes: float) -> Event:
    return packed(vessel, minutes=minutes, action="DELETE", bizStep="unpacking")


def cleaned(vessel: str, minutes: float) -> Event:
    return made([vessel], minutes=minutes, action="OBSERVE", bizStep=OWN_WORD)


async def certainties(services: Services, firm: Firm, key: str, direction: Direction = Direction.FORWARD) -> dict[str, str]:
    """By lot number or serial how surely it is reached; containers and steps are left out."""
    async with services.database.tenant(firm.tenant_id) as tx:
        found = await trace.trace(tx, key, direction)
    return {node.thing.code: node.certainty.name for node in found.nodes if node.thing.kind in (ObjectKind.LOT, ObjectKind.UNIT)}


async def place(services: Services, firm: Firm, key: str) -> UUID:
    async def use(tx: TenantTransaction) -> UUID:
        return (await holds.place_hold(tx, firm.principal, key=key, reason="salmonella")).hold_id

    return await services.in_tenant(firm.tenant_id, use, gate=Gate.EXCLUSIVE)


async def is_held(services: Services, firm: Firm, key: str) -> bool:
    async with services.database.tenant(firm.tenant_id) as tx:
        return bool(await holds.why_held(tx, [(await objects.find(tx, key)).object_id]))


async def links(services: Services, firm: Firm, *kinds: int) -> int:
    async with services.database.tenant(firm.tenant_id) as tx:
        count: int = await tx.fetchval(
            "select count(*) from lot_link where tenant_id = $1 and kind = any($2::smallint[]) and superseded_by is null", list(kinds)
        )
    return count


async def test_a_bin_passes_on_what_was_in_it_at_each_use(services: Services, firm: Firm) -> None:
    await capture(
        services, firm.tenant_id, put_in(BIN, F1, 10), used(BIN, [D1], 20), emptied(BIN, 30), put_in(BIN, F2, 5 * DAY), used(BIN, [D2], 5 * DAY + 5)
    )
    assert await certainties(services, firm, F1) == {"F1": "CERTAIN", "D1": "CERTAIN"}
    assert await certainties(services, firm, D2, Direction.BACKWARD) == {"D2": "CERTAIN", "F2": "CERTAIN"}


async def test_what_was_tipped_out_just_before_the_use_is_possible_and_what_was_cleaned_out_is_not(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, put_in(BIN, F1, 10), emptied(BIN, 20), used(BIN, [D1], 25))
    assert await certainties(services, firm, F1) == {"F1": "CERTAIN", "D1": "POSSIBLE"}
    await capture(services, firm.tenant_id, put_in(TANK, F2, 10), cleaned(TANK, 20), used(TANK, [D2], 25))
    assert await certainties(services, firm, F2) == {"F2": "CERTAIN"}


@pytest.mark.parametrize("step", ["cleaning", OWN_WORD, "urn:firm:bizstep:cleaning"])
async def test_a_tank_filled_by_steps_and_drawn_from_by_steps_never_leaks_over_a_cleaning(services: Services, firm: Firm, step: str) -> None:
    clean = made([TANK], minutes=60, action="OBSERVE", bizStep=step if ":" in step else OWN_WORD)
    await capture(
        services, firm.tenant_id, filled([F1], TANK, 10), used(TANK, [D1], 20), filled([M1], TANK, 30), used(TANK, [D2], 40), clean,
        filled([F2], TANK, 70), used(TANK, [P1], 80),
    )  # fmt: skip
    assert await certainties(services, firm, F1) == {"F1": "CERTAIN", "D1": "CERTAIN", "D2": "CERTAIN"}
    # It went in ten minutes after the first draw: one of the clocks may be wrong.
    assert await certainties(services, firm, M1) == {"M1": "CERTAIN", "D1": "POSSIBLE", "D2": "CERTAIN"}
    assert await certainties(services, firm, P1, Direction.BACKWARD) == {"P1": "CERTAIN", "F2": "CERTAIN"}


async def test_a_trace_shows_the_tank_that_was_filled_and_starts_from_what_is_in_it(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, filled([F1], TANK, 10), used(TANK, [D1], 20))
    async with services.database.tenant(firm.tenant_id) as tx:
        forward = await trace.trace(tx, F1, Direction.FORWARD)
        assert {shown.thing.uri for shown in forward.stands_for.values() if shown.thing.kind is ObjectKind.TANK} == {TANK}
        assert {node.thing.code for node in (await trace.trace(tx, TANK, Direction.BACKWARD)).nodes} >= {"F1"}
        assert {node.thing.code for node in (await trace.trace(tx, TANK, Direction.FORWARD)).nodes} >= {"D1"}
        tank = await objects.find(tx, TANK)
        states = await query_service.states_of(tx, [tank.object_id])
        assert {container for container, _ in (await query_service.containers_of(tx, states)).values()} == {tank.object_id}
        assert len(states) == 2
        inside = await containment.contents(tx, tank.object_id, clock.now(), 10)
        things = await objects.load(tx, [row["content_id"] for row in inside])
    assert [thing.kind for thing in things.values()] == [ObjectKind.TRANSFORMATION]


async def test_many_fills_and_draws_cost_their_sum(services: Services, firm: Firm) -> None:
    story = [event for number in range(20) for event in (put_in(TANK, lot(FLOUR, f"F{number}"), number * 10), used(TANK, [D1], number * 10 + 5))]
    await capture(services, firm.tenant_id, *story, together=True)
    assert await links(services, firm, 4, 8) <= 3 * 20
    assert len(await certainties(services, firm, D1, Direction.BACKWARD)) == 21


async def test_what_was_drawn_by_name_may_be_in_the_tank_until_it_is_cleaned(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, put_in(TANK, F1, 10), put_in(TANK, F2, 11), taken_out(TANK, F1, 20), used(TANK, [D1], 3 * DAY))
    async with services.database.tenant(firm.tenant_id) as tx:
        found = await trace.trace(tx, F1, Direction.FORWARD)
        inside = await containment.contents(tx, (await objects.find(tx, TANK)).object_id, clock.now(), 10)
        assert [thing.code for thing in (await objects.load(tx, [row["content_id"] for row in inside])).values()] == ["F2"]
    assert {link.doubt for link in found.links} == {Doubt.TAKEN_FROM_TANK, None}
    assert await certainties(services, firm, D1, Direction.BACKWARD) == {"D1": "CERTAIN", "F1": "POSSIBLE", "F2": "CERTAIN"}
    await place(services, firm, F1)
    assert await is_held(services, firm, TANK)
    assert await is_held(services, firm, D1)
    await capture(services, firm.tenant_id, cleaned(TANK, 4 * DAY), put_in(TANK, M1, 4 * DAY + 1), used(TANK, [D2], 4 * DAY + 2))
    assert not await is_held(services, firm, TANK)
    assert not await is_held(services, firm, D2)


async def test_what_was_taken_out_of_a_box_by_name_is_out(services: Services, firm: Firm) -> None:
    await capture(
        services, firm.tenant_id, put_in(sscc(1), F1, 10), put_in(sscc(1), F2, 11), taken_out(sscc(1), F1, 20), used(sscc(1), [D1], 3 * DAY)
    )
    assert await certainties(services, firm, D1, Direction.BACKWARD) == {"D1": "CERTAIN", "F2": "CERTAIN"}


async def test_a_box_in_a_used_pallet_passes_on_what_was_in_it_then(services: Services, firm: Firm) -> None:
    await capture(
        services, firm.tenant_id, put_in(sscc(1), F1, 10), packed(sscc(2), [sscc(1)], minutes=20), used(sscc(2), [D1], 30), emptied(sscc(1), 40),
        put_in(sscc(1), F2, 5 * DAY), used(sscc(1), [D2], 5 * DAY + 5),
    )  # fmt: skip
    assert await certainties(services, firm, F1) == {"F1": "CERTAIN", "D1": "CERTAIN"}
    # The box is in the pallet still, and in the first use of the pallet it held the other lot.
    assert await certainties(services, firm, F2) == {"F2": "CERTAIN", "D2": "CERTAIN"}
    await capture(services, firm.tenant_id, packed(sscc(2), [sscc(1)], minutes=45, action="DELETE"))
    assert await certainties(services, firm, F2) == {"F2": "CERTAIN", "D2": "CERTAIN"}


async def test_a_hold_on_a_lot_that_was_in_the_bin_before_does_not_reach_what_the_bin_holds_now(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, put_in(BIN, F1, 10), used(BIN, [D1], 20), emptied(BIN, 30), put_in(BIN, F2, 3 * DAY))
    await place(services, firm, F1)
    assert await is_held(services, firm, D1)
    assert not await is_held(services, firm, BIN)


async def test_a_hold_on_a_container_reaches_its_contents_and_its_uses_from_then_on(services: Services, firm: Firm) -> None:
    long_ago, later = -400 * DAY, 30 * 365 * DAY
    await capture(services, firm.tenant_id, put_in(BIN, F1, long_ago), used(BIN, [D1], long_ago + 5), emptied(BIN, long_ago + 9), put_in(BIN, F2, 0))
    await place(services, firm, BIN)
    assert await is_held(services, firm, F2)
    assert not await is_held(services, firm, D1)
    await capture(services, firm.tenant_id, emptied(BIN, 10), used(BIN, [D2], later), put_in(BIN, M1, later - 5))
    assert await is_held(services, firm, D2)


async def test_an_unknown_use_of_a_held_container_is_held(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, used(BIN, [D1], 20))
    await place(services, firm, BIN)
    assert await is_held(services, firm, D1)


async def test_a_release_of_a_container_cuts_its_uses_those_to_come_too(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, put_in(BIN, F1, 10), used(BIN, [D1], 20))
    hold_id = await place(services, firm, F1)

    async def release(tx: TenantTransaction) -> None:
        await holds.release_hold(tx, firm.principal, hold_id=hold_id, reason="tested", keys=[BIN], signature=signature_of(firm.principal))

    await services.in_tenant(firm.tenant_id, release, gate=Gate.EXCLUSIVE)
    await capture(services, firm.tenant_id, used(BIN, [D2], 25))
    assert not await is_held(services, firm, D1)
    assert not await is_held(services, firm, D2)
    assert await is_held(services, firm, F1)


async def test_what_a_correction_cut_off_is_pending_and_states_are_not(services: Services, firm: Firm) -> None:
    packing = put_in(BIN, F1, 10)
    await capture(services, firm.tenant_id, packing, used(BIN, [D1], 20))
    await place(services, firm, F1)
    await capture(services, firm.tenant_id, declared_wrong(packing))
    assert await is_held(services, firm, D1)
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch("select object_id from hold_pending where tenant_id = $1")
        kinds = {thing.kind for thing in (await objects.load(tx, [row["object_id"] for row in rows])).values()}
    assert kinds == {ObjectKind.LOT, ObjectKind.TRANSFORMATION}


async def test_what_was_filled_into_a_container_without_a_lot_is_found_in_its_shipment(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, filled([F1], sscc(1), 10), shipped([sscc(1)], minutes=30))
    async with services.database.tenant(firm.tenant_id) as tx:
        assert len(await trace.shipments_reached(tx, F1)) == 1
    await place(services, firm, F1)
    assert await is_held(services, firm, sscc(1))


def _day_at_the_dairy() -> list[Event]:
    """Filled by steps and by name, drawn, drawn by name, cleaned, corrected; a bin filled from the tank, in a truck that is used."""
    wrong = used(TANK, [D2], 24)
    return [
        filled([F1], TANK, 10), put_in(TANK, F2, 12), used(TANK, [D1], 20), taken_out(TANK, F2, 22), wrong, cleaned(TANK, 30),
        filled([M1], TANK, 40), used(TANK, [D2], 50), {**used(TANK, [], 55), "outputEPCList": [BIN]}, packed(sscc(1), [BIN], minutes=60),
        used(sscc(1), [P1], 70), emptied(BIN, 80), put_in(BIN, F1, 90), used(BIN, [P1], 95), declared_wrong(wrong), cleaned(BIN, 85),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
async def test_a_day_at_the_dairy_ends_the_same_in_any_order(services: Services, new_firm: Any, seed: int) -> None:
    story = _day_at_the_dairy()
    tidy, other = await new_firm(), await new_firm()
    await capture(services, tidy.tenant_id, *story)
    order = story + random.Random(seed).sample(story, 4)
    random.Random(seed).shuffle(order)
    await capture(services, other.tenant_id, *order, together=seed == 5)
    expected, found = await state_of(services, tidy.tenant_id), await state_of(services, other.tenant_id)
    assert found == expected
    assert await certainties(services, other, M1) == {"M1": "CERTAIN", "D2": "CERTAIN", "P1": "CERTAIN"}


async def test_units_of_a_lot_lead_to_its_uses_through_one_node(services: Services, firm: Firm) -> None:
    engines = [transformed([unit(MEAT, f"C{number}")], [f"{lot(DUMPLING, 'E')}/21/E{number}"], number) for number in range(8)]
    whole = [transformed([lot(DUMPLING, "E")], [lot(DOUGH, f"D{number}")], 40 + number) for number in range(6)]
    in_a_bin = [put_in(BIN, lot(DUMPLING, "E"), 50, 3), used(BIN, [P1], 55)]
    await capture(services, firm.tenant_id, *engines, *whole, *in_a_bin)
    assert await links(services, firm, 5) == 8 + 6 + 1
    reached = await certainties(services, firm, unit(MEAT, "C3"))
    assert reached == {"C3": "CERTAIN", "E3": "CERTAIN", "P1": "POSSIBLE", **{f"D{number}": "POSSIBLE" for number in range(6)}}
    await capture(services, firm.tenant_id, declared_wrong(engines[3]))
    assert await links(services, firm, 5) == 7 + 6 + 1
