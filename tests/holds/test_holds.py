"""What a hold reaches, how it is released, and what happens to held goods that were shipped all the same."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from backend.events.projection import Source
from backend.holds import service as holds
from backend.holds.errors import GoodsHeldError, HoldNotFoundError, HoldReleasedError
from backend.objects import service as objects
from backend.services import Services
from backend.shipments import service as shipments
from infra.database import Gate
from infra.errors import InvalidInputError, PermissionDeniedError
from tenants.permissions import Role
from tests.factories import (
    CUSTOMER,
    DOUGH,
    DUMPLING,
    FLOUR,
    MEAT,
    PLANT,
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
from tests.signing import signature_of

F1, F2, M1, D1, D2, P1 = lot(FLOUR, "F1"), lot(FLOUR, "F2"), lot(MEAT, "M1"), lot(DOUGH, "D1"), lot(DOUGH, "D2"), lot(DUMPLING, "P1")
S1, S2 = unit(DUMPLING, "S1"), unit(DUMPLING, "S2")


async def place(services: Services, firm: Firm, key: str) -> holds.Hold:
    return await services.in_tenant(
        firm.tenant_id, lambda tx: holds.place_hold(tx, firm.principal, key=key, reason="contaminated"), gate=Gate.EXCLUSIVE
    )


async def release(services: Services, firm: Firm, hold: holds.Hold, *keys: str) -> holds.Hold:
    return await services.in_tenant(
        firm.tenant_id,
        lambda tx: holds.release_hold(
            tx, firm.principal, hold_id=hold.hold_id, reason="tested good", keys=keys, signature=signature_of(firm.principal)
        ),
        gate=Gate.EXCLUSIVE,
    )


async def held(services: Services, firm: Firm, key: str) -> list[str]:
    async with services.database.tenant(firm.tenant_id) as tx:
        found = await objects.find(tx, key)
        return sorted({cause.root_uri for cause in await holds.why_held(tx, [found.object_id])})


async def ship(services: Services, firm: Firm, key: str, amount: int | None = None) -> Any:
    order = shipments.ShipOrder(
        lines=[shipments.ShipLine(key, Decimal(amount) if amount else None, "KGM" if amount else None)], from_place=PLANT, to_party=CUSTOMER
    )
    return await services.in_tenant(
        firm.tenant_id, lambda tx: shipments.ship(tx, firm.principal, services.capture, order, source=Source.COMMAND), gate=Gate.SHARED
    )


async def count(services: Services, firm: Firm, table: str) -> int:
    async with services.database.tenant(firm.tenant_id) as tx:
        return int(await tx.fetchval(f"select count(*) from {table} where tenant_id = $1"))


async def test_hold_reaches_everything_made_from_the_lot_now_and_later(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, transformed([F1, M1], [D1]), transformed([F2], [D2]))
    await place(services, firm, F1)
    await capture(services, firm.tenant_id, transformed([D1, D2], [P1], 20), made([f"https://id.gs1.org/01/{DUMPLING}/10/P1/21/S1"], minutes=22))
    for key in (F1, D1, P1, S1):
        assert await held(services, firm, key) == [F1], key
    for key in (M1, F2, D2):
        assert await held(services, firm, key) == [], key


async def test_container_is_blocked_while_held_goods_are_in_it_and_neighbours_stay_free(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made([S1, S2]), packed(sscc(1), [S1, S2]), packed(sscc(2), [sscc(1)], minutes=21))
    await place(services, firm, S1)
    assert await held(services, firm, sscc(2)) == [S1]
    assert await held(services, firm, S2) == []
    with pytest.raises(GoodsHeldError):
        await ship(services, firm, sscc(2))
    await capture(services, firm.tenant_id, packed(sscc(1), [S1], minutes=25, action="DELETE"))
    assert await held(services, firm, sscc(2)) == []
    await ship(services, firm, sscc(2))


async def test_container_held_by_name_holds_what_was_in_it_also_after_it_is_taken_out(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made([S1, S2]), packed(sscc(1), [S1]), packed(sscc(2), [S2]))
    await place(services, firm, sscc(1))
    assert await held(services, firm, S1) == [sscc(1)]
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update hold_root set held_from = '2026-03-02T08:22:00Z' where tenant_id = $1")
    await capture(services, firm.tenant_id, packed(sscc(1), [S1], minutes=25, action="DELETE"))
    assert await held(services, firm, S1) == [sscc(1)]
    assert await held(services, firm, S2) == []


async def test_release_is_cause_by_cause(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, transformed([F1, M1], [D1]))
    first, second = await place(services, firm, F1), await place(services, firm, M1)
    await release(services, firm, first)
    assert await held(services, firm, D1) == [M1]
    await release(services, firm, second)
    assert await held(services, firm, D1) == []


async def test_release_of_part_frees_only_what_is_reached_through_it(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [D1, D2]), transformed([D1], [P1], 20))
    hold = await place(services, firm, F1)
    await release(services, firm, hold, D1)
    assert await held(services, firm, D1) == []
    assert await held(services, firm, P1) == []
    assert await held(services, firm, D2) == [F1]
    # A path that avoids the cut holds again.
    await capture(services, firm.tenant_id, transformed([D2], [P1], 30))
    assert await held(services, firm, P1) == [F1]


async def test_rework_cycle_does_not_keep_a_released_hold_alive(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [D1], 10), transformed([D1], [D2], 20), transformed([D2], [D1], 30))
    hold = await place(services, firm, D1)
    assert await held(services, firm, D2) == [D1]
    await release(services, firm, hold)
    assert await held(services, firm, D1) == await held(services, firm, D2) == []


async def test_release_by_name_of_what_a_hold_stands_on_keeps_what_waits_for_a_decision(services: Services, firm: Firm) -> None:
    wrong = transformed([F1], [D1], 10)
    await capture(services, firm.tenant_id, wrong)
    hold = await place(services, firm, F1)
    await capture(services, firm.tenant_id, declared_wrong(wrong))
    assert await held(services, firm, D1) != []
    assert (await release(services, firm, hold, F1)).active
    assert await held(services, firm, F1) == []
    assert await held(services, firm, D1) != []
    await release(services, firm, hold, D1)
    assert await held(services, firm, D1) == []


async def test_correction_leaves_goods_pending_until_they_are_released(services: Services, firm: Firm) -> None:
    making = transformed([F1], [D1])
    unit_made = made([f"https://id.gs1.org/01/{DOUGH}/10/D1/21/U1"], minutes=12)
    await capture(services, firm.tenant_id, making, unit_made, transformed([D1], [P1], 20))
    hold = await place(services, firm, F1)
    await capture(services, firm.tenant_id, declared_wrong(making), declared_wrong(unit_made))
    for key in (D1, P1, unit(DOUGH, "U1")):
        assert await held(services, firm, key) != [], key
    await release(services, firm, hold, D1, P1, unit(DOUGH, "U1"))
    for key in (D1, P1, unit(DOUGH, "U1")):
        assert await held(services, firm, key) == [], key
    assert await held(services, firm, F1) == [F1]


@pytest.mark.parametrize("parts", [((F1, D1),), ((F1,), (D1,)), ((D1,), (F1,))])
async def test_hold_ends_with_the_last_of_what_it_stands_on_and_what_is_pending(
    services: Services, firm: Firm, parts: tuple[tuple[str, ...], ...]
) -> None:
    making = transformed([F1], [D1])
    await capture(services, firm.tenant_id, making)
    hold = await place(services, firm, F1)
    await capture(services, firm.tenant_id, declared_wrong(making))
    for part in parts:
        await release(services, firm, hold, *part)
    assert (await held(services, firm, F1), await held(services, firm, D1)) == ([], [])
    with pytest.raises(HoldReleasedError):
        await release(services, firm, hold)


async def test_refused_shipment_names_the_cause_and_writes_nothing(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [P1]))
    await place(services, firm, F1)
    before = [await count(services, firm, table) for table in ("event", "shipment", "outbox", "audit_entry", "movement")]
    with pytest.raises(GoodsHeldError) as refused:
        await ship(services, firm, P1, 5)
    assert F1 in refused.value.message
    assert [await count(services, firm, table) for table in ("event", "shipment", "outbox", "audit_entry", "movement")] == before


async def test_reported_shipment_of_held_goods_is_stored_and_raises_one_critical_alert(services: Services, firm: Firm, do_outbox: Any) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [P1]))
    await place(services, firm, F1)
    leaving = shipped([], [quantity(P1, 5)])
    await capture(services, firm.tenant_id, leaving, leaving)
    async with services.database.tenant(firm.tenant_id) as tx:
        [alert] = await tx.fetch("select kind, severity, subject from alert where tenant_id = $1")
        assert (alert["kind"], alert["severity"], alert["subject"]) == ("held_goods_shipped", 1, P1)
        assert await tx.fetchval("select anomaly from event where tenant_id = $1 and biz_step = 'shipping'") == 1
    await do_outbox()
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from alert where tenant_id = $1 and notified_at is not null") == 1


async def test_packing_learnt_after_the_shipment_raises_the_alert_then(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(P1, 5)]))
    await place(services, firm, P1)
    await capture(services, firm.tenant_id, shipped([sscc(1)]))
    assert await count(services, firm, "alert") == 0
    await capture(services, firm.tenant_id, packed(sscc(1), [], [quantity(P1, 5)]))
    async with services.database.tenant(firm.tenant_id) as tx:
        kinds = [row["kind"] for row in await tx.fetch("select kind from alert where tenant_id = $1 order by kind")]
    assert kinds == ["held_goods_packed", "held_goods_shipped"]


async def test_lot_can_be_held_before_it_is_met(services: Services, firm: Firm) -> None:
    await place(services, firm, F2)
    await capture(services, firm.tenant_id, transformed([F2], [D1]))
    assert await held(services, firm, D1) == [F2]


async def test_place_and_release_need_their_permissions_and_reasons(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(F1, 1)]))
    hold = await place(services, firm, F1)
    worker, lead = firm.as_role(Role.WORKER), firm.as_role(Role.LINE_LEAD)
    attempts: list[tuple[type[Exception], Any]] = [
        (PermissionDeniedError, lambda tx: holds.place_hold(tx, worker, key=F1, reason="no")),
        (PermissionDeniedError, lambda tx: holds.release_hold(tx, lead, hold_id=hold.hold_id, reason="no", signature=signature_of(lead))),
        (InvalidInputError, lambda tx: holds.place_hold(tx, firm.principal, key=F1, reason="  ")),
        (
            InvalidInputError,
            lambda tx: holds.release_hold(tx, firm.principal, hold_id=hold.hold_id, reason="x" * 201, signature=signature_of(firm.principal)),
        ),
        (
            HoldNotFoundError,
            lambda tx: holds.release_hold(tx, firm.principal, hold_id=uuid4(), reason="no such", signature=signature_of(firm.principal)),
        ),
    ]
    before = await count(services, firm, "audit_entry")
    for error, attempt in attempts:
        with pytest.raises(error):
            await services.in_tenant(firm.tenant_id, attempt, gate=Gate.EXCLUSIVE)
    assert await count(services, firm, "audit_entry") == before
    await release(services, firm, hold)
    with pytest.raises(HoldReleasedError):
        await release(services, firm, hold)


async def test_hold_of_another_tenant_is_unknown(services: Services, firm: Firm, other_firm: Firm) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(F1, 1)]))
    await capture(services, other_firm.tenant_id, made([], [quantity(F1, 1)]))
    hold = await place(services, firm, F1)
    assert await held(services, other_firm, F1) == []
    with pytest.raises(HoldNotFoundError):
        await release(services, other_firm, hold)
    assert await held(services, firm, F1) == [F1]
