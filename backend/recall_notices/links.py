"""Links for customers: made for one receiver, good until they expire or are revoked; the token is told once and kept as a hash."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from backend.recall_notices import answer_repository, contact_repository
from backend.recall_notices import delivery_repository as repository
from backend.recall_notices import repository as notices
from backend.recall_notices.errors import RecallLinkInvalidError, RecallNoticeNotFoundError, RecallNoticeStateError
from backend.recall_notices.kinds import Way
from backend.recall_notices.stored import Answer, Link, Notice
from backend.recall_notices.tokens import NoticeToken
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

# A link outlives the day when the answer is due: goods turn up late.
GOOD_FOR: Final = timedelta(days=90)
MOST_LINKS: Final = 200


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link shows: the notice, what was answered for each line by now, and by which link it was opened. Nothing of anybody else."""

    notice: Notice
    answers: Mapping[int, Answer]
    link: Link


async def make(
    tx: TenantTransaction, notice: Notice, tenant_public_id: UUID, *, public_url: str, way: Way, receiver: str, language: str = ""
) -> tuple[UUID, str]:
    """A new link beside the others, in whose language the page opens; gives its id and the address."""
    token, link_id, at = NoticeToken.new(tenant_public_id), uuid7(), clock.now()
    await repository.insert_link(
        tx, link_id, notice.notice_id, sha256=token.sha256, way=int(way), receiver=receiver[:300], at=at, expires_at=expiry_of(notice, at)
    )
    return link_id, token.link(public_url) + (f"?lang={language}" if language else "")


def expiry_of(notice: Notice, at: datetime) -> datetime:
    """Until when a link is good."""
    return max(notice.due_at, at) + GOOD_FOR


async def renew(tx: TenantTransaction, principal: Principal, notice_id: UUID, *, public_url: str, keep: bool) -> str:
    """A link to be brought to the customer, which is told once; unless they are kept, the ones before open nothing any more."""
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    notice = await _managed(tx, notice_id)
    if notice.drill:
        raise RecallNoticeStateError("This is a drill: it touches no customer, so it has no links.", field="noticeId")
    if len(await repository.links_of(tx, [notice_id])) >= MOST_LINKS:
        raise RecallNoticeStateError("This notice has had too many links. Revoke them, and send it again.", field="noticeId")
    revoked = 0 if keep else await repository.revoke_links(tx, notice_id, clock.now())
    _, address = await make(tx, notice, principal.tenant_public_id, public_url=public_url, way=Way.LINK, receiver=principal.display_name)
    after = {"party": notice.party, "revoked": revoked, "expiresAt": clock.isoformat(expiry_of(notice, clock.now()))}
    await audit.record(tx, principal, "recall_notice.link_renewed", f"recall_notice:{notice_id}", after=after)
    return address


async def revoke(tx: TenantTransaction, principal: Principal, notice_id: UUID, *, reason: str) -> int:
    """No link of a notice opens anything from now on; gives how many did. Mails that are sent again bring new ones."""
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    notice = await _managed(tx, notice_id)
    revoked = await repository.revoke_links(tx, notice_id, clock.now())
    after = {"party": notice.party, "revoked": revoked}
    await audit.record(tx, principal, "recall_notice.links_revoked", f"recall_notice:{notice_id}", after=after, reason=reason)
    return revoked


async def letter_link(tx: TenantTransaction, notice: Notice, *, public_url: str, receiver: str, language: str) -> str:
    """A link to be printed on a letter; empty in a drill, which touches no customer."""
    company = await contact_repository.company(tx)
    if notice.drill or company is None:
        return ""
    _, address = await make(tx, notice, company["public_id"], public_url=public_url, way=Way.LETTER, receiver=receiver, language=language)
    return address


async def _managed(tx: TenantTransaction, notice_id: UUID) -> Notice:
    row = await notices.lock(tx, notice_id)
    if row is None:
        raise RecallNoticeNotFoundError
    return Notice.from_row(row)


async def open_link(tx: TenantTransaction, token: NoticeToken, *, mark: bool = True) -> Opened:
    """What somebody sees who holds the link; raises `RecallLinkInvalidError` for any link that opens nothing."""
    row = await repository.link_by_token(tx, token.sha256, clock.now())
    if row is None:
        raise RecallLinkInvalidError
    link = Link.from_row(row)
    [told] = await notices.by_ids(tx, [link.notice_id])
    notice = Notice.from_row(told)
    if notice.drill:
        raise RecallLinkInvalidError
    if mark and link.opened_at is None:
        await repository.open_link(tx, link.link_id, notice.notice_id, clock.now())
    return Opened(notice, await answers_by_line(tx, notice), link)


async def answers_by_line(tx: TenantTransaction, notice: Notice) -> dict[int, Answer]:
    """What counts of each line of a notice."""
    return {row["line"]: Answer.of(row, notice) for row in await answer_repository.latest(tx, [notice.notice_id])}


async def links_of(tx: TenantTransaction, notice_ids: Collection[UUID]) -> dict[UUID, list[Link]]:
    """The links of these notices, oldest first."""
    found: dict[UUID, list[Link]] = {notice_id: [] for notice_id in notice_ids}
    for row in await repository.links_of(tx, notice_ids):
        found[row["notice_id"]].append(Link.from_row(row))
    return found
