"""Records read out of events, as who asks for them gets them."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from backend.services import Services
from tenants.permissions import Role
from tests.factories import capture, declared_wrong, lot, quantity
from tests.firms import Firm
from tests.fsma204.farm import (
    BUTTER,
    BUYER,
    CODE,
    FARM,
    HARVEST_LOT,
    HEADS,
    NUTS,
    PACKED_LOT,
    PACKHOUSE,
    PALLET,
    ROMAINE,
    TUNA,
    Asker,
    cooling,
    event,
    harvest,
    keep_catalogue,
    packing,
    palletised,
    received,
    shipping,
    tell_all,
    tell_day,
    value,
)


@pytest.fixture
async def asker(services: Services, firm: Firm, client: httpx.AsyncClient, bearer: Callable[..., Awaitable[dict[str, str]]]) -> Asker:
    await keep_catalogue(services, firm)
    return Asker(client, await bearer(firm))


async def test_day_of_a_packer_gives_each_event_its_record_and_no_record_before_packing(services: Services, firm: Firm, asker: Asker) -> None:
    await tell_day(services, firm)
    records = await asker.records(lots=[PACKED_LOT, HARVEST_LOT])
    assert [record["cte"] for record in records] == ["HARVESTING", "COOLING", "INITIAL_PACKING", "SHIPPING"]
    assert [record["citation"] for record in records] == ["21 CFR 1.1325(a)", "21 CFR 1.1325(b)", "21 CFR 1.1330(a)", "21 CFR 1.1340"]
    assert {record["category"] for record in records} == {"Leafy greens (fresh)"}
    shipped = records[3]
    assert shipped["lotCode"] == CODE
    assert (value(shipped, "Quantity: quantity"), value(shipped, "Quantity: unit of measure")) == ("6", "CS")
    assert value(shipped, "Reference document: type") == "Bill of lading"
    assert value(shipped, "Reference document: number") == "BOL-2"
    assert value(shipped, "Traceability lot code source: name") == "Green Packhouse"
    # 08:00 UTC and 150 minutes are still the night's first hours on the coast.
    assert value(shipped, "Date shipped") == "2026-03-02"
    packed = records[2]
    assert value(packed, "Farm of harvest: name") == "Green Farm"
    assert value(packed, "Field or growing area") == "Field 7, block C"
    assert (value(packed, "Quantity received: quantity"), value(packed, "Quantity received: unit of measure")) == ("200", "LBR")
    assert value(packed, "Location of cooling: name") == "Green Packhouse"
    assert value(packed, "Date received") == "2026-03-02"


async def test_what_is_lacking_is_told_with_paragraph_and_mend_and_nothing_lacks_once_it_is_told(
    services: Services, firm: Firm, asker: Asker
) -> None:
    await tell_day(services, firm)
    shipped = (await asker.records(lots=[PACKED_LOT], events=["SHIPPING"]))[0]
    assert not shipped["complete"]
    lacking = {one["citation"]: one for one in shipped["missing"]}
    assert set(lacking) == {"21 CFR 1.1340(a)(3)", "21 CFR 1.1340(a)(4)", "21 CFR 1.1340(a)(5)", "21 CFR 1.1340(a)(7)"}
    assert lacking["21 CFR 1.1340(a)(4)"]["mend"] == f"Complete {BUYER} with putFoodPlaces."
    assert lacking["21 CFR 1.1340(a)(3)"]["mend"] == f"Complete product {HEADS} with putFoodProducts."
    await tell_all(asker)
    records = await asker.records(lots=[PACKED_LOT, HARVEST_LOT])
    assert [(record["cte"], record["missing"]) for record in records if not record["complete"]] == []


async def test_shipper_need_not_hand_over_his_paper(services: Services, firm: Firm, asker: Asker) -> None:
    await capture(services, firm.tenant_id, harvest(), packing(), palletised(), shipping(bizTransactionList=None))
    await tell_all(asker)
    query = """query ($select: Fsma204Selection!, $purpose: RecordPurpose!) {
      fsma204Records(select: $select, purpose: $purpose, first: 5) { nodes { complete missing { citation } } } }"""
    select = {"lots": [PACKED_LOT], "events": ["SHIPPING"]}
    ours = (await asker.ask(query, {"select": select, "purpose": "RECORD"}))["fsma204Records"]["nodes"]
    theirs = (await asker.ask(query, {"select": select, "purpose": "HANDOVER"}))["fsma204Records"]["nodes"]
    assert ours == [{"complete": False, "missing": [{"citation": "21 CFR 1.1340(a)(8)"}]}]
    assert theirs == [{"complete": True, "missing": []}]


async def test_transformation_has_a_line_for_each_lot_used_and_made(services: Services, firm: Firm, asker: Asker) -> None:
    made, used = lot(BUTTER, "B1"), lot(NUTS, "N1")
    await capture(
        services, firm.tenant_id,
        event(
            "TransformationEvent", 10, bizStep="creating_class_instance", bizLocation={"id": PACKHOUSE},
            inputQuantityList=[quantity(used, 10), quantity(lot(TUNA, "T1"), 1)], outputQuantityList=[quantity(made, 9)],
        ),
    )  # fmt: skip
    records = await asker.records(lots=[made])
    # Peanuts aren't on the list, so that only what is counts among what was used.
    assert [(record["side"], record["lotCode"]) for record in records] == [("USED", f"(01){TUNA}(10)T1"), ("LOT", f"(01){BUTTER}(10)B1")]
    assert len({record["link"] for record in records}) == 1
    every = await asker.records(lots=[made], foods="ALL")
    assert [record["lotCode"] for record in every if record["side"] == "USED"] == [f"(01){TUNA}(10)T1", f"(01){NUTS}(10)N1"]


async def test_landing_receipt_from_an_exempt_person_and_packing_of_his_food_are_events_of_their_own(
    services: Services, firm: Firm, asker: Asker
) -> None:
    fish, butter = lot(TUNA, "T9"), lot(BUTTER, "B9")
    landed = event(
        "ObjectEvent", 5, action="ADD", bizStep="urn:gdst:bizStep:landing", quantityList=[quantity(fish, 300)], bizLocation={"id": PACKHOUSE},
        ilmd={"cbvmda:harvestStartDate": "2026-02-20", "cbvmda:harvestEndDate": "2026-02-27", "cbvmda:catchArea": "FAO 77",
              "cbvmda:speciesForFisheryStatisticsPurposesName": "Thunnus albacares"},
        bizTransactionList=[{"type": "recadv", "bizTransaction": "urn:epcglobal:cbv:bt:9506000134017:L-1"}],
    )  # fmt: skip
    bought = event(
        "ObjectEvent", 6, action="OBSERVE", bizStep="receiving", quantityList=[quantity(butter, 20)], bizLocation={"id": PACKHOUSE},
        sourceList=[{"type": "owning_party", "source": BUYER}],
    )  # fmt: skip
    await capture(services, firm.tenant_id, landed, bought)
    [of_fish] = await asker.records(lots=[fish])
    assert of_fish["cte"] == "FIRST_LAND_BASED_RECEIVING"
    assert value(of_fish, "Species or acceptable market name") == "Thunnus albacares"
    assert (value(of_fish, "Harvest date, from"), value(of_fish, "Harvest date, until")) == ("2026-02-20", "2026-02-27")
    assert value(of_fish, "Harvest locations") == "FAO 77"
    [plain] = await asker.records(lots=[butter])
    assert plain["cte"] == "RECEIVING"
    assert "21 CFR 1.1345(a)(7)" in [one["citation"] for one in plain["missing"]]
    await asker.ask(
        "mutation ($input: PutFoodPlacesInput!) { putFoodPlaces(input: $input) { userErrors { code } } }",
        {"input": {"places": [{"place": BUYER, "exempt": True}, {"place": FARM, "exempt": True}]}},
    )
    [exempt] = await asker.records(lots=[butter])
    assert exempt["cte"] == "RECEIVING_EXEMPT"
    assert "21 CFR 1.1345(a)(7)" not in [one["citation"] for one in exempt["missing"]]
    await capture(services, firm.tenant_id, harvest(), received(), packing())
    assert [record["cte"] for record in await asker.records(lots=[PACKED_LOT])] == ["INITIAL_PACKING_EXEMPT"]


async def test_sprouts_have_a_record_more(services: Services, firm: Firm, asker: Asker) -> None:
    sprouts = {"names": {"en": "Fresh alfalfa sprouts"}, "kind": "FINISHED"}
    await asker.ask(
        "mutation ($input: PutProductsInput!) { putProducts(input: $input) { userErrors { code } } }",
        {"input": {"products": [{"gtin": HEADS, **sprouts}, {"gtin": ROMAINE, **sprouts}]}},
    )
    seeds = {"suyuan:seedSupplier": "Seed Co", "suyuan:seedType": "Medicago sativa", "suyuan:seedReceiptDate": "2026-02-01"}
    await capture(services, firm.tenant_id, harvest(), packing(ilmd=seeds))
    records = await asker.records(lots=[PACKED_LOT])
    assert [record["cte"] for record in records] == ["INITIAL_PACKING", "SPROUTS"]
    assert value(records[1], "Seed type or taxonomic name") == "Medicago sativa"
    assert "21 CFR 1.1330(b)(6)" not in [one["citation"] for one in records[1]["missing"]]


async def test_pallet_of_unknown_contents_is_a_record_that_lacks_its_lot(services: Services, firm: Firm, asker: Asker) -> None:
    await capture(services, firm.tenant_id, shipping())
    [record] = await asker.records(**{"from": "2026-03-02T00:00:00Z", "until": "2026-03-03T00:00:00Z"})
    assert (record["cte"], record["listed"]) == ("SHIPPING", "UNDETERMINED")
    assert "21 CFR 1.1340(a)(1)" in [one["citation"] for one in record["missing"]]


async def test_own_word_about_the_event_and_own_lot_code_go_before_what_follows_from_it(services: Services, firm: Firm, asker: Asker) -> None:
    told: dict[str, Any] = {"suyuan:criticalTrackingEvent": "none"}
    code: dict[str, Any] = {"suyuan:traceabilityLotCode": "TLC-77"}
    await capture(services, firm.tenant_id, harvest(**told), cooling(**code))
    records = await asker.records(lots=[HARVEST_LOT])
    assert [(record["cte"], record["lotCode"]) for record in records] == [("COOLING", "TLC-77")]


async def test_what_was_declared_wrong_is_no_record(services: Services, firm: Firm, asker: Asker) -> None:
    wrong = shipping()
    await capture(services, firm.tenant_id, harvest(), packing(), palletised(), wrong)
    assert "SHIPPING" in [record["cte"] for record in await asker.records(lots=[PACKED_LOT])]
    await capture(services, firm.tenant_id, declared_wrong(wrong))
    assert "SHIPPING" not in [record["cte"] for record in await asker.records(lots=[PACKED_LOT])]


async def test_list_is_paged_both_ways_through_events_of_several_records(services: Services, firm: Firm, asker: Asker) -> None:
    await tell_day(services, firm)
    query = """query ($select: Fsma204Selection!, $first: Int, $after: String, $last: Int, $before: String) {
      fsma204Records(select: $select, first: $first, after: $after, last: $last, before: $before) {
        edges { cursor node { cte } } pageInfo { hasNextPage hasPreviousPage endCursor startCursor } } }"""
    for select in (
        {"lots": [PACKED_LOT, HARVEST_LOT]}, {"from": "2026-03-01T00:00:00Z", "until": "2026-03-09T00:00:00Z"},
    ):  # fmt: skip
        forward, after = [], None
        while True:
            found = (await asker.ask(query, {"select": select, "first": 3, "after": after}))["fsma204Records"]
            forward += [edge["node"]["cte"] for edge in found["edges"]]
            after = found["pageInfo"]["endCursor"]
            if not found["pageInfo"]["hasNextPage"]:
                break
        backward: list[str] = []
        before = None
        while True:
            found = (await asker.ask(query, {"select": select, "last": 3, "before": before}))["fsma204Records"]
            backward = [edge["node"]["cte"] for edge in found["edges"]] + backward
            before = found["pageInfo"]["startCursor"]
            if not found["pageInfo"]["hasPreviousPage"]:
                break
        assert forward == backward == ["HARVESTING", "COOLING", "INITIAL_PACKING", "SHIPPING"]
    odd = await asker.raw(query, {"select": {"lots": [PACKED_LOT]}, "first": 3, "after": "bm8"})
    assert odd["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_check_counts_by_event_and_by_element(services: Services, firm: Firm, asker: Asker) -> None:
    await tell_day(services, firm)
    query = """query ($select: Fsma204Selection!) { fsma204Completeness(select: $select) {
      events truncated records complete byEvent { cte citation records complete missing { citation records } } } }"""
    select = {"from": "2026-03-01T00:00:00Z", "until": "2026-03-09T00:00:00Z"}
    found = (await asker.ask(query, {"select": select}))["fsma204Completeness"]
    assert (found["records"], found["complete"], found["truncated"]) == (4, 0, False)
    shipped = found["byEvent"][-1]
    assert (shipped["cte"], shipped["records"]) == ("SHIPPING", 1)
    assert {"citation": "21 CFR 1.1340(a)(4)", "records": 1} in shipped["missing"]
    await tell_all(asker)
    found = (await asker.ask(query, {"select": select}))["fsma204Completeness"]
    assert (found["records"], found["complete"]) == (4, 4)


async def test_selection_that_makes_no_sense_is_refused_with_what_to_do(services: Services, firm: Firm, asker: Asker) -> None:
    for select in ({}, {"lots": [""]}, {"from": "2026-03-02T00:00:00Z"}, {"from": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
                   {"from": "2000-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, {"lots": ["no such lot"]}, {"lots": [PALLET]},
                   {"lots": ["x"] * 501}):  # fmt: skip
        answer = await asker.raw("query ($s: Fsma204Selection!) { fsma204Records(select: $s, first: 1) { nodes { cte } } }", {"s": select})
        assert answer["errors"][0]["extensions"]["code"] in ("INVALID_INPUT", "NOT_FOUND", "OBJECT_NOT_FOUND"), select


async def test_foods_and_places_are_told_by_who_may_write_the_catalogue_and_by_no_other_tenant(
    services: Services, firm: Firm, other_firm: Firm, asker: Asker, client: httpx.AsyncClient, bearer: Callable[..., Awaitable[dict[str, str]]]
) -> None:
    await tell_all(asker)
    query = "{ foodProducts(first: 5) { nodes { gtin packagingSize } } foodPlaces(first: 5) { nodes { place phone } } }"
    assert len((await asker.ask(query))["foodPlaces"]["nodes"]) == 3
    stranger = Asker(client, await bearer(other_firm))
    assert await stranger.ask(query) == {"foodProducts": {"nodes": []}, "foodPlaces": {"nodes": []}}
    worker = Asker(client, await bearer(firm, Role.WORKER))
    answer = await worker.raw("mutation { putFoodPlaces(input: {places: []}) { userErrors { code } } }")
    assert answer["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
    refused = await asker.ask(
        "mutation ($input: PutFoodProductsInput!) { putFoodProducts(input: $input) { userErrors { code field } } }",
        {"input": {"products": [{"gtin": HEADS, "brand": "x" * 301}]}},
    )
    assert refused["putFoodProducts"]["userErrors"] == [{"code": "INVALID_INPUT", "field": "products.brand"}]


async def test_listing_of_a_food_is_told_with_its_reason(asker: Asker) -> None:
    found = await asker.ask('{ foodListing(description: "fresh spinach") { listed category reason exempt produce } }')
    assert found["foodListing"] == {
        "listed": "LISTED", "category": "Leafy greens (fresh)", "reason": "“spinach” is named by the entry, and no exclusion fits.",
        "exempt": False, "produce": True,
    }  # fmt: skip
