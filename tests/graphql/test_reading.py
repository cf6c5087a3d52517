"""Every query's happy path over HTTP."""

from typing import Any

from backend.graphql.ids import global_id
from backend.services import Services
from tests.factories import CUSTOMER, DUMPLING, FLOUR, PLANT, capture, lot, made, quantity, shipped
from tests.firms import Firm
from tests.graphql.conftest import DUMPLING_LOT, DUMPLING_UNIT, FLOUR_LOT, PALLET, Caller

OBJECT = """
query($key: String!) { traceableObject(key: $key) {
  id key uri kind gtin code productName product { name names { zh en } } unitsCount
  positions { place quantity uom location { name } } holdCauses { reason }
  timeline(first: 10) { nodes { type bizStep location { name } } pageInfo { hasNextPage } }
} }
"""


async def test_object_is_found_by_any_form_of_its_identifier_and_by_a_bare_lot_number(works: Firm, owner: Caller) -> None:
    forms = [DUMPLING_LOT, f"(01){DUMPLING}(10)D-1", f"01/{DUMPLING}/10/D-1", "urn:epc:class:lgtin:950600013.0433.D-1", "D-1"]
    answers = [await owner.ask(OBJECT, {"key": form}, Accept_Language="en") for form in forms]
    assert [answer["traceableObject"]["key"] for answer in answers] == [f"01/{DUMPLING}/10/D-1"] * len(forms)


async def test_object_tells_names_units_positions_and_timeline(works: Firm, owner: Caller) -> None:
    found = (await owner.ask(OBJECT, {"key": DUMPLING_LOT}, Accept_Language="en-GB,zh;q=0.3"))["traceableObject"]
    assert {name: found[name] for name in ("kind", "gtin", "code", "productName", "unitsCount", "holdCauses")} == {
        "kind": "LOT", "gtin": DUMPLING, "code": "D-1", "productName": "Dumplings", "unitsCount": 2, "holdCauses": [],
    }  # fmt: skip
    assert found["product"]["names"] == {"zh": "饺子", "en": "Dumplings"}
    assert found["positions"] == [{"place": PLANT, "quantity": "10", "uom": "KGM", "location": {"name": "Plant"}}]
    assert found["timeline"] == {
        "nodes": [{"type": "TRANSFORMATION", "bizStep": "creating_class_instance", "location": {"name": "Plant"}}],
        "pageInfo": {"hasNextPage": False},
    }


async def test_names_are_chinese_where_the_caller_asks_for_nothing_else(works: Firm, owner: Caller) -> None:
    assert (await owner.ask(OBJECT, {"key": FLOUR_LOT}))["traceableObject"]["productName"] == "面粉"


async def test_object_that_is_not_known_is_an_error_that_says_what_to_do(works: Firm, owner: Caller) -> None:
    refusal = await owner.refusal(OBJECT, {"key": lot(FLOUR, "nobody's")})
    assert (refusal["code"], refusal["field"]) == ("OBJECT_NOT_FOUND", "key")


TRACE = """
query($key: String!, $direction: TraceDirection!, $first: Int!, $after: String) { trace(key: $key, direction: $direction) {
  start { key } direction nodeCount linkCount
  nodes(first: 100) { nodes { object { key kind productName } steps certainty } }
  links(first: $first, after: $after) { edges { cursor node { parent { code } child { code } kind certainty doubt quantity uom event { bizStep } } }
    pageInfo { hasNextPage endCursor } }
  gaps(first: 10) { nodes { product { key } } }
  shipments(first: 10) { nodes { shipment { toParty customerName shippedAt document origin { name } }
    lots { object { key } quantity uom certainty } } }
} }
"""


async def test_forward_trace_reaches_the_customer_by_name(works: Firm, owner: Caller) -> None:
    found = (await owner.ask(TRACE, {"key": FLOUR_LOT, "direction": "FORWARD", "first": 50}, Accept_Language="en"))["trace"]
    assert [node["object"]["kind"] for node in found["nodes"]["nodes"]] == ["LOT", "TRANSFORMATION", "LOT"]
    assert [node["object"]["productName"] for node in found["nodes"]["nodes"]] == ["Flour", None, "Dumplings"]
    assert [node["steps"] for node in found["nodes"]["nodes"]] == [0, 1, 2]
    assert found["shipments"]["nodes"] == [
        {
            "shipment": {
                "toParty": CUSTOMER, "customerName": "Customer", "shippedAt": "2026-03-02T08:30:00.000Z", "document": None,
                "origin": {"name": "Plant"},
            },
            "lots": [{"object": {"key": f"01/{DUMPLING}/10/D-1"}, "quantity": "1", "uom": "", "certainty": "CERTAIN"}],
        }
    ]  # fmt: skip


