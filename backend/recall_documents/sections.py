"""The parts of a recall's report: what was decided and when, what the law wants, what the goods are and where they came from. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from backend.recall_documents import words
from backend.recall_documents.facts import Amounts, Facts, GoodsLine
from backend.recall_documents.parts import Cell, Pen, Picture, Rows, Section, Table, shortened

# Of each table on paper; the rest stands in the table that is attached.
MOST_GOODS: Final = 2_000
MOST_REASONS: Final = 100
MOST_ROWS: Final = 300


def firm_lines(facts: Facts, pen: Pen) -> list[tuple[str, str]]:
    """What a recall plan and a notice say of the firm: name, registered address, legal representative, who answers for it, and how he is reached."""
    firm, case = facts.firm, facts.case
    return [
        (pen.pick("企业名称", "Firm"), firm.name), (pen.pick("统一社会信用代码", "Registration number"), firm.number),
        (pen.pick("住所", "Registered address"), firm.address), (pen.pick("法定代表人", "Legal representative"), firm.representative),
        (pen.pick("召回负责人", "Responsible for the recall"), case.owner), (pen.pick("电话", "Telephone"), case.phone or firm.phone),
        (pen.pick("电子邮箱", "E-mail"), case.email or firm.email),
    ]  # fmt: skip


def clocks(facts: Facts, pen: Pen) -> Section:
    """The law's clocks: what each wants, when it began, when it was due, when it was met."""
    columns = [
        pen.column("法定义务", "Duty", width=25), pen.column("主管部门与依据", "Authority and law", width=21),
        pen.column("开始", "Begins", whole=True), pen.column("期限", "Due", whole=True), pen.column("完成", "Met", whole=True),
        pen.column("状态", "State", width=16),
    ]  # fmt: skip
    rows: Rows = [
        [
            Cell(line.duty, quiet=line.note), Cell(line.authority, quiet=line.citation), pen.at(line.begins_at),
            Cell(pen.at(line.due_at), quiet="" if line.fixed else pen.pick("公司自定", "own target")), Cell(pen.at(line.met_at), quiet=line.met_by),
            Cell(f"{words.CLOCK_MARKS.get(line.state, '')} {pen.word(words.CLOCK_STATES, line.state)}", strong=line.state in ("OVERDUE", "MET_LATE")),
        ]
        for line in facts.clocks
    ]  # fmt: skip
    empty = pen.pick("没有适用的法定时限（尚未确定行业、国家或级别）。", "No legal clock runs: sector, countries or class aren't decided.")
    return Section(pen.pick("法定时限", "Legal clocks"), tables=[("", Table(columns, rows, empty=empty))])


def timeline(facts: Facts, pen: Pen) -> Section:
    """Every act, oldest first."""
    columns = [pen.column("时间", "Time", whole=True), pen.column("事项", "Act", width=32), pen.column("人员", "By", width=22),
               pen.column("说明", "Note", width=30)]  # fmt: skip
    rows: Rows = [
        [pen.at(act.at), Cell(pen.word(words.ACTS, act.kind), strong=act.kind in ("DECIDED", "ANNOUNCED", "CLOSED", "EXTENDED")), act.actor,
         shortened(act.reason)]
        for act in facts.acts
    ]  # fmt: skip
    left = facts.acts_left_out
    note = pen.pick(f"另有 {left} 项未列出。", f"{left} more acts aren't listed.") if left else ""
    return Section(pen.pick("处理过程", "Timeline"), tables=[("", Table(columns, rows, note, pen.pick("尚无记录。", "Nothing yet.")))])


def sources(facts: Facts, pen: Pen, pictures: Sequence[Picture], without: str) -> Section:
    """What was suspected, within which bounds, what it came from, and the drawing of how it got into the goods."""
    told = [
        (pen.pick("来源", "Suspected"), "\n".join(facts.sources) or "–"),
        (pen.pick("边界", "Bounds"), "\n".join(facts.bounds) or pen.pick("无限制", "none")),
        (pen.pick("数据截至", "As known at"), f"{pen.at(facts.known_at)} ({pen.time_zone})"),
    ]
    columns = [
        pen.column("代码", "Code", width=24), pen.column("产品", "Product", width=24), pen.column("供应商", "Suppliers", width=24),
        pen.column("涉及来源数", "Of sources", number=True), pen.column("确定性", "Certainty", whole=True),
        pen.column("原因", "Reason"),
    ]  # fmt: skip
    rows: Rows = [
        [line.code, line.product, line.suppliers or "–", pen.number(line.units), pen.certain(line.certain), line.why]
        for line in facts.suspects[:MOST_ROWS]
    ]
    more = facts.counts.suspects - len(rows)
    table = Table(
        columns, rows, _more(more, pen), pen.pick("没有更早的投入物：来源本身就是起点。", "Nothing came before: what is suspected is the beginning.")
    )
    return Section(
        pen.pick("来源与谱系", "Sources and genealogy"), lead=without, facts=told, tables=[(pen.pick("可疑投入物", "Suspect inputs"), table)],
        pictures=pictures,
    )  # fmt: skip


