"""The flow, a life, the table and the map through GraphQL: what a client draws, without further computing."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from backend.sandbox.samples import put_catalogue
from backend.services import Services
from backend.simulator import Industry, Simulation, simulate
from tests.balance.test_tank_service import CHEESE, CREAM, MILK_1, MILK_2, draw, fill
from tests.factories import DUMPLING, FLOUR, PLANT, START, at, capture, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.graphql.test_commands import PLACE
from tests.trace.test_simulated_truth import capture_all
from tests.trace.test_steps import WORDS

FLOW = """query($key: String!, $boxes: Int = 60, $open: [String!], $asOf: DateTime, $direction: TraceDirection = BOTH) {
  flow(key: $key, boxes: $boxes, open: $open, asOf: $asOf, direction: $direction) {
    columns rows isCollapsed truncated linkCount timeZone counts { kind name count } layers { column boxCount }
    boxes { id kind column row title subtitle detail count certainCount possibleCount certainty isStart innerLinks expandKey step place
            object { code } amounts { quantity uom unit } since until }
    arrows { parent child certainCount possibleCount certainty doubts untoldCount isLoop amounts { quantity unit } bends { column row } } } }"""
LIFE = """query($key: String!, $points: Int = 120, $asOf: DateTime) { lifeOf(key: $key, points: $points, asOf: $asOf) { product since until isCut
  rows { kind lane title since until place toPlace object { kind code } } series { type unit points { since lowest mean highest count } }
  marks { at title place via { code } event { bizStep } } } }"""
TABLE = """query($key: String!, $order: TraceTableOrder = TIME, $first: Int, $after: String, $last: Int, $before: String) {
  traceTable(key: $key, order: $order, first: $first, after: $after, last: $last, before: $before) {
    pageInfo { hasNextPage endCursor startCursor } nodes { id kind side steps certainty code product since party suppliers } } }"""
MAP = """query($key: String!) { placeMap(key: $key) { columns rows unplacedStepCount
  places { id part title path column row stepCount } arrows { parent child lotCount shipmentCount amounts { quantity } isLoop } } }"""
CallerOf = Callable[..., Awaitable[Caller]]


@pytest.fixture
async def caller(firm: Firm, bearer: Callable[..., Awaitable[dict[str, str]]], client: Any) -> Caller:
    """The owner of the firm."""
    return Caller(client, await bearer(firm))


@pytest.fixture
async def simulated(services: Services, firm: Firm, do_outbox: Callable[[], Awaitable[int]]) -> Simulation:
    """A week of a dumpling factory."""
    simulation = simulate(Industry.FOOD, events=500, seed=11, days=7)
    await capture_all(services, firm, simulation)
    await services.in_tenant(firm.tenant_id, lambda tx: put_catalogue(tx, firm.principal, simulation.master_data))
    await do_outbox()
    return simulation


async def test_the_flow_is_drawn_with_names_and_sums(simulated: Simulation, caller: Caller) -> None:
    key = simulated.truth.contaminated_lot
    found = (await caller.ask(FLOW, {"key": key}, Accept_Language="en"))["flow"]
    boxes = {box["id"]: box for box in found["boxes"]}
    [start] = [box for box in boxes.values() if box["isStart"]]
    assert (start["kind"], start["count"], start["object"]["code"], start["subtitle"]) == ("LOT", 1, start["subtitle"], start["subtitle"])
    assert start["title"].isascii()
    assert (found["isCollapsed"], found["truncated"], found["timeZone"]) == (False, False, "Asia/Shanghai")
    assert sum(count["count"] for count in found["counts"]) == len(boxes)
    assert sum(arrow["certainCount"] + arrow["possibleCount"] for arrow in found["arrows"]) == found["linkCount"]
    for arrow in found["arrows"]:
        if not arrow["isLoop"]:
            assert boxes[arrow["parent"]]["column"] < boxes[arrow["child"]]["column"]
    assert {box["title"] for box in boxes.values() if box["kind"] == "SHIPMENT"} <= {partner.name_en for partner in simulated.master_data.partners}
    assert sum(layer["boxCount"] for layer in found["layers"]) == len(boxes)


async def test_few_boxes_group_and_open_again(simulated: Simulation, caller: Caller) -> None:
    key = simulated.truth.sold_unit
    whole = (await caller.ask(FLOW, {"key": key}))["flow"]
    few = (await caller.ask(FLOW, {"key": key, "boxes": 10}))["flow"]
    assert len(few["boxes"]) <= 10 < len(whole["boxes"])
    assert few["isCollapsed"]
    assert few["counts"] == whole["counts"]
    assert sum(box["count"] for box in few["boxes"]) == len(whole["boxes"])
    inner = sum(box["innerLinks"] for box in few["boxes"])
    assert inner + sum(arrow["certainCount"] + arrow["possibleCount"] for arrow in few["arrows"]) == whole["linkCount"]
    group = next(box for box in few["boxes"] if box["expandKey"])
    assert (group["object"], group["count"] > 1) == (None, True)
    opened = (await caller.ask(FLOW, {"key": key, "boxes": 10, "open": [group["expandKey"]]}))["flow"]
    assert len(opened["boxes"]) == len(few["boxes"]) + group["count"] - 1


@pytest.mark.parametrize("given", [{"boxes": 5}, {"boxes": 1_000}, {"open": ["x"] * 51}, {"open": ["x" * 201]}])
async def test_a_picture_that_nobody_can_read_is_refused(simulated: Simulation, caller: Caller, given: dict[str, Any]) -> None:
    refused = await caller.refusal(FLOW, {"key": simulated.truth.contaminated_lot, **given})
    assert refused["code"] == "INVALID_INPUT"


async def test_a_life_holds_places_steps_containers_and_what_sensors_told(simulated: Simulation, caller: Caller) -> None:
    found = (await caller.ask(LIFE, {"key": simulated.truth.sold_unit}))["lifeOf"]
    kinds = {row["kind"] for row in found["rows"]}
    assert {"OBJECT", "CONTAINER", "STAY", "STEP", "WAIT", "TRANSPORT"} <= kinds
    assert [mark["title"] for mark in found["marks"]][-1] == "发货"
    assert any(mark["via"] for mark in found["marks"])
    for kind in kinds:
        lanes: dict[int, str] = {}
        for row in [row for row in found["rows"] if row["kind"] == kind]:
            assert lanes.get(row["lane"], "") <= row["since"]
            lanes[row["lane"]] = row["until"] or "9999"
    raw = (await caller.ask(LIFE, {"key": simulated.truth.contaminated_lot, "points": 10}))["lifeOf"]
    [temperature] = [series for series in raw["series"] if series["type"] == "Temperature"]
    assert temperature["unit"] == "°C"
    assert 1 < len(temperature["points"]) <= 10
    assert all(point["lowest"] <= point["mean"] <= point["highest"] for point in temperature["points"])


async def test_a_held_lot_shows_its_hold(services: Services, firm: Firm, caller: Caller) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(lot(FLOUR, "F"), 5)]), transformed([lot(FLOUR, "F")], [lot(DUMPLING, "D")]))
    await caller.command(PLACE, {"key": lot(FLOUR, "F"), "reason": "metal"})
    bars = (await caller.ask(LIFE, {"key": lot(DUMPLING, "D")}, Accept_Language="en"))["lifeOf"]["rows"]
    assert [(row["title"], row["until"]) for row in bars if row["kind"] == "HOLD"] == [("Hold: metal", None)]


async def test_the_table_is_paged_in_each_order_without_losing_a_row(simulated: Simulation, caller: Caller) -> None:
    key = simulated.truth.contaminated_lot
    everything = (await caller.ask(TABLE, {"key": key, "first": 100}))["traceTable"]["nodes"]
    assert [row["since"] for row in everything] == sorted(row["since"] for row in everything)
    assert [row["suppliers"] != [] for row in everything if row["side"] == "START"] == [True]
    for order in ("TIME", "KIND", "STEPS"):
        seen: list[str] = []
        after = None
        while True:
            page = (await caller.ask(TABLE, {"key": key, "order": order, "first": 4, "after": after}))["traceTable"]
            seen += [row["id"] for row in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert sorted(seen) == sorted(row["id"] for row in everything)
        assert len(seen) == len(set(seen))
    refused = await caller.refusal(TABLE, {"key": key, "order": "STEPS", "first": 4, "after": page["pageInfo"]["endCursor"][:5]})
    assert refused["code"] == "INVALID_INPUT"


async def test_a_step_in_the_table_tells_who_worked_at_what_and_under_which_conditions(
    services: Services, firm: Firm, caller: Caller, client: Any
) -> None:
    made_of = transformed([lot(FLOUR, "F")], [lot(DUMPLING, "D")], 10, **WORDS)
    await capture(services, firm.tenant_id, made([], [quantity(lot(FLOUR, "F"), 5)]), made_of)
    asked = """query($key: String!) { traceTable(key: $key, first: 9) { nodes { kind operators equipment
      conditions { kind device minimum maximum value uom } } } }"""
    rows = (await caller.ask(asked, {"key": lot(FLOUR, "F")}))["traceTable"]["nodes"]
    [step] = [row for row in rows if row["kind"] == "STEP"]
    assert (step["operators"], step["equipment"]) == (["OP-7"], ["KETTLE-2", "urn:example:probe:1", "urn:example:probe:2"])
    assert step["conditions"][0] == {
        "kind": "Temperature",
        "device": "urn:example:probe:1",
        "minimum": "95.5",
        "maximum": "99",
        "value": None,
        "uom": "CEL",
    }
    assert all(row["operators"] == row["equipment"] == row["conditions"] == [] for row in rows if row["kind"] != "STEP")
    answer = await client.get("/trace/exports/csv", params={"key": lot(FLOUR, "F")}, headers={**caller.headers, "Accept-Language": "en"})
    assert "Temperature 95.5–99 °C (urn:example:probe:1)" in answer.text


async def test_a_policy_on_tanks_shapes_the_picture(services: Services, firm: Firm, caller: Caller) -> None:
    story = (fill(MILK_1, 600, 1), fill(MILK_2, 400, 2), draw(quantity(CREAM, 500, "LTR"), 3), draw(quantity(CHEESE, 300, "LTR"), 4))
    await capture(services, firm.tenant_id, *story)
    asked = """query($key: String!, $policy: TankPolicy) {
      traceTable(key: $key, tankPolicy: $policy, direction: BACKWARD, first: 9) { nodes { code certainty } } }"""
    for policy, certainty in ((None, "CERTAIN"), ("FIRST_IN_FIRST_OUT", "POSSIBLE")):
        rows = (await caller.ask(asked, {"key": CREAM, "policy": policy}))["traceTable"]["nodes"]
        assert {row["code"]: row["certainty"] for row in rows}["M2"] == certainty


async def test_a_life_as_of_a_moment_knows_nothing_that_came_after(services: Services, firm: Firm, caller: Caller) -> None:
    piece = unit(DUMPLING, "S-1")
    await capture(services, firm.tenant_id, made([piece]), packed(sscc(1), [piece], minutes=10), shipped([sscc(1)], minutes=40))
    whole = (await caller.ask(LIFE, {"key": piece}))["lifeOf"]
    early = (await caller.ask(LIFE, {"key": piece, "asOf": at(20)}))["lifeOf"]
    assert [len(life["marks"]) for life in (whole, early)] == [3, 2]
    assert [row["until"] for row in early["rows"] if row["kind"] == "CONTAINER"] == [None]
    assert not [row for row in early["rows"] if row["kind"] == "TRANSPORT"]


async def test_the_map_leads_from_suppliers_through_own_places_to_customers(simulated: Simulation, caller: Caller) -> None:
    found = (await caller.ask(MAP, {"key": simulated.truth.contaminated_lot}))["placeMap"]
    places = {place["id"]: place for place in found["places"]}
    parts = {part: [place for place in places.values() if place["part"] == part] for part in ("SUPPLIER", "OWN", "CUSTOMER")}
    assert {place["column"] for place in parts["SUPPLIER"]} == {0}
    assert {place["column"] for place in parts["CUSTOMER"]} == {found["columns"] - 1}
    assert all(0 < place["column"] < found["columns"] - 1 for place in parts["OWN"])
    assert any(place["path"] for place in parts["OWN"])
    assert sum(arrow["shipmentCount"] for arrow in found["arrows"]) == len(simulated.truth.contaminated_reach.shipments)
    assert all(places[arrow["parent"]]["column"] < places[arrow["child"]]["column"] for arrow in found["arrows"] if not arrow["isLoop"])


async def test_as_of_is_in_the_picture_too(services: Services, firm: Firm, caller: Caller) -> None:
    await capture(
        services, firm.tenant_id, made([], [quantity(lot(FLOUR, "F"), 5)]), transformed([lot(FLOUR, "F")], [lot(DUMPLING, "D")]),
        shipped([], [quantity(lot(DUMPLING, "D"), 5)], 50),
    )  # fmt: skip
    given = {"key": lot(FLOUR, "F"), "direction": "FORWARD"}
    assert [box["kind"] for box in (await caller.ask(FLOW, given))["flow"]["boxes"]] == ["LOT", "STEP", "LOT", "SHIPMENT"]
    early = (await caller.ask(FLOW, {**given, "asOf": START.isoformat()}))["flow"]
    assert [(box["kind"], box["isStart"]) for box in early["boxes"]] == [("LOT", True)]


async def test_twenty_thousand_links_are_a_readable_picture_and_a_file(services: Services, firm: Firm, caller: Caller, client: Any) -> None:
    """At once, before statistics know the tenant: a plan made for it alone would take it for empty."""
    event = {**transformed([lot(FLOUR, "F")], [lot(DUMPLING, f"D{number}") for number in range(20_000)]), "bizLocation": {"id": PLANT}}
    await capture(services, firm.tenant_id, event)
    found = (await caller.ask(FLOW, {"key": lot(FLOUR, "F"), "direction": "FORWARD"}))["flow"]
    assert found["linkCount"] == 20_001
    assert [(box["count"], [amount["quantity"] for amount in box["amounts"]]) for box in found["boxes"]] == [
        (1, ["10"]), (1, []), (20_000, ["200000"]),
    ]  # fmt: skip
    answer = await client.get("/trace/exports/csv", params={"key": lot(FLOUR, "F"), "direction": "forward"}, headers=caller.headers)
    assert answer.text.count("\r\n") == 20_003
