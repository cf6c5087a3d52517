"""The doorbells of deliveries: for each moment at which one is to be looked at, an outbox row that is offered then."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from infra import clock
from infra.database import TenantTransaction
from infra.outbox import enqueue

DUE: Final = "notification.due"
RELEASE: Final = "notification.release"
# A worker that took a delivery up has so long before another one does.
LEASE: Final = timedelta(seconds=90)
_DAY: Final = timedelta(days=1)


async def ring_at(tx: TenantTransaction, delivery_ids: Iterable[UUID], due_at: datetime) -> None:
    """Have deliveries looked at when they are due."""
    payloads = [{"delivery_id": str(each), "due_at": due_at.isoformat()} for each in delivery_ids]
    await enqueue(tx, DUE, payloads, due_at=min(due_at, clock.now() + _DAY))


async def release_at(tx: TenantTransaction, membership_id: UUID, moment: datetime) -> None:
    """Have what a member has waiting told to him at the end of his quiet hours, or with his digest."""
    await enqueue(tx, RELEASE, [{"membership_id": str(membership_id)}], due_at=moment)


def rung(payload: dict[str, Any]) -> tuple[UUID, datetime]:
    """Which delivery, and for which moment."""
    return UUID(payload["delivery_id"]), datetime.fromisoformat(payload["due_at"])
