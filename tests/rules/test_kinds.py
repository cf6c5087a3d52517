"""The heavy-metal case, charts on machine data, defect rates, expiry; and rules on a simulated plant."""

import csv
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from backend.rules import forms, inspected, looking, service, trying
from backend.rules.documents import read_document
from backend.rules.facts import normal_name, readings_of
from backend.rules.judging import Sample, judge
from backend.rules.memory import Memory, kept, remembered
from backend.rules.trying import try_document
from backend.rules.watching import Series, Told, Watch
from backend.services import Services
from backend.simulator import Industry, simulate
from infra import clock
from tests.factories import DOUGH, FLOUR, MEAT, at, capture, lot, made, quantity, shipped
from tests.firms import Firm
from tests.rules.conftest import LOGGER, Tell, alerts, document, firings, ring_now, rule_on, told, too_warm
from tests.shared_data import SHARED_DATA, needs_shared_data

DATA = SHARED_DATA / "manufacturing-data"
START = datetime(2026, 3, 2, tzinfo=UTC)
Drain = Callable[[], Awaitable[int]]


def samples(values: list[float], minutes: float = 1) -> list[Told]:
    return [Told("m", Sample(START + place * timedelta(minutes=minutes), value), "m", (), (), f"e{place}") for place, value in enumerate(values)]


