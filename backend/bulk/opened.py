"""Documents that a worker has at hand between its turns: fetched from the object store and cut, once."""

import asyncio
import contextlib
from typing import BinaryIO, Final
from uuid import UUID

from backend.bulk.documents import StagedDocument
from backend.bulk.raw_file import GZIP, closed_on_failure, scratch, unpacked
from backend.bulk.staging import raw_key
from backend.events.errors import CaptureLimitError
from backend.events.jobs import ErrorBehaviour
from infra.database import Record
from infra.settings import Settings
from infra.storage.keys import TenantPrefix
from infra.storage.objects import ObjectStorage
from infra.storage.tenant import TenantStorage

# A document at hand takes room on the disk; the one that was not asked for the longest has to go.
MOST_AT_HAND: Final = 8


class OpenedDocuments:
    """By job. What is fetched goes on being fetched when a turn is over."""

    def __init__(self, storage: ObjectStorage, settings: Settings) -> None:
        self._storage = storage
        self._settings = settings
        self._opening: dict[UUID, asyncio.Task[StagedDocument]] = {}

    async def get(self, job: Record, tenant: UUID, *, wait: float) -> StagedDocument | None:
        """The document, or None where it isn't there within `wait` seconds. Raises `DocumentFaults` and `CaptureLimitError`."""
        job_id: UUID = job["job_id"]
        opening = self._opening.pop(job_id, None) or asyncio.create_task(self._open(job, tenant))
        self._opening[job_id] = opening
        await self._make_room()
        done, _ = await asyncio.wait({opening}, timeout=wait)
        if not done:
            return None
        try:
            return await opening
        except BaseException:
            self._opening.pop(job_id, None)
            raise

    async def forget(self, job_id: UUID) -> None:
        """Give the disk back."""
        opening = self._opening.pop(job_id, None)
        if opening is None:
            return
        if not opening.done():
            opening.cancel()
        with contextlib.suppress(Exception, asyncio.CancelledError):
            (await opening).close()

    async def close(self) -> None:
        """The same of all."""
        for job_id in list(self._opening):
            await self.forget(job_id)

    async def _make_room(self) -> None:
        while len(self._opening) > MOST_AT_HAND:
            await self.forget(next(iter(self._opening)))

    async def _open(self, job: Record, tenant: UUID) -> StagedDocument:
        own = TenantStorage(self._storage, TenantPrefix(tenant))
        bounds = bounds_of(self._settings, ErrorBehaviour(job["error_behaviour"]))
        file = scratch()
        with closed_on_failure(file):
            await own.get_into(raw_key(job["job_id"]), file)
            return await asyncio.to_thread(_cut, file, job, *bounds)


def bounds_of(settings: Settings, behaviour: ErrorBehaviour) -> tuple[int, int]:
    """How many events and bytes a document may have."""
    if behaviour is ErrorBehaviour.PROCEED:
        return settings.capture_bulk_max_events, settings.capture_bulk_max_bytes
    return settings.capture_max_events, settings.capture_max_bytes


def too_many(events: int, limit: int) -> CaptureLimitError:
    """The refusal of a document with too many events."""
    return CaptureLimitError(
        f"The document holds {events} events; the limit is {limit}. Send it in parts, or with GS1-Capture-Error-Behaviour: proceed.",
        field="eventList",
    )


def _cut(file: BinaryIO, job: Record, most_events: int, most_bytes: int) -> StagedDocument:
    content = file
    if job["content_encoding"] == GZIP:
        content = unpacked(file, limit=most_bytes)
        file.close()
    with closed_on_failure(content):
        document = StagedDocument(content, job["content_type"])
        if document.total > most_events:
            raise too_many(document.total, most_events)
        return document
