"""A tenant's sampling plans over GraphQL, and how severity follows the lots."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.graphql.ids import parse_global_id
from backend.sampling import service as sampling
from backend.sampling.attributes import Severity
from backend.sampling.errors import SamplingDiscontinuedError, SamplingPlanArchivedError
from backend.sampling.plans import DefectClass
from backend.sampling.switching import Rule
from backend.services import Services
from tenants.permissions import Role
from tests.factories import FLOUR
from tests.firms import Firm
from tests.graphql.conftest import Caller, anonymous, caller_of, owner

__all__ = ["anonymous", "caller_of", "owner"]
CALCULATE = """query($lot: Int!, $level: String!, $aql: Decimal!, $severity: InspectionSeverity!, $scheme: SamplingScheme!) {
  samplingPlan(lotSize: $lot, level: $level, aql: $aql, severity: $severity, scheme: $scheme) {
    codeLetter sampleSize accept reject k full } }"""
PUT = """mutation($input: PutSamplingPlanInput!) { putSamplingPlan(input: $input) { userErrors { field code message }
  plan { id name version definition { scheme level start reducedAllowed aqls { defectClass aql } } versions { version name } } } }"""
ARCHIVE = "mutation($input: ArchiveSamplingPlanInput!) { archiveSamplingPlan(input: $input) { userErrors { code } plan { archivedAt } } }"
SWITCH = """mutation($input: SwitchSamplingSeverityInput!) { switchSamplingSeverity(input: $input) {
  userErrors { field code message } state { severity switchingScore } } }"""
STATES = """query($plan: ID) { samplingStates(first: 20, planId: $plan) { nodes { id product supplier defectClass severity switchingScore recent
  skipping frequency plan { name } history(first: 20) { nodes { rule fromSeverity toSeverity inspections reason } } } } }"""
SAMPLE = """query($id: ID!, $lot: Int!) { node(id: $id) { ... on SamplingPlan {
  sample(product: "flour", supplier: "mill", lotSize: $lot) { sampleSize inspected classes { defectClass severity sampleSize accept } } } } }"""
PLAN: dict[str, Any] = {"name": "Incoming flour", "scheme": "ATTRIBUTES", "aqls": [{"defectClass": "MAJOR", "aql": "1.0"}]}


async def put(caller: Caller, **given: Any) -> dict[str, Any]:
    payload = await caller.command(PUT, PLAN | given)
    assert payload["userErrors"] == []
    plan: dict[str, Any] = payload["plan"]
    return plan


def uuid_in(identifier: str) -> UUID:
    return UUID((parse_global_id(identifier) or ("", ""))[1])


async def lots(services: Services, firm: Firm, plan: dict[str, Any], told: str, **given: Any) -> list[Rule]:
    """Lots of flour from the mill, "1" accepted and "0" not."""
    rules: list[Rule] = []
    for one in told:
        async with services.database.tenant(firm.tenant_id) as tx:
            counted = {"plan_id": uuid_in(plan["id"]), "product": "flour", "supplier": "mill", "accepted": one == "1", "inspection_id": uuid4()}
            rules += await sampling.lot_concluded(tx, **{**counted, **given})
    return rules


async def state(caller: Caller, plan: dict[str, Any]) -> dict[str, Any]:
    [found] = (await caller.ask(STATES, {"plan": plan["id"]}))["samplingStates"]["nodes"]
    return dict(found)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"codeLetter": "J", "sampleSize": 80, "accept": 2, "reject": 3, "k": None, "full": False}),
        ({"severity": "TIGHTENED"}, {"codeLetter": "J", "sampleSize": 80, "accept": 1, "reject": 2, "k": None, "full": False}),
        ({"severity": "REDUCED"}, {"codeLetter": "J", "sampleSize": 32, "accept": 1, "reject": 2, "k": None, "full": False}),
        ({"scheme": "ZERO_ACCEPTANCE"}, {"codeLetter": "", "sampleSize": 34, "accept": 0, "reject": 1, "k": None, "full": False}),
        ({"scheme": "FULL"}, {"codeLetter": "", "sampleSize": 1000, "accept": 0, "reject": 1, "k": None, "full": True}),
        ({"lot": 1}, {"codeLetter": "", "sampleSize": 1, "accept": 0, "reject": 1, "k": None, "full": True}),
    ],
)
async def test_the_calculator_looks_plans_up(owner: Caller, given: dict[str, Any], expected: dict[str, Any]) -> None:
    asked = {"lot": 1000, "level": "II", "aql": "1.0", "severity": "NORMAL", "scheme": "ATTRIBUTES", **given}
    assert (await owner.ask(CALCULATE, asked))["samplingPlan"] == expected


@pytest.mark.parametrize(
    ("given", "code"),
    [({"lot": 0}, "INVALID_INPUT"), ({"level": "IV"}, "INSPECTION_LEVEL_UNKNOWN"), ({"aql": "2"}, "AQL_UNKNOWN"),
     ({"severity": "DISCONTINUED"}, "SAMPLING_DISCONTINUED"), ({"severity": "REDUCED", "aql": "25"}, "SAMPLING_PLAN_MISSING"),
     ({"scheme": "VARIABLES", "aql": "15"}, "AQL_UNKNOWN"), ({"lot": 2_000_000_000}, "LOT_SIZE_WRONG")],
)  # fmt: skip
async def test_the_calculator_refuses_what_no_table_has(owner: Caller, given: dict[str, Any], code: str) -> None:
    asked = {"lot": 1000, "level": "II", "aql": "1.0", "severity": "NORMAL", "scheme": "ATTRIBUTES", **given}
    assert (await owner.refusal(CALCULATE, asked))["code"] == code


async def test_a_plan_has_versions_and_a_repetition_makes_none(owner: Caller) -> None:
    plan = await put(owner)
    assert (plan["version"], plan["definition"]["start"]) == (1, "NORMAL")
    stricter = {"planId": plan["id"], "aqls": [{"defectClass": "CRITICAL", "aql": "0.10"}, {"defectClass": "MAJOR", "aql": "1.0"}]}
    changed = await put(owner, **stricter)
    assert (changed["id"], changed["version"]) == (plan["id"], 2)
    assert changed["definition"]["aqls"] == [{"defectClass": "CRITICAL", "aql": "0.1"}, {"defectClass": "MAJOR", "aql": "1"}]
    again = await put(owner, **stricter | {"aqls": changed["definition"]["aqls"]})
    assert [one["version"] for one in again["versions"]] == [2, 1]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": " "}, "INVALID_INPUT"), ({"aqls": []}, "INVALID_INPUT"), ({"level": "V"}, "INSPECTION_LEVEL_UNKNOWN"),
        ({"aqls": [{"defectClass": "MAJOR", "aql": "3"}]}, "AQL_UNKNOWN"),
        ({"aqls": [{"defectClass": "MAJOR", "aql": "1.0"}, {"defectClass": "MAJOR", "aql": "2.5"}]}, "INVALID_INPUT"),
        ({"aqls": [{"defectClass": "CRITICAL", "aql": "2.5"}, {"defectClass": "MINOR", "aql": "1.0"}]}, "INVALID_INPUT"),
        ({"start": "REDUCED"}, "INVALID_INPUT"), ({"agreedSize": 13}, "INVALID_INPUT"), ({"agreedSize": 13, "agreedK": "1.4"}, "INVALID_INPUT"),
        ({"reducedAllowed": True, "aqls": [{"defectClass": "MAJOR", "aql": "25"}]}, "INVALID_INPUT"),
        ({"reducedAllowed": True, "scheme": "VARIABLES"}, "INVALID_INPUT"), ({"planId": "nothing"}, "SAMPLING_PLAN_NOT_FOUND"),
    ],
)  # fmt: skip
async def test_a_plan_that_can_not_be_is_refused(owner: Caller, given: dict[str, Any], code: str) -> None:
    payload = await owner.command(PUT, PLAN | given)
    assert [error["code"] for error in payload["userErrors"]] == [code]
    assert payload["plan"] is None
    assert (await owner.ask("{ samplingPlans(first: 5) { nodes { id } } }"))["samplingPlans"]["nodes"] == []


async def test_two_refused_lots_tighten_and_the_history_names_them(services: Services, firm: Firm, owner: Caller) -> None:
    plan = await put(owner)
    assert (await owner.ask(SAMPLE, {"id": plan["id"], "lot": 1000}))["node"]["sample"]["classes"][0]["accept"] == 2
    assert await lots(services, firm, plan, "1011") == []
    assert await lots(services, firm, plan, "0") == [Rule.TWO_OF_FIVE]
    found = await state(owner, plan)
    assert (found["product"], found["supplier"], found["severity"], found["recent"], found["plan"]["name"]) == (
        "flour", "mill", "TIGHTENED", "", "Incoming flour",
    )  # fmt: skip
    [switch] = found["history"]["nodes"]
    assert (switch["rule"], switch["fromSeverity"], switch["toSeverity"], len(switch["inspections"])) == ("TWO_OF_FIVE", "NORMAL", "TIGHTENED", 4)
    sample = (await owner.ask(SAMPLE, {"id": plan["id"], "lot": 1000}))["node"]["sample"]
    assert sample == {"sampleSize": 80, "inspected": True,
                      "classes": [{"defectClass": "MAJOR", "severity": "TIGHTENED", "sampleSize": 80, "accept": 1}]}  # fmt: skip
    assert await lots(services, firm, plan, "11111") == [Rule.FIVE_ACCEPTED]


async def test_an_inspection_counts_once(services: Services, firm: Firm, owner: Caller) -> None:
    plan, inspection = await put(owner), uuid4()
    assert await lots(services, firm, plan, "000", inspection_id=inspection) == []
    found = await state(owner, plan)
    assert (found["severity"], found["recent"]) == ("NORMAL", "0")


async def test_classes_switch_by_themselves(services: Services, firm: Firm, owner: Caller) -> None:
    plan = await put(owner, aqls=[{"defectClass": "MAJOR", "aql": "1.0"}, {"defectClass": "MINOR", "aql": "4.0"}])
    by_class = {DefectClass.MAJOR: True, DefectClass.MINOR: False}
    await lots(services, firm, plan, "00", by_class=by_class)
    nodes = (await owner.ask(STATES, {"plan": plan["id"]}))["samplingStates"]["nodes"]
    assert {node["defectClass"]: node["severity"] for node in nodes} == {"MAJOR": "NORMAL", "MINOR": "TIGHTENED"}


async def test_discontinued_inspection_asks_for_nothing_until_somebody_resumes_it(services: Services, firm: Firm, owner: Caller) -> None:
    plan = await put(owner)
    await lots(services, firm, plan, "00" + "01010101" + "0")
    found = await state(owner, plan)
    assert found["severity"] == "DISCONTINUED"
    assert [len(one["inspections"]) for one in found["history"]["nodes"]] == [5, 2]
    async with services.database.tenant(firm.tenant_id) as tx:
        with pytest.raises(SamplingDiscontinuedError):
            await sampling.plan_for_inspection(tx, plan_id=uuid_in(plan["id"]), product="flour", supplier="mill", lot_size=100)
        other = await sampling.plan_for_inspection(tx, plan_id=uuid_in(plan["id"]), product="flour", supplier="another", lot_size=100)
    assert other.classes[0].severity is Severity.NORMAL
    wrong = await owner.command(SWITCH, {"stateId": found["id"], "severity": "NORMAL", "reason": "x"})
    assert [error["code"] for error in wrong["userErrors"]] == ["SEVERITY_SWITCH_REFUSED"]
    resumed = await owner.command(SWITCH, {"stateId": found["id"], "severity": "TIGHTENED", "reason": "new sieve at the mill"})
    assert (resumed["userErrors"], resumed["state"]["severity"]) == ([], "TIGHTENED")
    last = (await state(owner, plan))["history"]["nodes"][0]
    assert (last["rule"], last["inspections"], last["reason"]) == ("BY_DECISION", [], "new sieve at the mill")


async def test_reduced_inspection_is_earned_by_the_score(services: Services, firm: Firm, owner: Caller) -> None:
    plan = await put(owner, reducedAllowed=True)
    # Ac is 2 with this lot: three points where none was nonconforming, none where one AQL tighter would not have accepted.
    counted = {"lot_size": 1000, "nonconforming": {DefectClass.MAJOR: 0}}
    assert await lots(services, firm, plan, "1" * 9, **counted) == []
    assert (await state(owner, plan))["switchingScore"] == 27
    assert await lots(services, firm, plan, "1", lot_size=1000, nonconforming={DefectClass.MAJOR: 2}) == []
    assert (await state(owner, plan))["switchingScore"] == 0
    early = await owner.command(SWITCH, {"stateId": (await state(owner, plan))["id"], "severity": "REDUCED", "reason": "please"})
    assert [error["code"] for error in early["userErrors"]] == ["SEVERITY_SWITCH_REFUSED"]
    assert await lots(services, firm, plan, "1" * 10, **counted) == [Rule.SCORE]
    sample = (await owner.ask(SAMPLE, {"id": plan["id"], "lot": 1000}))["node"]["sample"]
    assert (sample["sampleSize"], sample["classes"][0]["severity"]) == (32, "REDUCED")
    assert await lots(services, firm, plan, "0") == [Rule.NOT_ACCEPTED_WHEN_REDUCED]


async def test_lots_are_skipped_where_the_plan_says_so(services: Services, firm: Firm, owner: Caller) -> None:
    plan = await put(owner, skipAllowed=True)
    assert await lots(services, firm, plan, "1" * 10) == [Rule.SKIP_QUALIFIED]
    found = await state(owner, plan)
    assert (found["skipping"], found["frequency"]) == ("SKIPPING", 2)
    asked: dict[str, Any] = {"plan_id": uuid_in(plan["id"]), "product": "flour", "supplier": "mill", "lot_size": 500}
    async with services.database.tenant(firm.tenant_id) as tx:
        drawn = [(await sampling.plan_for_inspection(tx, **asked, reference=f"lot {number}")).inspected for number in range(60)]
        again = [(await sampling.plan_for_inspection(tx, **asked, reference=f"lot {number}")).inspected for number in range(60)]
        assert (await sampling.plan_for_inspection(tx, **asked)).inspected
    assert drawn == again
    assert 10 < sum(drawn) < 50


async def test_an_archived_plan_inspects_no_lots(services: Services, firm: Firm, owner: Caller) -> None:
    plan = await put(owner)
    assert (await owner.command(ARCHIVE, {"planId": plan["id"]}))["plan"]["archivedAt"]
    twice = await owner.command(ARCHIVE, {"planId": plan["id"]})
    assert [error["code"] for error in twice["userErrors"]] == ["SAMPLING_PLAN_ARCHIVED"]
    async with services.database.tenant(firm.tenant_id) as tx:
        with pytest.raises(SamplingPlanArchivedError):
            await sampling.plan_for_inspection(tx, plan_id=uuid_in(plan["id"]), product=FLOUR, supplier="", lot_size=100)


async def test_by_variables_with_an_agreed_plan(services: Services, firm: Firm, owner: Caller) -> None:
    plan = await put(owner, scheme="VARIABLES", aqls=[{"defectClass": "MAJOR", "aql": "2.5"}], agreedSize=13, agreedK="1.426")
    async with services.database.tenant(firm.tenant_id) as tx:
        asked = await sampling.plan_for_inspection(tx, plan_id=uuid_in(plan["id"]), product="flour", supplier="", lot_size=100)
    [one] = asked.classes
    assert (one.sample_size, one.k, one.accept, asked.sample_size) == (13, Decimal("1.426"), None, 13)


async def test_who_may_not_write_specifications_makes_no_plan(firm: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    inspector = await caller_of(firm, Role.QC_INSPECTOR)
    refused = await inspector.refusal(PUT, {"input": PLAN}, Idempotency_Key=str(uuid4()))
    assert refused["code"] == "PERMISSION_DENIED"
    assert (await inspector.ask("{ samplingPlans(first: 5) { nodes { id } } }"))["samplingPlans"]["nodes"] == []


async def test_another_firm_sees_and_moves_nothing(owner: Caller, other_firm: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    plan, stranger = await put(owner), await caller_of(other_firm)
    assert (await stranger.ask("query($id: ID!) { node(id: $id) { id } }", {"id": plan["id"]}))["node"] is None
    payload = await stranger.command(PUT, PLAN | {"planId": plan["id"]})
    assert [error["code"] for error in payload["userErrors"]] == ["SAMPLING_PLAN_NOT_FOUND"]


async def test_several_lots_are_locked_in_one_order_whatever_theirs(services: Services, firm: Firm, owner: Caller) -> None:
    plan = uuid_in((await put(owner))["id"])
    named = [(plan, product, "mill") for product in ("a", "b", "c")]

    async def locked(lots: list[tuple[UUID, str, str]]) -> None:
        async with services.database.tenant(firm.tenant_id) as tx:
            # A little time after each lock, in which the other could take what comes next here.
            for count in range(1, len(lots) + 1):
                await sampling.lock_lots(tx, lots if count == 1 else lots[:count])
                await asyncio.sleep(0.05)

    for _ in range(3):
        await asyncio.gather(locked(named), locked(named[::-1]))
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from sampling_state where tenant_id = $1") == len(named)
