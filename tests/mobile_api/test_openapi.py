"""The committed OpenAPI document is what the code says, and is right in itself."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mobile_api import export_openapi
from tests.factories import FLOUR, lot, sscc
from tests.mobile_api.phones import Entry, entry, item, packed, produced, received, shipped

F1 = lot(FLOUR, "F1")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """As committed."""
    return dict(json.loads(export_openapi.COMMITTED.read_text(encoding="utf-8")))


def test_the_committed_document_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert export_openapi.main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_document_is_shown_as_a_difference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    stale = tmp_path_factory.mktemp("openapi") / "openapi.json"
    stale.write_text(export_openapi.COMMITTED.read_text(encoding="utf-8").replace("needs_review", "lost"), encoding="utf-8")
    monkeypatch.setattr(export_openapi, "COMMITTED", stale)
    assert export_openapi.main(["--check"]) == 1
    assert re.search(r'^-\s+"lost"', capsys.readouterr().out, re.MULTILINE)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, child in value.items():
            if name == "$ref":
                yield child
            yield from _references(child)
    elif isinstance(value, list):
        for child in value:
            yield from _references(child)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(_references(document)) <= known


def test_every_error_is_a_documented_problem(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            errors = {status: answer for status, answer in operation["responses"].items() if int(status) >= 400}
            assert {"400", "401", "403", "500", "503"} <= errors.keys(), (path, method)
            assert {tuple(answer["content"]) for answer in errors.values()} == {("application/problem+json",)}


@pytest.mark.parametrize(
    ("told", "valid"),
    [
        (received(F1), True),
        (received(F1, quantity=12.5), True),
        (produced([F1], None), True),
        (packed(sscc(1), [item(F1, 1)]), True),
        (shipped([item(F1, 1)], mode="command"), True),
        (entry("epcis", event={}), True),
        (entry("dance"), False),
        (received(F1, goods=[]), False),
        (received(F1) | {"colour": "red"}, False),
        (received(F1) | {"sequence": "1"}, False),
    ],
)
def test_the_document_tells_entries_from_others(document: dict[str, Any], told: Entry, valid: bool) -> None:
    schema = {**document, "$ref": "#/components/schemas/Batch"}
    assert Draft202012Validator(schema).is_valid({"entries": [told]}) is valid
