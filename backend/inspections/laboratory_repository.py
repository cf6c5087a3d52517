"""Statements on what laboratories reported."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from infra.database import Record, TenantTransaction

# Of a line within its laboratory: report, sample, characteristic's code, number of the measurement.
LineKey = tuple[str, str, str, int]


async def lock(tx: TenantTransaction, laboratory: str) -> None:
    """One of a laboratory's batches at a time, so that a line that comes twice at once is taken once."""
    await tx.fetchval("select pg_advisory_xact_lock(hashtextextended('laboratory:' || $1::int::text || ':' || $2::text, 0))", laboratory)


async def known(tx: TenantTransaction, laboratory: str, reports: Collection[str]) -> list[Record]:
    """The lines of these reports that were taken, with the number of the sample unit that each sample became."""
    return await tx.fetch(
        """select l.report, l.sample, l.characteristic, l.measurement, l.digest, l.inspection_id, r.sample as unit
           from laboratory_line l join inspection_result r on r.tenant_id = $1 and r.result_id = l.result_id
           where l.tenant_id = $1 and l.laboratory = $2 and l.report = any($3::text[])""",
        laboratory,
        list(reports),
    )


async def units_of(tx: TenantTransaction, inspection_id: UUID) -> list[Record]:
    """Which sample of which report became which sample unit of an inspection."""
    return await tx.fetch(
        """select distinct l.report, l.sample, r.sample as unit
           from laboratory_line l join inspection_result r on r.tenant_id = $1 and r.result_id = l.result_id
           where l.tenant_id = $1 and l.inspection_id = $2""",
        inspection_id,
    )


async def insert(tx: TenantTransaction, laboratory: str, inspection_id: UUID, rows: Sequence[tuple[LineKey, str, UUID]], at: datetime) -> None:
    """Note lines as taken: (key, digest, result)."""
    keys: list[list[Any]] = [list(column) for column in zip(*(key for key, _, _ in rows), strict=True)]
    await tx.execute(
        """insert into laboratory_line (
             tenant_id, laboratory, inspection_id, received_at, report, sample, characteristic, measurement, digest, result_id)
           select $1, $2, $3, $4, given.* from unnest($5::text[], $6::text[], $7::text[], $8::int[], $9::text[], $10::uuid[]) as given
           returning result_id""",
        laboratory,
        inspection_id,
        at,
        *keys,
        [digest for _, digest, _ in rows],
        [result_id for _, _, result_id in rows],
    )


async def reports_of(tx: TenantTransaction, inspection_ids: Collection[UUID], limit: int) -> list[Record]:
    """(inspection, laboratory, report) of what laboratories reported for these inspections."""
    return await tx.fetch(
        """select distinct inspection_id, laboratory, report from laboratory_line
           where tenant_id = $1 and inspection_id = any($2::uuid[]) order by inspection_id, laboratory, report limit $3""",
        list(inspection_ids), limit,
    )  # fmt: skip
