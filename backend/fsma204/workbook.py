"""Writes the electronic sortable spreadsheet: as a workbook with a sheet for each kind of event and one for all, or as CSV.

Rows are written as they come: neither the records nor the workbook are ever held whole. A text is never a formula, whatever it begins with.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from backend.fsma204 import words
from backend.fsma204.cells import Cell, Column, cells_of, columns_of, combined
from backend.fsma204.completeness import Missing
from backend.fsma204.elements import SECTIONS, Cte
from backend.fsma204.foods import Listed
from backend.fsma204.values import Record
from infra.csv_text import BOM, csv_rows, neutral

# A sheet of a workbook has 1,048,576 rows, the heading among them.
MOST_ROWS: Final = 1_000_000
_LONGEST_CELL: Final = 32_000
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f￾￿]")
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\]")
_HEAD, _GAP = PatternFill("solid", fgColor="1F3A5F"), PatternFill("solid", fgColor="FDE9D9")
_WHITE, _BOLD = Font(bold=True, color="FFFFFF"), Font(bold=True)
_DAY_FORMAT: Final = "yyyy-mm-dd"
_BEFORE: Final = (
    ("关键追溯事件", "Critical tracking event"), ("条款", "Citation"), ("行类型", "Line"), ("是否完整", "Complete"), ("缺少内容", "Missing"),
)  # fmt: skip
_BEHIND: Final = (
    ("是否在清单上", "On the Food Traceability List"), ("清单类别", "Category of the list"), ("事件时间", "Time of the event"),
    ("关联行", "Link between lines"), ("EPCIS 事件", "EPCIS event"),
)  # fmt: skip
_LISTED: Final = {
    Listed.LISTED: ("是", "yes"), Listed.NOT_LISTED: ("否", "no"), Listed.UNDETERMINED: ("未定", "not determined"),
}  # fmt: skip


class Digest:
    """The SHA-256 of all rows in their order: of what the file says, whatever form it has."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.rows = 0

    def add(self, row: Sequence[Cell]) -> None:
        """A row with its place."""
        self._hash.update(msgspec.json.encode([cell.text for cell in row]) + b"\n")
        self.rows += 1

    @property
    def hex(self) -> str:
        """So far."""
        return self._hash.hexdigest()


def row_of(record: Record, lacking: Sequence[Missing], columns: Sequence[Column], language: str) -> list[Cell]:
    """A line of a sheet: what it is, the facts, where it comes from."""
    told = "; ".join(f"21 CFR {one.kde.cite} {one.kde.text}{'?' if one.to_decide else ''}" for one in lacking)
    yes = ("否", "no") if lacking else ("是", "yes")
    before = [
        words.cte_name(record.cte, language), f"21 CFR {SECTIONS[record.cte]}", words.pick(language, words.SIDES[record.side]),
        words.pick(language, yes), told,
    ]  # fmt: skip
    moment = record.facts.get("date")
    at = getattr(moment, "at", None) or record.at
    behind = [
        words.pick(language, _LISTED[record.listed]), record.category or "", at.isoformat(timespec="seconds"), record.link, str(record.event),
    ]  # fmt: skip
    return [*map(Cell, before), *cells_of(record, columns), *map(Cell, behind)]


def headings(columns: Sequence[Column], language: str, *, cites: bool) -> list[str]:
    """The first line: each column's title, with the paragraphs of the rule that ask for it."""
    titles = [f"{column.title} ({column.cite})" if cites and column.cite else column.title for column in columns]
    return [*(words.pick(language, one) for one in _BEFORE), *titles, *(words.pick(language, one) for one in _BEHIND)]


class Sheet(Protocol):
    """A file that is being written."""

    def add(self, records: Sequence[tuple[Record, Sequence[Missing]]]) -> None:
        """Write some records. Takes a while for many: not to be called on the event loop."""
        ...

    def close(self, about: Sequence[tuple[str, str]]) -> None:
        """Write what explains the file, and end it."""
        ...


class CsvSheet:
    """All records in one table; what explains it stands in the record of the document."""

    def __init__(self, path: Path, language: str) -> None:
        self.digest = Digest()
        self._columns, self._language = combined(language), language
        self._file = path.open("wb")
        self._file.write(BOM + csv_rows([headings(self._columns, language, cites=False)]))

    def add(self, records: Sequence[tuple[Record, Sequence[Missing]]]) -> None:
        """As RFC 4180 has it."""
        rows = [row_of(record, lacking, self._columns, self._language) for record, lacking in records]
        for row in rows:
            self.digest.add(row)
        self._file.write(csv_rows([[_told(cell) for cell in row] for row in rows]))

    def close(self, about: Sequence[tuple[str, str]]) -> None:
        """A table has no place for explanations."""
        self._file.close()


