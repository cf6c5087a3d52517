"""Laboratory files: tried, taken, wrong cell by cell, given back; text of any encoding, workbooks, and what would do harm."""

import hashlib
import io
import zipfile
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import openpyxl
import pytest

from backend.inspections.errors import UnreadableTableError
from backend.inspections.mapping import Column, Mapping, Wide, mapped
from backend.inspections.tables import address, read_table
from tests.factories import FLOUR, capture, lot, made, quantity
from tests.firms import Firm
from tests.graphql.conftest import Caller
from tests.inspections.conftest import ALLOW, DAMP, LEAD, LISTED, READ, released

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT = (
    "报告编号,样品编号,批号,检测项目,检测结果,单位,备注\r\nR-1,S-1,F-1,铅,<0.01,mg/kg,=cmd|' /C calc'!A0\r\n"
    "R-1,S-1,F-1,水分,13.1,%,\r\nR-2,S-2,F-2,铅,about,mg/kg,\r\n\r\nR-3,S-3,F-404,铅,0.1,mg/kg,\r\n"
)  # fmt: skip


async def uploaded(caller: Caller, content: bytes, kind: str = "text/csv") -> str:
    """A file that is in the store; gives the upload's id."""
    allowed = await caller.command(ALLOW, {"contentType": kind, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    assert allowed["userErrors"] == []
    async with httpx.AsyncClient() as outside:
        headers = {header["name"]: header["value"] for header in allowed["headers"]}
        assert (await outside.request(allowed["method"], allowed["url"], content=content, headers=headers)).status_code == 200
    return str(allowed["uploadId"])


@pytest.fixture
async def flour(services: Any, firm: Firm, owner: Caller) -> Firm:
    """A firm with flour and its specification."""
    await capture(services, firm.tenant_id, made([], [quantity(lot(FLOUR, f"F-{number}"), 100) for number in (1, 2)]))
    await released(owner, "FLOUR", [DAMP, LEAD])
    return firm


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
async def test_file_is_tried_then_taken_and_its_failed_rows_come_back(flour: Firm, owner: Caller, encoding: str) -> None:
    given = {"uploadId": await uploaded(owner, TEXT.encode(encoding)), "laboratory": "SGS"}
    tried = await owner.command(READ, {**given, "dryRun": True})
    assert (tried["taken"], tried["refused"], tried["inspections"]) == (2, 2, [])
    assert (await owner.ask(LISTED, {}))["inspections"]["nodes"] == []
    taken = await owner.command(READ, given)
    assert (taken["taken"], taken["duplicates"], taken["refused"]) == (2, 0, 2)
    assert [(fault["cell"], fault["column"]) for fault in taken["faults"]] == [("E4", "value"), ("C6", "key")]
    assert taken["faults"] == tried["faults"]
    assert taken["inspections"] == [{"status": "CONCLUDED", "conclusion": "ACCEPTED"}]
    lines = taken["failedRows"].removeprefix("\ufeff").splitlines()
    assert lines[0] == "报告编号,样品编号,批号,检测项目,检测结果,单位,备注,错误 / Error"
    assert [line.split(",")[2] for line in lines[1:]] == ["F-2", "F-404"]
    gone = await owner.command(READ, given)
    assert [error["code"] for error in gone["userErrors"]] == ["UPLOAD_NOT_FOUND"]
    again = await owner.command(READ, {**given, "uploadId": await uploaded(owner, TEXT.encode(encoding))})
    assert (again["taken"], again["duplicates"]) == (0, 2)


async def test_workbook_with_a_column_for_each_characteristic_is_read_by_its_mapping(flour: Firm, owner: Caller) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Prüfbericht 7"], ["Probe", "Charge", "Nr", "Pb [ppb]", "H2O"], ["S-1", "F-1", "R-7", 250, 13.1], ["S-2", "F-2", "R-7", 9.5, 13.25]):
        sheet.append(row)
    sheet["G3"] = "=1+1"
    stream = io.BytesIO()
    book.save(stream)
    columns = [{"column": "SAMPLE", "heading": "Probe"}, {"column": "KEY", "heading": "Charge"}, {"column": "REPORT", "heading": "Nr"}]
    values = [{"heading": "Pb [ppb]", "characteristic": "LEAD", "unit": "J33"}, {"heading": "H2O", "characteristic": "DAMP"}]
    upload = await uploaded(owner, stream.getvalue(), XLSX)
    given = {"uploadId": upload, "laboratory": "Labor", "columns": columns, "values": values, "headingRow": 2}
    taken = await owner.command(READ, given)
    assert (taken["userErrors"], taken["taken"], taken["refused"]) == ([], 4, 0)
    assert [one["conclusion"] for one in taken["inspections"]] == ["REJECTED", "ACCEPTED"]


async def test_file_that_is_none_is_refused_and_nothing_kept(flour: Firm, owner: Caller) -> None:
    upload = await uploaded(owner, b"\x89PNG\r\n\x1a\n\x00\x00")
    refused = await owner.command(READ, {"uploadId": upload, "laboratory": "SGS"})
    assert [error["code"] for error in refused["userErrors"]] == ["TABLE_UNREADABLE"]
    for wrong, field in (({"contentType": "text/html"}, "contentType"), ({"size": 5_000_001}, "size"), ({"sha256": "x"}, "sha256")):
        given = {"contentType": "text/csv", "size": 3, "sha256": "0" * 64, **wrong}
        assert [error["field"] for error in (await owner.command(ALLOW, given))["userErrors"]] == [field]
    assert (await owner.ask(LISTED, {}))["inspections"]["nodes"] == []


def bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<a/>" * 40_000_000)
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"only,a,heading\r\n", b"PK\x03\x04 and no more", b"a,b\r\n" + b"x," * 300 + b"y\r\n", b"a\r\n" + b"x\r\n" * 3_000,
        b"a,b\r\n" + b"x" * 3_000,
    ],
)  # fmt: skip
def test_tables_that_are_none_or_too_large_are_refused(content: bytes) -> None:
    with pytest.raises(UnreadableTableError):
        read_table(content)


