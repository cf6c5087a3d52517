"""Whoever is limited to a site acts there; for another site he is refused, and nothing is written."""

import re
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from backend.holds import service as holds
from backend.holds.errors import HoldNotFoundError
from infra.database import Gate
from tests.factories import CUSTOMER, DUMPLING, FLOUR, declared_wrong, lot, made, packed, quantity, shipped, transformed
from tests.graphql.conftest import PUT
from tests.graphql.operations import operations
from tests.graphql.test_commands import CAPTURE, PLACE, SHIP, document
from tests.isolation.people import contents
from tests.mobile_api import phones
from tests.signing import signature_of
from tests.sites.places import MUTATIONS_OF_NO_SITE, needs_undivided
from tests.sites.refusals import LOCATION, NAMED_ATTEMPTS, REFUSALS, WHOLE_COMPANYS, Given
from tests.sites.town import HEADQUARTERS, Town, uuid_in


def _events_elsewhere(town: Town) -> dict[str, Given]:
    """Events, and corrections, of another site than the caller's, by what is wrong with them."""
    here, there = town.here, town.there
    goods = [quantity(lot(FLOUR, "NEW"), 1)]
    of_theirs = {**made([], goods), "eventID": there.names["event id"]}
    return {
        "at the other site": made([], goods, bizLocation={"id": there.place}),
        "in its hall": made([], goods, bizLocation={"id": there.hall}),
        "in its yard": made([], goods, bizLocation=None, readPoint={"id": there.yard}),
        "at headquarters": made([], goods, bizLocation={"id": HEADQUARTERS}),
        "nowhere": made([], goods, bizLocation=None),
        "at a place that nobody knows": made([], goods, bizLocation={"id": "https://firm.example/places/unheard-of"}),
        "read here and left there": made([], goods, bizLocation={"id": there.place}, readPoint={"id": here.place}),
        "leaving from there": shipped([], goods, sourceList=[{"type": "location", "source": there.place}]),
        "made there": transformed([town.here.names["lot"]], [lot(DUMPLING, "NEW")], bizLocation={"id": there.place}),
        "packed there": packed(there.names["pallet"], [there.names["unit"]], bizLocation={"id": there.place}),
        "a correction of theirs told as here": declared_wrong(of_theirs),
        "a correction of nothing": declared_wrong(made([], goods)),
    }


ELSEWHERE: Final = (
    "at the other site", "in its hall", "in its yard", "at headquarters", "nowhere", "at a place that nobody knows", "read here and left there",
    "leaving from there", "made there", "packed there", "a correction of theirs told as here", "a correction of nothing",
)  # fmt: skip


def _here(town: Town) -> list[Given]:
    """Events that he may tell, and the correction of one of them."""
    wrong = made([], [quantity(lot(FLOUR, "MINE-W"), 1)], bizLocation={"id": town.here.hall})
    return [
        made([], [quantity(lot(FLOUR, "MINE"), 1)], bizLocation={"id": town.here.yard}, readPoint={"id": town.here.hall}),
        shipped([], [quantity(lot(FLOUR, "MINE"), 1)], sourceList=[{"type": "location", "source": town.here.yard}]),
        wrong,
        declared_wrong(wrong),
    ]


@pytest.mark.parametrize("name", ELSEWHERE)
async def test_events_of_another_site_are_refused_as_a_command(town: Town, superuser: asyncpg.Connection, name: str) -> None:
    events = _events_elsewhere(town)
    assert events.keys() == set(ELSEWHERE)
    before = await contents(superuser, town.tenant.tenant_id)
    payload = await town.limited.caller.command(CAPTURE, {"events": document(*_here(town), events[name])})
    [error] = payload["userErrors"]
    assert (error["code"], error["field"].split(".")[:3]) == ("OUTSIDE_SITES", ["$", "epcisBody", "eventList[4]"])
    assert town.there.mark not in error["message"]
    assert payload["events"] == []
    assert await contents(superuser, town.tenant.tenant_id) == before


