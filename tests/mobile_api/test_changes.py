"""The pull: every event once in the order of commits, master data and holds only when they have changed."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from backend.catalog import service as catalog
from backend.catalog.service import Location, Partner, Product, ProductKind
from backend.events.projection import Source
from infra.database import Gate
from tenants.permissions import Role
from tests.factories import CUSTOMER, DOUGH, DUMPLING, FLOUR, MEAT, PLANT, at, canonical, declared_wrong, lot, made, sscc, unit
from tests.mobile_api.phones import NewPhone, Phone, entry, item, packed, received, statuses

F1 = lot(FLOUR, "F1")


async def put_product(phone: Phone, gtin: str, name: str = "面粉") -> None:
    product = Product(gtin, {"zh": name}, ProductKind.RAW, uom="KGM", shelf_life_days=180)
    await phone.services.in_tenant(phone.firm.tenant_id, lambda tx: catalog.put_products(tx, phone.firm.principal, [product]))


async def all_pages(phone: Phone, since: str | int, **parameters: Any) -> tuple[list[dict[str, Any]], str]:
    """Every page from a cursor to the end."""
    pages = []
    more = True
    while more:
        page = await phone.pull(since, **parameters)
        pages.append(page)
        since, more = page["next"], page["more"]
    return pages, str(since)


async def test_first_pull_gives_everything_that_is_and_events_from_then_on(phone: Phone) -> None:
    await phone.send(received(F1))
    await put_product(phone, FLOUR)
    principal = phone.firm.principal
    place = Location(PLANT, {"en": "Plant"}, "site", own=True, time_zone="Asia/Shanghai")
    partner = Partner(CUSTOMER, {"en": "Customer"}, supplier=False, customer=True)
    await phone.services.in_tenant(phone.firm.tenant_id, lambda tx: catalog.put_locations(tx, principal, [place]))
    await phone.services.in_tenant(phone.firm.tenant_id, lambda tx: catalog.put_partners(tx, principal, [partner]))
    hold = await phone.hold(F1)
    first = await phone.pull()
    [held] = first["holds"].pop("inForce")
    assert held.pop("placedAt").endswith("Z")
    assert held == {"holdId": hold, "key": f"01/{FLOUR}/10/F1", "uri": F1, "reason": "metal found"}
    assert (first["events"], first["more"], first["holds"]["changed"]) == ([], False, True)
    assert first["products"] == [{"gtin": FLOUR, "names": {"zh": "面粉"}, "kind": "raw", "uom": "KGM", "shelfLifeDays": 180}]
    assert first["locations"] == [
        {"place": PLANT, "parentPlace": None, "names": {"en": "Plant"}, "kind": "site", "own": True, "timeZone": "Asia/Shanghai"}
    ]
    assert first["partners"] == [{"party": CUSTOMER, "names": {"en": "Customer"}, "supplier": False, "customer": True}]
    assert (await phone.pull(0))["events"][0]["seq"] == 1
    told = received(F1, 2)
    await phone.send(told)
    second = await phone.pull(first["next"])
    assert [event["clientId"] for event in second["events"]] == [told["id"]]
    assert (second["products"], second["locations"], second["partners"]) == ([], [], [])
    assert second["holds"] == {"version": first["holds"]["version"], "changed": False, "inForce": []}


async def test_events_are_compact_and_exact(phone: Phone) -> None:
    told = received(F1, 4, quantity="500.250")
    [answer] = await phone.send(told)
    [event] = (await phone.pull(0))["events"]
    assert event.pop("recordedAt").endswith("Z")
    assert event == {
        "seq": 1,
        "id": answer["eventId"],
        "clientId": told["id"],
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "step": "receiving",
        "disposition": "in_progress",
        "time": at(4),
        "offset": "+00:00",
        "place": PLANT,
        "objects": [{"key": f"01/{FLOUR}/10/F1", "role": "subject", "quantity": "500.25", "uom": "KGM"}],
        "objectCount": 1,
        "superseded": False,
        "corrects": None,
    }


async def test_pages_hold_every_event_once_in_order(phone: Phone) -> None:
    entries = [received(F1, number) for number in range(23)]
    await phone.send(*entries)
    pages, following = await all_pages(phone, 0, limit=5)
    assert [len(page["events"]) for page in pages] == [5, 5, 5, 5, 3]
    assert [event["clientId"] for page in pages for event in page["events"]] == [told["id"] for told in entries]
    assert [event["seq"] for page in pages for event in page["events"]] == list(range(1, 24))
    assert (await phone.pull(following))["events"] == []


async def test_a_bundle_tells_its_first_fifty_objects_and_how_many_there_are(phone: Phone) -> None:
    await phone.send(packed(sscc(1), [item(unit(DUMPLING, f"S{number:03d}")) for number in range(80)]))
    [event] = (await phone.pull(0))["events"]
    assert (event["objectCount"], len(event["objects"]), event["objects"][0]["role"]) == (81, 50, "parent")


async def test_a_correction_names_what_it_corrects(phone: Phone) -> None:
    wrong = made([unit(DUMPLING, "S1")])
    first = entry("epcis", 1, id=wrong["eventID"].removeprefix("urn:uuid:"), event=wrong)
    assert statuses(await phone.send(first, entry("epcis", 2, event=declared_wrong(wrong)))) == ["accepted", "accepted"]
    original, declaration = (await phone.pull(0))["events"]
    assert (original["superseded"], original["corrects"]) == (True, None)
    assert (declaration["corrects"], declaration["clientId"]) == (original["id"], None)


async def test_a_slow_transactions_events_are_never_passed_over(phone: Phone) -> None:
    [slow] = canonical(made([unit(DUMPLING, "SLOW")]))
    async with phone.services.database.tenant(phone.firm.tenant_id, gate=Gate.SHARED) as tx:
        await phone.services.capture.capture(tx, [slow], source=Source.EPCIS)
        quick = asyncio.create_task(phone.send(received(F1)))
        await asyncio.sleep(0.2)
        during = await phone.pull(0)
        assert during["events"] == []
    await quick
    seen = [event["seq"] for event in (await phone.pull(during["next"]))["events"]]
    assert seen == [1, 2]


async def test_a_slow_transactions_master_data_is_never_passed_over(phone: Phone) -> None:
    principal = phone.firm.principal
    async with phone.services.database.tenant(phone.firm.tenant_id) as tx:
        await catalog.put_products(tx, principal, [Product(FLOUR, {"en": "flour"}, ProductKind.RAW)])
        await put_product(phone, MEAT)
        during = await phone.pull()
        assert [product["gtin"] for product in during["products"]] == [MEAT]
    after = await phone.pull(during["next"])
    assert {product["gtin"] for product in after["products"]} >= {FLOUR}
    assert (await phone.pull(after["next"]))["products"] == []


async def test_master_data_comes_in_pages_and_again_when_it_changes(phone: Phone) -> None:
    for gtin in (FLOUR, MEAT, DOUGH, DUMPLING):
        await put_product(phone, gtin)
    first = await phone.pull(limit=3)
    second = await phone.pull(first["next"], limit=3)
    assert [len(page["products"]) for page in (first, second)] == [3, 1]
    assert (first["more"], second["more"]) == (True, False)
    assert {product["gtin"] for page in (first, second) for product in page["products"]} == {FLOUR, MEAT, DOUGH, DUMPLING}
    third = await phone.pull(second["next"], limit=3)
    assert third["products"] == []
    await put_product(phone, MEAT, "猪肉")
    fourth = await phone.pull(third["next"], limit=3)
    assert {"gtin": MEAT, "names": {"zh": "猪肉"}, "kind": "raw", "uom": "KGM", "shelfLifeDays": 180} in fourth["products"]


async def test_settled_master_data_is_left_behind_by_the_mark(phone: Phone) -> None:
    for gtin in (FLOUR, MEAT):
        await put_product(phone, gtin)
    async with phone.services.database.tenant(phone.firm.tenant_id) as tx:
        await tx.execute("update product set updated_at = updated_at - interval '1 hour' where tenant_id = $1")
    first = await phone.pull()
    assert len(first["products"]) == 2
    await put_product(phone, DOUGH)
    assert [product["gtin"] for product in (await phone.pull(first["next"]))["products"]] == [DOUGH]


async def test_holds_are_told_again_when_one_is_placed_or_released(phone: Phone) -> None:
    await phone.send(received(F1))
    empty = await phone.pull()
    assert (empty["holds"]["changed"], empty["holds"]["inForce"]) == (True, [])
    hold = await phone.hold(F1)
    held = await phone.pull(empty["next"])
    assert [each["holdId"] for each in held["holds"]["inForce"]] == [hold]
    await phone.release(hold)
    assert (await phone.pull(held["next"]))["holds"] == {**empty["holds"], "changed": True}


@pytest.mark.parametrize("since", ["-1", "1.5", "abc", "99999999999999999999", "%00", "W10", "e30", "WyJ4Il0", "[]", "é", "x" * 5_000, "9" * 300])
async def test_a_cursor_that_is_none_is_refused(phone: Phone, since: str) -> None:
    response = await phone.client.get("/mobile/v1/changes", params={"since": since}, headers=phone.headers)
    assert (response.status_code, response.json()["code"], response.json()["field"]) == (400, "INVALID_INPUT", "since")


@pytest.mark.parametrize("limit", ["0", "501", "many", "-5"])
async def test_a_limit_out_of_bounds_is_refused(phone: Phone, limit: str) -> None:
    response = await phone.client.get("/mobile/v1/changes", params={"limit": limit}, headers=phone.headers)
    assert (response.status_code, response.json()["code"]) == (400, "INVALID_INPUT")


async def test_a_sequence_number_beyond_the_end_gives_nothing(phone: Phone) -> None:
    await phone.send(received(F1))
    assert (await phone.pull(2**62))["events"] == []


async def test_another_tenant_with_the_same_codes_has_objects_of_its_own_and_sees_nothing(phone: Phone, other_phone: Phone) -> None:
    told = [received(F1, 1), packed(sscc(1), [item(F1, 2)], 2)]
    await put_product(phone, FLOUR)
    await phone.send(*told)
    await phone.hold(F1)
    before = await phone.told()
    theirs = await other_phone.pull(0)
    assert [theirs[part] for part in ("events", "products", "locations", "partners")] == [[]] * 4
    assert theirs["holds"]["inForce"] == []
    # The very same entry ids, objects and shipment: no duplicate there, no conflict, no hold.
    sent = [*told, entry("ship", 3, mode="command", goods=[item(F1, 1)], fromPlace=PLANT, toParty=CUSTOMER)]
    assert statuses(await other_phone.send(*sent)) == ["accepted"] * 3
    assert [event["seq"] for event in (await other_phone.pull((await phone.pull(0))["next"]))["events"]] == [3]
    assert await phone.told() == before


async def test_a_worker_pulls_too(new_phone: NewPhone) -> None:
    worker = await new_phone(role=Role.WORKER)
    assert UUID((await worker.send(received(F1)))[0]["eventId"]) == UUID((await worker.pull(0))["events"][0]["id"])


async def test_an_answer_is_json_without_floats(phone: Phone) -> None:
    await phone.send(received(F1, quantity="0.1"))
    response = await phone.client.get("/mobile/v1/changes?since=0", headers=phone.headers)

    def refuse(text: str) -> float:
        raise AssertionError(text)

    json.loads(response.content, parse_float=refuse)
    assert response.headers["cache-control"] == "no-store"
