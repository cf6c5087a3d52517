"""The receiver's side: a notice of another company, taken by its link or come by itself, and what this company answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from backend.nonconformance.texts import text_of
from backend.notifications import service as notifications
from backend.notifications.kinds import Urgency
from backend.recall_notices import answer_repository as answers
from backend.recall_notices import bells, rules
from backend.recall_notices import connection_repository as repository
from backend.recall_notices.answering import NAME, checked_lines
from backend.recall_notices.companies import connections_by_id, in_force
from backend.recall_notices.errors import RecallNoticeNotFoundError, RecallNoticeStateError
from backend.recall_notices.kinds import Direction, NoticeKind
from backend.recall_notices.rules import Said
from backend.recall_notices.stored import Notice, Received
from infra import clock
from infra.database import Record, TenantTransaction
from infra.ids import uuid7
from infra.outbox import enqueue, first_time
from tenants import audit
from tenants.people.allowed import holders_of
from tenants.permissions import Permission, Role
from tenants.principal import Principal

TOPIC: Final = "recall_notice.received"
MOST_TOLD: Final = 50
_TITLES: Final[Mapping[str, str]] = {
    "notice": "收到召回通知 / Recall notice received", "supplement": "收到召回补充通知 / Supplement to a recall notice received",
    "end": "召回已结束 / A recall has ended", "reminder": "召回通知尚待答复 / A recall notice waits for your answer",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parcel:
    """What comes over from a sender: the notice, by which connection, and why it comes."""

    connection_id: UUID
    sender_id: UUID
    party: str
    notice: Notice
    occasion: str
    delivery_id: UUID


async def take(
    tx: TenantTransaction, principal: Principal, *, connection_id: UUID, sender_id: UUID, sender: str, party: str, notices: Sequence[Notice],
    opened: UUID,
) -> UUID:  # fmt: skip
    """After a claim, in this company: the connection and its notices; gives the received notice of the link. The same twice is one."""
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    own = await repository.put(
        tx, connection_id, direction=int(Direction.SENDER), party=party, other_id=sender_id, other_name=sender, at=clock.now(),
        by=principal.display_name,
    )  # fmt: skip
    new = [one for one in notices if await _insert(tx, own, one) is not None]
    await _settle_ends(tx, own, notices)
    if new:
        after = {"sender": sender, "numbers": sorted({one.content.case_number for one in new}), "notices": len(new)}
        await audit.record(tx, principal, "recall_notice.taken", f"recall_connection:{own}", after=after)
    found = await repository.received_id_of(tx, own, opened)
    if found is None:
        raise RecallNoticeNotFoundError
    return found


async def arrive(tx: TenantTransaction, parcel: Parcel) -> bool:
    """In this company's tenant: what a connected sender hands over. False where this company takes nothing by the connection any more."""
    connection = (await connections_by_id(tx, [parcel.connection_id])).get(parcel.connection_id)
    if connection is None or not in_force(connection) or connection.direction is not Direction.SENDER or connection.other_id != parcel.sender_id:
        return False
    notice = parcel.notice
    new = await _insert(tx, parcel.connection_id, notice)
    if new is not None:
        after = {"sender": connection.other_name, "number": notice.content.case_number, "kind": notice.kind.name.lower()}
        await audit.record(tx, None, "recall_notice.arrived", f"received_recall_notice:{new}", after=after)
    await _settle_ends(tx, parcel.connection_id, [notice])
    what = _what(notice, parcel.occasion)
    if await first_time(tx, f"{TOPIC}:{parcel.delivery_id}"):
        await _tell(tx, what, notice, connection.other_name, parcel)
    return True


def _what(notice: Notice, occasion: str) -> str:
    if occasion.partition("-")[0] in ("acknowledge", "report"):
        return "reminder"
    return {NoticeKind.END: "end", NoticeKind.SUPPLEMENT: "supplement"}.get(notice.kind, "notice")


async def _tell(tx: TenantTransaction, what: str, notice: Notice, sender: str, parcel: Parcel) -> None:
    receivers = await holders_of(tx, [str(Role.OWNER), str(Role.QUALITY_MANAGER)], MOST_TOLD)
    content = notice.content
    values = {
        "title": f"{_TITLES[what]}: {content.case_number}", "text": f"{sender}\n{content.title}\n{content.reason}\n{content.hazard}"[:1_000],
        "number": content.case_number,
    }  # fmt: skip
    received = await repository.received_id_of(tx, parcel.connection_id, notice.notice_id)
    subject = f"received_recall_notice:{received}"
    await notifications.notify(
        tx, topic=f"{TOPIC}.{parcel.occasion}", subject=subject, receivers=receivers, template="generic", values=values, urgency=Urgency.CRITICAL
    )


async def _insert(tx: TenantTransaction, connection_id: UUID, notice: Notice) -> UUID | None:
    return await repository.insert_received(
        tx, uuid7(), connection_id=connection_id, notice_id=notice.notice_id, case_id=notice.case_id, version=notice.version,
        kind=int(notice.kind), content=notice.content_text, lots=notice.lot_count, due_at=notice.due_at, at=clock.now(),
    )  # fmt: skip


