"""What rules find once they are on: begun, ended, lost, capped, each once; and what they do then."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from backend.holds import query_service as reading
from backend.holds import service as holds
from backend.holds.errors import GoodsHeldError
from backend.objects import service as objects
from backend.rules import evaluation, service
from backend.rules.errors import RuleChangedError, RuleStateError
from backend.services import Services
from infra.database import TenantTransaction
from tests.factories import (
    DOUGH,
    DUMPLING,
    FLOUR,
    MEAT,
    PLANT,
    SHOP,
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
from tests.rules.conftest import LOGGER, Tell, alerts, document, firings, ring_now, rule_on, told, too_warm

MILK = lot(MEAT, "MILK-1")
Drain = Callable[[], Awaitable[int]]


async def holds_in_force(tx: TenantTransaction) -> list[holds.Hold]:
    wanted = await reading.wanted_holds(tx, active_only=True)
    assert wanted is not None
    return [listed.hold for listed in await reading.page_of_holds(tx, wanted, cursor=None, backward=False, limit=50)]


async def test_limit_raises_one_alert_and_resets_it_when_the_condition_ends(services: Services, firm: Firm, tell: Tell) -> None:
    rule_id = await rule_on(services, firm, document(too_warm()))
    await tell(told([5, 9, 10], of=[MILK]))
    [found] = await firings(services, firm, rule_id)
    assert (found.series, found.object_keys, found.ended_at) == (LOGGER, (MILK.removeprefix("https://id.gs1.org/"),), None)
    assert await alerts(services, firm) == [("rule_limit", True)]
    await tell(told([11], minutes=60))
    assert len(await firings(services, firm)) == 1
    await tell(told([7], minutes=70))
    assert await alerts(services, firm) == [("rule_limit", False)]
    [found] = await firings(services, firm)
    assert found.ended_because == "the condition is over"
    await tell(told([9], minutes=80))
    assert await alerts(services, firm) == [("rule_limit", False), ("rule_limit", True)]


async def test_what_was_captured_before_the_rule_was_on_is_not_looked_at(services: Services, firm: Firm, tell: Tell) -> None:
    await tell(told([20]))
    await rule_on(services, firm, document(too_warm()))
    await tell(told([5], minutes=10))
    assert await firings(services, firm) == []


async def test_a_tenant_without_rules_pays_no_evaluation(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, told([20]))
    async with services.database.tenant(firm.tenant_id) as tx:
        await evaluation.ring(tx, {})
        assert await tx.fetchval("select count(*) from outbox where tenant_id = $1 and topic = $2", evaluation.TOPIC) == 0


async def test_the_same_events_looked_at_again_find_nothing_twice(services: Services, firm: Firm, tell: Tell) -> None:
    await rule_on(services, firm, document(too_warm()))
    await tell(told([9], of=[MILK]))

    async def again(tx: TenantTransaction) -> None:
        # As after a restore of an older cursor: what was found is known by its effect key.
        await tx.execute("update rule_progress set last_seq = 0 where tenant_id = $1")
        await tx.execute("delete from rule_series where tenant_id = $1")
        await evaluation.evaluate(tx)

    await services.in_tenant(firm.tenant_id, again)
    assert len(await firings(services, firm)) == 1
    assert await alerts(services, firm) == [("rule_limit", True)]


async def test_a_killed_evaluation_leaves_nothing_and_the_next_one_finds_everything(services: Services, firm: Firm, do_outbox: Drain) -> None:
    await rule_on(services, firm, document(too_warm()))
    await capture(services, firm.tenant_id, told([9], of=[MILK]))
    with pytest.raises(ZeroDivisionError):
        async with services.database.tenant(firm.tenant_id) as tx:
            await evaluation.evaluate(tx)
            raise ZeroDivisionError
    assert await firings(services, firm) == []
    await do_outbox()
    assert len(await firings(services, firm)) == 1


async def test_declared_wrong_before_it_is_looked_at_finds_nothing(services: Services, firm: Firm, do_outbox: Drain) -> None:
    await rule_on(services, firm, document(too_warm()))
    wrong = told([40], of=[MILK])
    await capture(services, firm.tenant_id, wrong, declared_wrong(wrong))
    await do_outbox()
    assert await firings(services, firm) == []


async def test_scope_narrows_by_product_step_place_and_equipment(services: Services, firm: Firm, tell: Tell) -> None:
    for scope in ({"products": [FLOUR]}, {"steps": ["receiving"]}, {"places": [SHOP]}, {"equipment": ["OVEN"]}):
        await rule_on(services, firm, document(too_warm(), scope=scope))
    rule_id = await rule_on(
        services, firm, document(too_warm(), scope={"products": [MEAT], "steps": ["storing"], "places": [PLANT], "equipment": [LOGGER]})
    )
    await tell(told([9], of=[MILK]))
    assert [found.rule_id for found in await firings(services, firm)] == [rule_id]


async def test_duration_counts_the_time_and_not_the_readings(services: Services, firm: Firm, tell: Tell) -> None:
    condition = {**too_warm(), "kind": "duration_over_limit", "minutes": 30}
    await rule_on(services, firm, document(condition))
    await tell(told([9, 9, 5, 9, 9, 9], of=[MILK]))
    assert await firings(services, firm) == []
    await tell(told([9], of=[MILK], minutes=60))
    [found] = await firings(services, firm)
    assert b'"minutes":30' in found.detail_json.encode()


async def test_mean_kinetic_temperature_over_a_window(services: Services, firm: Firm, tell: Tell) -> None:
    condition = {"kind": "mean_kinetic_temperature", "upper": 25, "windowHours": 2}
    await rule_on(services, firm, document(condition))
    await tell(told([20, 21, 22, 22, 21, 20, 20], of=[MILK]))
    assert await firings(services, firm) == []
    await tell(told([33, 34, 34], of=[MILK], minutes=70))
    assert [name for name, _ in await alerts(services, firm)] == ["rule_mean_kinetic_temperature"]


async def test_rate_of_change(services: Services, firm: Firm, tell: Tell) -> None:
    condition = {"kind": "rate_of_change", "characteristic": {"name": "Temperature", "uom": "CEL"}, "perHour": 10, "direction": "rise"}
    await rule_on(services, firm, document(condition))
    await tell(told([5, 4, 3, 2], of=[MILK]), told([5, 8, 11], minutes=60))
    assert len(await firings(services, firm)) == 1


async def test_silent_device_is_told_and_resets_when_it_is_heard(services: Services, firm: Firm, tell: Tell, do_outbox: Drain) -> None:
    rule_id = await rule_on(services, firm, document({"kind": "missing_data", "minutes": 60}))
    await tell(told([5]))
    assert await firings(services, firm) == []
    await ring_now(services, firm, rule_id, do_outbox, silent_for=timedelta(minutes=61))
    assert await alerts(services, firm) == [("rule_missing_data", True)]
    await tell(told([5], minutes=60 * 24 * 365))
    assert await alerts(services, firm) == [("rule_missing_data", False)]


async def test_lost_sensor_ends_the_alert_and_another_says_that_it_is_lost(services: Services, firm: Firm, tell: Tell, do_outbox: Drain) -> None:
    rule_id = await rule_on(services, firm, document(too_warm(lostMinutes=30)))
    await tell(told([9], of=[MILK]))
    await ring_now(services, firm, rule_id, do_outbox, silent_for=timedelta(minutes=31))
    assert await alerts(services, firm) == [("rule_limit", False), ("rule_lost", True)]
    [found] = await firings(services, firm)
    assert found.ended_because is not None
    assert "lost" in found.ended_because
    # Heard again, still too warm: the lost alert ends, and the condition is told anew.
    await tell(told([9.5], of=[MILK], minutes=60 * 24 * 365))
    assert await alerts(services, firm) == [("rule_limit", False), ("rule_lost", False), ("rule_limit", True)]


async def test_cap_of_the_hour_mutes_and_says_so(services: Services, firm: Firm, tell: Tell) -> None:
    rule_id = await rule_on(services, firm, document(too_warm(), maxPerHour=3))
    await tell(*[told([9], device=f"{LOGGER}{number}") for number in range(8)])
    found = await firings(services, firm)
    assert [one.muted for one in found] == [0, 0, 0, 5]
    assert [kind for kind, _ in await alerts(services, firm)] == ["rule_limit"] * 3 + ["rule_muted"]
    async with services.database.tenant(firm.tenant_id) as tx:
        rule = await service.get_rule(tx, rule_id)
    assert rule.muted == 5
    assert rule.muted_until is not None


async def test_what_was_beyond_the_cap_is_found_when_the_hour_is_over(services: Services, firm: Firm, tell: Tell) -> None:
    rule_id = await rule_on(services, firm, document(too_warm(), maxPerHour=1))
    warm = [told([9], device=f"{LOGGER}{number}") for number in range(2)]
    await tell(*warm)
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update alert_rule set hour_began = hour_began - interval '1 hour' where tenant_id = $1 and rule_id = $2", rule_id)
    await tell(*(told([9], device=f"{LOGGER}{number}", minutes=10) for number in range(2)))
    assert [(one.series, one.muted) for one in await firings(services, firm)] == [(f"{LOGGER}0", 0), ("", 1), (f"{LOGGER}1", 0)]


async def test_that_a_sensor_is_lost_is_told_beyond_the_cap(services: Services, firm: Firm, tell: Tell, do_outbox: Drain) -> None:
    rule_id = await rule_on(services, firm, document(too_warm(), maxPerHour=1))
    await tell(told([9]))
    await ring_now(services, firm, rule_id, do_outbox, silent_for=timedelta(days=2))
    assert await alerts(services, firm) == [("rule_limit", False), ("rule_lost", True)]


async def test_hold_by_a_rule_stops_the_goods_and_everything_made_from_them_once(services: Services, firm: Firm, tell: Tell) -> None:
    dough = lot(DOUGH, "D1")
    rule_id = await rule_on(services, firm, document(too_warm(), {"do": "alert", "severity": "critical"}, {"do": "hold"}))
    await tell(transformed([MILK], [dough]), told([12, 13, 14], of=[MILK], minutes=20))
    async with services.database.tenant(firm.tenant_id) as tx:
        thing = await objects.find(tx, dough)
        [cause] = await holds.why_held(tx, [thing.object_id])
        assert cause.reason == "Alert rule: Cold room"
        with pytest.raises(GoodsHeldError):
            async with services.database.tenant(firm.tenant_id) as other:
                await other.lock_derivation()
                raise GoodsHeldError([cause])
    await tell(told([5], of=[MILK], minutes=50), told([12], of=[MILK], minutes=60))
    async with services.database.tenant(firm.tenant_id) as tx:
        assert len(await holds_in_force(tx)) == 1
        entry = await tx.fetchrow("select actor, action from audit_entry where tenant_id = $1 and action = 'hold.placed'")
    assert entry is not None
    assert entry["actor"] == "suyuan"
    outcomes = [found.outcomes for found in await firings(services, firm, rule_id)]
    assert [[one["do"] for one in each] for each in outcomes] == [["hold"], ["hold"]]


async def test_hold_on_the_container_and_on_the_machine(services: Services, firm: Firm, tell: Tell) -> None:
    await tell(made([unit(DUMPLING, "S1")]), packed(sscc(1), [unit(DUMPLING, "S1")]))
    await rule_on(services, firm, document(too_warm(), {"do": "hold", "on": "container"}, {"do": "hold", "on": "equipment"}))
    await tell(told([12], of=[unit(DUMPLING, "S1")], minutes=30))
    [found] = await firings(services, firm)
    assert [sorted(one) for one in found.outcomes] == [["do", "holds"]] * 2
    async with services.database.tenant(firm.tenant_id) as tx:
        held = {hold.object_uri for hold in await holds_in_force(tx)}
    assert sscc(1) in held


async def test_other_actions_open_a_nonconformance_and_ask_for_inspection(services: Services, firm: Firm, tell: Tell) -> None:
    acts = ({"do": "alert"}, {"do": "nonconformance", "title": "Too warm"}, {"do": "reinspect", "note": "count germs"}, {"do": "webhook"})
    await rule_on(services, firm, document(too_warm(), *acts))
    await tell(told([12], of=[MILK]))
    [found] = await firings(services, firm)
    assert [one["do"] for one in found.outcomes] == ["nonconformance", "reinspect", "webhook"]
    assert "nonconformance" in found.outcomes[0]
    assert "No webhook listens" in found.outcomes[2]["refused"]
    assert [kind for kind, _ in await alerts(services, firm)] == ["rule_limit", "reinspection_wanted"]


async def test_held_goods_that_move_are_found_and_the_rules_own_hold_begins_nothing(services: Services, firm: Firm, tell: Tell) -> None:
    await rule_on(services, firm, document(too_warm(), {"do": "hold"}))
    moving = await rule_on(services, firm, document({"kind": "held_goods_moving"}))
    await tell(told([12], of=[MILK]))
    assert await firings(services, firm, moving) == []
    await tell(shipped([], [quantity(MILK, 1)], minutes=40))
    [found] = await firings(services, firm, moving)
    assert found.subject == MILK


async def test_serial_seen_at_two_places_within_an_impossible_time(services: Services, firm: Firm, tell: Tell) -> None:
    serial = unit(DUMPLING, "S9")
    await rule_on(services, firm, document({"kind": "duplicate_serial", "minutes": 120}))
    await tell(made([serial]), told([5], of=[serial], minutes=30, readPoint={"id": f"{PLANT}/254/room"}, bizLocation=None))
    assert await firings(services, firm) == []
    await tell(told([5], of=[serial], minutes=60, readPoint={"id": SHOP}, bizLocation=None))
    [found] = await firings(services, firm)
    assert found.object_keys == (serial.removeprefix("https://id.gs1.org/"),)


async def test_mass_balance_that_comes_right_with_a_later_part_ends(services: Services, firm: Firm, tell: Tell) -> None:
    flour, dough = lot(FLOUR, "F1"), lot(DOUGH, "D1")
    await rule_on(services, firm, document({"kind": "mass_balance", "lossPercent": 5}))
    first = transformed([flour], [dough], amount=10, transformation="urn:uuid:6f0f2a52-6a52-4e2f-8f51-0d1c1d1f0a01")
    first["outputQuantityList"] = [quantity(dough, 6)]
    await tell(first)
    assert await alerts(services, firm) == [("rule_mass_balance", True)]
    rest = {**transformed([], [lot(DOUGH, "D2")], minutes=20, transformation=first["transformationID"])}
    rest["outputQuantityList"] = [quantity(lot(DOUGH, "D2"), 4)]
    await tell(rest)
    assert await alerts(services, firm) == [("rule_mass_balance", False)]


async def test_change_is_a_new_version_and_begins_anew(services: Services, firm: Firm, tell: Tell) -> None:
    rule_id = await rule_on(services, firm, document(too_warm()))
    await tell(told([9], of=[MILK]))

    async def change(tx: TenantTransaction, version: int = 1) -> None:
        await service.change_rule(tx, firm.principal, rule_id=rule_id, version=version, document=document(too_warm(upper=10)))

    await services.in_tenant(firm.tenant_id, change)
    assert await alerts(services, firm) == [("rule_limit", False)]
    await tell(told([9.5], of=[MILK], minutes=10))
    assert len(await firings(services, firm)) == 1
    await tell(told([11], of=[MILK], minutes=20))
    assert [found.version for found in await firings(services, firm)] == [1, 2]
    with pytest.raises(RuleChangedError):
        await services.in_tenant(firm.tenant_id, change)
    async with services.database.tenant(firm.tenant_id) as tx:
        versions = await service.page_of_versions(tx, rule_id, cursor=0, backward=False, limit=5)
    assert [one.version for one in versions] == [2, 1]


async def test_what_is_captured_as_a_rule_changes_or_is_switched_on_is_looked_at(services: Services, firm: Firm, do_outbox: Drain) -> None:
    async with services.database.tenant(firm.tenant_id) as tx:
        rule_id = await service.create_rule(tx, firm.principal, document=document(too_warm()))
        await service.switch_rule(tx, firm.principal, rule_id=rule_id, on=True)
        await capture(services, firm.tenant_id, told([9], of=[MILK]))
        await do_outbox()
    await do_outbox()
    assert len(await firings(services, firm)) == 1
    await capture(services, firm.tenant_id, told([20], of=[MILK], minutes=10))
    async with services.database.tenant(firm.tenant_id) as tx:
        await service.change_rule(tx, firm.principal, rule_id=rule_id, version=1, document=document(too_warm(upper=10)))
    await do_outbox()
    assert [found.version for found in await firings(services, firm)] == [1, 2]


async def test_switched_off_it_ends_what_is_open_and_finds_nothing_more(services: Services, firm: Firm, tell: Tell) -> None:
    rule_id = await rule_on(services, firm, document(too_warm()))
    await tell(told([9], of=[MILK]))

    async def off(tx: TenantTransaction) -> None:
        await service.switch_rule(tx, firm.principal, rule_id=rule_id, on=False)

    await services.in_tenant(firm.tenant_id, off)
    await tell(told([20], of=[MILK], minutes=10))
    assert await alerts(services, firm) == [("rule_limit", False)]
    with pytest.raises(RuleStateError):
        await services.in_tenant(firm.tenant_id, off)


async def test_late_reading_tells_what_was_and_opens_nothing(services: Services, firm: Firm, tell: Tell) -> None:
    await rule_on(services, firm, document(too_warm()))
    await tell(told([5], minutes=100), told([9], minutes=0))
    [found] = await firings(services, firm)
    assert found.ended_because == "momentary"


async def test_other_tenants_rules_see_nothing(services: Services, firm: Firm, other_firm: Firm, tell: Tell, do_outbox: Drain) -> None:
    await rule_on(services, other_firm, document(too_warm()))
    await tell(told([30], of=[MILK]))
    await do_outbox()
    assert await firings(services, other_firm) == []
