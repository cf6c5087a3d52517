"""The parts of a report that count: where the goods are, what customers did with theirs, the mass balance, notices, checks. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from backend.recall_documents import words
from backend.recall_documents.charts import Part, bar, key
from backend.recall_documents.facts import Facts, FateLine, TotalLine
from backend.recall_documents.parts import Bars, Cell, Column, Key, Pen, Rows, Section, Table

MOST_ROWS: Final = 400
# In the order of the bars: the fills differ by pattern, what isn't known is empty.
_STATES: Final = ("IN_PRODUCTION", "ON_HOLD", "IN_STOCK", "IN_TRANSIT", "SHIPPED", "SOLD", "CONSUMED", "DESTROYED")
_FILL_OF: Final = {"ON_HOLD": 0, "SHIPPED": 1, "IN_STOCK": 2, "IN_TRANSIT": 3, "SOLD": 4, "IN_PRODUCTION": 5, "CONSUMED": 2, "DESTROYED": 4}
_PARTS: Final = (
    ("recovered", 0, ("收回", "recovered")), ("destroyed", 4, ("销毁", "destroyed")), ("held", 2, ("客户已封存", "held by the customer")),
    ("used", 5, ("已使用", "used")), ("sold", 3, ("已售出", "sold on")), ("unknown", -1, ("未知", "unknown")),
)  # fmt: skip


def whereabouts(facts: Facts, pen: Pen) -> Section:
    """Where the affected goods are: a bar for each unit of measure, and a table by product and place."""
    by_uom: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in facts.totals:
        if line.quantity is not None and line.quantity > 0:
            by_uom[line.uom][line.state] += line.quantity
    bars = [_state_bars(uom, amounts, pen) for uom, amounts in sorted(by_uom.items())]
    columns = [
        pen.column("去向", "Whereabouts", width=20), pen.column("产品", "Product", width=26), pen.column("地点或客户", "Place or customer", width=26),
        pen.column("数量", "Quantity", number=True), pen.column("对象", "Objects", number=True), pen.column("确定性", "Certainty", whole=True),
    ]  # fmt: skip
    ordered = sorted(facts.totals, key=_total_order)
    rows: Rows = [
        [
            pen.word(words.FATES, line.state), line.product or "–", line.place or "–", pen.amount(line.quantity, line.uom), pen.number(line.objects),
            pen.certain(line.certain),
        ]
        for line in ordered[:MOST_ROWS]
    ]  # fmt: skip
    more = len(ordered) - MOST_ROWS
    note = pen.pick(f"另有 {more} 行未列出。", f"{more} more rows aren't printed.") if more > 0 else ""
    empty = pen.pick("没有货物的去向记录。", "Nothing is known of where goods are.")
    return Section(pen.pick("货物去向", "Where the goods are"), bars=bars, tables=[("", Table(columns, rows, note, empty))])


def _total_order(line: TotalLine) -> tuple[int, str, str, str]:
    return (_STATES.index(line.state) if line.state in _STATES else len(_STATES), line.product, line.place, line.uom)


def _state_bars(uom: str, amounts: dict[str, Decimal], pen: Pen) -> Bars:
    whole = sum(amounts.values(), Decimal(0))
    told = [(state, amounts[state]) for state in _STATES if amounts.get(state)]
    words_told = ", ".join(f"{pen.word(words.FATES, state)} {pen.amount(amount, uom)}" for state, amount in told)
    return Bars(
        pen.pick(f"按去向（{pen.unit(uom)}）", f"By whereabouts ({pen.unit(uom)})"),
        bar([Part(amount, _FILL_OF[state]) for state, amount in told], whole),
        words_told,
        [Key(key(_FILL_OF[state]), pen.word(words.FATES, state), pen.amount(amount, uom)) for state, amount in told],
    )


def customers(facts: Facts, pen: Pen) -> Section:
    """What became of what each customer was sent."""
    bars = [_fate_bars(line, pen) for line in facts.overall if line.shipped > 0]
    columns = [
        pen.column("客户", "Customer", width=25), pen.column("发货", "Shipped", number=True), pen.column("收回", "Recovered", number=True),
        pen.column("销毁", "Destroyed", number=True), pen.column("封存", "Held", number=True),
        pen.column("售出/使用", "Sold, used", number=True), pen.column("未知", "Unknown", number=True), Column("", width=20),
    ]  # fmt: skip
    rows = [_customer_row(line, pen) for line in facts.fates[:MOST_ROWS]]
    more = len(facts.fates) - MOST_ROWS
    notes = [pen.pick(f"另有 {more} 行未列出。", f"{more} more rows aren't printed.")] if more > 0 else []
    notes += (
        [pen.pick("收回、销毁以我方记录为准；客户反馈部分另行标注。", "What our own events prove counts first; the rest is as customers report it.")]
        if rows
        else []
    )
    notes += (
        [pen.pick(f"有 {facts.discrepancies} 处数据不一致，见召回看板。", f"{facts.discrepancies} things don't add up; the board names them.")]
        if facts.discrepancies
        else []
    )
    notes += [pen.pick("数据量超出统计上限，为部分结果。", "There is more than could be counted: these are a part.")] if facts.board_partial else []
    empty = pen.pick("没有货物发往客户。", "Nothing was shipped to customers.")
    return Section(
        pen.pick("各客户的处理情况", "What became of it, by customer"), bars=bars, tables=[("", Table(columns, rows, " ".join(notes), empty))]
    )


def _customer_row(line: FateLine, pen: Pen) -> list[Cell | str]:
    told = _told(line, pen)
    picture = bar([Part(getattr(line, name), fill) for name, fill, _ in _PARTS], line.shipped, width=160, height=18) if line.shipped > 0 else ""
    name = line.customer or pen.pick("客户未知", "customer unknown")
    back = line.recovered + line.destroyed
    return [
        Cell(name, quiet=line.product),
        Cell(pen.number(line.shipped), quiet=pen.unit(line.uom)),
        pen.number(line.recovered),
        pen.number(line.destroyed),
        pen.number(line.held),
        pen.number(line.sold + line.used),
        Cell(pen.number(line.unknown), strong=line.unknown > 0),
        Cell(
            pen.pick(f"收回率 {pen.percent(line.recovery)}", f"{pen.percent(line.recovery)} recovered"),
            picture=picture,
            told=told,
            quiet=pen.pick(f"其中 {pen.number(line.proved)} 有记录证明", f"{pen.number(line.proved)} of it proved") if back else "",
        ),
    ]


def _told(line: FateLine, pen: Pen) -> str:
    return ", ".join(f"{pen.pick(*names)} {pen.amount(getattr(line, name), line.uom)}" for name, _, names in _PARTS if getattr(line, name) > 0)


def _fate_bars(line: FateLine, pen: Pen) -> Bars:
    parts = [(getattr(line, name), fill, names) for name, fill, names in _PARTS if getattr(line, name) > 0]
    title = pen.pick(
        f"全部客户：发货 {pen.amount(line.shipped, line.uom)}，收回率 {pen.percent(line.recovery)}，去向已知 {pen.percent(line.known)}",
        f"All: {pen.amount(line.shipped, line.uom)} shipped, {pen.percent(line.recovery)} recovered, {pen.percent(line.known)} accounted for",
    )
    keys = [Key(key(fill), pen.pick(*names), pen.amount(amount, line.uom)) for amount, fill, names in parts]
    return Bars(title, bar([Part(amount, fill) for amount, fill, _ in parts], line.shipped), _told(line, pen), keys)


def balance(facts: Facts, pen: Pen) -> Section:
    """What came of each product, and what became of it; the rest isn't accounted for."""
    names = (
        ("来源", "Came"), ("在库", "Stock"), ("在途", "Transit"), ("已用", "Used"), ("已发", "Shipped"), ("售出", "Sold"), ("销毁", "Destroyed"),
        ("差额", "Difference"),
    )  # fmt: skip
    columns = [pen.column("产品", "Product", width=22), *(pen.column(*name, number=True) for name in names)]
    rows: Sequence[Sequence[Cell | str]] = [
        [
            Cell(line.product, quiet=pen.unit(line.uom)), *(pen.number(value) for value in (
                line.came, line.stock, line.in_transit, line.used, line.shipped, line.sold, line.destroyed)),
            Cell(pen.number(line.difference), strong=bool(line.difference)),
        ]
        for line in facts.balances[:MOST_ROWS]
    ]  # fmt: skip
    lead = pen.pick(
        "来源 = 在库 + 在途 + 已用 + 已发 + 售出 + 销毁 + 差额。差额为去向不明的数量；为负表示记录的去向多于来源。",
        "Came = stock + in transit + used + shipped + sold + destroyed + difference. The difference is what isn't accounted for; it is negative "
        "where more went than came, as events tell it.",
    )
    empty = pen.pick("没有可以平衡的数量。", "There are no quantities to balance.")
    return Section(pen.pick("物料平衡", "Mass balance"), lead=lead if rows else "", tables=[("", Table(columns, rows, empty=empty))])


