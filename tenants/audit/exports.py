"""Exports of the audit trail: asked for, written in parts by the worker, put together, fetched for a week."""

import asyncio
import hashlib
import tempfile
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec

from infra import clock
from infra.database import Record, TenantTransaction
from infra.ids import uuid7
from infra.outbox import enqueue
from infra.storage.expiry import remove_older
from infra.storage.keys import TenantPrefix
from infra.storage.objects import ObjectStorage, PresignedDownload
from infra.storage.tenant import TenantStorage
from tenants.audit import repository, writing
from tenants.audit.errors import TooManyExportsError
from tenants.audit.recording import record
from tenants.audit.search import Entry, Filter
from tenants.audit.writing import Format
from tenants.permissions import Permission
from tenants.principal import Principal

T = TypeVar("T")
TOPIC: Final = "audit.export"
PREFIX: Final = "exports/audit"
LIFETIME: Final = timedelta(days=7)
LINK_LIFETIME: Final = timedelta(minutes=5)
MAX_RUNNING: Final = 3
WORD_EVERY_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one file, and of what one job writes of it, in seconds and bytes; putting the file together is one job too."""

    entries: int = 1_000_000
    size: int = 512 * 1024 * 1024
    part_size: int = 8 * 1024 * 1024
    part_seconds: float = 8.0
    page: int = 500


@dataclass(frozen=True, slots=True)
class Export:
    """A file of the trail: under way, ready or failed. `sha256` is that of the file, `size` its bytes."""

    export_id: UUID
    requested_at: datetime
    format: Format
    language: str
    wanted: Filter
    file_name: str
    state: str
    parts: int
    entries: int
    entries_expected: int | None
    size: int
    last_audit_id: int
    sha256: bytes | None
    failure: str | None
    finished_at: datetime | None
    expires_at: datetime

    @classmethod
    def from_row(cls, row: Record) -> "Export":
        """From a row of the table."""
        return cls(
            row["export_id"], row["requested_at"], Format(row["format"]), row["language"], Filter.from_json(msgspec.json.decode(row["filter"])),
            row["file_name"], row["state"], row["parts"], row["entries"], row["entries_expected"], row["size"], row["last_audit_id"], row["sha256"],
            row["failure"], row["finished_at"], row["expires_at"],
        )  # fmt: skip

    @property
    def subject(self) -> str:
        """What the trail calls it."""
        return f"audit_export:{self.export_id}"

    @property
    def file_key(self) -> str:
        """Where the file lies, under the tenant's prefix."""
        return f"{PREFIX}/{self.export_id}/trail.{self.format}"

    def part_key(self, number: int) -> str:
        """Where a part lies until they are put together."""
        return f"{PREFIX}/{self.export_id}/part-{number:05d}"


async def ask(tx: TenantTransaction, principal: Principal, *, wanted: Filter, form: Format, language: str) -> UUID:
    """Begin an export of the entries that there are now; returns its id.

    Raises `InvalidInputError` as `Filter.check` does, and `TooManyExportsError`.
    """
    principal.require_everywhere(Permission.AUDIT_READ)
    wanted.check()
    await repository.lock_exports(tx)
    if await repository.running_exports(tx) >= MAX_RUNNING:
        raise TooManyExportsError(f"{MAX_RUNNING} exports of your company's trail are under way. Wait until one is ready, and ask again.")
    export_id = uuid7()
    name = _file_name(principal.tenant_slug, wanted, form)
    told = wanted.as_json()
    await repository.insert_export(
        tx, export_id, requested_by=principal.subject, form=str(form), language=language, wanted=msgspec.json.encode(told).decode(), file_name=name,
        last_audit_id=await repository.newest(tx), expires_at=clock.now() + LIFETIME,
    )  # fmt: skip
    await record(tx, principal, "audit.exported", f"audit_export:{export_id}", after={"filter": told, "format": str(form), "file": name})
    await enqueue(tx, TOPIC, [{"export_id": str(export_id), "step": "write"}])
    return export_id


def _file_name(slug: str, wanted: Filter, form: Format) -> str:
    begins = f"{wanted.since:%Y%m%d}" if wanted.since else "begin"
    return f"{slug}-audit-{begins}-{wanted.until or clock.now():%Y%m%d}.{form}"


async def exports_by_id(tx: TenantTransaction, principal: Principal, export_ids: list[UUID]) -> dict[UUID, Export]:
    """Those of these exports that exist here and haven't expired."""
    principal.require_everywhere(Permission.AUDIT_READ)
    found = (Export.from_row(row) for row in await repository.exports_by_id(tx, export_ids))
    return {export.export_id: export for export in found if export.expires_at > clock.now()}


async def page_of_exports(tx: TenantTransaction, principal: Principal, *, cursor: UUID | None, backward: bool, limit: int) -> list[Export]:
    """Exports that haven't expired, newest first, from behind the cursor (an export's id), in the order of going."""
    principal.require_everywhere(Permission.AUDIT_READ)
    return [Export.from_row(row) for row in await repository.page_of_exports(tx, cursor=cursor, backward=backward, limit=limit)]


async def link(storage: ObjectStorage, principal: Principal, export: Export) -> PresignedDownload | None:
    """Where the file is fetched for the next five minutes, as an attachment; None while there is none."""
    principal.require_everywhere(Permission.AUDIT_READ)
    if export.state != "ready" or export.expires_at <= clock.now():
        return None
    own = TenantStorage(storage, TenantPrefix(principal.tenant_public_id))
    return await own.presign_download(export.file_key, expires=LINK_LIFETIME, filename=export.file_name)


