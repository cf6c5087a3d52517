"""The list of what a hold reaches is the same as what the gate refuses, however it came about; and the preview as what a hold then does."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from backend.holds import goods, goods_reading, goods_repository
from backend.holds import service as holds
from backend.holds.preview import preview
from backend.holds.scopes import Scope
from backend.identifiers import ObjectKind
from backend.services import Services
from infra.database import Gate
from tests.factories import (
    CUSTOMER,
    DOUGH,
    DUMPLING,
    FLOUR,
    MEAT,
    PLANT,
    canonical,
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
from tests.holds.test_holds import place, release
from tests.holds.test_scopes import MILL, received

F1, F2, M1, D1, D2, P1 = lot(FLOUR, "F1"), lot(FLOUR, "F2"), lot(MEAT, "M1"), lot(DOUGH, "D1"), lot(DOUGH, "D2"), lot(DUMPLING, "P1")
UNITS = [f"{P1}/21/U{number}" for number in range(7)]


async def listed(services: Services, firm: Firm, hold_id: UUID) -> set[str]:
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch(
            "select key from hold_goods where tenant_id = $1 and hold_id = $2 and kind = any($3::smallint[])", hold_id, goods_repository.SHOWN
        )
        assert (await goods_reading.state(tx, hold_id))[0]
    return {row["key"] for row in rows}


async def refused(services: Services, firm: Firm) -> set[str]:
    """Everything that is held by itself, as the gate says."""
    async with services.database.tenant(firm.tenant_id) as tx:
        things = await tx.fetch(
            "select object_id, key from traceable_object where tenant_id = $1 and kind = any($2::smallint[])", goods_repository.SHOWN
        )
        causes = {row["key"]: await holds.why_held(tx, [row["object_id"]]) for row in things}
    return {key for key, found in causes.items() if any(cause.held_key == key for cause in found)}


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts so small that every list takes many."""
    for name, size in (("OBJECTS_IN_A_PART", 2), ("OBJECTS_AT_ONCE", 1), ("CHILDREN_AT_ONCE", 2), ("ROWS_AT_ONCE", 2)):
        monkeypatch.setattr(goods, name, size)


@pytest.mark.usefixtures("small_parts")
async def test_the_list_is_what_the_gate_refuses_and_follows_whatever_happens(services: Services, firm: Firm, do_outbox: Any) -> None:
    wrong = transformed([D1], [D2], 12)
    await capture(
        services, firm.tenant_id, transformed([F1, M1], [D1]), wrong, transformed([D1], [P1], 14), made(UNITS, minutes=15),
        packed(sscc(1), [unit(DUMPLING, "U1"), unit(DUMPLING, "U2")]), packed(sscc(2), [], [quantity(F2, 1)]),
    )  # fmt: skip
    first = await place(services, firm, F1)
    second = await place(services, firm, sscc(2))
    await do_outbox()
    assert await listed(services, firm, first.hold_id) | await listed(services, firm, second.hold_id) == await refused(services, firm)
    assert len(await listed(services, firm, first.hold_id)) == 4 + len(UNITS)
    late = lot(DUMPLING, "P2")
    await capture(
        services, firm.tenant_id, transformed([D2], [late], 30), made([f"{late}/21/V1"], minutes=31), made([f"{P1}/21/U9"], minutes=32),
        packed(sscc(2), [], [quantity(M1, 1)], minutes=33),
    )  # fmt: skip
    await do_outbox()
    both = await listed(services, firm, first.hold_id) | await listed(services, firm, second.hold_id)
    assert both == await refused(services, firm)
    assert {key.rsplit("/", 1)[1] for key in both} >= {"P2", "V1", "U9", "M1"}
    await release(services, firm, first, P1)
    await do_outbox()
    assert unit(DUMPLING, "U9").removeprefix("https://id.gs1.org/") not in await listed(services, firm, first.hold_id)
    # What a correction cuts off is pending, and stays in the list as it stays held.
    await capture(services, firm.tenant_id, declared_wrong(wrong))
    await do_outbox()
    assert await listed(services, firm, first.hold_id) | await listed(services, firm, second.hold_id) == await refused(services, firm)
    await release(services, firm, first)
    await release(services, firm, second)
    await do_outbox()
    assert await listed(services, firm, first.hold_id) == await listed(services, firm, second.hold_id) == set()


@pytest.mark.usefixtures("small_parts")
async def test_what_is_captured_between_two_parts_of_the_walk_is_not_passed_by(services: Services, firm: Firm, do_outbox: Any) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [D1]), transformed([D1], [D2], 12), transformed([D2], [P1], 14))
    hold = await place(services, firm, F1)
    for number in range(6):
        async with services.database.tenant(firm.tenant_id) as tx:
            await goods.fill(tx, {"hold_id": str(hold.hold_id), "seed": number == 0})
            assert number or not (await goods_reading.state(tx, hold.hold_id))[0]
        await capture(services, firm.tenant_id, transformed([(F1, D1, D2)[number % 3]], [lot(MEAT, f"X{number}")], 20 + number))
    await do_outbox()
    assert await listed(services, firm, hold.hold_id) == await refused(services, firm)


