"""Reading instruments and calibrations, for pages."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.catalog.sites import Sites
from backend.instruments import repository
from backend.instruments.service import Calibration, Instrument
from infra.database import TenantTransaction


@dataclass(frozen=True, slots=True)
class ListedCalibration:
    """A calibration, until when it counts, and whether another stands in its place."""

    calibration: Calibration
    due_at: datetime
    replaced: bool


async def page_of_instruments(
    tx: TenantTransaction, *, due_before: datetime | None, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None
) -> list[Instrument]:
    """Instruments that `sites` show, newest first, from behind the cursor; or those in service whose calibration is due by then."""
    rows = await repository.page(tx, due_before=due_before, cursor=cursor, backward=backward, limit=limit, sites=sites)
    return [Instrument.from_row(row) for row in rows]


async def page_of_calibrations(
    tx: TenantTransaction, instrument_id: UUID, *, cursor: UUID | None, backward: bool, limit: int
) -> list[ListedCalibration]:
    """An instrument's calibrations, last recorded first, from behind the cursor."""
    counting = {row["calibration_id"] for row in await repository.counting(tx, [instrument_id])}
    rows = await repository.calibrations(tx, instrument_id, cursor=cursor, backward=backward, limit=limit)
    return [ListedCalibration(Calibration.from_row(row), row["due_at"], row["calibration_id"] not in counting) for row in rows]