def affected(facts: Facts, pen: Pen) -> Section:
    """How many goods of each product, and of the possible ones why."""
    by_product: dict[str, list[GoodsLine]] = {}
    for line in facts.goods:
        by_product.setdefault(line.product or line.gtin or "–", []).append(line)
    columns = [
        pen.column("产品", "Product", width=40), pen.column("批次等", "Lots etc.", number=True), pen.column("● 确定", "● certain", number=True),
        pen.column("○ 可能", "○ possible", number=True), pen.column("数量", "Quantity", number=True),
    ]  # fmt: skip
    rows: Rows = [
        [name, pen.number(len(lines)), pen.number(sum(line.certain for line in lines)), pen.number(sum(not line.certain for line in lines)),
         pen.amounts(_sum(lines))]
        for name, lines in sorted(by_product.items())
    ]  # fmt: skip
    doubtful = [line for line in facts.goods if not line.certain]
    why = Table(
        [pen.column("批次等", "Lot etc.", width=28), pen.column("产品", "Product", width=30), pen.column("仅为可能的原因", "Why only possible")],
        [[line.code, line.product, line.why or "–"] for line in doubtful[:MOST_REASONS]],
        _more(len(doubtful) - MOST_REASONS, pen, pen.pick("见附录。", "See the appendix.")), pen.pick("没有：全部为确定。", "None: all are certain."),
    )  # fmt: skip
    none = pen.pick("范围内没有货物。", "No goods are in the scope.")
    out = facts.counts.left_out
    note = pen.pick(f"另有 {out} 个“可能”对象因边界未列入。", f"{out} possible ones are left out by the bounds.") if out else ""
    packed = Table(
        [pen.column("批次等", "Lot etc.", width=30), pen.column("产品", "Product", width=34), pen.column("数量", "Quantity", number=True),
         pen.column("容器数", "Containers", number=True)],
        [[line.code, line.product, pen.amount(line.quantity, line.uom), pen.number(line.containers)] for line in facts.co_packed[:MOST_ROWS]],
        _more(facts.counts.co_packed - min(len(facts.co_packed), MOST_ROWS), pen),
        pen.pick("没有：受影响货物未与其他货物同箱。", "None: nothing else lies beside affected goods."),
    )  # fmt: skip
    return Section(
        pen.pick("受影响的货物", "Affected goods"),
        tables=[
            ("", Table(columns, rows, note, none)), (pen.pick("可能受影响的货物及原因", "Possible ones, and why"), why),
            (pen.pick("仅同箱存放（不受影响，不在召回之列）", "Merely co-packed: neither affected nor recalled"), packed),
        ],
    )  # fmt: skip


def appendix(facts: Facts, pen: Pen) -> Section:
    """Every lot."""
    columns = [
        pen.column("代码", "Code", width=18), pen.column("产品", "Product", width=20), pen.column("类别", "Kind"),
        pen.column("数量", "Quantity", number=True), pen.column("单件", "Units", number=True),
        pen.column("确定性与原因", "Certainty and reason", width=19), pen.column("去向", "Whereabouts", width=20),
    ]  # fmt: skip
    rows: Rows = [
        [
            Cell(line.code, strong=line.root, quiet=pen.pick("来源", "source") if line.root else ""),
            line.product,
            pen.word(words.KINDS, line.kind),
            pen.amounts(line.amounts),
            pen.number(line.units) if line.units else "–",
            Cell(pen.certain(line.certain), quiet=line.why),
            line.where or "–",
        ]
        for line in facts.goods[:MOST_GOODS]
    ]
    more = facts.counts.affected - len(rows)
    note = _more(more, pen, pen.pick("全部见本文件所附的表格 affected.csv。", "All stand in affected.csv, which is attached to this file."))
    empty = pen.pick("范围内没有货物。", "No goods are in the scope.")
    return Section(pen.pick("附录：全部受影响货物", "Appendix: all affected goods"), tables=[("", Table(columns, rows, note, empty))], new_page=True)


def additions(facts: Facts, pen: Pen) -> Section:
    """What late events have changed since the scope was frozen."""
    columns = [
        pen.column("变化", "Change", width=22), pen.column("代码", "Code", width=20), pen.column("产品", "Product", width=20),
        pen.column("确定性", "Certainty", whole=True), pen.column("客户与数量", "Customer, quantity", width=18),
        pen.column("发现时间", "Found", whole=True),
    ]  # fmt: skip
    rows: Rows = [
        [
            pen.word(words.ADDITIONS, line.kind), line.code, line.product, Cell(pen.certain(line.certain), quiet=line.why),
            f"{line.customer} {pen.amount(line.quantity, line.uom)}" if line.customer else "–", pen.at(line.found_at),
        ]
        for line in facts.additions[:MOST_ROWS]
    ]  # fmt: skip
    empty = (
        pen.pick("启动以来范围没有变化。", "The scope hasn't changed since it was announced.")
        if facts.version
        else pen.pick("范围尚未冻结：本报告按当前数据计算。", "The scope isn't frozen yet: this report shows it as it is now.")
    )
    note = _more(len(facts.additions) - MOST_ROWS, pen)
    return Section(pen.pick("启动以来的变化", "Changes since the announcement"), tables=[("", Table(columns, rows, note, empty))])


def cause(facts: Facts, pen: Pen) -> Section:
    """The root cause, and the corrective actions that belong to the case."""
    case = facts.case
    told = [
        (pen.pick("根本原因", "Root cause"), case.root_cause or pen.pick("尚未查明", "not found yet")),
        (pen.pick("关联记录", "Linked records"), "\n".join(case.links) or pen.pick("无", "none")),
        *((pen.pick("例外说明", "Waived because"), text) for text in case.waivers if text),
    ]
    return Section(pen.pick("根本原因与纠正措施", "Root cause and corrective action"), facts=told)


def _sum(lines: Sequence[GoodsLine]) -> Amounts:
    found: dict[str, Decimal] = {}
    for line in lines:
        for uom, value in line.amounts.items():
            found[uom] = found.get(uom, Decimal(0)) + value
    return found


def _more(count: int, pen: Pen, besides: str = "") -> str:
    return pen.pick(f"另有 {count:,} 行未列出。{besides}", f"{count:,} more rows aren't printed. {besides}").strip() if count > 0 else ""