def found_in(condition: dict[str, Any], values: list[float], **fields: Any) -> list[int]:
    """The minutes at which a condition begins."""
    watch = Watch(read_document(document(condition, **fields)))
    found = [one for each in samples(values) for one in watch.take(each) if one.is_open]
    return [int((one.at - START).total_seconds() // 60) for one in found]


@needs_shared_data
def test_charts_find_in_the_piston_rings_what_is_published() -> None:
    with (DATA / "spc" / "pistonrings.csv").open(newline="") as file:
        rings = [[float(value) for value in row] for row in list(csv.reader(file))[1:]]
    condition = {"kind": "control_chart", "characteristic": {"name": "diameter", "uom": "MMT"}, "chart": "xbar_r"}
    begun = found_in(condition, [value for group in rings for value in group])
    # One finding: subgroups 37 to 39 are out in a row, and the condition holds until the 40th.
    assert [minute // 5 + 1 for minute in begun] == [37]
    by_deviation = found_in({**condition, "chart": "xbar_s"}, [value for group in rings for value in group])
    assert by_deviation == begun


@needs_shared_data
def test_milling_machines_torque_is_in_control_until_it_is_shifted() -> None:
    with (DATA / "ai4i2020" / "ai4i2020_share.csv").open(newline="") as file:
        torque = [float(row["Torque [Nm]"]) for row in islice(csv.DictReader(file), 400)]
    condition: dict[str, Any] = {"kind": "control_chart", "characteristic": {"name": "torque", "uom": "NU"}, "baselinePoints": 60}
    shifted = torque[:300] + [value + 12 for value in torque[300:]]
    for chart in ("cusum", "ewma", "xbar_r"):
        calm = [minute for minute in found_in({**condition, "chart": chart}, torque) if minute >= 300]
        alarmed = [minute for minute in found_in({**condition, "chart": chart}, shifted) if minute >= 300]
        assert alarmed, chart
        assert alarmed[0] < 330, chart
        assert len(calm) <= 2, chart


@needs_shared_data
def test_secom_labels_as_a_defect_rate() -> None:
    with (DATA / "secom" / "secom_labels_share.csv").open(newline="") as file:
        failed = [1.0 if row["label"] == "1" else 0.0 for row in csv.DictReader(file)]
    condition = {"kind": "defect_rate", "subgroup": 50, "baselinePoints": 10}
    calm = found_in(condition, failed, scope={"steps": ["inspecting"]})
    jump = found_in(condition, failed[:700] + [1.0 if place % 3 == 0 else 0.0 for place in range(100)], scope={"steps": ["inspecting"]})
    assert len(calm) <= 2
    assert [minute for minute in jump if minute >= 700] == [749]
    # The np chart of the same points tells the same.
    assert found_in({**condition, "chart": "np"}, failed, scope={"steps": ["inspecting"]}) == calm


def test_memory_comes_back_as_it_was_kept() -> None:
    condition = read_document(document({"kind": "control_chart", "characteristic": {"name": "x"}, "baselinePoints": 5, "subgroupSize": 2})).condition
    straight, again = Memory(), Memory()
    for place in range(40):
        sample = Sample(START + timedelta(minutes=place), float(place % 7))
        first = judge(condition, straight, sample)
        again = remembered(kept(again))
        assert judge(condition, again, sample) == first
    assert kept(again) == kept(straight)


def test_window_is_bounded_and_takes_late_readings_where_they_belong() -> None:
    memory = Memory()
    for minute in (0, 10, 30, 20, 20):
        memory.take(START + timedelta(minutes=minute), 1.0, timedelta(minutes=25))
    assert [round((moment - START).total_seconds() / 60) for moment, _ in memory.window] == [0, 10, 20, 30]
    for minute in range(5_000):
        memory.take(START + timedelta(minutes=minute), 1.0, timedelta(days=30))
    assert len(memory.window) == 3_000


def test_values_that_cannot_be_reckoned_with_stop_nothing() -> None:
    watch = Watch(read_document(document({"kind": "control_chart", "characteristic": {"name": "x"}, "chart": "individuals", "baselinePoints": 3})))
    for each in samples([5.0, 5.0, 5.0, 5.0, 5.1, 1e90, -1e90]):
        watch.take(each)
    assert watch.series["m"].open_since is not None


def test_readings_of_a_report_are_its_values_or_its_extent() -> None:
    metadata = {"deviceID": LOGGER, "startTime": at(0), "endTime": at(60)}
    summary = {"type": "gs1:Temperature", "minValue": 2, "maxValue": 9, "meanValue": 5, "uom": "CEL"}
    found = readings_of({"sensorElementList": [{"sensorMetadata": metadata, "sensorReport": [summary]}]}, START)
    assert [(one.extreme, round(one.value - 273.15, 6)) for one in found] == [(True, 2), (True, 9), (False, 5)]
    single = {"sensorMetadata": {"deviceID": LOGGER}, "sensorReport": [{"type": "Temperature", "value": 41, "uom": "FAH"}]}
    both = readings_of({"sensorElementList": [{"sensorMetadata": metadata, "sensorReport": [summary]}, single]}, START)
    assert [round(one.value - 273.15, 6) for one in both] == [5]
    assert normal_name("https://gs1.org/voc/Temperature") == normal_name("gs1:Temperature") == "temperature"
    for broken in (None, [None], [{"sensorReport": "x"}], [{"sensorReport": [{"type": 1}, {"type": "T", "value": "x"}]}]):
        assert readings_of({"sensorElementList": broken}, START) == ()


def test_a_rule_remembers_a_bounded_number_of_devices() -> None:
    watch = Watch(read_document(document(too_warm())), [Series(f"d{number}", START) for number in range(2_000)])
    for each in samples([50.0]):
        watch.take(each)
    assert watch.overflow == 1


async def test_expiring_lots_in_stock_are_told_once_and_end_when_they_are_gone(services: Services, firm: Firm, do_outbox: Drain) -> None:
    soon, later = ((clock.now() + timedelta(days=days)).date().isoformat() for days in (3, 300))
    for number, day in (("OLD", soon), ("NEW", later)):
        body = made([], [quantity(lot(MEAT, number), 10)], ilmd={"cbvmda:itemExpirationDate": day})
        body["@context"] = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"cbvmda": "urn:epcglobal:cbv:mda:"}]
        await capture(services, firm.tenant_id, body)
    rule_id = await rule_on(services, firm, document({"kind": "expiry_near", "days": 7}))
    await do_outbox()
    [found] = await firings(services, firm, rule_id)
    assert (found.series, found.ended_at) == (f"01/{MEAT}/10/OLD", None)
    await ring_now(services, firm, rule_id, do_outbox, silent_for=timedelta(0))
    assert len(await firings(services, firm, rule_id)) == 1
    await capture(services, firm.tenant_id, shipped([], [quantity(lot(MEAT, "OLD"), 10)], minutes=50))
    await ring_now(services, firm, rule_id, do_outbox, silent_for=timedelta(0))
    assert await alerts(services, firm) == [("rule_expiry_near", False)]


async def test_what_expires_is_told_again_by_a_rule_that_is_switched_on_again(services: Services, firm: Firm, do_outbox: Drain) -> None:
    day = (clock.now() + timedelta(days=3)).date().isoformat()
    body = made([], [quantity(lot(MEAT, "OLD"), 10)], ilmd={"cbvmda:itemExpirationDate": day})
    body["@context"] = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"cbvmda": "urn:epcglobal:cbv:mda:"}]
    await capture(services, firm.tenant_id, body)
    rule_id = await rule_on(services, firm, document({"kind": "expiry_near", "days": 7}))
    await do_outbox()
    for on in (False, True):
        async with services.database.tenant(firm.tenant_id) as tx:
            await service.switch_rule(tx, firm.principal, rule_id=rule_id, on=on)
    await do_outbox()
    assert await alerts(services, firm) == [("rule_expiry_near", False), ("rule_expiry_near", True)]


async def test_lots_beyond_the_cap_of_an_hour_are_told_in_the_next(services: Services, firm: Firm, do_outbox: Drain) -> None:
    day = (clock.now() + timedelta(days=3)).date().isoformat()
    for number in ("A", "B"):
        body = made([], [quantity(lot(MEAT, number), 10)], ilmd={"cbvmda:itemExpirationDate": day})
        body["@context"] = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"cbvmda": "urn:epcglobal:cbv:mda:"}]
        await capture(services, firm.tenant_id, body)
    rule_id = await rule_on(services, firm, document({"kind": "expiry_near", "days": 7}, maxPerHour=1))
    await do_outbox()
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update alert_rule set hour_began = hour_began - interval '1 hour' where tenant_id = $1 and rule_id = $2", rule_id)
    await ring_now(services, firm, rule_id, do_outbox, silent_for=timedelta(0))
    told_of = [one.series for one in await firings(services, firm, rule_id) if not one.muted]
    assert told_of == [f"01/{MEAT}/10/A", f"01/{MEAT}/10/B"]


