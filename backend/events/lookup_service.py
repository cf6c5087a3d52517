"""Look up many events at once, the objects that took part in them, and capture jobs."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from backend.events import lookup_repository
from backend.events.canonical import Role
from backend.events.errors import CaptureJobNotFoundError
from backend.events.query_service import RecordedEvent, _recorded
from infra.database import TenantTransaction
from tenants.permissions import Permission
from tenants.principal import Principal


@dataclass(frozen=True, slots=True)
class Line:
    """One object's part in an event; `place` counts the event's lines from 1."""

    place: int
    role: Role
    object_id: int
    quantity: Decimal | None
    uom: str | None


@dataclass(frozen=True, slots=True)
class CaptureJob:
    """What became of one captured document; `errors` is JSON as the EPCIS interface tells it."""

    job_id: UUID
    created_at: datetime
    finished_at: datetime | None
    error_behaviour: str
    success: bool
    accepted: int
    duplicates: int
    rejected: int
    errors_json: str


async def events_by_ids(tx: TenantTransaction, event_ids: Collection[int]) -> dict[int, RecordedEvent]:
    """Events by the log's own ids."""
    return {row["event_id"]: _recorded(row) for row in await lookup_repository.by_event_ids(tx, event_ids)} if event_ids else {}


async def lines_of(tx: TenantTransaction, event_ids: Collection[int], *, offset: int = 0, limit: int) -> dict[int, list[Line]]:
    """Each event's lines from behind the first `offset` ones."""
    lines: dict[int, list[Line]] = defaultdict(list)
    for row in await lookup_repository.participations(tx, event_ids, offset=offset, limit=limit):
        lines[row["event_id"]].append(Line(row["place"], Role(row["role"]), row["object_id"], row["quantity"], row["uom"]))
    return lines


async def count_lines(tx: TenantTransaction, event_ids: Collection[int]) -> dict[int, int]:
    """How many lines each event has."""
    return {row["event_id"]: row["lines"] for row in await lookup_repository.count_participations(tx, event_ids)}


async def capture_job(tx: TenantTransaction, principal: Principal, job_id: UUID) -> CaptureJob:
    """A capture job; who may not read events sees his own alone. Raises `CaptureJobNotFoundError`."""
    row = await lookup_repository.job(tx, job_id)
    if row is None or (Permission.EVENTS_READ not in principal.permissions and row["created_by"] != principal.person_id):
        raise CaptureJobNotFoundError("There is no such capture job. Its address stands in the answer to the capture.", field="id")
    return CaptureJob(
        row["job_id"], row["created_at"], row["finished_at"], row["error_behaviour"], row["success"], row["accepted"], row["duplicates"],
        row["rejected"], row["errors"],
    )  # fmt: skip
