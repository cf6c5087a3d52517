"""Gathers what the letter of a notice tells."""

from datetime import datetime
from uuid import UUID

from backend.documents.work import Work
from backend.recall_documents.gathering import firm_of
from backend.recall_documents.letter import LetterFacts, LetterLot
from backend.recall_documents.parts import Pen
from backend.recall_notices import service as notices
from backend.recall_notices.content import Delivered, Lot, told
from backend.recalls import query_service as recalls
from backend.recalls.query_service import RecallCase
from infra.database import TenantTransaction


async def facts_of(work: Work, notice_id: UUID, pen: Pen, *, public_url: str) -> LetterFacts:
    """One customer's own part. Raises `RecallNoticeNotFoundError`."""
    language = "zh" if pen.is_chinese else "en"

    async def read(tx: TenantTransaction) -> tuple[notices.Letter, RecallCase]:
        letter = await notices.letter_of(tx, notice_id, public_url=public_url, language=language)
        return letter, await recalls.case_by_id(tx, letter.notice.case_id)

    letter, case = await work.in_tenant(read)
    firm = await work.in_tenant(lambda tx: firm_of(tx, work))
    content, notice = letter.content, letter.notice
    return LetterFacts(
        company=firm.name, sender=firm.address.replace("\n", ", "), number=content.case_number, title=content.title,
        kind=notice.kind.name, drill=notice.drill or case.drill,
        decision=content.decision, recall_class=case.recall_class.name if case.recall_class else "", depth=content.depth, customer=letter.customer,
        address=letter.address, contact=letter.contact, phone=content.phone, email=content.email, reason=content.reason, hazard=content.hazard,
        instructions=told(content.instructions, language), written_at=letter.written_at, due_at=notice.due_at,
        lots=tuple(_lot(lot, language, pen) for lot in content.lots), left_out=content.left_out, link=letter.link,
    )  # fmt: skip


def _lot(lot: Lot, language: str, pen: Pen) -> LetterLot:
    shown = [_delivery(each, pen) for each in lot.deliveries[:3]]
    more = len(lot.deliveries) - len(shown) + lot.more_deliveries
    deliveries = pen.pick("；", "; ").join(text for text in shown if text) + ("…" if more > 0 else "")
    return LetterLot(told(lot.names, language), lot.code, lot.gtin, lot.received, lot.uom, lot.certain, deliveries)


def _delivery(each: Delivered, pen: Pen) -> str:
    day = pen.at(datetime.fromisoformat(each.at))[:10] if each.at else ""
    return " · ".join(part for part in (day, each.document) if part)
