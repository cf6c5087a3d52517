"""Every published case of barcodes and identifiers; `deviations.csv` names each that we don't meet, with the clause that has it otherwise.

`python -m pytest -s tests/barcodes/test_published_cases.py` prints the scores.
"""

import csv
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Final

from tests.barcodes import judging_biip, judging_identifiers
from tests.barcodes.judging import JUDGES, Verdict, shown, verdicts
from tests.shared_data import SHARED_DATA, needs_shared_data

# Importing them has registered their judges.
_JUDGING: Final = (judging_biip, judging_identifiers)
pytestmark = needs_shared_data
_TABLE: Final = Path(__file__).with_name("deviations.csv")
_DOCUMENTED: Final = Path(__file__).resolve().parents[2] / "backend" / "docs" / "identifiers.md"
# Of these nothing may be missed: parsing, generating, scan data, check digits.
WITHOUT_EXCEPTION: Final = frozenset(name for name in JUDGES if name.startswith("gs1engine_") and name != "gs1engine_component_linter_units")
OF_ALL: Final = 0.98


@lru_cache(maxsize=1)
def judged() -> dict[str, list[Verdict]]:
    """Every case of every file."""
    return {name: list(verdicts(name)) for name in JUDGES}


def deviations() -> dict[tuple[str, int], str]:
    """Why, by file and number."""
    with _TABLE.open(encoding="utf-8", newline="") as lines:
        return {(row["file"], int(row["number"])): row["reason"] for row in csv.DictReader(lines)}


def test_every_file_of_cases_has_a_judge() -> None:
    files = {file.stem for file in (SHARED_DATA / "digital-link-barcodes" / "vectors").glob("*.json")}
    assert files == set(JUDGES)


def test_the_cases_that_are_missed_are_those_that_are_listed() -> None:
    missed = {
        verdict.key: (shown(verdict.case), verdict.got, verdict.expected) for each in judged().values() for verdict in each if not verdict.passed
    }
    listed = deviations()
    assert {key: missed[key] for key in missed.keys() - listed.keys()} == {}, "missed, and not listed"
    assert sorted(listed.keys() - missed.keys()) == [], "listed, and met"


def test_nothing_is_missed_of_what_is_read_written_scanned_and_checked() -> None:
    assert [verdict.key for name in WITHOUT_EXCEPTION for verdict in judged()[name] if not verdict.passed] == []


def test_the_scores() -> None:
    scores = {name: (sum(verdict.passed for verdict in each), len(each)) for name, each in judged().items()}
    passed, of_all = (sum(column) for column in zip(*scores.values(), strict=True))
    reasons = Counter(deviations().values())
    print()
    for name, (met, count) in sorted(scores.items()):
        print(f"{name:45} {met:5} of {count:5}")
    print(f"{'together':45} {passed:5} of {of_all:5} = {passed / of_all:.2%}")
    for reason, count in reasons.most_common():
        print(f"{count:4} {reason}")
    assert passed / of_all >= OF_ALL
    assert f"| together | {passed:,} | {of_all:,} |" in _DOCUMENTED.read_text(encoding="utf-8")


def test_every_deviation_gives_its_reason() -> None:
    assert not [key for key, reason in deviations().items() if len(reason) < 20]
