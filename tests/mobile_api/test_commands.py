"""Commands may be refused, and each refusal says why and is final; facts never are."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tenants.permissions import Role
from tests.factories import DOUGH, DUMPLING, FLOUR, PLANT, lot, sscc, unit
from tests.factories import shipped as shipping_event
from tests.mobile_api.phones import Entry, NewPhone, Phone, consumed, entry, item, packed, produced, received, shipped, statuses

F1, D1 = lot(FLOUR, "F1"), lot(DOUGH, "D1")
PALLET = sscc(1)
TRANSFORMATION = "https://plant.example/xform/WO-1"


def command(told: Entry, **fields: Any) -> Entry:
    """The same, asked for instead of told; with an id of its own."""
    return told | {"id": str(uuid4()), "mode": "command"} | fields


@pytest.fixture
async def held(phone: Phone) -> str:
    """Flour went into dough, dough onto a pallet; then the flour was put on hold."""
    entries = [
        received(F1, 1),
        consumed([F1], TRANSFORMATION, 2),
        produced([D1], TRANSFORMATION, 3),
        packed(PALLET, [item(D1, 5), item(unit(DUMPLING, "S1"))], 4),
    ]
    assert statuses(await phone.send(*entries)) == ["accepted"] * 4
    return await phone.hold(F1)


async def everything(phone: Phone) -> dict[str, list[tuple[Any, ...]]]:
    """What was told, and the trail of who did what."""
    return await phone.told() | {"audit": await phone.rows("select action, subject from audit_entry where tenant_id = $1 order by audit_id")}


async def test_held_goods_are_refused_with_the_cause_and_nothing_is_written(phone: Phone, held: str) -> None:
    before = await everything(phone)
    told = command(shipped([item(PALLET)]))
    [answer] = await phone.send(told)
    message = answer.pop("message")
    assert answer == {
        "id": told["id"],
        "status": "refused",
        "eventId": None,
        "code": "GOODS_HELD",
        "causes": [{"holdId": held, "reason": "metal found", "root": F1, "held": D1, "correctionPending": False}],
        "notes": [],
    }
    assert F1 in message
    assert await everything(phone) == before


async def test_the_same_as_a_fact_is_stored_and_raises_an_alert(phone: Phone, held: str) -> None:
    told = shipped([item(PALLET)])
    asked = command(told, id=told["id"])
    assert statuses(await phone.send(asked)) == ["refused"]
    assert statuses(await phone.send(told)) == ["accepted"]
    assert (await phone.bodies())[told["id"]]["epcList"] == [PALLET]
    assert await phone.rows("select kind, severity, subject from alert where tenant_id = $1") == [("held_goods_shipped", 1, D1)]


async def test_a_refusal_is_final_for_its_entry_and_a_new_one_is_decided_anew(phone: Phone, held: str) -> None:
    told = command(shipped([item(PALLET)]))
    first = await phone.send(told)
    await phone.release(held)
    before = await everything(phone)
    assert await phone.send(told) == first
    assert await everything(phone) == before
    assert statuses(await phone.send(command(told))) == ["accepted"]


async def test_a_repeated_command_stays_accepted_whatever_was_held_since(phone: Phone, held: str) -> None:
    await phone.release(held)
    told = command(shipped([item(PALLET)]))
    [first] = await phone.send(told)
    await phone.hold(F1)
    before = await everything(phone)
    [again] = await phone.send(told)
    assert (first["status"], again["status"], again["eventId"]) == ("accepted", "duplicate", first["eventId"])
    assert statuses(await phone.send(told | {"mode": "fact"})) == ["duplicate"]
    assert await everything(phone) == before


async def test_one_refused_command_takes_no_other_entry_with_it(phone: Phone, held: str) -> None:
    entries = [received(lot(FLOUR, "F2"), 1), command(shipped([item(PALLET)], 2)), received(lot(FLOUR, "F3"), 3), command(received(F1, 4))]
    assert statuses(await phone.send(*entries)) == ["accepted", "refused", "accepted", "accepted"]
    assert set(await phone.bodies()) >= {entries[0]["id"], entries[2]["id"], entries[3]["id"]}


@pytest.mark.parametrize(
    "goods",
    [
        [PALLET],
        [f"https://id.gs1.org/01/{DOUGH}/10/D1/21/NEW"],
    ],
    ids=["by what lies in it", "by the lot that the event itself teaches"],
)
@pytest.mark.parametrize("kind", ["epcis", "observe"])
async def test_shipping_under_another_name_meets_the_same_gate(phone: Phone, held: str, kind: str, goods: list[str]) -> None:
    before = await everything(phone)
    told = entry("epcis", event=shipping_event(goods))
    told["id"] = told["event"]["eventID"].removeprefix("urn:uuid:")
    if kind == "observe":
        told = entry("observe", goods=[item(key) for key in goods], place=PLANT, step="departing")
    [answer] = await phone.send(told | {"mode": "command"})
    assert (answer["status"], answer["code"], answer["causes"][0]["root"]) == ("refused", "GOODS_HELD", F1)
    assert await everything(phone) == before
    assert statuses(await phone.send(told)) == ["accepted"]


async def test_held_goods_are_not_used_up_by_command_but_may_be_inspected(phone: Phone, held: str) -> None:
    before = await everything(phone)
    refused = [
        command(consumed([D1], "https://plant.example/xform/WO-2")),
        command(produced([lot(DUMPLING, "P1")], None, inputs=[item(D1, 1)])),
    ]
    assert [(answer["status"], answer["code"]) for answer in await phone.send(*refused)] == [("refused", "GOODS_HELD")] * 2
    assert await everything(phone) == before
    inspected = command(entry("inspect", goods=[item(D1, 1)], place=PLANT, result="fail"))
    assert statuses(await phone.send(inspected, consumed([D1], "https://plant.example/xform/WO-2"))) == ["accepted", "accepted"]


async def test_who_may_not_ship_may_not_do_so_under_any_name_and_may_tell_that_it_happened(new_phone: NewPhone, phone: Phone) -> None:
    worker = await new_phone(phone.firm, Role.WORKER)
    await worker.send(received(F1))
    before = await everything(worker)
    asked = [
        command(shipped([item(F1, 1)])),
        command(entry("observe", goods=[item(F1, 1)], place=PLANT, step="shipping")),
        command(entry("epcis", event={**shipping_event([PALLET]), "eventID": None})),
    ]
    del asked[2]["event"]["eventID"]
    answers = await worker.send(*asked)
    assert [(answer["status"], answer["code"]) for answer in answers] == [("refused", "PERMISSION_DENIED")] * 3
    assert await everything(worker) == before
    assert statuses(await worker.send(shipped([item(F1, 1)]))) == ["accepted"]


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (shipped([item(lot(FLOUR, "UNKNOWN"), 1)]), "OBJECT_NOT_FOUND"),
        (shipped([item(F1)]), "INVALID_INPUT"),
        (shipped([item(F1, 0)]), "INVALID_INPUT"),
        (shipped([item("nothing that is a code")]), "INVALID_IDENTIFIER"),
        (shipped([]), "ENTRY_INVALID"),
        (shipped([item(F1, 1)], fromPlace="urn:epc:id:sgln:1.2.3"), "EVENT_INVALID"),
        (entry("dance"), "ENTRY_INVALID"),
        (shipped([item(F1, 1)], occurredAt="1970-01-01T00:00:00Z"), "ENTRY_INVALID"),
        (shipped([item(F1, 1)], occurredAt="2026-03-02"), "INVALID_INPUT"),
    ],
)
async def test_a_command_that_cannot_be_obeyed_is_refused_and_kept_nowhere(phone: Phone, told: Entry, code: str) -> None:
    await phone.send(received(F1))
    before = await everything(phone)
    [answer] = await phone.send(command(told))
    assert (answer["status"], answer["code"]) == ("refused", code)
    assert answer["message"]
    assert await everything(phone) == before


async def test_a_lot_shipped_without_its_quantity_is_a_fact_all_the_same(phone: Phone) -> None:
    told = shipped([item(F1), item(lot(FLOUR, "NEVER MET".replace(" ", "-")), 2)])
    assert statuses(await phone.send(told)) == ["accepted"]
    assert (await phone.bodies())[told["id"]]["quantityList"][0] == {"epcClass": F1}


async def test_other_content_under_a_stored_id_is_refused_as_command_and_kept_for_review_as_fact(phone: Phone) -> None:
    first = received(F1)
    other = first | {"goods": [item(F1, 7)]}
    await phone.send(first)
    before = await phone.told()
    [refused] = await phone.send(other | {"mode": "command"})
    assert (refused["status"], refused["code"], refused["eventId"]) == ("refused", "EVENT_CONFLICT", None)
    assert await phone.told() == before
    for _ in range(2):
        [kept] = await phone.send(other)
        assert (kept["status"], kept["code"], kept["eventId"]) == ("needs_review", "EVENT_CONFLICT", None)
    [(raw, reason)] = await phone.in_review()
    assert '"quantity":7' in raw
    assert "other content" in reason
    assert (await phone.bodies())[first["id"]]["quantityList"][0]["quantity"] == 500.25


async def test_two_contents_under_one_id_in_one_batch_keep_the_first_by_sequence(phone: Phone) -> None:
    first = received(F1, 1)
    later = first | {"sequence": 2, "goods": [item(F1, 7)]}
    assert statuses(await phone.send(later, first, first)) == ["needs_review", "accepted", "duplicate"]
    assert (await phone.bodies())[first["id"]]["quantityList"][0]["quantity"] == 500.25


async def test_another_command_under_a_refused_ones_id_is_refused(phone: Phone, held: str) -> None:
    told = command(shipped([item(PALLET)]))
    await phone.send(told)
    [answer] = await phone.send(told | {"goods": [item(unit(DUMPLING, "S1"))]})
    assert (answer["status"], answer["code"]) == ("refused", "IDEMPOTENCY_KEY_REUSED")


async def test_the_same_command_at_once_from_many_connections_ships_once(phone: Phone) -> None:
    await phone.send(received(F1))
    told = command(shipped([item(F1, 1)]))
    answers = [answer for [answer] in await asyncio.gather(*(phone.send(told) for _ in range(5)))]
    assert sorted(statuses(answers)) == ["accepted", *["duplicate"] * 4]
    assert len({answer["eventId"] for answer in answers}) == 1
    assert await phone.rows("select count(*) from audit_entry where tenant_id = $1 and action = 'shipment.shipped'") == [(1,)]


async def test_a_wrong_clock_is_noted_on_facts(phone: Phone) -> None:
    ahead = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    entries = [received(F1, 1, occurredAt=ahead), received(F1, 2, occurredAt="1970-01-01T00:00:00.000+08:00"), received(F1, 3)]
    for status in ("accepted", "duplicate"):
        answers = await phone.send(*entries)
        assert statuses(answers) == [status] * 3
        assert [[note["code"] for note in answer["notes"]] for answer in answers] == [["CLOCK_AHEAD"], ["CLOCK_BEHIND"], []]