def _told(cell: Cell) -> str:
    return _clean(cell.text)


class WorkbookSheet:
    """A sheet of explanations, one with all records, and one for each kind of event that there is a record of."""

    def __init__(self, path: Path, language: str) -> None:
        self.digest = Digest()
        self._path, self._language = path, language
        self._book = Workbook(write_only=True)
        self._about = self._book.create_sheet(words.pick(language, ("说明", "About")))
        self._about.column_dimensions["A"].width, self._about.column_dimensions["B"].width = 34, 110
        self._all = _Table(self._book, words.pick(language, ("全部记录", "All records")), combined(language), language, cites=False)
        self._tables: dict[Cte, _Table] = {}

    def add(self, records: Sequence[tuple[Record, Sequence[Missing]]]) -> None:
        """Each record stands in the sheet of its kind and in the one of all."""
        for record, lacking in records:
            row = row_of(record, lacking, self._all.columns, self._language)
            self.digest.add(row)
            self._all.add(row, incomplete=bool(lacking))
            table = self._tables.get(record.cte) or self._table(record.cte)
            table.add(row_of(record, lacking, table.columns, self._language), incomplete=bool(lacking))

    def _table(self, cte: Cte) -> "_Table":
        title = f"{SECTIONS[cte]} {words.cte_name(cte, self._language)}"
        table = self._tables[cte] = _Table(self._book, title, columns_of(cte, self._language), self._language, cites=True)
        return table

    def close(self, about: Sequence[tuple[str, str]]) -> None:
        """The sheet of explanations is the first, and is written last."""
        for title, text in about:
            head = _cell(self._about, title)
            head.font = _BOLD
            self._about.append([head, _cell(self._about, text)])
        for table in (self._all, *self._tables.values()):
            table.close()
        self._book.save(self._path)


class _Table:
    """One sheet of the workbook."""

    def __init__(self, book: Any, title: str, columns: Sequence[Column], language: str, *, cites: bool) -> None:
        self.columns = columns
        self._sheet = book.create_sheet(_FORBIDDEN.sub(" ", title)[:31])
        titles = headings(columns, language, cites=cites)
        self._width, self._rows = len(titles), 1
        # What stands still while the rest is scrolled: the heading, and what kind of line it is.
        self._sheet.freeze_panes = "D2"
        for place, text in enumerate(titles, start=1):
            self._sheet.column_dimensions[get_column_letter(place)].width = min(max(len(text) * 0.9, 14), 34)
        head = [_cell(self._sheet, text) for text in titles]
        for cell in head:
            cell.font, cell.fill = _WHITE, _HEAD
        self._sheet.append(head)

    def add(self, row: Sequence[Cell], *, incomplete: bool) -> None:
        cells = [self._written(cell) for cell in row]
        if incomplete:
            cells[3] = _cell(self._sheet, row[3].text)
            cells[3].fill = _GAP
        self._sheet.append(cells)
        self._rows += 1

    def _written(self, cell: Cell) -> Any:
        value = cell.value
        if isinstance(value, date):
            written = WriteOnlyCell(self._sheet, value)
            written.number_format = _DAY_FORMAT
            return written
        if value is None or isinstance(value, Decimal):
            return value
        # A plain text needs no cell of its own; one that could be taken for a formula, or a number, is told to be a text.
        return _cell(self._sheet, value) if neutral(value) != value or len(value) > _LONGEST_CELL else _clean(value)

    def close(self) -> None:
        self._sheet.auto_filter.ref = f"A1:{get_column_letter(self._width)}{self._rows}"


def _cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, _clean(text))
    cell.data_type = "s"
    cell.quotePrefix = neutral(text) != text
    return cell


def _clean(text: str) -> str:
    return _CONTROL.sub(" ", text)[:_LONGEST_CELL]


SHEETS: Final[Mapping[str, Callable[[Path, str], "CsvSheet | WorkbookSheet"]]] = {"xlsx": WorkbookSheet, "csv": CsvSheet}
