"""Known attacks in every place of a request that isn't its body: looked up, refused, never run, never given back as it came."""

import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest

from tests.factories import DUMPLING, PLANT, lot, made
from tests.graphql.test_commands import document
from tests.mobile_api import phones
from tests.security.conftest import Gate
from tests.security.corpora import LISTS, is_clear, some, texts
from tests.shared_data import needs_shared_data

pytestmark = needs_shared_data

PARAMETERS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("/epcis/events", ("EQ_eventID", "EQ_bizStep", "EQ_disposition", "EQ_readPoint", "MATCH_epc", "MATCH_anyEPCClass", "eventType", "EQ_action",
                       "GE_eventTime", "LT_recordTime", "EQ_transformationID", "perPage", "nextPageToken", "EXISTS_errorDeclaration", "orderBy")),
    ("/epcis/capture", ("perPage", "nextPageToken")),
    ("/mobile/v1/changes", ("since", "limit")),
    (f"/01/{DUMPLING}/10/A", ("linkType", "lang", "15", "x")),
)  # fmt: skip
PATHS: Final = (
    "/epcis/events/{}", "/epcis/capture/{}", "/01/{}", f"/01/{DUMPLING}/10/{{}}", f"/01/{DUMPLING}/21/{{}}", "/{}", "/auth/{}", "/mobile/v1/{}",
    "/health/{}", "/graphql/{}",
)  # fmt: skip
HEADERS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("/epcis/events", ("GS1-EPC-Format", "Accept", "Accept-Language", "X-Request-Id", "User-Agent", "X-Forwarded-For", "If-None-Match", "Range")),
    (f"/01/{DUMPLING}/10/A", ("Accept", "Accept-Language", "If-None-Match", "Referer", "Cookie", "X-Forwarded-Host")),
)  # fmt: skip


def header_text(text: str) -> bytes:
    """As much of a text as a header can hold: servers refuse line ends and controls before we see them."""
    return "".join(character for character in text if character.isprintable()).encode("utf-8", "ignore")[:4_000]


def not_reflected(answer: httpx.Response, text: str) -> bool:
    """In a page, nothing that was sent stands as it was sent."""
    if answer.headers.get("content-type", "").startswith("text/html") and "<" in text and len(text) > 3:
        assert text not in answer.text, text
    for word in ("root:x:", "[extensions]", "for 16-bit app support", "uid=0"):
        assert word not in answer.text
    location = answer.headers.get("location", "")
    assert location == "" or location.startswith("/"), location
    assert not location.startswith("//")
    return True


def everywhere(text: str, place: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The requests that hold a text: each path, one parameter and one header of each address."""
    for path in PATHS:
        yield "GET", path.format(quote(text, safe="" if place % 2 else "/:;=@&")), {}
    for path, names in PARAMETERS:
        yield "GET", path, {"params": {names[place % len(names)]: text}}
    for path, headers in HEADERS:
        yield "GET", path, {"headers": {headers[place % len(headers)]: header_text(text)}}


@pytest.mark.parametrize("name", LISTS)
async def test_an_attack_beside_the_body_is_answered_clearly_and_changes_nothing(gate: Gate, name: str) -> None:
    before = await gate.contents()
    for place, text in enumerate(some(texts(name), 8)):
        legal = text.encode("utf-8", "replace").decode()
        for method, path, rest in everywhere(legal, place):
            headers = {**gate.owner.headers, "accept": "text/html", **rest.pop("headers", {})}
            raw = [(key.encode(), value if isinstance(value, bytes) else value.encode()) for key, value in headers.items()]
            try:
                answer = await gate.client.request(method, path, headers=raw, **rest)
            except httpx.InvalidURL:
                continue
            assert is_clear(answer), (path, rest)
            assert not_reflected(answer, legal)
    assert await gate.contents() == before


@pytest.mark.parametrize("name", [name for name in LISTS if name != "naughty_strings"])
async def test_an_attack_within_a_body_is_kept_as_text_or_refused(gate: Gate, name: str) -> None:
    context = [*document()["@context"], {"ex": "https://example.com/ns#"}]
    for text in some(texts(name), 8):
        legal = text.encode("utf-8", "replace").decode().replace("\x00", "")
        noted = {"@context": context, **made([lot(DUMPLING, "P1").replace("/10/", "/21/")]), "ex:note": legal}
        stored = await gate.post("/epcis/events", json.dumps(noted))
        assert (is_clear(stored), stored.status_code) == (True, 201), text
        shown = await gate.get(f"/epcis/events/{noted['eventID']}")
        [told] = shown.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        assert told["ex:note"] == legal
        for path, body in (
            ("/auth/sign-in", {"login": legal[:250], "password": legal[:1_000], "tenant": legal[:60]}),
            ("/auth/refresh", {"refreshToken": legal[:200]}),
            ("/mobile/v1/sync", {"entries": [phones.received(legal), phones.received(lot(DUMPLING, "P1"), place=legal, document=legal)]}),
            ("/mobile/v1/sync", {"entries": [phones.entry("inspect", goods=[{"key": lot(DUMPLING, "P1")}], place=PLANT, result="pass", note=legal)]}),
            ("/mobile/v1/uploads", {"contentType": legal, "size": 1, "sha256": legal}),
            ("/graphql", {"query": legal}),
            ("/graphql", {"query": "query($k: String!) { traceableObject(key: $k) { id } }", "variables": {"k": legal}, "operationName": legal}),
        ):
            assert is_clear(await gate.post(path, json.dumps(body))), (path, text)


async def test_made_up_tokens_open_nothing(gate: Gate) -> None:
    before = await gate.contents()
    for text in [*texts("jwt"), *some(texts("naughty_strings"), 40), *some(texts("sqli"), 20)]:
        for scheme in ("Bearer ", "bearer ", "", "Basic ", "Bearer Bearer "):
            raw = [(b"Authorization", scheme.encode() + header_text(text))]
            for path in ("/auth/me", "/epcis/events"):
                answer = await gate.client.get(path, headers=raw)
                assert (answer.status_code, is_clear(answer)) == (401, True), text
    assert await gate.contents() == before


async def test_wrong_sign_ins_are_counted_and_write_nothing_else(gate: Gate) -> None:
    before = await gate.contents()
    for place, text in enumerate(some(texts("sqli"), 30)):
        body = {"login": f"{place}-{text}"[:200], "password": text or "x"}
        answer = await gate.post("/auth/sign-in", json.dumps(body))
        assert is_clear(answer)
        assert answer.status_code in (400, 401, 429)
    assert await gate.contents() == before
