"""The regular look at calibrations that are due: an alert for each instrument and due date, once before and once when it is over."""

from datetime import datetime
from typing import Final

from backend.alerts import service as alerts
from backend.instruments import repository
from backend.instruments.rules import SOON
from infra import clock
from infra.clock import isoformat
from infra.database import TenantTransaction

MOST: Final = 1_000


async def raise_due(tx: TenantTransaction, now: datetime | None = None) -> int:
    """Raise what is due within thirty days, and what is overdue; gives how many alerts are new. Done as often as one likes."""
    now = now or clock.now()
    raised = 0
    for row in await repository.due(tx, now + SOON, MOST):
        overdue = row["due_at"] <= now
        kind = "calibration_overdue" if overdue else "calibration_due"
        key = f"{kind}:{row['instrument_id']}:{isoformat(row['due_at'])}"
        detail = {"instrument": row["identifier"], "kind": row["kind"], "dueAt": isoformat(row["due_at"])}
        severity = alerts.Severity.WARNING if overdue else alerts.Severity.NOTICE
        subject = f"instrument:{row['instrument_id']}"
        found = await alerts.raise_alert(tx, kind=kind, severity=severity, dedupe_key=key, subject=subject, detail=detail)
        raised += found is not None
    return raised
