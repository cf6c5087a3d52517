"""What is made by itself when a recall is announced or extended: the report, what the authorities are told, letters to whom nothing can be sent."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from backend.documents.kinds import DocumentKind, Subject
from backend.documents.service import company_language, request
from backend.recall_documents.makers import AUTHORITY, CASE, NOTICE
from backend.recall_documents.regulator import AUTHORITIES
from backend.recall_notices import service as notices
from backend.recall_notices.kinds import NoticeState
from backend.recalls import query_service as recalls
from infra import clock
from infra.database import TenantTransaction
from infra.outbox import enqueue, first_time

LETTERS: Final = "recall.letters"
# Notices are written by a worker in the minutes after the announcement; whoever has no address is known then.
AFTER: Final = timedelta(minutes=3)
MOST_LETTERS: Final = 100


async def request_papers(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Handles `recall.announced` and `recall.extended`; twice it asks once. A drill's documents say so on each page."""
    case_id, version = UUID(payload["case_id"]), int(payload["version"])
    if not await first_time(tx, f"recall.papers:{case_id}:{version}"):
        return
    case, language = await recalls.case_by_id(tx, case_id), await company_language(tx)
    reference = f"{CASE}{case_id}"
    await request(tx, None, Subject(DocumentKind.RECALL_REPORT, reference), language=language)
    wanted = [{AUTHORITY: country} for country in case.countries if country in AUTHORITIES]
    for parameters in wanted or [{}]:
        await request(tx, None, Subject(DocumentKind.REGULATOR_NOTICE, reference, parameters), language=language)
    if not case.drill:
        await enqueue(tx, LETTERS, [{"case_id": str(case_id), "version": version}], due_at=clock.now() + AFTER)


async def request_letters(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Handles `recall.letters`: a letter for each customer whom no message reaches."""
    case_id, version = UUID(payload["case_id"]), int(payload["version"])
    if not await first_time(tx, f"recall.letters:{case_id}:{version}"):
        return
    found = await notices.notices_of(tx, case_id)
    unreached = [each for each in found if each.version == version and each.state is NoticeState.NO_ADDRESS and not each.drill]
    for notice in unreached[:MOST_LETTERS]:
        language = "zh-CN" if notice.language == "zh" else "en"
        await request(tx, None, Subject(DocumentKind.CUSTOMER_NOTICE, f"{NOTICE}{notice.notice_id}"), language=language)
