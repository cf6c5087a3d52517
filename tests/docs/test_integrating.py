"""Every example of `integrating.md` runs as it stands, in each of its languages, and does what it says; the page shows the very files."""

import asyncio
import importlib.util
import json
import os
import re
import shutil
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from backend.services import Services
from infra.clock import now
from tenants.clients import service
from tenants.clients.rules import terms_of
from tests.docs import integrating_page
from tests.docs.test_examples import serving
from tests.factories import CUSTOMER, DUMPLING, FLOUR, capture, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm

SCOPES = ["events.capture", "events.read", "trace.read"]
LANGUAGES = ["sh", "py", "ts"]
SECONDS = 60
# Older ones don't erase types: https://nodejs.org/api/typescript.html
OLDEST_NODE = (22, 18)
NAMES = sorted(path.stem for path in integrating_page.FOLDER.glob("*.sh"))
FLOUR_7, BUNS_7 = lot(FLOUR, "FLOUR-7"), lot(DUMPLING, "BUNS-7")


@dataclass(frozen=True)
class Ran:
    """What an example did."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Partner:
    """A firm's client that may capture, read and trace."""

    firm: Firm
    client_id: UUID
    key: str


@pytest.fixture(scope="module")
async def address(services: Services) -> AsyncIterator[str]:
    async with serving(services) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
async def partner(services: Services, firm: Firm) -> Partner:
    async with services.database.tenant(firm.tenant_id) as tx:
        made_key = await service.create_client(tx, firm.principal, terms_of(name="WMS", scopes=SCOPES, moment=now()))
    return Partner(firm, made_key.client_id, made_key.text)


async def version_of(node: str) -> tuple[int, ...]:
    process = await asyncio.create_subprocess_exec(node, "--version", stdout=PIPE)
    told, _ = await process.communicate()
    return tuple(int(part) for part in re.findall(r"[0-9]+", told.decode())[:2])


async def find_node() -> str | None:
    """A node that erases types: the machine's, or the one that drives the browser tests, which comes with their wheel."""
    spec = importlib.util.find_spec("playwright")
    own = Path(spec.origin).parent / "driver" / "node" if spec and spec.origin else None
    for node in (shutil.which("node"), str(own) if own and own.exists() else None):
        if node is not None and await version_of(node) >= OLDEST_NODE:
            return node
    return None


async def command(name: str, language: str) -> list[str]:
    """How an example is started; the calling test is skipped where the machine has nothing to start it with."""
    file = str(integrating_page.FOLDER / f"{name}.{language}")
    if language == "py":
        return [sys.executable, file]
    if language == "sh":
        if shutil.which("curl") is None:
            pytest.skip("curl is not installed here, so the examples in it can't be run")
        return ["sh", file]
    node = await find_node()
    if node is None:
        pytest.skip("no node from 22.18 on is installed here, so the TypeScript examples can't be run")
    return [node, file]


async def run(name: str, language: str, address: str, key: str, client_id: str = "") -> Ran:
    environment = {"PATH": os.environ["PATH"], "SUYUAN": address, "SUYUAN_KEY": key, "SUYUAN_CLIENT_ID": client_id}
    process = await asyncio.create_subprocess_exec(*await command(name, language), stdout=PIPE, stderr=PIPE, env=environment)
    out, err = await asyncio.wait_for(process.communicate(), SECONDS)
    return Ran(process.returncode or 0, out.decode(), err.decode())


async def follow(name: str, language: str, address: str, partner: Partner) -> str:
    """What an example prints that ends well."""
    ran = await run(name, language, address, partner.key, str(partner.client_id))
    assert ran.status == 0, ran
    assert ran.err == "", ran
    return ran.out


