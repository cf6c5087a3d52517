"""The board over time: a point at each full hour at which it had changed, and one when the recall is closed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from backend.recall_checks import repository
from backend.recall_checks.board_service import board_of
from backend.recalls.kinds import RecallState
from backend.recalls.service import case_by_id
from infra import clock
from infra.database import TenantTransaction
from infra.outbox import enqueue, first_time

TOPIC: Final = "recall.board"
MOST_POINTS: Final = 2_000
_NAMES: Final = ("shipped", "recovered", "destroyed", "sold", "used", "held", "unknown", "over")
_FOLLOWED: Final = frozenset({RecallState.DECIDED, RecallState.ANNOUNCED})


@dataclass(frozen=True, slots=True)
class Point:
    """How the whole board stood from `at` on, in one unit of measure, certain and possible together."""

    at: datetime
    uom: str
    shipped: Decimal
    recovered: Decimal
    destroyed: Decimal
    sold: Decimal
    used: Decimal
    held: Decimal
    unknown: Decimal
    over: Decimal


async def begin(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler of an announcement, an extension, a reopening and a closing: put a point now, and go on each hour. Not of drills."""
    if not payload.get("drill"):
        await note(tx, {"case_id": payload["case_id"]})


async def note(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: a point, if the board has changed since the last; the next look in an hour, as long as the recall runs."""
    case_id = UUID(payload["case_id"])
    case = await case_by_id(tx, case_id)
    if case.drill:
        return
    rows = [
        (row.uom, *(getattr(row.split, name) for name in _NAMES)) for row in (await board_of(tx, case_id)).overall()
    ]  # fmt: skip
    before = sorted((row["uom"], *(row[name] for name in _NAMES)) for row in await repository.last_points(tx, case_id))
    if rows and sorted(rows) != before:
        await repository.insert_points(tx, case_id, clock.now(), rows)
    following = clock.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if case.state in _FOLLOWED and await first_time(tx, f"{TOPIC}:{case_id}:{following.isoformat()}"):
        await enqueue(tx, TOPIC, [{"case_id": str(case_id)}], due_at=following)


async def points(
    tx: TenantTransaction, case_id: UUID, *, since: datetime | None = None, until: datetime | None = None, limit: int = MOST_POINTS
) -> list[Point]:
    """The newest points of a time, oldest first."""
    return [Point(**dict(row)) for row in await repository.points(tx, case_id, since=since, until=until, limit=min(limit, MOST_POINTS))]
