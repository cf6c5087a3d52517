"""Looks for what is late, at the moment when something becomes so, and raises an alert for each thing once."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.alerts import service as alerts
from backend.capa import repository, request_repository
from backend.notifications import service as notifications
from backend.notifications.kinds import Urgency
from infra import clock
from infra.database import TenantTransaction
from infra.outbox import enqueue, first_time

TOPIC: Final = "improvement.look"
SOON: Final = "improvement.soon"
BEFORE: Final = timedelta(days=2)
MOST_LATE: Final = 500
# Things that fall due on one day are looked at together, once the day is over anywhere on Earth (UTC-12).
_AFTER: Final = timedelta(hours=12)


async def look_at(tx: TenantTransaction, due_at: datetime | None) -> None:
    """See to it that somebody is told if something isn't done by then; one look for all that falls due on a day."""
    if due_at is None:
        return
    # What is late already is told of with what falls due today.
    day = max(due_at.astimezone(UTC), clock.now() - _AFTER).date()
    looked = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) + _AFTER
    if await first_time(tx, f"{TOPIC}:{day.isoformat()}"):
        await enqueue(tx, TOPIC, [{"day": day.isoformat()}], due_at=looked)


async def look(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: raise an alert for whatever is late by now. What was raised before isn't raised again.

    So many at once; what is left is looked at in a transaction of its own, which begins behind the last of them.
    """
    after = payload.get("after")
    behind = (datetime.fromisoformat(after[0]), after[1], UUID(after[2]), after[3]) if after else None
    rows = await repository.overdue(tx, clock.now(), MOST_LATE, behind)
    for row in rows:
        detail = {
            "number": row["number"], "what": row["what"][:200], "kind": row["kind"], "dueAt": clock.isoformat(row["due_at"]),
            "owner": str(row["owner_id"]),
        }  # fmt: skip
        raised = await alerts.raise_alert(
            tx, kind="improvement_overdue", severity=alerts.Severity.WARNING, subject=row["number"], detail=detail,
            dedupe_key=dedupe_key(row["kind"], row["id"], row["what"]), cause_key=row["number"], resets=True,
        )  # fmt: skip
        if raised is not None:
            values = {"number": row["number"], "title": row["what"][:200], "due": clock.isoformat(row["due_at"])}
            await notifications.notify(
                tx, topic="improvement.overdue", subject=f"{row['kind']}:{row['id']}", receivers=[row["owner_id"]], template="overdue",
                values=values, urgency=Urgency.NORMAL,
            )  # fmt: skip
    if len(rows) == MOST_LATE:
        last = rows[-1]
        await enqueue(tx, TOPIC, [{**payload, "after": [last["due_at"].isoformat(), last["kind"], str(last["id"]), last["what"]]}])


async def remind_at(tx: TenantTransaction, request_id: UUID, due_at: datetime) -> None:
    """Remind whoever answers for a request to a supplier some days before it is due, so that he can ask there."""
    payload = {"request_id": str(request_id), "due_at": due_at.isoformat()}
    await enqueue(tx, SOON, [payload], due_at=max(due_at - BEFORE, clock.now()))


async def remind(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: tell of a request that is due soon and not answered. Another day, or another state, has reminders of its own, or none."""
    request_id, due_at = UUID(payload["request_id"]), datetime.fromisoformat(payload["due_at"])
    row = await request_repository.to_remind(tx, request_id, due_at)
    if row is not None and row["owner_id"] is not None:
        values = {"number": row["number"], "title": f"{row['number']}: {row['supplier']}"[:200], "due": clock.isoformat(due_at)}
        await notifications.notify(
            tx, topic="improvement.soon", subject=f"request:{request_id}", receivers=[row["owner_id"]], template="due", values=values,
            urgency=Urgency.NORMAL,
        )  # fmt: skip


def dedupe_key(kind: str, of: UUID, what: str) -> str:
    """By what an alert about something late is known; of a corrective action several disciplines may be."""
    return f"improvement_overdue:{kind}:{of}{f':{what}' if kind == 'discipline' else ''}"


async def settled(tx: TenantTransaction, kind: str, of: UUID, what: str, *, done: bool) -> None:
    """What was late is done: its alert ends."""
    if done:
        await alerts.reset_alert(tx, dedupe_key=dedupe_key(kind, of, what), reason="done")
