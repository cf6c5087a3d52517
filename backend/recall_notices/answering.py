"""What customers say: that they have received a notice, and what became of each lot; by link, as a company of the service, or told to our staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.nonconformance.texts import text_of
from backend.photos import service as photos
from backend.recall_notices import answer_repository as repository
from backend.recall_notices import links, rules
from backend.recall_notices import repository as notices
from backend.recall_notices.content import Lot, plain
from backend.recall_notices.errors import RecallNoticeNotFoundError, RecallNoticeStateError
from backend.recall_notices.kinds import BY_STAFF, AnswerSource, NoticeKind, NoticeState
from backend.recall_notices.rules import Said
from backend.recall_notices.stored import Notice
from backend.recall_notices.tokens import NoticeToken
from backend.recalls import service as recalls
from backend.recalls.kinds import ActKind
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_ANSWERS: Final = 10_000
NAME: Final = 100
NOTE: Final = 1_000
_FUTURE: Final = timedelta(minutes=5)
_ACTS: Final = {True: ActKind.NOTICE_ACKNOWLEDGED, False: ActKind.STOCK_REPORTED}


@dataclass(frozen=True, slots=True)
class By:
    """Who says something, when, and through what; `principal` is who of us writes it down, `address` from where a guest's answer came."""

    source: AnswerSource
    name: str
    at: datetime
    principal: Principal | None = None
    address: str = ""


def checked_lines(said: Sequence[Said], content_lots: Sequence[Lot]) -> list[Said]:
    """Each line once, of a lot that the notice has, in its unit. Raises `InvalidInputError`, `MoreThanReceivedError`."""
    if not 1 <= len(said) <= rules.MOST_LINES_AT_ONCE:
        raise InvalidInputError(f"Answer for 1 to {rules.MOST_LINES_AT_ONCE} lots at a time.", field="lines")
    if len({one.line for one in said}) < len(said):
        raise InvalidInputError("Name each lot once.", field="lines")
    found = []
    for one in said:
        if not 1 <= one.line <= len(content_lots):
            raise InvalidInputError(f"The notice has no line {one.line}; it has lines 1 to {len(content_lots)}.", field="lines")
        text_of(one.forwarded_to, f"lines.{one.line}", 200, required=False)
        text_of(one.note, f"lines.{one.line}", NOTE, required=False)
        found.append(rules.checked(one, content_lots[one.line - 1]))
    return found


async def by_link(
    tx: TenantTransaction, token: NoticeToken, said: Sequence[Said], *, name: str, address: str, acknowledge_only: bool = False
) -> None:
    """Somebody who holds a link acknowledges, or answers for lots. Raises `RecallLinkInvalidError`, `RecallNoticeStateError`."""
    opened = await links.open_link(tx, token)
    notice = await _locked(tx, opened.notice.notice_id)
    if notice.closed_at is not None or notice.kind is NoticeKind.END:
        raise RecallNoticeStateError("This recall is closed: nothing more is needed.", field="link")
    by = By(AnswerSource.LINK, text_of(name, "name", NAME, required=False) or opened.link.receiver, clock.now(), address=address)
    await acknowledge(tx, notice, by)
    if not acknowledge_only:
        await report(tx, notice, checked_lines(said, notice.lots), by)


async def all_nothing(tx: TenantTransaction, token: NoticeToken, *, name: str, address: str) -> None:
    """Of every lot that isn't answered for nothing was found: at most as many at a time as one answer may hold."""
    opened = await links.open_link(tx, token)
    left = [lot.line for lot in opened.notice.lots if lot.line not in opened.answers][: rules.MOST_LINES_AT_ONCE]
    if left:
        await by_link(tx, token, [Said(line, nothing=True) for line in left], name=name, address=address)


