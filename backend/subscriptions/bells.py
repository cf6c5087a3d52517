"""The doorbells of subscriptions: for each moment at which one is to be looked at, an outbox row that is offered then."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from infra import clock
from infra.database import TenantTransaction
from infra.outbox import enqueue

DUE: Final = "subscription.due"
DAY: Final = timedelta(days=1)


async def ring_at(tx: TenantTransaction, subscription_id: UUID, due_at: datetime) -> None:
    """Have it looked at when it is due; what is due in a month is asked for again each day, so that no row of the outbox stays open for long."""
    payload = {"subscription_id": str(subscription_id), "due_at": due_at.isoformat()}
    await enqueue(tx, DUE, [payload], due_at=min(due_at, clock.now() + DAY))


def rung(payload: dict[str, Any]) -> tuple[UUID, datetime]:
    """Which subscription, and for which moment."""
    return UUID(payload["subscription_id"]), datetime.fromisoformat(payload["due_at"])
