"""The whole chain through HTTP: both ways at once, from several objects, in windows, as of and as known at a moment; bad input."""

from typing import Any

import pytest

from backend.services import Services
from backend.trace import cut, service, steps
from backend.trace.rules import Direction
from infra import clock
from tests.factories import (
    CUSTOMER,
    DOUGH,
    DUMPLING,
    FLOUR,
    MEAT,
    PLANT,
    SHOP,
    at,
    capture,
    declared_wrong,
    lot,
    made,
    packed,
    quantity,
    shipped,
    sscc,
    transformed,
)
from tests.firms import Firm
from tests.graphql.conftest import DUMPLING_LOT, DUMPLING_UNIT, FLOUR_LOT, PALLET, Caller, anonymous, caller_of, owner, works

__all__ = ["anonymous", "caller_of", "owner", "works"]

F1, M1, DO1, D1, D2 = lot(FLOUR, "F-1"), lot(MEAT, "M-1"), lot(DOUGH, "DO-1"), lot(DUMPLING, "D-1"), lot(DUMPLING, "D-2")
# More than the day by which clocks may differ.
DAYS = 3 * 24 * 60
SUPPLIER = "https://id.gs1.org/417/9506000134048"
WHOLE = """
query($key: String, $keys: [String!], $direction: TraceDirection!, $asOf: DateTime, $knownAt: DateTime, $after: String) {
  trace(key: $key, keys: $keys, direction: $direction, asOf: $asOf, knownAt: $knownAt, continueAfter: $after) {
    start { code } starts { code } direction nodeCount linkCount truncated continueAfter
    nodes(first: 100) { nodes { key object { key code kind } asOf steps certainty doubts upstream downstream } }
    links(first: 100) { nodes { parentKey childKey parent { code } child { code } kind basis quantity certainty doubt } }
    loops(first: 5) { nodes { size nodes } }
    customers(first: 5) { nodes { party partner { name } shipmentCount firstShippedAt goodsCount goods { object { code } quantity uom certainty } } }
    suppliers(first: 5) { nodes { party goodsCount goods { object { code } quantity uom } } }
    containers(first: 5) { nodes { object { key } within { key } contentCount contents { object { code } quantity } } }
    summary { nodeCount byKind { kind count } byProduct { gtin count } byPlace { place count } }
  }
}"""
STEPS = """query($key: String!, $n: Int!, $after: String) { trace(key: $key, direction: BOTH) { steps(first: $n, after: $after) {
  nodes { bizStep began timeZoneOffset told place location { name } inputCount inputs { object { code } quantity uom } outputs { object { code } }
    objects { object { code } role } node { kind } events { bizStep } certainty } pageInfo { hasNextPage endCursor } } } }"""


async def ask(caller: Caller, **variables: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await caller.ask(WHOLE, {"direction": "BOTH", **variables}, Accept_Language="en"))["trace"]
    return found


def codes(found: dict[str, Any]) -> dict[str, tuple[bool, bool]]:
    return {
        node["object"]["code"]: (node["upstream"], node["downstream"])
        for node in found["nodes"]["nodes"]
        if node["object"]["kind"] != "TRANSFORMATION"
    }


async def test_both_ways_at_once_tell_the_whole_chain(works: Firm, owner: Caller, services: Services) -> None:
    received = made(
        amounts=[quantity(FLOUR_LOT, 7)], minutes=-5, action="OBSERVE", bizStep="receiving",
        sourceList=[{"type": "possessing_party", "source": SUPPLIER}],
    )  # fmt: skip
    await capture(services, works.tenant_id, received)
    found = await ask(owner, key=DUMPLING_LOT)
    assert codes(found) == {"D-1": (True, True), "F-1": (True, False)}
    assert {(link["parent"]["code"], link["basis"]) for link in found["links"]["nodes"] if link["kind"] == "INPUT"} == {("F-1", "MEASURED")}
    [customer] = found["customers"]["nodes"]
    assert (customer["party"], customer["partner"]["name"], customer["shipmentCount"]) == (CUSTOMER, "Customer", 1)
    assert customer["goods"] == [{"object": {"code": "D-1"}, "quantity": "1", "uom": "", "certainty": "CERTAIN"}]
    assert found["suppliers"]["nodes"] == [
        {"party": SUPPLIER, "goodsCount": 1, "goods": [{"object": {"code": "F-1"}, "quantity": "7", "uom": "KGM"}]}
    ]
    [box] = found["containers"]["nodes"]
    assert (box["object"]["key"], box["contents"]) == (PALLET.removeprefix("https://id.gs1.org/"), [{"object": {"code": "D-1"}, "quantity": "1"}])
    assert found["summary"] == {
        "nodeCount": 3, "byKind": [{"kind": "LOT", "count": 2}, {"kind": "TRANSFORMATION", "count": 1}],
        "byProduct": [{"gtin": FLOUR, "count": 1}, {"gtin": DUMPLING, "count": 1}], "byPlace": [{"place": PLANT, "count": 2}],
    }  # fmt: skip
    # The parts of the chain may be asked for again at any of its nodes.
    for node in found["nodes"]["nodes"]:
        assert (await ask(owner, key=node["object"]["key"]))["nodeCount"] == 3


