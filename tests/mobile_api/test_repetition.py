"""A batch may come again, in pieces, out of order, cut off or twice at once: the end is the same, and every entry is there once."""

import asyncio
import random
from typing import Any

import pytest

from tenants.permissions import Role
from tests.factories import DOUGH, DUMPLING, FLOUR, MEAT, PLANT, declared_wrong, lot, made, sscc, unit
from tests.mobile_api.phones import Entry, NewPhone, Phone, consumed, entry, item, named, packed, produced, received, shipped, statuses

TRANSFORMATION = "https://plant.example/xform/WO-1"
UNITS = [f"https://id.gs1.org/01/{DUMPLING}/10/P1/21/S{number}" for number in range(4)]


def day() -> list[Entry]:
    """A shift: receipts, a transformation in parts, packing, repacking, a correction, a thing nobody understands, and two shipments."""
    wrong = made([unit(DUMPLING, "LOST")], minutes=7) | {"eventID": "urn:uuid:7a9f0d0e-3f62-4c0e-9d8a-1d0f6c1b2a10"}
    entries = named(
        [
            received(lot(FLOUR, "F1"), 1),
            received(lot(MEAT, "M1"), 2, quantity=80),
            consumed([lot(FLOUR, "F1"), lot(MEAT, "M1")], TRANSFORMATION, 3),
            produced([lot(DOUGH, "D1"), lot(DUMPLING, "P1")], TRANSFORMATION, 4),
            packed(sscc(1), [item(UNITS[0]), item(UNITS[1]), item(lot(DOUGH, "D1"), "2.5")], 5),
            packed(sscc(2), [item(sscc(1)), item(UNITS[2])], 6),
            entry("epcis", 7, event=wrong),
            entry("epcis", 8, event=declared_wrong(wrong, minutes=8)),
            entry("observe", 9, goods=[item("no code at all")], place=PLANT, step="storing"),
            entry("unpack", 10, container=sscc(1), contents=[item(UNITS[1])], place=PLANT),
            entry("inspect", 11, goods=[item(UNITS[1])], place=PLANT, result="fail", note="破损"),
            shipped([item(sscc(2))], 12, mode="command"),
            shipped([item(UNITS[3]), item(lot(DOUGH, "D1"), 1)], 13),
        ]
    )
    entries[6]["id"] = "7a9f0d0e-3f62-4c0e-9d8a-1d0f6c1b2a10"
    return entries


STATUSES = ["accepted"] * 8 + ["needs_review"] + ["accepted"] * 4
AGAIN = ["duplicate"] * 8 + ["needs_review"] + ["duplicate"] * 4


@pytest.fixture
async def expected(phone: Phone) -> dict[str, list[Any]]:
    """What the shift leaves behind when it is sent once, whole and in order."""
    assert statuses(await phone.send(*day())) == STATUSES
    state = await phone.told()
    assert {name: len(rows) for name, rows in state.items()} == {
        "links": 4, "members": 6, "movements": 14, "containment": 5, "shipments": 2, "rollup": 4, "events": 12, "feed": 1, "objects": 21,
        "known": 12, "bodies": 12, "review": 1, "alerts": 0,
    }  # fmt: skip
    return state


async def test_three_times_is_as_once(other_phone: Phone, expected: dict[str, list[Any]]) -> None:
    first = await other_phone.send(*day())
    second = await other_phone.send(*day())
    assert (statuses(second), statuses(await other_phone.send(*day()))) == (AGAIN, AGAIN)
    assert [answer["eventId"] for answer in second] == [answer["eventId"] for answer in first]
    assert await other_phone.told() == expected


async def test_order_within_a_batch_is_the_devices_sequence(other_phone: Phone, expected: dict[str, list[Any]]) -> None:
    shuffled = list(enumerate(day()))
    random.Random(7).shuffle(shuffled)
    answers = await other_phone.send(*(sent for _, sent in shuffled))
    assert statuses(answers) == [STATUSES[place] for place, _ in shuffled]
    assert [answer["id"] for answer in answers] == [sent["id"] for _, sent in shuffled]
    assert await other_phone.told() == expected


@pytest.mark.parametrize("place", range(1, 13))
async def test_cut_in_two_at_any_place(new_phone: NewPhone, expected: dict[str, list[Any]], place: int) -> None:
    other = await new_phone()
    # The second part begins with the last two of the first, as after an answer that was lost on the way.
    overlap = min(2, place)
    answers = await other.send(*day()[:place]) + (await other.send(*day()[place - overlap :]))[overlap:]
    assert statuses(answers) == STATUSES
    assert await other.told() == expected


@pytest.mark.parametrize("seed", range(3))
async def test_facts_one_by_one_in_any_order(new_phone: NewPhone, expected: dict[str, list[Any]], seed: int) -> None:
    other = await new_phone()
    commands = [sent for sent in day() if sent["mode"] == "command"]
    facts = [sent for sent in day() if sent["mode"] == "fact"]
    random.Random(seed).shuffle(facts)
    for sent in [*facts, *commands]:
        await other.send(sent)
    assert await other.told() == expected


async def test_twice_and_more_at_once_from_several_connections(other_phone: Phone, expected: dict[str, list[Any]]) -> None:
    answers = await asyncio.gather(*(other_phone.send(*day()) for _ in range(4)))
    by_entry = list(zip(*(statuses(each) for each in answers), strict=True))
    for told_once, seen in zip(STATUSES, by_entry, strict=True):
        wanted = ["accepted", "duplicate", "duplicate", "duplicate"] if told_once == "accepted" else [told_once] * 4
        assert sorted(seen) == wanted
    assert len({tuple(answer["eventId"] for answer in each) for each in answers}) == 1
    assert await other_phone.told() == expected


async def test_two_persons_with_one_phone_send_the_same_queue(new_phone: NewPhone, other_phone: Phone, expected: dict[str, list[Any]]) -> None:
    assert statuses(await other_phone.send(*day())) == STATUSES
    colleague = await new_phone(other_phone.firm, Role.WAREHOUSE_KEEPER)
    assert statuses(await colleague.send(*day())) == AGAIN
    assert await other_phone.told() == expected


@pytest.mark.parametrize("milliseconds", [5, 15, 30, 60])
async def test_connection_that_breaks_in_the_middle(new_phone: NewPhone, expected: dict[str, list[Any]], milliseconds: int) -> None:
    other = await new_phone()
    first = asyncio.create_task(other.send(*day()))
    await asyncio.sleep(milliseconds / 1000)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    seen = statuses(await other.send(*day()))
    assert all(status in pair for status, pair in zip(seen, zip(STATUSES, AGAIN, strict=True), strict=True))
    assert await other.told() == expected
