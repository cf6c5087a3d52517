"""Concessions that end: of what may be used until a day, and is still there when it is over, somebody is told.

It isn't held by itself: a hold reaches what was made of the goods, and that was made while they might be used.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.alerts import service as alerts
from backend.genealogy.query_service import positions
from backend.nonconformance import repository
from backend.nonconformance.history import note
from backend.nonconformance.rules import LETS_GO, DispositionStatus
from backend.nonconformance.stored import Disposition, Nonconformance
from backend.objects import service as objects
from infra import clock
from infra.database import TenantTransaction
from infra.outbox import enqueue, first_time

ENDS: Final = "concession.ends"
ENDED: Final = "concession_ended"
MOST_PLACES: Final = 10
# So that no row of the outbox stays open for long.
_DAY: Final = timedelta(days=1)


async def watch(tx: TenantTransaction, lines: Iterable[Disposition]) -> None:
    """Have those of these dispositions looked at that let goods go until a day."""
    for line in lines:
        if line.kind in LETS_GO and line.valid_until is not None:
            await _ring(tx, line.disposition_id, line.valid_until)


async def end(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: tell of what is left of goods that may not be used as they are any more."""
    disposition_id, due_at = UUID(payload["disposition_id"]), datetime.fromisoformat(payload["due_at"])
    if due_at > clock.now():
        await _ring(tx, disposition_id, due_at)
        return
    row = await repository.disposition(tx, disposition_id)
    if row is None or row["status"] != DispositionStatus.DONE or not await first_time(tx, f"{ENDS}:{disposition_id}"):
        return
    line = Disposition.from_row(row)
    left = [each for each in (await positions(tx, [line.object_id], clock.now())).get(line.object_id, []) if each.quantity > 0]
    if not left:
        return
    [found] = [Nonconformance.from_row(each) for each in await repository.by_ids(tx, [line.nonconformance_id])]
    thing = (await objects.load(tx, [line.object_id]))[line.object_id]
    detail = {
        "number": found.number, "nonconformance": str(found.nonconformance_id), "validUntil": clock.isoformat(due_at),
        "approval": line.approval_reference or "",
        "left": [{"place": each.place, "quantity": f"{each.quantity:f}", "uom": each.uom} for each in left[:MOST_PLACES]],
    }  # fmt: skip
    await alerts.raise_alert(
        tx, kind=ENDED, severity=alerts.Severity.WARNING, dedupe_key=f"{ENDED}:{disposition_id}", subject=thing.uri, detail=detail,
        cause_key=found.number,
    )  # fmt: skip
    told = {"disposition": str(disposition_id), "object": thing.key, **detail}
    await note(tx, None, f"nonconformance:{found.nonconformance_id}", ENDED, detail=told)


async def _ring(tx: TenantTransaction, disposition_id: UUID, due_at: datetime) -> None:
    payload = {"disposition_id": str(disposition_id), "due_at": due_at.isoformat()}
    await enqueue(tx, ENDS, [payload], due_at=min(due_at, clock.now() + _DAY))
