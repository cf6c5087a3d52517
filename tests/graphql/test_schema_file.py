"""The committed SDL, and what the codes of refusals promise."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.graphql import export
from backend.graphql.errors import UserErrorCode, is_business
from infra.errors import SuyuanError


def test_committed_sdl_is_current() -> None:
    assert export.drift() == ""


def test_drift_is_shown_as_a_diff_and_ends_with_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(export, "SDL", tmp_path / "schema.graphql")
    (tmp_path / "schema.graphql").write_text(export.sdl().replace("type Query", "type Kwery"), encoding="utf-8")
    assert export.main(["--check"]) == 1
    shown = capsys.readouterr().out
    assert "-type Kwery" in shown
    assert "+type Query" in shown
    assert export.main([]) == 0
    assert export.main(["--check"]) == 0


def _refusals(kind: type[SuyuanError]) -> Iterator[type[SuyuanError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _refusals(child)


MUTATING = ("infra.errors", "tenants.errors", "backend.events", "backend.objects", "backend.holds", "backend.shipments", "backend.catalog",
            "backend.aliases", "backend.fsma204", "backend.sampling", "backend.instruments", "backend.photos",
            "backend.specifications", "backend.inspections",
            "backend.nonconformance", "backend.capa", "backend.recalls", "backend.recall_notices",
            "backend.rules", "backend.notifications", "backend.alerts", "backend.shifts",
             "backend.webhooks", "backend.documents", "backend.dossiers", "backend.recall_checks", "backend.recall_drills", "infra.outward",
            "tenants.clients.errors", "tenants.sandbox.errors", "tenants.people", "tenants.roles", "tenants.devices", "tenants.audit")  # fmt: skip
NOT_FROM_MUTATIONS = {
    "DOCUMENT_HAS_NO_FILE",
    "GUEST_LINK_INVALID", "EVENT_NOT_FOUND", "CAPTURE_JOB_NOT_FOUND", "QUERY_PARAMETER", "QUERY_TOO_LARGE", "QUERY_TOO_COMPLEX", "RESOURCE_NOT_FOUND",
    "UNSUPPORTED_CONTENT_TYPE", "DEVICE_KEY_KNOWN", "PIN_CHANGE_REQUIRED",
    "NOT_WRITABLE_AS_XML", "TOO_MANY_CAPTURES", "UNSUPPORTED_CONTENT_ENCODING",
}  # fmt: skip


def test_every_business_refusal_of_a_mutation_has_a_code_of_its_own() -> None:
    told = {kind.code for kind in _refusals(SuyuanError) if kind.__module__.startswith(MUTATING) and is_business(kind.__new__(kind))}
    assert told - NOT_FROM_MUTATIONS | {"INVALID_IDENTIFIER", "SESSION_ENDED"} == set(UserErrorCode.__members__)
