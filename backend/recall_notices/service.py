"""What others do with recall notices: have them queued, read them and what customers answered, and take what a letter says."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from backend.catalog import service as catalog
from backend.history.dates import zone_named
from backend.recall_notices import answer_repository, contact_repository, contacts, links, repository, writing
from backend.recall_notices.content import Content, told
from backend.recall_notices.errors import RecallNoticeNotFoundError
from backend.recall_notices.kinds import AnswerSource, ContactRole, NoticeKind, NoticeState
from backend.recall_notices.queueing import queue
from backend.recall_notices.stored import Answer, Contact, Notice
from backend.recall_notices.words import WORDS, heading_of
from infra.database import TenantTransaction

__all__ = [
    "Answer",
    "AnswerSource",
    "Contact",
    "ContactRole",
    "Letter",
    "Notice",
    "NoticeKind",
    "NoticeState",
    "answers_of",
    "letter_of",
    "notice_by_id",
    "notices_by_id",
    "notices_of",
    "queue",
]
MOST_NOTICES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice as a letter says it, in one language: `facts` are (what, text); `link` is empty in a drill and without one.

    `lots` stand in `content`; `writing.quantity_of` writes a quantity. `address` is the partner's of the catalogue, `contact` whom it is for.
    """

    notice: Notice
    content: Content
    language: str
    heading: str
    opening: str
    customer: str
    address: str
    contact: str
    facts: tuple[tuple[str, str], ...]
    instructions: str
    due: str
    link: str
    written_at: datetime


async def notices_of(tx: TenantTransaction, case_id: UUID) -> list[Notice]:
    """All notices of a case, oldest first; of the end of the recall too (`NoticeKind.END`, without lots)."""
    return [Notice.from_row(row) for row in await repository.of_case(tx, case_id, MOST_NOTICES)]


async def notices_by_id(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, Notice]:
    """Those of these notices that exist here."""
    return {row["notice_id"]: Notice.from_row(row) for row in await repository.by_ids(tx, ids)} if ids else {}


async def notice_by_id(tx: TenantTransaction, notice_id: UUID) -> Notice:
    """One notice; raises `RecallNoticeNotFoundError`."""
    found = (await notices_by_id(tx, [notice_id])).get(notice_id)
    if found is None:
        raise RecallNoticeNotFoundError
    return found


async def answers_of(tx: TenantTransaction, case_id: UUID) -> list[Answer]:
    """What customers say became of their lots: of each customer, notice and lot what was said last. Supplements tell added goods alone, so
    that the answers of a customer's several notices add up."""
    notices = {notice.notice_id: notice for notice in await notices_of(tx, case_id)}
    return [Answer.of(row, notices[row["notice_id"]]) for row in await answer_repository.latest_of_case(tx, case_id) if row["notice_id"] in notices]


async def letter_of(tx: TenantTransaction, notice_id: UUID, *, public_url: str, language: str | None = None, with_link: bool = True) -> Letter:
    """What the printed letter of a notice says, with a link of its own where one is wanted. Raises `RecallNoticeNotFoundError`."""
    notice = await notice_by_id(tx, notice_id)
    chosen = language or notice.language
    words, content = WORDS[chosen], notice.content
    partner = (await catalog.partners_by_party(tx, [notice.party])).get(notice.party)
    first = next(iter((await contacts.contacts_of(tx, [notice.party])).get(notice.party, ())), None)
    company = await contact_repository.company(tx)
    facts = writing.Facts(notice.kind, notice.due_at, zone_named(company["time_zone"] if company is not None else "UTC"), "")
    customer = told(content.customer, chosen) or notice.party
    link = await links.letter_link(tx, notice, public_url=public_url, receiver=customer, language=chosen) if with_link else ""
    return Letter(
        notice, content, chosen, heading_of(notice.kind, content.decision, words), words.openings[notice.kind], customer,
        partner.address if partner is not None else "", first.name if first is not None else "",
        tuple(writing.facts_of(content, words, chosen)), writing.instructions_of(content, words, chosen), writing.due_text(facts, chosen), link,
        notice.queued_at,
    )  # fmt: skip