class ExportWriter:
    """The outbox handler: each row writes a part and leaves the next one behind, the last one puts them together.

    A row may be done twice: parts have names of their own, and what they hold is settled by where the row begins.
    """

    def __init__(self, storage: ObjectStorage, limits: Limits | None = None) -> None:
        self._storage = storage
        self._limits = limits or Limits()

    async def __call__(self, tx: TenantTransaction, payload: dict[str, Any]) -> None:
        """Do one step."""
        export_id = UUID(payload["export_id"])
        own = TenantStorage(self._storage, TenantPrefix(await repository.public_id_of(tx)))
        if payload["step"] == "tidy":
            await _remove_parts(own, payload["parts"])
            return
        row = await repository.lock_export(tx, export_id)
        if row is None:
            return
        export = Export.from_row(row)
        if payload["step"] == "write":
            await self._write(tx, own, export, _position(payload))
        else:
            await self._put_together(tx, own, export)

    async def _write(self, tx: TenantTransaction, own: TenantStorage, export: Export, position: repository.Position | None) -> None:
        limits = self._limits
        if export.entries_expected is None:
            expected = await repository.count(tx, export.wanted, last_audit_id=export.last_audit_id, at_most=limits.entries + 1)
            if expected > limits.entries:
                await _fail(tx, export, f"More than {limits.entries} entries meet the filter. Ask for a shorter time, one file after the other.")
                return
            await repository.expect(tx, export.export_id, expected)
        part = await self._part(tx, export, position)
        if export.size + len(part.content) > limits.size:
            await _fail(tx, export, f"The file would have more than {limits.size >> 20} MB. Ask for a shorter time, one file after the other.")
            return
        await own.put(export.part_key(export.parts), part.content, content_type=export.format.content_type)
        await repository.add_part(tx, export.export_id, entries=part.entries, size=len(part.content))
        step = {"export_id": str(export.export_id), "step": "write" if part.behind else "finish"}
        await enqueue(tx, TOPIC, [step | ({"behind": [part.behind[0].isoformat(), part.behind[1]]} if part.behind else {})])

    async def _part(self, tx: TenantTransaction, export: Export, position: repository.Position | None) -> "_Part":
        """The entries behind a position, oldest first, until there is enough for one job or no more."""
        limits, ends = self._limits, time.monotonic() + self._limits.part_seconds
        written = [] if export.parts else [writing.heading(export.format, export.language)]
        entries = 0
        while True:
            found = await repository.page(
                tx, export.wanted, position=position, ascending=True, limit=limits.page, last_audit_id=export.last_audit_id
            )  # fmt: skip
            made = [Entry.from_row(row) for row in found]
            # Tens of milliseconds, in which the worker's other jobs would wait.
            written.append(await asyncio.to_thread(writing.rows, made, export.format, export.language))
            entries += len(found)
            if len(found) < limits.page:
                return _Part(b"".join(written), entries, None)
            position = (found[-1]["recorded_at"], found[-1]["audit_id"])
            if sum(map(len, written)) >= limits.part_size or time.monotonic() >= ends:
                return _Part(b"".join(written), entries, position)

    async def _put_together(self, tx: TenantTransaction, own: TenantStorage, export: Export) -> None:
        keys = [export.part_key(number) for number in range(export.parts)]
        with tempfile.TemporaryDirectory(prefix="suyuan-export-") as directory:
            path = Path(directory) / "trail"
            with path.open("wb") as file:
                for key in keys:
                    await asyncio.to_thread(file.write, await _awake(tx, own.get(key, limit=self._limits.size)))
            sha256 = await asyncio.to_thread(_sha256, path)
            stored = await _awake(tx, own.put(export.file_key, path, content_type=export.format.content_type))
        await repository.finish_export(tx, export.export_id, sha256=sha256, size=stored.size, expires_at=clock.now() + LIFETIME)
        told = {"file": export.file_name, "entries": export.entries, "size": stored.size, "sha256": sha256.hex()}
        await record(tx, None, "audit.export_finished", export.subject, after=told)
        await _tidy(tx, export)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one job writes, and where the next one begins; None at the end."""

    content: bytes
    entries: int
    behind: repository.Position | None


def _position(payload: Mapping[str, Any]) -> repository.Position | None:
    behind = payload.get("behind")
    return (datetime.fromisoformat(behind[0]), behind[1]) if behind else None


async def _awake(tx: TenantTransaction, work: Coroutine[Any, Any, T]) -> T:
    """Wait for work that takes long, and say something to the database meanwhile: it ends a transaction that is silent for half a minute."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=WORD_EVERY_SECONDS))[0]:
            await repository.say_something(tx)
        return task.result()
    finally:
        task.cancel()


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


async def _fail(tx: TenantTransaction, export: Export, failure: str) -> None:
    await repository.fail_export(tx, export.export_id, failure)
    await record(tx, None, "audit.export_failed", export.subject, after={"file": export.file_name}, reason=failure)
    await _tidy(tx, export)


async def _tidy(tx: TenantTransaction, export: Export) -> None:
    """Remove the parts after the commit: before it, a repetition would miss them."""
    keys = [export.part_key(number) for number in range(export.parts)]
    await enqueue(tx, TOPIC, [{"export_id": str(export.export_id), "step": "tidy", "parts": keys}] if keys else [])


async def _remove_parts(own: TenantStorage, keys: list[str]) -> None:
    for key in keys:
        await own.delete(key)


async def remove_expired_files(storage: ObjectStorage, public_id: UUID, *, at_most: int) -> int:
    """Delete a tenant's export files, and parts that were left behind, whose time is over; returns how many."""
    own = TenantStorage(storage, TenantPrefix(public_id))
    return await remove_older(own, f"{PREFIX}/", than=clock.now() - LIFETIME - timedelta(days=1), at_most=at_most)
