"""Each kind of entry becomes the EPCIS event that it means, under the entry's own id."""

import json
from typing import Any
from uuid import uuid4

import pytest

from backend.trace import service as trace
from backend.trace.rules import Direction
from mobile_api import rules
from mobile_api.batch import Understood, read_batch
from tests.factories import CUSTOMER, DOUGH, DUMPLING, FLOUR, PLANT, START, declared_wrong, lot, made, sscc, unit
from tests.mobile_api.phones import Phone, consumed, entry, item, packed, produced, received, shipped, statuses

HERE = {"readPoint": {"id": PLANT}, "bizLocation": {"id": PLANT}}
TRANSFORMATION = "https://plant.example/xform/WO-1"


def batch(*entries: Any) -> bytes:
    return json.dumps({"entries": entries}).encode()


async def body_of(phone: Phone, told: dict[str, Any]) -> dict[str, Any]:
    """What is stored of one accepted entry, without what every event has."""
    [answer] = await phone.send(told)
    assert (answer["status"], answer["id"], answer["code"], answer["notes"]) == ("accepted", told["id"], None, [])
    body = (await phone.bodies())[told["id"]]
    assert body.pop("eventID") == f"urn:uuid:{told['id']}"
    assert body.pop("eventTimeZoneOffset") == "+00:00"
    assert body.pop("eventTime")[:10] == "2026-03-02"
    return body


async def test_receipt_is_an_object_event_with_exact_quantities(phone: Phone) -> None:
    goods = [item(f"(01){FLOUR}(10)F/1", "500.250"), item(sscc(1)), item(sscc(1)), item(f"01/{DOUGH}", 3)]
    told = entry("receive", goods=goods, place="(414)9506000134000", fromParty=CUSTOMER, document="https://plant.example/desadv/9")
    assert await body_of(phone, told) == {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "receiving",
        "disposition": "in_progress",
        **HERE,
        "epcList": [sscc(1)],
        "quantityList": [
            {"epcClass": f"https://id.gs1.org/01/{FLOUR}/10/F%2F1", "quantity": 500.25, "uom": "KGM"},
            {"epcClass": f"https://id.gs1.org/01/{DOUGH}", "quantity": 3, "uom": "KGM"},
        ],
        "sourceList": [{"type": "owning_party", "source": CUSTOMER}],
        "bizTransactionList": [{"type": "desadv", "bizTransaction": "https://plant.example/desadv/9"}],
    }


async def test_consumption_and_production_meet_in_their_transformation(phone: Phone) -> None:
    entries = [produced([lot(DOUGH, "D1")], TRANSFORMATION, 1, expiresOn="2027-01-31"), consumed([lot(FLOUR, "F1")], TRANSFORMATION, 2)]
    assert statuses(await phone.send(*entries)) == ["accepted", "accepted"]
    body = (await phone.bodies())[entries[0]["id"]]
    assert body["ilmd"] == {"cbvmda:itemExpirationDate": "2027-01-31"}
    assert body["outputQuantityList"] == [{"epcClass": lot(DOUGH, "D1"), "quantity": 20, "uom": "KGM"}]
    async with phone.services.database.tenant(phone.firm.tenant_id) as tx:
        answer = await trace.trace(tx, lot(FLOUR, "F1"), Direction.FORWARD)
    assert {node.thing.code for node in answer.nodes} >= {"F1", "D1"}


async def test_inspection_keeps_its_note_and_photos(phone: Phone) -> None:
    photo = str(uuid4())
    told = entry("inspect", goods=[item(unit(DUMPLING, "S1"))], place=PLANT, result="fail", note="包装破损 🥟", photos=[photo])
    assert await body_of(phone, told) == {
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "bizStep": "inspecting",
        "disposition": "non_conformant",
        **HERE,
        "epcList": [unit(DUMPLING, "S1")],
        "suyuan:note": "包装破损 🥟",
        "suyuan:photos": [photo],
    }
    async with phone.services.database.tenant(phone.firm.tenant_id) as tx:
        assert await tx.fetchval("select context from event where tenant_id = $1") == '[{"suyuan":"https://ns.suyuan.example/epcis/"}]'


