"""Laboratory files: a presigned upload, read with a mapping of columns, tried or taken, errors by cell and the failed rows given back."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from backend.inspections.errors import UploadNotFoundError
from backend.inspections.inspections import Kind
from backend.inspections.laboratory import MOST_LINES, LineStatus, report_lines
from backend.inspections.mapping import Fault, Mapped, Mapping, mapped
from backend.inspections.tables import LARGEST_FILE, address, read_table
from infra.csv_text import BOM, csv_rows
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from infra.storage.errors import ObjectNotFoundError
from infra.storage.keys import TenantPrefix
from infra.storage.objects import ObjectStorage, PresignedUpload
from infra.storage.tenant import TenantStorage
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

FOLDER: Final = "laboratory"
MEDIA_TYPES: Final = frozenset({"text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"})
MOST_FAULTS: Final = 500
ERROR_HEADING: Final = "错误 / Error"


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of a file's lines: how many, which cells are wrong (500 at most), and the rows that failed as CSV with the reason."""

    taken: int
    duplicates: int
    refused: int
    faults: tuple[Fault, ...]
    inspection_ids: tuple[UUID, ...]
    failed_rows: str


class DryRunError(Exception):
    """Not a refusal: carries the outcome of what was tried out of the transaction, which is rolled back by it."""

    def __init__(self, outcome: FileOutcome) -> None:
        super().__init__("tried")
        self.outcome = outcome


async def allow(
    tx: TenantTransaction, principal: Principal, storage: ObjectStorage, *, content_type: str, size: int, sha256: str
) -> tuple[UUID, PresignedUpload]:
    """A presigned upload under a key that the server chose; it holds five minutes, for these bytes alone."""
    principal.require(Permission.INSPECTIONS_RECORD)
    if content_type not in MEDIA_TYPES:
        raise InvalidInputError(f"A file of laboratory results is one of {', '.join(sorted(MEDIA_TYPES))}.", field="contentType")
    if not 1 <= size <= LARGEST_FILE:
        raise InvalidInputError(f"“size” is {size}; a file has from 1 to {LARGEST_FILE} bytes.", field="size")
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise InvalidInputError("“sha256” must be 64 hexadecimal digits in lower case.", field="sha256")
    upload_id = uuid7()
    upload = await _of(principal, storage).presign_upload(_key(upload_id), content_type=content_type, size=size, sha256=bytes.fromhex(sha256))
    told = {"contentType": content_type, "size": size, "sha256": sha256}
    await audit.record(tx, principal, "laboratory.file_allowed", f"upload:{upload_id}", after=told)
    return upload_id, upload


async def read_upload(
    principal: Principal, storage: ObjectStorage, *, upload_id: UUID, sheet: str | None, mapping: Mapping
) -> tuple[list[list[str]], Mapped]:
    """The rows of an uploaded file and its lines; raises `UploadNotFoundError`, `UnreadableTableError`. Needs no transaction."""
    principal.require(Permission.INSPECTIONS_RECORD)
    try:
        content = await _of(principal, storage).get(_key(upload_id), limit=LARGEST_FILE)
    except ObjectNotFoundError as problem:
        raise UploadNotFoundError from problem
    rows = await asyncio.to_thread(read_table, content, sheet)
    return rows, mapped(rows, mapping)


async def take(
    tx: TenantTransaction, principal: Principal, rows: Sequence[Sequence[str]], found: Mapped, *, laboratory: str, kind: Kind, dry_run: bool
) -> FileOutcome:
    """Take a file's lines as a report by the interface would be; with `dry_run` nothing is concluded, and `DryRunError` rolls all back.

    Raises `GateNeededError` where a failure holds a lot and the transaction hasn't passed the exclusive gate.
    """
    faults, counted, inspections = list(found.faults), dict.fromkeys(LineStatus, 0), dict[UUID, None]()
    for start in range(0, len(found.lines), MOST_LINES):
        part = found.lines[start : start + MOST_LINES]
        outcomes = await report_lines(tx, principal, laboratory=laboratory, lines=[placed.line for placed in part], kind=kind, concluding=not dry_run)
        for placed, line in zip(part, outcomes, strict=True):
            counted[line.status] += 1
            if line.inspection_id is not None:
                inspections[line.inspection_id] = None
            if line.status is LineStatus.REFUSED:
                column = line.field or "value"
                cell = placed.cells.get(column, address(placed.row, 0))
                faults.append(Fault(placed.row, cell, column, line.message or ""))
    faults.sort(key=lambda fault: fault.row)
    counted[LineStatus.REFUSED] += len(found.faults)
    outcome = FileOutcome(
        counted[LineStatus.TAKEN], counted[LineStatus.DUPLICATE], counted[LineStatus.REFUSED], tuple(faults[:MOST_FAULTS]), tuple(inspections)[:100],
        _failed(rows, found.heading, faults),
    )  # fmt: skip
    if dry_run:
        raise DryRunError(replace(outcome, inspection_ids=()))
    return outcome


def _failed(rows: Sequence[Sequence[str]], heading: Sequence[str], faults: Sequence[Fault]) -> str:
    """The rows of which something failed, to be put right and sent again; no cell of it is taken for a formula."""
    if not faults:
        return ""
    by_row: dict[int, list[str]] = {}
    for fault in faults:
        by_row.setdefault(fault.row, []).append(f"{fault.cell}: {fault.message}")
    width = len(heading)
    told = [[*list(rows[row])[:width], *[""] * (width - len(rows[row])), " ".join(messages)[:1_000]] for row, messages in by_row.items()]
    return (BOM + csv_rows([[*heading, ERROR_HEADING], *told])).decode()


async def forget(principal: Principal, storage: ObjectStorage, upload_id: UUID) -> None:
    """Remove a file that was taken: what it said stands in the results."""
    await _of(principal, storage).delete(_key(upload_id))


def _of(principal: Principal, storage: ObjectStorage) -> TenantStorage:
    return TenantStorage(storage, TenantPrefix(principal.tenant_public_id))


def _key(upload_id: UUID) -> str:
    return f"{FOLDER}/{upload_id}"
