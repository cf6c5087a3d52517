"""What a folder's `expectations.csv` says of each document.

Columns, all but `path` optional: `product_expectation` (MUST_ACCEPT, MUST_REJECT, ACCEPT_AS_BARE_EVENT, LENIENT, QUERY_DEFINITION; text
after it is a remark), else `schema_verdict` (valid, invalid); `field` (what a rejection must name, several separated by spaces);
`n_events`; `oracle_event_hashes` (CBV 2.0 hashes, separated by spaces); `pair_with` (path of the same events in another form, judged
unless `pair_oracle_hashes` says that they differ).
"""

import csv
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

_SUFFIXES: Final = {".xml": "application/xml", ".json": "application/json", ".jsonld": "application/ld+json"}


class Verdict(StrEnum):
    """What a correct implementation does with a document."""

    ACCEPT = "accept"
    ACCEPT_BARE = "accept as event"
    REJECT = "reject"
    LENIENT = "either"
    QUERY = "query"


_LABELS: Final = {
    "MUST_ACCEPT": Verdict.ACCEPT,
    "MUST_REJECT": Verdict.REJECT,
    "ACCEPT_AS_BARE_EVENT": Verdict.ACCEPT_BARE,
    "LENIENT": Verdict.LENIENT,
    "QUERY_DEFINITION": Verdict.QUERY,
    "valid": Verdict.ACCEPT,
    "invalid": Verdict.REJECT,
}


class UnreadableExpectationsError(Exception):
    """The folder can't be played; the message says what to mend."""


@dataclass(frozen=True)
class Expected:
    """One document and what is expected of it; `events` is None where the table doesn't say."""

    path: str
    file: Path
    verdict: Verdict
    fields: tuple[str, ...]
    events: int | None
    hashes: tuple[str, ...]
    pair: str | None

    @property
    def content_type(self) -> str:
        """By the file's suffix."""
        return _SUFFIXES[self.file.suffix]


def read_expectations(folder: Path) -> list[Expected]:
    """The table's rows, in its order. Raises `UnreadableExpectationsError` for a missing file, column or label."""
    table = folder / "expectations.csv"
    if not table.is_file():
        raise UnreadableExpectationsError(f"{table} is missing: it lists the documents, one row each, with the columns path and schema_verdict.")
    with table.open(encoding="utf-8-sig", newline="") as lines:
        return [_expected(folder, row, number) for number, row in enumerate(csv.DictReader(lines), start=2)]


def _expected(folder: Path, row: dict[str, str], number: int) -> Expected:
    path = (row.get("path") or "").strip()
    file = folder / path
    if not path or not file.is_file() or not file.resolve().is_relative_to(folder.resolve()):
        raise UnreadableExpectationsError(f"Line {number} of expectations.csv names “{path}”, which is no file in {folder}.")
    if file.suffix not in _SUFFIXES:
        raise UnreadableExpectationsError(f"{path} (line {number}) is neither .xml nor .json nor .jsonld.")
    label = (row.get("product_expectation") or row.get("schema_verdict") or "").strip()
    verdict = next((verdict for name, verdict in _LABELS.items() if label == name or label.startswith((f"{name} ", f"{name}:"))), None)
    if verdict is None:
        raise UnreadableExpectationsError(f"{path} (line {number}) is labelled “{label}”; use one of {', '.join(_LABELS)}.")
    count = (row.get("n_events") or "").strip()
    return Expected(
        path,
        file,
        verdict,
        tuple((row.get("field") or "").split()),
        int(count) if count.isdigit() else None,
        tuple((row.get("oracle_event_hashes") or "").split()),
        (row.get("pair_with") or "").strip() or None if (row.get("pair_oracle_hashes") or "equal").strip() == "equal" else None,
    )