async def test_several_objects_are_asked_about_at_once(works: Firm, owner: Caller, services: Services) -> None:
    await capture(services, works.tenant_id, transformed([M1], [D2], 15))
    found = await ask(owner, keys=[FLOUR_LOT, M1, "F-1"], direction="FORWARD")
    assert ([start["code"] for start in found["starts"]], found["start"]["code"]) == (["F-1", "M-1"], "F-1")
    assert codes(found).keys() == {"F-1", "M-1", "D-1", "D-2"}


async def test_rework_is_a_loop(firm: Firm, owner: Caller, services: Services) -> None:
    await capture(services, firm.tenant_id, transformed([F1], [DO1], 10), transformed([DO1], [D1], 20), transformed([D1], [DO1], 30))
    found = await ask(owner, key=F1)
    [loop] = found["loops"]["nodes"]
    assert loop["size"] == 4
    assert {DO1.removeprefix("https://id.gs1.org/"), D1.removeprefix("https://id.gs1.org/")} < set(loop["nodes"])
    assert (await ask(owner, key=DO1, direction="BACKWARD"))["nodeCount"] == (await ask(owner, key=D1, direction="BACKWARD"))["nodeCount"] == 6


async def test_container_as_it_was_used_is_shown_as_the_container_with_its_moment(firm: Firm, owner: Caller, services: Services) -> None:
    await capture(
        services, firm.tenant_id, packed(sscc(1), amounts=[quantity(F1, 5)], minutes=5), transformed([sscc(1)], [D1], 10),
        packed(sscc(1), amounts=[quantity(F1, 5)], minutes=15, action="DELETE"), packed(sscc(1), amounts=[quantity(M1, 5)], minutes=DAYS + 20),
        transformed([sscc(1)], [D2], DAYS + 30),
    )  # fmt: skip
    first, second = await ask(owner, key=D1, direction="BACKWARD"), await ask(owner, key=D2, direction="BACKWARD")
    for found, content, moment in ((first, "F-1", at(10)), (second, "M-1", at(DAYS + 30))):
        [state] = [node for node in found["nodes"]["nodes"] if node["asOf"]]
        assert (state["object"]["kind"], state["object"]["key"], state["asOf"]) == (
            "LOGISTIC_UNIT", sscc(1).removeprefix("https://id.gs1.org/"), moment,
        )  # fmt: skip
        assert codes(found).keys() - {state["object"]["code"]} == {"D-1" if content == "F-1" else "D-2", content}
        assert state["key"] in {link["childKey"] for link in found["links"]["nodes"]}
    again = await ask(owner, key=sscc(1), direction="BACKWARD", asOf=first["nodes"]["nodes"][1]["asOf"] or at(10))
    assert "M-1" not in codes(again)


async def test_what_was_known_then_is_answered_again(firm: Firm, owner: Caller, services: Services) -> None:
    wrong = transformed([M1], [D1], 10)
    await capture(services, firm.tenant_id, wrong)
    then = clock.now().isoformat()
    await capture(services, firm.tenant_id, declared_wrong(wrong), transformed([F1], [D1], 10))
    assert codes(await ask(owner, key=D1, direction="BACKWARD")).keys() == {"D-1", "F-1"}
    assert codes(await ask(owner, key=D1, direction="BACKWARD", knownAt=then)).keys() == {"D-1", "M-1"}
    assert codes(await ask(owner, key=D1, direction="BACKWARD", asOf=at(9))).keys() == {"D-1"}