def notices(facts: Facts, pen: Pen) -> Section:
    """Who was told, and who has answered."""
    columns = [
        pen.column("客户", "Customer", width=26), pen.column("通知", "Notice"), pen.column("批次", "Lots", number=True),
        pen.column("发送", "Sent", whole=True), pen.column("确认", "Acknowledged", whole=True), pen.column("反馈", "Answered", whole=True),
        pen.column("状态", "State", width=16),
    ]  # fmt: skip
    loud = ("NO_ADDRESS", "FAILED")
    rows: Rows = [
        [
            line.customer, pen.word(words.NOTICE_KINDS, line.kind), pen.number(line.lots), pen.at(line.sent_at),
            Cell(pen.at(line.acknowledged_at), quiet=line.acknowledged_by), pen.at(line.reported_at),
            Cell(pen.word(words.NOTICE_STATES, line.state), strong=line.state in loud),
        ]
        for line in facts.notices[:MOST_ROWS]
    ]  # fmt: skip
    more = len(facts.notices) - MOST_ROWS
    note = pen.pick(f"另有 {more} 份未列出。", f"{more} more aren't printed.") if more > 0 else ""
    empty = pen.pick("尚未通知客户。", "No customer was told yet.")
    if facts.case.drill:
        empty = pen.pick("演练不通知任何客户。", "A drill touches no customer: none was told.")
    return Section(pen.pick("客户通知与反馈", "Notices and answers"), tables=[("", Table(columns, rows, note, empty))])


def checks(facts: Facts, pen: Pen) -> Section:
    """How far the effectiveness checks are (21 CFR 7.42(b)(3))."""
    found = facts.checks
    if not found.level:
        return Section(
            pen.pick("有效性核查", "Effectiveness checks"), paragraphs=[pen.pick("尚未选定核查级别（A–E）。", "No level (A to E) was chosen yet.")]
        )
    reached = found.effective + found.ineffective
    told = [
        (pen.pick("级别", "Level"), found.level),
        (pen.pick("应核查客户", "Customers to be checked"), f"{found.sample} / {found.population}"),
        (pen.pick("已核查", "Checked"), str(reached)),
        (pen.pick("其中有效", "Effective"), f"{found.effective} ({pen.percent(found.effectiveness)})"),
        (pen.pick("其中无效", "Ineffective"), str(found.ineffective)),
        (pen.pick("未联系上", "Not reached"), str(found.unreached)),
        (
            pen.pick("待核查", "Still to be done"),
            f"{found.open}" + (pen.pick(f"（逾期 {found.overdue}）", f" ({found.overdue} overdue)") if found.overdue else ""),
        ),
    ]
    return Section(pen.pick("有效性核查", "Effectiveness checks"), facts=told)
