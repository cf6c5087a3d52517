"""The recall report, and the report of its effectiveness: the cover with who signed, the figures, and the parts in their order. Pure."""

from collections.abc import Sequence
from typing import Final

from backend.documents.kinds import DocumentKind, title_of
from backend.recall_documents import fates, sections, words
from backend.recall_documents.facts import Facts
from backend.recall_documents.parts import TEMPLATES, Cell, Pen, Picture, Section, Table, environment, shortened
from infra.printing.shell import PrintedDocument

STYLE: Final = (TEMPLATES / "documents.css").read_text(encoding="utf-8")
VERSION: Final = 2


def report_of(
    facts: Facts, pen: Pen, kind: DocumentKind, pictures: Sequence[Picture] = (), *, letters: str = "", without: str = ""
) -> PrintedDocument:
    """The document, to be stamped and printed. `letters` are what the pictures write; `without` says why there is no drawing."""
    case, title = facts.case, title_of(kind, pen.language)
    body = environment.get_template("report.html").render(
        company=facts.company,
        drill=pen.pick("演练", "DRILL") if case.drill else "",
        title=title,
        number=case.number,
        subject=shortened(case.title, 200),
        strip=_strip(facts, pen),
        facts=_cover(facts, pen),
        signatures=_signatures(facts, pen),
        signatures_title=pen.pick("电子签名", "Signatures"),
        signatures_note=pen.pick(
            "电子签名载明签署人姓名、签署时间及含义（21 CFR 11.50）；摘要为所签内容的 SHA-256。",
            "Each electronic signature tells who signed, when, and what it means (21 CFR 11.50); the digest is that of what was signed.",
        ),
        summary_title=pen.pick("概要", "Summary"),
        counts=_counts(facts, pen),
        sections=_parts(facts, pen, kind, pictures, without),
    )
    return PrintedDocument(
        title=f"{title}: {case.number} {shortened(case.title, 120)}",
        language=pen.language,
        body=body,
        header_left=facts.company,
        header_right=f"{title} · {case.number}",
        style=STYLE,
        subject=shortened(case.title, 200),
        letters=letters,
    )


def _parts(facts: Facts, pen: Pen, kind: DocumentKind, pictures: Sequence[Picture], without: str) -> list[Section]:
    if kind is DocumentKind.EFFECTIVENESS_REPORT:
        return [fates.customers(facts, pen), fates.notices(facts, pen), fates.checks(facts, pen), fates.balance(facts, pen)]
    return [
        sections.clocks(facts, pen), sections.timeline(facts, pen), sections.sources(facts, pen, pictures, without), sections.affected(facts, pen),
        fates.whereabouts(facts, pen), fates.customers(facts, pen), fates.balance(facts, pen), fates.notices(facts, pen), fates.checks(facts, pen),
        sections.cause(facts, pen), sections.additions(facts, pen), sections.appendix(facts, pen),
    ]  # fmt: skip


def _strip(facts: Facts, pen: Pen) -> list[tuple[str, str]]:
    case = facts.case
    return [
        (pen.pick("决定", "Decision"), pen.word(words.DECISIONS, case.decision)),
        (pen.pick("级别", "Class"), pen.word(words.CLASSES, case.recall_class)),
        (pen.pick("深度", "Depth"), pen.word(words.DEPTHS, case.depth)),
        (pen.pick("状态", "Status"), pen.word(words.STATES, case.state)),
    ]


