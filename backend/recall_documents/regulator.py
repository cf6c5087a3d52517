"""What an authority asks for when goods are taken back, item by item of its list; what isn't known is said to be unknown. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from backend.documents.kinds import DocumentKind, title_of
from backend.recall_documents import fates, sections, words
from backend.recall_documents.facts import Facts
from backend.recall_documents.parts import Pen, Section, Table, environment, shortened
from backend.recall_documents.report import STYLE
from infra.printing.shell import PrintedDocument

AUTHORITIES: Final = ("CN", "US")


@dataclass(frozen=True, slots=True)
class Told:
    """What is told under an item: facts, tables; `unknown` are the things that the item asks for and nobody has written down."""

    facts: Sequence[tuple[str, str]] = ()
    tables: Sequence[tuple[str, Table]] = ()
    unknown: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list: what it asks for in the law's sense, and where it stands."""

    chinese: str
    english: str
    clause: str
    tell: Callable[[Facts, Pen], Told]


def _firm(facts: Facts, pen: Pen) -> Told:
    told = sections.firm_lines(facts, pen)
    number = pen.pick("统一社会信用代码", "Registration number")
    return Told([(name, text) for name, text in told if text], unknown=[name for name, text in told if not text and name != number])


def _official(facts: Facts, pen: Pen) -> Told:
    case = facts.case
    told = [(pen.pick("姓名", "Name"), case.owner), (pen.pick("电话", "Telephone"), case.phone), (pen.pick("电子邮箱", "E-mail"), case.email)]
    return Told([(name, text) for name, text in told if text], unknown=[name for name, text in told if not text])


def _products(facts: Facts, pen: Pen) -> Told:
    case = facts.case
    unknown = [] if case.products else [pen.pick("产品说明", "description of the product")]
    unknown += [pen.pick("商标、规格（如产品名称中未载明）", "brand and size, where the product's name doesn't tell them")]
    table = sections.affected(facts, pen).tables[0]
    shown = [(pen.pick("产品", "Product"), case.products)] if case.products else []
    region = ", ".join(case.countries)
    return Told([*shown, (pen.pick("召回区域", "Countries"), region or "–")], [table, (pen.pick("批次", "Lots"), _lots(facts, pen))], unknown)


def _lots(facts: Facts, pen: Pen) -> Table:
    columns = [pen.column("批号或序列号", "Lot or serial", width=30), pen.column("产品", "Product", width=36),
               pen.column("数量", "Quantity", number=True), pen.column("确定性", "Certainty", whole=True)]  # fmt: skip
    rows = [[line.code, line.product, pen.amounts(line.amounts), pen.certain(line.certain)] for line in facts.goods[: sections.MOST_GOODS]]
    more = facts.counts.affected - len(rows)
    note = pen.pick(f"另有 {more} 行见所附表格。", f"{more} more stand in the attached table.") if more > 0 else ""
    return Table(columns, rows, note, pen.pick("范围内没有货物。", "No goods are in the scope."))


def _identity(facts: Facts, pen: Pen) -> Told:
    case = facts.case
    gtins = sorted({line.gtin for line in facts.goods if line.gtin})
    shown = [(pen.pick("产品", "Product"), case.products), ("GTIN", ", ".join(gtins[:20]))]
    unknown = [pen.pick("标签副本", "copies of the labelling")] + ([] if case.products else [pen.pick("产品说明", "description of the product")])
    return Told([(name, text) for name, text in shown if text], [(pen.pick("批次", "Lots"), _lots(facts, pen))], unknown)


def _reason(facts: Facts, pen: Pen) -> Told:
    case = facts.case
    told = [(pen.pick("召回原因", "Reason"), case.reason), (pen.pick("得知时间", "Known since"), pen.at(case.known_at)),
            (pen.pick("发现来源", "How it was found"), "\n".join(facts.sources))]  # fmt: skip
    return Told([(name, text) for name, text in told if text], unknown=[] if case.reason else [pen.pick("召回原因", "reason")])


def _hazard(facts: Facts, pen: Pen) -> Told:
    case = facts.case
    told = [(pen.pick("危害及其评估", "Hazard"), case.hazard), (pen.pick("级别", "Class"), pen.word(words.CLASSES, case.recall_class))]
    unknown = [] if case.hazard else [pen.pick("危害评估", "evaluation of the risk")]
    return Told(
        [(name, text) for name, text in told if text],
        unknown=[*unknown, pen.pick("伤害、疾病或投诉的报告", "reports of injury, illness or complaints")],
    )


