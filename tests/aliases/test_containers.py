"""A pallet under two numbers: what lies in one lies in both, for traces, recalls and holds; and no quantity counts twice."""

from datetime import datetime
from typing import Any

import pytest

from backend.aliases.service import AliasCause
from backend.commands.derive_links import derive_all
from backend.genealogy import containment
from backend.holds import service as holds
from backend.holds.errors import GoodsHeldError
from backend.objects import service as objects
from backend.services import Services
from backend.trace import query_service
from backend.trace.rules import Direction
from infra import clock
from tests.aliases.test_aliases import declare, lots_of, revoke, shipments_of
from tests.factories import DOUGH, DUMPLING, FLOUR, at, capture, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm
from tests.holds.test_holds import held, place, release, ship
from tests.state import state_of

OLD, NEW = sscc(2), sscc(3)
S1, D9, F1 = unit(DUMPLING, "S1"), lot(DOUGH, "D9"), lot(FLOUR, "F1")


async def relabelled(services: Services, firm: Firm, **given: Any) -> Any:
    return await declare(services, firm, OLD, NEW, cause=AliasCause.RELABELLED, **given)


async def packed_and_used(services: Services, firm: Firm) -> None:
    """S1 was packed under the old number, and used under the new one."""
    use = {**transformed([], [D9], 20), "inputEPCList": [NEW]}
    await capture(services, firm.tenant_id, made([S1]), packed(OLD, [S1], [quantity(F1, 40)], 5), use)


async def test_trace_goes_from_one_number_to_the_other(services: Services, firm: Firm) -> None:
    await packed_and_used(services, firm)
    assert D9 not in await lots_of(services, firm, S1, Direction.FORWARD)
    await relabelled(services, firm)
    for start in (S1, F1, OLD, NEW):
        assert D9 in await lots_of(services, firm, start, Direction.FORWARD), start
    assert await lots_of(services, firm, D9, Direction.BACKWARD) == {S1, F1, D9}


async def test_declared_before_the_goods_were_packed(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made([OLD, NEW], minutes=0))
    await relabelled(services, firm)
    await packed_and_used(services, firm)
    assert D9 in await lots_of(services, firm, S1, Direction.FORWARD)
    assert S1 in await lots_of(services, firm, D9, Direction.BACKWARD)


async def test_shipment_under_the_new_number_carried_what_was_packed_under_the_old_one(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made([S1]), packed(OLD, [S1], [quantity(F1, 40)], 5), shipped([NEW, OLD], minutes=30))
    await relabelled(services, firm)
    assert await shipments_of(services, firm, S1) == [{S1}]
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch("select quantity, uom from lot_shipment where tenant_id = $1")
    assert sorted((row["quantity"], row["uom"]) for row in rows) == [(1, ""), (40, "KGM")]


async def test_contents_are_those_of_both_and_not_the_container_itself(services: Services, firm: Firm) -> None:
    inner = unit(DUMPLING, "S2")
    await capture(services, firm.tenant_id, packed(OLD, [S1], minutes=5), packed(NEW, [inner], minutes=6), packed(sscc(9), [NEW], minutes=7))
    await relabelled(services, firm)
    async with services.database.tenant(firm.tenant_id) as tx:
        for number, others in ((OLD, set()), (NEW, set()), (sscc(9), {NEW})):
            found = await query_service.contents(tx, number, clock.now())
            assert {each.content.uri for each in found} == {S1, inner} | others, number
        moment = await tx.fetchval("select last_moment from tenant_sequence where tenant_id = $1")
        new = await objects.find(tx, NEW)
        known = await containment.contents(tx, new.object_id, datetime.fromisoformat(at(30)), 10, known_at=moment)
        assert len(known) == 2


async def test_hold_on_either_blocks_both(services: Services, firm: Firm) -> None:
    await packed_and_used(services, firm)
    await relabelled(services, firm)
    hold = await place(services, firm, NEW)
    for key in (S1, OLD, D9):
        assert await held(services, firm, key) == [NEW], key
    await release(services, firm, hold)
    await place(services, firm, S1)
    with pytest.raises(GoodsHeldError):
        await ship(services, firm, NEW)


async def test_revoking_takes_everything_back_and_leaves_what_was_held_pending(services: Services, firm: Firm) -> None:
    await packed_and_used(services, firm)
    before = await state_of(services, firm.tenant_id)
    await place(services, firm, S1)
    alias = await relabelled(services, firm)
    async with services.database.tenant(firm.tenant_id) as tx:
        between = await tx.fetchval("select last_moment from tenant_sequence where tenant_id = $1")
    assert await held(services, firm, D9) == [S1]
    await revoke(services, firm, alias)
    assert await state_of(services, firm.tenant_id) == before
    assert D9 not in await lots_of(services, firm, S1, Direction.FORWARD)
    assert D9 in await lots_of(services, firm, S1, Direction.FORWARD, known_at=between)
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from containment where tenant_id = $1 and kind = 4") == 0
        d9 = await objects.find(tx, D9)
        assert {cause.correction_pending for cause in await holds.why_held(tx, [d9.object_id])} == {True}


async def test_alias_of_before_gets_its_stays_when_links_are_derived_again(services: Services, firm: Firm) -> None:
    await packed_and_used(services, firm)
    await relabelled(services, firm)
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("delete from containment where tenant_id = $1 and kind = 4")
        await tx.execute(
            """delete from lot_link l where l.tenant_id = $1 and l.kind = 7
               and exists (select 1 from container_state s where s.tenant_id = $1 and s.state_id = l.child_id)"""
        )
    assert D9 not in await lots_of(services, firm, S1, Direction.FORWARD)
    await derive_all(services)
    assert D9 in await lots_of(services, firm, S1, Direction.FORWARD)