async def test_unit_scanned_with_its_lot_teaches_membership_when_packed(phone: Phone) -> None:
    told = packed(sscc(2), [item(f"(01){DUMPLING}(10)P1(21)S1"), item(lot(DUMPLING, "P2"), "2.5")])
    body = await body_of(phone, told)
    assert body == {
        "type": "AggregationEvent",
        "action": "ADD",
        "bizStep": "packing",
        "parentID": sscc(2),
        **HERE,
        "childEPCs": [f"https://id.gs1.org/01/{DUMPLING}/10/P1/21/S1"],
        "childQuantityList": [{"epcClass": lot(DUMPLING, "P2"), "quantity": 2.5, "uom": "KGM"}],
    }
    async with phone.services.database.tenant(phone.firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from unit_membership where tenant_id = $1") == 1


async def test_unpacking_without_contents_empties_the_container(phone: Phone) -> None:
    entries = [packed(sscc(3), [item(unit(DUMPLING, "S1")), item(unit(DUMPLING, "S2"))], 1), entry("unpack", 2, container=sscc(3), place=PLANT)]
    assert statuses(await phone.send(*entries)) == ["accepted", "accepted"]
    async with phone.services.database.tenant(phone.firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from containment where tenant_id = $1 and valid_to < 'infinity'") == 2


async def test_observation_names_any_step_of_the_vocabulary(phone: Phone) -> None:
    told = entry("observe", goods=[item(unit(DUMPLING, "S1"))], place=PLANT, step="stock_taking", disposition="sellable_accessible")
    body = await body_of(phone, told)
    assert (body["bizStep"], body["disposition"]) == ("stock_taking", "sellable_accessible")


async def test_shipment_by_command_stores_a_shipment(phone: Phone) -> None:
    told = shipped([item(lot(FLOUR, "F1"), "1.5")], mode="command", occurredAt="2026-03-02T16:05:00.000+08:00")
    assert statuses(await phone.send(received(lot(FLOUR, "F1")), told)) == ["accepted", "accepted"]
    body = (await phone.bodies())[told["id"]]
    assert (body["eventTime"], body["eventTimeZoneOffset"]) == ("2026-03-02T08:05:00.000Z", "+08:00")
    async with phone.services.database.tenant(phone.firm.tenant_id) as tx:
        row = await tx.fetchrow("select s.to_party, r.quantity from shipment s join lot_shipment r on r.tenant_id = $1 where s.tenant_id = $1")
        assert await tx.fetchval("select actor from audit_entry where tenant_id = $1 and action = 'shipment.shipped'") == "A owner"
    assert row is not None
    assert (row["to_party"], str(row["quantity"])) == (CUSTOMER, "1.5")


async def test_raw_epcis_event_takes_the_entrys_id(phone: Phone) -> None:
    event = made([unit(DUMPLING, "S1")])
    del event["eventID"]
    told = entry("epcis", event=event)
    assert (await body_of(phone, told))["epcList"] == [unit(DUMPLING, "S1")]


async def test_correction_supersedes_the_entry_whose_id_it_names(phone: Phone) -> None:
    wrong = made([unit(DUMPLING, "S1")])
    first = entry("epcis", 1, id=wrong["eventID"].removeprefix("urn:uuid:"), event=wrong)
    correction = entry("epcis", 2, event=declared_wrong(wrong))
    assert statuses(await phone.send(first, correction)) == ["accepted", "accepted"]
    assert statuses(await phone.send(correction)) == ["duplicate"]
    async with phone.services.database.tenant(phone.firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from event where tenant_id = $1 and superseded_by is not null") == 1


async def test_raw_event_under_another_id_waits_for_a_person(phone: Phone) -> None:
    told = entry("epcis", event=made([unit(DUMPLING, "S1")]))
    [answer] = await phone.send(told)
    assert (answer["status"], answer["code"], answer["eventId"]) == ("needs_review", "INVALID_INPUT", None)
    [(raw, reason)] = await phone.in_review()
    assert told["event"]["eventID"] in raw
    assert told["id"] in reason
    assert await phone.bodies() == {}


@pytest.mark.parametrize("goods", [[item(lot(FLOUR, "F1"), "1.50")], [item(f"(00){sscc(4)[-18:]}"), item(f"urn:epc:id:sgtin:9506000.{'013433'}.S9")]])
def test_the_same_shipment_told_as_command_and_as_fact_says_the_same(goods: list[dict[str, Any]]) -> None:
    told = shipped(goods, document="https://plant.example/desadv/9")
    command, fact = read_batch(batch(told | {"mode": "command"}, told))
    assert isinstance(command, Understood)
    assert isinstance(fact, Understood)
    assert command.event.content_sha256 == fact.event.content_sha256


@pytest.mark.parametrize(
    ("years", "code"), [(0, None), (1, "CLOCK_AHEAD"), (-26, None), (-27, "CLOCK_BEHIND"), (-56, "CLOCK_BEHIND")]
)  # fmt: skip
def test_a_clock_is_doubted_a_day_ahead_and_before_2000(years: int, code: str | None) -> None:
    notes = rules.clock_notes(START.replace(year=START.year + years), START)
    assert [note.code for note in notes] == ([code] if code else [])
