"""Sends a notice again, because somebody says so: to the customer's contacts and companies as they are now."""

from uuid import UUID

from backend.recall_notices import contacts, repository
from backend.recall_notices.delivering import deliver, receivers_of
from backend.recall_notices.errors import RecallNoticeNotFoundError, RecallNoticeStateError
from backend.recall_notices.kinds import NoticeKind, NoticeState
from backend.recall_notices.stored import Notice
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal


async def send_again(tx: TenantTransaction, principal: Principal, notice_id: UUID) -> int:
    """Give how many messages go out. Raises `RecallNoticeNotFoundError`, `RecallNoticeStateError` for a drill and where nobody can be written to."""
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    row = await repository.lock(tx, notice_id)
    if row is None:
        raise RecallNoticeNotFoundError
    notice = Notice.from_row(row)
    if notice.drill:
        raise RecallNoticeStateError("This is a drill: it touches no customer, so nothing of it is sent.", field="noticeId")
    if notice.closed_at is not None:
        raise RecallNoticeStateError("The recall is closed: only that it has ended is still told.", field="noticeId")
    to = (await receivers_of(tx, [notice.party], await contacts.contacts_of(tx, [notice.party]))).get(notice.party, [])
    if not to:
        raise RecallNoticeStateError("This customer has no contact with an e-mail address. Enter one first, or print the letter.", field="noticeId")
    occasion = f"{'end' if notice.kind is NoticeKind.END else 'again'}:{uuid7()}"
    sent = await deliver(tx, [(notice_id, to)], occasion=occasion, drill=False)
    if notice.state in (NoticeState.NO_ADDRESS, NoticeState.FAILED):
        await repository.change(tx, notice_id, state=int(NoticeState.QUEUED))
    after = {"party": notice.party, "messages": sent, "at": clock.isoformat(clock.now())}
    await audit.record(tx, principal, "recall_notice.sent_again", f"recall_notice:{notice_id}", after=after)
    return sent
