"""Whatever is sent gets a clear answer; nothing that may be a fact is lost, and nothing makes the service stumble."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from backend.services import build_services
from infra.errors import UnavailableError
from infra.schema import SCHEMA_NAME
from infra.settings import Settings
from mobile_api.batch import NotUnderstood, Understood, read_batch
from mobile_api.sync import synchronise
from tests.conftest import Cluster
from tests.factories import DUMPLING, FLOUR, PLANT, lot, made, unit
from tests.mobile_api.phones import Entry, Phone, entry, item, packed, produced, received, shipped, statuses
from tests.shared_data import shared_json

F1 = lot(FLOUR, "F1")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "INVALID_INPUT"),
        (b"{", 400, "INVALID_INPUT"),
        (b"[]", 400, "INVALID_INPUT"),
        (b'"entries"', 400, "INVALID_INPUT"),
        (b"{}", 400, "INVALID_INPUT"),
        (b'{"entries": null}', 400, "INVALID_INPUT"),
        (b'{"entries": [], "more": 1}', 400, "INVALID_INPUT"),
        (b'{"entries": []} x', 400, "INVALID_INPUT"),
        (b'{"entries": [{}', 400, "INVALID_INPUT"),
        (b'{"entries": [{}, ]}', 400, "INVALID_INPUT"),
        (b'{"entries": [{} {}]}', 400, "INVALID_INPUT"),
        (b'{"entries": [\xff]}', 400, "INVALID_INPUT"),
        (b'{"entries": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}", 400, "INVALID_INPUT"),
        (b'{"entries": [' + b",".join([b"{}"] * 201) + b"]}", 413, "TOO_LARGE"),
        (b'{"entries": ["' + b"x" * 1_000_000 + b'"]}', 413, "TOO_LARGE"),
    ],
)
async def test_a_body_that_is_no_batch_is_refused_whole(phone: Phone, body: bytes, status: int, code: str) -> None:
    response = await phone.post(body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert await phone.in_review() == []


async def test_an_oversized_body_without_a_length_is_cut_off(phone: Phone) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b" " * 10_000

    assert (await phone.post(chunks())).status_code == 413


async def test_an_empty_batch_is_answered_empty(phone: Phone) -> None:
    assert await phone.send() == []


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (5, "Expected `object`"),
        ({}, "missing required field"),
        (entry("dance"), "'dance'"),
        (entry("receive"), "`goods`"),
        (received(F1, goods=[]), "length"),
        (received(F1) | {"colour": "red"}, "`colour`"),
        (received(F1) | {"id": "5"}, "UUID"),
        (received(F1) | {"sequence": -1}, ">= 0"),
        (received(F1) | {"sequence": "1"}, "Expected `int`"),
        (received(F1) | {"mode": "rumour"}, "'rumour'"),
        (received(F1) | {"occurredAt": "yesterday"}, "occurredAt"),
        (received(F1) | {"occurredAt": "2026-03-02T08:00:00"}, "occurredAt"),
        (received(F1, quantity="NaN"), "A quantity is"),
        (received(F1, quantity="-1"), "A quantity is"),
        (received(F1, quantity="1e400"), "A quantity is"),
        (received(F1, quantity=True), "got `bool`"),
        (received(unit(DUMPLING, "S1"), quantity=2), "is one thing"),
        (received("https://id.gs1.org/01/09506000134308/10/F1"), "check digit"),
        (received(F1, place="the yard"), "the yard"),
        (produced([F1], None), "names no input"),
        (packed("ours", [item(F1, 1)]), "ours"),
        (entry("epcis", event={"type": "ObjectEvent"}), "eventTime"),
        (entry("epcis", event=[]), "Expected `object`"),
    ],
)
async def test_an_invalid_fact_waits_for_a_person_and_its_neighbours_are_taken(phone: Phone, sent: Any, reason: str) -> None:
    neighbours = [received(lot(FLOUR, "F8"), 1), received(lot(FLOUR, "F9"), 2)]
    for expected in (["accepted", "needs_review", "accepted"], ["duplicate", "needs_review", "duplicate"]):
        answers = await phone.send(neighbours[0], sent, neighbours[1])
        assert statuses(answers) == expected
        assert reason in answers[1]["message"]
    [(raw, kept_reason)] = await phone.in_review()
    assert json.loads(raw) == sent
    assert reason in kept_reason


@pytest.mark.parametrize("text", ['"\\u0000"', '"\\ud800"', '{"a": 1, "a": 2}', "1e999", "9" * 5_000, '"\xff"', "[" * 200 + "]" * 200])
async def test_json_that_no_event_can_hold_is_kept_as_it_came(phone: Phone, text: str) -> None:
    sent = received(F1)
    told = json.dumps(sent | {"note": "@"}).replace('"@"', text).encode("latin-1")
    response = await phone.post(b'{"entries": [' + told + b"]}")
    [answer] = response.json()["entries"]
    assert (answer["status"], answer["id"]) == ("needs_review", sent["id"])
    [(raw, _)] = await phone.in_review()
    assert raw.encode() == told.replace(b"\xff", b"\\xff")
    response = await phone.post(b'{"entries": [' + told.replace(b'"fact"', b'"command"') + b"]}")
    assert statuses(response.json()["entries"]) == ["refused"]


async def test_what_is_corrected_on_the_phone_is_taken_under_the_same_id(phone: Phone) -> None:
    told = received(F1)
    assert statuses(await phone.send(told | {"place": "the yard"})) == ["needs_review"]
    assert statuses(await phone.send(told)) == ["accepted"]


async def test_a_database_that_is_away_for_the_moment_fails_the_batch_and_loses_nothing(phone: Phone, settings: Settings) -> None:
    entries = [received(lot(FLOUR, f"F{number}"), number) for number in range(3)]
    short = build_services(settings.model_copy(update={"database_pool_size": 1}))
    async with short.database.tenant(phone.firm.tenant_id):
        with pytest.raises(UnavailableError) as refusal:
            await synchronise(short, phone.firm.principal, json.dumps({"entries": entries}).encode())
    await short.close()
    assert (refusal.value.status, refusal.value.detail) == (503, {"retry_after": 2})
    assert (await phone.bodies(), await phone.in_review()) == ({}, [])
    assert statuses(await phone.send(*entries)) == ["accepted"] * 3


@pytest.fixture
async def fault(cluster: Cluster, settings: Settings) -> AsyncIterator[UUID]:
    """An event id at which the database itself fails, as it would at a defect of ours."""
    name = make_url(settings.database_url.get_secret_value()).database
    superuser = await asyncpg.connect(cluster.admin_dsn, database=name, server_settings={"search_path": SCHEMA_NAME})
    poison = uuid4()
    await superuser.execute(
        f"""create function planted_fault() returns trigger language plpgsql as
            $$ begin if new.event_key = 'e:urn:uuid:{poison}' then perform 1 / 0; end if; return new; end $$;
            create trigger planted_fault before insert on event for each row execute function planted_fault()"""
    )
    yield poison
    await superuser.execute("drop function planted_fault cascade")
    await superuser.close()


async def test_an_entry_that_makes_the_service_fail_takes_no_other_with_it(phone: Phone, fault: UUID) -> None:
    entries = [received(lot(FLOUR, f"F{number}"), number) for number in range(30)]
    entries[7]["id"] = str(fault)
    answers = await phone.send(*entries)
    assert statuses(answers) == ["accepted"] * 7 + ["needs_review"] + ["accepted"] * 22
    assert (answers[7]["code"], "division" in answers[7]["message"]) == ("INTERNAL", False)
    [(raw, _)] = await phone.in_review()
    assert json.loads(raw) == entries[7]
    assert len(await phone.bodies()) == 29
    [refused] = await phone.send(entries[7] | {"mode": "command"})
    assert (refused["status"], refused["code"]) == ("refused", "INTERNAL")


TEMPLATES: list[Callable[[str], Entry]] = [
    received,
    lambda text: received(F1, place=text),
    lambda text: received(F1, document=text),
    lambda text: received(F1, quantity=text),
    lambda text: received(F1, goods=[{"key": F1, "quantity": 1, "uom": text}]),
    lambda text: received(F1, occurredAt=text),
    lambda text: received(F1, id=text),
    lambda text: received(F1, mode=text),
    entry,
    lambda text: entry("inspect", goods=[item(F1, 1)], place=PLANT, result="pass", note=text),
    lambda text: entry("observe", goods=[item(F1, 1)], place=PLANT, step=text, disposition=text),
    lambda text: entry("epcis", event=made([unit(DUMPLING, "S1")]) | {"eventID": text}),
    lambda text: entry("epcis", event={text: text}),
    lambda text: shipped([item(text)], toParty=text),
]


def payloads(corpus: str) -> list[str]:
    """The texts of a list, without where each came from."""
    return [next(iter(row.values())) for row in shared_json("security-corpora", "lists", f"{corpus}.json")]


@pytest.mark.parametrize("corpus", ["naughty_strings", "sqli", "xss", "path_traversal", "ssti"])
async def test_naughty_strings_are_taken_or_kept_and_never_lost(phone: Phone, corpus: str) -> None:
    strings = payloads(corpus)[:520]
    entries = [TEMPLATES[place % len(TEMPLATES)](text) for place, text in enumerate(strings)]
    kept = 0
    for start in range(0, len(entries), 200):
        answers = await phone.send(*entries[start : start + 200])
        assert {answer["status"] for answer in answers} <= {"accepted", "needs_review", "duplicate"}
        kept += sum(answer["status"] == "needs_review" for answer in answers)
        taken = [sent for sent, answer in zip(entries[start:], answers, strict=False) if answer["status"] == "accepted"]
        bodies = await phone.bodies()
        assert all(bodies[sent["id"]].get("suyuan:note") == (sent["note"] or None) for sent in taken if sent["kind"] == "inspect")
    assert len(await phone.in_review()) == kept
    assert kept > len(entries) // 3


@pytest.mark.parametrize("template", range(len(TEMPLATES)))
def test_every_naughty_string_in_every_place_is_read_without_stumbling(template: int) -> None:
    strings = payloads("naughty_strings")
    for text in strings:
        [received_one] = read_batch(json.dumps({"entries": [TEMPLATES[template](text)]}).encode())
        assert isinstance(received_one, Understood | NotUnderstood)
