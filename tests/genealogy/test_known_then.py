"""What was known when: whatever comes later, by the moment at which something was answered it is answered again."""

import os
from functools import partial
from random import Random
from typing import Any, Final
from uuid import UUID

import pytest

from backend.aliases import service as aliases
from backend.aliases.service import AliasCause
from backend.catalog import service as catalog
from backend.catalog.service import Location
from backend.holds import service as holds
from backend.services import Services
from infra.database import Gate, TenantTransaction
from tests.factories import (
    DOUGH,
    DUMPLING,
    FLOUR,
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
from tests.genealogy.remembered import Memory
from tests.orders.stories import SUPPLIER, Event, story_of
from tests.orders.telling import jumbled
from tests.soak.marks import soak

FIRST: Final = int(os.environ.get("SUYUAN_ORDERS_SEED", "1"))
F1, D1, D2, P1, S1, S2 = (
    lot(FLOUR, "F1"), lot(DOUGH, "D1"), lot(DOUGH, "D2"), lot(DUMPLING, "P1"), unit(DUMPLING, "S1"), unit(DUMPLING, "S2"),
)  # fmt: skip
ENGINE: Final = f"{lot(DUMPLING, 'E')}/21/E1"


@pytest.fixture
def memory(services: Services, firm: Firm) -> Memory:
    return Memory(services, firm)


async def check_story(services: Services, firm: Firm, seed: int) -> None:
    """A story in any order, late and corrected, in transactions of one event or a few."""
    memory, chance = Memory(services, firm), Random(f"known {seed}")
    for delivery in jumbled(story_of(seed), chance):
        await memory.tell(*delivery.events)
        objects = await memory.objects()
        await memory.remember(chance.sample(objects, min(4, len(objects))))
    await memory.check(f"SUYUAN_ORDERS_SEED={seed}")


@pytest.mark.parametrize("seed", range(FIRST, FIRST + 6))
async def test_a_story_is_answered_again_by_every_moment_of_its_telling(services: Services, firm: Firm, seed: int) -> None:
    await check_story(services, firm, seed)


@soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("part", range(10))
async def test_many_stories_are_answered_again_by_every_moment_of_their_telling(services: Services, new_firm: Any, part: int) -> None:
    for seed in range(FIRST + 1_000 + part * 25, FIRST + 1_000 + (part + 1) * 25):
        await check_story(services, await new_firm(), seed)


async def told_and_checked(memory: Memory, *transactions: list[Event]) -> None:
    """Tell one after the other, remember all after each, and ask again in the end."""
    for events in transactions:
        await memory.tell(*events)
        await memory.remember()
    assert len(memory.then) == len(transactions)
    await memory.check()


async def test_what_was_declared_wrong_was_known_until_then(memory: Memory) -> None:
    making, use = transformed([F1], [D1]), transformed([D1], [P1], 20)
    await told_and_checked(memory, [making], [use], [declared_wrong(making)], [transformed([F1], [D2], 12)], [declared_wrong(use)])


async def test_packing_told_behind_the_use_of_its_container_was_not_known_before(memory: Memory) -> None:
    packing = packed(sscc(1), [S1], [quantity(D1, 5)], minutes=20)
    await told_and_checked(
        memory, [transformed([sscc(1)], [P1], 50)], [packing], [packed(sscc(1), [S1], minutes=30, action="DELETE")],
        [packed(sscc(2), [sscc(1)], minutes=22), transformed([sscc(2)], [D2], 55)], [declared_wrong(packing)],
    )  # fmt: skip


async def test_a_rollup_changed_by_late_packing_and_membership_is_told_as_it_was(memory: Memory) -> None:
    packing = packed(sscc(1), [S1, S2], minutes=20)
    await told_and_checked(
        memory, [shipped([sscc(1)])], [packing], [made([f"{P1}/21/S1"], minutes=70, action="OBSERVE", bizStep="inspecting")],
        [packed(sscc(1), [S2], minutes=25, action="DELETE")], [declared_wrong(packing)],
    )  # fmt: skip
    assert await memory.past() > 0


async def test_membership_and_a_making_learnt_late_change_nothing_of_what_was_answered(memory: Memory) -> None:
    await told_and_checked(
        memory, [transformed([lot(DUMPLING, "E")], [D1], 40)], [made([unit(DUMPLING, "E1")])], [transformed([S1], [ENGINE], 10)],
        [transformed([ENGINE], [D2], 30)],
    )  # fmt: skip


async def test_candidates_of_a_product_without_its_lot_are_those_known_then(memory: Memory) -> None:
    arrival = made([], [quantity(F1, 10)], action="OBSERVE", bizStep="receiving")
    used = transformed([f"https://id.gs1.org/01/{FLOUR}"], [D1], 30)
    second = made([], [quantity(lot(FLOUR, "F2"), 10)], 5, action="OBSERVE", bizStep="receiving")
    await told_and_checked(memory, [used], [arrival], [second], [declared_wrong(arrival)])


async def test_a_declaration_before_its_event_and_a_repetition_are_known_as_they_were(memory: Memory) -> None:
    making = transformed([F1], [D1])
    await told_and_checked(memory, [declared_wrong(making)], [making], [transformed([F1], [D2])])


async def test_whose_a_shipment_was_believed_to_be_is_told_as_it_was(memory: Memory, services: Services, firm: Firm, do_outbox: Any) -> None:
    await told_and_checked(memory, [packed(sscc(1), [S1]), shipped([sscc(1)], readPoint={"id": SUPPLIER})])
    for own in (False, True, False):
        place = Location(SUPPLIER, {"en": "There"}, "plant", own=own, time_zone="Asia/Shanghai")
        await services.in_tenant(firm.tenant_id, partial(catalog.put_locations, principal=firm.principal, locations=[place]))
        await do_outbox()
        await memory.remember()
    assert len(memory.then) == 4
    await memory.check()


async def test_a_hold_changes_nothing_of_what_was_known(memory: Memory, services: Services, firm: Firm) -> None:
    await memory.tell(transformed([F1], [P1]), packed(sscc(1), [S1]))
    await memory.remember()

    async def use(tx: TenantTransaction) -> None:
        await holds.place_hold(tx, firm.principal, key=F1, reason="salmonella")

    await services.in_tenant(firm.tenant_id, use, gate=Gate.EXCLUSIVE)
    for events in ([shipped([sscc(1)])], [made([f"{P1}/21/S1"])]):
        await memory.tell(*events)
        await memory.remember()
    await memory.check()


async def test_fills_and_draws_of_a_tank_told_late_are_known_as_they_were(memory: Memory) -> None:
    tank = "https://id.gs1.org/8003/095060001342941"

    def drawn(into: str, minutes: float) -> Event:
        event = transformed([], [into], minutes)
        return {**event, "inputEPCList": [tank]}

    def filled(of: str, minutes: float) -> Event:
        event = transformed([of], [], minutes)
        return {**event, "outputEPCList": [tank]}

    cleaned = made([tank], minutes=25, action="OBSERVE", bizStep="https://firm.example/bizstep/cleaning")
    first = filled(F1, 10)
    await told_and_checked(
        memory, [drawn(D1, 20)], [first], [drawn(D2, 40)], [cleaned], [filled(lot(FLOUR, "F2"), 30)], [declared_wrong(first)],
        [declared_wrong(cleaned)],
    )  # fmt: skip
    assert await memory.past() > 0


async def test_an_alias_is_known_while_it_is_in_force(memory: Memory, services: Services, firm: Firm) -> None:
    await memory.tell(transformed([F1], [D1]), transformed([lot(FLOUR, "F2")], [D2]))
    await memory.remember()

    async def declare(tx: TenantTransaction) -> UUID:
        declared = await aliases.assert_alias(
            tx, firm.principal, services.capture, key=F1, same_as=lot(FLOUR, "F2"), cause=AliasCause.MISTYPED, reason="mistyped"
        )
        return declared.alias_id

    alias_id = await services.in_tenant(firm.tenant_id, declare, gate=Gate.EXCLUSIVE)
    await memory.remember()
    revoke = partial(aliases.revoke_alias, principal=firm.principal, capture=services.capture, alias_id=alias_id, reason="not the same")
    await services.in_tenant(firm.tenant_id, revoke, gate=Gate.EXCLUSIVE)
    await memory.remember()
    reached = [len(told["links"]) for told, _ in memory.then.values()]
    assert reached == [4, 6, 4]
    await memory.check()
