"""The EPCIS REST binding over HTTP: capture, jobs, events, headers, problems."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tenants.permissions import Role
from tests.factories import DOUGH, FLOUR, PLANT, declared_wrong, lot, made, quantity, sscc, transformed
from tests.firms import Firm

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
F1, D1 = lot(FLOUR, "F1"), lot(DOUGH, "D1")
Bearer = Callable[..., Awaitable[dict[str, str]]]


def document(*events: dict[str, Any]) -> dict[str, Any]:
    return {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-02T08:00:00Z",
        "epcisBody": {"eventList": list(events)},
    }


async def post(client: httpx.AsyncClient, headers: dict[str, str], body: Any, path: str = "/epcis/capture", **extra: str) -> httpx.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await client.post(path, content=raw, headers={"Content-Type": "application/json", **headers, **extra})


async def stored(client: httpx.AsyncClient, headers: dict[str, str], **parameters: str) -> list[dict[str, Any]]:
    answer = await client.get("/epcis/events", params=parameters, headers=headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return found


async def test_captured_document_answers_202_with_a_job_and_reads_back_equal(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    headers = await bearer(firm)
    events = [made([], [quantity(F1, 5)]), transformed([F1], [D1])]
    answer = await post(client, headers, document(*events))
    assert answer.status_code == 202
    assert answer.headers["GS1-EPCIS-Version"] == "2.0.0"
    assert answer.headers["GS1-EPCIS-Capture-Limit"] == "2000"
    job = (await client.get(answer.headers["Location"], headers=headers)).json()
    assert (job["running"], job["success"], job["accepted"], job["captureErrorBehaviour"]) == (False, True, 2, "rollback")
    read_back = await stored(client, headers)
    for event in read_back:
        event.pop("recordTime")
    assert read_back == events


async def test_repeated_document_is_a_success_of_duplicates(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    headers = await bearer(firm)
    body = document(made([], [quantity(F1, 5)]))
    await post(client, headers, body)
    job = (await post(client, headers, body)).json()
    assert (job["success"], job["accepted"], job["duplicates"]) == (True, 0, 1)
    assert len(await stored(client, headers)) == 1


async def test_conflict_rolls_the_whole_document_back_and_keeps_the_disputed_event_for_review(
    client: httpx.AsyncClient, firm: Firm, bearer: Bearer, services: Any
) -> None:
    headers = await bearer(firm)
    event = made([], [quantity(F1, 5)])
    await post(client, headers, document(event))
    changed = {**event, "quantityList": [quantity(F1, 6)]}
    answer = await post(client, headers, document(made([], [quantity(D1, 1)]), changed))
    assert answer.status_code == 202
    job = answer.json()
    assert (job["success"], job["accepted"], job["rejected"]) == (False, 0, 2)
    assert job["errors"][0]["type"] == "epcisException:ResourceAlreadyExistsException"
    assert len(await stored(client, headers)) == 1
    async with services.database.tenant(firm.tenant_id) as tx:
        [row] = await tx.fetch("select raw from review_entry where tenant_id = $1")
    assert json.loads(row["raw"])["quantityList"][0]["quantity"] == 6


async def test_single_event_conflict_is_409(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    headers = await bearer(firm)
    event = {"@context": [CONTEXT], **made([], [quantity(F1, 5)])}
    first = await post(client, headers, event, "/epcis/events")
    assert first.status_code == 201
    [told] = (await client.get(first.headers["Location"], headers=headers)).json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert told["eventID"] == event["eventID"]
    assert (await post(client, headers, event, "/epcis/events")).status_code == 201
    other = await post(client, headers, {**event, "bizStep": "receiving"}, "/epcis/events")
    assert (other.status_code, other.json()["type"]) == (409, "epcisException:ResourceAlreadyExistsException")


async def test_proceed_keeps_the_good_events_and_tells_the_faults_of_the_others(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    headers = await bearer(firm)
    bad = {**made([], [quantity(F1, 5)]), "action": "MAYBE"}
    body = document(made([], [quantity(F1, 5)]), bad, made([], [quantity(D1, 2)]))
    refused = await post(client, headers, body)
    assert refused.status_code == 400
    assert [error["field"] for error in refused.json()["errors"]] == ["$.epcisBody.eventList[1].action"]
    assert await stored(client, headers) == []
    answer = await post(client, headers, body, **{"GS1-Capture-Error-Behaviour": "proceed"})
    job = answer.json()
    assert (answer.status_code, job["success"], job["accepted"], job["rejected"]) == (202, False, 2, 1)
    assert job["errors"][0]["field"] == "$.epcisBody.eventList[1].action"
    assert len(await stored(client, headers)) == 2


async def test_filters_find_exactly_what_they_ask(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    headers = await bearer(firm)
    flour, dough = made([], [quantity(F1, 5)], minutes=0), transformed([F1], [D1], minutes=10)
    pallet = made([sscc(1)], minutes=20, bizLocation={"id": "https://id.gs1.org/414/9506000134017"})
    await post(client, headers, document(flour, dough, pallet))
    expected = {
        "eventType=TransformationEvent": [dough],
        "eventType=ObjectEvent": [flour, pallet],
        "EQ_action=ADD": [flour, pallet],
        "EQ_bizStep=commissioning": [flour, pallet],
        "EQ_bizStep=https://ref.gs1.org/cbv/BizStep-creating_class_instance": [dough],
        f"EQ_bizLocation={PLANT}": [flour, dough],
        f"MATCH_epcClass={F1}": [flour],
        f"MATCH_anyEPCClass={F1}": [flour, dough],
        f"MATCH_inputEPCClass={F1}": [dough],
        f"MATCH_epc={sscc(1)}": [pallet],
        f"MATCH_epc={sscc(1)},{F1}": [pallet],
        f"MATCH_epcClass={sscc(1)},{F1}": [flour],
        "GE_eventTime=2026-03-02T08:10:00Z": [dough, pallet],
        "LT_eventTime=2026-03-02T08:10:00Z": [flour],
        "GE_eventTime=2026-03-02T16:05:00+08:00&LT_eventTime=2026-03-02T08:15:00Z": [dough],
        f"EQ_eventID={dough['eventID']}": [dough],
        "EQ_disposition=active&eventType=TransformationEvent": [],
    }
    for query, events in expected.items():
        answer = await client.get(f"/epcis/events?{query.replace('+', '%2B')}", headers=headers)
        found = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        assert [event["eventID"] for event in found] == [event["eventID"] for event in events], query


async def test_pages_follow_the_link_and_lose_nothing(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    headers = await bearer(firm)
    events = [made([], [quantity(lot(FLOUR, f"F{number}"), 1)], minutes=number) for number in range(7)]
    await post(client, headers, document(*events))
    seen, url = [], "/epcis/events?perPage=3"
    for _ in range(5):
        answer = await client.get(url, headers=headers)
        seen += [event["eventID"] for event in answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]]
        if "Link" not in answer.headers:
            break
        url = answer.headers["Link"].split(">")[0].lstrip("<")
    assert seen == [event["eventID"] for event in events]


async def test_event_with_a_declaration_is_told_with_the_declaration(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    headers = await bearer(firm)
    event = made([], [quantity(F1, 5)])
    await post(client, headers, document(event))
    await post(client, headers, document(declared_wrong(event)))
    shown = (await client.get(f"/epcis/events/{event['eventID']}", headers=headers)).json()
    original, declaration = shown["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert (original.get("errorDeclaration"), declaration["errorDeclaration"]["reason"]) == (None, "incorrect_data")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("GE_eventTime=yesterday", "GE_eventTime"),
        ("eventType=NoEvent", "eventType"),
        ("EQ_action=MAYBE", "EQ_action"),
        ("perPage=-1", "perPage"),
        ("perPage=x", "perPage"),
        ("nextPageToken=%00", "nextPageToken"),
        ("nextPageToken=c3guc2Vy", "nextPageToken"),
        ("NO_such=1", "NO_such"),
        ("EQ_bizStep=", "EQ_bizStep"),
        ("MATCH_epc=" + ",".join(["urn:x:1"] * 101), "MATCH_epc"),
    ],
)
async def test_bad_query_parameter_is_named(client: httpx.AsyncClient, firm: Firm, bearer: Bearer, query: str, field: str) -> None:
    answer = await client.get(f"/epcis/events?{query}", headers=await bearer(firm))
    assert (answer.status_code, answer.json()["type"], answer.json()["field"]) == (400, "epcisException:QueryParameterException", field)


BAD_BODIES: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 400, "epcisException:ValidationException"),
    "malformed": (b'{"type": "EPCISDocument",', 400, "epcisException:ValidationException"),
    "not an object": (b"42", 400, "epcisException:ValidationException"),
    "deep": (b"[" * 100_000, 400, "epcisException:ValidationException"),
    "not utf-8": (b'{"type": "\xff\xfe"}', 400, "epcisException:ValidationException"),
    "duplicate keys": (b'{"type": "EPCISDocument", "type": "x"}', 400, "epcisException:ValidationException"),
    "nan": (json.dumps(document(made([], [quantity(F1, float("nan"))]))).encode(), 400, "epcisException:ValidationException"),
    "huge number": (b'{"type": "EPCISDocument", "n": 1e999999}', 400, "epcisException:ValidationException"),
    "nul": (json.dumps(document(made([], [quantity(F1, 1)], disposition="a\x00b"))).encode(), 400, "epcisException:ValidationException"),
    "too large": (b" " * 10_000_001, 413, "epcisException:CaptureLimitExceededException"),
    "wrong check digit": (
        json.dumps(document(made(["https://id.gs1.org/01/09506000134308/21/1"]))).encode(), 400, "epcisException:ValidationException"),
    "doctype": (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', 400, "epcisException:ValidationException"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_bad_body_is_refused_and_nothing_written(client: httpx.AsyncClient, firm: Firm, bearer: Bearer, services: Any, name: str) -> None:
    headers = await bearer(firm)
    body, status, kind = BAD_BODIES[name]
    media_type = "application/xml" if name == "doctype" else "application/json"
    for path in ("/epcis/capture", "/epcis/events"):
        answer = await post(client, headers, body, path, **{"Content-Type": media_type})
        assert (answer.status_code, answer.json()["type"]) == (status, kind), answer.text
        assert answer.headers["X-Request-Id"] == answer.json()["requestId"]
    async with services.database.tenant(firm.tenant_id) as tx:
        for table in ("event", "traceable_object", "capture_job", "outbox", "review_entry"):
            assert await tx.fetchval(f"select count(*) from {table} where tenant_id = $1") == 0


async def test_more_events_than_the_limit_is_413(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    event = made([], [quantity(F1, 1)])
    answer = await post(client, await bearer(firm), document(*[event] * 2001))
    assert (answer.status_code, answer.json()["type"]) == (413, "epcisException:CaptureLimitExceededException")


async def test_unknown_content_type_is_415(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    answer = await post(client, await bearer(firm), b"a,b", **{"Content-Type": "text/csv"})
    assert (answer.status_code, answer.json()["type"]) == (415, "epcisException:UnsupportedMediaTypeException")


async def test_every_route_refuses_strangers_and_roles_without_the_permission(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    auditor, partner = await bearer(firm, Role.AUDITOR), await bearer(firm, Role.PARTNER)
    for path in ("/epcis/capture", "/epcis/events"):
        for headers, status in (({}, 401), ({"Authorization": "Bearer nonsense"}, 401), (auditor, 403)):
            answer = await post(client, headers, document(made([], [quantity(F1, 1)])), path)
            assert (answer.status_code, answer.json()["type"]) == (status, "epcisException:SecurityException")
    assert (await client.get("/epcis/events", headers=partner)).status_code == 403
    assert (await client.get("/epcis/events")).status_code == 401
    assert await stored(client, auditor) == []


async def test_another_tenants_ids_answer_like_ids_that_do_not_exist(client: httpx.AsyncClient, firm: Firm, other_firm: Firm, bearer: Bearer) -> None:
    mine, theirs = await bearer(firm), await bearer(other_firm)
    event = made([], [quantity(F1, 5)])
    job = (await post(client, theirs, document(event))).headers["Location"]
    nowhere = "/epcis/capture/019b0000-0000-7000-8000-000000000000"
    for taken, free in ((job, nowhere), (f"/epcis/events/{event['eventID']}", "/epcis/events/urn:uuid:019b0000-0000-7000-8000-000000000000")):
        answers = [await client.get(path, headers=mine) for path in (taken, free)]
        bodies = [{name: value for name, value in answer.json().items() if name != "requestId"} for answer in answers]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert bodies[0] == bodies[1]
    # The same event id is free here: it is this tenant's own event.
    assert (await post(client, mine, document(event))).json()["accepted"] == 1