@pytest.mark.parametrize("name", ELSEWHERE)
async def test_events_of_another_site_are_refused_by_epcis(town: Town, superuser: asyncpg.Connection, name: str) -> None:
    event = _events_elsewhere(town)[name]
    before = await contents(superuser, town.tenant.tenant_id)
    client, headers = town.client, town.limited.headers
    bare = await client.post("/epcis/events", json={"@context": document()["@context"], **event}, headers=headers)
    whole = await client.post("/epcis/capture", json=document(*_here(town), event), headers=headers)
    for answer, place in ((bare, 0), (whole, 4)):
        problem = answer.json()
        assert (answer.status_code, problem["type"], problem["code"]) == (403, "epcisException:SecurityException", "OUTSIDE_SITES")
        [error] = problem["errors"]
        assert error["field"].startswith(f"$.epcisBody.eventList[{place}]")
    assert await contents(superuser, town.tenant.tenant_id) == before


async def test_correction_of_another_sites_event_is_refused_like_that_of_an_unknown_one(town: Town) -> None:
    events = _events_elsewhere(town)
    answers = []
    for name in ("a correction of theirs told as here", "a correction of nothing"):
        payload = await town.limited.caller.command(CAPTURE, {"events": document(events[name])})
        answers.append(payload["userErrors"])
    assert answers[0] == answers[1]


async def test_as_far_as_good_takes_ones_own_and_tells_of_the_rest(town: Town) -> None:
    good, bad = _here(town), list(_events_elsewhere(town).values())
    headers = town.limited.headers | {"GS1-Capture-Error-Behaviour": "proceed"}
    answer = await town.client.post("/epcis/capture", json=document(good[0], *bad, *good[1:]), headers=headers)
    job = answer.json()
    assert (answer.status_code, job["accepted"], job["rejected"]) == (202, len(good), len(bad))
    assert [error["field"].split(".")[2] for error in job["errors"]] == [f"eventList[{place}]" for place in range(1, len(bad) + 1)]
    assert {error["type"] for error in job["errors"]} == {"epcisException:SecurityException"}
    own = await town.client.get(answer.headers["Location"], headers=town.limited.headers)
    assert (own.status_code, own.json()["captureID"]) == (200, job["captureID"])
    [listed] = (await town.client.get("/epcis/capture", headers=town.limited.headers)).json()
    assert listed["captureID"] == job["captureID"]


async def test_events_of_ones_own_site_are_taken_by_every_way(town: Town) -> None:
    payload = await town.limited.caller.command(CAPTURE, {"events": document(*_here(town))})
    assert [event["status"] for event in payload["events"]] == ["ACCEPTED"] * 4
    assert [event["event"]["bizStep"] for event in payload["events"]] == ["commissioning", "shipping", "commissioning", "commissioning"]
    answer = await town.client.post("/epcis/capture", json=document(*_here(town)), headers=town.limited.headers)
    assert (answer.json()["accepted"], answer.json()["success"]) == (4, True)
    [bare, *_] = _here(town)
    answer = await town.client.post("/epcis/events", json={"@context": document()["@context"], **bare}, headers=town.limited.headers)
    assert (answer.status_code, answer.json()["status"]) == (201, "accepted")
    entry = phones.received(lot(FLOUR, "MINE"), place=town.here.hall)
    [told] = await _sync(town, entry)
    assert told["status"] == "accepted"


async def _sync(town: Town, *entries: Given) -> list[Given]:
    answer = await town.client.post("/mobile/v1/sync", json={"entries": list(entries)}, headers=town.limited.headers)
    assert answer.status_code == 200, answer.text
    answers: list[Given] = answer.json()["entries"]
    return answers


