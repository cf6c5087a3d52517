"""Bodies that no route can take, over HTTP: each gets a clear refusal in bounded time, and nothing of it is written."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from litestar import Litestar

from backend.epcis import capture_routes
from infra.ids import uuid7
from tenants.http import declared_routes
from tests.factories import FLOUR, lot, made, quantity, sscc
from tests.graphql.test_commands import document
from tests.mobile_api import phones
from tests.security.conftest import Gate
from tests.security.corpora import files, is_clear
from tests.shared_data import needs_shared_data
from tests.soak.marks import SOAKING

# A request that takes longer than this hangs, on any machine.
HANGS: Final = 60
# Every route that takes a body, with the largest that it takes.
LIMITS: Final = {
    "/auth/sign-in": 8_192,
    "/auth/refresh": 8_192,
    "/graphql": 262_144,
    "/epcis/capture": 10_000_000,
    "/epcis/events": 10_000_000,
    "/epcis/masterData": 10_000_000,
    "/epcis/queries": 256_000,
    "/epcis/queries/{name:str}/subscriptions": 20_000,
    "/mobile/v1/sync": 1_000_000,
    "/mobile/v1/uploads": 1_000_000,
    "/mobile/v1/devices": 4_096,
    "/mobile/v1/devices/token": 4_096,
    "/mobile/v1/devices/switch": 4_096,
}
WITHOUT_BODY: Final = {"/auth/sign-out", "/epcis/queries/{name:str}/subscriptions/{subscription_id:str}/resume"}
# They take no JSON: one refuses as RFC 6749 words it (tests/tenants/test_oauth.py), two with a page (tests/capa/test_supplier_requests.py,
# tests/recall_notices/test_guest.py).
WITH_A_FORM: Final = {
    "/oauth/token", "/recall/{token:str}", "/supplier/{token:str}",
    # Their own: tests/consumers.
    "/tell-me/{rest:path}", "/tell-me/confirm/{token:str}", "/tell-me/stop/{token:str}",
}  # fmt: skip
# What is wrong with a body is their answer: tests/validator.
TELLING_FAULTS: Final = {"/epcis/validate", "/validator"}

OTHER_KINDS: Final = (
    "text/plain", "text/csv", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "image/png", "application/octet-stream",
    "application/xml", "text/html", "application/msgpack", "application/json; charset=utf-16", "nonsense", "a/b/c", "",
)  # fmt: skip
LONG: Final = 100_000
MALFORMED: Final[dict[str, bytes]] = {
    "empty": b"",
    "blank": b" \r\n\t ",
    "cut off": b'{"type": "EPCISDocument", "x": [1,',
    "not closed": b"{",
    "text": b"hello",
    "single quotes": b"{'a': 1}",
    "trailing": b'{"a": 1} {"b": 2}',
    "trailing comma": b'{"a": 1,}',
    "comment": b'{/* a */ "b": 1}',
    "byte order mark": b'\xef\xbb\xbf{"type": "x"',
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "not utf-8": b'{"a": "\xff\xfe"}',
    "overlong utf-8": b'{"a": "\xc0\xaf"}',
    "control character": b'{"a": "\x01"}',
    "nul": b'{"a": "\x00"}',
    "half a surrogate": b'{"a": "\\ud800"}',
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "leading zero": b'{"a": 007}',
    "number that is too large": b'{"a": 1e999999999}',
    "number of a million digits": b'{"a": ' + b"9" * 200_000 + b"}",
    "deep list": b"[" * 100_000,
    "deep list, closed": b"[" * 50_000 + b"]" * 50_000,
    "deep object": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "null": b"null",
    "number": b"42",
    "word": b'"entries"',
    "list": b"[]",
    "list of nothing": b"[null]",
    "object of nothing": b"{}",
    "doubled name": b'{"type": "EPCISDocument", "type": "x", "query": "a", "query": "b", "entries": [], "entries": [1]}',
    "many names": b"{" + b",".join(b'"%d": 1' % number for number in range(20_000)) + b"}",
    "prototype": b'{"__proto__": {"admin": true}, "constructor": {"prototype": {"admin": true}}}',
}  # fmt: skip


def test_every_route_that_takes_a_body_is_tried(app: Litestar) -> None:
    with_body = {path for path, method, _ in declared_routes(app) if method in ("POST", "PUT", "PATCH")}
    assert with_body == LIMITS.keys() | WITHOUT_BODY | WITH_A_FORM | TELLING_FAULTS


@pytest.mark.parametrize("path", LIMITS)
async def test_a_body_that_can_not_be_read_is_refused_and_nothing_written(gate: Gate, path: str) -> None:
    before = await gate.contents()
    for name, body in MALFORMED.items():
        if name == "list" and path in ("/epcis/capture", "/epcis/masterData"):
            # Nothing to take, and taken as such.
            continue
        if path == "/epcis/capture" and len(body) >= LONG:
            # Read by the worker, who refuses it: tests/bulk.
            continue
        async with asyncio.timeout(HANGS):
            answer = await gate.post(path, body)
        assert is_clear(answer), name
        # A GraphQL document that can't be read is told as an error with 200 to clients that don't know GraphQL's own media type.
        assert answer.status_code in (400, 413, 422) or (path == "/graphql" and "data" not in answer.json()), (name, answer.text[:300])
        assert answer.headers["x-request-id"] in answer.text, name
    assert await gate.contents() == before


@pytest.mark.parametrize("path", LIMITS)
async def test_a_body_of_another_kind_is_refused(gate: Gate, path: str) -> None:
    before = await gate.contents()
    for kind in OTHER_KINDS:
        answer = await gate.post(path, b"a=1&b=2", Content_Type=kind)
        assert is_clear(answer), kind
        assert answer.status_code in (400, 415), (kind, answer.status_code, answer.text[:200])
    assert await gate.contents() == before


@pytest.mark.parametrize("path", LIMITS)
async def test_a_compressed_body_is_not_unpacked(gate: Gate, path: str) -> None:
    before = await gate.contents()
    bomb = gzip.compress(b" " * 30_000_000)
    for encoding in ("gzip", "deflate", "br", "identity, gzip"):
        if path == "/epcis/capture" and encoding == "gzip":
            # Unpacked by the worker, as far as the limit: tests/bulk.
            continue
        answer = await gate.post(path, bomb, Content_Encoding=encoding)
        assert answer.status_code in (400, 413, 415), (encoding, answer.text[:200])
        assert is_clear(answer)
    assert await gate.contents() == before


class Flood:
    """A body of 100 MB that counts how much of it was taken."""

    def __init__(self, size: int = 100_000_000) -> None:
        self.size = size
        self.taken = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        chunk = b'{"a": "' + b"x" * 65_529
        while self.taken < self.size:
            self.taken += len(chunk)
            yield chunk


@pytest.mark.parametrize("path", LIMITS)
async def test_a_body_of_100_mb_is_refused_before_it_is_taken(gate: Gate, path: str) -> None:
    before = await gate.contents()
    announced = Flood()
    answer = await gate.post(path, announced.chunks(), Content_Length=str(announced.size))
    assert (answer.status_code, is_clear(answer)) == (413, True), answer.text[:300]
    assert announced.taken <= 2 * 65_536
    unannounced = Flood()
    answer = await gate.post(path, unannounced.chunks())
    assert (answer.status_code, is_clear(answer)) == (413, True), answer.text[:300]
    assert unannounced.taken <= LIMITS[path] + 3 * 65_536
    assert answer.headers["x-request-id"] in answer.text
    assert await gate.contents() == before


@pytest.mark.parametrize("length", ["-1", "1e9", "ten", "99999999999999999999", "0x10", "1, 2", ""])
async def test_a_length_that_is_no_number_is_refused(gate: Gate, length: str) -> None:
    for path in LIMITS:
        answer = await gate.post(path, b"{}", Content_Length=length)
        assert answer.status_code in (400, 413), (path, answer.status_code)
        assert is_clear(answer)


async def test_routes_without_a_body_do_not_read_one(gate: Gate) -> None:
    for path in ("/epcis/events", "/epcis/capture", "/mobile/v1/changes", "/auth/me", "/health/ready", f"/epcis/capture/{uuid7()}"):
        flood = Flood()
        answer = await gate.client.request("GET", path, content=flood.chunks(), headers=gate.owner.headers)
        assert is_clear(answer)
        assert flood.taken <= 2 * 65_536


def event(**changes: Any) -> dict[str, Any]:
    return {**made([], [quantity(lot(FLOUR, "F1"), 5)]), **changes}


def bare(**changes: Any) -> dict[str, Any]:
    return {"@context": document()["@context"], **event(**changes)}


SIGN_IN = {"login": "li@example.com", "password": "x"}
UPLOAD = {"contentType": "image/png", "size": 3, "sha256": "0" * 64}
GRAPHQL = {"query": "{ me { role } }"}
UNKNOWN: Final[list[tuple[str, Any, str]]] = [
    ("/auth/sign-in", {**SIGN_IN, "admin": True}, "admin"),
    ("/auth/refresh", {"refreshToken": "x", "tenantId": 1}, "tenantId"),
    ("/mobile/v1/uploads", {**UPLOAD, "key": "../x"}, "key"),
    ("/mobile/v1/sync", {"tenant": 1, "entries": []}, "nothing beside it"),
    ("/epcis/events", bare(tenantId=1), "tenantId"),
    ("/epcis/events", bare(bizLocation={"id": "https://id.gs1.org/414/9506000134000", "owner": "x"}), "owner"),
    ("/epcis/capture", {**document(event()), "tenant": 1}, "tenant"),
    ("/epcis/capture", document(event(quantityList=[{**quantity(lot(FLOUR, "F1"), 5), "price": 1}])), "price"),
]
WRONG: Final[list[tuple[str, Any, str]]] = [
    ("/auth/sign-in", {**SIGN_IN, "password": 5}, "password"),
    ("/auth/sign-in", {"login": "li@example.com"}, "password"),
    ("/auth/sign-in", {**SIGN_IN, "login": ""}, "login"),
    ("/auth/sign-in", {**SIGN_IN, "login": "a\u0000b"}, "login"),
    ("/auth/sign-in", {**SIGN_IN, "login": "a b"}, "login"),
    ("/auth/refresh", {"refreshToken": None}, "refreshToken"),
    ("/auth/refresh", {"refreshToken": "x" * 201}, "refreshToken"),
    ("/mobile/v1/uploads", {**UPLOAD, "contentType": "text/html"}, "contentType"),
    ("/mobile/v1/uploads", {**UPLOAD, "size": 10_000_001}, "size"),
    ("/mobile/v1/uploads", {**UPLOAD, "size": -1}, "size"),
    ("/mobile/v1/uploads", {**UPLOAD, "sha256": "Z" * 64}, "sha256"),
    ("/mobile/v1/sync", {"entries": 5}, "entries"),
    ("/graphql", {"query": 5}, "query"),
    ("/graphql", {**GRAPHQL, "variables": []}, "variables"),
    *(("/epcis/events", bare(**changes), field) for changes, field in (
        ({"eventTime": "yesterday"}, "eventTime"),
        ({"eventTime": "2026-02-30T08:00:00Z"}, "eventTime"),
        ({"eventTime": "2026-03-02T25:00:00Z"}, "eventTime"),
        ({"eventTime": "2026-03-02T08:00:00"}, "eventTime"),
        ({"eventTime": "+12026-03-02T08:00:00Z"}, "eventTime"),
        ({"eventTime": 1_772_438_400}, "eventTime"),
        ({"eventTimeZoneOffset": "8"}, "eventTimeZoneOffset"),
        ({"eventTimeZoneOffset": "+25:00"}, "eventTimeZoneOffset"),
        ({"action": "MAYBE"}, "action"),
        ({"type": "GhostEvent"}, "type"),
        ({"epcList": ["https://id.gs1.org/01/09506000134308/21/1"]}, "epcList"),
        ({"epcList": [sscc(1)[:-1] + "0"]}, "epcList"),
        ({"epcList": ["urn:epc:id:sgtin:0614141.107346"]}, "epcList"),
        ({"epcList": "https://id.gs1.org/01/09506000134307/21/1"}, "epcList"),
        ({"bizLocation": {"id": "https://id.gs1.org/414/9506000134001"}}, "bizLocation"),
        ({"quantityList": [quantity("https://id.gs1.org/01/09506000134308/10/F1", 5)]}, "quantityList"),
        ({"quantityList": [quantity(lot(FLOUR, "F1"), -5)]}, "quantity"),
        ({"quantityList": [{**quantity(lot(FLOUR, "F1"), 5), "quantity": "five"}]}, "quantity"),
        ({"quantityList": [{**quantity(lot(FLOUR, "F1"), 5), "uom": "KILO"}]}, "uom"),
        ({"eventID": "not a uri"}, "eventID"),
        ({"bizStep": "no such step"}, "bizStep"),
        ({"errorDeclaration": {"declarationTime": "now"}}, "declarationTime"),
    )),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "field"), [*UNKNOWN, *WRONG])
async def test_a_field_that_is_unknown_or_wrong_is_named(gate: Gate, path: str, body: Any, field: str) -> None:
    before = await gate.contents()
    answer = await gate.post(path, json.dumps(body))
    assert is_clear(answer)
    assert answer.status_code in (400, 401) if path == "/auth/sign-in" else answer.status_code == 400, answer.text[:300]
    assert field in answer.text, answer.text[:500]
    assert await gate.contents() == before


async def test_a_fault_in_one_event_keeps_its_neighbours_out_unless_told_to_go_on(gate: Gate) -> None:
    before = await gate.contents()
    body = document(event(), event(eventTime="yesterday"), event(epcList=["https://id.gs1.org/01/09506000134308/21/1"]))
    answer = await gate.post("/epcis/capture", json.dumps(body))
    assert [error["field"] for error in answer.json()["errors"]] == ["$.epcisBody.eventList[1].eventTime", "$.epcisBody.eventList[2].epcList[0]"]
    assert await gate.contents() == before


SLOW: Final[dict[str, Any]] = {
    "long text": event(disposition="a" * 1_000_000),
    "long URI": event(bizLocation={"id": "https://id.gs1.org/414/" + "9" * 500_000}),
    "long URN": event(epcList=["urn:epc:id:sgtin:" + "1." * 200_000]),
    "long time": event(eventTime="2026-03-02T08:00:00." + "0" * 500_000 + "Z"),
    "long offset": event(eventTimeZoneOffset="+" + "0" * 500_000),
    "long percent-encoding": event(epcList=["https://id.gs1.org/01/09506000134307/21/" + "%41" * 200_000]),
    "many things": event(epcList=[f"https://id.gs1.org/01/09506000134307/21/{number}" for number in range(60_000 if SOAKING else 20_000)]),
    "many faults": event(epcList=["x"] * 100_000),
    "many keys": event(**{f"ex:{number}": number for number in range(60_000)}),
    "long key": event(**{"ex:" + "a" * 1_000_000: 1}),
    "long number": event(quantityList=[{"epcClass": lot(FLOUR, "F1"), "quantity": int("9" * 4_000)}]),
    "long fraction": json.dumps(event(quantityList=[quantity(lot(FLOUR, "F1"), 0.5)])).replace("0.5", "0." + "9" * 300_000),
    "long host": event(readPoint={"id": "https://" + "a." * 200_000 + "example/414/9506000134000"}),
}  # fmt: skip


@pytest.mark.both
@pytest.mark.parametrize("name", SLOW)
async def test_what_is_made_to_take_long_is_answered_in_time(gate: Gate, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # What is long waits for a worker, and none is at work here.
    monkeypatch.setattr(capture_routes, "LONGEST_WAIT_SECONDS", 1.0)
    given = SLOW[name] if isinstance(SLOW[name], str) else json.dumps(SLOW[name])
    context = json.dumps([*document()["@context"], {"ex": "https://example.com/ns#"}])
    before = await gate.contents()
    async with asyncio.timeout(HANGS):
        answer = await gate.post("/epcis/events", given.replace("{", '{"@context": ' + context + ", ", 1))
    assert is_clear(answer), name
    if answer.status_code >= 400:
        assert await gate.contents() == before


@needs_shared_data
@pytest.mark.parametrize("folder", ["xml", "uploads", "images-active-content", "malformed-images"])
async def test_files_sent_where_events_belong_are_refused(gate: Gate, folder: str) -> None:
    before = await gate.contents()
    for path in files(folder):
        content = path.read_bytes()
        for kind in ("application/xml", "text/xml", "application/json", "application/ld+json"):
            async with asyncio.timeout(HANGS):
                answer = await gate.post("/epcis/capture", content, Content_Type=kind)
            assert is_clear(answer), path.name
            assert answer.status_code in (400, 413, 415), (path.name, kind, answer.status_code)
            assert "root:" not in answer.text
            assert "lollollol" not in answer.text
    assert await gate.contents() == before


async def test_a_batch_entry_that_is_wrong_is_set_aside_by_name_and_takes_no_other_with_it(gate: Gate) -> None:
    entries = [phones.received(lot(FLOUR, "G1")), phones.received("https://id.gs1.org/01/09506000134308/10/F1"), phones.received(lot(FLOUR, "G2"))]
    answer = await gate.post("/mobile/v1/sync", json.dumps({"entries": entries}))
    assert [entry["status"] for entry in answer.json()["entries"]] == ["accepted", "needs_review", "accepted"]
    assert "check digit" in answer.json()["entries"][1]["message"]