async def by_staff(
    tx: TenantTransaction, principal: Principal, notice_id: UUID, said: Sequence[Said], *, source: AnswerSource, said_by: str,
    said_at: datetime | None, photo_ids: Sequence[UUID] = (),
) -> None:  # fmt: skip
    """What a customer told us by telephone, letter, mail or on a visit; without lots it acknowledges alone. Also when the case is closed."""
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    if source not in BY_STAFF:
        raise InvalidInputError("Say how you were told: by phone, letter, e-mail or on a visit.", field="source")
    at = said_at or clock.now()
    notice = await _locked(tx, notice_id)
    if not notice.queued_at - timedelta(days=366) <= at <= clock.now() + _FUTURE:
        raise InvalidInputError("Give the time at which you were told, which has passed.", field="saidAt")
    by = By(source, text_of(said_by, "saidBy", NAME), at, principal)
    new = await acknowledge(tx, notice, by)
    if said:
        await report(tx, notice, checked_lines(said, notice.lots), by)
    elif not new:
        await _record_answer(tx, notice, by, "recall_notice.acknowledged", {}, acknowledged=True)
    if photo_ids:
        await photos.attach(tx, principal, photo_ids=photo_ids, subject=f"recall_notice:{notice_id}")


async def acknowledge(tx: TenantTransaction, notice: Notice, by: By) -> bool:
    """The customer has received it; False where that was known."""
    if notice.acknowledged_at is not None:
        return False
    state = NoticeState.WOULD_SEND if notice.drill else NoticeState.ACKNOWLEDGED
    await notices.change(tx, notice.notice_id, state=int(state), acknowledged_at=by.at, acknowledged_by=by.name, acknowledged_through=int(by.source))
    await _record_answer(tx, notice, by, "recall_notice.acknowledged", {}, acknowledged=True)
    return True


async def report(tx: TenantTransaction, notice: Notice, said: Sequence[Said], by: By, *, ids: Sequence[UUID] = ()) -> None:
    """What became of lots, checked before; of each the last that is said counts. `ids` are the answers' where they have some."""
    if await repository.count(tx, notice.notice_id) + len(said) > MOST_ANSWERS:
        raise RecallNoticeStateError("This notice was answered too often. Call whoever sent it.", field="lines")
    new, moment = 0, clock.now()
    for number, one in enumerate(said):
        new += await repository.insert(
            tx, ids[number] if ids else uuid7(), case_id=notice.case_id, notice_id=notice.notice_id, line=one.line,
            quantities=(one.found, one.returned, one.destroyed, one.forwarded), uom=one.uom or "", nothing=one.nothing, over=one.over,
            forwarded_to=one.forwarded_to.strip(), note=one.note.strip(), source=int(by.source), said_by=by.name, said_at=by.at,
            recorded_by=by.principal.actor_id if by.principal is not None else None, at=moment,
        )  # fmt: skip
    if not new:
        return
    told = await links.answers_by_line(tx, notice)
    if rules.is_whole(notice.lots, told) and notice.reported_at is None:
        state = NoticeState.WOULD_SEND if notice.drill else NoticeState.REPORTED
        await notices.change(tx, notice.notice_id, state=int(state), reported_at=moment)
    lines = [
        {
            "lot": notice.lots[one.line - 1].code, "found": plain(one.found), "returned": plain(one.returned), "destroyed": plain(one.destroyed),
            "forwarded": plain(one.forwarded), "uom": one.uom or "", "nothing": one.nothing, "over": one.over,
        }
        for one in said
    ]  # fmt: skip
    await _record_answer(tx, notice, by, "recall_notice.answered", {"lots": lines}, acknowledged=False)


async def _record_answer(tx: TenantTransaction, notice: Notice, by: By, action: str, more: dict[str, Any], *, acknowledged: bool) -> None:
    """On the trail and in the case's timeline: by whom, and who of us wrote it down."""
    told = {"party": notice.party, "saidBy": by.name, "through": by.source.name.lower(), "saidAt": clock.isoformat(by.at), **more}
    if by.address:
        told["from"] = by.address
    await audit.record(tx, by.principal, action, f"recall_notice:{notice.notice_id}", after=told)
    detail = {name: value for name, value in told.items() if name != "from"} | {"notice": str(notice.notice_id)}
    await recalls.record_act(tx, notice.case_id, kind=_ACTS[acknowledged], actor=by.principal or by.name or None, detail=detail)


async def _locked(tx: TenantTransaction, notice_id: UUID) -> Notice:
    row = await notices.lock(tx, notice_id)
    if row is None:
        raise RecallNoticeNotFoundError
    return Notice.from_row(row)
