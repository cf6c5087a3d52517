"""Rules over HTTP: the schema, writing, trying, switching, findings, control charts, certificates; and who may."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import jsonschema
import pytest

from backend.services import Services
from infra import clock
from tenants.permissions import Role
from tests.factories import CUSTOMER, DOUGH, DUMPLING, FLOUR, MEAT, PLANT, START, at, capture, lot, made, quantity, transformed
from tests.firms import Firm
from tests.graphql.conftest import Caller, catalogue
from tests.graphql.test_commands import SHIP
from tests.inspections.conftest import CONCLUDE, DAMP, LEAD, OPEN, released
from tests.inspections.conftest import RECORD as INSPECTED
from tests.rules.conftest import LOGGER, document, told, too_warm

MILK = lot(MEAT, "MILK-1")
RULE: Final = "rule { id name kind state version triedFindings document } userErrors { field code message }"
CREATE: Final = f"mutation($input: CreateRuleInput!) {{ createRule(input: $input) {{ {RULE} }} }}"
CHANGE: Final = f"mutation($input: ChangeRuleInput!) {{ changeRule(input: $input) {{ {RULE} }} }}"
SWITCH: Final = f"mutation($input: SwitchRuleInput!) {{ switchRule(input: $input) {{ {RULE} }} }}"
TRY: Final = """query($document: String!, $since: DateTime!, $until: DateTime!, $first: Int!, $after: String) {
  tryRule(document: $document, since: $since, until: $until) { events count stillOpen truncated
    findings(first: $first, after: $after) { nodes { at endedAt series subject detail } pageInfo { hasNextPage endCursor } } } }"""
LISTED: Final = """query { alertRules(first: 5) { nodes { id state versions(first: 5) { nodes { version document } }
  firings(first: 5) { nodes { id series detail outcomes } } } } ruleFirings(first: 5) { nodes { ruleId objects endedAt } } }"""
CHART: Final = """query($input: ControlChartInput!) { controlChart(input: $input) { kind uom values truncated center sigma baselinePoints
  points { at value center lower upper violations size } spread { value lower upper violations } } }"""
RECORD: Final = """mutation($input: RecordCertificateInput!) { recordCertificate(input: $input) {
  certificate { id party kind number validTo } userErrors { field code } } }"""
WITHDRAW: Final = """mutation($input: WithdrawCertificateInput!) { withdrawCertificate(input: $input) {
  certificate { withdrawnAt } userErrors { field code } } }"""
SUPPLIER: Final = "https://id.gs1.org/417/9506000134024"
Drain = Callable[[], Awaitable[int]]


def ago(**back: float) -> str:
    return clock.isoformat(clock.now() - timedelta(**back))


async def test_schema_is_json_schema_with_both_languages_and_takes_what_the_service_takes(owner: Caller) -> None:
    schema = (await owner.ask("{ ruleSchema }"))["ruleSchema"]
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(document(too_warm())), schema)
    kinds = schema["$defs"]["DurationOverLimit"]
    assert kinds["x-titles"] == {"en": "Beyond a limit for a time", "zh": "超限持续时间"}
    assert kinds["properties"]["minutes"]["x-unit"] == "MIN"
    assert kinds["properties"]["windowHours"]["default"] == 24
    for name, body in schema["$defs"].items():
        for field, told_of in body["properties"].items():
            assert field in ("kind", "do") or told_of["x-titles"]["zh"], (name, field)


async def test_rule_is_written_tried_switched_on_and_finds(services: Services, firm: Firm, owner: Caller, do_outbox: Drain) -> None:
    made = await owner.command(CREATE, {"document": document(too_warm())})
    assert made["userErrors"] == []
    assert (made["rule"]["state"], made["rule"]["version"], made["rule"]["kind"]) == ("DRAFT", 1, "limit")
    on = await owner.command(SWITCH, {"ruleId": made["rule"]["id"], "on": True})
    assert (on["rule"]["state"], on["rule"]["triedFindings"], on["userErrors"]) == ("ON", 0, [])
    await capture(services, firm.tenant_id, told([9], of=[MILK]))
    await do_outbox()
    found = await owner.ask(LISTED)
    [rule] = found["alertRules"]["nodes"]
    assert rule["firings"]["nodes"][0]["detail"]["value"] == 9
    assert [one["version"] for one in rule["versions"]["nodes"]] == [1]
    assert found["ruleFirings"]["nodes"] == [{"ruleId": rule["id"], "objects": [f"01/{MEAT}/10/MILK-1"], "endedAt": None}]
    changed = await owner.command(CHANGE, {"ruleId": rule["id"], "version": 1, "document": document(too_warm(upper=12))})
    assert (changed["rule"]["version"], changed["rule"]["state"], changed["rule"]["triedFindings"]) == (2, "ON", None)
    off = await owner.command(SWITCH, {"ruleId": rule["id"], "on": False})
    assert off["rule"]["state"] == "OFF"


async def test_trial_counts_what_would_have_been_found_and_writes_nothing(services: Services, firm: Firm, owner: Caller) -> None:
    for day in range(14):
        await capture(services, firm.tenant_id, told([5, 9, 5], of=[MILK], minutes=day * 1440))
    asked = {"document": document(too_warm()), "since": at(-1), "until": at(1440 * 30), "first": 10}
    trial = (await owner.ask(TRY, asked))["tryRule"]
    assert (trial["events"], trial["count"], trial["stillOpen"], trial["truncated"]) == (14, 14, 0, False)
    assert len(trial["findings"]["nodes"]) == 10
    page = trial["findings"]["pageInfo"]
    rest = (await owner.ask(TRY, {**asked, "after": page["endCursor"]}))["tryRule"]["findings"]
    assert (page["hasNextPage"], len(rest["nodes"]), rest["pageInfo"]["hasNextPage"]) == (True, 4, False)
    async with services.database.tenant(firm.tenant_id) as tx:
        for table in ("alert_rule", "rule_firing", "rule_series", "alert"):
            assert await tx.fetchval(f"select count(*) from {table} where tenant_id = $1") == 0


async def test_trial_finds_silences_and_duplicates_in_history(services: Services, firm: Firm, owner: Caller) -> None:
    await capture(services, firm.tenant_id, told([5]), told([5], minutes=30), told([5], minutes=300), told([5], minutes=310))
    asked = {"document": document({"kind": "missing_data", "minutes": 60}), "since": at(-1), "until": at(1440), "first": 5}
    trial = (await owner.ask(TRY, asked))["tryRule"]
    assert (trial["count"], trial["stillOpen"]) == (1, 0)
    assert trial["findings"]["nodes"][0]["series"] == LOGGER


async def test_a_rule_that_would_never_be_quiet_is_refused_unless_it_is_wanted_so(
    services: Services, firm: Firm, owner: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.rules.service.LOUD", 3)
    begun = (clock.now() - START).total_seconds() / 60 - 1440
    await capture(services, firm.tenant_id, *[told([9, 5], minutes=begun + 30 * number) for number in range(5)])
    made = await owner.command(CREATE, {"document": document(too_warm())})
    refused = await owner.command(SWITCH, {"ruleId": made["rule"]["id"], "on": True})
    [error] = refused["userErrors"]
    assert (error["code"], error["field"]) == ("RULE_TOO_LOUD", "anyway")
    assert "5 times" in error["message"]
    wanted = await owner.command(SWITCH, {"ruleId": made["rule"]["id"], "on": True, "anyway": True})
    assert (wanted["rule"]["state"], wanted["rule"]["triedFindings"]) == ("ON", 5)


@pytest.mark.parametrize(
    ("condition", "field"),
    [
        ({**too_warm(), "upper": None}, "document.condition.upper"),
        (too_warm(lower=9), "document.condition.lower"),
        (too_warm(lower=2, margin=3), "document.condition.margin"),
        (too_warm(upper=-300), "document.condition.upper"),
        (too_warm(readings=0), "document.condition.readings"),
        ({**too_warm(), "kind": "duration_over_limit", "minutes": 120, "windowHours": 1}, "document.condition.minutes"),
        (
            {"kind": "mean_kinetic_temperature", "upper": 25, "characteristic": {"name": "x", "uom": "KGM"}},
            "document.condition.characteristic.uom",
        ),
        ({"kind": "defect_rate"}, "document.scope.steps"),
        ({"kind": "control_chart", "characteristic": {"name": "x"}, "center": 1}, "document.condition.center"),
        ({"kind": "control_chart", "characteristic": {"name": "x"}, "subgroupSize": 26}, "document.condition.subgroupSize"),
        ({"kind": "control_chart", "characteristic": {"name": "x"}, "rules": ["nelson_9"]}, "document.condition.rules[0]"),
        ({"kind": "eval"}, "document.condition.kind"),
        ({"kind": "missing_data", "minutes": 1e9}, "document.condition.minutes"),
    ],
)
async def test_what_can_never_be_met_or_ends_never_is_refused_where_it_stands(owner: Caller, condition: dict[str, Any], field: str) -> None:
    [error] = (await owner.command(CREATE, {"document": document(condition)}))["userErrors"]
    assert (error["code"], error["field"]) == ("RULE_INVALID", field)


@pytest.mark.parametrize("text", ["", "null", "[]", '{"name":"x"}', "{" * 5_000, "9" * 30_000])
async def test_documents_that_are_none_are_refused(owner: Caller, text: str) -> None:
    [error] = (await owner.command(CREATE, {"document": text}))["userErrors"]
    assert error["code"] in ("RULE_INVALID", "INVALID_INPUT")


async def test_control_chart_of_sensors_is_ready_to_draw(services: Services, firm: Firm, owner: Caller) -> None:
    values = [20.0, 21.0, 19.5, 20.5, 20.2] * 6 + [26.0] * 5
    await capture(services, firm.tenant_id, told(values, of=[MILK], every=1))
    asked = {
        "characteristic": "Temperature",
        "uom": "CEL",
        "chart": "XBAR_R",
        "since": at(-1),
        "until": at(600),
        "baselinePoints": 6,
        "products": [MEAT],
    }
    chart = (await owner.ask(CHART, {"input": asked}))["controlChart"]
    assert (chart["values"], chart["baselinePoints"], len(chart["points"])) == (35, 6, 7)
    assert chart["center"] == pytest.approx(20.24)
    assert chart["sigma"] == pytest.approx(1.5 / 2.325928947)
    assert [point["violations"] for point in chart["points"]] == [[]] * 6 + [["nelson_1"]]
    assert chart["points"][0]["upper"] == pytest.approx(20.24 + 0.577 * 1.5, abs=1e-3)
    assert chart["spread"][0]["upper"] == pytest.approx(2.114 * 1.5, abs=2e-3)
    for kind in ("XBAR_S", "INDIVIDUALS", "EWMA", "CUSUM"):
        other = (await owner.ask(CHART, {"input": {**asked, "chart": kind, "baselinePoints": 30 if kind != "XBAR_S" else 6}}))["controlChart"]
        assert any(point["violations"] for point in other["points"]), kind


async def test_control_chart_of_a_steps_defectives(services: Services, firm: Firm, owner: Caller) -> None:
    bodies = []
    for number in range(10):
        for bad in (False, True):
            count = (30 if number == 9 else 2) if bad else 98
            body = told([], of=[MILK], minutes=number * 10 + bad, bizStep="inspecting", disposition="non_conformant" if bad else "conformant")
            body["quantityList"] = [{"epcClass": MILK, "quantity": count}]
            del body["sensorElementList"]
            bodies.append(body)
    await capture(services, firm.tenant_id, *bodies)
    asked = {
        "characteristic": "defects",
        "chart": "P",
        "since": at(-20),
        "until": at(600),
        "steps": ["inspecting"],
        "subgroup": 100,
        "baselinePoints": 9,
    }
    chart = (await owner.ask(CHART, {"input": asked}))["controlChart"]
    assert chart["center"] == pytest.approx(0.02)
    assert [bool(point["violations"]) for point in chart["points"]] == [False] * 9 + [True]


@pytest.mark.parametrize(
    ("wrong", "field"), [({"subgroup": 0}, "subgroup"), ({"rules": ["x"]}, "rules"), ({"until": at(-5)}, "since"), ({"center": 1.0}, "center")]
)
async def test_control_chart_refuses_what_cannot_be_drawn(owner: Caller, wrong: dict[str, Any], field: str) -> None:
    asked = {"characteristic": "Temperature", "uom": "CEL", "chart": "XBAR_R", "since": at(0), "until": at(60)}
    refusal = await owner.refusal(CHART, {"input": {**asked, **wrong}})
    assert (refusal["code"], refusal.get("field")) == ("INVALID_INPUT", field), refusal


async def test_certificates_are_kept_listed_found_when_they_end_and_withdrawn(
    services: Services, firm: Firm, owner: Caller, do_outbox: Drain
) -> None:
    given = {"party": SUPPLIER, "kind": "ISO 22000", "number": "C-1", "validTo": "2020-01-31"}
    kept = await owner.command(RECORD, given)
    assert (kept["certificate"]["party"], kept["userErrors"]) == (SUPPLIER, [])
    made = await owner.command(CREATE, {"document": document({"kind": "certificate_expired"})})
    await owner.command(SWITCH, {"ruleId": made["rule"]["id"], "on": True})
    await do_outbox()
    [found] = (await owner.ask(LISTED))["alertRules"]["nodes"][0]["firings"]["nodes"]
    assert (found["detail"]["certificate"], found["detail"]["validTo"]) == ("ISO 22000", "2020-01-31")
    listed = await owner.ask("query($p: String) { supplierCertificates(party: $p, first: 5) { nodes { id number } } }", {"p": SUPPLIER})
    assert [one["number"] for one in listed["supplierCertificates"]["nodes"]] == ["C-1"]
    gone = await owner.command(WITHDRAW, {"certificateId": kept["certificate"]["id"], "reason": "typed wrongly"})
    assert gone["certificate"]["withdrawnAt"] is not None
    [error] = (await owner.command(WITHDRAW, {"certificateId": kept["certificate"]["id"], "reason": "again"}))["userErrors"]
    assert error["code"] == "CERTIFICATE_NOT_FOUND"
    [error] = (await owner.command(RECORD, {**given, "validFrom": "2021-01-01"}))["userErrors"]
    assert error["field"] == "validTo"


async def test_repetition_gets_its_reply(services: Services, firm: Firm, owner: Caller) -> None:
    key = str(uuid4())
    given = {"document": document(too_warm())}
    assert await owner.command(CREATE, given, key) == await owner.command(CREATE, given, key)
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from alert_rule where tenant_id = $1") == 1


async def test_a_worker_may_not_write_rules(services: Services, firm: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    worker = await caller_of(firm, Role.WORKER)
    refusal = await worker.refusal(CREATE, {"input": {"document": document(too_warm())}}, Idempotency_Key=str(uuid4()))
    assert refusal["code"] == "PERMISSION_DENIED"
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from alert_rule where tenant_id = $1") == 0


async def test_heavy_metal_locks_every_finished_lot_and_asks_to_test_again(
    services: Services, firm: Firm, owner: Caller, do_outbox: Drain, caller_of: Callable[..., Awaitable[Caller]]
) -> None:
    flour, dough, first, second, other = lot(FLOUR, "F-1"), lot(DOUGH, "DO-1"), lot(DUMPLING, "D-1"), lot(DUMPLING, "D-2"), lot(DUMPLING, "D-9")
    await catalogue(owner)
    told_of = [made([], [quantity(flour, 100), quantity(lot(FLOUR, "F-2"), 100)]), transformed([flour], [dough], minutes=5)]
    told_of += [transformed([dough], [first, second], minutes=10), transformed([lot(FLOUR, "F-2")], [other], minutes=11)]
    await capture(services, firm.tenant_id, *told_of)
    # The specification only notes what is found; the company's own rule is stricter, and acts.
    await released(owner, "FLOUR-IN", [DAMP, LEAD])
    condition = {"kind": "inspection_result", "characteristic": "LEAD", "uom": "NA", "upper": 0.1}
    acts = ({"do": "alert", "severity": "critical"}, {"do": "hold", "reason": "Lead in flour"}, {"do": "reinspect", "note": "lead, twice"})
    written = await owner.command(CREATE, {"document": document(condition, *acts, name="Lead", scope={"products": [FLOUR]})})
    await owner.command(SWITCH, {"ruleId": written["rule"]["id"], "on": True})
    inspector = await caller_of(firm, Role.QC_INSPECTOR)
    opened = (await inspector.command(OPEN, {"kind": "INCOMING", "key": "F-1"}))["inspection"]
    results = [{"characteristic": "DAMP", "value": "13.1"}, {"characteristic": "LEAD", "value": "0.15"}]
    assert (await inspector.command(INSPECTED, {"inspectionId": opened["id"], "results": results}))["userErrors"] == []
    assert (await inspector.command(CONCLUDE, {"inspectionId": opened["id"]}))["userErrors"] == []
    await do_outbox()
    for key, held in ((flour, True), (dough, True), (first, True), (second, True), (other, False)):
        causes = (await owner.ask("query($k: String!) { traceableObject(key: $k) { holdCauses { reason } } }", {"k": key}))["traceableObject"]
        assert [cause["reason"] for cause in causes["holdCauses"]] == (["Lead in flour"] if held else []), key
    ship = {"fromPlace": PLANT, "toParty": CUSTOMER, "lines": [{"key": second, "quantity": 1, "uom": "KGM"}]}
    assert [error["code"] for error in (await owner.command(SHIP, ship))["userErrors"]] == ["GOODS_HELD"]
    kinds = {one["kind"] for one in (await owner.ask("{ alerts(first: 10) { nodes { kind } } }"))["alerts"]["nodes"]}
    assert {"rule_inspection_result", "reinspection_wanted"} <= kinds
    [rule] = (await owner.ask(LISTED))["alertRules"]["nodes"]
    [found] = rule["firings"]["nodes"]
    assert [one["do"] for one in found["outcomes"]] == ["hold", "reinspect"]
    # On history the rule would have found the same.
    asked = {"document": document(condition, scope={"products": [FLOUR]}), "since": ago(days=1), "until": ago(seconds=-5), "first": 5}
    assert (await owner.ask(TRY, asked))["tryRule"]["count"] == 1