def _cause_and_hazard(facts: Facts, pen: Pen) -> Told:
    reason, hazard = _reason(facts, pen), _hazard(facts, pen)
    return Told([*reason.facts, *hazard.facts], unknown=[*reason.unknown, *hazard.unknown])


def _course(facts: Facts, pen: Pen) -> Told:
    case = facts.case
    told = [(pen.pick("级别", "Class"), pen.word(words.CLASSES, case.recall_class)), (pen.pick("深度", "Depth"), pen.word(words.DEPTHS, case.depth)),
            (pen.pick("决定时间", "Decided"), pen.at(case.decided_at)), (pen.pick("启动时间", "Announced"), pen.at(case.announced_at))]  # fmt: skip
    unknown = [] if case.recall_class else [pen.pick("召回级别", "class of the recall")]
    return Told(told, [(pen.pick("时限", "Periods"), sections.clocks(facts, pen).tables[0][1])], unknown)


def _notice(facts: Facts, pen: Pen) -> Told:
    case = facts.case
    sent = sum(line.sent_at is not None for line in facts.notices)
    told = [
        (
            pen.pick("通知内容", "What customers are told"),
            "\n".join(part for part in (case.title, case.reason, case.hazard, case.instructions) if part),
        ),
        (pen.pick("发送情况", "Sent to"), pen.pick(f"{len(facts.notices)} 家客户中已发送 {sent} 家", f"{sent} of {len(facts.notices)} customers")),
    ]
    unknown = [] if case.instructions else [pen.pick("处置要求", "what customers are to do")]
    if case.depth == "CONSUMER":
        unknown.append(pen.pick("公告发布渠道", "where the public is told"))
    return Told(told, unknown=unknown)


def _duties(facts: Facts, pen: Pen) -> Told:
    told = [(pen.pick("对下游的要求", "Asked of customers"), facts.case.instructions)] if facts.case.instructions else []
    return Told(
        told, [(pen.pick("客户", "Customers"), fates.notices(facts, pen).tables[0][1])], [] if told else [pen.pick("下游义务", "duties of customers")]
    )


def _disposal(facts: Facts, pen: Pen) -> Told:
    return Told(
        tables=[(pen.pick("货物去向", "Whereabouts"), fates.whereabouts(facts, pen).tables[0][1])],
        unknown=[
            pen.pick("处置措施（补救、无害化处理或销毁）", "how goods are treated (mended, made harmless or destroyed)"),
            pen.pick("费用承担", "who bears the cost"),
        ],
    )


def _effect(facts: Facts, pen: Pen) -> Told:
    return Told(
        tables=[(pen.pick("至今的效果", "Effect so far"), fates.customers(facts, pen).tables[0][1])],
        unknown=[pen.pick("预期收回率", "the expected rate of recovery")],
    )


def _produced(facts: Facts, pen: Pen) -> Told:
    table = fates.balance(facts, pen).tables[0][1]
    return Told(
        [],
        [(pen.pick("产量与去向", "Produced, and what became of it"), table)],
        [] if facts.balances else [pen.pick("总产量", "total amount produced")],
    )


def _in_channels(facts: Facts, pen: Pen) -> Told:
    shown = [
        (pen.word(words.FATES, line.state) + (f" · {line.place}" if line.place else ""), pen.amount(line.quantity, line.uom))
        for line in facts.totals
        if line.state in ("SHIPPED", "IN_TRANSIT")
    ]
    return Told(shown[:60], unknown=[] if shown else [pen.pick("流通中的数量", "the amount in distribution")])


def _distribution(facts: Facts, pen: Pen) -> Told:
    counts = facts.counts
    told = [(pen.pick("直接客户", "Direct accounts"), str(counts.customers)), (pen.pick("发货次数", "Shipments"), str(counts.shipments))]
    return Told(told, [(pen.pick("客户", "Accounts"), fates.customers(facts, pen).tables[0][1])])


def _strategy(facts: Facts, pen: Pen) -> Told:
    case, found = facts.case, facts.checks
    told = [
        (pen.pick("深度", "Depth"), pen.word(words.DEPTHS, case.depth)),
        (pen.pick("有效性核查级别", "Level of effectiveness checks"), found.level or "–"),
        (pen.pick("处置要求", "What customers are to do"), case.instructions),
    ]
    unknown = [pen.pick("公开警示的方式", "the public warning")] if case.depth == "CONSUMER" else []
    unknown += [] if found.level else [pen.pick("有效性核查级别", "the level of effectiveness checks")]
    return Told([(name, text) for name, text in told if text], unknown=unknown)