async def stored(address: str, partner: Partner, **parameters: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {partner.key}"}) as client:
        answer = await client.get("/epcis/events", params={"perPage": "100", **parameters})
    found: list[dict[str, Any]] = answer.raise_for_status().json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return found


async def ask(address: str, partner: Partner, query: str) -> Any:
    async with httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {partner.key}"}) as client:
        return (await client.post("/graphql", json={"query": query})).raise_for_status().json()["data"]


def test_there_are_ten_in_each_language_and_the_page_shows_the_very_files() -> None:
    text = integrating_page.PAGE.read_text(encoding="utf-8")
    assert [name[:2] for name in NAMES] == [f"{number:02d}" for number in range(1, 11)]
    assert integrating_page.shown(text) == [f"{name}.{language}" for name in NAMES for language in LANGUAGES]
    assert text == integrating_page.expected(text), "run: python -m tests.docs.integrating_page"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_01_a_token_with_the_scope_asked_for(language: str, address: str, partner: Partner) -> None:
    out = await follow("01_token", language, address, partner)
    assert "WMS" in out
    assert "events.capture" in out
    assert "events.read" not in out


@pytest.mark.parametrize("language", LANGUAGES)
async def test_02_faults_with_their_lines_and_nothing_stored(language: str, address: str, partner: Partner) -> None:
    out = await follow("02_validate", language, address, partner)
    assert 'line 5: "SHIP" is not an action. Use ADD, OBSERVE or DELETE.\n' in out
    assert 'line 1: The field "eventTimeZoneOffset" is missing.' in out
    assert json.loads(out.partition("A good event: ")[2])["bizStep"] == "shipping"
    assert await stored(address, partner) == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_03_one_event(language: str, address: str, partner: Partner) -> None:
    out = await follow("03_capture_event", language, address, partner)
    [event] = await stored(address, partner)
    assert "accepted" in out
    assert event["eventID"] in out
    assert event["quantityList"] == [{"epcClass": FLOUR_7, "quantity": 500, "uom": "KGM"}]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_04_a_document_as_far_as_it_is_good(language: str, address: str, partner: Partner) -> None:
    told = (await follow("04_capture_document", language, address, partner)).splitlines()
    assert told == [
        "accepted 1, duplicates 0, rejected 1",
        '$.epcisBody.eventList[1].action: "SEEN" is not an action. Use ADD, OBSERVE or DELETE.',
    ]
    assert len(await stored(address, partner)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
async def test_05_all_pages(language: str, address: str, partner: Partner, services: Services) -> None:
    events = [made([], [quantity(lot(FLOUR, f"F{number}"), 5)], number) for number in range(5)]
    await capture(services, partner.firm.tenant_id, *events)
    told = (await follow("05_read_pages", language, address, partner)).splitlines()
    assert told == [f"{event['eventTime']} ObjectEvent {event['eventID']}" for event in events]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_06_what_the_parameters_find(language: str, address: str, partner: Partner, services: Services) -> None:
    pallet, other = sscc(1), sscc(2)
    late = 60 * 24 * 40
    events = [
        packed(pallet, [unit(DUMPLING, "S1")]), shipped([pallet]), packed(other, [unit(DUMPLING, "S2")]), shipped([other]),
        shipped([pallet], minutes=late), made([pallet], minutes=5),
    ]  # fmt: skip
    await capture(services, partner.firm.tenant_id, *events)
    told = (await follow("06_query", language, address, partner)).splitlines()
    assert told == [f"packing {events[0]['eventTime']}", f"shipping {events[1]['eventTime']}"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_07_a_correction(language: str, address: str, partner: Partner) -> None:
    out = await follow("07_correct", language, address, partner)
    assert "incorrect_data" in out
    events = await stored(address, partner)
    [declared] = [event for event in events if "errorDeclaration" in event]
    [right] = [event for event in events if event["quantityList"][0]["quantity"] == 500]
    assert declared["errorDeclaration"]["correctiveEventIDs"] == [right["eventID"]]
    known = await ask(address, partner, f'{{ traceableObject(key: "{FLOUR_7}") {{ positions {{ quantity }} }} }}')
    assert all(position["quantity"] == "500" for position in known["traceableObject"]["positions"])


@pytest.mark.parametrize("language", LANGUAGES)
async def test_08_a_unit_on_a_pallet_leaves(language: str, address: str, partner: Partner) -> None:
    out = await follow("08_pack_and_ship", language, address, partner)
    assert re.search(r'accepted"?[: ]+4', out)
    trace = f'trace(key: "{unit(DUMPLING, "S1")}", direction: FORWARD) {{ shipments(first: 5) {{ nodes {{ shipment {{ toParty }} }} }} }}'
    contents = f'containerContents(key: "{sscc(1)}", first: 10) {{ nodes {{ object {{ code }} }} }}'
    known = await ask(address, partner, f"{{ {trace} {contents} }}")
    assert known["trace"]["shipments"]["nodes"] == [{"shipment": {"toParty": CUSTOMER}}]
    assert {"S1", "S2"} <= {node["object"]["code"] for node in known["containerContents"]["nodes"]}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_09_a_trace_both_ways(language: str, address: str, partner: Partner, services: Services) -> None:
    events = [made([], [quantity(FLOUR_7, 10)]), transformed([FLOUR_7], [BUNS_7]), shipped([], [quantity(BUNS_7, 10)])]
    await capture(services, partner.firm.tenant_id, *events)
    out = await follow("09_trace", language, address, partner)
    backward, _, forward = out.partition(CUSTOMER)
    assert "FLOUR-7" in backward
    assert "BUNS-7" in forward


@pytest.mark.parametrize("language", LANGUAGES)
async def test_10_a_lost_answer_and_a_full_bucket(language: str, address: str, partner: Partner) -> None:
    async with Unreliable.before(address) as (unreliable, at):
        ran = await run("10_retry", language, at, partner.key)
    assert (ran.status, "duplicate" in ran.out) == (0, True), ran
    assert unreliable.requests == 3
    assert len(await stored(address, partner)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_refusal_ends_each_of_them_with_its_reason(language: str, address: str, partner: Partner) -> None:
    for name in NAMES:
        ran = await run(name, language, address, f"sy_live_{uuid4().hex}", str(partner.client_id))
        assert ran.status != 0, name
        assert "Refused" in ran.err or "detail" in ran.err, (name, ran)
    assert await stored(address, partner) == []


class Unreliable:
    """Stands before the service: loses the first answer, refuses the second request with 429, and lets the others pass."""

    def __init__(self, address: str) -> None:
        self.requests = 0
        self._address = address

    @classmethod
    def before(cls, address: str) -> "_Opened":
        return _Opened(cls(address))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        lowered = {name.lower(): value for name, value in headers.items()}
        body = await reader.readexactly(int(lowered.get("content-length", 0)))
        self.requests += 1
        if self.requests == 2:
            self._answer(writer, 429, b'{"detail": "Too much at once.", "requestId": "x"}', "Retry-After: 1\r\n")
            return
        async with httpx.AsyncClient(base_url=self._address) as client:
            kept = {name: value for name, value in lowered.items() if name in ("authorization", "content-type")}
            answer = await client.post(head.split(" ")[1], content=body, headers=kept)
        if self.requests > 1:
            self._answer(writer, answer.status_code, answer.content)

    def _answer(self, writer: asyncio.StreamWriter, status: int, body: bytes, more: str = "") -> None:
        head = f"HTTP/1.1 {status} So\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{more}\r\n"
        writer.write(head.encode() + body)


class _Opened:
    def __init__(self, unreliable: Unreliable) -> None:
        self._unreliable = unreliable

    async def __aenter__(self) -> tuple[Unreliable, str]:
        self._server = await asyncio.start_server(self._unreliable.serve, "127.0.0.1", 0)
        return self._unreliable, f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()
