"""The printed report of a trace: what was asked, how much was found, the flow, and tables of lots, steps, shipments and customers."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backend.shapes.clocks import PlantTime
from backend.shapes.exports.pictures import pictures_of
from backend.shapes.flow import Flow
from backend.shapes.graph import Graph, Sort, add_all
from backend.shapes.table import TableRow, is_certain
from backend.shapes.words import pick, policy_word, sort_word, write_amounts, write_condition
from backend.trace.rules import Direction
from infra.clock import isoformat
from infra.printing.shell import PrintedDocument

GENERATOR: Final = "Suyuan 0.1.0 trace report 1"
# Of each table: more is nobody's to read on paper, and stands in the CSV.
MOST_ROWS: Final = 300
MOST_CONDITIONS: Final = 4
_TEMPLATES: Final = Path(__file__).parents[1] / "templates"
_STYLE: Final = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
_environment = Environment(
    loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
)
_DIRECTIONS: Final = {
    Direction.BACKWARD: ("向上游：它由什么制成", "backward: what it was made from"),
    Direction.FORWARD: ("向下游：由它制成了什么，去了哪里", "forward: what was made from it, and where that went"),
    Direction.BOTH: ("双向", "both ways"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """Of a table: numbers stand to the right, what is `whole` is never broken into lines."""

    title: str
    number: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A table; `note` says what isn't in it."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Material:
    """Whatever the report is made of. `rows` are at most `MOST_ROWS` of each kind, `totals` how many there are of each."""

    flow: Flow
    graph: Graph
    rows: Sequence[TableRow]
    totals: dict[Sort, int]
    clock: PlantTime
    language: str
    title: str
    company: str
    asked_by: str
    made_at: datetime
    customers: int = field(default=0)


def digest_of(graph: Graph) -> str:
    """SHA-256 of what was found: every object and link with certainty, quantity and time, in an order of its own."""
    lines = [[point.name, int(point.certainty)] for point in graph.points]
    links = [
        [arrow.parent, arrow.child, int(arrow.kind or 0), int(arrow.certainty), str(arrow.quantity), arrow.uom or "", isoformat(arrow.at)]
        for arrow in graph.arrows
    ]
    whole = hashlib.sha256()
    for line in (*sorted(map(msgspec.json.encode, lines)), *sorted(map(msgspec.json.encode, links))):
        whole.update(line + b"\n")
    return whole.hexdigest()


def report_of(material: Material) -> PrintedDocument:
    """The document, to be printed."""
    language, digest = material.language, digest_of(material.graph)
    heading = pick(language, "追溯报告", "Trace report")
    pictures, letters = pictures_of(material.flow, language=language)
    body = _environment.get_template("report.html").render(
        title=heading, subtitle=material.title, facts=_facts(material, digest), counts=_counts(material), pictures=pictures,
        sections=[section for section in _sections(material) if section.rows],
        legend=pick(
            language, "实线表示由事件证明（确定），虚线表示事件未排除（可能），点线表示返回。",
            "Solid lines are proven by events (certain), dashed ones aren't excluded by them (possible), dotted ones lead back.",
        ),
    )  # fmt: skip
    made = material.clock.minutes(material.made_at)
    return PrintedDocument(
        title=f"{heading}: {material.title}", language="zh-CN" if language != "en" else "en", body=body, header_left=material.company,
        header_right=material.title[:70], footer=f"{made} ({material.clock.name}) · {GENERATOR} · SHA-256 {digest[:16]}…", style=_STYLE,
        subject=material.flow.subject.start.uri, letters=letters,
    )  # fmt: skip


def _facts(material: Material, digest: str) -> list[tuple[str, str]]:
    language, question, clock = material.language, material.flow.subject.question, material.clock
    now = pick(language, "现在", "now")
    return [
        (pick(language, "查询对象", "Asked about"), material.flow.subject.start.uri),
        (pick(language, "方向", "Direction"), pick(language, *_DIRECTIONS[question.direction])),
        (pick(language, "事件截至", "Events until"), clock.write(question.as_of) if question.as_of else now),
        (pick(language, "已知截至", "As was known at"), clock.write(question.known_at) if question.known_at else now),
        *([(pick(language, "储罐取料", "Drawn from tanks"), policy_word(question.tank_policy, language))] if question.tank_policy else []),
        (pick(language, "查询人", "Asked by"), material.asked_by),
        (pick(language, "生成时间", "Made at"), f"{clock.write(material.made_at)} ({clock.name})"),
        (pick(language, "数据摘要", "Digest of the data"), f"SHA-256 {digest}"),
        (pick(language, "生成程序", "Made by"), GENERATOR),
    ]  # fmt: skip


def _counts(material: Material) -> list[tuple[str, str]]:
    order = (Sort.LOT, Sort.UNIT, Sort.CONTAINER, Sort.STEP, Sort.SHIPMENT, Sort.GAP, Sort.OTHER)
    counts = [(f"{material.totals[sort]:,}", sort_word(sort, material.language, 2)) for sort in order if material.totals.get(sort)]
    if material.customers:
        counts.append((f"{material.customers:,}", pick(material.language, "客户", "customers")))
    return [*counts, (f"{material.flow.links:,}", pick(material.language, "关联", "links"))]


def _sections(material: Material) -> list[Section]:
    return [
        _goods(material, (Sort.LOT, Sort.GAP), ("批次", "Lots")),
        _goods(material, (Sort.UNIT, Sort.CONTAINER, Sort.OTHER), ("单件与容器", "Units and containers")),
        _steps(material), _shipments(material), _customers(material),
    ]  # fmt: skip


def _of(material: Material, *sorts: Sort) -> list[TableRow]:
    return [row for row in material.rows if row.line.point.sort in sorts]


def _note(material: Material, shown: int, *sorts: Sort) -> str:
    more = sum(material.totals.get(sort, 0) for sort in sorts) - shown
    return pick(material.language, f"另有 {more:,} 行，见CSV导出。", f"{more:,} more rows stand in the CSV export.") if more > 0 else ""


def _certain(material: Material, row: TableRow) -> str:
    return pick(material.language, "确定", "certain") if is_certain(row.line) else pick(material.language, "可能", "possible")


def _goods(material: Material, sorts: tuple[Sort, ...], title: tuple[str, str]) -> Section:
    language, rows = material.language, _of(material, *sorts)
    names = (("代码", "Code"), ("产品", "Product"), ("数量", "Quantity"), ("首次时间", "First at"), ("供应商", "Supplier"), ("确定性", "Certainty"))
    columns = [Column(pick(language, *name), number=name[1] == "Quantity", whole=name[1] == "First at") for name in names]
    cells = [
        [
            pick(language, "批次未知", "lot unknown") if row.line.point.sort is Sort.GAP else row.line.point.code, row.product or "",
            write_amounts(row.line.made or row.line.used, language), material.clock.minutes(row.line.point.at), ", ".join(row.suppliers),
            _certain(material, row),
        ]
        for row in rows
    ]  # fmt: skip
    return Section(pick(language, *title), columns, cells, _note(material, len(rows), *sorts))


def _steps(material: Material) -> Section:
    language, rows = material.language, _of(material, Sort.STEP)
    names = (
        ("工序", "Step"), ("地点", "Place"), ("时间", "Time"), ("人员与设备", "People and equipment"), ("条件", "Conditions"),
        ("输入/输出", "In/out"), ("确定性", "Certainty"),
    )  # fmt: skip
    columns = [Column(pick(language, *name), number=name[1] == "In/out", whole=name[1] == "Time") for name in names]
    cells = [
        [
            row.step or sort_word(Sort.STEP, language), row.place or "", material.clock.minutes(row.line.point.at),
            ", ".join((*row.operators, *(name.rsplit("/", 1)[-1] for name in row.equipment))),
            "; ".join(write_condition(condition, language) for condition in row.conditions[:MOST_CONDITIONS]),
            f"{row.line.inputs} / {row.line.outputs}", _certain(material, row),
        ]
        for row in rows
    ]  # fmt: skip
    return Section(pick(language, "工序", "Steps"), columns, cells, _note(material, len(rows), Sort.STEP))


def _shipments(material: Material) -> Section:
    language, rows = material.language, _of(material, Sort.SHIPMENT)
    names = (("单据", "Document"), ("客户", "Customer"), ("发自", "From"), ("时间", "Time"), ("数量", "Quantity"), ("确定性", "Certainty"))
    columns = [Column(pick(language, *name), number=name[1] == "Quantity", whole=name[1] == "Time") for name in names]
    cells = [
        [
            row.line.point.code or "–", row.party or pick(language, "未知", "unknown"), row.place or "", material.clock.minutes(row.line.point.at),
            write_amounts(row.line.made, language), _certain(material, row),
        ]
        for row in rows
    ]  # fmt: skip
    return Section(pick(language, "发货", "Shipments"), columns, cells, _note(material, len(rows), Sort.SHIPMENT))


def _customers(material: Material) -> Section:
    """Of all shipments that are told in rows, by customer; the heading's count is of all."""
    language = material.language
    amounts: dict[str, dict[str, Decimal]] = defaultdict(dict)
    shipments: dict[str, int] = defaultdict(int)
    for row in _of(material, Sort.SHIPMENT):
        customer = row.party or pick(language, "未知", "unknown")
        shipments[customer] += 1
        add_all(amounts[customer], row.line.made)
    columns = [
        Column(pick(language, "客户", "Customer")), Column(pick(language, "发货", "Shipments"), number=True),
        Column(pick(language, "数量", "Quantity"), number=True),
    ]  # fmt: skip
    cells = [[customer, str(count), write_amounts(amounts[customer], language)] for customer, count in sorted(shipments.items())]
    shown = sum(shipments.values())
    return Section(pick(language, "客户", "Customers"), columns, cells, _note(material, shown, Sort.SHIPMENT))
