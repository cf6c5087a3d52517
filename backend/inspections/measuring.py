"""Measured values in order, for charts, alert rules and analysis."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from backend.inspections import repository
from backend.inspections.inspections import Inspection, Result, get_inspection
from backend.inspections.rules import Judged
from infra import clock
from infra.database import Record, TenantTransaction

MOST_MEASUREMENTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value. `number` is in the characteristic's unit; for "<0.01" it is the bound, and `bounded` says that it is no more than that.

    It is None for what is no number (`judged` tells then) and for what says nothing of how much there is. `object_id` is the tenant's own.
    `subgroup` names the inspection: the values of one are taken together.
    """

    result_id: UUID
    subgroup: UUID
    number: Decimal | None
    bounded: bool
    value: str
    judged: Judged
    sample: int
    measurement: int
    measured_at: datetime
    object_id: int | None
    product: str
    step: str
    supplier: str
    equipment: str
    place: str
    specification_id: UUID
    version: int
    flagged: bool

    @classmethod
    def from_row(cls, row: Record) -> "Measurement":
        """From a row of the statement."""
        low, high = row["low"], row["high"]
        return cls(
            row["result_id"], row["inspection_id"], high if high is not None else low, low != high, row["value"], Judged(row["judged"]),
            row["sample"], row["measurement"], row["measured_at"], row["object_id"], row["product"], row["step"], row["supplier"],
            row["equipment"], row["place"], row["specification_id"], row["version"], row["instrument_valid"] is False,
        )  # fmt: skip


async def measurements(
    tx: TenantTransaction, *, product: str | None, characteristic: str, step: str | None, since: datetime, limit: int, until: datetime | None = None
) -> list[Measurement]:
    """The values of a characteristic measured after `since` (and up to `until`), oldest first, at most `limit` (10,000).

    `product` is a GTIN-14, `step` as the inspections name it; None is any. Results that were entered anew, and those of an inspection
    that another one superseded, aren't among them. To go on, ask again since the last one's time.
    """
    rows = await repository.measurements(
        tx, characteristic=characteristic, product=product, step=step, since=since, until=until or clock.now(), limit=min(limit, MOST_MEASUREMENTS)
    )
    return [Measurement.from_row(row) for row in rows]


async def results_since(tx: TenantTransaction, *, inspection_id: UUID) -> tuple[Inspection, Sequence[Result]]:
    """A concluded inspection with all its results, for whoever heard of it by `inspection.concluded`; raises `InspectionNotFoundError`."""
    found = await get_inspection(tx, inspection_id)
    return found, [Result.from_row(row) for row in await repository.results(tx, [inspection_id])]