def _cover(facts: Facts, pen: Pen) -> list[tuple[str, str]]:
    case = facts.case
    frozen = (
        pen.pick(f"第 {facts.version} 版，{pen.at(facts.frozen_at)} 冻结", f"version {facts.version}, frozen {pen.at(facts.frozen_at)}")
        if facts.version
        else pen.pick("尚未冻结，按当前数据计算", "not frozen yet; as computed now")
    )
    found = [
        (pen.pick("产品", "Product"), pen.either(shortened(case.products, 400))), (pen.pick("原因", "Why"), pen.either(shortened(case.reason, 500))),
        (pen.pick("危害", "Hazard"), pen.either(shortened(case.hazard, 400))),
        (pen.pick("处置要求", "What to do"), pen.either(shortened(case.instructions, 400))),
        (pen.pick("行业与地区", "Sector, countries"), f"{pen.word(words.SECTORS, case.sector)} · {', '.join(case.countries) or '–'}"),
        (pen.pick("联系方式", "Contact"), pen.either(" · ".join(part for part in (case.owner, case.phone, case.email) if part))),
        (pen.pick("得知时间", "Known since"), pen.at(case.known_at)), (pen.pick("范围", "Scope"), frozen),
    ]  # fmt: skip
    firm = facts.firm
    if firm.address or firm.representative or firm.number:
        told = (firm.name, firm.number, firm.address, firm.representative)
        found.insert(0, (pen.pick("企业", "Firm"), " · ".join(part for part in told if part)))
    if facts.scope_digest:
        found.append((pen.pick("范围摘要", "Digest of the scope"), f"SHA-256 {facts.scope_digest}"))
    return found


def _signatures(facts: Facts, pen: Pen) -> Table:
    columns = [
        pen.column("签署人", "Signed by", width=24), pen.column("含义", "Meaning", width=18), pen.column("时间", "Time", whole=True),
        pen.column("事由与摘要", "Reason and digest"),
    ]  # fmt: skip
    rows: list[list[Cell | str]] = [
        [
            Cell(line.name, strong=True),
            pen.word(words.MEANINGS, line.meaning),
            pen.at(line.at),
            Cell(shortened(line.reason), quiet=line.content_sha256),
        ]
        for line in facts.signatures
    ]
    return Table(columns, rows, empty=pen.pick("尚无电子签名。", "Nobody has signed yet."))


def _counts(facts: Facts, pen: Pen) -> list[tuple[str, str, str]]:
    counts, case = facts.counts, facts.case
    sure = pen.pick(f"● {counts.certain:,} 确定 · ○ {counts.possible:,} 可能", f"● {counts.certain:,} certain · ○ {counts.possible:,} possible")
    figures = [
        (f"{counts.affected:,}", pen.pick("受影响批次等", "affected lots etc."), sure),
        (f"{counts.units:,}", pen.pick("其中单件", "units under them"), ""),
        (f"{counts.customers:,}", pen.pick("客户", "customers"), pen.pick(f"{counts.shipments:,} 次发货", f"{counts.shipments:,} shipments")),
    ]  # fmt: skip
    for line in facts.overall[:2]:
        unit = pen.unit(line.uom)
        figures += [
            (f"{pen.number(line.shipped)} {unit}", pen.pick("已发货", "shipped"), ""),
            (pen.percent(line.recovery), pen.pick("收回率", "recovered"), f"{pen.number(line.recovered + line.destroyed)} {unit}"),
            (
                f"{pen.number(line.unknown)} {unit}",
                pen.pick("去向未知", "unknown"),
                pen.pick(f"已知 {pen.percent(line.known)}", f"{pen.percent(line.known)} known"),
            ),
        ]
    told = len({line.customer for line in facts.notices})
    done = len({line.customer for line in facts.notices if line.acknowledged_at})
    figures.append((f"{done} / {told}", pen.pick("客户已确认通知", "customers acknowledged"), ""))
    if case.decided_at:
        hours = (case.decided_at - case.known_at).total_seconds() / 3_600
        figures.append((f"{hours:,.1f} h", pen.pick("得知至决定", "from knowing to deciding"), ""))
    if case.announced_at and case.decided_at:
        hours = (case.announced_at - case.decided_at).total_seconds() / 3_600
        figures.append((f"{hours:,.1f} h", pen.pick("决定至启动", "from deciding to announcing"), ""))
    return figures
