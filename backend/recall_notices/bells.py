"""The doorbells of recall notices: outbox rows for what is to be written, sent, handed over and looked at."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.recall_notices import repository
from infra import clock
from infra.database import TenantTransaction
from infra.outbox import enqueue

WRITE: Final = "recall_notice.write"
MAIL: Final = "recall_notice.mail"
HAND_OVER: Final = "recall_notice.hand_over"
ANSWERED: Final = "recall_notice.answered"
DISCONNECTED: Final = "recall_notice.disconnected"
REOPENED: Final = "recall_notice.reopened"
LOOK: Final = "recall_notice.look"
# A worker that took a delivery up has so long before another one does.
LEASE: Final = timedelta(seconds=90)


async def ring_mail(tx: TenantTransaction, delivery_ids: Iterable[UUID], due_at: datetime) -> None:
    """Have mails sent when they are due."""
    payloads = [{"delivery_id": str(each), "due_at": due_at.isoformat()} for each in delivery_ids]
    await enqueue(tx, MAIL, payloads, due_at=due_at)


async def ring_look(tx: TenantTransaction, case_id: UUID) -> None:
    """Have the reminders of a case looked at when the first is due; of several bells only the last that was set counts."""
    set_for, first = await repository.watch(tx, case_id), await repository.first_due(tx, case_id)
    if first is None or (set_for is not None and clock.now() < set_for <= first):
        return
    await repository.set_watch(tx, case_id, first)
    await enqueue(tx, LOOK, [{"case_id": str(case_id), "at": first.isoformat()}], due_at=first)


def rung(payload: dict[str, Any]) -> tuple[UUID, datetime]:
    """Which delivery, and for which moment."""
    return UUID(payload["delivery_id"]), datetime.fromisoformat(payload["due_at"])
