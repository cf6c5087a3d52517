"""The sheet, made as a document and read back."""

import csv
import hashlib
import io
from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from backend.fsma204.cells import combined
from backend.fsma204.completeness import missing
from backend.fsma204.elements import Cte
from backend.fsma204.values import Amount, Day, Place, Text
from backend.fsma204.workbook import CsvSheet, WorkbookSheet
from backend.services import Services
from tenants.permissions import Role
from tests.firms import Firm
from tests.fsma204.farm import CODE, HARVEST_LOT, PACKED_LOT, Asker, keep_catalogue, tell_all, tell_day
from tests.fsma204.records import record

MAKE = """mutation ($input: MakeDocumentInput!) { makeDocument(input: $input) { document { id } userErrors { code field message } } }"""
LOOK = "query ($id: ID!) { document(id: $id) { state failure sha256 contentSha256 rows fileName contentType generator notes } }"


@pytest.fixture
async def asker(services: Services, firm: Firm, client: httpx.AsyncClient, bearer: Callable[..., Awaitable[dict[str, str]]]) -> Asker:
    await keep_catalogue(services, firm)
    await services.storage.ensure_bucket()
    return Asker(client, await bearer(firm))


async def _made(asker: Asker, do_documents: Callable[[], Awaitable[None]], **given: Any) -> tuple[dict[str, Any], bytes]:
    """The document's record and its file."""
    asked = await asker.ask(MAKE, {"input": {"kind": "FSMA204_SHEET", "language": "en", **given}})
    assert asked["makeDocument"]["userErrors"] == []
    document_id = asked["makeDocument"]["document"]["id"]
    await do_documents()
    told = (await asker.ask(LOOK, {"id": document_id}))["document"]
    assert told["state"] == "READY", told
    answer = await asker.client.get(f"/documents/{document_id}", headers=asker.headers)
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == told["sha256"]
    return told, answer.content


