"""The worker's side: a document is made outside of any transaction, by one worker at a time, and stored once, whatever happens meanwhile."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

import asyncpg

from backend.documents import repository, storing
from backend.documents.asked_by import read_asker
from backend.documents.errors import WithdrawnError
from backend.documents.kinds import DocumentKind, DocumentState
from backend.documents.service import MAKE, RETENTION, Document, subject_of
from backend.documents.version import generator
from backend.documents.work import Made, Maker, Work
from infra import clock
from infra.database import Database, TenantTransaction
from infra.errors import SuyuanError, UnavailableError
from infra.ids import uuid7
from infra.logging import get_logger
from infra.outbox import Postponed, hasten
from infra.printing.press import Press
from infra.queue import Rest
from infra.storage.keys import TenantPrefix
from infra.storage.objects import ObjectStorage
from infra.storage.tenant import TenantStorage
from tenants import audit
from tenants.directory import Tenant
from tenants.mandates import tenant_of
from tenants.principal import Principal

T = TypeVar("T")
LEASE: Final = timedelta(seconds=45)
HEARTBEAT_SECONDS: Final = 5.0
# How long a tenant's next document waits before it is looked at again; the end of the one before it comes first.
BEHIND_ANOTHER: Final = 5.0
MOST_ATTEMPTS: Final = 8
MOST_FAULTS: Final = 3
LONGEST_WORDS: Final = 200
STATEMENT_MS: Final = 60_000
_FAULT: Final = "Something went wrong on our side while the document was made. It was reported to the operators of the service."
_DIED: Final = "It was begun {} times and never came to an end. It may be too large: ask for less, or tell whoever runs the service."
_AWAY: Final = "A part that is needed was away (database, object store or press). It is tried again by itself."
_TRANSIENT: Final = (UnavailableError, OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt at a document."""

    tenant: Tenant
    document: Document
    run_id: UUID
    asked_by: Principal | None
    attempt: int


