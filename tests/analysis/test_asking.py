"""Asked through GraphQL: goods by name, of a hold, of a nonconformance, or whose inspections failed; and how anomalies are distributed."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from backend.analysis import anomalies, populations, walking
from backend.analysis import service as explaining
from backend.analysis.factors import FactorKind
from backend.graphql.ids import global_id
from backend.holds import service as holds
from backend.nonconformance import service as nonconformances
from backend.nonconformance.rules import NcSourceKind
from backend.services import Services
from infra import clock
from infra.database import Gate, TenantTransaction
from infra.errors import PermissionDeniedError
from tenants.permissions import Permission, Role
from tests.factories import CUSTOMER, DUMPLING, FLOUR, MEAT, capture, lot, made, quantity, transformed, unit
from tests.firms import Firm
from tests.graphql.conftest import Caller, anonymous, caller_of, owner

__all__ = ["anonymous", "caller_of", "owner"]

EXPLAIN: Final = """query($bad: BadGoodsInput!, $most: Int! = 10) { explain(bad: $bad, candidates: $most) {
  bad badTotal good goodTotal tested eventsLeftOut
  candidates { rank bad good badOthers goodOthers lift pValue qValue alike confounding factorCount
    factors { kind value step low high unit } } } }"""
ANOMALIES: Final = """query($from: DateTime!, $to: DateTime!, $by: AnalysisFactorKind!, $product: String) {
  anomalies(from: $from, to: $to, by: $by, product: $product) { total placed more kinds { kind count }
    shares { count share factor { kind value step low high } kinds { kind count } } } }"""
YEAR: Final = {"from": "2026-01-01T00:00:00Z", "to": "2026-12-31T00:00:00Z"}
SPECIFICATION: Final = (
    "mutation($input: PutSpecificationInput!) { putSpecification(input: $input) { version { version specification { id } } userErrors { message } } }"
)
RELEASE: Final = "mutation($input: ReleaseSpecificationInput!) { releaseSpecification(input: $input) { userErrors { message } } }"
OPEN: Final = "mutation($input: OpenInspectionInput!) { openInspection(input: $input) { inspection { id } userErrors { message } } }"
RECORD: Final = "mutation($input: RecordResultsInput!) { recordResults(input: $input) { userErrors { message } } }"
CONCLUDE: Final = (
    "mutation($input: ConcludeInspectionInput!) { concludeInspection(input: $input) { inspection { conclusion } userErrors { message } } }"
)
NUMBERS: Final = range(16)


def dumplings(number: int) -> str:
    return lot(DUMPLING, f"D-{number:02}")


# Made of the second lot of flour, in the first oven, too hot.
BAD: Final = [number for number in NUMBERS if number % 4 == 1]


def story() -> list[dict[str, Any]]:
    """Sixteen lots of dumplings of two lots of flour from two suppliers, of one of meat, made on two machines at several temperatures."""
    events = [
        made(amounts=[quantity(lot(FLOUR, f"F-{which}"), 500)], minutes=which, action="OBSERVE", bizStep="receiving",
             sourceList=[{"type": "possessing_party", "source": party}])
        for which, party in ((1, CUSTOMER), (2, "https://id.gs1.org/417/9506000134048"))
    ]  # fmt: skip
    events.append(made(amounts=[quantity(lot(MEAT, "M-1"), 500)], minutes=3))
    for number in NUMBERS:
        flour = lot(FLOUR, "F-2" if number % 4 == 1 else "F-1")
        readings = [{"sensorReport": [{"type": "Temperature", "value": 180 + (40 if number % 4 == 1 else number / 2), "uom": "CEL"}]}]
        fields: dict[str, Any] = {"ex:equipment": f"Oven {number % 2}", "ex:operator": f"OP-{number % 3}", "sensorElementList": readings}
        event = transformed([flour, lot(MEAT, "M-1")], [dumplings(number)], minutes=60 * number + 10, **fields)
        events.append({"@context": [{"ex": "https://firm.example/ns#"}], **event})
    return events


@pytest.fixture
async def told(firm: Firm, services: Services) -> Firm:
    """The firm with its story told."""
    await capture(services, firm.tenant_id, *story())
    return firm


def values(candidate: dict[str, Any]) -> set[tuple[str, str]]:
    return {(factor["kind"], factor["value"]) for factor in candidate["factors"]}


async def test_the_flour_its_supplier_and_the_heat_explain_the_same_goods(told: Firm, owner: Caller) -> None:
    bad = {"keys": [dumplings(number) for number in BAD]}
    found = (await owner.ask(EXPLAIN, {"bad": bad}, Accept_Language="en"))["explain"]
    assert (found["bad"], found["badTotal"], found["good"], found["goodTotal"], found["eventsLeftOut"]) == (4, 4, 12, 12, 0)
    first = found["candidates"][0]
    assert (first["rank"], first["bad"], first["good"], first["badOthers"], first["goodOthers"], first["lift"]) == (1, 4, 0, 0, 12, 4.0)
    assert first["pValue"] == pytest.approx(1 / 1820)
    assert first["pValue"] < first["qValue"] <= first["pValue"] * found["tested"]
    assert values(first) >= {("OBJECT", f"01/{FLOUR}/10/F-2"), ("SUPPLIER", "https://id.gs1.org/417/9506000134048"), ("PARAMETER", "Temperature")}
    heat = next(factor for factor in first["factors"] if factor["kind"] == "PARAMETER")
    assert (heat["step"], heat["unit"], heat["high"]) == ("creating_class_instance", "CEL", None)
    assert 187 < heat["low"] < 220
    assert first["factorCount"] == len(first["factors"])
    assert first["confounding"] == f"{first['factorCount']} factors cover the same 4 goods: the data can't tell them apart."
    oven = next(each for each in found["candidates"] if ("EQUIPMENT", "Oven 1") in values(each))
    assert (oven["bad"], oven["good"], oven["alike"][0]) == (4, 4, 1)
    assert ("EQUIPMENT", "Oven 0") not in {each for candidate in found["candidates"] for each in values(candidate)}
    chinese = (await owner.ask(EXPLAIN, {"bad": bad}, Accept_Language="zh"))["explain"]
    assert chinese["candidates"][0]["confounding"].endswith("数据无法区分。")


async def test_the_goods_of_a_hold_and_of_a_nonconformance_are_asked_about_by_its_id(told: Firm, owner: Caller, services: Services) -> None:
    keys = [dumplings(number) for number in BAD]

    async def place(tx: TenantTransaction) -> str:
        origin = holds.HoldOrigin(holds.HoldCauseKind.MANUAL, "test:1")
        hold = await holds.place(tx, told.principal, scope=holds.Scope.of_objects(*keys), origin=origin, reason="burnt")
        return str(global_id("Hold", hold.hold_id))

    async def complain(tx: TenantTransaction) -> str:
        source = nonconformances.NcSource(NcSourceKind.COMPLAINT, "letter:1")
        found = await nonconformances.open_for(
            tx, told.principal, source=source, title="burnt", description="", object_keys=keys, quantity=None, uom=None
        )
        return str(global_id("Nonconformance", found))

    for bad in (
        {"holdId": await services.in_tenant(told.tenant_id, place, gate=Gate.EXCLUSIVE)},
        {"nonconformanceId": await services.in_tenant(told.tenant_id, complain)},
    ):
        found = (await owner.ask(EXPLAIN, {"bad": bad}))["explain"]
        assert (found["bad"], found["good"]) == (4, 12)
        assert ("OBJECT", f"01/{FLOUR}/10/F-2") in values(found["candidates"][0])
    by_product = (await owner.ask(ANOMALIES, {**YEAR, "by": "PRODUCT"}))["anomalies"]
    # One hold, told by the first of its goods, and a complaint about four.
    assert (by_product["total"], by_product["placed"], by_product["more"]) == (5, 5, False)
    assert by_product["kinds"] == [{"kind": "COMPLAINT", "count": 4}, {"kind": "HOLD", "count": 1}]
    assert [(each["factor"]["value"], each["count"], each["share"]) for each in by_product["shares"]] == [(DUMPLING, 5, 1.0)]
    by_oven = (await owner.ask(ANOMALIES, {**YEAR, "by": "EQUIPMENT", "product": "9506000134338"}))["anomalies"]
    assert [(each["factor"]["value"], each["factor"]["step"], each["count"]) for each in by_oven["shares"]] == [
        ("Oven 1", "creating_class_instance", 5)
    ]
    by_supplier = (await owner.ask(ANOMALIES, {**YEAR, "by": "SUPPLIER"}))["anomalies"]
    assert [(each["factor"]["value"], each["count"]) for each in by_supplier["shares"]] == [("https://id.gs1.org/417/9506000134048", 5)]
    assert (await owner.ask(ANOMALIES, {**YEAR, "by": "SUPPLIER", "product": FLOUR}))["anomalies"]["total"] == 0


async def test_holds_are_told_of_to_those_who_may_see_holds(told: Firm, services: Services) -> None:
    async def place(tx: TenantTransaction) -> UUID:
        return (await holds.place_hold(tx, told.principal, key=dumplings(1), reason="burnt")).hold_id

    hold_id = await services.in_tenant(told.tenant_id, place, gate=Gate.EXCLUSIVE)
    blind = replace(told.principal, permissions=told.principal.permissions - {Permission.HOLDS_READ})
    moment = clock.now()
    for principal, total in ((told.principal, 1), (blind, 0)):
        async with services.database.tenant(told.tenant_id) as tx:
            found = await anomalies.distribution(
                tx, principal, since=moment - timedelta(hours=1), until=moment + timedelta(hours=1), by=FactorKind.PRODUCT, gtin=None, sites=None,
                most=9,
            )  # fmt: skip
            assert found.totals.get(anomalies.AnomalyKind.HOLD, 0) == total
            earlier = await anomalies.distribution(
                tx, principal, since=moment - timedelta(hours=2), until=moment - timedelta(hours=1), by=FactorKind.PRODUCT, gtin=None, sites=None,
                most=9,
            )  # fmt: skip
            assert earlier.total == 0
    async with services.database.tenant(told.tenant_id) as tx:
        with pytest.raises(PermissionDeniedError):
            await explaining.explain(tx, blind, populations.Asked(hold_id=hold_id), most=3, sites=None)


async def test_goods_whose_inspections_failed_are_held_against_those_that_passed(told: Firm, owner: Caller) -> None:
    look = {"code": "LOOK", "name": "外观", "kind": "PASS_FAIL"}
    scope = {"product": DUMPLING}
    given = {"code": "S", "names": {"zh": "饺子"}, "characteristics": [look], "scope": scope, "onFailure": ["ALERT"]}
    drafted = (await owner.command(SPECIFICATION, given))["version"]
    released = await owner.command(RELEASE, {"specificationId": drafted["specification"]["id"], "version": drafted["version"]})
    assert released["userErrors"] == []
    for number in NUMBERS[:12]:
        opened = await owner.command(OPEN, {"kind": "FINAL", "key": dumplings(number)})
        assert opened["userErrors"] == []
        inspection = {"inspectionId": opened["inspection"]["id"]}
        result = {"characteristic": "LOOK", "value": "fail" if number in BAD else "pass"}
        assert (await owner.command(RECORD, {**inspection, "results": [result]}))["userErrors"] == []
        done = await owner.command(CONCLUDE, inspection)
        assert done["inspection"]["conclusion"] == ("REJECTED" if number in BAD else "ACCEPTED"), done
    found = (await owner.ask(EXPLAIN, {"bad": {"failedInspections": True, **YEAR}}))["explain"]
    assert (found["bad"], found["good"]) == (3, 9)
    assert ("OBJECT", f"01/{FLOUR}/10/F-2") in values(found["candidates"][0])
    shares = (await owner.ask(ANOMALIES, {**YEAR, "by": "OBJECT"}))["anomalies"]["shares"]
    flour = next(each for each in shares if each["factor"]["value"] == f"01/{FLOUR}/10/F-2")
    assert {"kind": "FAILED_INSPECTION", "count": 3} in flour["kinds"]
    nothing = await owner.refusal(EXPLAIN, {"bad": {"failedInspections": True, "from": "2025-01-01T00:00:00Z", "to": "2025-02-01T00:00:00Z"}})
    assert nothing["code"] == "NOTHING_TO_EXPLAIN"


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ({}, "INVALID_INPUT"),
        ({"keys": ["D-01"], "failedInspections": True}, "INVALID_INPUT"),
        ({"keys": ["x"] * 301}, "INVALID_INPUT"),
        ({"failedInspections": True}, "INVALID_INPUT"),
        ({"keys": ["D-01"], "from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "INVALID_INPUT"),
        ({"keys": ["nowhere"]}, "OBJECT_NOT_FOUND"),
        ({"holdId": "x"}, "HOLD_NOT_FOUND"),
        ({"nonconformanceId": str(global_id("Nonconformance", "0190a0a0-0000-7000-8000-000000000000"))}, "NONCONFORMANCE_NOT_FOUND"),
        ({"keys": ["D-01"], "product": MEAT}, "NOTHING_TO_EXPLAIN"),
        ({"keys": [lot(MEAT, "M-1")]}, "NOTHING_TO_EXPLAIN"),
    ],
)
async def test_what_cannot_be_explained_is_said(told: Firm, owner: Caller, bad: dict[str, Any], code: str) -> None:
    assert (await owner.refusal(EXPLAIN, {"bad": bad}))["code"] == code


async def test_bounds_are_kept_and_said(told: Firm, owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = {"keys": [dumplings(number) for number in BAD]}
    monkeypatch.setattr(populations, "MOST_GOOD", 5)
    monkeypatch.setattr(walking, "MOST_EVENTS", 10)
    found = (await owner.ask(EXPLAIN, {"bad": bad, "most": 2}))["explain"]
    assert (found["good"], found["goodTotal"], len(found["candidates"])) == (5, 12, 2)
    assert found["eventsLeftOut"] > 0
    monkeypatch.setattr(walking, "MOST_LINKS", 10)
    assert (await owner.refusal(EXPLAIN, {"bad": bad}))["code"] == "ANALYSIS_TOO_LARGE"
    assert (await owner.refusal(EXPLAIN, {"bad": bad, "most": 51}))["code"] == "INVALID_INPUT"
    long = {"from": "2020-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z", "by": "STEP"}
    assert (await owner.refusal(ANOMALIES, long))["code"] == "INVALID_INPUT"


async def test_units_are_explained_by_the_lot_that_they_share(firm: Firm, services: Services, owner: Caller) -> None:
    units = [[f"https://id.gs1.org/01/{DUMPLING}/10/L-{which}/21/S-{which}-{number}" for number in range(6)] for which in range(3)]
    events = [transformed([lot(FLOUR, f"F-{which}")], [lot(DUMPLING, f"L-{which}")], minutes=which) for which in range(3)]
    events += [made(of, minutes=10 + which) for which, of in enumerate(units)]
    await capture(services, firm.tenant_id, *events)
    bad = {"keys": [unit(DUMPLING, f"S-1-{number}") for number in range(5)]}
    found = (await owner.ask(EXPLAIN, {"bad": bad}))["explain"]
    assert (found["bad"], found["good"]) == (5, 13)
    first = found["candidates"][0]
    assert values(first) >= {("OBJECT", f"01/{DUMPLING}/10/L-1"), ("OBJECT", f"01/{FLOUR}/10/F-1")}
    assert (first["bad"], first["good"]) == (5, 1)


async def test_both_permissions_are_needed_and_other_firms_are_walls(
    told: Firm, other_firm: Firm, anonymous: Caller, caller_of: Callable[..., Awaitable[Caller]]
) -> None:
    bad = {"keys": [dumplings(1)]}
    partner = await caller_of(told, Role.PARTNER)
    assert (await partner.refusal(EXPLAIN, {"bad": bad}))["code"] == "PERMISSION_DENIED"
    assert (await anonymous.refusal(EXPLAIN, {"bad": bad}))["code"] == "NOT_AUTHENTICATED"
    stranger = await caller_of(other_firm, Role.OWNER)
    assert (await stranger.refusal(EXPLAIN, {"bad": bad}))["code"] == "OBJECT_NOT_FOUND"
    assert (await stranger.ask(ANOMALIES, {**YEAR, "by": "STEP"}))["anomalies"]["total"] == 0
