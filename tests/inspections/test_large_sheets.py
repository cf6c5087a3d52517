"""Workbooks that are small and would fill the memory when they are read."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from backend.inspections import tables
from backend.inspections.errors import UnreadableTableError


def test_two_cells_far_apart_are_refused_before_the_sheet_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the workbook was opened")

    monkeypatch.setattr(tables, "python_calamine", type("Guard", (), {"CalamineWorkbook": type("Never", (), {"from_filelike": never})}))
    book = Workbook()
    book.active.cell(1, 1, "lot")
    book.active.cell(1_048_576, 16_384, "far")
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(UnreadableTableError, match="far below"):
        tables.read_table(out.getvalue())


def test_other_formats_in_the_same_archive_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", "<a/>")
    with pytest.raises(UnreadableTableError, match="save it as XLSX"):
        tables.read_table(out.getvalue())


def test_one_long_text_for_all_cells_of_a_large_sheet_is_refused_before_it_is_copied() -> None:
    book = Workbook()
    book.active.cell(1, 1, "x" * 30_000)
    book.active.cell(2_000, 100, "end")
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(UnreadableTableError, match="very long texts"):
        tables.read_table(out.getvalue())