async def test_backward_trace_of_a_sold_unit_goes_through_its_lot_and_has_no_shipments(works: Firm, owner: Caller) -> None:
    found = (await owner.ask(TRACE, {"key": DUMPLING_UNIT, "direction": "BACKWARD", "first": 50}))["trace"]
    keys = [node["object"]["key"] for node in found["nodes"]["nodes"]]
    assert f"01/{DUMPLING}/10/D-1" in keys
    assert f"01/{FLOUR}/10/F-1" in keys
    assert found["shipments"]["nodes"] == []


async def test_links_come_in_pages_that_join_without_gap_or_repetition(works: Firm, owner: Caller) -> None:
    whole = (await owner.ask(TRACE, {"key": FLOUR_LOT, "direction": "FORWARD", "first": 50}))["trace"]["links"]
    assert [edge["node"]["kind"] for edge in whole["edges"]] == ["INPUT", "OUTPUT"]
    assert whole["edges"][0]["node"]["event"] == {"bizStep": "creating_class_instance"}
    cursor, collected = None, []
    for more in (True, False):
        page = (await owner.ask(TRACE, {"key": FLOUR_LOT, "direction": "FORWARD", "first": 1, "after": cursor}))["trace"]["links"]
        assert page["pageInfo"]["hasNextPage"] is more
        cursor = page["pageInfo"]["endCursor"]
        collected += page["edges"]
    assert collected == whole["edges"]


async def test_trace_before_the_making_leaves_its_links_out(works: Firm, owner: Caller) -> None:
    query = 'query($key: String!) { trace(key: $key, direction: FORWARD, asOf: "2026-03-02T16:05:00+08:00") { linkCount asOf } }'
    assert (await owner.ask(query, {"key": FLOUR_LOT}))["trace"] == {"linkCount": 0, "asOf": "2026-03-02T08:05:00.000Z"}


CONTENTS = """
query($key: String!, $asOf: DateTime) { containerContents(key: $key, asOf: $asOf, first: 10) {
  nodes { container { key } object { code productName } quantity since until } } }
"""


async def test_contents_of_a_pallet_are_as_of_a_time(works: Firm, owner: Caller) -> None:
    now = (await owner.ask(CONTENTS, {"key": PALLET}))["containerContents"]["nodes"]
    before = (await owner.ask(CONTENTS, {"key": PALLET, "asOf": "2026-03-02T08:19:00Z"}))["containerContents"]["nodes"]
    assert [(content["object"], content["until"]) for content in now] == [({"code": "S-1", "productName": "饺子"}, None)]
    assert before == []


EVENTS = """
query($filter: EventFilter, $first: Int, $after: String, $last: Int, $before: String) {
  events(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { id type action bizStep eventTime eventTimeZoneOffset recordTime eventID superseded body
      objects(first: 10) { nodes { role quantity uom object { code } } } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }
"""


def _steps(answer: dict[str, Any]) -> list[str]:
    return [edge["node"]["bizStep"] for edge in answer["events"]["edges"]]


STEPS = ["commissioning", "creating_class_instance", "commissioning", "packing", "shipping"]


async def test_events_come_in_the_order_of_commits_forwards_and_backwards(works: Firm, owner: Caller) -> None:
    first = await owner.ask(EVENTS, {"first": 3})
    rest = await owner.ask(EVENTS, {"first": 3, "after": first["events"]["pageInfo"]["endCursor"]})
    assert _steps(first) + _steps(rest) == STEPS
    assert (first["events"]["pageInfo"]["hasNextPage"], rest["events"]["pageInfo"]["hasNextPage"]) == (True, False)
    last = await owner.ask(EVENTS, {"last": 2})
    earlier = await owner.ask(EVENTS, {"last": 3, "before": last["events"]["pageInfo"]["startCursor"]})
    assert _steps(earlier) + _steps(last) == STEPS
    assert (last["events"]["pageInfo"]["hasPreviousPage"], earlier["events"]["pageInfo"]["hasPreviousPage"]) == (True, False)


