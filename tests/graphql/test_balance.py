"""Balances and tanks over HTTP, as a client draws them."""

from typing import Any, Final

from tests.balance.test_lots import received, used
from tests.balance.test_tank_service import CHEESE, CREAM, MILK_1, MILK_2, TANK, draw, fill
from tests.factories import DOUGH, FLOUR, MEAT, PLANT, _event, at, capture, lot, packed, quantity, shipped, sscc
from tests.firms import Firm
from tests.graphql.conftest import Caller

F1, D1, WHEY = lot(FLOUR, "F1"), lot(DOUGH, "D1"), lot(MEAT, "W1")
LOT: Final = """query($key: String!, $since: DateTime, $asOf: DateTime) { lotBalance(key: $key, since: $since, asOf: $asOf) {
  lot { code } policy partial balance { truncated accounts { uom opening incoming outgoing inStock inTransit difference }
  lines { kind quantity uom basis certainty step place party count } stock { place quantity uom } notTold { kind step count } } } }"""
STEP: Final = """query($key: String!) { stepBalance(key: $key) { step { kind } inputs { quantity uom object { uri kind } }
  outputs { quantity uom byProduct object { uri } } yields { uom putIn cameOut loss ratio } inputsNotTold outputsNotTold truncated } }"""
PRODUCT: Final = """query($gtin: String!, $since: DateTime) { productBalance(gtin: $gtin, since: $since) { gtin lotsAndUnits
  balance { accounts { uom opening incoming outgoing inStock difference } } stepTypes { step steps notTold yields { uom ratio loss } } } }"""
DRAWS: Final = """query($key: String!, $policy: TankPolicy!, $after: String) { tank(key: $key, policy: $policy) {
  object { kind } uom level cleanedAt truncated composition { quantity certainty content { uri } }
  fills(first: 5) { nodes { quantity basis level content { uri } event { id } } } levels(first: 9) { nodes { step level } }
  draws(first: 1, after: $after) { nodes { quantity basis overdrawn byPolicy shareCount shares { quantity certainty content { uri } } step { kind } }
    pageInfo { hasNextPage endCursor } } } }"""


async def test_balance_of_a_lot(services: Any, firm: Firm, owner: Caller) -> None:
    await capture(
        services, firm.tenant_id, received(quantity(F1, 100), 1), used(quantity(F1, 40), D1, 10), used({"epcClass": F1}, D1, 11),
        shipped([], [quantity(F1, 10)], minutes=20),
    )  # fmt: skip
    found = (await owner.ask(LOT, {"key": "F1"}))["lotBalance"]
    assert (found["lot"], found["policy"], found["partial"]) == ({"code": "F1"}, "EVERYTHING_SINCE_CLEANING", False)
    assert found["balance"]["accounts"] == [
        {"uom": "KGM", "opening": "0", "incoming": "100", "outgoing": "50", "inStock": "50", "inTransit": "0", "difference": "0"}
    ]
    assert [(line["kind"], line["quantity"], line["basis"], line["count"]) for line in found["balance"]["lines"]] == [
        ("RECEIVED", "100", "MEASURED", 1), ("USED", "40", "MEASURED", 1), ("SHIPPED", "10", "MEASURED", 1),
    ]  # fmt: skip
    assert found["balance"]["stock"] == [{"place": PLANT, "quantity": "50", "uom": "KGM"}]
    assert found["balance"]["notTold"] == [{"kind": "USED", "step": "creating_class_instance", "count": 1}]
    late = (await owner.ask(LOT, {"key": "F1", "since": at(15), "asOf": at(25)}))["lotBalance"]["balance"]["accounts"]
    assert (late[0]["opening"], late[0]["outgoing"], late[0]["inStock"]) == ("60", "10", "50")
    assert (await owner.refusal(LOT, {"key": "F1", "since": at(25), "asOf": at(15)}))["field"] == "since"
    assert (await owner.refusal(LOT, {"key": "none"}))["code"] == "OBJECT_NOT_FOUND"


