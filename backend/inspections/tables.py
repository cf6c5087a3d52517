"""Read a laboratory's file, CSV in UTF-8 or GBK or an XLSX workbook, as rows of text; cells that hold formulas are text or their value."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

import python_calamine

from backend.inspections.errors import UnreadableTableError

LARGEST_FILE: Final = 5_000_000
# An XLSX file is a ZIP archive: what it unpacks to is bounded before anything is unpacked.
LARGEST_UNPACKED: Final = 100_000_000
MOST_PARTS: Final = 1_000
# Reading a sheet fills the whole rectangle between its cells: two cells far apart would take all memory there is.
LARGEST_SHEET: Final = 5_000_000
# A text that stands once in the file may be the value of every cell, each with a copy of its own.
LARGEST_TEXT: Final = 200_000_000
_PLACE: Final = re.compile(rb"""\br\s*=\s*["']([A-Z]{0,3})(\d{1,9})["']""")
_PLACE_LENGTH: Final = 64
# Other formats in the same archive (XLSB, ODS), which say their sizes elsewhere.
_OTHERS: Final = frozenset({"xl/workbook.bin", "content.xml", "mimetype"})
MOST_ROWS: Final = 2_001
MOST_COLUMNS: Final = 200
LONGEST_CELL: Final = 2_000
_ZIP: Final = b"PK\x03\x04"
_UNREADABLE: Final = (
    zipfile.BadZipFile, zlib.error, python_calamine.CalamineError, ValueError, OSError, IndexError, KeyError, RuntimeError, NotImplementedError,
    EOFError,
)  # fmt: skip
_DELIMITERS: Final = (",", "\t", ";")


def read_table(content: bytes, sheet: str | None = None) -> list[list[str]]:
    """All rows of the file, the heading among them, without empty ones at the end; raises `UnreadableTableError`."""
    if len(content) > LARGEST_FILE:
        raise UnreadableTableError(f"The file has {len(content)} bytes; at most {LARGEST_FILE} are read. Split it.", field="uploadId")
    rows = _of_workbook(content, sheet) if content.startswith(_ZIP) else _of_text(content)
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    if len(rows) < 2:
        raise UnreadableTableError("The file has no row below its heading.", field="uploadId")
    return rows


def _bounded(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    taken: list[list[str]] = []
    for row in rows:
        if len(taken) >= MOST_ROWS and any(cell.strip() for cell in row):
            raise UnreadableTableError(f"The file has more than {MOST_ROWS - 1} rows; split it.", field="uploadId")
        if len(row) > MOST_COLUMNS and any(cell.strip() for cell in row[MOST_COLUMNS:]):
            raise UnreadableTableError(f"Row {len(taken) + 1} has more than {MOST_COLUMNS} cells; leave out what isn't needed.", field="uploadId")
        cells = [cell.replace("\x00", "") for cell in row[:MOST_COLUMNS]]
        if (long := next((place for place, cell in enumerate(cells) if len(cell) > LONGEST_CELL), None)) is not None:
            told = f"{address(len(taken), long)} has more than {LONGEST_CELL} characters; shorten it."
            raise UnreadableTableError(told, field="uploadId")
        if len(taken) < MOST_ROWS:
            taken.append(cells)
    return taken


def _of_text(content: bytes) -> list[list[str]]:
    text = _decoded(content)
    head = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=head.count)
    try:
        return _bounded(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as problem:
        raise UnreadableTableError("The file isn't CSV: a cell is too long, or a quotation mark isn't closed.", field="uploadId") from problem


def _decoded(content: bytes) -> str:
    """UTF-8 where it is, else the Chinese code page (GB 18030 holds GBK): a text that is both is plain ASCII."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if sum(text.count(mark) for mark in ("\x00", "\x01", "\x02")) == 0:
            return text
    raise UnreadableTableError("The file is neither text in UTF-8 or GBK nor an XLSX workbook.", field="uploadId")


def _check_unpacked(content: bytes) -> None:
    """Unpack without keeping anything, because what an archive says of its sizes may be wrong."""
    total, cells, longest = 0, 1, 1
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if any(part.filename.lower() in _OTHERS for part in parts):
            raise UnreadableTableError("The file is no XLSX workbook; save it as XLSX.", field="uploadId")
        for part in parts[:MOST_PARTS]:
            rows, columns, rest, run = 1, 1, b"", 0
            with archive.open(part) as opened:
                while total <= LARGEST_UNPACKED and (chunk := opened.read(1_000_000)):
                    total += len(chunk)
                    for letters, row in _PLACE.findall(rest + chunk):
                        rows, columns = max(rows, int(row)), max(columns, _column(letters))
                    rest = chunk[-_PLACE_LENGTH:]
                    between = [len(text) for text in chunk.split(b"<")]
                    longest = max(longest, run + between[0], *between)
                    run = between[-1] + (run if len(between) == 1 else 0)
            cells = max(cells, rows * columns)
            if rows * columns > LARGEST_SHEET:
                raise UnreadableTableError("A sheet has cells far below or beside its table; delete those rows and columns.", field="uploadId")
    if cells * longest > LARGEST_TEXT:
        raise UnreadableTableError("A large sheet holds very long texts; shorten them, or leave out what isn't needed.", field="uploadId")
    if len(parts) > MOST_PARTS or total > LARGEST_UNPACKED:
        raise UnreadableTableError("The workbook is too large once it is unpacked; leave out pictures and other sheets.", field="uploadId")


def _column(letters: bytes) -> int:
    """The number of a column by its letters, from 1; of none 0."""
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number


def _of_workbook(content: bytes, sheet: str | None) -> list[list[str]]:
    try:
        _check_unpacked(content)
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = workbook.sheet_names
        wanted = sheet or names[0]
        # The first row counts, also where cells above or beside the table are empty: addresses are those that people see.
        rows = workbook.get_sheet_by_name(wanted).to_python(skip_empty_area=False) if wanted in names else None
    except _UNREADABLE as problem:
        raise UnreadableTableError("The workbook can't be read; save it anew as XLSX without a password.", field="uploadId") from problem
    if rows is None:
        raise UnreadableTableError(f"The workbook has no sheet “{wanted[:200]}”; it has: {', '.join(names[:10])[:300]}.", field="sheet")
    return _bounded([[_text(cell) for cell in row] for row in rows])


def _text(cell: str | float | bool | date | time | datetime | timedelta) -> str:
    """A cell as people read it: numbers without what binary fractions add, dates in ISO 8601."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        number = Decimal(repr(cell))
        plain = f"{number:f}" if abs(number.adjusted()) <= 30 else str(number)
        return plain.removesuffix(".0")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


def address(row: int, column: int) -> str:
    """The name of a cell as spreadsheets have it; both count from 0."""
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"
