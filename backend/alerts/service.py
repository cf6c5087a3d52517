"""Raise alerts once each, list them, and tell people of them after the commit."""

from enum import IntEnum
from typing import Any
from uuid import UUID

from backend.alerts import repository
from infra import clock
from infra.database import TenantTransaction
from infra.logging import get_logger
from infra.outbox import enqueue, first_time

RAISED = "alert.raised"
_log = get_logger(__name__)


class Severity(IntEnum):
    """How soon somebody has to act; the numbers are stored and never change."""

    CRITICAL = 1
    WARNING = 2
    NOTICE = 3


async def raise_alert(tx: TenantTransaction, *, kind: str, severity: Severity, dedupe_key: str, subject: str, detail: dict[str, Any]) -> UUID | None:
    """Raise an alert in the caller's transaction and queue its notice; the same `dedupe_key` never raises twice (None then)."""
    alert_id = await repository.insert(tx, kind=kind, severity=severity, dedupe_key=dedupe_key, subject=subject, detail=detail, at=clock.now())
    if alert_id is not None:
        await enqueue(tx, RAISED, [{"alert_id": str(alert_id), "kind": kind, "subject": subject}])
    return alert_id


async def notify(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: hand the alert over. Today that is the tenant's alert list and the log; channels come with notifications."""
    alert_id = UUID(payload["alert_id"])
    if await first_time(tx, f"alert:{alert_id}"):
        await repository.mark_notified(tx, alert_id, clock.now())
        _log.warning("alert_raised", tenant_id=tx.tenant_id, alert_id=str(alert_id), kind=payload["kind"], subject=payload["subject"])
