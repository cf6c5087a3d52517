"""The table as CSV, in pieces: a heading in the reader's language, one line for each row, nothing that a spreadsheet takes for a formula."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final

from backend.shapes.clocks import PlantTime
from backend.shapes.graph import Amounts
from backend.shapes.subject import Side
from backend.shapes.table import Line, Table, TableRow, is_certain
from backend.shapes.words import doubt_word, pick, sort_word, unit_word, write_condition
from infra.csv_text import BOM, csv_rows

AT_ONCE: Final = 500
Named = Callable[[Sequence[Line]], Awaitable[list[TableRow]]]
"""Looks up what a page of lines is called, in a transaction of its own: whoever reads slowly holds none open."""
_HEADING: Final = (
    ("类别", "kind"), ("位置", "side"), ("距离", "steps"), ("代码", "code"), ("GTIN", "GTIN"), ("产品", "product"), ("确定性", "certainty"),
    ("存疑原因", "doubts"), ("开始 ({zone})", "from ({zone})"), ("结束 ({zone})", "to ({zone})"), ("工序", "step"), ("地点", "place"),
    ("客户", "customer"), ("供应商", "suppliers"), ("产出数量", "made"), ("产出单位", "made unit"), ("使用数量", "used"), ("使用单位", "used unit"),
    ("输入数", "inputs"), ("输出数", "outputs"), ("操作员", "operators"), ("设备", "equipment"),
    ("条件", "conditions"), ("标识", "identifier"),
)  # fmt: skip
_SIDES: Final = {
    Side.START: ("查询对象", "asked about"), Side.BEFORE: ("上游", "upstream"), Side.BEHIND: ("下游", "downstream"),
    Side.BOTH: ("上下游", "both ways"),
}  # fmt: skip


async def csv_parts(table: Table, named: Named, clock: PlantTime, language: str) -> AsyncIterator[bytes]:
    """The file."""
    yield BOM + csv_rows([[pick(language, *words).format(zone=clock.name) for words in _HEADING]])
    for at in range(0, len(table.lines), AT_ONCE):
        rows = await named(table.lines[at : at + AT_ONCE])
        yield csv_rows([_cells(row, clock, language) for row in rows])


def _cells(row: TableRow, clock: PlantTime, language: str) -> list[str]:
    line, point = row.line, row.line.point
    uri = line.thing.uri if line.thing is not None else ""
    return [
        sort_word(point.sort, language), pick(language, *_SIDES[line.side]) if line.side else "", str(point.distance), point.code, point.gtin or "",
        row.product or "", pick(language, "确定", "certain") if is_certain(line) else pick(language, "可能", "possible"),
        "; ".join(doubt_word(doubt, language) for doubt in line.doubts), clock.write(point.at), clock.write(line.until), row.step or "",
        row.place or "", row.party or "", "; ".join(row.suppliers), *_amounts(line.made, language), *_amounts(line.used, language),
        str(line.inputs), str(line.outputs), "; ".join(row.operators), "; ".join(row.equipment),
        "; ".join(write_condition(condition, language) for condition in row.conditions), uri,
    ]  # fmt: skip


def _amounts(amounts: Amounts, language: str) -> tuple[str, str]:
    """Numbers and their units apart, so that a spreadsheet can count on; of several units in the same order."""
    ordered = sorted(amounts.items())
    return "; ".join(f"{quantity:f}" for _, quantity in ordered), "; ".join(unit_word(uom, language) for uom, _ in ordered)
