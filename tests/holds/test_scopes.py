"""Holds on suppliers' material, equipment and steps: what falls into a window is held, however late it is told; and causes, one by one."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from backend.holds import service as holds
from backend.holds.errors import HoldReleasedError, HoldScopeTooLargeError, TooManyWatchingHoldsError
from backend.holds.scopes import HoldCauseKind, HoldOrigin, Scope
from backend.objects import service as objects
from backend.services import Services
from infra.database import Gate
from infra.errors import InvalidInputError
from tests.factories import (
    DOUGH,
    DUMPLING,
    FLOUR,
    MEAT,
    PLANT,
    START,
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
from tests.holds.test_holds import held, release, ship

F1, F2, M1, D1, D2, P1 = lot(FLOUR, "F1"), lot(FLOUR, "F2"), lot(MEAT, "M1"), lot(DOUGH, "D1"), lot(DOUGH, "D2"), lot(DUMPLING, "P1")
S1, S2 = unit(DUMPLING, "S1"), unit(DUMPLING, "S2")
MILL = "https://id.gs1.org/417/9506000134031"
MIXER = "https://id.gs1.org/8004/9506000134MIX1"
BEGIN, END = datetime(2026, 3, 2, 8, 0, tzinfo=UTC), datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BY_HAND = HoldOrigin()
EQUIPMENT = {"@context": [{"ex": "https://example.org/"}]}


def received(of: list[str], amounts: list[dict[str, Any]], minutes: float = 5, party: str = MILL) -> dict[str, Any]:
    return made(of, amounts, minutes=minutes, action="OBSERVE", bizStep="receiving", sourceList=[{"type": "owning_party", "source": party}])


async def place(services: Services, firm: Firm, scope: Scope, origin: HoldOrigin = BY_HAND, *, by_service: bool = False) -> holds.Hold:
    who = None if by_service else firm.principal
    return await services.in_tenant(
        firm.tenant_id, lambda tx: holds.place(tx, who, scope=scope, origin=origin, reason="contaminated"), gate=Gate.EXCLUSIVE
    )


async def test_everything_of_a_suppliers_material_is_held_also_what_came_on_pallets_and_was_unpacked(services: Services, firm: Firm) -> None:
    await capture(
        services, firm.tenant_id, packed(sscc(1), [], [quantity(F1, 5)], minutes=1), received([sscc(1)], []), received([], [quantity(F2, 5)], 7),
        packed(sscc(1), [], minutes=10, action="DELETE", bizStep="unpacking"), transformed([F1], [D1], 20), made([], [quantity(M1, 5)]),
    )  # fmt: skip
    await place(services, firm, Scope.of_supplier(MILL, since=BEGIN, until=END))
    for key in (F1, F2, D1):
        assert await held(services, firm, key) != [], key
    assert await held(services, firm, M1) == []


async def test_a_supplier_is_held_for_one_product_and_one_window(services: Services, firm: Firm) -> None:
    await capture(
        services, firm.tenant_id, received([], [quantity(F1, 5)]), received([], [quantity(M1, 5)]), received([], [quantity(F2, 5)], 90),
        packed(sscc(2), [], [quantity(D1, 1), quantity(lot(FLOUR, "F3"), 1)], minutes=1), received([sscc(2)], []),
    )  # fmt: skip
    await place(services, firm, Scope.of_supplier(MILL, gtin=FLOUR, since=BEGIN, until=END))
    assert await held(services, firm, F1) == [F1]
    assert await held(services, firm, lot(FLOUR, "F3")) == [sscc(2)]
    for key in (M1, F2, D1):
        assert await held(services, firm, key) == [], key


async def test_late_and_later_events_of_a_window_are_held_in_the_transaction_that_tells_them(services: Services, firm: Firm) -> None:
    hold = await place(services, firm, Scope.of_supplier(MILL, since=BEGIN))
    assert hold.object_key is None
    await capture(services, firm.tenant_id, received([], [quantity(F1, 5)]), transformed([F1], [P1], 20))
    assert await held(services, firm, P1) == [F1]
    with pytest.raises(Exception, match="on hold"):
        await ship(services, firm, P1, 5)
    await release(services, firm, hold)
    assert await held(services, firm, P1) == []
    await capture(services, firm.tenant_id, received([], [quantity(F2, 5)]))
    assert await held(services, firm, F2) == []


@pytest.mark.parametrize("told", ["readPoint", "extension", "sensor"])
async def test_what_passed_a_machine_is_held_however_events_name_it(services: Services, firm: Firm, told: str) -> None:
    names: dict[str, Any] = {
        "readPoint": {"readPoint": {"id": "https://id.gs1.org/414/9506000134048"}},
        "extension": {"@context": EQUIPMENT["@context"], "ex:machine": "混合机 “7”"},
        "sensor": {"sensorElementList": [{"sensorReport": [{"type": "Temperature", "deviceID": MIXER, "value": 4, "uom": "CEL"}]}]},
    }
    machine = {"readPoint": "https://id.gs1.org/414/9506000134048", "extension": "混合机 “7”", "sensor": MIXER}[told]
    before = transformed([F1], [D1], 10, **names[told])
    after = transformed([F1], [D2], 20, **names[told])
    await capture(services, firm.tenant_id, made([], [quantity(F1, 5)]), before, transformed([F1], [P1], 12))
    await place(services, firm, Scope.of_equipment(machine, since=BEGIN, until=END))
    await capture(services, firm.tenant_id, after, transformed([F1], [M1], 80, **names[told]))
    assert await held(services, firm, D1) == [D1]
    assert await held(services, firm, D2) == [D2]
    # What went in, what another machine made and what came after the window is free.
    for key in (F1, P1, M1):
        assert await held(services, firm, key) == [], key


async def test_a_step_is_held_at_its_place_and_children_of_what_it_packed(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made([S1, S2]), packed(sscc(1), [S1]), packed(sscc(2), [S2], bizLocation={"id": f"{PLANT[:-3]}109"}))
    await place(services, firm, Scope.of_step("packing", place=PLANT, since=BEGIN, until=END))
    assert await held(services, firm, S1) == [S1]
    assert await held(services, firm, sscc(1)) == [S1]
    assert await held(services, firm, S2) == []


async def test_outputs_of_a_transformation_told_in_parts_are_held_with_the_part_at_the_machine(services: Services, firm: Firm) -> None:
    first = transformed([F1], [], 10, transformation="urn:uuid:7a8f4b8e-52c8-4c4c-9d3a-000000000001", readPoint={"id": MIXER})
    await capture(services, firm.tenant_id, first)
    await place(services, firm, Scope.of_equipment(MIXER, since=BEGIN, until=END))
    await capture(services, firm.tenant_id, transformed([], [D1], 95, transformation="urn:uuid:7a8f4b8e-52c8-4c4c-9d3a-000000000001"))
    assert len(await held(services, firm, D1)) == 1


async def test_a_shipment_that_is_itself_the_step_on_hold_is_refused_and_writes_nothing(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(P1, 5)]))
    await place(services, firm, Scope.of_step("shipping", place=PLANT))
    with pytest.raises(Exception, match="on hold"):
        await ship(services, firm, P1, 5)
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from shipment where tenant_id = $1") == 0
        assert await tx.fetchval("select count(*) from hold_root where tenant_id = $1") == 0
    await capture(services, firm.tenant_id, shipped([], [quantity(P1, 5)]))
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from alert where tenant_id = $1 and kind = 'held_goods_shipped'") == 1


async def test_a_correction_of_the_event_in_the_window_frees_nothing_by_itself(services: Services, firm: Firm) -> None:
    receipt = received([], [quantity(F1, 5)])
    await capture(services, firm.tenant_id, receipt, transformed([F1], [P1], 20))
    hold = await place(services, firm, Scope.of_supplier(MILL, since=BEGIN))
    await capture(services, firm.tenant_id, declared_wrong(receipt))
    async with services.database.tenant(firm.tenant_id) as tx:
        found = await objects.find(tx, P1)
        assert [cause.correction_pending for cause in await holds.why_held(tx, [found.object_id])] == [True]
    # A cut lets go of what is named; the window goes on.
    assert (await release(services, firm, hold, F1)).active
    assert await held(services, firm, P1) == []
    await capture(services, firm.tenant_id, received([], [quantity(F2, 5)]))
    assert await held(services, firm, F2) == [F2]


async def test_what_a_reused_crate_holds_later_is_free(services: Services, firm: Firm) -> None:
    crate = "https://id.gs1.org/8003/09506000134055CRATE1"
    await capture(
        services, firm.tenant_id, packed(crate, [], [quantity(F1, 5)], minutes=1), received([crate], []),
        packed(crate, [], minutes=10, action="DELETE", bizStep="unpacking"), packed(crate, [S1], minutes=15),
    )  # fmt: skip
    await place(services, firm, Scope.of_supplier(MILL, since=BEGIN, until=END))
    assert await held(services, firm, F1) == [crate]
    assert await held(services, firm, S1) == []
    assert await held(services, firm, crate) == []


async def test_many_objects_are_one_hold_and_are_cut_one_by_one(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made([S1, S2], [quantity(F1, 5)]), transformed([F1], [P1]))
    hold = await place(services, firm, Scope.of_objects(F1, S1, sscc(9)))
    assert await held(services, firm, P1) == [F1]
    assert await held(services, firm, S1) == [S1]
    assert (await release(services, firm, hold, F1)).active
    assert await held(services, firm, P1) == []
    assert await held(services, firm, S1) == [S1]
    assert not (await release(services, firm, hold, S1, F1, sscc(9))).active


async def test_what_was_let_go_is_held_anew_when_its_cause_comes_again(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made([S1, S2], [quantity(F1, 5)]), transformed([F1], [P1]))
    failed = HoldOrigin(HoldCauseKind.INSPECTION, "inspection:1")
    hold = await place(services, firm, Scope.of_objects(F1, S1), failed, by_service=True)
    assert (await release(services, firm, hold, F1)).active
    assert await held(services, firm, P1) == []
    again = await place(services, firm, Scope.of_objects(F1, S1), failed, by_service=True)
    assert again.hold_id != hold.hold_id
    assert await held(services, firm, P1) == [F1]
    assert (await place(services, firm, Scope.of_objects(F1, S1), failed, by_service=True)).hold_id == again.hold_id


async def test_the_same_cause_on_the_same_scope_is_placed_once_and_each_cause_is_released_by_itself(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [P1]))
    failed, recalled = HoldOrigin(HoldCauseKind.INSPECTION, "inspection:1"), HoldOrigin(HoldCauseKind.RECALL, "recall:1")
    first = await place(services, firm, Scope.of_objects(F1), failed, by_service=True)
    again = await place(services, firm, Scope.of_objects(f"01/{FLOUR}/10/F1"), failed, by_service=True)
    other = await place(services, firm, Scope.of_objects(F1), recalled)
    by_hand = [await place(services, firm, Scope.of_objects(F1)) for _ in range(2)]
    assert first.hold_id == again.hold_id
    assert len({first.hold_id, other.hold_id, *(hold.hold_id for hold in by_hand)}) == 4
    assert (first.placed_by, first.origin, other.origin.kind) == (None, failed, HoldCauseKind.RECALL)
    await services.in_tenant(
        firm.tenant_id,
        lambda tx: holds.release_for(tx, None, hold_id=first.hold_id, keys=[F1], reason="retested", signature_id=None),
        gate=Gate.EXCLUSIVE,
    )
    async with services.database.tenant(firm.tenant_id) as tx:
        found = await objects.find(tx, P1)
        left = await holds.why_held(tx, [found.object_id])
    assert {cause.hold_id for cause in left} == {other.hold_id, *(hold.hold_id for hold in by_hand)}
    assert {cause.origin_kind for cause in left} == {HoldCauseKind.RECALL, HoldCauseKind.MANUAL}
    # Released, it may be placed again.
    assert (await place(services, firm, Scope.of_objects(F1), failed, by_service=True)).hold_id != first.hold_id


async def test_a_decision_clears_only_what_it_names_and_a_path_around_it_holds_again(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [D1, D2]))
    hold = await place(services, firm, Scope.of_objects(F1), HoldOrigin(HoldCauseKind.NONCONFORMANCE, "nonconformance:1"), by_service=True)

    async def clear(keys: list[str]) -> holds.Hold:
        return await services.in_tenant(
            firm.tenant_id, lambda tx: holds.release_for(tx, firm.principal, hold_id=hold.hold_id, keys=keys, reason="rework", signature_id=None),
            gate=Gate.EXCLUSIVE,
        )  # fmt: skip

    assert (await clear([D1])).active
    assert (await held(services, firm, D1), await held(services, firm, D2)) == ([], [F1])
    await capture(services, firm.tenant_id, transformed([D1], [P1], 20))
    assert await held(services, firm, P1) == []
    await capture(services, firm.tenant_id, transformed([D2], [P1], 30))
    assert await held(services, firm, P1) == [F1]
    with pytest.raises(InvalidInputError):
        await clear([])
    assert not (await clear([F1])).active
    with pytest.raises(HoldReleasedError):
        await clear([D2])


@pytest.mark.parametrize(
    ("scope", "field"),
    [
        (Scope.of_objects(), "scope.objects"),
        (Scope.of_objects(*[f"x{number}" for number in range(1_001)]), "scope.objects"),
        (Scope.of_supplier(MILL, since=END, until=BEGIN), "scope.since"),
        (Scope.of_supplier(MILL, gtin="flour"), None),
        (Scope.of_equipment("  "), "scope.equipment"),
        (Scope.of_equipment("x" * 241), "scope.equipment"),
        (Scope.of_step("cooking"), "scope.step"),
    ],
)
async def test_scopes_that_mean_nothing_are_refused_and_write_nothing(services: Services, firm: Firm, scope: Scope, field: str | None) -> None:
    with pytest.raises(InvalidInputError) as refused:
        await place(services, firm, scope)
    assert field is None or refused.value.field == field
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from hold where tenant_id = $1") == 0


async def test_a_scope_beyond_the_bound_is_refused_clearly(services: Services, firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.holds.roots.MAXIMUM_ROOTS", 2)
    await capture(services, firm.tenant_id, received([], [quantity(lot(FLOUR, f"L{number}"), 1) for number in range(3)]))
    with pytest.raises(HoldScopeTooLargeError, match="Narrow the window"):
        await place(services, firm, Scope.of_supplier(MILL))
    monkeypatch.setattr("backend.holds.placing.MAXIMUM_WATCHING", 1)
    await place(services, firm, Scope.of_supplier(MILL, until=START))
    with pytest.raises(TooManyWatchingHoldsError):
        await place(services, firm, Scope.of_supplier(MILL, until=START))


async def test_what_sql_finds_and_what_the_projection_sees_is_the_same(services: Services, firm: Firm, other_firm: Firm) -> None:
    """The same events before the hold and after it: the same roots."""
    machine: dict[str, Any] = {"readPoint": {"id": MIXER}}
    bodies = [
        received([], [quantity(F1, 5)]), received([sscc(1)], [], 6), received([], [quantity(F2, 5)], 60), received([], [quantity(M1, 2)], 0),
        received([], [quantity(M1, 2)], -1), transformed([F1], [D1], 10, **machine),
        transformed([F1], [D2], 11, transformation="urn:uuid:7a8f4b8e-52c8-4c4c-9d3a-000000000002", **machine),
        packed(sscc(2), [S1, S2], **machine), packed(sscc(3), [], minutes=22, action="DELETE", **machine),
        shipped([sscc(2)], bizLocation={"id": PLANT}),
        shipped([sscc(3)], readPoint={"id": f"{PLANT}/254/7"}), made([S1], minutes=3, bizStep="inspecting", action="OBSERVE"),
    ]  # fmt: skip
    scopes = [
        Scope.of_supplier(MILL, since=BEGIN, until=END), Scope.of_supplier(MILL, gtin=FLOUR), Scope.of_equipment(MIXER, since=BEGIN, until=END),
        Scope.of_step("shipping", place=PLANT), Scope.of_step("inspecting"),
    ]  # fmt: skip
    await capture(services, firm.tenant_id, *bodies)
    found = {}
    for who, before in ((firm, True), (other_firm, False)):
        ids = [(await place(services, who, scope)).hold_id for scope in scopes]
        if not before:
            await capture(services, who.tenant_id, *bodies)
        found[before] = [await roots(services, who, hold_id) for hold_id in ids]
    assert found[True] == found[False]
    assert all(found[True])


async def roots(services: Services, firm: Firm, hold_id: UUID) -> list[tuple[Any, ...]]:
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch(
            """select o.key, e.event_key, r.held_from, r.held_to, r.gtin from hold_root r
               join traceable_object o on o.tenant_id = $1 and o.object_id = r.object_id
               join event e on e.tenant_id = $1 and e.event_id = r.event_id where r.tenant_id = $1 and r.hold_id = $2 order by 1, 2""",
            hold_id,
        )
    return [tuple(row) for row in rows]


def test_events_are_about_goods_in_the_ways_that_holds_forbid() -> None:
    told = {
        "shipping": shipped([S1]), "using": transformed([F1], [P1]), "packing": packed(sscc(1), [S1]),
        "unpacking": packed(sscc(1), [S1], action="DELETE"), "putting aside": packed(sscc(1), [S1], bizStep="holding"),
        "selling": made([S1], action="OBSERVE", bizStep="retail_selling"), "sold": made([S1], action="DELETE", disposition="retail_sold"),
        "looking": made([S1], action="OBSERVE", bizStep="inspecting"),
    }  # fmt: skip
    stakes = {name: [part.uri for part in holds.at_stake(canonical(body)[0])] for name, body in told.items()}
    assert stakes == {
        "shipping": [S1], "using": [F1], "packing": [S1], "unpacking": [], "putting aside": [], "selling": [S1], "sold": [S1], "looking": [],
    }  # fmt: skip
