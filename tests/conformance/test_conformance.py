"""The runner's verdicts, on real documents and on tables that are made to be missed."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from tests.conformance.deviations import known_deviations
from tests.conformance.expectations import UnreadableExpectationsError, read_expectations
from tests.conformance.judging import COLUMNS, Judged, Mark, explained, judge
from tests.conformance.playing import play
from tests.factories import FLOUR, lot, made, quantity
from tests.firms import Firm
from tests.graphql.test_commands import document
from tests.shared_data import SHARED_DATA, needs_shared_data

Bearer = Callable[..., Awaitable[dict[str, str]]]
NewFirm = Callable[[], Awaitable[Firm]]


async def judged(client: httpx.AsyncClient, new_firm: NewFirm, bearer: Bearer, folder: Path, part: str = "") -> list[Judged]:
    played = {}
    for expected in read_expectations(folder):
        if part in expected.path:
            played[expected.path] = await play(client, await bearer(await new_firm()), expected)
    return [explained(judge(each, played), known_deviations(folder)) for each in played.values()]


@needs_shared_data
@pytest.mark.parametrize(
    ("folder", "part", "count"),
    [("gs1-epcis", "json/WithFullCombinationOfFields", 4), ("gs1-epcis", "xml/AssociationEvent", 1), ("epcis-implementations", "AllGS1Keys", 2),
     ("epcis-implementations", "JSON/Capture/Invalid", 9)],
)  # fmt: skip
async def test_a_sample_of_the_published_documents_meets_every_verdict(
    client: httpx.AsyncClient, new_firm: NewFirm, bearer: Bearer, folder: str, part: str, count: int
) -> None:
    lines = await judged(client, new_firm, bearer, SHARED_DATA / folder, part)
    assert len(lines) == count
    assert [line for line in lines if line.missed] == []


def write(folder: Path, rows: str, **documents: object) -> Path:
    for name, content in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    (folder / "expectations.csv").write_text("path,schema_verdict,field,n_events,oracle_event_hashes,pair_with\n" + rows)
    return folder


async def test_what_differs_from_the_table_is_missed_column_by_column(
    client: httpx.AsyncClient, new_firm: NewFirm, bearer: Bearer, tmp_path: Path
) -> None:
    good = document(made([], [quantity(lot(FLOUR, "C-1"), 5)]))
    other = document(made([], [quantity(lot(FLOUR, "C-2"), 5)]))
    bad = json.loads(json.dumps(good))
    del bad["epcisBody"]["eventList"][0]["action"]
    rows = (
        "good.json,valid,,1,,\n"
        "rejected.json,invalid,,,,\n"
        "miscounted.json,valid,,2,,\n"
        "wrong_hash.json,valid,,,ni:///sha-256;00?ver=CBV2.0,\n"
        "pair.json,valid,,,,good.json\n"
        "bad.json,invalid,$.epcisBody.eventList[0].action,,,\n"
        "other_field.json,invalid,$.epcisBody.eventList[0].bizStep,,,\n"
        "refused.json,valid,,,,\n"
    )
    folder = write(tmp_path, rows, good=good, rejected=good, miscounted=good, wrong_hash=good, pair=other, bad=bad, other_field=bad, refused=bad)
    lines = {line.path: line for line in await judged(client, new_firm, bearer, folder)}
    missed = {path: [column for column in COLUMNS if getattr(line, column) is Mark.MISSED] for path, line in lines.items()}
    assert missed == {
        "good.json": [],
        "rejected.json": ["verdict"],
        "miscounted.json": ["read_back"],
        "wrong_hash.json": ["hash"],
        "pair.json": ["pair"],
        "bad.json": [],
        "other_field.json": ["field"],
        "refused.json": ["verdict"],
    }
    assert "action" in lines["refused.json"].remark


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("missing.json,valid,,,,\n", "Line 2 .* names “missing.json”"),
        ("../expectations.csv,valid,,,,\n", "Line 2"),
        ("good.json,perhaps,,,,\n", "labelled “perhaps”"),
    ],
)
def test_a_table_that_cannot_be_played_says_where(tmp_path: Path, rows: str, told: str) -> None:
    with pytest.raises(UnreadableExpectationsError, match=told):
        read_expectations(write(tmp_path, rows, good={}))


def test_a_folder_without_a_table_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExpectationsError, match=r"expectations\.csv is missing"):
        read_expectations(tmp_path)


@needs_shared_data
@pytest.mark.parametrize("folder", ["gs1-epcis", "epcis-implementations"])
def test_every_explained_row_is_a_row_of_its_table(folder: str) -> None:
    paths = {expected.path for expected in read_expectations(SHARED_DATA / folder)}
    assert {path for path, _ in known_deviations(SHARED_DATA / folder)} <= paths
