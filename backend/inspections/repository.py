"""Statements that write inspections and their results, and read one of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from infra.database import Record, TenantTransaction

COLUMNS: Final = """i.inspection_id, i.kind, i.origin, i.status, i.object_id, i.receipt, i.place, i.equipment, i.product, i.material, i.supplier,
  i.step, i.customer, i.specification_id, i.version, i.sampling_plan_id, i.lot_size, i.sample_size, i.sample_classes, i.sampling_note, i.reason,
  i.schedule_id, i.due_at, i.opened_at, i.conclusion, i.verdict, i.note, i.flagged, i.concluded_at, i.concluded_name, i.supersedes,
  i.superseded_by, i.follows, i.hold_id, i.nonconformance_id"""
_RESULT: Final = """r.result_id, r.inspection_id, r.characteristic, r.sample, r.measurement, r.value, r.unit, r.low, r.high, r.uncertainty, r.judged,
  r.judged_why, r.instrument_id, r.instrument_valid, r.instrument_note, r.photo_ids, r.note, r.method, r.measured_at, r.recorded_at,
  r.recorded_name, r.replaced_at"""
INSERTED: Final = (
    "inspection_id", "kind", "origin", "object_id", "receipt", "place", "equipment", "product", "material", "supplier", "step", "customer",
    "specification_id", "version", "sampling_plan_id", "lot_size", "sample_size", "sample_classes", "sampling_note", "reason", "schedule_id",
    "due_at", "opened_at", "opened_by", "supersedes", "follows",
)  # fmt: skip
_RESULT_TYPES: Final = {
    "result_id": "uuid", "characteristic": "text", "sample": "int", "measurement": "int", "value": "text", "unit": "text", "low": "numeric",
    "high": "numeric", "uncertainty": "numeric", "judged": "smallint", "judged_why": "text", "instrument_id": "uuid", "instrument_valid": "bool",
    "instrument_note": "text", "photo_ids": "text", "note": "text", "method": "text", "measured_at": "timestamptz",
}  # fmt: skip
_INSERTED: Final = ", ".join(INSERTED)
_PLACES: Final = ", ".join(f"${number}" for number in range(2, len(INSERTED) + 2))
_RESULT_COLUMNS: Final = ", ".join(_RESULT_TYPES)
_UNNESTED: Final = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_RESULT_TYPES.values(), 8))


async def insert(tx: TenantTransaction, values: Mapping[str, Any]) -> None:
    """Add an inspection that awaits; `values` has every column of `INSERTED`."""
    await tx.execute(
        f"""insert into inspection (tenant_id, {_INSERTED}, status, note, flagged, concluded_name)
            values ($1, {_PLACES}, 1, '', false, '')""",
        *(values[name] for name in INSERTED),
    )


async def by_id(tx: TenantTransaction, inspection_id: UUID) -> Record | None:
    """One inspection."""
    return await tx.fetchrow(f"select {COLUMNS} from inspection i where i.tenant_id = $1 and i.inspection_id = $2", inspection_id)


async def locked(tx: TenantTransaction, inspection_id: UUID) -> Record | None:
    """One inspection; whoever else records or concludes waits."""
    return await tx.fetchrow(
        f"select {COLUMNS} from inspection i where i.tenant_id = $1 and i.inspection_id = $2 for no key update of i", inspection_id
    )


async def open_of(tx: TenantTransaction, object_id: int) -> list[Record]:
    """The inspections of an object that aren't concluded: those that are begun first, then what is due first."""
    return await tx.fetch(
        f"""select {COLUMNS} from inspection i where i.tenant_id = $1 and i.object_id = $2 and i.concluded_at is null and i.status in (1, 2)
            order by i.status desc, i.due_at nulls last, i.inspection_id limit 50""",
        object_id,
    )


async def insert_results(
    tx: TenantTransaction, inspection_id: UUID, rows: Sequence[Mapping[str, Any]], *, at: datetime, by: UUID, name: str, product: str, step: str
) -> None:
    """Add results; what stood in their cells is kept as replaced."""
    columns = {column: [row[column] for row in rows] for column in _RESULT_TYPES}
    await tx.execute(
        """update inspection_result r set replaced_at = $6 from unnest($3::text[], $4::int[], $5::int[]) as cell(characteristic, sample, measurement)
           where r.tenant_id = $1 and r.inspection_id = $2 and r.characteristic = cell.characteristic and r.sample = cell.sample
             and r.measurement = cell.measurement and r.replaced_at is null""",
        inspection_id,
        columns["characteristic"],
        columns["sample"],
        columns["measurement"],
        at,
    )
    await tx.execute(
        f"""insert into inspection_result (
              tenant_id, inspection_id, recorded_at, recorded_by, recorded_name, product, step, {_RESULT_COLUMNS})
            select $1, $2, $3, $4, $5, $6, $7, given.* from unnest({_UNNESTED}) as given returning result_id""",
        inspection_id,
        at,
        by,
        name,
        product,
        step,
        *columns.values(),
    )