async def test_a_phones_facts_of_another_site_wait_for_a_person(town: Town, superuser: asyncpg.Connection) -> None:
    mine, theirs = phones.received(lot(FLOUR, "MINE-2"), 1, place=town.here.place), phones.received(lot(FLOUR, "NEW"), 2, place=town.there.place)
    last = phones.received(lot(FLOUR, "MINE-3"), 3, place=town.here.yard)
    answers = await _sync(town, mine, theirs, last)
    assert [answer["status"] for answer in answers] == ["accepted", "needs_review", "accepted"]
    assert answers[1]["code"] == "OUTSIDE_SITES"
    query = "select count(*) from suyuan.event where tenant_id = $1 and event_key = $2"
    assert await superuser.fetchval(query, town.tenant.tenant_id, f"e:urn:uuid:{theirs['id']}") == 0
    kept = await superuser.fetchval(
        "select raw from suyuan.review_entry where tenant_id = $1 and event_key = $2", town.tenant.tenant_id, f"e:urn:uuid:{theirs['id']}"
    )
    assert theirs["id"] in kept


async def test_a_phones_commands_for_another_site_are_refused(town: Town, superuser: asyncpg.Connection) -> None:
    before = await contents(superuser, town.tenant.tenant_id)
    goods = [{"key": town.here.names["lot"], "quantity": 1}]
    event = {"kind": "epcis", "id": str(uuid4()), "sequence": 1, "mode": "command", "occurredAt": "2026-11-22T12:00:00+08:00"}
    raw = {**made([], [quantity(lot(FLOUR, "NEW"), 1)], bizLocation={"id": town.there.place}), "@context": document()["@context"]}
    del raw["eventID"]
    now = {"mode": "command", "occurredAt": phones.entry("observe")["occurredAt"]}
    entries = [
        phones.shipped(goods, 1, fromPlace=town.there.place, **now),
        phones.received(lot(FLOUR, "NEW"), 2, place=town.there.place, **now),
        {**event, **now, "event": raw},
    ]
    for entry in entries:
        [answer] = await _sync(town, entry)
        assert (answer["status"], answer["code"]) == ("refused", "OUTSIDE_SITES"), answer
    assert await contents(superuser, town.tenant.tenant_id) == before


def test_every_mutation_is_tried_here_or_of_no_site() -> None:
    divided = {operation.name for operation in operations("mutation") if not needs_undivided(operation.field)}
    assert divided == NAMED_ATTEMPTS.keys() | WHOLE_COMPANYS.keys() | MUTATIONS_OF_NO_SITE.keys() | {"capture"}


@pytest.mark.parametrize(("name", "number"), REFUSALS)
async def test_what_names_another_site_is_refused_like_what_does_not_exist(town: Town, superuser: asyncpg.Connection, name: str, number: int) -> None:
    before = await contents(superuser, town.tenant.tenant_id)
    answers = []
    for names in (town.there.names, town.nobody):
        document, given = NAMED_ATTEMPTS[name][number](town, names)
        answer = (await town.limited.caller.post(document, {"input": given}, Idempotency_Key=str(uuid4()))).json()
        for error in answer.get("errors", []):
            error["extensions"].pop("requestId")
        told = str(answer)
        for value in sorted(names.values(), key=len, reverse=True):
            told = told.replace(value, "…")
        answers.append(told)
        assert "'code': '" in told
        assert not {"GRAPHQL_VALIDATION_FAILED", "INTERNAL", "SECOND_FACTOR_REQUIRED"} & set(re.findall(r"[A-Z_]{4,}", told)), told
    assert answers[0] == answers[1]
    assert await contents(superuser, town.tenant.tenant_id) == before


@pytest.mark.parametrize("name", WHOLE_COMPANYS)
async def test_what_the_whole_company_shares_is_kept_by_who_may_everywhere(town: Town, superuser: asyncpg.Connection, name: str) -> None:
    before = await contents(superuser, town.tenant.tenant_id)
    document, given = WHOLE_COMPANYS[name]
    refused = await town.limited.caller.refusal(document, {"input": given}, Idempotency_Key=str(uuid4()))
    assert refused["code"] == "PERMISSION_DENIED"
    assert await contents(superuser, town.tenant.tenant_id) == before


