"""Requests made up from the OpenAPI documents, the standard's and the phones' own: whatever they say, no failure of ours."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from litestar import Litestar
from schemathesis import APIOperation, GenerationMode
from schemathesis.core.result import Ok

from mobile_api import export_openapi
from tenants.http import declared_routes
from tests.fuzzing.serving import HANGS, Door
from tests.shared_data import ABSENT, SHARED_DATA
from tests.soak.marks import SOAKING

pytestmark = pytest.mark.both
STANDARD: Final = SHARED_DATA / "gs1-epcis" / "schemas" / "rest" / "openapi.json"
EXAMPLES: Final = 300 if SOAKING else 2
CONTENT_TYPES: Final = ("application/json", "application/ld+json", "application/xml", "application/problem+json")
METHODS: Final = ("get", "post", "put", "delete", "patch")


def cut_down(document: dict[str, Any], app: Litestar, prefix: str) -> dict[str, Any]:
    """The document with those operations alone that the application has."""
    there = {(_bare(path), method.lower()) for path, method, _ in declared_routes(app)}
    paths = {}
    for path, item in document["paths"].items():
        kept = {name: value for name, value in item.items() if name not in METHODS or (_bare(prefix + path), name) in there}
        if any(name in METHODS for name in kept):
            paths[path] = {name: value for name, value in kept.items() if name != "options"}
    return {**document, "paths": paths}


def _bare(path: str) -> str:
    """A path without the names of its parameters, which may be named otherwise here."""
    return "/".join("{}" if part.startswith("{") else part for part in path.rstrip("/").split("/"))


def operations(document: dict[str, Any]) -> Iterator[APIOperation[Any, Any, Any, Any]]:
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        assert isinstance(found, Ok), found
        yield found.ok()


def try_all(door: Door, document: dict[str, Any], prefix: str, headers: dict[str, str]) -> int:
    """Every operation with what its schema allows and with what it doesn't; how many requests were sent."""
    sent = 0
    untried: list[str] = []
    with requests.Session() as session:
        for operation in operations(document):
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

                @settings(
                    max_examples=EXAMPLES, deadline=None, derandomize=not SOAKING, database=None, phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )  # fmt: skip
                @given(case=operation.as_strategy(generation_mode=mode))
                def attempt(case: Any) -> None:
                    nonlocal sent
                    sent += 1
                    answer = case.call(base_url=door.url + prefix, headers=headers, session=session, timeout=HANGS)
                    told = (case.as_curl_command(), answer.status_code, answer.text[:500])
                    assert answer.status_code < 500, told
                    assert '"INTERNAL"' not in answer.text, told
                    if answer.content:
                        assert answer.headers["content-type"][0].split(";")[0] in CONTENT_TYPES, told

                try:
                    attempt()
                except Unsatisfiable:
                    untried.append(f"{mode} {operation.label}")
    # By some schemas hardly anything is right, or wrong.
    assert len(untried) <= 4, untried
    return sent


@pytest.mark.skipif(not STANDARD.exists(), reason=ABSENT)
@pytest.mark.timeout(3_600)
def test_requests_by_the_standards_openapi_are_answered(door: Door, app: Litestar) -> None:
    document = cut_down(json.loads(STANDARD.read_text(encoding="utf-8")), app, "/epcis")
    assert {"/capture", "/capture/{captureID}", "/events", "/events/{eventID}"} <= document["paths"].keys()
    assert try_all(door, document, "/epcis", door.machine) > 0
    door.works()


@pytest.mark.timeout(3_600)
def test_requests_by_the_phones_openapi_are_answered(door: Door, app: Litestar) -> None:
    document = cut_down(export_openapi.document(), app, "")
    assert try_all(door, document, "", door.owner) > 0
    door.works()