async def begin(tx: TenantTransaction, inspection_id: UUID) -> None:
    """Its first results are there."""
    await tx.execute("update inspection set status = 2 where tenant_id = $1 and inspection_id = $2 and status = 1", inspection_id)


async def results(tx: TenantTransaction, inspection_ids: Collection[UUID]) -> list[Record]:
    """The results that count, in order of sample unit and characteristic."""
    return await tx.fetch(
        f"""select {_RESULT} from inspection_result r
            where r.tenant_id = $1 and r.inspection_id = any($2::uuid[]) and r.replaced_at is null
            order by r.inspection_id, r.sample, r.characteristic, r.measurement""",
        list(inspection_ids),
    )


async def page_of_results(
    tx: TenantTransaction, inspection_id: UUID, *, replaced: bool, cursor: UUID | None, backward: bool, limit: int
) -> list[Record]:
    """Results in the order in which they were recorded, from behind the cursor, in the order of going; with `replaced` those too."""
    behind, order = ("<", "desc") if backward else (">", "asc")
    return await tx.fetch(
        f"""select {_RESULT} from inspection_result r
            where r.tenant_id = $1 and r.inspection_id = $2 and (r.replaced_at is null or $3) and ($4::uuid is null or r.result_id {behind} $4)
            order by r.result_id {order} limit $5""",
        inspection_id,
        replaced,
        cursor,
        limit,
    )


async def conclude(
    tx: TenantTransaction, inspection_id: UUID, *, conclusion: int, verdict: str, note: str, flagged: bool, at: datetime, by: UUID, name: str
) -> None:
    """Conclude it, for good."""
    await tx.execute(
        """update inspection set status = 3, conclusion = $3, verdict = $4, note = $5, flagged = $6, concluded_at = $7, concluded_by = $8,
             concluded_name = $9
           where tenant_id = $1 and inspection_id = $2 and status in (1, 2)""",
        inspection_id,
        conclusion,
        verdict,
        note,
        flagged,
        at,
        by,
        name,
    )


async def note_consequences(tx: TenantTransaction, inspection_id: UUID, *, hold_id: UUID | None, nonconformance_id: UUID | None) -> None:
    """What its failing placed and opened, in the transaction that concludes it."""
    await tx.execute(
        "update inspection set hold_id = $3, nonconformance_id = $4 where tenant_id = $1 and inspection_id = $2",
        inspection_id,
        hold_id,
        nonconformance_id,
    )


async def supersede(tx: TenantTransaction, inspection_id: UUID, by: UUID) -> None:
    """Another one counts in its place."""
    await tx.execute(
        "update inspection set superseded_by = $3 where tenant_id = $1 and inspection_id = $2 and superseded_by is null", inspection_id, by
    )


async def cancel(tx: TenantTransaction, inspection_id: UUID, *, note: str, at: datetime, by: UUID, name: str) -> int:
    """Close one that never began; 0 where it has."""
    return await tx.execute(
        """update inspection set status = 4, note = $3, concluded_at = $4, concluded_by = $5, concluded_name = $6
           where tenant_id = $1 and inspection_id = $2 and status = 1""",
        inspection_id,
        note,
        at,
        by,
        name,
    )


async def measurements(
    tx: TenantTransaction, *, characteristic: str, product: str | None, step: str | None, since: datetime, until: datetime, limit: int
) -> list[Record]:
    """Values of a characteristic of concluded and open inspections, in the order in which they were measured; none that was replaced, and
    none of an inspection that another one superseded."""
    return await tx.fetch(
        """select r.result_id, r.inspection_id, r.low, r.high, r.value, r.judged, r.sample, r.measurement, r.measured_at, r.unit, i.object_id,
             i.specification_id, i.version, i.supplier, i.equipment, i.place, i.product, i.step, i.opened_at, r.instrument_valid
           from inspection_result r join inspection i on i.tenant_id = $1 and i.inspection_id = r.inspection_id
           where r.tenant_id = $1 and r.characteristic = $2 and ($3::text is null or r.product = $3) and ($4::text is null or r.step = $4)
             and r.measured_at > $5 and r.measured_at <= $6 and r.replaced_at is null and i.superseded_by is null
           order by r.measured_at, r.inspection_id, r.sample, r.measurement, r.result_id limit $7""",
        characteristic,
        product,
        step,
        since,
        until,
        limit,
    )
