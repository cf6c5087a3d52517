"""A batch may come again, in pieces, out of order, cut off or twice at once: the end is the same, and every entry is there once."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
import pytest

from backend.services import Services
from tests.factories import DOUGH, DUMPLING, FLOUR, MEAT, PLANT, declared_wrong, lot, made, sscc, unit
from tests.firms import Firm
from tests.mobile_api.phones import Entry, consumed, entry, item, named, packed, produced, received, send, shipped, statuses, told

Bearer = Callable[..., Awaitable[dict[str, str]]]
NewFirm = Callable[[], Awaitable[Firm]]
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
async def expected(services: Services, client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> dict[str, list[Any]]:
    """What the shift leaves behind when it is sent once, whole and in order."""
    assert statuses(await send(client, await bearer(firm), *day())) == STATUSES
    state = await told(services, firm)
    assert {name: len(rows) for name, rows in state.items()} == {
        "links": 4, "members": 4, "movements": 14, "containment": 6, "shipments": 2, "rollup": 5, "events": 12, "feed": 1, "objects": 23,
        "known": 13, "bodies": 12, "review": 1, "alerts": 0,
    }  # fmt: skip
    return state


async def test_three_times_is_as_once(
    services: Services, client: httpx.AsyncClient, other_firm: Firm, bearer: Bearer, expected: dict[str, list[Any]]
) -> None:
    headers = await bearer(other_firm)
    first = await send(client, headers, *day())
    second = await send(client, headers, *day())
    assert (statuses(second), statuses(await send(client, headers, *day()))) == (AGAIN, AGAIN)
    assert [answer["eventId"] for answer in second] == [answer["eventId"] for answer in first]
    assert await told(services, other_firm) == expected


async def test_order_within_a_batch_is_the_devices_sequence(
    services: Services, client: httpx.AsyncClient, other_firm: Firm, bearer: Bearer, expected: dict[str, list[Any]]
) -> None:
    shuffled = list(enumerate(day()))
    random.Random(7).shuffle(shuffled)
    answers = await send(client, await bearer(other_firm), *(sent for _, sent in shuffled))
    assert statuses(answers) == [STATUSES[place] for place, _ in shuffled]
    assert [answer["id"] for answer in answers] == [sent["id"] for _, sent in shuffled]
    assert await told(services, other_firm) == expected


@pytest.mark.parametrize("place", range(1, 13))
async def test_cut_in_two_at_any_place(
    services: Services, client: httpx.AsyncClient, new_firm: NewFirm, bearer: Bearer, expected: dict[str, list[Any]], place: int
) -> None:
    other = await new_firm()
    headers = await bearer(other)
    entries = day()
    # The second part overlaps with the first, as after an answer that was lost on the way.
    answers = await send(client, headers, *entries[:place]) + (await send(client, headers, *entries[max(0, place - 2) :]))[min(2, place) :]
    assert statuses(answers) == STATUSES
    assert await told(services, other) == expected


@pytest.mark.parametrize("seed", range(3))
async def test_facts_one_by_one_in_any_order(
    services: Services, client: httpx.AsyncClient, new_firm: NewFirm, bearer: Bearer, expected: dict[str, list[Any]], seed: int
) -> None:
    other = await new_firm()
    headers = await bearer(other)
    entries = day()
    commands = [sent for sent in entries if sent["mode"] == "command"]
    facts = [sent for sent in entries if sent["mode"] == "fact"]
    random.Random(seed).shuffle(facts)
    for sent in [*facts, *commands]:
        await send(client, headers, sent)
    assert await told(services, other) == expected


async def test_twice_and_more_at_once_from_several_connections(
    services: Services, client: httpx.AsyncClient, other_firm: Firm, bearer: Bearer, expected: dict[str, list[Any]]
) -> None:
    headers = await bearer(other_firm)
    answers = await asyncio.gather(*(send(client, headers, *day()) for _ in range(4)))
    by_entry = list(zip(*(statuses(each) for each in answers), strict=True))
    for told_once, seen in zip(STATUSES, by_entry, strict=True):
        wanted = ["accepted", "duplicate", "duplicate", "duplicate"] if told_once == "accepted" else [told_once] * 4
        assert sorted(seen) == wanted
    assert len({tuple(answer["eventId"] for answer in each) for each in answers}) == 1
    assert await told(services, other_firm) == expected


async def test_two_persons_with_one_phone_send_the_same_queue(
    services: Services, client: httpx.AsyncClient, other_firm: Firm, bearer: Bearer, expected: dict[str, list[Any]]
) -> None:
    assert statuses(await send(client, await bearer(other_firm), *day())) == STATUSES
    assert statuses(await send(client, await bearer(other_firm), *day())) == AGAIN
    assert await told(services, other_firm) == expected


@pytest.mark.parametrize("milliseconds", [5, 15, 30, 60])
async def test_connection_that_breaks_in_the_middle(
    services: Services, client: httpx.AsyncClient, new_firm: NewFirm, bearer: Bearer, expected: dict[str, list[Any]], milliseconds: int
) -> None:
    other = await new_firm()
    headers = await bearer(other)
    first = asyncio.create_task(client.post("/mobile/v1/sync", content=json.dumps({"entries": day()}), headers=headers))
    await asyncio.sleep(milliseconds / 1000)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert statuses_match(statuses(await send(client, headers, *day())))
    assert await told(services, other) == expected


def statuses_match(seen: Sequence[str]) -> bool:
    """Each entry is answered for the first time or again."""
    return all(status in pair for status, pair in zip(seen, zip(STATUSES, AGAIN, strict=True), strict=True))
