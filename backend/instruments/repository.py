"""Statements on instruments and calibrations."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.catalog.sites import Sites, fenced
from infra.database import Record, TenantTransaction

_COLUMNS = """instrument_id, identifier, serial, kind, range_low, range_high, resolution, uom, place, owner, interval_days, due_at,
  out_of_service_at, out_of_service_reason, changed_at"""
_CALIBRATION = """calibration_id, instrument_id, performed_at, performed_by, certificate, as_found, as_left, due_at, file_id, note, replaces,
  recorded_at"""


async def insert(tx: TenantTransaction, values: Sequence[Any]) -> bool:
    """instrument_id, identifier, serial, kind, low, high, resolution, uom, place, owner, interval, changed_at; False where it is known."""
    done = await tx.execute(
        """insert into instrument (tenant_id, instrument_id, identifier, serial, kind, range_low, range_high, resolution, uom, place, owner,
             interval_days, changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
           on conflict (tenant_id, identifier) do nothing""",
        *values,
    )
    return done == 1


async def change(tx: TenantTransaction, values: Sequence[Any]) -> None:
    """The same of one that is there."""
    await tx.execute(
        """update instrument set identifier = $3, serial = $4, kind = $5, range_low = $6, range_high = $7, resolution = $8, uom = $9,
             place = $10, owner = $11, interval_days = $12, changed_at = $13 where tenant_id = $1 and instrument_id = $2""",
        *values,
    )


async def taken(tx: TenantTransaction, identifier: str, but: UUID) -> bool:
    """Whether another instrument has this identifier."""
    found = await tx.fetchval("select 1 from instrument where tenant_id = $1 and identifier = $2 and instrument_id <> $3", identifier, but)
    return found is not None


async def lock(tx: TenantTransaction, instrument_id: UUID) -> Record | None:
    """One instrument, which nobody else changes meanwhile."""
    return await tx.fetchrow(f"select {_COLUMNS} from instrument where tenant_id = $1 and instrument_id = $2 for update", instrument_id)


async def by_ids(tx: TenantTransaction, instrument_ids: Collection[UUID]) -> list[Record]:
    """Instruments by id."""
    return await tx.fetch(f"select {_COLUMNS} from instrument where tenant_id = $1 and instrument_id = any($2::uuid[])", list(instrument_ids))


async def page(
    tx: TenantTransaction, *, due_before: datetime | None, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None
) -> list[Record]:
    """Instruments, newest first, from behind the cursor, in the order of going; at places in the sites."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    fence = fenced(sites, "place", at=5)
    return await tx.fetch(
        f"""select {_COLUMNS} from instrument
            where tenant_id = $1 and ($2::timestamptz is null or (due_at < $2 and out_of_service_at is null))
              and ($3::uuid is null or instrument_id {behind} $3){fence.condition}
            order by instrument_id {order} limit $4""",
        due_before,
        cursor,
        limit,
        *fence.values,
    )


async def due(tx: TenantTransaction, before: datetime, limit: int) -> list[Record]:
    """Instruments in service whose calibration is due before a moment, longest due first."""
    return await tx.fetch(
        """select instrument_id, identifier, kind, due_at from instrument
           where tenant_id = $1 and out_of_service_at is null and due_at < $2 order by due_at limit $3""",
        before,
        limit,
    )


async def set_due(tx: TenantTransaction, instrument_id: UUID, due_at: datetime | None) -> None:
    """Until when its last calibration counts."""
    await tx.execute("update instrument set due_at = $3 where tenant_id = $1 and instrument_id = $2", instrument_id, due_at)


async def set_service(tx: TenantTransaction, instrument_id: UUID, out_at: datetime | None, reason: str | None) -> None:
    """In or out of service."""
    await tx.execute(
        "update instrument set out_of_service_at = $3, out_of_service_reason = $4 where tenant_id = $1 and instrument_id = $2",
        instrument_id,
        out_at,
        reason,
    )


async def begin_outage(tx: TenantTransaction, instrument_id: UUID, at: datetime, reason: str) -> None:
    """Out of service from now on."""
    await tx.execute(
        """insert into instrument_outage (tenant_id, instrument_id, began_at, reason) values ($1, $2, $3, $4)""", instrument_id, at, reason
    )


async def end_outage(tx: TenantTransaction, instrument_id: UUID, at: datetime) -> None:
    """In service again."""
    await tx.execute("update instrument_outage set ended_at = $3 where tenant_id = $1 and instrument_id = $2 and ended_at is null", instrument_id, at)


async def outages(tx: TenantTransaction, instrument_ids: Collection[UUID]) -> list[Record]:
    """When they were out of service, in order."""
    return await tx.fetch(
        """select instrument_id, began_at, ended_at, reason from instrument_outage
           where tenant_id = $1 and instrument_id = any($2::uuid[]) order by began_at""",
        list(instrument_ids),
    )


async def add_calibration(tx: TenantTransaction, values: Sequence[Any]) -> None:
    """calibration_id, instrument_id, performed_at, by, certificate, found, left, due, file, note, replaces, recorded_at, recorded_by."""
    await tx.execute(
        """insert into calibration (tenant_id, calibration_id, instrument_id, performed_at, performed_by, certificate, as_found, as_left,
             due_at, file_id, note, replaces, recorded_at, recorded_by)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)""",
        *values,
    )


async def counting(tx: TenantTransaction, instrument_ids: Collection[UUID]) -> list[Record]:
    """The calibrations of these instruments that weren't replaced, in order of time."""
    return await tx.fetch(
        f"""select {_CALIBRATION} from calibration c
            where c.tenant_id = $1 and c.instrument_id = any($2::uuid[]) and not exists (
              select 1 from calibration r where r.tenant_id = $1 and r.instrument_id = c.instrument_id and r.replaces = c.calibration_id)
            order by c.performed_at, c.calibration_id""",
        list(instrument_ids),
    )


async def calibrations(tx: TenantTransaction, instrument_id: UUID, *, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """All that was recorded, replaced ones too, last recorded first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {_CALIBRATION} from calibration
            where tenant_id = $1 and instrument_id = $2 and ($3::uuid is null or calibration_id {behind} $3)
            order by calibration_id {order} limit $4""",
        instrument_id,
        cursor,
        limit,
    )