async def test_defectives_at_a_step_are_told_as_their_share_jumps(services: Services, firm: Firm, tell: Tell) -> None:
    condition = {"kind": "defect_rate", "subgroup": 100, "expected": 0.02}
    await rule_on(services, firm, document(condition, scope={"steps": ["inspecting"]}))

    def checked(count: int, disposition: str, minutes: float) -> dict[str, Any]:
        return made([], [{"epcClass": lot(DOUGH, "D1"), "quantity": count}], minutes, action="OBSERVE", bizStep="inspecting", disposition=disposition)

    await tell(checked(98, "conformant", 0), checked(2, "non_conformant", 1))
    assert await firings(services, firm) == []
    await tell(checked(80, "conformant", 2), checked(20, "non_conformant", 3))
    [found] = await firings(services, firm)
    assert '"value":0.2' in found.detail_json


async def test_several_loggers_are_judged_each_by_itself(services: Services, firm: Firm, do_outbox: Drain) -> None:
    bodies = [told([4 + (place % 3)], minutes=place * 30, device=f"{LOGGER}{place % 4}", of=[lot(FLOUR, "F1")]) for place in range(40)]
    await rule_on(services, firm, document(too_warm(upper=5.5)))
    await capture(services, firm.tenant_id, *bodies, together=True)
    await do_outbox()
    found = await firings(services, firm)
    assert {one.series for one in found} == {f"{LOGGER}{number}" for number in range(4)}


def test_timed_kinds_have_bells() -> None:
    for text, timed in (
        (document(too_warm()), True), (document({"kind": "missing_data", "minutes": 5}), True), (document({"kind": "expiry_near", "days": 5}), True),
        (document({"kind": "held_goods_moving"}), False), (document({"kind": "inspection_result", "characteristic": "Pb"}), False),
        (document({**too_warm(), "characteristic": {"name": "x", "source": "inspection"}}), False),
    ):  # fmt: skip
        assert looking.is_timed(read_document(text).condition) is timed, text
    assert inspected.looks(read_document(document({"kind": "inspection_result", "characteristic": "Pb"})))
    assert forms.kind_of(read_document(document(too_warm())).condition) == "limit"


@pytest.mark.parametrize("direction", ["rise", "fall", "both"])
def test_rate_of_change_looks_the_way_it_is_told(direction: str) -> None:
    condition = {"kind": "rate_of_change", "characteristic": {"name": "x"}, "perHour": 100, "direction": direction, "windowMinutes": 5}
    rising, falling = [0.0, 2.0, 4.0, 6.0], [6.0, 4.0, 2.0, 0.0]
    assert bool(found_in(condition, rising)) is (direction != "fall")
    assert bool(found_in(condition, falling)) is (direction != "rise")


async def test_a_simulated_plant_is_found_the_same_by_the_worker_and_by_a_trial(services: Services, firm: Firm, do_outbox: Drain) -> None:
    told_of = [{**event, "@context": one["@context"]} for one in simulate(Industry.FOOD, events=300, seed=4, days=3).documents(50)
               for event in one["epcisBody"]["eventList"] if event.get("sensorElementList") and "errorDeclaration" not in event]  # fmt: skip
    told_of = sorted(told_of, key=lambda event: str(event["eventTime"]))
    assert len(told_of) > 10
    text = document(too_warm(upper=20), maxPerHour=100)
    await rule_on(services, firm, text)
    await capture(services, firm.tenant_id, *told_of, together=True)
    await do_outbox()
    found = await firings(services, firm)
    since = datetime.fromisoformat(str(told_of[0]["eventTime"])) - timedelta(hours=1)
    trial = await try_document(services.database, firm.tenant_id, read_document(text), since=since, until=since + timedelta(days=60))
    assert trial.events == len(told_of)
    assert trial.count > 0
    assert [(one.series, one.occurred_at) for one in found] == [(one.series, one.at) for one in trial.findings]


async def test_a_trial_that_is_cut_says_why_and_up_to_when_it_is_true(services: Services, firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "EVENTS_AT_ONCE", 2)
    await capture(services, firm.tenant_id, *(told([9], minutes=minutes) for minutes in range(0, 60, 10)))
    rule = read_document(document(too_warm()))
    since, until = datetime.fromisoformat(at(-1)), datetime.fromisoformat(at(120))
    whole = await try_document(services.database, firm.tenant_id, rule, since=since, until=until)
    assert (whole.events, whole.truncated, whole.truncated_because, whole.looked_until) == (6, False, "", until)
    cut = await try_document(services.database, firm.tenant_id, rule, since=since, until=until, most_events=4)
    assert (cut.events, cut.truncated, cut.looked_until) == (4, True, datetime.fromisoformat(at(30)))
    assert cut.truncated_because.startswith("4 events are the most of one trial.")
    monkeypatch.setattr(trying, "MOST_SECONDS", 0.0)
    hasty = await try_document(services.database, firm.tenant_id, rule, since=since, until=until)
    assert (hasty.events, hasty.truncated, hasty.looked_until) == (0, True, since)
