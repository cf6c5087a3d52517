"""Hostile bodies and requests against the served process: clear answers, nothing fetched, nothing lost, no growth of memory."""

import json
import re
from collections.abc import Iterator
from itertools import chain
from random import Random
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as given_by

from tests.fuzzing import hostile
from tests.fuzzing.changes import mutated, restructured
from tests.fuzzing.serving import Door, canary, is_well, status_of
from tests.graphql.operations import operations
from tests.security.corpora import LISTS, files, texts
from tests.shared_data import Expectation, expectations, needs_shared_data
from tests.soak.marks import SOAKING

pytestmark = pytest.mark.both
DOORS: Final = ("/epcis/capture", "/epcis/events")
PARAMETERS: Final = (
    "EQ_eventID", "EQ_bizStep", "EQ_disposition", "EQ_readPoint", "WD_readPoint", "MATCH_epc", "MATCH_anyEPCClass", "eventType", "EQ_action",
    "GE_eventTime", "LT_recordTime", "EQ_transformationID", "EQ_bizTransaction_po", "EQ_source_location", "EXISTS_errorDeclaration", "orderBy",
    "perPage", "nextPageToken",
)  # fmt: skip
TYPES: Final = {".xml": "application/xml", ".json": "application/json", ".jsonld": "application/ld+json"}
DOCUMENTS: Final[list[Expectation]] = [
    row for folder in ("gs1-epcis", "epcis-implementations") for row in expectations(folder) if row.file.suffix in TYPES
]
MUTATIONS: Final = 5_000 if SOAKING else 120
# What the allocator and the caches of a process may keep; a leak of one body of a round grows beyond it in a soak.
SLACK: Final = 64_000_000


def take(door: Door, bodies: Iterator[hostile.Body], doors: tuple[str, ...] = DOORS) -> int:
    """Send each body to each door; how many were answered."""
    answered = 0
    for name, kind, body in bodies:
        for path in doors:
            assert is_well(door.post(path, body, kind)), (name, path)
            answered += 1
    return answered


def test_nothing_is_fetched_for_a_document(door: Door) -> None:
    with canary() as watched:
        take(door, hostile.elsewhere(watched.url))
        for url in (
            watched.url,
            watched.url.replace("http", "ftp"),
            f"//127.0.0.1:{watched.port}/x",
            f"jar:{watched.url}!/",
            f"gopher://127.0.0.1:{watched.port}/",
        ):
            take(door, hostile.elsewhere(url), DOORS[:1])
            for parameter in ("EQ_readPoint", "MATCH_epc", "nextPageToken", "EQ_sourceID"):
                assert is_well(door.client.get(door.url + "/epcis/events", params={parameter: url}, headers=door.machine))
        assert watched.visits == []
    door.works()


def test_bombs_and_deep_nesting_are_answered(door: Door) -> None:
    take(door, chain(hostile.bombs(), hostile.deep()), DOORS if SOAKING else DOORS[:1])
    deep_query = "{" + "a{" * hostile.DEEP
    for query in (deep_query, "{a(b:" + "[" * hostile.DEEP, "fragment a on B {...a}" * 1_000, "{" + "a:__typename " * 50_000 + "}"):
        answer = door.client.post(
            door.url + "/graphql", content=json.dumps({"query": query}), headers={"Content-Type": "application/json", **door.owner}
        )
        assert is_well(answer)
        assert "data" not in answer.json()
    door.works()


def test_other_encodings_and_lies_about_them_are_answered(door: Door) -> None:
    take(door, chain(hostile.encodings(), hostile.cut_off(Random(1))), DOORS if SOAKING else DOORS[:1])
    door.works()


def test_compressed_bodies_are_answered_and_not_unpacked(door: Door) -> None:
    before = door.served.resident()
    for encoding, body in hostile.compressed():
        assert is_well(door.post("/epcis/capture", body, hostile.JSON, Content_Encoding=encoding))
    assert door.served.resident() - before < SLACK
    door.works()


def test_requests_that_lie_about_their_length_are_answered_or_cut_off(door: Door) -> None:
    for name, request in hostile.requests(door.machine["Authorization"]):
        status = status_of(door.raw(request))
        assert status is None or 200 <= status < 500, (name, status)
    door.works()


