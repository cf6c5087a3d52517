"""Recalls' scopes as a page asks for them: before there is a case, of a case, within several bounds, as frozen, and what came since."""

from collections.abc import Awaitable, Callable

import pytest

from backend.graphql.ids import global_id
from backend.services import Services
from infra.ids import uuid7
from tenants.permissions import Role
from tests.factories import CUSTOMER, DUMPLING, PLANT, START, capture, lot, transformed
from tests.firms import Firm
from tests.graphql.conftest import Caller, catalogue
from tests.recall_scope.story import D1, F1, OTHER, P1, P2, U1, Source, freeze, put, tell

PREVIEW = """query($sources: [RecallSourceInput!]!, $bounds: RecallBoundsInput) {
  recallScopePreview(sources: $sources, bounds: $bounds) { truncated knownAt
    counts { affected certain possible leftOut units suspects coPacked shipments customers }
    sources { kind key reference place window { kind step } } bounds { place includePossible }
    suspects(first: 10) { nodes { object { code } ofSources raw steps certainty doubts suppliers wouldReach { affected customers } } }
    affected(first: 2) { pageInfo { hasNextPage endCursor } nodes { object { code productName } root steps certainty onHold units doubts
      amounts { quantity uom } whereabouts { state place quantity uom certainty location { name } partner { name } } } }
    coPacked(first: 10) { nodes { object { code } quantity uom containers } }
    totals(first: 50) { nodes { state gtin place party quantity uom certainty objects product { name } } }
    balances(first: 10) { nodes { gtin uom came stock used shipped difference } }
    shipments(first: 10) { nodes { shipment { toParty document } goods { object { code } quantity uom certainty } } }
    customers(first: 10) { nodes { party shipmentCount goodsCount goods { object { code } quantity uom shipmentCount } partner { name } } } } }"""
MORE = """query($sources: [RecallSourceInput!]!, $after: String) { recallScopePreview(sources: $sources) {
  affected(first: 10, after: $after) { nodes { object { code } } pageInfo { hasNextPage hasPreviousPage } } } }"""
OF_CASE = """query($id: ID!, $bounds: RecallBoundsInput) { recallScope(caseId: $id, bounds: $bounds) {
  counts { affected } affected(first: 10, state: ON_HOLD) { nodes { object { code } onHold } } } }"""
COMPARE = """query($bounds: [RecallBoundsInput!]!, $id: ID, $sources: [RecallSourceInput!]) {
  compareRecallBounds(bounds: $bounds, caseId: $id, sources: $sources) { bounds { place since includePossible }
    counts { affected certain possible customers } came { quantity uom } shipped { quantity uom } customers } }"""
VERSIONS = """query($id: ID!) { recallScopeVersions(caseId: $id, first: 10) { nodes { version digest intact counts { affected }
  items(first: 2, role: AFFECTED) { pageInfo { hasNextPage endCursor } nodes { position role certainty unitCount object { code }
    whereabouts { state quantity } units(first: 5) { nodes { object { code } certainty } } } }
  customers(first: 5) { nodes { party goods { object { code } quantity } } } } } }"""
ADDITIONS = """query($id: ID!) { recallAdditions(caseId: $id, first: 10) { nodes {
  kind object { code } certainty foundAt party partner { name } } } }"""
ON_F1 = [{"object": {"key": F1}}]


@pytest.fixture
async def told(services: Services, firm: Firm, owner: Caller) -> Firm:
    await catalogue(owner)
    await tell(services, firm)
    return firm


async def test_a_page_draws_a_scope_without_computing(told: Firm, owner: Caller) -> None:
    scope = (await owner.ask(PREVIEW, {"sources": ON_F1}))["recallScopePreview"]
    assert scope["truncated"] is False
    assert scope["counts"] == {
        "affected": 5, "certain": 5, "possible": 0, "leftOut": 0, "units": 0, "suspects": 0, "coPacked": 1, "shipments": 2, "customers": 2,
    }  # fmt: skip
    assert [one["object"]["code"] for one in scope["affected"]["nodes"]] == ["F1", "D1"]
    assert scope["affected"]["pageInfo"]["hasNextPage"] is True
    first = scope["affected"]["nodes"][0]
    assert first["amounts"] == [{"quantity": "100", "uom": "KGM"}]
    assert {(one["state"], one["quantity"]) for one in first["whereabouts"]} == {("IN_STOCK", "30"), ("CONSUMED", "70")}
    assert [one["object"]["code"] for one in scope["coPacked"]["nodes"]] == ["F2"]
    assert {(one["party"], one["goods"][0]["object"]["code"], one["goods"][0]["quantity"]) for one in scope["customers"]["nodes"]} == {
        (CUSTOMER, "P1", "20"), (OTHER, "P2", "25"),
    }  # fmt: skip
    assert [one["shipment"]["toParty"] for one in scope["shipments"]["nodes"]] == [CUSTOMER, OTHER]
    assert {(one["came"], one["difference"]) for one in scope["balances"]["nodes"]} >= {("100", "0")}
    rest = await owner.ask(MORE, {"sources": ON_F1, "after": scope["affected"]["pageInfo"]["endCursor"]})
    assert [one["object"]["code"] for one in rest["recallScopePreview"]["affected"]["nodes"]] == ["D2", "P1", "P2"]