def _sheet(book: Any, title: str) -> list[dict[str, Any]]:
    rows = list(book[title].iter_rows(values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


async def test_each_sheet_of_the_workbook_reads_back_with_real_dates_and_numbers(
    services: Services, firm: Firm, asker: Asker, do_documents: Callable[[], Awaitable[None]]
) -> None:
    await tell_day(services, firm)
    await tell_all(asker)
    told, content = await _made(asker, do_documents, reference="records", parameters=[{"name": "lots", "value": f"{PACKED_LOT}\n{HARVEST_LOT}"}])
    assert told["rows"] == 4
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == [
        "About", "All records", "1.1325(a) Harvesting", "1.1325(b) Cooling before initia", "1.1330(a) Initial packing", "1.1340 Shipping",
    ]  # fmt: skip
    for title in book.sheetnames[1:]:
        sheet = book[title]
        assert sheet.freeze_panes == "D2"
        assert sheet.auto_filter.ref == f"A1:{sheet.cell(1, sheet.max_column).coordinate[:-1]}{sheet.max_row}"
        assert all(cell.value for cell in sheet[1])
    every = _sheet(book, "All records")
    assert [row["Critical tracking event"] for row in every] == ["Harvesting", "Cooling before initial packing", "Initial packing", "Shipping"]
    assert {row["Complete"] for row in every} == {"yes"}
    shipped = every[3]
    assert shipped["Traceability lot code"] == CODE
    assert shipped["Date of the event"] == datetime(2026, 3, 2)  # noqa: DTZ001 - a workbook's days have no zone
    assert (shipped["Quantity: quantity"], shipped["Quantity: unit of measure"]) == (6, "CS")
    assert shipped["Immediate subsequent recipient: phone"] == "=1+1"
    [own] = _sheet(book, "1.1340 Shipping")
    assert own["Date shipped (1.1340(a)(6))"] == shipped["Date of the event"]
    assert own["Reference document: number (1.1340(a)(8))"] == "BOL-2"
    about = dict(book["About"].iter_rows(values_only=True))
    assert about["Content SHA-256"] == told["contentSha256"]
    assert about["Generator"] == told["generator"]
    assert about["1.1340 Shipping"] == "1 lines, 1 complete"
    formulas = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert formulas == []


async def test_csv_has_the_same_rows_and_the_same_content_hash_and_no_formula(
    services: Services, firm: Firm, asker: Asker, do_documents: Callable[[], Awaitable[None]]
) -> None:
    await tell_day(services, firm)
    await tell_all(asker)
    time = [{"name": "from", "value": "2026-03-01T00:00:00Z"}, {"name": "until", "value": "2026-03-09T00:00:00Z"}]
    workbook, _ = await _made(asker, do_documents, reference="records", parameters=time)
    told, content = await _made(asker, do_documents, reference="records", parameters=[*time, {"name": "format", "value": "csv"}])
    assert told["contentSha256"] == workbook["contentSha256"]
    assert (told["contentType"], told["rows"]) == ("text/csv", 4)
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[3]["Traceability lot code"] == CODE
    assert rows[3]["Immediate subsequent recipient: phone"] == "'=1+1"
    assert rows[0]["Farm of harvest: phone"] == "'+1 831 555 0101"


async def test_sheet_in_chinese_has_its_words_and_the_same_sheets(
    services: Services, firm: Firm, asker: Asker, do_documents: Callable[[], Awaitable[None]]
) -> None:
    await tell_day(services, firm)
    _, content = await _made(asker, do_documents, reference=PACKED_LOT, language="zh-CN")
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["说明", "全部记录", "1.1330(a) 初次包装", "1.1340 发货"]
    assert {row["是否完整"] for row in _sheet(book, "全部记录")} == {"否"}


async def test_sheet_of_nothing_says_so(asker: Asker, do_documents: Callable[[], Awaitable[None]]) -> None:
    time = [{"name": "from", "value": "2001-03-01T00:00:00Z"}, {"name": "until", "value": "2001-03-09T00:00:00Z"}]
    told, content = await _made(asker, do_documents, reference="records", parameters=time)
    assert (told["rows"], told["notes"]) == (0, ["No record fits."])
    assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames == ["About", "All records"]


async def test_subject_that_makes_no_sense_is_refused(asker: Asker, client: httpx.AsyncClient, firm: Firm, bearer: Any) -> None:
    async def refused(reference: str, **parameters: str) -> str:
        given = [{"name": name, "value": value} for name, value in parameters.items()]
        asked = await asker.ask(MAKE, {"input": {"kind": "FSMA204_SHEET", "language": "en", "reference": reference, "parameters": given}})
        assert asked["makeDocument"]["document"] is None
        code: str = asked["makeDocument"]["userErrors"][0]["code"]
        return code

    assert await refused("records") == "INVALID_INPUT"
    assert await refused("records", format="pdf", lots="x") == "INVALID_INPUT"
    assert await refused("records", other="x") == "INVALID_INPUT"
    assert await refused("recall:nothing") == "INVALID_INPUT"
    assert await refused("recall:0190aaaa-0000-7000-8000-000000000000") == "RECALL_NOT_FOUND"
    assert await refused("no such lot") == "OBJECT_NOT_FOUND"
    worker = Asker(client, await bearer(firm, Role.WORKER))
    answer = await worker.raw(MAKE, {"input": {"kind": "FSMA204_SHEET", "language": "en", "reference": "records"}})
    assert answer["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"


def test_texts_that_a_spreadsheet_would_take_for_formulas_numbers_or_controls_stay_texts(tmp_path: Path) -> None:
    odd = ["=cmd|' /C calc'!A0", "+1 555", "-2", "@SUM(1)", "\t=1", "0012", "a\x0bb\x00c", "x" * 40_000, "＝1"]
    rows = []
    for text in odd:
        facts = {"lot": Text(text), "here": Place("p", text), "amount": Amount(Decimal("1.50"), "KGM"), "date": Day(datetime(2026, 3, 2).date())}  # noqa: DTZ001
        one = record(Cte.SHIPPING, **facts)  # type: ignore[arg-type]
        rows.append((one, missing(one)))
    book, table = WorkbookSheet(tmp_path / "a.xlsx", "en"), CsvSheet(tmp_path / "a.csv", "en")
    for sheet in (book, table):
        sheet.add(rows)
        sheet.close([("=About", "=1+1")])
    assert book.digest.hex == table.digest.hex
    read = openpyxl.load_workbook(tmp_path / "a.xlsx")
    cells = [cell for sheet in read for row in sheet.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    told = [row["Traceability lot code"] for row in _sheet(read, "All records")]
    assert told[:6] == [*odd[:4], "\t=1", "0012"]
    assert told[6] == "a b c"
    assert len(told[7]) == 32_000
    assert {row["Quantity: quantity"] for row in _sheet(read, "All records")} == {1.5}
    lines = list(csv.reader(io.StringIO((tmp_path / "a.csv").read_text("utf-8-sig"))))
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "＝")) for line in lines for cell in line)


def test_every_event_has_a_sheet_that_reads_back(tmp_path: Path) -> None:
    sheet = WorkbookSheet(tmp_path / "all.xlsx", "en")
    rows = [(one, missing(one)) for one in (record(cte) for cte in Cte)]
    sheet.add(rows)
    sheet.close([])
    read = openpyxl.load_workbook(tmp_path / "all.xlsx", read_only=True)
    assert len(read.sheetnames) == 2 + len(Cte)
    heads = {title: list(next(iter(read[title].iter_rows(values_only=True)))) for title in read.sheetnames[1:]}
    assert len(heads["All records"]) == len(combined("en")) + 10
    read.close()


def test_memory_of_writing_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    import tracemalloc

    def peak(rows: int) -> int:
        sheet = WorkbookSheet(tmp_path / f"{rows}.xlsx", "en")
        one = record(Cte.SHIPPING, lot=Text("L"), here=Place("p", "A"))
        lacking = missing(one)
        tracemalloc.start()
        for _ in range(rows // 100):
            sheet.add([(one, lacking)] * 100)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        sheet.close([])
        return most

    peak(100)
    assert peak(1_000) < 2 * peak(250) + 500_000