def test_an_address_that_holds_what_no_text_may_is_refused(door: Door) -> None:
    for text in ("%00", "a%00b", "urn:a%00", "%ED%A0%80", "%ff%fe", "%c0%af", "%", "%zz", "%u0000"):
        for path in ("/epcis/events/{}", "/epcis/capture/{}", "/01/09506000134307/10/{}", "/{}", "/mobile/v1/{}"):
            assert is_well(door.client.get(door.url + path.format(text), headers=door.machine)), (path, text)
        for name in (*PARAMETERS, "EQ_x%23y", f"EXISTS_ILMD_{text}", text):
            assert is_well(door.client.get(f"{door.url}/epcis/events?{name}={text}", headers=door.machine)), (name, text)
        assert is_well(door.client.get(f"{door.url}/mobile/v1/changes?since={text}", headers=door.owner)), text
    door.works()


@needs_shared_data
def test_texts_of_attacks_are_answered_wherever_they_stand(door: Door) -> None:
    lists = {name: texts(name) for name in LISTS}
    given_texts = [text for name in lists for text in (lists[name] if SOAKING else Random(1).sample(lists[name], min(4, len(lists[name]))))]
    queries = [operation for operation in operations("query") if _text_arguments(operation.field)]
    for number, text in enumerate(given_texts):
        storable = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").replace("\x00", "")
        body = json.dumps(hostile.plain(**{"https://example.com/ns#note": storable}))
        answer = door.post(
            "/epcis/events",
            json.dumps({"@context": json.loads(body)["@context"], **json.loads(body)["epcisBody"]["eventList"][0]}).encode(),
            hostile.JSON,
        )
        assert is_well(answer)
        if answer.status_code == 201:
            read_back = door.client.get(f"{door.url}{answer.headers['Location']}", headers=door.machine)
            [event] = read_back.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
            assert event["https://example.com/ns#note"] == storable
        assert is_well(door.client.get(door.url + "/epcis/events", params={"EQ_eventID": text, "MATCH_epc": text}, headers=door.machine))
        operation = queries[number % len(queries)]
        variables = {**operation.variables, **dict.fromkeys(_text_arguments(operation.field), storable)}
        asked = {"query": operation.document(variables), "variables": variables}
        assert is_well(door.client.post(door.url + "/graphql", json=asked, headers=door.owner))
    door.works()


def _text_arguments(field: Any) -> dict[str, str]:
    return {name: kind for name, argument in field.args.items() if (kind := re.sub(r"\W", "", str(argument.type))) in ("ID", "String")}


@needs_shared_data
def test_files_of_attacks_are_answered(door: Door) -> None:
    for folder in ("xml", "uploads", "images-active-content"):
        for path in files(folder):
            for kind in (hostile.XML, hostile.JSON, "application/octet-stream"):
                answer = door.post("/epcis/capture", path.read_bytes(), kind)
                assert is_well(answer), path.name
                assert answer.status_code in (400, 413, 415), path.name
    door.works()


@needs_shared_data
@pytest.mark.timeout(3_600)
def test_published_documents_with_changes_in_them_are_answered(door: Door) -> None:
    assert DOCUMENTS

    @settings(
        max_examples=MUTATIONS,
        deadline=None,
        derandomize=not SOAKING,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(place=given_by.integers(0, len(DOCUMENTS) - 1), seed=given_by.integers(0, 2**32), structured=given_by.booleans())
    def attempt(place: int, seed: int, structured: bool) -> None:
        row, chance = DOCUMENTS[place], Random(seed)
        raw = row.file.read_bytes()
        if structured and row.is_json:
            try:
                raw = json.dumps(restructured(json.loads(raw), chance)).encode()
            except ValueError:
                structured = False
        if not structured or not row.is_json:
            raw = mutated(raw, chance)
        behaviour = chance.choice(["rollback", "proceed"])
        assert is_well(door.post("/epcis/capture", raw, TYPES[row.file.suffix], GS1_Capture_Error_Behaviour=behaviour)), (str(row), seed)

    attempt()
    door.works()


@pytest.mark.timeout(3_600)
def test_memory_does_not_grow_from_round_to_round(door: Door) -> None:
    resident = []
    with canary() as watched:
        for _ in range(20 if SOAKING else 3):
            bodies = [hostile.deep(), hostile.cut_off(Random(1))]
            if SOAKING:
                bodies += [hostile.elsewhere(watched.url), hostile.bombs(), hostile.encodings()]
            take(door, chain(*bodies))
            for encoding, body in hostile.compressed():
                door.post("/epcis/capture", body, hostile.JSON, Content_Encoding=encoding)
            door.works()
            resident.append(door.served.resident())
        assert watched.visits == []
    # What the first rounds warm up isn't counted.
    assert resident[-1] - resident[4 if SOAKING else 0] < SLACK, resident