async def test_an_investigator_sees_what_each_suspect_would_reach(told: Firm, owner: Caller) -> None:
    complaints = [{"complaint": {"key": P1, "words": "bitter"}}, {"complaint": {"key": P2}}]
    scope = (await owner.ask(PREVIEW, {"sources": complaints}))["recallScopePreview"]
    assert scope["sources"][0] == {
        "kind": "COMPLAINT",
        "key": P1.removeprefix("https://id.gs1.org/"),
        "reference": "bitter",
        "place": None,
        "window": None,
    }
    assert [(one["object"]["code"], one["ofSources"], one["wouldReach"]) for one in scope["suspects"]["nodes"]] == [
        ("F1", 2, {"affected": 5, "customers": 2}), ("M1", 1, {"affected": 2, "customers": 1}), ("D1", 1, {"affected": 2, "customers": 1}),
        ("D2", 1, {"affected": 2, "customers": 1}),
    ]  # fmt: skip


async def test_several_bounds_stand_side_by_side(told: Firm, services: Services, owner: Caller) -> None:
    case_id = global_id("RecallCase", await put(services, told, [Source.of_object(F1)]))
    bounds = [{}, {"includePossible": False}, {"place": PLANT, "until": START.isoformat()}]
    answers = [
        (await owner.ask(COMPARE, {"bounds": bounds, "id": case_id}))["compareRecallBounds"],
        (await owner.ask(COMPARE, {"bounds": bounds, "sources": ON_F1}))["compareRecallBounds"],
    ]
    assert answers[0] == answers[1]
    every, certain, early = answers[0]
    assert every["counts"] == {"affected": 5, "certain": 5, "possible": 0, "customers": 2}
    assert every["customers"] == [CUSTOMER, OTHER]
    assert every["shipped"] == [{"quantity": "45", "uom": "KGM"}]
    assert certain["counts"]["possible"] == 0
    assert early["bounds"]["place"] == PLANT
    errors = (await owner.post(COMPARE, {"bounds": [{}] * 7, "sources": ON_F1})).json()["errors"]
    assert "1 to 6" in errors[0]["message"]


async def test_of_a_case_as_it_is_now_as_it_was_frozen_and_what_came_since(
    told: Firm, services: Services, owner: Caller, do_outbox: Callable[[], Awaitable[int]]
) -> None:
    await capture(services, told.tenant_id, transformed([D1], [U1], 24))
    case = await put(services, told, [Source.of_object(F1)])
    case_id = global_id("RecallCase", case)
    assert (await owner.ask(VERSIONS, {"id": case_id}))["recallScopeVersions"]["nodes"] == []
    frozen = await freeze(services, told, case)
    await do_outbox()
    await capture(services, told.tenant_id, transformed([D1], [lot(DUMPLING, "P9")], 26))
    await do_outbox()
    (version,) = (await owner.ask(VERSIONS, {"id": case_id}))["recallScopeVersions"]["nodes"]
    assert (version["version"], version["digest"], version["intact"], version["counts"]["affected"]) == (1, frozen.digest, True, 5)
    assert [one["object"]["code"] for one in version["items"]["nodes"]] == ["F1", "D1"]
    assert [one["party"] for one in version["customers"]["nodes"]] == [CUSTOMER, OTHER]
    now = (await owner.ask(OF_CASE, {"id": case_id}))["recallScope"]
    assert now["counts"]["affected"] == 6
    # Nothing else was held in this case: the watcher holds what comes.
    assert now["affected"]["nodes"] == [{"object": {"code": "P9"}, "onHold": True}]
    (added,) = (await owner.ask(ADDITIONS, {"id": case_id}))["recallAdditions"]["nodes"]
    assert (added["kind"], added["object"]["code"]) == ("ADDED", "P9")
    assert added["foundAt"] is not None


@pytest.mark.parametrize("asked", ["RecallCase", "Hold", "nonsense"])
async def test_no_such_case_is_said(told: Firm, owner: Caller, asked: str) -> None:
    given = global_id(asked, uuid7()) if asked != "nonsense" else asked
    errors = (await owner.post(OF_CASE, {"id": given})).json()["errors"]
    assert errors[0]["extensions"]["code"] == "RECALL_SCOPE_NOT_FOUND"


async def test_who_may_not_read_recalls_is_refused(told: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    operator = await caller_of(told, Role.WORKER)
    answer = (await operator.post(PREVIEW, {"sources": ON_F1})).json()
    assert answer["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