async def test_event_shows_its_body_as_captured_with_every_digit(firm: Firm, services: Services, owner: Caller) -> None:
    given = made(amounts=[quantity(FLOUR_LOT, 100)])
    [outcome] = await capture(services, firm.tenant_id, given)
    query = "query($id: ID!) { event(id: $id) { eventID body objects(first: 5) { nodes { role quantity uom object { code } } } } }"
    event = (await owner.ask(query, {"id": global_id("Event", str(outcome.public_id))}))["event"]
    context = event["body"].pop("@context")
    assert context == ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]
    assert event["body"] == given
    assert event["eventID"] == given["eventID"]
    assert event["objects"]["nodes"] == [{"role": "SUBJECT", "quantity": "100", "uom": "KGM", "object": {"code": "F-1"}}]


async def test_each_filter_narrows_the_events(works: Firm, owner: Caller) -> None:
    expected: list[tuple[dict[str, Any], list[str]]] = [
        ({"types": ["AGGREGATION", "TRANSFORMATION"]}, ["creating_class_instance", "packing"]),
        ({"bizSteps": ["shipping"]}, ["shipping"]),
        ({"dispositions": ["in_transit"]}, ["shipping"]),
        ({"readPoints": [PLANT]}, ["shipping"]),
        ({"bizLocations": [PLANT]}, STEPS[:4]),
        ({"objectKey": PALLET}, ["packing", "shipping"]),
        ({"objectKey": "nobody's"}, []),
        ({"eventTimeFrom": "2026-03-02T08:20:00Z"}, ["packing", "shipping"]),
        ({"eventTimeTo": "2026-03-02T08:20:00Z"}, STEPS[:3]),
        ({"eventTimeFrom": "2026-03-02T08:10:00Z", "bizSteps": ["commissioning"]}, ["commissioning"]),
        ({"recordTimeTo": "2020-01-01T00:00:00Z"}, []),
        ({"recordTimeFrom": "2020-01-01T00:00:00Z"}, STEPS),
    ]
    for condition, steps in expected:
        assert (_steps(await owner.ask(EVENTS, {"filter": condition, "first": 10})), condition) == (steps, condition)
    one = (await owner.ask(EVENTS, {"last": 1}))["events"]["edges"][0]["node"]
    assert _steps(await owner.ask(EVENTS, {"filter": {"eventIDs": [one["eventID"]]}, "first": 10})) == ["shipping"]


