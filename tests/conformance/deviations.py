"""Rows of published tables that are themselves wrong by the standard: `deviations.csv` names each with its clause."""

import csv
from pathlib import Path
from typing import Final

_TABLE: Final = Path(__file__).with_name("deviations.csv")


def known_deviations(folder: Path) -> dict[tuple[str, str], str]:
    """Why, by path and column, for the set whose folder has this name."""
    with _TABLE.open(encoding="utf-8", newline="") as lines:
        return {(row["path"], row["column"]): row["reason"] for row in csv.DictReader(lines) if row["set"] == folder.resolve().name}