async def test_steps_come_in_pages_that_join(works: Firm, owner: Caller) -> None:
    whole = (await owner.ask(STEPS, {"key": DUMPLING_UNIT, "n": 50}, Accept_Language="en"))["trace"]["steps"]["nodes"]
    assert [(step["bizStep"], step["node"] and step["node"]["kind"]) for step in whole] == [
        ("commissioning", None), ("creating_class_instance", "TRANSFORMATION"), ("commissioning", None), ("packing", None), ("shipping", None),
    ]  # fmt: skip
    assert (whole[1]["location"]["name"], whole[1]["inputs"]) == ("Plant", [{"object": {"code": "F-1"}, "quantity": "10", "uom": "KGM"}])
    assert whole[1]["events"] == [{"bizStep": "creating_class_instance"}]
    collected, cursor = [], None
    while True:
        page = (await owner.ask(STEPS, {"key": DUMPLING_UNIT, "n": 1, "after": cursor}, Accept_Language="en"))["trace"]["steps"]
        collected += page["nodes"]
        cursor = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert collected == whole


async def test_pages_of_steps_backwards_are_the_same(works: Firm, owner: Caller) -> None:
    query = """query($last: Int!, $before: String) { trace(key: "D-1", direction: BOTH) { steps(last: $last, before: $before) {
      nodes { bizStep began } pageInfo { hasPreviousPage startCursor } } } }"""
    whole = (await owner.ask(query, {"last": 50}))["trace"]["steps"]["nodes"]
    newest = (await owner.ask(query, {"last": 2}))["trace"]["steps"]
    older = (await owner.ask(query, {"last": 50, "before": newest["pageInfo"]["startCursor"]}))["trace"]["steps"]
    assert older["nodes"] + newest["nodes"] == whole
    assert [step["bizStep"] for step in whole] == ["commissioning", "creating_class_instance", "commissioning", "packing", "shipping"]


def story() -> list[dict[str, Any]]:
    """Flour in twelve lots, each packed and shipped, with rework."""
    told = [made(amounts=[quantity(F1, 100)])]
    for number in range(6):
        told += [transformed([F1], [lot(DUMPLING, f"D-{number}")], 10 + number), shipped([], [quantity(lot(DUMPLING, f"D-{number}"), 1)], minutes=40)]
    return [*told, transformed([lot(DUMPLING, "D-0")], [F1], 30), transformed([f"https://id.gs1.org/01/{FLOUR}"], [M1], 35)]


@pytest.mark.parametrize("direction", list(Direction))
async def test_windows_of_a_trace_that_is_cut_make_the_whole(
    firm: Firm, services: Services, owner: Caller, monkeypatch: pytest.MonkeyPatch, direction: Direction
) -> None:
    await capture(services, firm.tenant_id, *story())
    for key in (F1, lot(DUMPLING, "D-0"), M1):
        variables = {"key": key, "direction": direction.name}
        monkeypatch.setattr(service, "MAXIMUM_LINKS", 100_000)
        whole = await ask(owner, **variables)
        assert (whole["truncated"], whole["continueAfter"]) == (False, None)
        monkeypatch.setattr(service, "MAXIMUM_LINKS", 0)
        monkeypatch.setattr(cut, "WINDOW_LINKS", 3)
        windows = [await ask(owner, **variables)]
        while windows[-1]["continueAfter"] is not None:
            windows.append(await ask(owner, **variables, after=windows[-1]["continueAfter"]))
        assert all(window["truncated"] == bool(whole["linkCount"]) and window["linkCount"] <= 3 for window in windows)
        links = [link for window in windows for link in window["links"]["nodes"]]
        assert sorted(map(str, {str(link): link for link in links}.values())) == sorted(map(str, whole["links"]["nodes"]))
        sure = {node["key"]: node["certainty"] for window in windows for node in window["nodes"]["nodes"]}
        assert sure == {node["key"]: node["certainty"] for node in whole["nodes"]["nodes"]}
        assert {node["steps"] for window in windows for node in window["nodes"]["nodes"]} <= {None, 0}
        for window in windows:
            assert window["summary"]["nodeCount"] == whole["nodeCount"]
            assert window["summary"]["byPlace"] == whole["summary"]["byPlace"]


async def test_bad_input_is_refused_with_what_to_do(works: Firm, owner: Caller) -> None:
    for variables, code, field in (
        ({}, "INVALID_INPUT", "key"),
        ({"key": FLOUR_LOT, "keys": [FLOUR_LOT]}, "INVALID_INPUT", "key"),
        ({"keys": []}, "INVALID_INPUT", "keys"),
        ({"keys": [f"k{number}" for number in range(10_000)]}, "INVALID_INPUT", "keys"),
        ({"key": "x" * 5_000}, "INVALID_INPUT", "keys"),
        ({"keys": [FLOUR_LOT, lot(FLOUR, "nobody's")]}, "OBJECT_NOT_FOUND", "key"),
        ({"key": FLOUR_LOT, "after": "%"}, "INVALID_INPUT", "continueAfter"),
        ({"key": FLOUR_LOT, "after": "W10"}, "INVALID_INPUT", "continueAfter"),
        ({"key": FLOUR_LOT, "after": "WyJkb3duIiwiYSIsImIiLG51bGwsMV0"}, "INVALID_INPUT", "continueAfter"),
    ):  # fmt: skip
        refused = await owner.refusal(WHOLE, {"direction": "BOTH", **variables})
        assert (refused["code"], refused["field"]) == (code, field), variables


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_times_far_away_are_moments_like_any_other(works: Firm, owner: Caller, moment: str) -> None:
    found = await ask(owner, key=DUMPLING_LOT, asOf=moment)
    assert found["nodeCount"] == (1 if moment.startswith("0001") else 3)
    assert (await ask(owner, key=DUMPLING_LOT, knownAt=moment))["nodeCount"] == (1 if moment.startswith("0001") else 3)