async def test_lines_of_an_event_come_in_pages_forwards_and_backwards(firm: Firm, services: Services, owner: Caller) -> None:
    names = [lot(FLOUR, f"L{number}") for number in range(7)]
    [outcome] = await capture(services, firm.tenant_id, made(amounts=[quantity(name, 1) for name in names]))
    query = """query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { event(id: $id) {
      objects(first: $first, after: $after, last: $last, before: $before) {
        nodes { object { code } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
    event_id = global_id("Event", str(outcome.public_id))

    async def page(**arguments: Any) -> dict[str, Any]:
        found: dict[str, Any] = (await owner.ask(query, {"id": event_id, **arguments}))["event"]["objects"]
        return found

    def codes(found: dict[str, Any]) -> list[str]:
        return [node["object"]["code"] for node in found["nodes"]]

    first = await page(first=3)
    second = await page(first=4, after=first["pageInfo"]["endCursor"])
    assert codes(first) + codes(second) == [f"L{number}" for number in range(7)]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    last = await page(last=3)
    earlier = await page(last=10, before=last["pageInfo"]["startCursor"])
    assert codes(earlier) + codes(last) == [f"L{number}" for number in range(7)]
    assert (last["pageInfo"]["hasPreviousPage"], earlier["pageInfo"]["hasPreviousPage"]) == (True, False)


async def test_timeline_is_newest_first_in_pages_both_ways(works: Firm, owner: Caller) -> None:
    query = """query($key: String!, $first: Int, $after: String, $last: Int, $before: String) { traceableObject(key: $key) {
      timeline(first: $first, after: $after, last: $last, before: $before) { nodes { bizStep } pageInfo { hasNextPage startCursor endCursor } } } }"""

    async def page(**arguments: Any) -> dict[str, Any]:
        found: dict[str, Any] = (await owner.ask(query, {"key": PALLET, **arguments}))["traceableObject"]["timeline"]
        return found

    newest = await page(first=1)
    assert newest["nodes"] == [{"bizStep": "shipping"}]
    assert newest["pageInfo"]["hasNextPage"] is True
    assert (await page(first=5, after=newest["pageInfo"]["endCursor"]))["nodes"] == [{"bizStep": "packing"}]
    oldest = await page(last=1)
    assert oldest["nodes"] == [{"bizStep": "packing"}]
    assert (await page(last=5, before=oldest["pageInfo"]["startCursor"]))["nodes"] == [{"bizStep": "shipping"}]


async def test_shipments_newest_first_with_what_they_carry(works: Firm, services: Services, owner: Caller) -> None:
    await capture(services, works.tenant_id, shipped([], [quantity(DUMPLING_LOT, 2)], minutes=40))
    query = """query($first: Int, $after: String, $last: Int) { shipments(first: $first, after: $after, last: $last) {
      nodes { shippedAt direction customer { name } lots { quantity uom object { code } } event { bizStep } } pageInfo { endCursor } } }"""
    newest = (await owner.ask(query, {"first": 1}))["shipments"]
    assert newest["nodes"] == [
        {
            "shippedAt": "2026-03-02T08:40:00.000Z", "direction": "OUTBOUND", "customer": {"name": "客户"},
            "lots": [{"quantity": "2", "uom": "KGM", "object": {"code": "D-1"}}], "event": {"bizStep": "shipping"},
        }
    ]  # fmt: skip
    next_page = (await owner.ask(query, {"first": 1, "after": newest["pageInfo"]["endCursor"]}))["shipments"]["nodes"]
    oldest = (await owner.ask(query, {"last": 1}))["shipments"]["nodes"]
    assert [node["shippedAt"] for node in next_page] == ["2026-03-02T08:30:00.000Z"]
    assert oldest == next_page


async def test_catalogue_lists_in_pages_both_ways(works: Firm, owner: Caller) -> None:
    query = """query($first: Int, $after: String, $last: Int) { products(first: $first, after: $after, last: $last) {
      nodes { gtin kind uom published } pageInfo { endCursor } } }"""
    first = (await owner.ask(query, {"first": 1}))["products"]
    assert first["nodes"] == [{"gtin": FLOUR, "kind": "RAW", "uom": "KGM", "published": False}]
    assert (await owner.ask(query, {"first": 5, "after": first["pageInfo"]["endCursor"]}))["products"]["nodes"][0]["gtin"] == DUMPLING
    assert (await owner.ask(query, {"last": 1}))["products"]["nodes"][0]["gtin"] == DUMPLING
    places = await owner.ask(
        "{ locations(first: 5) { nodes { place name own timeZone parent { name } } } partners(first: 5) { nodes { party customer } } }"
    )
    assert places == {
        "locations": {"nodes": [{"place": PLANT, "name": "工厂", "own": True, "timeZone": "Asia/Shanghai", "parent": None}]},
        "partners": {"nodes": [{"party": CUSTOMER, "customer": True}]},
    }


async def test_me_tells_who_calls(firm: Firm, owner: Caller) -> None:
    me = (await owner.ask("{ me { tenant displayName roles permissions } }"))["me"]
    assert (me["tenant"], me["roles"]) == (firm.slug, ["owner"])
    assert "holds.place" in me["permissions"]


async def test_node_finds_every_type_by_the_id_that_lists_give(works: Firm, owner: Caller) -> None:
    lists = await owner.ask(
        """query($key: String!) { events(first: 1) { nodes { id } } shipments(first: 1) { nodes { id } } products(first: 1) { nodes { id } }
           locations(first: 1) { nodes { id } } partners(first: 1) { nodes { id } } traceableObject(key: $key) { id } }""",
        {"key": FLOUR_LOT},
    )
    ids = [found.get("id") or found["nodes"][0]["id"] for found in lists.values()]
    for identifier in ids:
        node = (await owner.ask("query($id: ID!) { node(id: $id) { __typename id } }", {"id": identifier}))["node"]
        assert node["id"] == identifier
    assert (await owner.ask("query($id: ID!) { node(id: $id) { id } }", {"id": "bm90aGluZw"}))["node"] is None


async def test_cost_is_told_with_every_answer(works: Firm, owner: Caller) -> None:
    answer = (await owner.post("{ events(first: 20) { nodes { id } } }")).json()
    assert answer["extensions"]["cost"] == {"requested": 21, "limit": 5_000}
