"""Tables as text that a spreadsheet opens and never takes for a formula."""

import csv
import io
from collections.abc import Sequence
from typing import Final

# Excel reads UTF-8, and with it Chinese, only behind this mark.
BOM: Final = b"\xef\xbb\xbf"
# A cell that begins so is taken for a formula by Excel, LibreOffice or WPS; the last four are the full-width signs of Chinese keyboards.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def neutral(cell: str) -> str:
    """The text of a cell such that no spreadsheet takes it for a formula: an apostrophe stands before what would begin one."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def csv_rows(rows: Sequence[Sequence[str]]) -> bytes:
    """Rows as RFC 4180 has them, each cell neutral."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([[neutral(cell) for cell in row] for row in rows])
    return text.getvalue().encode()