async def test_one_holds_and_ships_what_is_at_ones_own_site(town: Town) -> None:
    caller, goods = town.limited.caller, lot(FLOUR, "HELD-HERE")
    await caller.command(CAPTURE, {"events": document(made([], [quantity(goods, 5)], bizLocation={"id": town.here.hall}))})
    placed = await caller.command(PLACE, {"key": goods, "reason": "wet"})
    assert (placed["userErrors"], placed["hold"]["active"]) == ([], True)
    order = {"fromPlace": town.here.yard, "toParty": CUSTOMER, "lines": [{"key": goods, "quantity": "1"}]}
    held = await caller.command(SHIP, order)
    assert [cause["reason"] for cause in held["holdCauses"]] == ["wet"]
    free = lot(FLOUR, "FREE-HERE")
    await caller.command(CAPTURE, {"events": document(made([], [quantity(free, 5)], bizLocation={"id": town.here.place}))})
    sent = await caller.command(SHIP, order | {"lines": [{"key": free, "quantity": "1"}]})
    assert (sent["userErrors"], sent["shipment"]["toParty"]) == ([], CUSTOMER)


async def test_one_releases_what_is_at_ones_own_site_and_nothing_else(town: Town) -> None:
    tenant_id, principal = town.tenant.tenant_id, town.limited.principal
    goods = lot(FLOUR, "LET-GO")
    await town.limited.caller.command(CAPTURE, {"events": document(made([], [quantity(goods, 5)], bizLocation={"id": town.here.place}))})
    placed = await town.services.in_tenant(tenant_id, lambda tx: holds.place_hold(tx, principal, key=goods, reason="wet"), gate=Gate.EXCLUSIVE)

    async def release(hold_id: UUID) -> bool:
        released = await town.services.in_tenant(
            tenant_id,
            lambda tx: holds.release_hold(tx, principal, hold_id=hold_id, reason="dry", signature=signature_of(principal)),
            gate=Gate.EXCLUSIVE,
        )
        return not released.active

    with pytest.raises(HoldNotFoundError):
        await release(UUID(uuid_in(town.there.names["hold"])))
    assert await release(placed.hold_id)


async def test_the_places_of_ones_own_site_are_kept_by_who_may_there(town: Town) -> None:
    caller, bin_ = town.limited.caller, f"{town.here.place}/254/BIN-9"
    new = {"place": bin_, "parentPlace": town.here.hall, **LOCATION}
    changed = {"place": town.here.hall, "parentPlace": town.here.place, **LOCATION, "names": {"en": "HERE great hall"}}
    own = {"place": town.here.place, "parentPlace": HEADQUARTERS, **LOCATION, "names": {"en": "HERE works"}}
    put = await caller.command(PUT["locations"], {"locations": [new, changed, own]})
    assert (put["userErrors"], [place["name"] for place in put["locations"]]) == ([], ["A place", "HERE great hall", "HERE works"])
    out = await caller.command(PUT["locations"], {"locations": [{"place": town.here.hall, **LOCATION}]})
    assert [error["code"] for error in out["userErrors"]] == ["OUTSIDE_SITES"]


async def test_nobody_limited_holds_in_advance_what_may_be_anothers(town: Town, superuser: asyncpg.Connection) -> None:
    before = await contents(superuser, town.tenant.tenant_id)
    refused = await town.limited.caller.command(PLACE, {"key": lot(FLOUR, "YET-TO-COME"), "reason": "x"})
    assert [error["code"] for error in refused["userErrors"]] == ["OBJECT_NOT_FOUND"]
    assert await contents(superuser, town.tenant.tenant_id) == before
