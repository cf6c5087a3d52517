"""The letter to one customer: his own part only, what to do, and a form to answer on (21 CFR 7.49). Pure."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from backend.barcodes.errors import BarcodeError
from backend.barcodes.pictures import qr_svg
from backend.documents.kinds import DocumentKind, title_of
from backend.recall_documents import words
from backend.recall_documents.parts import Cell, Pen, Rows, Table, environment, shortened
from backend.recall_documents.report import STYLE
from infra.printing.shell import PrintedDocument

MOST_LOTS: Final = 2_000
# A form by hand has so many lines; whoever has more lots answers by the link, or on the list itself.
MOST_LINES: Final = 60


@dataclass(frozen=True, slots=True)
class LetterLot:
    """What the customer received of a lot; `quantity` is None where nobody knows."""

    product: str
    code: str
    gtin: str
    quantity: Decimal | None
    uom: str
    certain: bool
    deliveries: str


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """What a letter tells. `kind` and the case's words are names; `link` is empty where there is none, `address` where nobody knows it.

    `sender` is where the company is, with its own words for that.
    """

    company: str
    sender: str
    number: str
    title: str
    kind: str
    drill: bool
    decision: str
    recall_class: str
    depth: str
    customer: str
    address: str
    contact: str
    phone: str
    email: str
    reason: str
    hazard: str
    instructions: str
    written_at: datetime
    due_at: datetime
    lots: tuple[LetterLot, ...]
    left_out: int = 0
    link: str = ""
    end: str = ""

    @property
    def asks(self) -> bool:
        """Whether an answer is wanted."""
        return self.kind != "END"


def letter_of(facts: LetterFacts, pen: Pen) -> PrintedDocument:
    """The letter, to be stamped and printed."""
    title = _heading(facts, pen)
    body = environment.get_template("letter.html").render(
        company=facts.company, sender=facts.sender, customer=facts.customer, address=facts.address, contact=facts.contact,
        no_address=pen.pick("系统中没有该客户的通信地址，请补充后寄送。", "No address of this customer is known: write it here before sending."),
        day=pen.day(facts.written_at), reference=_reference(facts, pen), urgent=pen.pick("紧急", "URGENT") if facts.asks else "", title=title,
        subject=shortened(facts.title, 200), opening=_opening(facts, pen), facts=_facts(facts, pen), asks=facts.asks,
        steps_title=pen.pick("请立即采取以下措施", "What to do now"), steps=_steps(facts, pen),
        lots_title=pen.pick("贵方收到的受影响货物", "What you received"), lots=_lots(facts, pen), answer=_answer(facts, pen), qr=_qr(facts.link),
        qr_told=pen.pick("打开本通知网页的二维码", "QR code that opens this notice on the web"), link=facts.link, closing=_closing(facts, pen),
        signed=pen.pick("此致", "Yours faithfully"), form=_form(facts, pen) if facts.asks else None, form_title=pen.pick("回执", "Answer form"),
        form_lead=pen.pick(
            f"请填写后于 {pen.at(facts.due_at)}（{pen.time_zone}）前发回：{_where(facts, pen)}。",
            f"Please fill in and send back by {pen.at(facts.due_at)} ({pen.time_zone}) to {_where(facts, pen)}.",
        ),
        form_lines=_form_lines(pen),
    )  # fmt: skip
    return PrintedDocument(
        title=f"{title}: {facts.number} {shortened(facts.customer, 100)}", language=pen.language, body=body, header_left=facts.company,
        header_right=f"{title_of(DocumentKind.CUSTOMER_NOTICE, pen.language)} · {facts.number}", style=STYLE, subject=shortened(facts.title, 200),
    )  # fmt: skip


def _heading(facts: LetterFacts, pen: Pen) -> str:
    what = pen.word(words.DECISIONS, facts.decision)
    if facts.kind == "END":
        return pen.pick("召回结束通知", "End of the recall")
    chinese, english = {"SUPPLEMENT": ("补充通知", "supplementary notice")}.get(facts.kind, ("通知书", "notice"))
    return pen.pick(f"产品{'撤回' if facts.decision == 'WITHDRAWAL' else '召回'}{chinese}", f"{what} {english}")


def _reference(facts: LetterFacts, pen: Pen) -> str:
    parts = [
        facts.number,
        pen.word(words.CLASSES, facts.recall_class) if facts.recall_class else "",
        pen.word(words.DEPTHS, facts.depth) if facts.depth else "",
    ]
    return " · ".join(part for part in parts if part)


def _opening(facts: LetterFacts, pen: Pen) -> str:
    if facts.kind == "END":
        return pen.pick(
            "本次召回已结束，感谢贵方的配合。下列货物无需再采取措施；如仍有库存，请与我们联系。",
            "This recall has ended; thank you for what you have done. Should you still have any of these goods, please call us.",
        )
    if facts.kind == "SUPPLEMENT":
        return pen.pick(
            "我们在先前通知之后又发现下列货物受到影响，这些货物已发给贵方。先前通知仍然有效。",
            "Since our first notice we have found that the goods below, which were delivered to you, are affected too. The first one stays in force.",
        )
    return pen.pick(
        "我们决定收回下列产品。根据记录，这些产品已发给贵方。请立即停止销售和使用，并按以下要求处理。",
        "We are taking back the goods below, which were delivered to you as our records show. Please stop selling and using them at once.",
    )


def _facts(facts: LetterFacts, pen: Pen) -> list[tuple[str, str]]:
    told = [(pen.pick("原因", "Why"), shortened(facts.reason, 600)), (pen.pick("危害", "Hazard"), shortened(facts.hazard, 600))]
    return [(name, text) for name, text in told if text]


def _steps(facts: LetterFacts, pen: Pen) -> list[str]:
    own = [facts.instructions] if facts.instructions else []
    passed_on = pen.pick(
        "如已转售，请立即通知贵方的客户，并要求其采取同样措施。",
        "If you have sold any of it on, tell your customers at once, and have them do the same.",
    )
    usual = [
        pen.pick(
            "停止销售和使用，将货物单独存放并标明“召回，勿用”。",
            "Stop selling and using the goods; set them apart and mark them “recalled, do not use”.",
        ),
        pen.pick("清点库存，未经我方同意不得销毁或退运。", "Count what you have, and neither destroy nor return it before we have agreed."),
    ]
    return [
        *(own or usual),
        passed_on,
        pen.pick(f"在 {pen.at(facts.due_at)} 前反馈库存与转售情况。", f"Answer by {pen.at(facts.due_at)} what you have and what you sold on."),
    ]


def _lots(facts: LetterFacts, pen: Pen) -> Table:
    columns = [
        pen.column("产品", "Product", width=34), pen.column("批号或序列号", "Lot or serial", width=20), pen.column("数量", "Quantity", number=True),
        pen.column("发货与单据", "Delivered, documents", width=26),
    ]  # fmt: skip
    rows: Rows = [
        [
            Cell(lot.product or lot.gtin, quiet=f"GTIN {lot.gtin}" if lot.gtin and lot.product else ""),
            Cell(lot.code, strong=True, quiet="" if lot.certain else pen.pick("可能受影响，同样处理", "possibly affected: treat it alike")),
            pen.amount(lot.quantity, lot.uom), lot.deliveries or "–",
        ]
        for lot in facts.lots[:MOST_LOTS]
    ]  # fmt: skip
    more = max(0, len(facts.lots) - MOST_LOTS) + facts.left_out
    note = pen.pick(f"另有 {more} 批未列出，请致电索取。", f"{more} more lots aren't listed: please call for the list.") if more else ""
    return Table(columns, rows, note, pen.pick("没有记录到发给贵方的批次。", "Our records show no lots delivered to you."))


def _where(facts: LetterFacts, pen: Pen) -> str:
    return pen.pick("、", ", ").join(part for part in (facts.email, facts.phone) if part) or facts.company


def _answer(facts: LetterFacts, pen: Pen) -> str:
    if not facts.asks:
        return ""
    if facts.link:
        return pen.pick(
            "请扫描二维码或打开以下网址在线确认和反馈；也可填写后附回执。",
            "Scan the code or open this address to acknowledge and answer; or fill in the form behind.",
        )
    return pen.pick("请填写后附回执并发回。", "Please fill in the form behind, and send it back.")


def _closing(facts: LetterFacts, pen: Pen) -> str:
    call = " · ".join(part for part in (facts.phone, facts.email) if part)
    return pen.pick(f"联系我们：{call or '未填写联系方式'}", f"Call us: {call or 'no number was given'}")


def _qr(link: str) -> str:
    if not link:
        return ""
    try:
        return f"data:image/svg+xml;base64,{base64.b64encode(qr_svg(link).encode()).decode()}"
    except BarcodeError:
        return ""


def _form(facts: LetterFacts, pen: Pen) -> Table:
    titles: Sequence[tuple[str, str]] = (("库存", "In stock"), ("退回", "Returned"), ("销毁", "Destroyed"), ("转售", "Sold on"))
    columns = [pen.column("批号或序列号", "Lot or serial", width=30), pen.column("收到", "Received", number=True),
               *(pen.column(*title, width=13) for title in titles)]  # fmt: skip
    rows: Rows = [[Cell(lot.code, strong=True), pen.amount(lot.quantity, lot.uom), "", "", "", ""] for lot in facts.lots[:MOST_LINES]]
    more = len(facts.lots) - len(rows)
    note = pen.pick(f"其余 {more} 批请另附清单。", f"Please add a list for the other {more} lots.") if more > 0 else ""
    return Table(columns, rows or [["", "", "", "", "", ""]] * 5, note)


def _form_lines(pen: Pen) -> list[str]:
    return [pen.pick(*names) for names in (
        ("已通知的下游客户数", "Customers told by you"), ("填写人姓名与职务", "Name and position"), ("电话或邮箱", "Telephone or e-mail"),
        ("日期", "Date"), ("签名或盖章", "Signature or stamp"),
    )]  # fmt: skip
