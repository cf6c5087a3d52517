"""Record results: each judged at once by the version that the inspection froze; what is entered anew is kept beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.catalog.sites import sites_of
from backend.inspections import neighbours, repository
from backend.inspections.errors import InspectionConcludedError, InspectionNotFoundError, UnknownCharacteristicError
from backend.inspections.inspections import Inspection, get_inspection
from backend.inspections.rules import judge
from backend.inspections.sites import require_seen
from backend.inspections.values import VALUE_LENGTH
from backend.specifications import service as specifications
from backend.specifications.characteristics import Characteristic
from backend.specifications.service import Version
from backend.units.measured import code_of
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from infra.texts import text_of
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_AT_ONCE: Final = 500
MOST_SAMPLES: Final = 10_000
MOST_PHOTOS: Final = 20
NOTE_LENGTH: Final = 1_000
# By how much a phone's clock may be ahead.
AHEAD: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Given:
    """One result as it is entered. `unit` is a UN/CEFACT code or a usual symbol, the characteristic's own where it is empty."""

    characteristic: str
    value: str
    sample: int = 1
    measurement: int = 1
    unit: str = ""
    uncertainty: Decimal | None = None
    instrument_id: UUID | None = None
    photo_ids: tuple[UUID, ...] = ()
    note: str = ""
    method: str = ""
    measured_at: datetime | None = None


async def record_results(tx: TenantTransaction, principal: Principal, *, inspection_id: UUID, results: Sequence[Given]) -> Inspection:
    """Record up to 500 results, all or none. Raises `InspectionNotFoundError`, `InspectionConcludedError`, `UnknownCharacteristicError`
    and `InvalidInputError`, whose field names the result: `results[3].value`.
    """
    sites = await sites_of(tx, principal, Permission.INSPECTIONS_RECORD)
    if not 1 <= len(results) <= MOST_AT_ONCE:
        raise InvalidInputError(f"“results” has {len(results)} entries; record from 1 to {MOST_AT_ONCE} at a time.", field="results")
    row = await repository.locked(tx, inspection_id)
    if row is None:
        raise InspectionNotFoundError
    inspection = Inspection.from_row(row)
    await require_seen(tx, inspection, sites)
    version = await specifications.get_version(tx, inspection.specification_id, inspection.version)
    rows = [row_of(inspection, version, given, f"results[{number}]") for number, given in enumerate(results)]
    await write_results(tx, principal, inspection, rows)
    return await get_inspection(tx, inspection_id)


async def write_results(tx: TenantTransaction, principal: Principal, inspection: Inspection, rows: Sequence[dict[str, Any]]) -> None:
    """Write judged rows into an open inspection, which the caller has locked; each cell at most once."""
    if not inspection.is_open:
        raise InspectionConcludedError
    cells = [(row["characteristic"], row["sample"], row["measurement"]) for row in rows]
    for number, cell in enumerate(cells):
        if cell in cells[:number]:
            told = f"“{cell[0]}” of sample unit {cell[1]}, measurement {cell[2]}, is there twice; give each once."
            raise InvalidInputError(told, field=f"results[{number}].measurement")
    await _look_at_instruments(tx, rows)
    await repository.insert_results(
        tx, inspection.inspection_id, rows, at=clock.now(), by=principal.actor_id, name=principal.display_name, product=inspection.goods.product,
        step=inspection.goods.step,
    )  # fmt: skip
    await repository.begin(tx, inspection.inspection_id)
    await neighbours.attach_photos(tx, principal, inspection, [photo for row in rows for photo in row["photos"]])
    listed = [f"{row['characteristic']} #{row['sample']}: {row['value']}"[:80] for row in rows[:50]]
    await audit.record(tx, principal, "inspection.results_recorded", inspection.reference, after={"count": len(rows), "results": listed})


async def _look_at_instruments(tx: TenantTransaction, rows: Sequence[dict[str, Any]]) -> None:
    """Flag what was measured with an instrument that wasn't fit; the result stays."""
    used = {(row["instrument_id"], row["measured_at"]) for row in rows if row["instrument_id"] is not None}
    fitness = await neighbours.fitness_of(tx, used) if used else {}
    for row in rows:
        state = fitness.get((row["instrument_id"], row["measured_at"]))
        row["instrument_valid"], row["instrument_note"] = (state.valid, state.note) if state else (None, "")


def row_of(inspection: Inspection, version: Version, given: Given, at: str) -> dict[str, Any]:
    """A result as it is stored, judged; `at` is where it stands in what was given."""
    asked = version.characteristic(given.characteristic)
    if asked is None:
        known = ", ".join(one.code for one in version.characteristics)
        raise UnknownCharacteristicError(given.characteristic, known, f"{at}.characteristic")
    _check_cell(inspection, asked, given, at)
    if not given.value.strip() or len(given.value) > VALUE_LENGTH or "\x00" in given.value:
        raise InvalidInputError(f"The value of “{asked.code}” is empty, longer than {VALUE_LENGTH} characters or holds a NUL.", field=f"{at}.value")
    unit = code_of(given.unit) if given.unit.strip() else ""
    finding = judge(asked, given.value, unit, given.uncertainty, field=f"{at}.value")
    now = clock.now()
    measured_at = given.measured_at or now
    if measured_at > now + AHEAD:
        raise InvalidInputError("“measuredAt” lies in the future; look at the clock of what sent it.", field=f"{at}.measuredAt")
    if len(given.photo_ids) > MOST_PHOTOS:
        raise InvalidInputError(f"“photoIds” has {len(given.photo_ids)} photos; at most {MOST_PHOTOS} belong to a result.", field=f"{at}.photoIds")
    photos = list(dict.fromkeys(given.photo_ids))
    return {
        "result_id": uuid7(), "characteristic": asked.code, "sample": given.sample, "measurement": given.measurement, "value": given.value.strip(),
        "unit": unit or asked.unit, "low": finding.low, "high": finding.high, "uncertainty": given.uncertainty, "judged": int(finding.judged),
        "judged_why": finding.why, "instrument_id": given.instrument_id, "photo_ids": msgspec.json.encode(photos).decode(), "photos": photos,
        "note": text_of(given.note, f"{at}.note", NOTE_LENGTH, required=False),
        "method": text_of(given.method, f"{at}.method", NOTE_LENGTH, required=False),
        "measured_at": measured_at,
    }  # fmt: skip


def _check_cell(inspection: Inspection, asked: Characteristic, given: Given, at: str) -> None:
    """Under a sampling plan the sample is what was drawn: more units would make its accept number mean something else."""
    most = max(inspection.plan.size, asked.samples) if inspection.plan.planned else MOST_SAMPLES
    if not 1 <= given.sample <= most:
        told = f"Sample unit {given.sample} of “{asked.code}”: the sample has units 1 to {most}."
        raise InvalidInputError(told, field=f"{at}.sample")
    if not 1 <= given.measurement <= asked.measurements:
        told = f"Measurement {given.measurement} of “{asked.code}”: a unit has 1 to {asked.measurements}."
        raise InvalidInputError(told, field=f"{at}.measurement")
