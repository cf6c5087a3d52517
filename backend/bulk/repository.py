"""Statements on staged capture jobs and on what became of their events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from infra.database import Record, TenantTransaction


async def insert_staged(tx: TenantTransaction, job: dict[str, Any]) -> None:
    """Record a document that lies in the object store and is to be captured."""
    await tx.execute(
        """insert into capture_job (tenant_id, job_id, created_at, error_behaviour, success, accepted, duplicates, rejected, errors, created_by,
                                    content_type, content_encoding, size, sha256, told_by)
           values ($1, $2, $3, $4, true, 0, 0, 0, '[]', $5, $6, $7, $8, $9, $10)""",
        job["job_id"], job["created_at"], job["error_behaviour"], job["created_by"], job["content_type"], job["content_encoding"], job["size"],
        job["sha256"], job["told_by"],
    )  # fmt: skip


async def open_jobs(tx: TenantTransaction) -> Record:
    """How many staged jobs are not finished, and how many bytes they have."""
    row = await tx.fetchrow(
        "select count(*) as jobs, coalesce(sum(size), 0)::bigint as bytes from capture_job where tenant_id = $1 and finished_at is null"
    )
    if row is None:
        raise LookupError("an aggregate gives a row")
    return row


async def staged(tx: TenantTransaction, job_id: UUID) -> Record | None:
    """An unfinished staged job."""
    return await tx.fetchrow(
        """select job_id, created_at, finished_at, error_behaviour, success, accepted, duplicates, rejected, errors, created_by, total, done,
                  warnings, content_type, content_encoding, size, sha256, told_by
           from capture_job where tenant_id = $1 and job_id = $2 and finished_at is null""",
        job_id,
    )


async def save(tx: TenantTransaction, job_id: UUID, values: dict[str, Any], *, was_done: int) -> bool:
    """Put the job's state where it was last seen with `was_done`; False where somebody else has gone on with it."""
    return (
        await tx.execute(
            """update capture_job set finished_at = $3, success = $4, accepted = $5, duplicates = $6, rejected = $7, errors = $8, total = $9,
                 done = $10, warnings = $11
               where tenant_id = $1 and job_id = $2 and finished_at is null and done = $12""",
            job_id, values["finished_at"], values["success"], values["accepted"], values["duplicates"], values["rejected"], values["errors"],
            values["total"], values["done"], values["warnings"], was_done,
        )
        == 1
    )  # fmt: skip


async def add_results(tx: TenantTransaction, job_id: UUID, places: range, results: str, recorded_at: datetime) -> None:
    """What became of the events at these places."""
    await tx.execute(
        "insert into capture_result (tenant_id, job_id, first, count, results, recorded_at) values ($1, $2, $3, $4, $5, $6)",
        job_id,
        places.start,
        len(places),
        results,
        recorded_at,
    )


async def results_at_once(tx: TenantTransaction, job_id: UUID) -> str | None:
    """The results of a job that was done while its sender waited."""
    results: str | None = await tx.fetchval("select results from capture_job where tenant_id = $1 and job_id = $2", job_id)
    return results


async def results_from(tx: TenantTransaction, job_id: UUID, place: int, parts: int) -> Sequence[Record]:
    """The parts from the one on that holds `place`."""
    return await tx.fetch(
        """select first, count, results from capture_result
           where tenant_id = $1 and job_id = $2 and first >= coalesce(
             (select max(first) from capture_result where tenant_id = $1 and job_id = $2 and first <= $3), 0)
           order by first limit $4""",
        job_id,
        place,
        parts,
    )
