"""Finds the shared test material, which is not part of the repository: SUYUAN_SHARED_DATA, or ../shared/data beside it."""

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = Path(os.environ.get("SUYUAN_SHARED_DATA") or _ROOT.parent / "shared" / "data")
ABSENT = f"no shared test data at {SHARED_DATA}; set SUYUAN_SHARED_DATA to its folder"

needs_shared_data = pytest.mark.skipif(not SHARED_DATA.is_dir(), reason=ABSENT)
"""Marks tests that are parametrised over shared files: without the files nothing is collected but the reason."""


@dataclass(frozen=True)
class Expectation:
    """One document of a set with its row in the set's expectations.csv."""

    folder: str
    row: dict[str, str]

    @property
    def path(self) -> str:
        return self.row["path"]

    @property
    def file(self) -> Path:
        return SHARED_DATA / self.folder / self.path

    @property
    def is_json(self) -> bool:
        return self.file.suffix in (".json", ".jsonld")

    @property
    def oracle_hashes(self) -> list[str]:
        return self.row["oracle_event_hashes"].split()

    def __str__(self) -> str:
        return f"{self.folder}/{self.path}"


def shared_path(*parts: str) -> Path:
    """A file or folder of the shared data; the calling test is skipped where it is absent."""
    path = SHARED_DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(ABSENT)
    return path


def shared_json(*parts: str) -> Any:
    return json.loads(shared_path(*parts).read_text(encoding="utf-8"))


def expectations(folder: str) -> list[Expectation]:
    """The rows of a set's expectations.csv; none where the shared data is absent, so that collection goes on."""
    table = SHARED_DATA / folder / "expectations.csv"
    if not table.exists():
        return []
    with table.open(encoding="utf-8", newline="") as rows:
        return [Expectation(folder, row) for row in csv.DictReader(rows)]