# 食品召回管理办法（2015, 2020）: what a recall plan holds.
CHINA: Final = (
    Item("企业基本情况", "The firm", "召回计划（一）", _firm),
    Item("食品与批次、数量、区域", "Product, lots, quantities, area", "召回计划（二）", _products),
    Item("召回原因及危害后果", "Reason and consequences", "召回计划（三）", _cause_and_hazard),
    Item("级别、流程及时限", "Class, course and periods", "召回计划（四）", _course),
    Item("通知或公告的内容及发布方式", "Notices, and how they are given", "召回计划（五）", _notice),
    Item("相关经营者的义务和责任", "Duties of others in the chain", "召回计划（六）", _duties),
    Item("处置措施及费用", "Disposal and cost", "召回计划（七）", _disposal),
    Item("预期效果", "Expected effect", "召回计划（八）", _effect),
)
UNITED_STATES: Final = (
    Item("产品", "Identity of the product", "21 CFR 7.46(a)(1)", _identity),
    Item("原因、日期与经过", "Reason, date and circumstances", "21 CFR 7.46(a)(2)", _reason),
    Item("风险评估", "Evaluation of the risk", "21 CFR 7.46(a)(3)", _hazard),
    Item("总产量", "Total amount produced", "21 CFR 7.46(a)(4)", _produced),
    Item("流通中的数量", "Amount in distribution channels", "21 CFR 7.46(a)(5)", _in_channels),
    Item("分销信息", "Distribution", "21 CFR 7.46(a)(6)", _distribution),
    Item("召回通知", "Recall communication", "21 CFR 7.46(a)(7)", _notice),
    Item("召回策略", "Proposed strategy", "21 CFR 7.46(a)(8)", _strategy),
    Item("企业联系人", "Whom to contact", "21 CFR 7.46(a)(9)", _official),
)
_LISTS: Final = {"CN": CHINA, "US": UNITED_STATES}


def items_of(authority: str) -> Sequence[Item]:
    """The list of a country; that of the United States, which asks for the most, for any other."""
    return _LISTS.get(authority, UNITED_STATES)


def regulator_notice_of(facts: Facts, pen: Pen, authority: str) -> PrintedDocument:
    """The document, to be stamped and printed. `authority` is a country: "CN", "US", or another one, which gets the same facts."""
    title, parts = title_of(DocumentKind.REGULATOR_NOTICE, pen.language), []
    unknown: list[str] = []
    for item in items_of(authority):
        told = item.tell(facts, pen)
        named = pen.pick(item.chinese, item.english)
        unknown += [f"{named}: {text}" for text in told.unknown]
        missing = pen.pick("未知或需手工补充：", "Not known, to be added by hand: ") + pen.pick("、", ", ").join(told.unknown) if told.unknown else ""
        parts.append(Section(named, facts=told.facts, tables=told.tables, item=item.clause, missing=missing))
    basis = {"CN": pen.pick("《食品召回管理办法》召回计划所列内容", "China: what a food recall plan holds"), "US": "21 CFR 7.46(a)"}.get(
        authority, pen.pick("通用事实清单（参照 21 CFR 7.46(a)）", "General facts, in the order of 21 CFR 7.46(a)")
    )  # fmt: skip
    body = environment.get_template("regulator.html").render(
        company=facts.company,
        title=title,
        number=facts.case.number,
        subject=shortened(facts.case.title, 200),
        basis=basis,
        sections=parts,
        drill=pen.pick("演练", "DRILL") if facts.case.drill else "",
        unknown=unknown,
        unknown_title=pen.pick("提交前需补充", "To be added before it is submitted"),
        signatures_title=pen.pick("提交", "Submitted by"),
        lines=[pen.pick(*line) for line in (("姓名与职务", "Name and position"), ("日期", "Date"), ("签名或盖章", "Signature or stamp"))],
    )
    return PrintedDocument(
        title=f"{title}: {facts.case.number}",
        language=pen.language,
        body=body,
        header_left=facts.company,
        header_right=f"{title} · {facts.case.number}",
        style=STYLE,
        subject=shortened(facts.case.title, 200),
    )
