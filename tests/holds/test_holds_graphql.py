"""Holds on scopes through GraphQL: placed, shown, listed by cause and object, previewed; and refused with the cause named."""

from typing import Any
from uuid import uuid4

import pytest

from backend.services import Services
from tenants.permissions import Role
from tests.factories import DUMPLING, FLOUR, PLANT, capture, lot, made, packed, quantity, sscc, transformed
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.graphql.test_commands import CAPTURE, document
from tests.holds.test_scopes import MILL, received

F1, F2, P1 = lot(FLOUR, "F1"), lot(FLOUR, "F2"), lot(DUMPLING, "P1")
PLACE = """mutation($input: PlaceHoldInput!) { placeHold(input: $input) { userErrors { field code message } hold {
  id objectKey originKind originReference scope { kind party gtin step place running since until }
  roots(first: 5) { nodes { kind key object { uri } } } } } }"""
PREVIEW = """query($scope: HoldScopeInput) { previewHold(scope: $scope) { truncated rootCount counts { kind count } goods(kind: LOT) { uri }
  scope { kind running } coPackedCount coPacked { uri } blockedContainers { uri } held { reason originKind } } }"""
LIST = """query($kinds: [HoldOriginKind!], $reference: String, $key: String) {
  holds(first: 9, originKinds: $kinds, originReference: $reference, key: $key) { nodes { id } } }"""
LISTING = """query($id: ID!) { hold(id: $id) { pending(first: 3) { nodes { key } } listing { complete filledAt counts { kind count }
  goods(first: 2) { nodes { kind key } pageInfo { hasNextPage endCursor } } blockedContainers(first: 3) { nodes { key object { uri } } } } } }"""
MORE = """query($id: ID!, $after: String) { hold(id: $id) { listing { goods(first: 2, after: $after) { nodes { key } } } } }"""


@pytest.fixture
async def quality(firm: Firm, client: Any, bearer: Any) -> Caller:
    return Caller(client, await bearer(firm, Role.QUALITY_MANAGER))


async def test_a_suppliers_material_is_previewed_held_and_listed(services: Services, firm: Firm, quality: Caller, do_outbox: Any) -> None:
    await capture(
        services, firm.tenant_id, received([], [quantity(F1, 5)]), transformed([F1], [P1]), packed(sscc(1), [], [quantity(P1, 1)]),
        received([], [quantity(F2, 5)]),
    )  # fmt: skip
    supplier = {"party": MILL, "product": FLOUR, "since": "2026-03-01T00:00:00Z"}
    seen = (await quality.ask(PREVIEW, {"scope": {"supplier": supplier}}))["previewHold"]
    assert (seen["rootCount"], seen["counts"], [one["uri"] for one in seen["goods"]]) == (2, [{"kind": "LOT", "count": 3}], [F1, F2, P1])
    assert (seen["scope"], seen["truncated"], [one["uri"] for one in seen["blockedContainers"]]) == (
        {"kind": "SUPPLIER", "running": True}, False, [sscc(1)],
    )  # fmt: skip
    given = {"reason": "cadmium", "scope": {"supplier": supplier}, "originKind": "RECALL", "originReference": "recall:7"}
    key = str(uuid4())
    placed = await quality.command(PLACE, given, key)
    assert placed["userErrors"] == []
    hold = placed["hold"]
    assert (hold["originKind"], hold["originReference"], hold["scope"]["gtin"]) == ("RECALL", "recall:7", FLOUR)
    assert [root["object"]["uri"] for root in hold["roots"]["nodes"]] == [F1, F2]
    # The same command again, and the same cause on the same scope by another command, are the same hold.
    assert (await quality.command(PLACE, given, key))["hold"]["id"] == (await quality.command(PLACE, given))["hold"]["id"] == hold["id"]
    await do_outbox()
    listing = (await quality.ask(LISTING, {"id": hold["id"]}))["hold"]["listing"]
    assert (listing["complete"], listing["counts"]) == (True, [{"kind": "LOT", "count": 3}])
    assert [one["object"]["uri"] for one in listing["blockedContainers"]["nodes"]] == [sscc(1)]
    page = listing["goods"]
    rest = (await quality.ask(MORE, {"id": hold["id"], "after": page["pageInfo"]["endCursor"]}))["hold"]["listing"]["goods"]
    assert [one["key"] for one in page["nodes"] + rest["nodes"]] == [f"01/{FLOUR}/10/F1", f"01/{FLOUR}/10/F2", f"01/{DUMPLING}/10/P1"]
    by_hand = (await quality.command(PLACE, {"reason": "wet", "key": F1}))["hold"]["id"]
    for variables, expected in (
        ({}, [by_hand, hold["id"]]), ({"kinds": ["RECALL"]}, [hold["id"]]), ({"reference": "recall:7"}, [hold["id"]]),
        ({"key": F1}, [by_hand, hold["id"]]), ({"key": F2}, [hold["id"]]), ({"key": P1}, []), ({"key": "nothing"}, []),
    ):  # fmt: skip
        assert [node["id"] for node in (await quality.ask(LIST, variables))["holds"]["nodes"]] == expected
    again = (await quality.ask(PREVIEW, {"scope": {"objects": [F1]}}))["previewHold"]
    assert {(one["reason"], one["originKind"]) for one in again["held"]} == {("cadmium", "RECALL"), ("wet", "MANUAL")}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "INVALID_INPUT"),
        ({"key": F1, "scope": {"objects": [F1]}}, "INVALID_INPUT"),
        ({"scope": {"objects": []}}, "INVALID_INPUT"),
        ({"scope": {"step": {"step": "cooking"}}}, "INVALID_INPUT"),
        ({"scope": {"equipment": {"equipment": "M7", "since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}}}, "INVALID_INPUT"),
        ({"key": F1, "originKind": "INSPECTION", "originReference": "inspection:1"}, "INVALID_INPUT"),
        ({"key": F1, "originKind": "RECALL"}, "INVALID_INPUT"),
    ],
)
async def test_what_means_nothing_is_refused_and_writes_nothing(
    services: Services, firm: Firm, quality: Caller, given: dict[str, Any], code: str
) -> None:
    payload = await quality.command(PLACE, {"reason": "x", **given})
    assert (payload["hold"], [error["code"] for error in payload["userErrors"]]) == (None, [code])
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from hold where tenant_id = $1") == 0


@pytest.mark.parametrize(
    "body",
    [
        transformed([F1], [P1], 20),
        packed(sscc(1), [], [quantity(F1, 1)]),
        made([], [quantity(F1, 1)], action="OBSERVE", bizStep="retail_selling"),
        made([], [quantity(F1, 1)], action="OBSERVE", bizStep="shipping", readPoint={"id": PLANT}),
    ],
    ids=["use up", "pack", "sell", "ship"],
)
async def test_a_command_that_would_use_held_goods_is_refused_with_the_cause(
    services: Services, firm: Firm, quality: Caller, body: dict[str, Any]
) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(F1, 5)]))
    await quality.command(PLACE, {"reason": "cadmium", "key": F1})
    payload = await quality.command(CAPTURE, {"events": document(body)})
    [error] = payload["userErrors"]
    assert (payload["events"], error["code"]) == ([], "GOODS_HELD")
    assert "cadmium" in error["message"]
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from event where tenant_id = $1") == 1
        assert await tx.fetchval("select count(*) from alert where tenant_id = $1") == 0