async def _settle_ends(tx: TenantTransaction, connection_id: UUID, notices: Sequence[Notice]) -> None:
    for one in notices:
        if one.kind is NoticeKind.END:
            await repository.close_received(tx, connection_id, one.case_id, clock.now())


async def reopened(tx: TenantTransaction, connection_id: UUID, case_id: UUID) -> None:
    """The sender has opened the case again: answers are taken again."""
    await repository.close_received(tx, connection_id, case_id, None)


async def acknowledge(tx: TenantTransaction, principal: Principal, received_id: UUID) -> None:
    """Tell the sender that it is in hand here."""
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    found = await _open(tx, received_id)
    if found.acknowledged_at is not None:
        return
    at = clock.now()
    await repository.set_received(tx, received_id, acknowledged_at=at)
    await _answer(tx, principal, found, at, [])


async def answer(tx: TenantTransaction, principal: Principal, received_id: UUID, said: Sequence[Said]) -> None:
    """Tell the sender what became of lots; of each the last that is said counts."""
    principal.require_everywhere(Permission.RECALLS_MANAGE)
    found = await _open(tx, received_id)
    checked = checked_lines(said, found.content.lots)
    at, ids = clock.now(), [uuid7() for _ in checked]
    for answer_id, one in zip(ids, checked, strict=True):
        await answers.insert_own(
            tx, answer_id, received_id=received_id, line=one.line, quantities=(one.found, one.returned, one.destroyed, one.forwarded),
            uom=one.uom or "", nothing=one.nothing, over=one.over, forwarded_to=one.forwarded_to.strip(), note=one.note.strip(),
            said_by=principal.display_name[:NAME], recorded_by=principal.actor_id, at=at,
        )  # fmt: skip
    told = {row["line"] for row in await answers.latest_own(tx, [received_id])}
    whole = rules.is_whole(found.content.lots, told)
    await repository.set_received(tx, received_id, acknowledged_at=at, reported_at=at if whole else None)
    await _answer(tx, principal, found, at, ids, lines=[one.line for one in checked])


async def _open(tx: TenantTransaction, received_id: UUID) -> Received:
    row = await repository.lock_received(tx, received_id)
    if row is None:
        raise RecallNoticeNotFoundError
    found = Received.from_row(row)
    connection = (await connections_by_id(tx, [found.connection_id])).get(found.connection_id)
    if found.closed_at is not None or found.kind is NoticeKind.END:
        raise RecallNoticeStateError("The sender has closed this recall: nothing more is needed.", field="receivedNoticeId")
    if not in_force(connection):
        raise RecallNoticeStateError(
            "The connection with the sender was revoked. Answer by the link that he has sent you, or call him.", field="receivedNoticeId"
        )
    return found


async def _answer(
    tx: TenantTransaction, principal: Principal, found: Received, at: datetime, ids: Sequence[UUID], *, lines: Sequence[int] = ()
) -> None:
    """What was said goes over to the sender after the commit."""
    action = "recall_notice.answer_given" if ids else "recall_notice.receipt_confirmed"
    after: dict[str, Any] = {"sender": found.sender, "number": found.content.case_number, "lines": list(lines)}
    await audit.record(tx, principal, action, f"received_recall_notice:{found.received_id}", after=after)
    payload = {
        "received_id": str(found.received_id), "answer_ids": [str(each) for each in ids], "said_by": text_of(principal.display_name[:NAME], "name", NAME),
        "at": clock.isoformat(at),
    }  # fmt: skip
    await enqueue(tx, bells.ANSWERED, [payload])


async def received_by_id(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, Received]:
    """Received notices by id."""
    return {row["received_id"]: Received.from_row(row) for row in await repository.received_by_ids(tx, ids)} if ids else {}


async def page_of_received(tx: TenantTransaction, *, open_only: bool, cursor: UUID | None, backward: bool, limit: int) -> list[Received]:
    """Received notices, newest first, from behind the cursor, in the order of going."""
    rows = await repository.page_of_received(tx, open_only=open_only, cursor=cursor, backward=backward, limit=limit)
    return [Received.from_row(row) for row in rows]


async def own_answers(tx: TenantTransaction, received_ids: Collection[UUID]) -> dict[UUID, list[Record]]:
    """What this company said of each lot of these notices, in order of lines: what counts now."""
    found: dict[UUID, list[Record]] = {received_id: [] for received_id in received_ids}
    for row in await answers.latest_own(tx, received_ids):
        found[row["received_id"]].append(row)
    return found


def said_of(row: Record) -> Said:
    """A stored answer as it is told to the sender."""
    return Said(
        row["line"], row["found"], row["returned"], row["destroyed"], row["forwarded"], row["uom"], row["nothing"], row["forwarded_to"], row["note"],
        confirmed=True, over=row["over"],
    )  # fmt: skip
