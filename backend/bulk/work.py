"""The worker's side: a staged document is captured part by part, for some seconds at a time, and goes on where it was left."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from backend.bulk import repository
from backend.bulk.capturing import WithdrawnError, canonical, capture_placed, keep_disputed
from backend.bulk.documents import Placed, StagedDocument
from backend.bulk.headers import absorb_header
from backend.bulk.opened import OpenedDocuments
from backend.bulk.staging import TOPIC
from backend.bulk.teller import read_teller
from backend.events.errors import CaptureLimitError
from backend.events.faults import DocumentFaults, EventFaults, Fault
from backend.events.jobs import CaptureJob, ErrorBehaviour, EventResult, ResultStatus, fault_list, lines, record_captured
from backend.events.service import gate_for
from backend.services import Services
from infra import clock
from infra.database import TenantTransaction
from infra.errors import SuyuanError, UnavailableError
from infra.logging import get_logger
from infra.outbox import Postponed, enqueue
from tenants.principal import Principal

# A part holds up a hold, and single scans of the same firm, for as long as it takes.
PART_SECONDS: Final = 0.1
FIRST_PART: Final = 50
LARGEST_PART: Final = 500
PART_BYTES: Final = 1_000_000
# After so long the next tenant's document has its turn.
TURN_SECONDS: Final = 2.0
# For how long one turn waits until a document has been fetched and looked through, which goes on meanwhile.
OPENING_SECONDS: Final = 2.0
_log = get_logger(__name__)


class _OvertakenError(Exception):
    """Another worker has gone on with the job."""


# None of them is the event's fault: the job is tried again later.
_PASSES: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CannotConnectNowError,
    UnavailableError,
    _OvertakenError,
)


class StagedCapture:
    """The job of the topic `TOPIC`. Done twice, or by two at once, every event is captured once and told once."""

    def __init__(self, services: Services, *, turn_seconds: float = TURN_SECONDS, part_seconds: float = PART_SECONDS) -> None:
        self._services = services
        self._turn_seconds = turn_seconds
        self._part_seconds = part_seconds
        self._opened = OpenedDocuments(services.storage, services.settings)

    async def __call__(self, tx: TenantTransaction, payload: dict[str, Any]) -> None:
        """One turn; asks for the next one in the transaction that ends this one."""
        job_id = UUID(payload["job"])
        row = await repository.staged(tx, job_id)
        if row is None:
            await self._opened.forget(job_id)
            return
        principal = read_teller(tx.tenant_id, row["told_by"])
        job = CaptureJob.from_row(row)
        try:
            document = await self._opened.get(row, principal.tenant_public_id, wait=OPENING_SECONDS)
        except (DocumentFaults, CaptureLimitError) as refusal:
            await self._refuse(principal, job, refusal)
            return
        if document is None:
            raise Postponed
        if not job.done and document.master_data:
            job.warnings = await absorb_header(self._services, principal, document.master_data, document.document)
        turn = _Turn(self._services, principal, job, document, self._part_seconds)
        try:
            if await turn.run(self._turn_seconds):
                await self._opened.forget(job_id)
            else:
                await enqueue(tx, TOPIC, [payload])
        except _OvertakenError:
            _log.info("capture_overtaken", job_id=str(job_id))

    async def close(self) -> None:
        """Give back what documents at hand take of the disk."""
        await self._opened.close()

    async def _refuse(self, principal: Principal, job: CaptureJob, refusal: DocumentFaults | CaptureLimitError) -> None:
        if isinstance(refusal, DocumentFaults):
            job.fail(fault_list(refusal.faults))
        else:
            job.fail([{"type": "epcisException:CaptureLimitExceededException", "title": refusal.message, "field": refusal.field}])
        job.finished_at = clock.now()
        await self._services.in_tenant(principal.tenant_id, partial(_save, job=job, was_done=job.done, principal=principal))
        await self._opened.forget(job.job_id)


class _Turn:
    """So many parts of one document as fit into one turn."""

    def __init__(self, services: Services, principal: Principal, job: CaptureJob, document: StagedDocument, part_seconds: float) -> None:
        self._services, self._principal, self._job, self._document = services, principal, job, document
        self._part_seconds = part_seconds
        self._size = FIRST_PART
        self._ahead: tuple[range, asyncio.Task[list[Placed]]] | None = None

    async def run(self, seconds: float) -> bool:
        """True when the job is finished."""
        ends = time.monotonic() + seconds
        try:
            while self._job.finished_at is None and time.monotonic() < ends:
                if self._job.behaviour is ErrorBehaviour.ROLLBACK:
                    await self._together()
                else:
                    await self._part()
        finally:
            if self._ahead is not None:
                self._ahead[1].cancel()
        return self._job.finished_at is not None

    async def _together(self) -> None:
        places = range(self._document.total)
        placed = await asyncio.to_thread(_read, self._document, places)
        try:
            await self._store(places, placed, together=True)
        except WithdrawnError as withdrawn:
            results = withdrawn.results

            async def use_case(tx: TenantTransaction) -> CaptureJob:
                await keep_disputed(tx, placed, results)
                return await self._told(tx, places, results)

            self._job = await self._services.in_tenant(self._principal.tenant_id, use_case)

    async def _part(self) -> None:
        places, placed = await self._next()
        begun = time.monotonic()
        try:
            await self._store(places, placed, together=False)
        except _PASSES:
            raise
        except Exception:
            _log.exception("capture_part_failed", job_id=str(self._job.job_id), first=places.start, count=len(places))
            await self._one_by_one(places, placed)
        took = max(time.monotonic() - begun, 0.001)
        fitting = int(len(places) * self._part_seconds / took)
        self._size = max(1, min(fitting, 2 * max(len(places), 10), LARGEST_PART))

    async def _next(self) -> tuple[range, list[Placed]]:
        """The next part, read while the one before it was stored."""
        if self._ahead is not None and self._ahead[0].start == self._job.done:
            places, reading = self._ahead
        else:
            places, reading = self._begin_reading(self._job.done)
        placed = await reading
        self._ahead = self._begin_reading(places.stop) if places.stop < self._document.total else None
        return places, placed

    def _begin_reading(self, first: int) -> tuple[range, "asyncio.Task[list[Placed]]"]:
        places = self._document.next_part(first, most=self._size, most_bytes=PART_BYTES)
        return places, asyncio.create_task(asyncio.to_thread(_read, self._document, places))

    async def _store(self, places: range, placed: Sequence[Placed], *, together: bool) -> None:
        async def use_case(tx: TenantTransaction) -> CaptureJob:
            results = await capture_placed(tx, self._services.capture, self._principal, self._job.job_id, placed, together=together)
            return await self._told(tx, places, results)

        self._job = await self._services.in_tenant(self._principal.tenant_id, use_case, gate=gate_for(canonical(placed)))

    async def _one_by_one(self, places: range, placed: Sequence[Placed]) -> None:
        """An event that can't be stored for a reason that nobody foresaw keeps none of the others from it."""
        for place in places:
            here, items = range(place, place + 1), [item for item in placed if item.place == place]
            try:
                await self._store(here, items, together=False)
            except _PASSES:
                raise
            except Exception as problem:
                _log.exception("capture_event_failed", job_id=str(self._job.job_id), place=place)
                results = [EventResult(place, ResultStatus.REJECTED, errors=(_unforeseen(problem),))]
                self._job = await self._services.in_tenant(self._principal.tenant_id, partial(self._told, places=here, results=results))

    async def _told(self, tx: TenantTransaction, places: range, results: Sequence[EventResult]) -> CaptureJob:
        """Note what became of a part's events and how far the job is, in the transaction that stored them; gives the job as it is then."""
        job = replace(self._job, errors=list(self._job.errors))
        job.count(results)
        job.done, job.total = places.stop, self._document.total
        if job.done >= job.total:
            job.finished_at = clock.now()
        await _save(tx, job=job, was_done=self._job.done, principal=self._principal)
        await repository.add_results(tx, job.job_id, places, lines(results), clock.now())
        return job


