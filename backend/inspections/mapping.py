"""Which column of a laboratory's file means what, and its rows as lines of a report (no I/O)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from backend.inspections.errors import UnreadableTableError
from backend.inspections.laboratory import Line
from backend.inspections.tables import address


class Column(StrEnum):
    """What a column holds."""

    KEY = "key"
    REPORT = "report"
    SAMPLE = "sample"
    CHARACTERISTIC = "characteristic"
    VALUE = "value"
    UNIT = "unit"
    UNCERTAINTY = "uncertainty"
    METHOD = "method"
    NOTE = "note"
    MEASURED_AT = "measuredAt"


# Headings that are understood without being told; compared without space and case.
_HEADINGS: Final[dict[Column, str]] = {
    Column.KEY: "批号 批次 批次号 产品批号 样品批号 物料批号 lot lotnumber lotno batch batchno key",
    Column.REPORT: "报告编号 报告号 检测报告编号 report reportno reportnumber",
    Column.SAMPLE: "样品编号 样品号 样本编号 sample sampleid sampleno",
    Column.CHARACTERISTIC: "检测项目 检验项目 项目 指标 characteristic test parameter analyte",
    Column.VALUE: "检测结果 检验结果 结果 测定值 检测值 value result",
    Column.UNIT: "单位 计量单位 unit",
    Column.UNCERTAINTY: "不确定度 扩展不确定度 uncertainty",
    Column.METHOD: "检测方法 检验方法 方法 检测依据 method",
    Column.NOTE: "备注 note remark",
    Column.MEASURED_AT: "检测日期 检验日期 检测时间 measuredat date tested",
}
_REQUIRED: Final = (Column.KEY, Column.REPORT, Column.SAMPLE)


@dataclass(frozen=True, slots=True)
class Wide:
    """A column that holds the values of one characteristic, as in a table with one row for each sample."""

    heading: str
    characteristic: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """The columns by their headings; those that aren't told are found by usual headings. `heading_row` counts from 1.

    Moments without an offset are those of `zone`.
    """

    columns: dict[Column, str] = field(default_factory=dict)
    wide: tuple[Wide, ...] = ()
    heading_row: int = 1
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Placed:
    """A line with the place that it came from: the row (from 0) and the cell of each field."""

    line: Line
    row: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that can't be read."""

    row: int
    cell: str
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """A table's lines, the faults of those rows that have none, and the heading."""

    lines: list[Placed]
    faults: list[Fault]
    heading: list[str]


def mapped(rows: Sequence[Sequence[str]], mapping: Mapping) -> Mapped:
    """The lines of a table; raises `UnreadableTableError` where a column that is needed isn't there."""
    at = mapping.heading_row - 1
    if not 0 <= at < len(rows) - 1:
        raise UnreadableTableError(f"Row {mapping.heading_row} has nothing below it; say which row holds the headings.", field="headingRow")
    heading = [cell.strip() for cell in rows[at]]
    places = _places(heading, mapping)
    wide = [(_place(heading, one.heading, "wide"), one) for one in mapping.wide]
    needed = _REQUIRED if wide else (*_REQUIRED, Column.CHARACTERISTIC, Column.VALUE)
    lacking = [column for column in needed if column not in places]
    if lacking:
        told = ", ".join(f"{column} ({_HEADINGS[column].split()[0]})" for column in lacking)
        raise UnreadableTableError(f"No column of row {at + 1} holds: {told}. Say in “columns” which ones do.", field="columns")
    found = Mapped([], [], heading)
    for number in range(at + 1, len(rows)):
        cells = list(rows[number]) + [""] * (len(heading) - len(rows[number]))
        if not any(cell.strip() for cell in cells):
            continue
        where = [(place, one.characteristic, one.unit) for place, one in wide if cells[place].strip()] or None
        _add(found, cells, number, places, where if wide else None, zone=mapping.zone)
    return found


def _add(
    found: Mapped, cells: list[str], row: int, places: dict[Column, int], wide: list[tuple[int, str, str]] | None, *, zone: tzinfo
) -> None:  # fmt: skip
    """The lines of one row: one, or one for each filled column of a wide table."""

    def cell(column: Column) -> str:
        return cells[places[column]].strip() if column in places else ""

    try:
        uncertainty, measured_at = _decimal(cell(Column.UNCERTAINTY)), _moment(cell(Column.MEASURED_AT), zone)
    except _CellError as problem:
        found.faults.append(Fault(row, address(row, places[problem.column]), str(problem.column), problem.told))
        return
    named = {str(column): address(row, place) for column, place in places.items()}
    values = [(places[Column.VALUE], cell(Column.CHARACTERISTIC), cell(Column.UNIT))] if wide is None and Column.VALUE in places else wide or []
    for place, characteristic, unit in values:
        line = Line(
            cell(Column.KEY), cell(Column.REPORT), cell(Column.SAMPLE), characteristic, cells[place].strip(), unit, uncertainty, cell(Column.METHOD),
            cell(Column.NOTE), 1, measured_at,
        )  # fmt: skip
        found.lines.append(Placed(line, row, named | {"value": address(row, place)}))


def _places(heading: list[str], mapping: Mapping) -> dict[Column, int]:
    places = {column: _place(heading, name, str(column)) for column, name in mapping.columns.items()}
    known = {word: column for column, words in _HEADINGS.items() for word in words.split()}
    taken = set(places.values())
    for place, name in enumerate(heading):
        column = known.get(_bare(name))
        if column is not None and column not in places and place not in taken:
            places[column] = place
    return places


def _place(heading: list[str], name: str, what: str) -> int:
    for place, told in enumerate(heading):
        if _bare(told) == _bare(name):
            return place
    raise UnreadableTableError(f"No column is headed “{name[:200]}”; the headings are: {', '.join(heading)[:300]}.", field=f"columns.{what}")


def _bare(text: str) -> str:
    return "".join(text.split()).casefold().replace("_", "").replace(".", "")


class _CellError(Exception):
    def __init__(self, column: Column, told: str) -> None:
        super().__init__(told)
        self.column, self.told = column, told


def _decimal(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        number = Decimal(text.lstrip("±"))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or len(text) > 40 or abs(number.adjusted()) > 30:
        raise _CellError(Column.UNCERTAINTY, f"“{text[:40]}” is no number.")
    return number


def _moment(text: str, zone: tzinfo) -> datetime | None:
    """ISO 8601, or a date with points or slashes; without an offset it is taken as of the zone, a date as its beginning."""
    if not text:
        return None
    written = text.replace("/", "-").replace(".", "-", 2) if len(text) <= 10 else text
    parts = written.split("-")
    if len(parts) == 3 and all(part.isdigit() for part in parts):
        written = f"{parts[0]:0>4}-{parts[1]:0>2}-{parts[2]:0>2}"
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise _CellError(Column.MEASURED_AT, f"“{text[:40]}” is no date; write 2026-11-23.") from None
    if type(moment) is date:
        raise _CellError(Column.MEASURED_AT, f"“{text[:40]}” is no date; write 2026-11-23.")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
