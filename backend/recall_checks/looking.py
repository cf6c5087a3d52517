"""Looks for effectiveness checks that are late, and raises an alert for each recall that has some."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.alerts import service as alerts
from backend.recall_checks import repository
from backend.recalls.service import cases_by_ids
from infra import clock
from infra.database import TenantTransaction
from infra.outbox import enqueue, first_time

TOPIC: Final = "recall.checks_look"
KIND: Final = "recall_checks_overdue"
MOST_CASES: Final = 200


async def look_at(tx: TenantTransaction, due_at: datetime) -> None:
    """See to it that somebody looks when the hour of `due_at` is over; one look for all that fall due in it."""
    hour = max(due_at, clock.now()).astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if await first_time(tx, f"{TOPIC}:{hour.isoformat()}"):
        await enqueue(tx, TOPIC, [{"hour": hour.isoformat()}], due_at=hour)


async def look(tx: TenantTransaction, _payload: dict[str, Any]) -> None:
    """Outbox handler: raise an alert for each running recall with checks that are late by now."""
    rows = {row["case_id"]: row for row in await repository.overdue_cases(tx, clock.now(), MOST_CASES)}
    for case_id, case in (await cases_by_ids(tx, list(rows))).items():
        if case.is_over:
            continue
        detail = {"number": case.number, "title": case.title, "checks": rows[case_id]["checks"], "dueAt": clock.isoformat(rows[case_id]["due_at"])}
        await alerts.raise_alert(
            tx, kind=KIND, severity=alerts.Severity.WARNING, subject=case.number, detail=detail, dedupe_key=dedupe_key(case_id),
            cause_key=f"recall:{case_id}", resets=True,
        )  # fmt: skip


def dedupe_key(case_id: UUID) -> str:
    """By what the alert of a recall is known."""
    return f"{KIND}:{case_id}"


async def settled(tx: TenantTransaction, case_id: UUID) -> None:
    """End the alert where nothing of the recall is late any more."""
    if not any(row["overdue"] for row in await repository.counts(tx, [case_id], clock.now())):
        await alerts.reset_alert(tx, dedupe_key=dedupe_key(case_id), reason="done")
