"""Raise alerts, end those whose condition is over, and say so after the commit."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from backend.alerts import repository, trail
from backend.alerts.repository import Raising
from backend.alerts.rules import Act, Resolution, Severity
from infra import clock
from infra.database import Record, TenantTransaction
from infra.outbox import enqueue

__all__ = [
    "ACKNOWLEDGED", "ESCALATED", "OCCURRED", "RAISED", "RESET", "Severity", "mark_notified", "raise_alert", "reset_alert", "tell",
]  # fmt: skip

RAISED: Final = "alert.raised"
ESCALATED: Final = "alert.escalated"
RESET: Final = "alert.reset"
ACKNOWLEDGED: Final = "alert.acknowledged"
OCCURRED: Final = "alert.occurred"
MAXIMUM_KEY: Final = 500
# A transaction that raises thousands holds this many locks at most.
_LOCKS: Final = 256


async def raise_alert(
    tx: TenantTransaction,
    *,
    kind: str,
    severity: Severity,
    dedupe_key: str,
    subject: str,
    detail: dict[str, Any],
    cause_key: str | None = None,
    rule_id: UUID | None = None,
    resets: bool = False,
) -> UUID | None:
    """Raise an alert in the caller's transaction, and queue its notice; None where the same was raised before. Waits for nobody.

    Without `resets` it tells a fact, such as a shipment: the same `dedupe_key` never raises again, and a repetition counts nothing.
    With `resets` it tells a condition that ends (`reset_alert`, or somebody closes it): while it is open a repetition is counted, and after
    its end it raises another alert, linked to the last one. `cause_key` groups alerts, as "hold:0190…"; by default what they are about does.
    """
    raising = Raising(
        kind, severity, _key(dedupe_key), subject, repository.encoded(detail), _key(cause_key or subject), rule_id, resets, clock.now(),
    )  # fmt: skip
    known, claimed = await repository.claim(tx, raising.dedupe_key, raising_lock(tx.tenant_id, raising.dedupe_key))
    if known is None and claimed and (alert_id := await insert(tx, raising)) is not None:
        return alert_id
    # Open already, raised by another transaction at this moment, or raised between the two statements: the worker counts it, or raises it.
    if resets or known is None:
        await repository.add_occurrence(tx, raising)
        await enqueue(tx, OCCURRED, [{}])
    return None


async def insert(tx: TenantTransaction, raising: Raising) -> UUID | None:
    """Store a new alert and queue its notice; None where one of the same key stands."""
    alert_id = await repository.insert(tx, raising, Act.RAISED)
    if alert_id is not None:
        await tell(tx, RAISED, alert_id, kind=raising.kind, subject=raising.subject, severity=raising.severity)
    return alert_id


async def reset_alert(tx: TenantTransaction, *, dedupe_key: str, reason: str) -> UUID | None:
    """End the open alert of a condition that is over, as when a sensor is back; None where there is none. Acknowledging waits for it."""
    key = _key(dedupe_key)
    row = await _open(tx, key)
    if row is None:
        # It may have been met by two at once and wait to be raised, or be raised at this moment.
        waiting = [Raising.from_row(each) for each in await repository.take_occurrences_of(tx, key)]
        if waiting and (found := await insert(tx, waiting[0])) is not None and waiting[1:]:
            last = waiting[-1]
            await repository.count(tx, found, more=len(waiting) - 1, last_at=last.at, detail=last.detail, severity=last.severity)
        row = await _open(tx, key)
    if row is None:
        return None
    alert_id: UUID = row["alert_id"]
    at = clock.now()
    await repository.close(tx, [alert_id], at=at, resolution=Resolution.RESET, reason=reason)
    await trail.note(tx, [alert_id], Act.RESET, at=at, comment=reason)
    if not row["folded"]:
        await tell(tx, RESET, alert_id, kind=row["kind"], subject=row["subject"], severity=row["severity"], reason=reason)
    return alert_id


async def _open(tx: TenantTransaction, key: str) -> Record | None:
    return next((row for row in await repository.standing(tx, [key]) if row["closed_at"] is None), None)


async def tell(tx: TenantTransaction, topic: str, alert_id: UUID, *, kind: str, subject: str, severity: int, **more: Any) -> None:
    """Queue what is told after the commit. `more` may name the `receivers` (membership ids), and `why` the alert is told of again."""
    row = {"alert_id": alert_id, "kind": kind, "subject": subject, "severity": severity}
    await enqueue(tx, topic, [_payload(topic, row, more)])


async def tell_all(tx: TenantTransaction, topic: str, rows: Sequence[Record], **more: Any) -> None:
    """The same for many, without those that were folded: nobody was told of them by themselves."""
    await enqueue(tx, topic, [_payload(topic, row, more) for row in rows if not row["folded"]])


def _payload(topic: str, row: Record | Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    severity = Severity(row["severity"]).name.lower()
    told = {"topic": topic, "alert_id": str(row["alert_id"]), "kind": row["kind"], "subject": row["subject"], "severity": severity}
    return told | {"at": clock.isoformat(clock.now()), **more}


async def mark_notified(tx: TenantTransaction, alert_id: UUID) -> None:
    """Note that the first message was handed over; later ones change nothing."""
    await repository.mark_notified(tx, alert_id, clock.now())


def _key(text: str) -> str:
    """A key as it is stored: a long one keeps its beginning, and stays apart from others that begin so."""
    return text if len(text) <= MAXIMUM_KEY else f"{text[:400]}#{hashlib.sha256(text.encode()).hexdigest()}"


def raising_lock(tenant_id: int, dedupe_key: str) -> int:
    """The number of an advisory lock. Keys share locks; who meets another one's is counted a moment later."""
    part = int.from_bytes(hashlib.sha256(dedupe_key.encode()).digest()[:4], "big") % _LOCKS
    return int.from_bytes(hashlib.sha256(f"alert\n{tenant_id}\n{part}".encode()).digest()[:8], "big", signed=True)