class DocumentMaking:
    """The handler of `document.make`. A row may be done twice, or by two at once: one makes, the file is stored once and stands in the list once."""

    def __init__(self, database: Database, storage: ObjectStorage, makers: Mapping[DocumentKind, Maker], *, press: Press | None = None,
                 retention: timedelta = RETENTION, heartbeat: float = HEARTBEAT_SECONDS) -> None:  # fmt: skip
        self._database = database
        self._storage = storage
        self._makers = makers
        self._press = press or Press()
        self._retention = retention
        self._heartbeat = heartbeat

    async def __call__(self, tx: TenantTransaction, payload: dict[str, Any]) -> Rest | None:
        """Take a document up; gives back what is to be done. Raises `Postponed` behind another one of the tenant."""
        document_id = UUID(payload["document_id"])
        await repository.lock_making(tx)
        row = await repository.lock(tx, document_id)
        tenant = await tenant_of(self._database, tx.tenant_id)
        if row is None or tenant is None:
            return None
        document = Document.from_row(row)
        if document.state not in (DocumentState.QUEUED, DocumentState.MAKING):
            # Cancelled, perhaps by somebody who had no patience with a worker that was killed.
            return partial(self._tidy, tenant, document) if document.attempts and document.storage_key is None else None
        if (row["run_until"] is not None and row["run_until"] > clock.now()) or await repository.others_making(tx, document_id):
            raise Postponed(BEHIND_ANOTHER)
        if document.attempts >= MOST_ATTEMPTS:
            await self._fail(tx, document, _DIED.format(document.attempts))
            return partial(self._tidy, tenant, document)
        run_id, at = uuid7(), clock.now()
        await repository.begin(tx, document_id, run_id, until=at + LEASE, at=at)
        return partial(self._run, Run(tenant, document, run_id, read_asker(tx.tenant_id, row["asked_by"]), document.attempts + 1))

    async def _run(self, run: Run) -> None:
        try:
            async with self._kept(run):
                await self._make(run)
        except WithdrawnError:
            await self._tidy(run.tenant, run.document, but=None)
        except asyncio.CancelledError:
            # The worker ends, or the job's time is over: the next one begins anew, and this attempt counts.
            await asyncio.shield(self._again(run, None))
            raise
        except _TRANSIENT as problem:
            told = problem.message if isinstance(problem, UnavailableError) else _AWAY
            if not await self._again(run, told, most=MOST_ATTEMPTS):
                return
            raise
        except SuyuanError as refusal:
            await self._in(run.tenant, partial(self._fail_ours, run=run, failure=refusal.message))
        except Exception as problem:
            _log.exception("document_not_made", document_id=str(run.document.document_id), problem=repr(problem)[:300])
            if await self._again(run, _FAULT, most=MOST_FAULTS):
                raise
        finally:
            with contextlib.suppress(Exception):
                await self._in(run.tenant, lambda tx: hasten(tx, MAKE))

    async def _make(self, run: Run) -> None:
        document, maker = run.document, self._makers.get(run.document.subject.kind)
        if maker is None:
            raise WithdrawnError
        with tempfile.TemporaryDirectory(prefix="suyuan-document-") as directory:
            work = self._work(run, Path(directory))
            made = await maker.make(work)
            await work.progress(document.total, document.total, work.pick("排版与保存", "Printing and storing"))
            file = await storing.file_of(self._press, run.tenant.tenant_id, made)
            key = storing.key_of(document.document_id, run.run_id)
            stored = await work.storage.put(key, file.content, content_type=made.content_type)
            if not await self._in(run.tenant, lambda tx: self._finish(tx, run, made, storing.Kept(key, stored.size, file.sha256, file.pages))):
                raise WithdrawnError
            await self._tidy(run.tenant, document, but=key)

    def _work(self, run: Run, directory: Path) -> Work:
        document, tenant = run.document, run.tenant

        async def in_tenant(use_case: Callable[[TenantTransaction], Awaitable[T]], *, timeout_ms: int | None = STATEMENT_MS) -> T:
            return await self._in(tenant, use_case, timeout_ms=timeout_ms)

        async def progress(done: int, total: int, words: str) -> None:
            until = clock.now() + LEASE
            if not await self._in(
                tenant,
                lambda tx: repository.progress(
                    tx, document.document_id, run.run_id, until, done=max(0, done), total=max(0, total), words=words[:LONGEST_WORDS]
                ),
            ):
                raise WithdrawnError

        return Work(
            document_id=document.document_id, number=document.number, tenant_id=tenant.tenant_id, tenant_public_id=tenant.public_id,
            company=tenant.name, subject=document.subject, language=document.language, time_zone=document.time_zone or tenant.time_zone or "UTC",
            principal=run.asked_by, made_at=clock.now(), generator=generator(), directory=directory, storage=self._own(tenant), in_tenant=in_tenant,
            progress=progress,
        )  # fmt: skip

    @asynccontextmanager
    async def _kept(self, run: Run) -> AsyncIterator[None]:
        """Keeps the document ours while inside, and ends what goes on inside as soon as it isn't: it was cancelled, or is another worker's."""
        inside, lost = asyncio.current_task(), False

        async def beat() -> None:
            nonlocal lost
            while not lost:
                await asyncio.sleep(self._heartbeat)
                with contextlib.suppress(*_TRANSIENT):
                    lost = not await self._in(run.tenant, partial(self._still_ours, run=run))
            if inside is not None:
                inside.cancel()

        heart = asyncio.create_task(beat())
        try:
            yield
        except asyncio.CancelledError:
            if lost and inside is not None and inside.uncancel() == 0:
                raise WithdrawnError from None
            raise
        finally:
            heart.cancel()

    async def _still_ours(self, tx: TenantTransaction, run: Run) -> bool:
        return await repository.still_ours(tx, run.document.document_id, run.run_id, clock.now() + LEASE)

    async def _finish(self, tx: TenantTransaction, run: Run, made: Made, kept: "storing.Kept") -> bool:
        document, at = run.document, clock.now()
        values = storing.values_of(made, kept, finished_at=at, expires_at=at + self._retention)
        if not await repository.finish(tx, document.document_id, run.run_id, values):
            return False
        told = {"number": document.number, "file": made.filename, "size": kept.size, "sha256": kept.sha256.hex()}
        await audit.record(tx, None, "document.made", subject_of(document.document_id), after=told | {"content_sha256": made.content_sha256})
        return True

    async def _again(self, run: Run, failure: str | None, *, most: int = MOST_ATTEMPTS) -> bool:
        """Let it wait for another attempt; False where this was the last, or where it isn't ours any more."""

        async def put_back(tx: TenantTransaction) -> bool:
            if run.attempt >= most and failure is not None:
                await self._fail_ours(tx, run, failure)
                return False
            return await repository.put_back(tx, run.document.document_id, run.run_id, failure=failure, counted=True)

        return await self._in(run.tenant, put_back)

    async def _fail_ours(self, tx: TenantTransaction, run: Run, failure: str) -> None:
        row = await repository.lock(tx, run.document.document_id)
        if row is not None and row["run_id"] == run.run_id:
            await self._fail(tx, run.document, failure)

    async def _fail(self, tx: TenantTransaction, document: Document, failure: str) -> None:
        await repository.fail(tx, document.document_id, failure=failure[:1_000], at=clock.now())
        await audit.record(tx, None, "document.failed", subject_of(document.document_id), after={"number": document.number}, reason=failure[:1_000])

    async def _tidy(self, tenant: Tenant, document: Document, *, but: str | None = None) -> None:
        """Remove what attempts that came to nothing have stored."""
        kept = but
        if kept is None:
            row = await self._in(tenant, lambda tx: repository.by_id(tx, document.document_id))
            kept = row["storage_key"] if row is not None else None
        await storing.remove(self._own(tenant), document.document_id, but=kept)

    def _own(self, tenant: Tenant) -> TenantStorage:
        return TenantStorage(self._storage, TenantPrefix(tenant.public_id))

    async def _in(self, tenant: Tenant, use_case: Callable[[TenantTransaction], Awaitable[T]], *, timeout_ms: int | None = None) -> T:
        async def attempt() -> T:
            async with self._database.tenant(tenant.tenant_id, timeout_ms=timeout_ms) as tx:
                return await use_case(tx)

        return await self._database.retrying(attempt)
