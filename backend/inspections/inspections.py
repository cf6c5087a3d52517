"""What an inspection and a result are, as they are stored."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from uuid import UUID

import msgspec

from backend.inspections import repository
from backend.inspections.errors import InspectionNotFoundError
from backend.inspections.rules import ClassPlan, Conclusion, Found, Judged, Plan, Verdict
from backend.specifications.rules import Kind, Scope
from infra.database import Record, TenantTransaction


class Status(IntEnum):
    """How far an inspection is; the numbers are stored and never change."""

    AWAITING = 1
    BEGUN = 2
    CONCLUDED = 3
    CANCELLED = 4


class Origin(IntEnum):
    """Who asked for it; the numbers are stored and never change."""

    PERSON = 1
    SCHEDULE = 2
    LABORATORY = 3
    FAILED_INSPECTION = 4
    RULE = 5


__all__ = ["Inspection", "Kind", "Origin", "Result", "Status", "get_inspection"]


@dataclass(frozen=True, slots=True)
class Inspection:
    """An inspection. `goods` is what its specification was chosen by; the version it is judged by never changes."""

    inspection_id: UUID
    kind: Kind
    origin: Origin
    status: Status
    object_id: int | None
    receipt: str
    place: str
    equipment: str
    goods: Scope
    specification_id: UUID
    version: int
    sampling_plan_id: UUID | None
    lot_size: int | None
    plan: Plan
    sampling_note: str
    reason: str
    schedule_id: UUID | None
    due_at: datetime | None
    opened_at: datetime
    conclusion: Conclusion | None
    verdict: Verdict | None
    note: str
    flagged: bool
    concluded_at: datetime | None
    concluded_by: str
    supersedes: UUID | None
    superseded_by: UUID | None
    follows: UUID | None
    hold_id: UUID | None
    nonconformance_id: UUID | None

    @classmethod
    def from_row(cls, row: Record) -> "Inspection":
        """From a row of the table."""
        goods = Scope(row["product"], row["material"], row["supplier"], row["step"], row["customer"], row["kind"])
        plan = Plan(row["sample_size"], msgspec.json.decode(row["sample_classes"], type=tuple[ClassPlan, ...]))
        return cls(
            row["inspection_id"], Kind(row["kind"]), Origin(row["origin"]), Status(row["status"]), row["object_id"], row["receipt"], row["place"],
            row["equipment"], goods, row["specification_id"], row["version"], row["sampling_plan_id"], row["lot_size"], plan,
            row["sampling_note"], row["reason"], row["schedule_id"], row["due_at"], row["opened_at"],
            Conclusion(row["conclusion"]) if row["conclusion"] else None,
            msgspec.json.decode(row["verdict"], type=Verdict) if row["verdict"] else None, row["note"], row["flagged"], row["concluded_at"],
            row["concluded_name"], row["supersedes"], row["superseded_by"], row["follows"], row["hold_id"], row["nonconformance_id"],
        )  # fmt: skip

    @property
    def is_open(self) -> bool:
        """Whether results can still be recorded."""
        return self.status in (Status.AWAITING, Status.BEGUN)

    @property
    def reference(self) -> str:
        """How others name it: as the origin of a hold, the subject of an audit entry."""
        return f"inspection:{self.inspection_id}"


@dataclass(frozen=True, slots=True)
class Result:
    """What was found on a sample unit; `low` and `high` are in the characteristic's unit."""

    result_id: UUID
    inspection_id: UUID
    characteristic: str
    sample: int
    measurement: int
    value: str
    unit: str
    low: Decimal | None
    high: Decimal | None
    uncertainty: Decimal | None
    judged: Judged
    judged_why: str
    instrument_id: UUID | None
    instrument_valid: bool | None
    instrument_note: str
    photo_ids: tuple[UUID, ...]
    note: str
    method: str
    measured_at: datetime
    recorded_at: datetime
    recorded_by: str
    replaced_at: datetime | None

    @classmethod
    def from_row(cls, row: Record) -> "Result":
        """From a row of the table."""
        return cls(
            row["result_id"], row["inspection_id"], row["characteristic"], row["sample"], row["measurement"], row["value"], row["unit"], row["low"],
            row["high"], row["uncertainty"], Judged(row["judged"]), row["judged_why"], row["instrument_id"], row["instrument_valid"],
            row["instrument_note"], msgspec.json.decode(row["photo_ids"], type=tuple[UUID, ...]), row["note"], row["method"], row["measured_at"],
            row["recorded_at"], row["recorded_name"], row["replaced_at"],
        )  # fmt: skip

    @property
    def found(self) -> Found:
        """As the rules need it."""
        exact = self.low if self.low is not None and self.low == self.high else None
        flagged = self.instrument_valid is False
        return Found(
            self.characteristic, self.sample, self.measurement, self.judged, has_photo=bool(self.photo_ids), flagged=flagged, number=exact
        )  # fmt: skip


async def get_inspection(tx: TenantTransaction, inspection_id: UUID) -> Inspection:
    """One inspection; raises `InspectionNotFoundError`."""
    row = await repository.by_id(tx, inspection_id)
    if row is None:
        raise InspectionNotFoundError
    return Inspection.from_row(row)