async def test_cycle_of_hundreds_is_followed_to_its_end(firm: Firm, services: Services) -> None:
    length = 400
    ring = [transformed([lot(DOUGH, f"R-{number}")], [lot(DOUGH, f"R-{(number + 1) % length}")], number / 100) for number in range(length)]
    for start in range(0, length, 200):
        await capture(services, firm.tenant_id, *ring[start : start + 200], together=True)
    async with services.database.tenant(firm.tenant_id) as tx:
        found = await service.trace(tx, lot(DOUGH, "R-0"), Direction.BOTH)
        assert (len(found.nodes), len(found.links)) == (2 * length, 2 * length)
        assert len(await steps.describe_steps(tx, found)) == length


IMPACT = """query($key: String!, $part: ImpactPart) { impact(key: $key, part: $part) {
  truncated goodsCount goods(first: 20) { nodes { object { code holdCauses { reason } } certainty
    whereabouts { state place party quantity uom location { name } } } }
  totals(first: 20) { nodes { state gtin quantity uom objects certainty product { name } } }
  containers(first: 5) { nodes { container { object { key } } coPackedCount coPacked { object { code } } } }
  trace { linkCount customers(first: 5) { nodes { party } } } } }"""
HOLD = "mutation($input: PlaceHoldInput!) { placeHold(input: $input) { hold { id } userErrors { code } } }"


async def test_what_if_tells_what_is_hit_where_it_is_and_what_is_held_already(works: Firm, owner: Caller) -> None:
    await owner.command(HOLD, {"key": DUMPLING_LOT, "reason": "metal"})
    found = (await owner.ask(IMPACT, {"key": FLOUR_LOT}, Accept_Language="en"))["impact"]
    goods = {one["object"]["code"]: one for one in found["goods"]["nodes"]}
    assert {code: one["object"]["holdCauses"] for code, one in goods.items()} == {"F-1": [], "D-1": [{"reason": "metal"}]}
    assert goods["D-1"]["whereabouts"] == [
        {"state": "IN_STOCK", "place": PLANT, "party": None, "quantity": "1", "uom": "", "location": {"name": "Plant"}},
        {"state": "IN_STOCK", "place": PLANT, "party": None, "quantity": "10", "uom": "KGM", "location": {"name": "Plant"}},
        {"state": "SHIPPED", "place": None, "party": CUSTOMER, "quantity": "1", "uom": "", "location": None},
    ]
    assert (found["goodsCount"], found["truncated"], found["trace"]["linkCount"]) == (2, False, 2)
    assert found["trace"]["customers"]["nodes"] == [{"party": CUSTOMER}]
    assert ("CONSUMED", FLOUR, "10", "Flour") in {
        (one["state"], one["gtin"], one["quantity"], one["product"]["name"]) for one in found["totals"]["nodes"]
    }
    assert [box["coPackedCount"] for box in found["containers"]["nodes"]] == [0]


async def test_what_if_of_a_part_refuses_what_cannot_be_one(works: Firm, owner: Caller) -> None:
    found = (await owner.ask(IMPACT, {"key": FLOUR_LOT, "part": {"place": SHOP}}))["impact"]
    assert [one["object"]["code"] for one in found["goods"]["nodes"]] == ["F-1"]
    for part, key, field in (
        ({"since": at(10), "until": at(5)}, FLOUR_LOT, "part.until"), ({"place": PLANT}, DUMPLING_UNIT, "part"),
    ):  # fmt: skip
        refused = await owner.refusal(IMPACT, {"key": key, "part": part})
        assert (refused["code"], refused["field"]) == ("INVALID_INPUT", field)
    assert (await owner.refusal(IMPACT, {"key": FLOUR_LOT, "part": {"place": "nowhere at all"}}))["code"] == "INVALID_IDENTIFIER"