def test_an_archive_that_unpacks_to_a_flood_is_refused() -> None:
    with pytest.raises(UnreadableTableError, match="too large once it is unpacked"):
        read_table(bomb())


def test_columns_are_found_by_heading_and_faults_name_the_cell() -> None:
    rows = [["Lot", "Report No", "Sample ID", "Test", "Result", "Date"], ["L1", "R", "S", "Pb", "1", "2026.3.9"], ["L2", "R", "S", "Pb", "2", "soon"]]
    found = mapped(rows, Mapping())
    [placed] = found.lines
    assert (placed.line.key, placed.line.measured_at and placed.line.measured_at.date().isoformat()) == ("L1", "2026-03-09")
    assert [(fault.cell, fault.column) for fault in found.faults] == [("F3", "measuredAt")]
    written = [*rows[:1], ["L1", "R", "S", "Pb", "1", "2026-03-09 14:30"]]
    [local] = mapped(written, Mapping(zone=ZoneInfo("Asia/Shanghai"))).lines
    assert local.line.measured_at == datetime(2026, 3, 9, 6, 30, tzinfo=UTC)
    with pytest.raises(UnreadableTableError, match="characteristic"):
        mapped([["批号", "报告编号", "样品编号", "结果"], ["1", "2", "3", "4"]], Mapping())
    with pytest.raises(UnreadableTableError, match="No column is headed"):
        mapped(rows, Mapping({Column.VALUE: "nothing"}, (Wide("x", "X"),)))
    assert [address(0, 0), address(4, 25), address(9, 26), address(0, 701)] == ["A1", "Z5", "AA10", "ZZ1"]
