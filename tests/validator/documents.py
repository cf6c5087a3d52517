"""Documents for the tests of the validator, and what it says of them."""

import json
from typing import Any

from backend.history.negotiation import Language
from backend.validator.reading import JSON, XML
from backend.validator.report import Report
from backend.validator.service import examine
from tests.graphql.test_commands import document
from tests.shared_data import SHARED_DATA

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
FOLDERS = ("gs1-epcis/examples", "epcis-implementations", "epcis-event-hash", "security-corpora/files")
NAMESPACE = 'xmlns:epcis="urn:epcglobal:epcis:xsd:2"'


def pretty(*events: dict[str, Any]) -> str:
    """A document of these events, one value a line."""
    return json.dumps(document(*events), indent=2, ensure_ascii=False)


def json_report(text: str, language: Language = Language.EN) -> Report:
    return examine(text.encode(), JSON, language)


def xml_report(text: str, language: Language = Language.EN) -> Report:
    return examine(text.encode(), XML, language)


def xml_document(inner: str) -> str:
    """An XML document; the first line of `inner` is its second line."""
    return (
        f'<epcis:EPCISDocument {NAMESPACE} schemaVersion="2.0" creationDate="2026-03-02T08:00:00Z"><EPCISBody><EventList>\n'
        f"{inner}</EventList></EPCISBody></epcis:EPCISDocument>"
    )


def pointed_at(report: Report) -> list[tuple[str, str]]:
    """Each fault's path with the text that begins at its place."""
    return [(fault.path, report.lines[fault.place.line - 1][fault.place.column - 1 :]) for fault in report.faults]


def shared_texts() -> list[tuple[str, bytes]]:
    """Every shared document of a size that the validator takes."""
    found = []
    for folder in FOLDERS:
        for path in sorted((SHARED_DATA / folder).rglob("*.*")):
            raw = path.read_bytes() if path.is_file() else b""
            if 0 < len(raw) <= 1_000_000:
                found.append((str(path.relative_to(SHARED_DATA)), raw))
    return found
