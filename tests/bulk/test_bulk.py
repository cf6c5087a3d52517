"""Long documents over HTTP: acknowledged when durable, captured in parts, told event by event."""

import asyncio
import csv
import gzip
import io
import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import UUID

import httpx
import pytest

from backend.bulk.work import StagedCapture
from backend.services import Services
from infra.database import TenantTransaction
from infra.outbox import Postponed
from infra.storage.keys import TenantPrefix
from infra.storage.tenant import TenantStorage
from tenants.permissions import Role
from tests.bulk.conftest import Work
from tests.epcis.test_rest import CONTEXT, document, post, stored
from tests.factories import DOUGH, FLOUR, declared_wrong, lot, made, quantity
from tests.firms import Firm
from tests.outbox import do_outbox

Bearer = Callable[..., Awaitable[dict[str, str]]]
PROCEED = {"GS1-Capture-Error-Behaviour": "proceed"}


def events(count: int, *, begin: int = 0) -> list[dict[str, Any]]:
    return [made([], [quantity(lot(FLOUR, f"L{number}"), 1)]) for number in range(begin, begin + count)]


async def results(client: httpx.AsyncClient, headers: dict[str, str], location: str, **parameters: str) -> list[dict[str, Any]]:
    """All of them, page by page."""
    found: list[dict[str, Any]] = []
    url: str | None = f"{location}/results?{'&'.join(f'{name}={value}' for name, value in parameters.items())}"
    while url:
        answer = await client.get(url, headers=headers)
        assert answer.status_code == 200, answer.text
        found += answer.json()["results"]
        url = answer.links["next"]["url"] if "next" in answer.links else None
    return found


async def test_a_long_document_is_durable_when_it_is_acknowledged_and_captured_by_the_worker(
    client: httpx.AsyncClient, firm: Firm, bearer: Bearer, services: Services, work: Work
) -> None:
    headers = await bearer(firm)
    told = events(120)
    body = json.dumps(document(*told)).encode()
    answer = await post(client, headers, body)
    assert (answer.status_code, answer.json()["running"], answer.json()["total"]) == (202, True, None)
    assert await stored(client, headers) == []
    raw = TenantStorage(services.storage, TenantPrefix(firm.principal.tenant_public_id))
    assert await raw.get(f"captures/{answer.json()['captureID']}") == body
    await work()
    job = (await client.get(answer.headers["Location"], headers=headers)).json()
    assert (job["running"], job["success"], job["accepted"], job["done"], job["total"]) == (False, True, 120, 120, 120)
    read_back = [event for event in await stored(client, headers, perPage="200") if event.pop("recordTime")]
    assert read_back == told
    again = await post(client, headers, body)
    await work()
    job = (await client.get(again.headers["Location"], headers=headers)).json()
    assert (job["success"], job["accepted"], job["duplicates"]) == (True, 0, 120)


async def test_rollback_stores_nothing_and_names_every_fault(client: httpx.AsyncClient, firm: Firm, bearer: Bearer, work: Work) -> None:
    headers = await bearer(firm)
    told = events(300)
    told[7]["action"] = "MAYBE"
    told[299]["eventTime"] = "yesterday"
    answer = await post(client, headers, json.dumps(document(*told)).encode().ljust(120_000))
    await work()
    job = (await client.get(answer.headers["Location"], headers=headers)).json()
    assert (job["running"], job["success"], job["accepted"], job["rejected"]) == (False, False, 0, 300)
    assert {error["field"] for error in job["errors"]} == {"$.epcisBody.eventList[7].action", "$.epcisBody.eventList[299].eventTime"}
    assert await stored(client, headers) == []
    statuses = [result["status"] for result in await results(client, headers, answer.headers["Location"], perPage="77")]
    assert [place for place, status in enumerate(statuses) if status == "rejected"] == [7, 299]
    assert set(statuses) == {"rejected", "withdrawn"}