async def _save(tx: TenantTransaction, *, job: CaptureJob, was_done: int, principal: Principal) -> None:
    values = {
        "finished_at": job.finished_at, "success": job.success, "accepted": job.accepted, "duplicates": job.duplicates, "rejected": job.rejected,
        "errors": msgspec.json.encode(job.errors).decode(), "total": job.total, "done": job.done,
        "warnings": msgspec.json.encode(job.warnings).decode(),
    }  # fmt: skip
    if not await repository.save(tx, job.job_id, values, was_done=was_done):
        raise _OvertakenError
    if job.finished_at is not None:
        await record_captured(tx, principal, job)


def _read(document: StagedDocument, places: range) -> list[Placed]:
    """The events at these places; one that breaks the reader keeps none of the others from being read."""
    try:
        return document.read(places)
    except Exception:
        if len(places) > 1:
            return [placed for place in places for placed in _read(document, range(place, place + 1))]
        _log.exception("capture_reading_failed", place=places.start)
        path = f"$.epcisBody.eventList[{places.start}]"
        fault = Fault(path, "EPCIS 2.0 §7.4", "This event could not be read.", "It was reported to the operators of the service.")
        return [Placed(places.start, EventFaults(places.start, (fault,)))]


def _unforeseen(problem: Exception) -> dict[str, Any]:
    told = problem.message if isinstance(problem, SuyuanError) else "This event could not be stored. It was reported to the operators of the service."
    return {"type": "epcisException:ImplementationException", "title": told}
