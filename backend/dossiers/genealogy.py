"""Where a lot came from and where it went, as a dossier tells it: the drawing, what went in, the steps, what came of it, shipments."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from backend.catalog.sites import Sites
from backend.documents.stamp import moment
from backend.documents.work import Work
from backend.dossiers.sheet import Block, Column, Drawing, Table
from backend.shapes.exports.pictures import pictures_of
from backend.shapes.flow import Flow, flow_of
from backend.shapes.graph import Sort
from backend.shapes.names import Reader
from backend.shapes.subject import Question, Side, look
from backend.shapes.table import Line, TableOrder, TableRow, is_certain, lines_of, rows_of
from backend.shapes.words import sort_word, write_amounts, write_condition
from backend.trace.rules import Direction
from backend.trace.steps import StepIndex
from infra.database import TenantTransaction

BOXES: Final = 60
MOST_ROWS: Final = 200
MOST_CONDITIONS: Final = 6
_GOODS: Final = (Sort.LOT, Sort.UNIT, Sort.GAP, Sort.OTHER)


@dataclass(frozen=True, slots=True)
class Told:
    """The trace both ways, with the rows that are printed of each kind, and how many there are."""

    flow: Flow
    inputs: Sequence[TableRow]
    steps: Sequence[TableRow]
    outputs: Sequence[TableRow]
    shipments: Sequence[TableRow]
    counts: dict[str, int]


async def read(tx: TenantTransaction, work: Work, key: str, sites: Sites | None) -> Told:
    """As a trace shows it at the sites. Raises what `trace` raises."""
    language = "zh" if work.is_chinese else "en"
    reader = Reader(language, (language,), sites)
    subject = await look(tx, Question(key, Direction.BOTH), sites)
    flow = await flow_of(tx, reader, subject, readable=BOXES)
    lines = (await asyncio.to_thread(lines_of, subject, TableOrder.TIME)).lines
    groups: dict[str, list[Line]] = {"inputs": [], "steps": [], "outputs": [], "shipments": []}
    for line in lines:
        group = _group(line)
        if group is not None:
            groups[group].append(line)
    index = await asyncio.to_thread(StepIndex, subject.trace)
    rows = {name: await rows_of(tx, reader, found[:MOST_ROWS], index) for name, found in groups.items()}
    return Told(flow, **rows, counts={name: len(found) for name, found in groups.items()})


def _group(line: Line) -> str | None:
    sort, side = line.point.sort, line.side
    if sort is Sort.SHIPMENT:
        return "shipments"
    if sort is Sort.STEP:
        return "steps"
    if sort in _GOODS and side in (Side.BEFORE, Side.BOTH):
        return "inputs"
    if sort is Sort.GAP:
        return "inputs"
    return "outputs" if sort in _GOODS and side is Side.BEHIND else None


def drawing_of(work: Work, told: Told) -> tuple[Drawing | None, str]:
    """The drawing, and the letters that it writes; none where there is nothing to draw."""
    if not told.flow.arrows:
        return None, ""
    language = "zh" if work.is_chinese else "en"
    pictures, letters = pictures_of(told.flow, language=language)
    legend = work.pick(
        "实线表示由事件证明（确定），虚线表示事件未排除（可能），点线表示返回。",
        "Solid lines are proven by events (certain), dashed ones aren't excluded by them (possible), dotted ones lead back.",
    )
    return Drawing(pictures, legend), letters


def blocks_of(work: Work, told: Told) -> list[Block]:
    """The tables behind it."""
    return [_inputs(work, told), _steps(work, told), _outputs(work, told), _shipments(work, told)]


def _note(work: Work, told: Told, group: str) -> str:
    more = told.counts[group] - MOST_ROWS
    if more <= 0:
        return ""
    count = f"{told.counts[group]:,}"
    return work.pick(
        f"共 {count} 行，此处列出前 {MOST_ROWS} 行；其余见追溯的 CSV 导出。",
        f"{count} rows in all, of which the first {MOST_ROWS} are printed; the CSV export of the trace has the whole.",
    )


def _certain(work: Work, row: TableRow) -> str:
    return work.pick("确定", "certain") if is_certain(row.line) else work.pick("可能", "possible")


def _inputs(work: Work, told: Told) -> Table:
    language = "zh" if work.is_chinese else "en"
    columns = [
        Column(work.pick("批号或序列号", "Lot or serial"), share=18), Column(work.pick("原料", "Material"), share=22),
        Column(work.pick("数量", "Quantity"), number=True, share=14), Column(work.pick("供应商", "Supplier"), share=20),
        Column(work.pick("首次时间", "First at"), whole=True, share=17), Column(work.pick("确定性", "Certainty"), share=9),
    ]  # fmt: skip
    rows = [
        [
            work.pick("批次未知", "lot unknown") if row.line.point.sort is Sort.GAP else row.line.point.code, row.product or "–",
            write_amounts(row.line.used or row.line.made, language), ", ".join(row.suppliers) or "–", moment(work, row.line.point.at),
            _certain(work, row),
        ]
        for row in told.inputs
    ]  # fmt: skip
    empty = work.pick("没有记录用了什么。", "Nothing is recorded as having gone in.")
    return Table(work.pick("投入的原料与批次", "What went in"), columns, rows, _note(work, told, "inputs"), empty)


def _steps(work: Work, told: Told) -> Table:
    language = "zh" if work.is_chinese else "en"
    columns = [
        Column(work.pick("工序", "Step"), share=14), Column(work.pick("地点", "Place"), share=16),
        Column(work.pick("时间", "Time"), whole=True, share=17),
        Column(work.pick("人员与设备", "People and equipment"), share=20), Column(work.pick("参数与条件", "Parameters and conditions"), share=25),
        Column(work.pick("入/出", "In/out"), number=True, share=8),
    ]  # fmt: skip
    rows = []
    for row in told.steps:
        conditions = [write_condition(condition, language) for condition in row.conditions[:MOST_CONDITIONS]]
        if len(row.conditions) > MOST_CONDITIONS:
            conditions.append(f"+{len(row.conditions) - MOST_CONDITIONS}")
        rows.append([
            row.step or sort_word(Sort.STEP, language), row.place or "–", moment(work, row.line.point.at),
            "\n".join((*row.operators, *(name.rsplit("/", 1)[-1] for name in row.equipment))) or "–", "\n".join(conditions) or "–",
            f"{row.line.inputs} / {row.line.outputs}",
        ])  # fmt: skip
    empty = work.pick("没有记录工序。", "No step is recorded.")
    return Table(work.pick("工序、参数与人员", "Steps, parameters and people"), columns, rows, _note(work, told, "steps"), empty)


def _outputs(work: Work, told: Told) -> Table:
    language = "zh" if work.is_chinese else "en"
    columns = [
        Column(work.pick("批号或序列号", "Lot or serial"), share=24), Column(work.pick("产品", "Product"), share=34),
        Column(work.pick("数量", "Quantity"), number=True, share=18), Column(work.pick("时间", "At"), whole=True, share=14),
        Column(work.pick("确定性", "Certainty"), share=10),
    ]  # fmt: skip
    rows = [
        [row.line.point.code, row.product or "–", write_amounts(row.line.made, language), moment(work, row.line.point.at), _certain(work, row)]
        for row in told.outputs
    ]
    empty = work.pick("没有由它制成别的批次。", "No other lot was made of it.")
    return Table(work.pick("由它制成的批次", "What was made of it"), columns, rows, _note(work, told, "outputs"), empty)


def _shipments(work: Work, told: Told) -> Table:
    language = "zh" if work.is_chinese else "en"
    columns = [
        Column(work.pick("单据", "Document"), share=17), Column(work.pick("客户", "Customer"), share=24), Column(work.pick("发自", "From"), share=18),
        Column(work.pick("时间", "At"), whole=True, share=17), Column(work.pick("数量", "Quantity"), number=True, share=14),
        Column(work.pick("确定性", "Certainty"), share=10),
    ]  # fmt: skip
    rows = [
        [
            row.line.point.code or "–", row.party or work.pick("未知", "unknown"), row.place or "–", moment(work, row.line.point.at),
            write_amounts(row.line.made, language), _certain(work, row),
        ]
        for row in told.shipments
    ]  # fmt: skip
    empty = work.pick("没有记录发货。", "No shipment is recorded.")
    return Table(work.pick("发货", "Shipments"), columns, rows, _note(work, told, "shipments"), empty)
