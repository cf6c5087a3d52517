"""A made document as a file: printed where it must be, hashed, under its own key, and removed again."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.documents import repository
from backend.documents.work import Made
from infra import clock
from infra.database import Database, TenantTransaction
from infra.errors import TooLargeError
from infra.printing.press import Press
from infra.printing.shell import PrintedDocument
from infra.storage.keys import TenantPrefix
from infra.storage.objects import ObjectStorage
from infra.storage.tenant import TenantStorage
from tenants import audit

PREFIX: Final = "documents"
LARGEST: Final = 1_000_000_000
_MOST_LEFT: Final = 100


@dataclass(frozen=True, slots=True)
class File:
    """What is stored: in memory where it was printed, else in the work's directory."""

    content: bytes | Path
    sha256: bytes
    pages: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """Where it lies, and what it is."""

    key: str
    size: int
    sha256: bytes
    pages: int | None


def key_of(document_id: UUID, run_id: UUID) -> str:
    """Under the tenant's prefix; each attempt has one of its own, so that none writes over another's."""
    return f"{PREFIX}/{document_id}/{run_id}"


async def file_of(press: Press, tenant_id: int, made: Made) -> File:
    """Printed, read or taken as it is. Raises `UnavailableError` from the press, `TooLargeError`."""
    content, pages = made.content, made.pages
    if isinstance(content, PrintedDocument):
        printed = await press.printed(tenant_id, content)
        content, pages = printed.content, printed.pages
    size, sha256 = await asyncio.to_thread(_measured, content)
    if size > LARGEST:
        raise TooLargeError(f"The file would have {size >> 20} MB; {LARGEST >> 20} MB are the most. Ask for less in one document.")
    return File(content, sha256, pages)


def _measured(content: bytes | Path) -> tuple[int, bytes]:
    if isinstance(content, bytes):
        return len(content), hashlib.sha256(content).digest()
    with content.open("rb") as file:
        return content.stat().st_size, hashlib.file_digest(file, "sha256").digest()


def values_of(made: Made, kept: Kept, *, finished_at: datetime, expires_at: datetime) -> Sequence[Any]:
    """As `repository.finish` takes them."""
    return (
        finished_at, expires_at, kept.key, made.filename[:200], made.content_type, kept.size, kept.pages, made.rows,
        msgspec.json.encode(list(made.notes)).decode(), kept.sha256, made.content_sha256, made.generator,
    )  # fmt: skip


async def remove(own: TenantStorage, document_id: UUID, *, but: str | None = None) -> None:
    """Delete whatever attempts have stored of a document, but for one of them."""
    found = await own.list_objects(f"{PREFIX}/{document_id}/", limit=_MOST_LEFT)
    for listed in found.objects:
        if listed.key != but:
            await own.delete(listed.key)


class DocumentRemoval:
    """The handler of `document.remove`: the file of a document that was deleted."""

    def __init__(self, storage: ObjectStorage) -> None:
        self._storage = storage

    async def __call__(self, tx: TenantTransaction, payload: dict[str, Any]) -> None:
        """Done twice it is the same."""
        document_id = UUID(payload["document_id"])
        public_id = await repository.public_id_of(tx)
        await remove(TenantStorage(self._storage, TenantPrefix(public_id)), document_id)
        await repository.removed(tx, [document_id])


async def remove_expired(database: Database, storage: ObjectStorage, tenant_id: int, public_id: UUID, *, at_most: int) -> int:
    """Delete the files of a tenant's documents whose time is over; returns how many."""
    own = TenantStorage(storage, TenantPrefix(public_id))
    async with database.tenant(tenant_id) as tx:
        rows = await repository.expired(tx, clock.now(), at_most)
    for row in rows:
        await remove(own, row["document_id"])
    if rows:
        async with database.tenant(tenant_id) as tx:
            await repository.removed(tx, [row["document_id"] for row in rows])
            for row in rows:
                await audit.record(tx, None, "document.expired", f"document:{row['document_id']}", after={"number": row["number"]})
    return len(rows)
