"""After the announcement: late and corrected events are found, what they bring is held and alerted, and nothing is freed by itself."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from backend.aliases import service as aliases
from backend.genealogy.rules import Certainty
from backend.holds import service as holds
from backend.holds.scopes import Scope
from backend.objects import service as objects
from backend.recall_scope import service as scopes
from backend.recall_scope.service import AdditionKind, Source, Watch
from backend.services import Services
from infra.database import Gate, TenantTransaction
from tests.factories import CUSTOMER, DOUGH, DUMPLING, FLOUR, START, capture, declared_wrong, lot, made, packed, quantity, shipped, sscc, transformed
from tests.firms import Firm
from tests.recall_scope.story import D1, F1, OTHER, P1, P2, RECEIVED, TO_OTHER, freeze, put, tell
from tests.signing import signature_of

P3, P4, FREE = lot(DUMPLING, "P3"), lot(DUMPLING, "P4"), lot(DOUGH, "FREE")
Drain = Callable[[], Awaitable[int]]


async def hold(services: Services, firm: Firm, case_id: UUID) -> list[UUID]:
    """What the case package does when it decides."""

    async def place(tx: TenantTransaction) -> list[UUID]:
        origin = holds.HoldOrigin(holds.HoldCauseKind.RECALL, f"recall:{case_id}")
        scopes_held = await scopes.hold_scopes(tx, case_id)
        return [(await holds.place(tx, firm.principal, scope=one, origin=origin, reason="recalled")).hold_id for one in scopes_held]

    return await services.in_tenant(firm.tenant_id, place, gate=Gate.EXCLUSIVE)


async def announced(services: Services, firm: Firm, do_outbox: Drain, *sources: Source, drill: bool = False) -> UUID:
    """A case on these sources, frozen; held unless it is a drill."""
    case_id = await put(services, firm, sources or [Source.of_object(F1)], drill=drill)
    if not drill:
        await hold(services, firm, case_id)
    await do_outbox()
    await freeze(services, firm, case_id)
    await do_outbox()
    return case_id


async def found(services: Services, firm: Firm, case_id: UUID) -> list[tuple[AdditionKind, str]]:
    async with services.database.tenant(firm.tenant_id) as tx:
        added = await scopes.additions(tx, case_id)
        assert all(one.found_at is not None for one in added), "told by the watcher"
        return [(one.kind, one.code) for one in added]


async def raised(services: Services, firm: Firm) -> list[str]:
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch("select subject from alert where tenant_id = $1 and kind = 'recall_grown' and closed_at is null")
    return [row["subject"] for row in rows]


async def is_held(services: Services, firm: Firm, key: str) -> bool:
    async with services.database.tenant(firm.tenant_id) as tx:
        thing = await objects.find(tx, key)
        return bool(await holds.why_held(tx, [thing.object_id]))


async def test_a_late_link_is_held_at_once_and_told_once(firm: Firm, services: Services, do_outbox: Drain) -> None:
    await tell(services, firm)
    case_id = await announced(services, firm, do_outbox)
    assert await raised(services, firm) == []
    await capture(services, firm.tenant_id, transformed([D1], [P3], 15))
    assert await is_held(services, firm, P3), "by the hold that stands on the root, before any worker came by"
    await do_outbox()
    assert await found(services, firm, case_id) == [(AdditionKind.ADDED, "P3")]
    assert await raised(services, firm) == [f"recall:{case_id}"]
    await capture(services, firm.tenant_id, transformed([D1], [P4], 16))
    await do_outbox()
    assert await found(services, firm, case_id) == [(AdditionKind.ADDED, "P3"), (AdditionKind.ADDED, "P4")]
    assert await raised(services, firm) == [f"recall:{case_id}"], "one alert a case until its scope is frozen anew"
    async with services.database.tenant(firm.tenant_id) as tx:
        grown = await tx.fetch("select payload from outbox where tenant_id = $1 and topic = 'recall.grown' order by outbox_id")
    assert len(grown) == 2
    assert (await freeze(services, firm, case_id)).version == 2
    await do_outbox()
    assert await found(services, firm, case_id) == []
    assert await raised(services, firm) == []


async def test_what_has_nothing_to_do_with_it_is_not_looked_at(firm: Firm, services: Services, do_outbox: Drain) -> None:
    await tell(services, firm)
    case_id = await announced(services, firm, do_outbox)
    await capture(services, firm.tenant_id, made(amounts=[quantity(FREE, 5)], minutes=70), transformed([FREE], [P4], 80))
    await do_outbox()
    async with services.database.tenant(firm.tenant_id) as tx:
        looked = await tx.fetchval("select count(*) from outbox where tenant_id = $1 and topic = 'recall.look'")
    assert looked == 1, "after the freezing alone"
    assert await found(services, firm, case_id) == []


async def test_a_late_shipment_of_known_goods_is_an_addition_too(firm: Firm, services: Services, do_outbox: Drain) -> None:
    await tell(services, firm)
    case_id = await announced(services, firm, do_outbox)
    await capture(services, firm.tenant_id, shipped([], [quantity(P1, 4)], minutes=45, **TO_OTHER))
    await do_outbox()
    async with services.database.tenant(firm.tenant_id) as tx:
        (added,) = await scopes.additions(tx, case_id)
        assert [one.party for one in await scopes.customers(tx, case_id)] == [CUSTOMER, OTHER]
    assert (added.kind, added.code, added.party, added.quantity) == (AdditionKind.SHIPPED, "P1", OTHER, Decimal(4))
    assert await raised(services, firm) == [f"recall:{case_id}"]


async def test_a_correction_that_takes_a_path_away_frees_nothing_and_is_shown(firm: Firm, services: Services, do_outbox: Drain) -> None:
    await tell(services, firm)
    wrong = transformed([D1], [P3], 60)
    await capture(services, firm.tenant_id, wrong)
    case_id = await announced(services, firm, do_outbox)
    await capture(services, firm.tenant_id, declared_wrong(wrong, 100))
    await do_outbox()
    assert await found(services, firm, case_id) == [(AdditionKind.NO_LONGER_REACHED, "P3")]
    assert await is_held(services, firm, P3)
    assert await raised(services, firm) == [], "less than was announced is no alarm"


async def test_a_correction_that_brings_goods_in_is_told(firm: Firm, services: Services, do_outbox: Drain) -> None:
    opened = packed(sscc(9), [], minutes=61, action="DELETE", bizStep="unpacking")
    await tell(services, firm, packed(sscc(9), amounts=[quantity(D1, 2)], minutes=60), opened, transformed([sscc(9)], [P4], 60 * 80))
    case_id = await announced(services, firm, do_outbox)
    async with services.database.tenant(firm.tenant_id) as tx:
        assert "P4" not in [one.code for one in await scopes.items(tx, case_id)]
    await capture(services, firm.tenant_id, declared_wrong(opened, 60 * 90))
    assert await is_held(services, firm, P4)
    await do_outbox()
    assert await found(services, firm, case_id) == [(AdditionKind.ADDED, "P4")]


async def test_what_was_possible_becomes_certain(firm: Firm, services: Services, do_outbox: Drain) -> None:
    await tell(services, firm, packed(sscc(7), amounts=[quantity(D1, 1)], minutes=60), transformed([sscc(7)], [P3], 30))
    case_id = await announced(services, firm, do_outbox)
    await capture(services, firm.tenant_id, transformed([D1], [P3], 31))
    await do_outbox()
    async with services.database.tenant(firm.tenant_id) as tx:
        (surer,) = await scopes.additions(tx, case_id)
    assert (surer.kind, surer.code, surer.certainty) == (AdditionKind.SURER, "P3", Certainty.CERTAIN)


async def test_what_falls_late_into_a_suppliers_window_is_told(firm: Firm, services: Services, do_outbox: Drain) -> None:
    await tell(services, firm)
    mill = Scope.of_supplier("https://id.gs1.org/417/9506000134031", gtin=FLOUR, since=START)
    case_id = await announced(services, firm, do_outbox, Source.of_window(mill))
    late = lot(FLOUR, "F9")
    await capture(services, firm.tenant_id, made(amounts=[quantity(late, 10)], minutes=200, **RECEIVED))
    assert await is_held(services, firm, late)
    await do_outbox()
    assert await found(services, firm, case_id) == [(AdditionKind.ADDED, "F9")]


async def test_two_things_declared_the_same_are_looked_at(firm: Firm, services: Services, do_outbox: Drain) -> None:
    await tell(services, firm, made(amounts=[quantity(FREE, 5)], minutes=70))
    case_id = await announced(services, firm, do_outbox)

    async def declare(tx: TenantTransaction) -> None:
        cause = aliases.AliasCause.RELABELLED
        await aliases.assert_alias(tx, firm.principal, services.capture, key=P2, same_as=FREE, cause=cause, reason="relabelled")

    await services.in_tenant(firm.tenant_id, declare, gate=Gate.SHARED)
    await do_outbox()
    assert await found(services, firm, case_id) == [(AdditionKind.ADDED, "FREE")]


async def test_what_comes_to_a_closed_recall_is_held_although_its_holds_are_gone(firm: Firm, services: Services, do_outbox: Drain) -> None:
    await tell(services, firm)
    case_id = await put(services, firm, [Source.of_object(F1)])
    placed = await hold(services, firm, case_id)
    await freeze(services, firm, case_id)
    await services.in_tenant(firm.tenant_id, lambda tx: scopes.watch(tx, case_id, Watch.CLOSED))
    for hold_id in placed:

        async def release(tx: TenantTransaction, hold_id: UUID = hold_id) -> Any:
            signature = signature_of(firm.principal)
            return await holds.release_hold(tx, firm.principal, hold_id=hold_id, reason="closed", signature=signature)

        await services.in_tenant(firm.tenant_id, release, gate=Gate.EXCLUSIVE)
    await do_outbox()
    await capture(services, firm.tenant_id, transformed([D1], [P3], 15))
    assert not await is_held(services, firm, P3)
    await do_outbox()
    assert await is_held(services, firm, P3)
    assert not await is_held(services, firm, P1), "what was let go stays free"
    assert await raised(services, firm) == [f"recall:{case_id}"]
    async with services.database.tenant(firm.tenant_id) as tx:
        told = await tx.fetchval("select payload::jsonb ->> 'closed' from outbox where tenant_id = $1 and topic = 'recall.grown'")
    assert told == "true"


@pytest.mark.parametrize("drill", [True, False])
async def test_a_drill_and_a_dismissed_case_hold_and_alert_nothing(firm: Firm, services: Services, do_outbox: Drain, drill: bool) -> None:
    await tell(services, firm)
    case_id = await put(services, firm, [Source.of_object(F1)], drill=drill)
    await freeze(services, firm, case_id)
    if not drill:
        await services.in_tenant(firm.tenant_id, lambda tx: scopes.watch(tx, case_id, Watch.OFF))
    await capture(services, firm.tenant_id, transformed([D1], [P3], 15))
    await do_outbox()
    assert not await is_held(services, firm, P3)
    assert await raised(services, firm) == []
    async with services.database.tenant(firm.tenant_id) as tx:
        assert [one.code for one in await scopes.additions(tx, case_id)] == ["P3"]
        assert await tx.fetchval("select count(*) from outbox where tenant_id = $1 and topic = 'recall.grown'") == 0


async def test_units_and_packing_told_late_are_looked_at(firm: Firm, services: Services, do_outbox: Drain) -> None:
    await tell(services, firm)
    case_id = await announced(services, firm, do_outbox)
    unit = f"{P1}/21/LATE"
    await capture(
        services, firm.tenant_id, made([unit], minutes=25), packed(sscc(5), [unit], minutes=26), transformed([sscc(5)], [P4], 27),
        shipped([], [quantity(P4, 1)], minutes=90),
    )  # fmt: skip
    await do_outbox()
    assert (AdditionKind.ADDED, "P4") in await found(services, firm, case_id)
    assert (AdditionKind.SHIPPED, "P4") in await found(services, firm, case_id)