async def test_proceed_tells_of_each_event_what_became_of_it(client: httpx.AsyncClient, firm: Firm, bearer: Bearer, work: Work) -> None:
    headers = await bearer(firm)
    told = events(140)
    await post(client, headers, document(told[3], {**told[4], "quantityList": [quantity(lot(FLOUR, "L4"), 9)]}))
    told[60]["bizStep"] = 12
    told[61] = "no event"  # type: ignore[call-overload]
    told[139] = told[138]
    answer = await post(client, headers, json.dumps(document(*told), indent=1).encode(), **PROCEED)
    await work()
    job = (await client.get(answer.headers["Location"], headers=headers)).json()
    assert (job["success"], job["accepted"], job["duplicates"], job["rejected"], job["done"]) == (False, 135, 2, 3, 140)
    found = await results(client, headers, answer.headers["Location"], perPage="50")
    assert [result["index"] for result in found] == list(range(140))
    expected = {3: "duplicate", 4: "conflict", 60: "rejected", 61: "rejected", 139: "duplicate"}
    assert {result["index"]: result["status"] for result in found if result["status"] != "accepted"} == expected
    assert found[60]["errors"][0].keys() == {"type", "title", "field", "rule", "detail"}
    own = await client.get(f"/epcis/events/{found[0]['eventID']}", headers=headers)
    assert own.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"][0]["eventID"] == told[0]["eventID"]
    table = await client.get(f"{answer.headers['Location']}/results", headers={**headers, "Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert (len(rows), rows[60]["status"], rows[60]["field"]) == (140, "rejected", "$.epcisBody.eventList[60].bizStep")
    lines = await client.get(f"{answer.headers['Location']}/results", headers={**headers, "Accept": "application/x-ndjson"})
    assert [json.loads(line) for line in lines.text.splitlines()] == found


async def test_short_documents_have_results_too(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    headers = await bearer(firm)
    answer = await post(client, headers, document(*events(3)))
    assert [result["status"] for result in await results(client, headers, answer.headers["Location"], perPage="2")] == ["accepted"] * 3
    table = await client.get(f"{answer.headers['Location']}/results", headers={**headers, "Accept": "text/csv"})
    assert table.text.count("accepted") == 3
    other = await client.get(f"{answer.headers['Location']}/results", headers=await bearer(firm, Role.PARTNER))
    assert other.status_code == 404


class _KilledError(BaseException):
    """What SIGKILL looks like from inside: nothing after it is done."""


async def test_a_capture_goes_on_where_a_killed_worker_left_it(
    client: httpx.AsyncClient, firm: Firm, bearer: Bearer, services: Services, work: Work
) -> None:
    headers = await bearer(firm)
    answer = await post(client, headers, json.dumps(document(*events(200))).encode(), **PROCEED)
    job_id = answer.json()["captureID"]
    for parts in (1, 2):
        await _part_of(services, firm, job_id, parts)
        job = (await client.get(answer.headers["Location"], headers=headers)).json()
        assert job["running"]
        assert 0 < job["done"] == job["accepted"] < 200
    await work()
    job = (await client.get(answer.headers["Location"], headers=headers)).json()
    assert (job["running"], job["accepted"], job["duplicates"], job["done"]) == (False, 200, 0, 200)
    assert [result["index"] for result in await results(client, headers, answer.headers["Location"], perPage="200")] == list(range(200))


async def _part_of(services: Services, firm: Firm, job_id: str, parts: int) -> None:
    """A worker that is cut off in its turn, after so many parts."""
    worker = StagedCapture(services, turn_seconds=60, part_seconds=0.000_001)
    stored_parts = 0
    capturing: Any = services.capture
    whole = capturing.capture

    async def counted(*given: Any, **named: Any) -> Any:
        nonlocal stored_parts
        if stored_parts == parts:
            raise _KilledError
        stored_parts += 1
        return await whole(*given, **named)

    capturing.capture = counted
    try:
        async with services.database.tenant(firm.tenant_id) as tx:
            await _turn(worker, tx, job_id)
    except _KilledError:
        return
    finally:
        capturing.capture = whole
        await worker.close()
    raise AssertionError("the turn wasn't cut off")


async def _turn(worker: StagedCapture, tx: TenantTransaction, job_id: str) -> None:
    while True:
        try:
            return await worker(tx, {"job": job_id})
        except Postponed:
            continue


async def test_two_workers_at_once_capture_every_event_once(client: httpx.AsyncClient, firm: Firm, bearer: Bearer, services: Services) -> None:
    headers = await bearer(firm)
    answer = await post(client, headers, json.dumps(document(*events(150))).encode(), **PROCEED)
    job_id = answer.json()["captureID"]

    async def turn() -> None:
        worker = StagedCapture(services, turn_seconds=60)
        async with services.database.tenant(firm.tenant_id) as tx:
            await _turn(worker, tx, job_id)
        await worker.close()

    await asyncio.gather(turn(), turn(), turn())
    job = (await client.get(answer.headers["Location"], headers=headers)).json()
    assert (job["running"], job["accepted"], job["duplicates"], job["done"]) == (False, 150, 0, 150)
    assert len(await results(client, headers, answer.headers["Location"])) == 150


async def test_an_event_that_can_not_be_stored_keeps_none_of_the_others_from_it(
    client: httpx.AsyncClient, firm: Firm, bearer: Bearer, services: Services, work: Work
) -> None:
    headers = await bearer(firm)
    told = events(80)
    answer = await post(client, headers, json.dumps(document(*told)).encode(), **PROCEED)
    capturing: Any = services.capture
    whole = capturing.capture

    async def failing(tx: Any, given: Any, **named: Any) -> Any:
        if any(event.event_id == told[40]["eventID"] for event in given):
            raise RuntimeError("a fault of our own")
        return await whole(tx, given, **named)

    capturing.capture = failing
    try:
        await work()
    finally:
        capturing.capture = whole
    job = (await client.get(answer.headers["Location"], headers=headers)).json()
    assert (job["running"], job["accepted"], job["rejected"]) == (False, 79, 1)
    assert "a fault of our own" not in json.dumps(job)
    [rejected] = [result for result in await results(client, headers, answer.headers["Location"]) if result["status"] == "rejected"]
    assert rejected["index"] == 40


@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
async def test_declarations_and_packed_bodies_take_the_same_road(
    client: httpx.AsyncClient, firm: Firm, bearer: Bearer, work: Work, behaviour: str
) -> None:
    headers = await bearer(firm)
    told = events(70)
    told += [declared_wrong(event) for event in told[:10]]
    packed = gzip.compress(json.dumps(document(*told)).encode())
    answer = await post(client, headers, packed, **{"Content-Encoding": "gzip", "GS1-Capture-Error-Behaviour": behaviour})
    assert answer.status_code == 202
    await work()
    job = (await client.get(answer.headers["Location"], headers=headers)).json()
    assert (job["success"], job["accepted"]) == (True, 80)
    short = gzip.compress(json.dumps(document(made([], [quantity(lot(DOUGH, "D"), 1)]))).encode())
    answer = await post(client, headers, short, **{"Content-Encoding": "gzip"})
    assert (answer.json()["running"], answer.json()["accepted"]) == (False, 1)


async def test_what_is_too_large_or_unreadable_is_told(client: httpx.AsyncClient, firm: Firm, bearer: Bearer, services: Services, work: Work) -> None:
    headers = await bearer(firm)
    many = events(1)[0]
    body = json.dumps(document(*[{**many, "eventID": f"urn:uuid:{UUID(int=number)}"} for number in range(2_001)])).encode()
    answer = await post(client, headers, body)
    assert (answer.status_code, answer.json()["type"]) == (413, "epcisException:CaptureLimitExceededException")
    bomb = gzip.compress(b" " * 11_000_000)
    answer = await post(client, headers, bomb, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 202
    await work()
    job = (await client.get(answer.headers["Location"], headers=headers)).json()
    assert (job["running"], job["success"], job["errors"][0]["type"]) == (False, False, "epcisException:CaptureLimitExceededException")
    broken = b'{"@context": ["' + CONTEXT.encode() + b'"], "type": "EPCISDocument", "epcisBody": {"eventList": [{]}}'
    answer = await post(client, headers, broken.ljust(200_000), **PROCEED)
    await work()
    job = (await client.get(answer.headers["Location"], headers=headers)).json()
    assert (job["success"], job["rejected"], job["errors"][0]["rule"]) == (False, 0, "RFC 8259 §2")
    assert (await post(client, headers, b"x", **{"Content-Encoding": "br"})).status_code == 415


@pytest.mark.parametrize(
    "body",
    [b'{"a": ' + b"9" * 200_000 + b"}", b'{"a":' * 50_000 + b"1" + b"}" * 50_000, b"[" * 150_000, b"[" * 80_000 + b"]" * 80_000, b"[1," * 50_000],
)
async def test_long_bodies_that_can_not_be_read_end_in_a_job_that_says_so(
    client: httpx.AsyncClient, firm: Firm, bearer: Bearer, work: Work, body: bytes
) -> None:
    headers = await bearer(firm)
    answer = await post(client, headers, body)
    assert answer.status_code == 202
    await work()
    job = (await client.get(answer.headers["Location"], headers=headers)).json()
    assert (job["running"], job["success"], job["accepted"]) == (False, False, 0)
    assert job["errors"]
    for other in (b"\x00\x01JP2" * 40_000, b"<a/>" * 40_000, b" " * 200_000):
        assert (await post(client, headers, other)).status_code == 400
    assert (await post(client, headers, b"no gzip" * 20_000, **{"Content-Encoding": "gzip"})).status_code == 400


async def test_who_may_report_of_some_sites_only_has_the_rest_rejected_in_parts_too(
    client: httpx.AsyncClient, firm: Firm, bearer: Bearer, services: Services, work: Work
) -> None:
    """The rights are those at the acknowledgement: a partner's role that ends a second later takes nothing back that was taken."""
    headers = await bearer(firm, Role.PARTNER)
    answer = await post(client, headers, json.dumps(document(*events(60))).encode(), **PROCEED)
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update membership set deactivated_at = now() where tenant_id = $1")
    await work()
    owner = await bearer(firm)
    assert (await client.get(answer.headers["Location"], headers=owner)).json()["accepted"] == 60


async def _while_working(services: Services, request: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
    waiting = asyncio.create_task(request)
    while not waiting.done():
        await do_outbox(services)
        await asyncio.sleep(0.02)
    return await waiting


async def test_the_answer_waits_if_it_is_asked_to(client: httpx.AsyncClient, firm: Firm, bearer: Bearer, services: Services) -> None:
    headers = await bearer(firm)
    answer = await _while_working(services, post(client, headers, json.dumps(document(*events(60))).encode(), Prefer="wait=20"))
    assert (answer.status_code, answer.json()["running"], answer.json()["accepted"]) == (202, False, 60)


async def test_one_event_of_very_many_objects_is_captured_by_the_worker_too(
    client: httpx.AsyncClient, firm: Firm, bearer: Bearer, services: Services
) -> None:
    headers = await bearer(firm)
    event = {"@context": [CONTEXT], **made([], [quantity(lot(FLOUR, f"L{number}"), 1) for number in range(3_000)])}
    for body, expected in ((event, 201), (event, 201), ({**event, "bizStep": "receiving"}, 409)):
        answer = await _while_working(services, post(client, headers, body, "/epcis/events"))
        assert answer.status_code == expected, answer.text


async def test_a_firm_may_not_pile_up_documents_without_an_end(
    client: httpx.AsyncClient, firm: Firm, bearer: Bearer, monkeypatch: pytest.MonkeyPatch, work: Work
) -> None:
    monkeypatch.setattr("backend.bulk.staging.MOST_JOBS", 2)
    headers = await bearer(firm)
    body = json.dumps(document(*events(60))).encode()
    assert [(await post(client, headers, body)).status_code for _ in range(3)] == [202, 202, 429]
    await work()
    assert (await post(client, headers, body)).status_code == 202


async def test_graphql_shows_jobs_and_results_in_pages(client: httpx.AsyncClient, firm: Firm, bearer: Bearer, work: Work) -> None:
    headers = await bearer(firm)
    told = events(60)
    told[5]["action"] = "MAYBE"
    await post(client, headers, document(*events(2)))
    await post(client, headers, json.dumps(document(*told)).encode(), **PROCEED)
    await work()
    query = """query ($after: String, $before: String) { captureJobs(first: 1) { nodes { total done accepted rejected
        results(first: 4, after: $after) { nodes { index status eventID errors } pageInfo { endCursor hasNextPage } }
        lastOnes: results(last: 2, before: $before) { nodes { index status } pageInfo { startCursor hasPreviousPage } } }
        pageInfo { endCursor hasNextPage } } }"""
    answer = (await client.post("/graphql", json={"query": query}, headers=headers)).json()
    [job] = answer["data"]["captureJobs"]["nodes"]
    assert (job["total"], job["done"], job["accepted"], job["rejected"]) == (60, 60, 59, 1)
    assert [result["index"] for result in job["lastOnes"]["nodes"]] == [58, 59]
    cursors = {"after": job["results"]["pageInfo"]["endCursor"], "before": job["lastOnes"]["pageInfo"]["startCursor"]}
    answer = (await client.post("/graphql", json={"query": query, "variables": cursors}, headers=headers)).json()
    [job] = answer["data"]["captureJobs"]["nodes"]
    assert [(result["index"], result["status"]) for result in job["results"]["nodes"]] == [
        (4, "ACCEPTED"), (5, "REJECTED"), (6, "ACCEPTED"), (7, "ACCEPTED"),
    ]  # fmt: skip
    assert job["results"]["nodes"][1]["errors"][0]["field"] == "$.epcisBody.eventList[5].action"
    assert [result["index"] for result in job["lastOnes"]["nodes"]] == [56, 57]
    older = "query ($after: String) { captureJobs(first: 5, after: $after) { nodes { total results(last: 9) { nodes { index } } } } }"
    variables = {"after": answer["data"]["captureJobs"]["pageInfo"]["endCursor"]}
    answer = (await client.post("/graphql", json={"query": older, "variables": variables}, headers=headers)).json()
    assert answer["data"]["captureJobs"]["nodes"] == [{"total": 2, "results": {"nodes": [{"index": 0}, {"index": 1}]}}]
    hidden = (
        await client.post("/graphql", json={"query": "{ captureJobs(first: 9) { nodes { id } } }"}, headers=await bearer(firm, Role.PARTNER))
    ).json()
    assert hidden["data"]["captureJobs"]["nodes"] == []