async def test_step_with_by_product_yield_and_loss(services: Any, firm: Firm, owner: Caller) -> None:
    step = "urn:uuid:00000000-0000-4000-8000-00000000000a"
    first = _event(
        "TransformationEvent", 1, inputQuantityList=[quantity(F1, 60), quantity(f"https://id.gs1.org/01/{MEAT}", 30)], transformationID=step,
        bizLocation={"id": PLANT},
    )  # fmt: skip
    second = _event(
        "TransformationEvent", 5, inputQuantityList=[quantity(lot(FLOUR, "F2"), 10_000, "GRM")], inputEPCList=[sscc(1)], transformationID=step,
        outputQuantityList=[quantity(D1, 72), quantity(WHEY, 8), quantity(lot(DOUGH, "D2"), 3, None)], bizLocation={"id": PLANT},
    )  # fmt: skip
    await capture(services, firm.tenant_id, packed(sscc(1), [], [quantity(lot(FLOUR, "F3"), 5)], minutes=0), first, second)
    found = (await owner.ask(STEP, {"key": f"transformation:{step}"}))["stepBalance"]
    assert found["yields"] == [
        {"uom": "", "putIn": "0", "cameOut": "3", "loss": "-3", "ratio": None},
        {"uom": "KGM", "putIn": "100", "cameOut": "80", "loss": "20", "ratio": "0.8"},
    ]
    assert {line["object"]["uri"]: line["quantity"] for line in found["inputs"]} == {
        F1: "60", lot(FLOUR, "F2"): "10000", f"https://id.gs1.org/01/{MEAT}": "30", sscc(1): None,
    }  # fmt: skip
    assert (found["inputsNotTold"], found["outputsNotTold"], found["truncated"]) == (1, 0, False)
    # Pieces and kilograms come out: which product is the main one can't be said.
    assert {line["byProduct"] for line in found["outputs"]} == {False}
    plain = used(quantity(F1, 1), D1, 9)
    plain["outputQuantityList"] = [quantity(D1, 5), quantity(WHEY, 1_000, "GRM")]
    await capture(services, firm.tenant_id, plain)
    [key] = [f"transformation:urn:suyuan:transformation:e:{plain['eventID']}"]
    found = (await owner.ask(STEP, {"key": key}))["stepBalance"]
    assert {line["object"]["uri"]: line["byProduct"] for line in found["outputs"]} == {D1: False, WHEY: True}
    assert (await owner.refusal(STEP, {"key": F1}))["code"] == "WRONG_KIND"


async def test_product_over_a_time_with_yields_by_step_type(services: Any, firm: Firm, owner: Caller) -> None:
    await capture(
        services, firm.tenant_id, received(quantity(F1, 100), 1), received(quantity(lot(FLOUR, "F2"), 50), 2),
        used(quantity(F1, 2), D1, 10), used(quantity(F1, 8), lot(DOUGH, "D2"), 20, bizStep="assembling"),
    )  # fmt: skip
    flour = (await owner.ask(PRODUCT, {"gtin": FLOUR, "since": at(15)}))["productBalance"]
    assert (flour["gtin"], flour["lotsAndUnits"]) == (FLOUR, 2)
    assert flour["balance"]["accounts"] == [{"uom": "KGM", "opening": "148", "incoming": "0", "outgoing": "8", "inStock": "140", "difference": "0"}]
    dough = (await owner.ask(PRODUCT, {"gtin": f"https://id.gs1.org/01/{DOUGH}"}))["productBalance"]
    assert dough["stepTypes"] == [
        {"step": "assembling", "steps": 1, "notTold": 0, "yields": [{"uom": "KGM", "ratio": "0.125", "loss": "7"}]},
        {"step": "creating_class_instance", "steps": 1, "notTold": 0, "yields": [{"uom": "KGM", "ratio": "0.5", "loss": "1"}]},
    ]
    nothing = (await owner.ask(PRODUCT, {"gtin": MEAT}))["productBalance"]
    assert (nothing["lotsAndUnits"], nothing["balance"]["accounts"], nothing["stepTypes"]) == (0, [], [])


async def test_tank_by_policy_in_pages(services: Any, firm: Firm, owner: Caller) -> None:
    await capture(
        services, firm.tenant_id, fill(MILK_1, 60, 1), fill(MILK_2, 40, 2), draw(quantity(CREAM, 50, "LTR"), 3), draw(quantity(CHEESE, 60, "LTR"), 4)
    )
    mixed = (await owner.ask(DRAWS, {"key": TANK, "policy": "WELL_MIXED"}))["tank"]
    assert (mixed["object"]["kind"], mixed["uom"], mixed["level"], mixed["composition"]) == ("TANK", "LTR", "0", [])
    [first] = mixed["draws"]["nodes"]
    assert {share["content"]["uri"]: share["quantity"] for share in first["shares"]} == {MILK_1: "30", MILK_2: "20"}
    assert (first["basis"], first["byPolicy"], first["step"]["kind"], mixed["draws"]["pageInfo"]["hasNextPage"]) == (
        "ALLOCATED", True, "TRANSFORMATION", True,
    )  # fmt: skip
    after = {"key": TANK, "policy": "FIRST_IN_FIRST_OUT", "after": mixed["draws"]["pageInfo"]["endCursor"]}
    [second] = (await owner.ask(DRAWS, after))["tank"]["draws"]["nodes"]
    assert {share["content"]["uri"]: share["quantity"] for share in second["shares"]} == {MILK_1: "10", MILK_2: "40"}
    assert (second["quantity"], second["overdrawn"]) == ("60", "10")
    assert [level["level"] for level in mixed["levels"]["nodes"]] == ["60", "100", "50", "0"]
    assert [fill["content"]["uri"] for fill in mixed["fills"]["nodes"]] == [MILK_1, MILK_2]
    assert (await owner.refusal(DRAWS, {"key": MILK_1, "policy": "WELL_MIXED"}))["code"] == "WRONG_KIND"