async def test_a_capture_that_commits_while_a_part_is_open_is_walked_again(services: Services, firm: Firm, do_outbox: Any) -> None:
    """The part has looked through F1 before the link is there, and commits after it."""
    await capture(services, firm.tenant_id, made([], [quantity(F1, 5)]))
    hold = await place(services, firm, F1)
    async with services.database.tenant(firm.tenant_id) as walking:
        await goods.fill(walking, {"hold_id": str(hold.hold_id), "seed": True})
        await capture(services, firm.tenant_id, transformed([F1], [P1]))

        async def told() -> None:
            async with services.database.tenant(firm.tenant_id) as tx:
                row = await tx.fetchrow("select object_id from traceable_object where tenant_id = $1 and key = $2", f"01/{FLOUR}/10/F1")
                assert row is not None
                await goods.grow(tx, {"nodes": [row["object_id"]]})

        growing = asyncio.create_task(told())
        # It waits for this part; were it to go on, it would find nothing in the list yet.
        await asyncio.sleep(0.05)
    await growing
    await do_outbox()
    assert await listed(services, firm, hold.hold_id) == await refused(services, firm)


async def test_the_preview_tells_what_the_hold_then_does_and_writes_nothing(services: Services, firm: Firm, do_outbox: Any) -> None:
    announced = shipped(
        [], [quantity(F2, 3)], 1, readPoint={"id": MILL.replace("/417/", "/414/")}, sourceList=[{"type": "owning_party", "source": MILL}]
    )
    await capture(
        services, firm.tenant_id, received([], [quantity(F1, 5)]), transformed([F1], [P1]), made(UNITS, minutes=15), made([unit(MEAT, "N1")]),
        packed(sscc(1), [unit(DUMPLING, "U1"), unit(MEAT, "N1")]), packed(sscc(5), [sscc(1)], minutes=21),
        shipped([unit(DUMPLING, "U3")], minutes=25),
        announced,
    )  # fmt: skip
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update shipment set direction = 2 where tenant_id = $1 and shipped_at < '2026-03-02T08:10:00Z'")
    before = await everything(services, firm)
    async with services.database.tenant(firm.tenant_id) as tx:
        seen = await preview(tx, firm.principal, Scope.of_supplier(MILL))
        names = {row["object_id"]: row["key"] for row in await tx.fetch("select object_id, key from traceable_object where tenant_id = $1")}
    assert await everything(services, firm) == before
    assert seen.counts == {ObjectKind.LOT: 3, ObjectKind.UNIT: len(UNITS)}
    assert [names[each].rsplit("/", 1)[1] for each in seen.goods[ObjectKind.LOT]] == ["F1", "F2", "P1"]
    assert {names[each] for each in seen.blocked.ids} == {sscc(1)[19:], sscc(5)[19:]}
    assert {names[each].rsplit("/", 1)[1] for each in seen.co_packed.ids} == {"N1"}
    assert (seen.left_count, seen.expected_count, seen.customers) == (1, 1, [(CUSTOMER, 1)])
    assert dict(seen.places)[PLANT] >= 1
    assert (seen.held, seen.truncated) == ([], False)
    hold = await services.in_tenant(firm.tenant_id, lambda tx: _placed(tx, firm, Scope.of_supplier(MILL)), gate=Gate.EXCLUSIVE)
    await do_outbox()
    assert {names[each] for ids in seen.goods.values() for each in ids} == await listed(services, firm, hold.hold_id)
    async with services.database.tenant(firm.tenant_id) as tx:
        again = await preview(tx, firm.principal, Scope.of_objects(P1))
    assert [cause.hold_id for cause in again.held] == [hold.hold_id]


async def _placed(tx: Any, firm: Firm, scope: Scope) -> holds.Hold:
    return await holds.place(tx, firm.principal, scope=scope, origin=holds.HoldOrigin(), reason="contaminated")


async def everything(services: Services, firm: Firm) -> dict[str, int]:
    tables = ("hold", "hold_root", "hold_goods", "traceable_object", "audit_entry", "outbox", "alert")
    async with services.database.tenant(firm.tenant_id) as tx:
        return {table: await tx.fetchval(f"select count(*) from {table} where tenant_id = $1") for table in tables}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("held_goods_consumed", transformed([D1], [P1], 20)),
        ("held_goods_packed", packed(sscc(1), [], [quantity(D1, 1)])),
        ("held_goods_sold", made([], [quantity(D1, 1)], action="OBSERVE", bizStep="retail_selling")),
        ("held_goods_shipped", shipped([], [quantity(D1, 1)])),
    ],
)
async def test_a_reported_act_with_held_goods_is_stored_and_raises_a_critical_alert_of_its_kind(
    services: Services, firm: Firm, kind: str, body: dict[str, Any]
) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [D1]))
    hold = await place(services, firm, F1)
    await capture(services, firm.tenant_id, body, body)
    async with services.database.tenant(firm.tenant_id) as tx:
        alerts = await tx.fetch("select kind, severity, subject, detail::text as detail from alert where tenant_id = $1")
        marked = await tx.fetchval("select count(*) from event where tenant_id = $1 and anomaly is not null")
        stored = await tx.fetchval("select count(*) from event where tenant_id = $1 and event_key = $2", canonical(body)[0].event_key)
    assert [(alert["kind"], alert["severity"], alert["subject"]) for alert in alerts] == [(kind, 1, D1)]
    assert str(hold.hold_id) in alerts[0]["detail"]
    assert (marked, stored) == (1, 1)
