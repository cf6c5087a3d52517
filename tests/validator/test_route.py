"""`POST /epcis/validate`: what is answered to whom, and that nothing is stored by it."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from backend.services import Services
from backend.validator.service import LARGEST
from infra.clock import now
from tenants.clients import service as clients
from tenants.clients.rules import terms_of
from tenants.permissions import Role
from tenants.registration import add_claim
from tests.factories import FLOUR, PLANT, capture, gtin, lot, made, quantity, shipped, sscc, unit
from tests.firms import Firm
from tests.graphql.test_commands import document
from tests.validator.documents import CONTEXT, pretty, xml_document

Bearer = Callable[..., Awaitable[dict[str, str]]]


async def validate(
    client: httpx.AsyncClient, headers: dict[str, str], body: Any, content_type: str = "application/json", **more: str
) -> httpx.Response:
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return await client.post("/epcis/validate", content=raw, headers={"Content-Type": content_type, **headers, **more})


async def count(services: Services, firm: Firm, table: str) -> int:
    async with services.database.tenant(firm.tenant_id) as tx:
        return int(await tx.fetchval(f"select count(*) from {table} where tenant_id = $1"))


async def test_faults_are_told_with_line_and_example(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    text = pretty(shipped([sscc(1)]), {**shipped([sscc(2)]), "action": "SHIP"})
    answer = await validate(client, await bearer(firm), text)
    told = answer.json()
    assert (answer.status_code, answer.headers["Content-Language"], answer.headers["Cache-Control"]) == (200, "en", "no-store")
    assert (told["valid"], told["eventCount"], told["faultCount"]) == (False, 2, 1)
    [fault] = told["faults"]
    line = text[: text.index('"SHIP"')].count("\n") + 1
    assert fault == {
        "path": "$.epcisBody.eventList[1].action", "line": line, "column": text.splitlines()[line - 1].index('"SHIP"') + 1, "event": 1,
        "rule": "EPCIS 2.0 §7.3.2 action", "message": '"SHIP" is not an action.', "mend": "Use ADD, OBSERVE or DELETE.",
        "excerpt": [{"line": number, "text": text.splitlines()[number - 1]} for number in range(line - 2, line + 3)],
    }  # fmt: skip
    good, bad = told["events"]
    assert (good["valid"], good["stored"]) == (True, "new")
    assert json.loads(bad["example"])["epcList"] == [sscc(2)]
    assert "stored" not in bad


@pytest.mark.parametrize(("header", "word"), [("zh-CN,en;q=0.5", "不是 action 的取值"), ("en-GB", "is not an action"), ("fr", "is not an action")])
async def test_the_language_is_the_readers(client: httpx.AsyncClient, firm: Firm, bearer: Bearer, header: str, word: str) -> None:
    headers = await bearer(firm)
    body = document({**shipped([sscc(1)]), "action": "SHIP"})
    told = (await validate(client, headers, body, **{"Accept-Language": header})).json()
    assert word in told["faults"][0]["message"]


async def test_what_was_understood_of_a_good_event(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    event = {
        **shipped(["urn:epc:id:sscc:9506000.0134352001"], [quantity(lot(FLOUR, "F1"), 12.50)]), "eventTime": "2026-03-02T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
    }  # fmt: skip
    told = (await validate(client, await bearer(firm), {"@context": [CONTEXT], **event})).json()
    [seen] = told["events"]
    understood = seen["understood"]
    assert (told["valid"], told["warnings"], seen["path"], seen["line"]) == (True, [], "$", 1)
    assert understood["when"] == {"eventTime": "2026-03-02T00:00:00Z", "local": "2026-03-02T08:00:00", "offset": "+08:00"}
    assert (understood["where"]["readPoint"], understood["why"]["bizStep"], understood["why"]["action"]) == (PLANT, "shipping", "OBSERVE")
    assert understood["eventHash"].startswith("ni:///sha-256;")
    assert understood["eventKey"] == f"e:{event['eventID']}"
    assert understood["objects"] == [
        {"role": "subject", "kind": "logistic_unit", "uri": "https://id.gs1.org/00/095060001343520017",
         "written": "urn:epc:id:sscc:9506000.0134352001", "sscc": "095060001343520017"},
        {"role": "subject", "kind": "lot", "uri": lot(FLOUR, "F1"), "written": lot(FLOUR, "F1"), "gtin": FLOUR, "lot": "F1", "quantity": "12.5",
         "uom": "KGM"},
    ]  # fmt: skip


async def test_xml_of_version_1_2_is_taken_too(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    answer = await validate(client, await bearer(firm), xml_document("<ObjectEvent/>"), "application/xml")
    told = answer.json()
    assert (told["format"], told["document"]["type"]) == ("XML", "EPCISDocument")
    assert {fault["xpath"] for fault in told["faults"]} == {"/EPCISDocument/EPCISBody/EventList/ObjectEvent"}
    assert told["events"][0]["example"].startswith("<?xml")


async def test_nothing_is_stored(client: httpx.AsyncClient, firm: Firm, bearer: Bearer, services: Services) -> None:
    headers = await bearer(firm)
    tables = ("event", "capture_job", "review_entry", "traceable_object")
    before = [await count(services, firm, table) for table in tables]
    assert (await validate(client, headers, document(made([sscc(1)])))).status_code == 200
    assert [await count(services, firm, table) for table in tables] == before


async def test_what_capture_would_do_is_told(client: httpx.AsyncClient, firm: Firm, other_firm: Firm, bearer: Bearer, services: Services) -> None:
    stored, changed, new = made([sscc(1)]), made([sscc(2)]), made([sscc(3)])
    await capture(services, firm.tenant_id, stored, changed)
    body = document(stored, {**changed, "epcList": [sscc(4)]}, new)
    told = (await validate(client, await bearer(firm), body)).json()
    assert [event["stored"] for event in told["events"]] == ["duplicate", "conflict", "new"]
    assert [warning["code"] for warning in told["warnings"]] == ["STORED_DIFFERENTLY"]
    told = (await validate(client, await bearer(other_firm), body)).json()
    assert [event["stored"] for event in told["events"]] == ["new", "new", "new"]


async def test_codes_beside_the_companys_own_are_noticed(client: httpx.AsyncClient, firm: Firm, bearer: Bearer, services: Services) -> None:
    own, other = made([unit(gtin(777), "S1")]), made([unit(gtin(778), "S1")])
    headers = await bearer(firm)
    await add_claim(services.auth_database, firm.tenant, gtin(777), verified=True)
    try:
        told = (await validate(client, headers, document(own, other))).json()
        assert [(warning["code"], warning["event"]) for warning in told["warnings"]] == [("FOREIGN_PREFIX", 1)]
        # Who has nothing of his own in the document is told nothing: whose a code is, is nobody's business.
        assert (await validate(client, headers, document(other))).json()["warnings"] == []
    finally:
        async with services.auth_database.connection() as connection:
            await connection.execute("delete from resolver_claim where claimed = $1", gtin(777))


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/plain", b"{}", 415),
        ("application/json", b" " * (LARGEST + 1), 413),
        ("application/json", b"", 200),
        ("application/json", b"\xff\xfe\x00", 200),
        ("application/xml", b"{}", 200),
        ("application/json", b"[" * 100_000, 200),
    ],
)
async def test_what_is_no_document(client: httpx.AsyncClient, firm: Firm, bearer: Bearer, content_type: str, body: bytes, status: int) -> None:
    answer = await validate(client, await bearer(firm), body, content_type)
    assert answer.status_code == status, answer.text
    if status == 200:
        assert (answer.json()["valid"], answer.json()["faultCount"]) == (False, 1)
    else:
        assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_machine_may_with_the_scope_of_capture(client: httpx.AsyncClient, firm: Firm, services: Services) -> None:
    for scope, status in (("events.capture", 200), ("events.read", 403)):
        async with services.database.tenant(firm.tenant_id) as tx:
            made_key = await clients.create_client(tx, firm.principal, terms_of(name="MES", scopes=[scope], moment=now()))
        answer = await validate(client, {"Authorization": f"Bearer {made_key.text}"}, document(made([sscc(1)])))
        assert answer.status_code == status


async def test_who_may_only_read_or_is_nobody_is_refused(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    assert (await validate(client, await bearer(firm, Role.AUDITOR), document())).status_code == 403
    assert (await validate(client, {}, document())).status_code == 401


async def test_more_faults_than_are_bearable_are_counted(client: httpx.AsyncClient, firm: Firm, bearer: Bearer) -> None:
    told = (await validate(client, await bearer(firm), document(*[{"type": "ObjectEvent"} for _ in range(500)]))).json()
    assert (told["faultCount"], len(told["faults"]), told["eventCount"], len(told["events"])) == (2000, 200, 500, 100)
    assert sum("example" in event for event in told["events"]) == 20
    told = (await validate(client, await bearer(firm), document(*[{} for _ in range(6000)]))).json()
    assert (told["faultCount"], told["faults"][0]["path"]) == (1, "$.epcisBody.eventList")
